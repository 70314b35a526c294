//! Uploads of large files in parts, which can be resumed after a broken connection or a reload.
//!
//! S3 is the source of truth for which parts have arrived. A browser repeatedly requests the next
//! parts and sends them; it cannot claim that a part has arrived.

use super::choose_options::{check_options, remember_options};
use super::limits::{LimitError, count_new_job, count_part_ticket};
use super::request_upload::{
    MAKE_JOB, RequestUploadError, TAKEN, UPLOAD_TICKET_SECS, admit, content_type, new_job,
    try_insert,
};
use super::{ConfirmError, FindError, find_job};
use crate::ports::{ArrivedPart, PartRule, PortError, PortResult};
use crate::{Gas, chain};
use gas_shared::job::{JobState, Part, Parts};
use gas_shared::upload::{NewUpload, PartTicket, PartsTicket, part_bytes};
use gas_shared::{Account, Job, JobId, JobStatus, UserId};
use jiff::SignedDuration;
use tracing::Span;
use tracing::field::display;
use uuid::Uuid;

/// The number of parts in a ticket. More would expire before a slow connection could send them.
const TICKET_PARTS: usize = 8;

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
/// [`RequestUploadError`]. A job or an upload then exists only if the response of DynamoDB or S3 was
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
    let parts = Parts { upload_id, size, part_bytes: part_bytes(size) };
    let job = job.in_parts(parts.clone());
    let made = sign_and_insert(gas, &job, &parts).await;
    if !matches!(made, Ok(Some(_))) {
        abort(gas, &job).await;
    }
    Ok(made?)
}

/// Signs the first parts and then inserts the job. `None` if a job with its id exists.
async fn sign_and_insert(gas: &Gas, job: &Job, parts: &Parts) -> PortResult<Option<PartsTicket>> {
    let ticket = ticket(gas, job, parts.size, parts.all().collect(), parts).await?;
    Ok(try_insert(gas, job).await?.then_some(ticket))
}

/// Signs the next parts that S3 does not have yet. May be called at any time.
///
/// # Errors
/// [`PartsError`]; after [`PartsError::Gone`] the file must be uploaded as a new job.
pub async fn next_parts(gas: &Gas, owner: UserId, id: JobId) -> Result<PartsTicket, PartsError> {
    count_part_ticket(gas, owner).await?;
    let job = find_job(gas, owner, id).await?;
    let JobState::Uploading { parts: Some(parts) } = &job.state else {
        return Err(PartsError::NotInParts { id, status: job.status() });
    };
    let Some(arrived) = gas.part_uploads.arrived_parts(&job.input.file, &parts.upload_id).await?
    else {
        // An earlier call completed the upload, and its response was lost.
        return match gas.objects.head(&job.input.file).await? {
            Some(_) => Ok(ticket(gas, &job, parts.size, Vec::new(), parts).await?),
            None => Err(PartsError::Gone(id)),
        };
    };
    let missing = parts.all().filter(|part| find(&arrived, part).is_none()).collect();
    Ok(ticket(gas, &job, parts.size, missing, parts).await?)
}

async fn ticket(
    gas: &Gas,
    job: &Job,
    size: u64,
    missing: Vec<Part>,
    parts: &Parts,
) -> PortResult<PartsTicket> {
    let valid_for = SignedDuration::from_secs(UPLOAD_TICKET_SECS);
    let expires_at = gas.now() + valid_for;
    let mut tickets = Vec::new();
    for part in missing.iter().take(TICKET_PARTS) {
        let file = &job.input.file;
        let rule = PartRule { file, upload_id: &parts.upload_id, part: *part, valid_for };
        let url = gas.part_uploads.sign_part(&rule).await?;
        tickets.push(PartTicket { offset: part.offset, length: part.length, url });
    }
    let missing = missing.iter().map(|part| part.length).sum();
    Ok(PartsTicket { job_id: job.id, size, missing, parts: tickets, expires_at })
}

/// Finds an arrived part of the right length.
fn find<'a>(arrived: &'a [ArrivedPart], part: &Part) -> Option<&'a ArrivedPart> {
    arrived.iter().find(|found| found.number == part.number && found.size == part.length)
}

/// Completes an upload if all parts have arrived.
///
/// # Errors
/// [`ConfirmError::NotUploaded`] if a part is missing.
pub(super) async fn complete(gas: &Gas, job: &Job, parts: &Parts) -> Result<(), ConfirmError> {
    let file = &job.input.file;
    let Some(arrived) = gas.part_uploads.arrived_parts(file, &parts.upload_id).await? else {
        return Ok(());
    };
    let whole: Option<Vec<ArrivedPart>> =
        parts.all().map(|part| find(&arrived, &part).cloned()).collect();
    let whole = whole.ok_or(ConfirmError::NotUploaded(job.id))?;
    Ok(gas.part_uploads.complete(file, &parts.upload_id, &whole).await?)
}

/// Aborts the upload of a job, if there is one. If this fails or a part arrives at the same moment,
/// the bucket's lifecycle rule removes the parts within about two days after the start of the
/// upload.
pub(super) async fn abort(gas: &Gas, job: &Job) {
    let JobState::Uploading { parts: Some(parts) } = &job.state else { return };
    if let Err(error) = gas.part_uploads.abort(&job.input.file, &parts.upload_id).await {
        tracing::warn!(job_id = %job.id, error = %chain(&error), "parts not deleted; the lifecycle rule of the bucket will");
    }
}

#[cfg(test)]
#[path = "upload_in_parts_tests.rs"]
mod tests;
