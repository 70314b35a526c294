//! The server functions that the pages call.
//!
//! Each one authorizes the caller, calls one use-case of `gas-backend` and maps the result; nothing
//! else. Their paths are fixed, so that middleware and tests can refer to them. Pages call them with
//! the hooks of [`loader`] and [`action`].

mod account;
mod action;
mod admin;
mod billing;
mod charts;
mod downloads;
mod events;
mod explorer;
mod genome;
mod jobs;
mod loader;
mod private_references;
mod raw_json;
mod result_data;
mod saved;
mod settings;
mod share_links;
mod shared;
mod trace;
mod uploads;
mod webhooks;

pub use account::{current_account, delete_account, sign_out_everywhere, visit};
pub use action::{ApiAction, use_api_action};
pub use admin::{
    act_on_user, audit_items, find_users, redrive_queue, service_state, set_banner, set_intake,
    statistics,
};
pub use billing::{
    billing_overview, cancel_subscription, checkout_status, open_billing_portal,
    resume_subscription, start_checkout,
};
pub use charts::charts;
pub use downloads::program_download;
pub use events::live_events;
pub use explorer::{compare, variant, variants};
pub use genome::genome;
pub use jobs::{
    cancel_job, delete_job, job, job_log, jobs, organize_job, queue_position, rerun_job,
    result_link,
};
pub use loader::{
    JsonFuture, erase, use_api_loader, use_api_resource, use_keyed_api_loader,
    use_steady_api_loader,
};
pub use private_references::{
    add_private_reference, confirm_private_reference, delete_private_reference, next_source_parts,
    private_references,
};
pub use raw_json::{RawJson, read};
pub use saved::{
    delete_filter, delete_panel, rename_filter, rename_panel, save_filter, save_panel, saved,
};
#[expect(unused_imports, reason = "called by pages that were loaded from the version before")]
pub use settings::set_mail_about_jobs;
pub use settings::{account_settings, create_token, revoke_token, set_job_mails, set_time_zone};
pub use share_links::{create_share_link, revoke_share_link, share_links};
pub use shared::{shared_charts, shared_genome, shared_result, shared_variant, shared_variants};
pub use trace::begin_trace;
pub use uploads::{
    begin_parts, confirm_upload, default_options, import_file, next_parts, references,
    request_upload, sources, upload_settings,
};
pub use webhooks::{create_webhook, delete_webhook, enable_webhook, test_webhook, webhooks};

/// The result of a server function.
pub type ApiResult<T> = Result<T, crate::error::ApiError>;

#[cfg(all(test, feature = "server"))]
mod tests {
    use dioxus::server::ServerFunction;

    /// Every server function must be tested without a session and with another user's job: add new
    /// ones here and to the table in `tests/flows/access.rs`.
    #[test]
    fn the_access_tests_know_every_server_function() {
        let functions = ServerFunction::collect();
        let mut paths: Vec<_> =
            functions.iter().map(|f| format!("{} {}", f.method(), f.path())).collect();
        paths.sort();
        insta::assert_snapshot!(paths.join("\n"), @r"
        GET /api/account
        GET /api/account/settings
        GET /api/admin/audit
        GET /api/admin/state
        GET /api/admin/statistics
        GET /api/admin/users
        GET /api/billing
        GET /api/billing/checkout
        GET /api/downloads
        GET /api/events
        GET /api/jobs
        GET /api/jobs/{id}
        GET /api/jobs/{id}/charts
        GET /api/jobs/{id}/comparison
        GET /api/jobs/{id}/genome
        GET /api/jobs/{id}/links
        GET /api/jobs/{id}/log
        GET /api/jobs/{id}/queue
        GET /api/jobs/{id}/variants/{number}
        GET /api/references
        GET /api/references/private
        GET /api/s/{secret}
        GET /api/s/{secret}/charts
        GET /api/s/{secret}/genome
        GET /api/s/{secret}/variants/{number}
        GET /api/saved
        GET /api/sources
        GET /api/uploads/options
        GET /api/uploads/terms
        GET /api/visit
        GET /api/webhooks
        POST /api/account/delete
        POST /api/account/job-mails
        POST /api/account/mail
        POST /api/account/sign-out
        POST /api/account/time-zone
        POST /api/admin/banner
        POST /api/admin/intake
        POST /api/admin/redrive
        POST /api/admin/users/act
        POST /api/billing/cancel
        POST /api/billing/checkout
        POST /api/billing/portal
        POST /api/billing/resume
        POST /api/jobs/{id}/cancel
        POST /api/jobs/{id}/delete
        POST /api/jobs/{id}/links
        POST /api/jobs/{id}/links/{link}/revoke
        POST /api/jobs/{id}/organize
        POST /api/jobs/{id}/rerun
        POST /api/jobs/{id}/result-link
        POST /api/jobs/{id}/variants
        POST /api/references/private
        POST /api/references/private/confirm
        POST /api/references/private/delete
        POST /api/references/private/parts
        POST /api/s/{secret}/variants
        POST /api/saved/filters
        POST /api/saved/filters/{id}/delete
        POST /api/saved/filters/{id}/rename
        POST /api/saved/panels
        POST /api/saved/panels/{id}/delete
        POST /api/saved/panels/{id}/rename
        POST /api/tokens
        POST /api/tokens/{id}/revoke
        POST /api/uploads
        POST /api/uploads/parts
        POST /api/uploads/url
        POST /api/uploads/{id}/confirm
        POST /api/uploads/{id}/parts
        POST /api/webhooks
        POST /api/webhooks/{id}/delete
        POST /api/webhooks/{id}/enable
        POST /api/webhooks/{id}/test
        ");
    }
}
