//! Creates a job and signs the upload of its file.

use super::choose_options::{OptionsError, check_options, remember_options};
use super::limits::{LimitError, count_new_job};
use crate::ports::{PortError, PortResult, UploadRule, WriteOutcome};
use crate::{Gas, chain};
use gas_runtime::current_trace;
use gas_shared::plan::S3_MAX_POST_BYTES;
use gas_shared::upload::{NewUpload, UploadTicket};
use gas_shared::{Account, FileName, FileNameError, Job, JobId, Plan};
use jiff::SignedDuration;
use tracing::Span;
use tracing::field::display;
use uuid::Uuid;

/// How long S3 accepts the start of an upload, in seconds.
pub const UPLOAD_TICKET_SECS: i64 = 300;

pub(super) const MAKE_JOB: &str = "make a job";
pub(super) const TAKEN: &str = "its random id is taken";

/// The reason why an upload was not signed.
#[derive(Debug, thiserror::Error)]
pub enum RequestUploadError {
    /// The file name is not accepted.
    #[error(transparent)]
    Name(#[from] FileNameError),
    /// The file is empty.
    #[error("the file is empty; choose a VCF file with at least one record")]
    Empty,
    /// The file is larger than any plan allows.
    #[error("the file has {size} bytes; no plan allows more than {limit}")]
    TooLarge {
        /// The file's size in bytes.
        size: u64,
        /// The largest file of all plans, in bytes.
        limit: u64,
    },
    /// The file is larger than one request can send to S3.
    #[error("the file has {size} bytes; files of more than {limit} are uploaded in parts")]
    NeedsParts {
        /// The file's size in bytes.
        size: u64,
        /// The largest file that is uploaded in one request, in bytes.
        limit: u64,
    },
    /// The file is larger than the user's plan allows.
    #[error("the file has {size} bytes; the {plan} plan allows {limit}")]
    OverLimit {
        /// The file's size in bytes.
        size: u64,
        /// The user's plan.
        plan: Plan,
        /// The plan's limit in bytes.
        limit: u64,
    },
    /// The job cannot have these options.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Creates an UPLOADING job and signs an upload of exactly its file. Its options are the default of the
/// user's next file.
///
/// The size is checked here for an early error; S3 enforces the limit of the signed policy.
///
/// # Errors
/// [`RequestUploadError`]; a job then exists only if the responses of DynamoDB were lost.
pub async fn request_upload(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
) -> Result<UploadTicket, RequestUploadError> {
    let id = JobId::new(Uuid::new_v4());
    let ticket = request_upload_as(gas, account, new, id).await?;
    remember_options(gas, account.id, &new.options).await;
    ticket.ok_or_else(|| PortError::new(MAKE_JOB, TAKEN).into())
}

/// Does the same with an id that the caller chooses. `None` if a job with this id exists.
pub(super) async fn request_upload_as(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
    job_id: JobId,
) -> Result<Option<UploadTicket>, RequestUploadError> {
    Span::current().record("job_id", display(job_id));
    let name = admit(account, new)?;
    let (size, limit) = (new.size_bytes, S3_MAX_POST_BYTES);
    if size > limit {
        return Err(RequestUploadError::NeedsParts { size, limit });
    }
    check_options(gas, account, &new.options).await?;
    count_new_job(gas, account, new.size_bytes).await?;
    let job = new_job(gas, account, new, name, job_id);
    let ticket = sign_upload(gas, account, &job).await?;
    Ok(try_insert(gas, &job).await?.then_some(ticket))
}

/// Signs the upload of a job's file, valid from now on.
pub(super) async fn sign_upload(
    gas: &Gas,
    account: &Account,
    job: &Job,
) -> Result<UploadTicket, PortError> {
    let content_type = content_type(&job.input.name);
    let signed_at = gas.now();
    let expires_at = signed_at + SignedDuration::from_secs(UPLOAD_TICKET_SECS);
    // The announced size counts towards the user's storage, so S3 accepts no more. Rows of older
    // versions have none.
    let max_bytes = account.plan.max_upload_bytes().min(S3_MAX_POST_BYTES);
    let max_bytes = job.input.size.map_or(max_bytes, |size| size.min(max_bytes));
    let file = &job.input.file;
    let rule = UploadRule { file, content_type, max_bytes, signed_at, expires_at };
    let (url, fields) = gas.objects.sign_upload(&rule).await?;
    let content_type = content_type.to_owned();
    Ok(UploadTicket { job_id: job.id, url, fields, content_type, expires_at })
}

/// Checks that this file may be uploaded on the account's plan, and returns its name.
pub(super) fn admit(account: &Account, new: &NewUpload) -> Result<FileName, RequestUploadError> {
    let name = FileName::parse(&new.file_name)?;
    let (size, plan) = (new.size_bytes, account.plan);
    if size == 0 {
        return Err(RequestUploadError::Empty);
    }
    if size > Plan::Premium.max_upload_bytes() {
        let limit = Plan::Premium.max_upload_bytes();
        return Err(RequestUploadError::TooLarge { size, limit });
    }
    if size > plan.max_upload_bytes() {
        let limit = plan.max_upload_bytes();
        return Err(RequestUploadError::OverLimit { size, plan, limit });
    }
    Ok(name)
}

/// The UPLOADING job of an accepted file.
pub(super) fn new_job(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
    name: FileName,
    id: JobId,
) -> Job {
    // Every field of a submission is named here, so that none is forgotten.
    let NewUpload { file_name: _, size_bytes, options } = new;
    let file = gas.object_keys.input(account.id, id, &name);
    Job::new(id, account.id, name, file, gas.now())
        .of_size(*size_bytes)
        .with(options.clone())
        .traced(current_trace())
}

/// The content type of a file for S3.
pub(super) fn content_type(name: &FileName) -> &'static str {
    if name.is_gzip() { "application/gzip" } else { "text/plain" }
}

/// Inserts a job and publishes it to its owner's browsers; `false` if a job with its id exists.
///
/// # Errors
/// If DynamoDB fails. The row may exist nevertheless, so nothing that it names may be deleted.
pub(super) async fn try_insert(gas: &Gas, job: &Job) -> PortResult<bool> {
    let inserted = match gas.jobs.store.insert(job).await {
        // The response of a successful write may be lost. An identical row counts as written, so a second call
        // succeeds in both cases.
        Err(error) if error.is_outage() => {
            tracing::warn!(error = %chain(&error), "job is inserted again after an error");
            gas.jobs.store.insert(job).await?
        }
        inserted => inserted?,
    };
    if inserted == WriteOutcome::Conflict {
        return Ok(false);
    }
    tracing::info!("job created");
    super::change_job::publish_job(&gas.jobs, job).await;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Fault, TestGas};
    use gas_shared::plan::FREE_MAX_UPLOAD_BYTES;

    #[tokio::test]
    async fn a_free_user_can_upload_files_up_to_the_limit() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let ticket =
            request_upload(&test.gas, &ada, &NewUpload::new("a.vcf", FREE_MAX_UPLOAD_BYTES))
                .await
                .unwrap();
        assert_eq!(
            test.job(ticket.job_id).input.file.key,
            format!("gas/{}/{}~a.vcf", ada.id, ticket.job_id)
        );

        let rejected =
            request_upload(&test.gas, &ada, &NewUpload::new("a.vcf", FREE_MAX_UPLOAD_BYTES + 1))
                .await;
        assert_eq!(
            rejected.unwrap_err().to_string(),
            "the file has 150001 bytes; the Free plan allows 150000"
        );
        assert_eq!(test.jobs.len(), 1);
    }

    #[tokio::test]
    async fn a_lost_response_of_the_table_is_made_up_for() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        test.crash.inject(Fault::LostResponse, 1);
        let ticket = request_upload(&test.gas, &ada, &NewUpload::new("a.vcf", 20)).await.unwrap();
        assert!(test.crash.recover());
        assert_eq!((test.jobs.len(), test.job(ticket.job_id).input.size), (1, Some(20)));
    }

    #[tokio::test]
    async fn a_premium_user_can_upload_larger_files() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        assert!(
            request_upload(&test.gas, &eve, &NewUpload::new("a.vcf.gz", 10_000_000)).await.is_ok()
        );
    }

    #[tokio::test]
    async fn a_file_beyond_all_plans_is_rejected_without_naming_a_plan() {
        let test = TestGas::new();
        let size = Plan::Premium.max_upload_bytes() + 1;
        for plan in [Plan::Free, Plan::Premium] {
            let user = test.user("ada", plan);
            let rejected =
                request_upload(&test.gas, &user, &NewUpload::new("a.vcf", size)).await.unwrap_err();
            assert!(matches!(rejected, RequestUploadError::TooLarge { .. }), "{rejected}");
        }
    }

    #[tokio::test]
    async fn a_file_that_needs_parts_gets_no_single_request() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        let new = |size| NewUpload::new("a.vcf.gz", size);
        assert!(request_upload(&test.gas, &ada, &new(S3_MAX_POST_BYTES)).await.is_ok());
        let rejected = request_upload(&test.gas, &ada, &new(S3_MAX_POST_BYTES + 1)).await;
        assert!(matches!(rejected, Err(RequestUploadError::NeedsParts { .. })));
    }

    #[tokio::test]
    async fn an_empty_or_misnamed_file_creates_no_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        assert!(request_upload(&test.gas, &ada, &NewUpload::new("a.vcf", 0)).await.is_err());
        assert!(request_upload(&test.gas, &ada, &NewUpload::new("a.exe", 5)).await.is_err());
        assert_eq!(test.jobs.len(), 0);
    }
}
