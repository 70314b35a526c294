//! Uploads of large files in parts, which can be resumed after a broken connection or a reload.
//!
//! A browser repeatedly requests the next parts and sends them; it cannot claim that a part has arrived.

use super::choose_options::{check_options, remember_options};
use super::file_in_parts::{
    TICKET_PARTS, TICKET_VALID_FOR, complete_parts, missing_parts, sign_parts,
};
use super::forget_import::forget_import;
use super::limits::{LimitError, count_new_job, count_part_ticket};
use super::request_upload::{
    MAKE_JOB, RequestUploadError, TAKEN, admit, content_type, new_job, try_insert,
};
use super::{ConfirmError, FindError, find_job};
use crate::ports::{PortError, PortResult};
use crate::{Gas, chain};
use gas_shared::job::{JobState, Part, Parts};
use gas_shared::upload::{NewUpload, PartsTicket, part_bytes};
use gas_shared::{Account, Job, JobId, JobStatus, UserId};
use tracing::Span;
use tracing::field::display;
use uuid::Uuid;

/// The reason why no parts were signed.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The user has no such job, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The job does not expect parts, or no longer.
    #[error("job {id} is {status} and does not expect parts of a file")]
    NotInParts {
        /// The job.
        id: JobId,
        /// Its status.
        status: JobStatus,
    },
    /// S3 has neither the upload nor the file.
    #[error("the upload of job {0} has expired; upload the file again")]
    Gone(JobId),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Creates a job whose file is uploaded in parts, and signs the first parts.
///
/// No more than `new.size_bytes` can be sent, since the length of each part is signed.
///
/// # Errors
/// [`RequestUploadError`]. A job or an upload then exists only if the responses of DynamoDB or S3 were
/// lost; the job ends after a day, and the bucket's lifecycle rule removes the upload.
pub async fn begin_parts(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
) -> Result<PartsTicket, RequestUploadError> {
    let ticket = begin_parts_as(gas, account, new, JobId::new(Uuid::new_v4())).await?;
    remember_options(gas, account.id, &new.options).await;
    ticket.ok_or_else(|| PortError::new(MAKE_JOB, TAKEN).into())
}

/// Does the same with an id that the caller chooses. `None` if a job with this id exists.
pub(super) async fn begin_parts_as(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
    id: JobId,
) -> Result<Option<PartsTicket>, RequestUploadError> {
    Span::current().record("job_id", display(id));
    let name = admit(account, new)?;
    check_options(gas, account, &new.options).await?;
    count_new_job(gas, account, new.size_bytes).await?;
    let job = new_job(gas, account, new, name, id);
    let content_type = content_type(&job.input.name);
    let upload_id = gas.part_uploads.begin(&job.input.file, content_type).await?;
    let size = new.size_bytes;
    let parts = Parts { upload_id, size, part_bytes: part_bytes(size), copied: None };
    let job = job.in_parts(parts.clone());
    // Before the job is inserted: until then no row names the upload.
    let all: Vec<Part> = parts.all().collect();
    let signed = ticket(gas, &job, &parts, &all).await;
    if signed.is_err() {
        abort_parts(gas, &job).await;
    }
    let ticket = signed?;
    Ok(insert_in_parts(gas, &job).await?.then_some(ticket))
}

/// Inserts a job whose upload in parts has begun, and publishes it to its owner's browsers. `false` if
/// another job with its id exists or existed; then its upload and its import are deleted.
///
/// # Errors
/// If DynamoDB fails. The row may exist and name the upload, so the upload and the import are kept. Without
/// a row, the bucket's lifecycle rule removes the upload, and the process that copies files the import.
pub(super) async fn insert_in_parts(gas: &Gas, job: &Job) -> PortResult<bool> {
    if try_insert(gas, job).await? {
        return Ok(true);
    }
    // The row is the one of this call if the response of the first write was lost, and the row was changed
    // before the write was repeated.
    let stored = gas.jobs.store.job(job.id).await?;
    if stored.is_some_and(|stored| upload_id(&stored) == upload_id(job)) {
        return Ok(true);
    }
    abort(gas, job).await;
    Ok(false)
}

/// The upload in parts that a job waits for.
fn upload_id(job: &Job) -> Option<&str> {
    match &job.state {
        JobState::Uploading { parts } => parts.as_ref().map(|parts| parts.upload_id.as_str()),
        _ => None,
    }
}

/// Signs the next parts that S3 does not have yet. May be called at any time.
///
/// # Errors
/// [`PartsError`]; after [`PartsError::Gone`] the file must be uploaded as a new job.
pub async fn next_parts(gas: &Gas, owner: UserId, id: JobId) -> Result<PartsTicket, PartsError> {
    count_part_ticket(gas, owner).await?;
    let job = find_job(gas, owner, id).await?;
    let JobState::Uploading { parts: Some(parts @ Parts { copied: None, .. }) } = &job.state else {
        return Err(PartsError::NotInParts { id, status: job.status() });
    };
    let missing = missing_parts(gas, &job.input.file, parts).await?.ok_or(PartsError::Gone(id))?;
    Ok(ticket(gas, &job, parts, &missing).await?)
}

async fn ticket(gas: &Gas, job: &Job, parts: &Parts, missing: &[Part]) -> PortResult<PartsTicket> {
    let expires_at = gas.now() + TICKET_VALID_FOR;
    let file = &job.input.file;
    let tickets = sign_parts(gas, file, &parts.upload_id, missing, TICKET_PARTS).await?;
    let missing = missing.iter().map(|part| part.length).sum();
    Ok(PartsTicket { job_id: job.id, size: parts.size, missing, parts: tickets, expires_at })
}

/// Completes an upload if all parts have arrived.
///
/// # Errors
/// [`ConfirmError::NotUploaded`] if a part is missing.
pub(super) async fn complete(gas: &Gas, job: &Job, parts: &Parts) -> Result<(), ConfirmError> {
    match complete_parts(gas, &job.input.file, parts).await? {
        true => Ok(()),
        false => Err(ConfirmError::NotUploaded(job.id)),
    }
}

/// Aborts the upload of a job in parts, and deletes the import of a file that the service copies. A process that is copying the file
/// notices this within five seconds.
pub(super) async fn abort(gas: &Gas, job: &Job) {
    forget_import(gas, job).await;
    abort_parts(gas, job).await;
}

/// Aborts the upload of a job in parts, if there is one. If this fails or a part arrives at the same moment, the bucket's
/// lifecycle rule removes the parts within about two days after the start of the upload.
pub(super) async fn abort_parts(gas: &Gas, job: &Job) {
    let JobState::Uploading { parts: Some(parts) } = &job.state else { return };
    if let Err(error) = gas.part_uploads.abort(&job.input.file, &parts.upload_id).await {
        tracing::warn!(job_id = %job.id, error = %chain(&error), "parts not deleted; the lifecycle rule of the bucket will");
    }
}

#[cfg(test)]
#[path = "upload_in_parts_tests.rs"]
mod tests;
