//! The use-cases of GAS, one per file.
//!
//! A use-case takes the ports ([`Gas`](crate::Gas)) and plain values, and checks that the caller is
//! allowed to do what they request. After a crash at any point, calling it again completes the
//! work.

mod apply_plan_change;
mod archive_result;
mod billing;
mod cancel_job;
pub mod catalog;
mod change_job;
mod choose_options;
mod compare_results;
mod confirm_upload;
mod copy_import;
mod create_job;
mod delete_account;
mod delete_job;
mod deliver_webhooks;
mod dispatch;
mod download;
mod erase_accounts;
mod explore;
mod export_account;
#[cfg(test)]
mod fault_tests;
mod file_in_parts;
mod find_job;
mod forget_import;
mod import_file;
mod job_lists;
mod job_log;
mod limits;
mod notify;
mod operate;
mod organize_job;
mod plain_result;
mod plan;
mod private_references;
mod queue_positions;
mod reconcile;
mod redrive;
mod request_upload;
mod rerun_job;
mod restore_result;
mod result_access;
mod retain_files;
mod run_job;
mod saved;
mod sessions;
mod set_time_zone;
mod settle_result;
mod sharded_run;
mod share_links;
mod start_order;
mod stored_bytes;
mod thaw;
mod tokens;
mod unsubscribe;
mod upload_in_parts;
mod webhooks;

pub use apply_plan_change::apply_plan_change;
pub use archive_result::{ArchiveError, ArchiveOutcome, archive_result};
pub use billing::{
    BillingError, EventOutcome, HandledEvents, StripeEvent, apply_billing_model, billing_overview,
    cancel_subscription, check_plans, checkout_status, delete_old_stripe_events,
    handle_stripe_events, open_portal, receive_stripe_event, record_sign_in, resume_subscription,
    start_checkout,
};
pub use cancel_job::cancel_job;
pub use change_job::{ChangeError, change_job};
pub use choose_options::{
    KnownReferences, KnownSources, OptionsError, default_options, references, sources,
};
pub use compare_results::{compare_results, export_differences};
pub use confirm_upload::{ConfirmError, confirm_upload};
pub use copy_import::{CopyOutcome, Importer, copy_import, delete_old_imports, due_imports};
pub use create_job::{
    CreateJobError, CreatedJob, IdempotencyKey, InvalidIdempotencyKey, create_job,
    create_job_in_parts,
};
pub use delete_account::{DeleteAccountError, close_accounts, delete_account};
pub use delete_job::{Deleted, delete_job, finish_deletion};
pub use deliver_webhooks::{
    WebhookCourier, delete_old_deliveries, deliver, due_deliveries, record_webhook_event,
};
pub use dispatch::job_left;
pub use download::{read_summary, sign_region_index_link, sign_result_link};
pub use erase_accounts::{Erased, erase_accounts};
pub use explore::{
    ExploreError, Explorers, Export, explore_details, explore_overview, explore_page,
    export_results, query_results,
};
pub use export_account::export_account;
pub use find_job::{FindError, JobFilter, ListError, find_job, list_jobs, list_jobs_where};
pub use import_file::{ImportError, ImportedFile, import_file, import_file_of_page};
pub use job_lists::{JobLists, find_jobs, queue_position};
pub use job_log::{read_log, stream_log};
pub use limits::{LimitError, TooMany, count_account_export, count_api_call, count_sign_in};
pub use notify::{MAIL_CLAIM_DURATION, Notified, NotifyError, notify, resend_mails};

pub use operate::{
    OperationError, Operator, act_on_user, audit_items, find_users, redrive_queue, service_state,
    set_banner, set_intake, statistics,
};
pub use organize_job::{OrganizeError, organize_job};
pub use plain_result::plain_result;
pub use private_references::{
    PrivateReferenceError, Tended, add_private_reference, built_private_reference,
    conclude_private_build, confirm_private_reference, delete_private_reference,
    discard_private_build, failed_private_reference, find_private_reference,
    list_private_references, next_source_parts, private_reference_to_build,
    tend_private_references,
};
pub use queue_positions::QueuePositions;
pub use reconcile::{LoggedFailures, Reconciled, reconcile};
pub use redrive::redrive;
pub use request_upload::{RequestUploadError, UPLOAD_TICKET_SECS, request_upload};
pub use rerun_job::{RerunError, rerun_job};
pub use restore_result::{LargeRestores, RestoreError, Restored, Restorer, restore_result};
pub use result_access::{DOWNLOAD_LINK_SECS, DownloadError, ResultAccess};
pub use run_job::{
    Finished, InputRejection, announce_result, claim_job, complete_job, fail_job, reject_input,
    release_job, report_progress,
};
pub use saved::{SavedError, delete_saved, list_saved, rename_saved, save_filter, save_panel};
pub use sessions::{
    CurrentSession, MAX_SESSION_AGE, end_all_sessions, end_session, replace_session_id,
    resume_session, start_session,
};
pub use set_time_zone::{TimeZoneError, set_time_zone};
pub use settle_result::settle_result;
pub use sharded_run::{
    annotate_whole, begin_shards, is_annotated_whole, report_shard_alive, report_shard_done,
    run_of, start_shards,
};
pub use share_links::{
    ResultOutline, ShareLinkError, create_share_link, delete_expired_share_links, list_share_links,
    open_share_link, open_shared_result, outline_result, revoke_share_link,
};
pub use thaw::{StartThawError, Thawed, handle_start_thaw, retry_thaw, thaw_results};
pub use tokens::{
    MAX_TOKENS, TokenCaller, TokenError, authenticate_token, create_token, list_tokens,
    revoke_token,
};
pub use unsubscribe::{UnsubscribeError, unsubscribe};
pub use upload_in_parts::{PartsError, begin_parts, next_parts};
pub use webhooks::{
    WebhookError, create_webhook, delete_webhook, enable_webhook, list_webhooks, test_webhook,
};

use crate::ports::{PortError, PortResult, Topic};
use serde::Serialize;

/// Publishes a message of [`crate::messages`].
async fn publish(topic: &dyn Topic, message: &impl Serialize) -> PortResult<()> {
    let body = serde_json::to_string(message)
        .map_err(|error| PortError::permanent("write a message as JSON", error))?;
    topic.publish(&body).await
}

/// Why an operation on the catalog of references failed.
pub type ReferenceError = catalog::CatalogError<gas_shared::reference::ReferenceId>;
