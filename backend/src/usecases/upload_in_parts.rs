//! A large file comes in parts, which can be sent again one by one: after a broken connection, and
//! after the page was loaded anew.
//!
//! What has arrived is S3's to say. A browser asks what to send next, sends it, and asks again;
//! nothing that it says counts.

use super::request_upload::{RequestUploadError, UPLOAD_TICKET_SECS, admit, insert};
use super::{ConfirmError, FindError, find_job};
use crate::ports::{ArrivedPart, PartRule, PortError, PortResult};
use crate::{Gas, chain};
use gas_shared::job::{JobState, Part, Parts};
use gas_shared::upload::{NewUpload, PART_BYTES, PartTicket, PartsTicket};
use gas_shared::{Account, Job, JobId, JobStatus, UserId};
use jiff::SignedDuration;
use uuid::Uuid;

/// How many parts a ticket has. S3 refuses them after the ticket's time, so more would be of no use
/// to a slow connection.
const TICKET_PARTS: usize = 8;

/// Why there is no ticket for more parts.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// No such job of this user, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The job does not wait for parts (any more).
    #[error("job {id} is {status} and waits for no parts of a file")]
    NotInParts {
        /// The job.
        id: JobId,
        /// Its state.
        status: JobStatus,
    },
    /// S3 has neither the upload nor the file.
    #[error("the upload of job {0} has ended without its file; submit the file again")]
    Gone(JobId),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a job whose file comes in parts, and signs the first of them.
///
/// No more than `new.size_bytes` can be sent, since the length of each part is signed.
///
/// # Errors
/// [`RequestUploadError`]; no job is left behind unless the answer of the job table was lost, and no
/// upload unless that of S3 was. What is left then ends by itself: the job after a day, the upload by the
/// bucket's rule.
pub async fn begin_parts(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
) -> Result<PartsTicket, RequestUploadError> {
    let admitted = admit(account, new)?;
    let id = JobId::new(Uuid::new_v4());
    let file = gas.object_keys.input(account.id, id, &admitted.name);
    let upload_id = gas.part_uploads.begin(&file, admitted.content_type).await?;
    let parts = Parts { upload_id, size: new.size_bytes, part_bytes: PART_BYTES };
    let job = Job::new(id, account.id, admitted.name, file, gas.now());
    let job = job.in_parts(parts.clone());
    let made = sign_and_insert(gas, &job, &parts).await;
    if made.is_err() {
        abort(gas, &job).await;
    }
    Ok(made?)
}

/// Signs the first parts, and then makes the job.
async fn sign_and_insert(gas: &Gas, job: &Job, parts: &Parts) -> PortResult<PartsTicket> {
    let ticket = ticket(gas, job, parts.size, parts.all().collect(), parts).await?;
    insert(gas, job).await?;
    Ok(ticket)
}

/// Signs the next parts of a job's file that S3 has not got. May be called at any time.
///
/// # Errors
/// [`PartsError`]; after [`PartsError::Gone`] only another job helps.
pub async fn next_parts(gas: &Gas, owner: UserId, id: JobId) -> Result<PartsTicket, PartsError> {
    let job = find_job(gas, owner, id).await?;
    let JobState::Uploading { parts: Some(parts) } = &job.state else {
        return Err(PartsError::NotInParts { id, status: job.status() });
    };
    let Some(arrived) = gas.part_uploads.arrived_parts(&job.input.file, &parts.upload_id).await?
    else {
        // Completed already, by a call whose answer was lost: there is nothing left to send.
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

/// The arrived part that is this one; one of another length is none.
fn find<'a>(arrived: &'a [ArrivedPart], part: &Part) -> Option<&'a ArrivedPart> {
    arrived.iter().find(|found| found.number == part.number && found.size == part.length)
}

/// Makes the file of its parts, where all have arrived.
///
/// # Errors
/// [`ConfirmError::NotUploaded`] where a part is missing.
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

/// Drops the parts of a job that will never be. Where this fails, or a part arrives in the same moment,
/// the bucket's lifecycle rule does it, which S3 carries out within about two days of the upload's
/// beginning.
pub(super) async fn abort(gas: &Gas, job: &Job) {
    let JobState::Uploading { parts: Some(parts) } = &job.state else { return };
    if let Err(error) = gas.part_uploads.abort(&job.input.file, &parts.upload_id).await {
        tracing::warn!(job_id = %job.id, error = %chain(&error), "parts are left to the bucket's rule");
    }
}

#[cfg(test)]
#[path = "upload_in_parts_tests.rs"]
mod tests;
