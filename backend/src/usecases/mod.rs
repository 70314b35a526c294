//! What GAS does, one use-case a file.
//!
//! Each takes the ports ([`Gas`](crate::Gas)) and plain values, checks that the caller may do what
//! they ask, and leaves nothing half done: whatever order of crashes and repeated calls, calling
//! again completes the work.

mod archive_result;
mod billing;
mod cancel_job;
mod change_job;
mod confirm_upload;
mod download;
mod explore;
mod find_job;
mod notify;
mod plan;
mod reconcile;
mod request_upload;
mod restore_result;
mod run_job;
mod thaw;
mod unsubscribe;

pub use archive_result::{ArchiveError, ArchiveOutcome, archive_result};
pub use billing::{
    BillingError, EventOutcome, StripeEvent, billing_overview, cancel_subscription, check_plans,
    checkout_status, handle_stripe_event, open_portal, resume_subscription, start_checkout,
};
pub use cancel_job::cancel_job;
pub use change_job::{ChangeError, change_job};
pub use confirm_upload::{ConfirmError, confirm_upload};
pub use download::{
    DOWNLOAD_LINK_SECS, DownloadError, LOG_VIEW_MAX_BYTES, read_log, sign_result_link,
};
pub use explore::{
    ExploreError, Explorers, Export, explore_details, explore_page, export_results, open_results,
};
pub use find_job::{FindError, find_job, list_jobs};
pub use notify::{MAIL_LEASE, Notified, NotifyError, notify, resend_mails, unsent_mails};
pub use plan::plan_changed;
pub use reconcile::{Reconciled, reconcile};
pub use request_upload::{RequestUploadError, UPLOAD_TICKET_SECS, request_upload};
pub use restore_result::{RestoreError, Restored, Restorer, restore_result};
pub use run_job::{
    Finished, announce_result, claim_job, complete_job, fail_job, release_job, report_progress,
};
pub use thaw::{StartThawError, Thawed, handle_start_thaw, thaw_again, thaw_results};
pub use unsubscribe::{UnsubscribeError, unsubscribe};

use crate::ports::{PortError, PortResult, Topic};
use serde::Serialize;

/// Publishes a message of [`crate::messages`].
async fn publish(topic: &dyn Topic, message: &impl Serialize) -> PortResult<()> {
    let body = serde_json::to_string(message)
        .map_err(|error| PortError::new("write a message as JSON", error))?;
    topic.publish(&body).await
}
