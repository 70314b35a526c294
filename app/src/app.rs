//! The root component and the routes.

use crate::components::{JobTab, Shell};
use crate::help_topic::HelpTopic;
use crate::page_modules::{
    Account, Admin, Annotate, Billing, BillingReturn, Changelog, Compare, Help, HelpIndex, Home,
    JobBrowser, JobCharts, JobLog, References, Results, Shared, Unsubscribe,
};
#[cfg(any(feature = "gallery", test))]
use crate::pages::Gallery;
use crate::pages::{Annotations, JobDetails, JobLayout, NotFound};
use crate::shared_part::SharedPart;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::explorer::url::encode_query_value;
use gas_shared::job::ListQuery;
use gas_shared::plan::set_premium_max_upload_bytes;

/// The pages of the application. All except [`Home`], [`Help`], [`Changelog`], [`Shared`] and [`Unsubscribe`] need a
/// signed-in user; anyone who has a share link may read its result, and anyone who has a mail may unsubscribe.
#[derive(Routable, Clone, PartialEq, Debug)]
#[rustfmt::skip]
pub enum Route {
    #[cfg(any(feature = "gallery", test))]
    #[route("/dev/components")]
    Gallery {},
    #[layout(Shell)]
        #[route("/")]
        Home {},
        #[route("/annotate")]
        Annotate {},
        #[route("/annotations?:..query")]
        Annotations { query: ListQuery },
        #[layout(JobLayout)]
            #[route("/annotations/:id")]
            JobDetails { id: String },
            #[route("/annotations/:id/results?:filter&:sort")]
            Results { id: String, filter: String, sort: String },
            #[route("/annotations/:id/charts")]
            JobCharts { id: String },
            #[route("/annotations/:id/browser?:locus")]
            JobBrowser { id: String, locus: String },
            #[route("/annotations/:id/log")]
            JobLog { id: String },
        #[end_layout]
        #[route("/compare?:a&:b&:kind")]
        Compare { a: String, b: String, kind: String },
        #[route("/billing")]
        Billing {},
        #[route("/billing/return?:session_id")]
        BillingReturn { session_id: String },
        #[route("/account")]
        Account {},
        #[route("/admin")]
        Admin {},
        #[route("/references")]
        References {},
        #[route("/help")]
        HelpIndex {},
        #[route("/help/:topic?:entry")]
        Help { topic: HelpTopic, entry: String },
        #[route("/changelog")]
        Changelog {},
        #[route("/s/:secret/:part?:filter&:sort&:locus")]
        Shared { secret: String, part: SharedPart, filter: String, sort: String, locus: String },
        #[route("/unsubscribe?:token&:done")]
        Unsubscribe { token: String, done: bool },
        #[route("/:..segments")]
        NotFound { segments: Vec<String> },
}

impl Route {
    /// The list of jobs with the default query.
    pub fn annotations() -> Self {
        Self::Annotations { query: ListQuery::default() }
    }

    /// The job and the tab that a page shows. `None` for pages that are not about one job.
    pub fn job(&self) -> Option<(&str, JobTab)> {
        Some(match self {
            Self::JobDetails { id } => (id, JobTab::Overview),
            Self::Results { id, .. } => (id, JobTab::Results),
            Self::JobCharts { id } => (id, JobTab::Charts),
            Self::JobBrowser { id, .. } => (id, JobTab::Browser),
            Self::JobLog { id } => (id, JobTab::Log),
            _ => return None,
        })
    }
}

/// The sign-in URL that returns to a page of this application.
pub fn login_path(next: &str) -> String {
    format!("/login?next={}", encode_query_value(next))
}

/// The root component.
#[component]
pub fn App() -> Element {
    // The server's limit, before any page shows or checks it.
    set_premium_max_upload_bytes(use_server_cached(|| Plan::Premium.max_upload_bytes()));
    rsx! {
        Router::<Route> {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_return_path_is_percent_encoded() {
        assert_eq!(login_path("/annotate"), "/login?next=/annotate");
        assert_eq!(login_path("/a?b=c&d=é"), "/login?next=/a%3Fb%3Dc%26d%3D%C3%A9");
    }
}
