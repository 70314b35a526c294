//! A user asks to upload a file: the job is made, and the browser gets its ticket.

use crate::Gas;
use crate::ports::{PortError, UploadRule, WriteOutcome};
use gas_shared::upload::UploadTicket;
use gas_shared::{Account, FileName, FileNameError, Job, JobId, Plan};
use jiff::SignedDuration;
use uuid::Uuid;

/// How long S3 accepts the start of an upload, in seconds.
pub const UPLOAD_TICKET_SECS: i64 = 300;

/// Why no ticket was given.
#[derive(Debug, thiserror::Error)]
pub enum RequestUploadError {
    /// The name cannot be used.
    #[error(transparent)]
    Name(#[from] FileNameError),
    /// An empty file.
    #[error("the file is empty; choose a VCF file with at least one record")]
    Empty,
    /// More than the plan allows.
    #[error("the file has {size} bytes; the {plan} plan allows {limit}")]
    OverLimit {
        /// The file's size in bytes.
        size: u64,
        /// The user's plan.
        plan: Plan,
        /// The plan's limit in bytes.
        limit: u64,
    },
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a job in state UPLOADING and signs an upload for exactly its file.
///
/// `size` is what the browser says; the limit that counts stands in the signed policy.
///
/// # Errors
/// [`RequestUploadError`]; no job is left behind unless S3's answer itself was lost.
pub async fn request_upload(
    gas: &Gas,
    account: &Account,
    raw_name: &str,
    size: u64,
) -> Result<UploadTicket, RequestUploadError> {
    let name = FileName::parse(raw_name)?;
    let limit = account.plan.max_upload_bytes();
    if size == 0 {
        return Err(RequestUploadError::Empty);
    }
    if size > limit {
        return Err(RequestUploadError::OverLimit { size, plan: account.plan, limit });
    }
    let content_type = if name.is_gzip() { "application/gzip" } else { "text/plain" };
    let job_id = JobId::new(Uuid::new_v4());
    let now = gas.clock.now();
    let expires_at = now + SignedDuration::from_secs(UPLOAD_TICKET_SECS);
    let file = gas.layout.input(account.id, job_id, &name);
    let rule =
        UploadRule { file: &file, content_type, max_bytes: limit, signed_at: now, expires_at };
    let (url, fields) = gas.objects.sign_upload(&rule).await?;
    let job = Job::new(job_id, account.id, name, file, now);
    if gas.jobs.insert(&job).await? == WriteOutcome::Conflict {
        return Err(PortError::new("make a job", "its random id is taken").into());
    }
    super::change_job::tell_browsers(gas, &job).await;
    Ok(UploadTicket { job_id, url, fields, content_type: content_type.to_owned(), expires_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::plan::FREE_MAX_UPLOAD_BYTES;

    #[tokio::test]
    async fn a_free_user_gets_a_ticket_up_to_the_limit_and_not_past_it() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let ticket = request_upload(&test.gas, &ada, "a.vcf", FREE_MAX_UPLOAD_BYTES).await.unwrap();
        assert_eq!(
            test.job(ticket.job_id).input.file.key,
            format!("gas/{}/{}~a.vcf", ada.id, ticket.job_id)
        );

        let refused = request_upload(&test.gas, &ada, "a.vcf", FREE_MAX_UPLOAD_BYTES + 1).await;
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the file has 150001 bytes; the Free plan allows 150000"
        );
        assert_eq!(test.jobs.len(), 1);
    }

    #[tokio::test]
    async fn a_premium_user_may_upload_more() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        assert!(request_upload(&test.gas, &eve, "a.vcf.gz", 10_000_000).await.is_ok());
    }

    #[tokio::test]
    async fn an_empty_or_misnamed_file_makes_no_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        assert!(request_upload(&test.gas, &ada, "a.vcf", 0).await.is_err());
        assert!(request_upload(&test.gas, &ada, "a.exe", 5).await.is_err());
        assert_eq!(test.jobs.len(), 0);
    }
}
