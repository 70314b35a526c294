//! Modules of pages, which a browser loads when it opens one of their pages.

mod on_demand;

#[cfg(not(feature = "server"))]
pub use on_demand::load_page_at;
pub use on_demand::{
    Account, Admin, Annotate, Billing, BillingReturn, Changelog, CommandPalette, Compare,
    EditedPart, Help, HelpIndex, Home, JobBrowser, JobCharts, JobEditor, JobLog, References,
    Results, ShareDialog, Shared, Unsubscribe, UrlForm, module_name,
};
