//! Annotates a file again, as a new job with a copy of the input.

use super::choose_options::{OptionsError, check_options};
use super::confirm_upload::queue_uploaded;
use super::create_job::{IdempotencyKey, found};
use super::import_file::{CopiedInsertion, insert_copied, unfinished};
use super::limits::{LimitError, count_new_job};
use super::request_upload::{content_type, try_insert};
use super::{ChangeError, ConfirmError, FindError, RequestUploadError, fail_job, find_job};
use crate::Gas;
use crate::ports::{FileVersion, ImportOrigin, ObjectInfo, PortError};
use gas_runtime::current_trace;
use gas_shared::byte_size::{Rounding, format_bytes, format_limit};
use gas_shared::import::{MAX_IMPORT_BYTES, MAX_IMPORTS};
use gas_shared::job::{FailureKind, JobState, ObjectLocation, Parts, Results};
use gas_shared::upload::part_bytes;
use gas_shared::{Account, Job, JobId, JobOptions, JobStatus, Plan};
use jiff::Timestamp;
use uuid::Uuid;

/// The largest input that is copied within the request. A request has 30 seconds, in which S3 copies this size by ranges
/// at the same time, even if it copies a range at only 50 MB/s. Larger ones are copied as files from URLs are.
const MAX_COPY_BYTES: u64 = 50 * 1024 * 1024 * 1024;

/// The reason why a job was not run again.
#[derive(Debug, thiserror::Error)]
pub enum RerunError {
    /// The user has no such job, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The job has not ended.
    #[error("job {id} is {status}; it can be run again after it has ended")]
    NotOver {
        /// The job.
        id: JobId,
        /// Its status.
        status: JobStatus,
    },
    /// The user is on Free, and the result that the job has is archived, or will be.
    #[error("the result of job {0} is archived; upgrade to Premium to restore it")]
    Archived(JobId),
    /// Retention deleted the input.
    #[error("the file of job {id} was deleted on {}; upload it again from your computer", .at.strftime("%F"))]
    InputDeleted {
        /// The job.
        id: JobId,
        /// When.
        at: Timestamp,
    },
    /// S3 does not have the input anymore.
    #[error("the file of job {0} is no longer stored; upload it again from your computer")]
    InputGone(JobId),
    /// The input is too large to be copied within a day.
    #[error(
        "the file of job {id} has {}; a file of more than {} is not copied for another run; \
         upload it again from your computer",
        format_bytes(*size, Rounding::Up), format_limit(*limit)
    )]
    TooLargeToCopy {
        /// The job.
        id: JobId,
        /// The size of its input, in bytes.
        size: u64,
        /// The largest input that is copied, in bytes.
        limit: u64,
    },
    /// The user has too many files that are copied.
    #[error("{MAX_IMPORTS} of your files are being copied; wait until one is complete")]
    TooManyCopies,
    /// The new job cannot have these options.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The options of the job are of a newer version.
    #[error("the options of job {0} are of a newer version of GAS; choose options for the new job")]
    NewerOptions(JobId),
    /// The idempotency key was used for another job, or its job was deleted.
    #[error(
        "the idempotency key was used for another request, or its job was deleted; use another"
    )]
    KeyReused,
    /// The current plan does not accept the file.
    #[error(transparent)]
    Rejected(#[from] RequestUploadError),
    /// The new job could not be queued; the reconciler will queue it.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// The new job could not be marked as failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Creates a new job from the input of a job that has ended. The input is copied within S3, so that
/// either job can be deleted. A file of more than 50 GiB is copied after the call, by the process that copies files from
/// URLs; if the old job is deleted meanwhile, the new one fails. The limits of the current plan apply. On Free, a job whose download window
/// is over cannot be run again, since that would give the archived result a new window. Without
/// `options`, the new job has those of the old one. Its title, labels, project and note are those of the old one.
///
/// The row is written first: if the process dies, the reconciler finds the row and queues the job
/// or marks it as failed, as it does for abandoned uploads.
///
/// Repeated calls with the same `key` return the same job, for as long as it exists.
///
/// # Errors
/// [`RerunError`].
pub async fn rerun_job(
    gas: &Gas,
    account: &Account,
    id: JobId,
    options: Option<JobOptions>,
    key: Option<&IdempotencyKey>,
) -> Result<Job, RerunError> {
    let new_id = match key {
        None => JobId::new(Uuid::new_v4()),
        Some(key) => {
            let new_id = key.job_id(account.id);
            if let Some(job) = found(gas, account.id, new_id).await? {
                return repeated(gas, account, id, options, job).await;
            }
            new_id
        }
    };
    let old = find_job(gas, account.id, id).await?;
    if !old.status().is_final() {
        return Err(RerunError::NotOver { id, status: old.status() });
    }
    if account.plan == Plan::Free && is_window_over(&old, gas.now()) {
        return Err(RerunError::Archived(id));
    }
    if let Some(at) = old.input_deleted_at() {
        return Err(RerunError::InputDeleted { id, at });
    }
    let info = gas.objects.head(&old.input.file).await?.ok_or(RerunError::InputGone(id))?;
    let limit = account.plan.max_upload_bytes();
    if info.size > limit {
        let (size, plan) = (info.size, account.plan);
        return Err(RequestUploadError::OverLimit { size, plan, limit }.into());
    }
    if info.size > MAX_IMPORT_BYTES {
        return Err(RerunError::TooLargeToCopy { id, size: info.size, limit: MAX_IMPORT_BYTES });
    }
    let requested = options.clone();
    let options = match options {
        Some(options) => options,
        None => old.options.known().cloned().ok_or(RerunError::NewerOptions(id))?,
    };
    check_options(gas, account, &options).await?;
    count_new_job(gas, account, info.size).await?;
    let (name, organization) = (old.input.name.clone(), old.organization.clone());
    let file = gas.object_keys.input(account.id, new_id, &name);
    let job = Job::new(new_id, account.id, name, file, gas.now()).traced(current_trace());
    let job = job.of_size(info.size).with(options).organized(organization);
    if info.size > MAX_COPY_BYTES {
        return copy_later(gas, &old, job, info, requested).await;
    }
    if !try_insert(gas, &job).await? {
        // Only ids of keys can be taken: a call at the same moment was faster, or the job was deleted.
        let faster = found(gas, account.id, new_id).await?.ok_or(RerunError::KeyReused)?;
        check_repeated(Some(&old), id, requested, &faster)?;
        // That call copies the file. A second copy could replace a file that a worker reads.
        return Ok(faster);
    }
    queue_copy(gas, &old.input.file, id, &job).await
}

/// Inserts a job whose file is copied from that of `old` in the background.
async fn copy_later(
    gas: &Gas,
    old: &Job,
    job: Job,
    info: ObjectInfo,
    requested: Option<JobOptions>,
) -> Result<Job, RerunError> {
    let upload_id = gas.part_uploads.begin(&job.input.file, content_type(&job.input.name)).await?;
    let (size, part_bytes) = (info.size, part_bytes(info.size));
    let job = job.in_parts(Parts { upload_id, size, part_bytes, copied: Some(0) });
    let (origin, version) = (ImportOrigin::Job(old.id), FileVersion::Etag(info.etag));
    match insert_copied(gas, &job, origin, version).await? {
        CopiedInsertion::Stored => Ok(job),
        CopiedInsertion::TooMany => Err(RerunError::TooManyCopies),
        // Only ids of keys can be taken.
        CopiedInsertion::Unfinished => {
            let faster = found(gas, job.owner, job.id).await?.ok_or_else(unfinished)?;
            check_repeated(Some(old), old.id, requested, &faster)?;
            Ok(faster)
        }
        CopiedInsertion::Exists => {
            let faster = found(gas, job.owner, job.id).await?.ok_or(RerunError::KeyReused)?;
            check_repeated(Some(old), old.id, requested, &faster)?;
            Ok(faster)
        }
    }
}

/// Copies the input of a job to that of a new one, and queues the new one.
async fn queue_copy(
    gas: &Gas,
    from: &ObjectLocation,
    old: JobId,
    job: &Job,
) -> Result<Job, RerunError> {
    if !gas.objects.copy(from, &job.input.file).await? {
        let gone = RerunError::InputGone(old);
        fail_job(&gas.jobs, job.id, None, FailureKind::Input, gone.to_string()).await?;
        return Err(gone);
    }
    Ok(queue_uploaded(gas, job.owner, job.id).await?)
}

/// The job that an earlier call with the same key has created. If that call died before the job was queued,
/// this one continues.
async fn repeated(
    gas: &Gas,
    account: &Account,
    id: JobId,
    options: Option<JobOptions>,
    job: Job,
) -> Result<Job, RerunError> {
    let old = found(gas, account.id, id).await?;
    check_repeated(old.as_ref(), id, options, &job)?;
    match old {
        // Without parts: a file in parts is copied in the background.
        Some(old) if matches!(job.state, JobState::Uploading { parts: None }) => {
            queue_copy(gas, &old.input.file, id, &job).await
        }
        _ => Ok(job),
    }
}

/// Checks that the job of a key can be the rerun of the job `id`, which is `old` unless that is deleted.
fn check_repeated(
    old: Option<&Job>,
    id: JobId,
    options: Option<JobOptions>,
    job: &Job,
) -> Result<(), RerunError> {
    let is_other_file = old.is_some_and(|old| old.input.name != job.input.name);
    let is_upload = match &job.state {
        JobState::Uploading { parts: Some(Parts { copied: None, .. }) } => true,
        // A file from a URL, which may have the same name.
        JobState::Uploading { parts: Some(Parts { size, .. }) } => *size <= MAX_COPY_BYTES,
        _ => false,
    };
    let are_other_options = options.is_some_and(|options| job.options.known() != Some(&options));
    if is_other_file || is_upload || are_other_options || job.id == id {
        return Err(RerunError::KeyReused);
    }
    Ok(())
}

/// Whether the result of a job is not available on Free any more.
fn is_window_over(job: &Job, now: Timestamp) -> bool {
    match &job.state {
        JobState::Completed(done) => match &done.results {
            Results::Stored(stored) => stored.until.is_some_and(|until| until <= now),
            Results::Archiving { .. } | Results::Archived { .. } | Results::Thawing { .. } => true,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::NewImportRow;
    use crate::testkit::{Fault, TestGas};
    use crate::usecases::{InputRejection, archive_result, claim_job, delete_job, reject_input};
    use gas_shared::job_options::Selection;
    use gas_shared::plan::FREE_MAX_UPLOAD_BYTES;
    use jiff::SignedDuration;

    #[tokio::test]
    async fn a_rerun_is_a_new_job_with_a_copy_of_the_input() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let old = test.completed_job(&ada).await;
        let new = rerun_job(&test.gas, &ada, old.id, None, None).await.unwrap();
        assert_eq!(new.status(), JobStatus::Pending);
        assert_ne!((new.id, &new.input.file), (old.id, &old.input.file));
        assert_eq!((&new.input.name, new.input.size), (&old.input.name, old.input.size));
        assert_eq!(test.objects.get(&new.input.file), test.objects.get(&old.input.file));
        let request = format!("{{\"job_id\":\"{}\"}}", new.id);
        assert_eq!(test.job_requests.bodies().last(), Some(&request));
        assert_eq!(test.job(old.id), old, "the old job stays as it was");
    }

    #[tokio::test]
    async fn a_rerun_has_the_options_of_the_old_job_or_others() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let old = test.completed_job(&ada).await;
        let grch38 = test.references.add("homo_sapiens/GRCh38/ensembl-115").id;
        let chosen = JobOptions {
            reference: Some(grch38.clone()),
            selection: Selection::Pick,
            ..JobOptions::default()
        };
        let new = rerun_job(&test.gas, &ada, old.id, Some(chosen.clone()), None).await.unwrap();
        assert_eq!(new.options.known(), Some(&chosen));
        assert_eq!(test.job(old.id).options, old.options, "the old job stays as it was");

        let timeout = SignedDuration::from_secs(45);
        let (_, claim) = claim_job(&test.gas.jobs, new.id, timeout).await.unwrap();
        let rejection = InputRejection { reason: "x".into(), code: None, mismatch: None };
        reject_input(&test.gas.jobs, new.id, claim, rejection).await.unwrap();
        let again = rerun_job(&test.gas, &ada, new.id, None, None).await.unwrap();
        assert_eq!(again.options.known(), Some(&chosen));

        test.references.retire(&grch38);
        let rejected = rerun_job(&test.gas, &ada, new.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::Options(_)), "{rejected}");
        assert_eq!(test.jobs.len(), 3);
    }

    #[tokio::test]
    async fn only_the_owner_can_rerun_and_only_ended_jobs() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let waiting = test.pending_job(&ada).await;
        let rejected = rerun_job(&test.gas, &ada, waiting.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::NotOver { status: JobStatus::Pending, .. }));
        let done = test.completed_job(&ada).await;
        let rejected = rerun_job(&test.gas, &eve, done.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::Find(FindError::NotFound(_))));
        assert_eq!(test.jobs.len(), 2);
    }

    #[tokio::test]
    async fn the_limit_of_the_current_plan_applies() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let old = test.completed_job(&eve).await;
        test.objects.put(&old.input.file, &vec![b'#'; FREE_MAX_UPLOAD_BYTES as usize + 1]);
        assert!(rerun_job(&test.gas, &eve, old.id, None, None).await.is_ok());
        let eve = test.set_plan(&eve, Plan::Free);
        let rejected = rerun_job(&test.gas, &eve, old.id, None, None).await.unwrap_err();
        assert_eq!(rejected.to_string(), "the file has 150001 bytes; the Free plan allows 150000");
        assert_eq!(test.jobs.len(), 2);
    }

    #[tokio::test]
    async fn a_large_file_is_copied_in_the_background() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let old = test.completed_job(&eve).await;
        test.objects.state_size(&old.input.file, MAX_COPY_BYTES);
        let at_once = rerun_job(&test.gas, &eve, old.id, None, None).await.unwrap();
        assert_eq!((at_once.status(), test.imports.jobs()), (JobStatus::Pending, vec![]));

        let size = MAX_COPY_BYTES + 1;
        test.objects.state_size(&old.input.file, size);
        let key = IdempotencyKey::parse("run-7").unwrap();
        let new = rerun_job(&test.gas, &eve, old.id, None, Some(&key)).await.unwrap();
        assert_eq!((new.status(), new.copied_bytes()), (JobStatus::Uploading, Some(0)));
        assert_eq!((new.input.size, &new.input.name), (Some(size), &old.input.name));
        assert_eq!((test.imports.jobs(), test.parts.open()), (vec![new.id], 1));
        let again = rerun_job(&test.gas, &eve, old.id, None, Some(&key)).await.unwrap();
        assert_eq!((again.id, again.status()), (new.id, JobStatus::Uploading));
        assert_eq!((test.imports.jobs(), test.parts.open()), (vec![new.id], 1));
        let other = JobOptions { selection: Selection::Pick, ..JobOptions::default() };
        let reused = rerun_job(&test.gas, &eve, old.id, Some(other), Some(&key)).await;
        assert!(matches!(reused, Err(RerunError::KeyReused)), "{reused:?}");

        for number in 1..MAX_IMPORTS {
            let row = NewImportRow {
                job: JobId::new(Uuid::from_u128(number.into())),
                owner: eve.id,
                origin: ImportOrigin::Job(old.id),
                version: FileVersion::Etag(String::new()),
                created_at: test.gas.now(),
            };
            test.gas.imports.insert(&row, MAX_IMPORTS).await.unwrap();
        }
        let jobs = test.jobs.len();
        let rejected = rerun_job(&test.gas, &eve, old.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::TooManyCopies), "{rejected}");
        assert_eq!((test.jobs.len(), test.parts.open()), (jobs, 1));
    }

    #[tokio::test]
    async fn a_file_too_large_for_a_copy_is_rejected_before_a_job_exists() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let old = test.completed_job(&eve).await;
        test.objects.state_size(&old.input.file, MAX_IMPORT_BYTES + 1);
        // The largest file of the plan by default. Operators can allow larger ones.
        let rejected = rerun_job(&test.gas, &eve, old.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::Rejected(_)), "{rejected}");
        let (id, size, limit) = (old.id, MAX_IMPORT_BYTES + 1, MAX_IMPORT_BYTES);
        let expected = format!(
            "the file of job {id} has 536.9 GB; a file of more than 500 GiB is not copied for \
             another run; upload it again from your computer"
        );
        assert_eq!(RerunError::TooLargeToCopy { id, size, limit }.to_string(), expected);
        assert_eq!(test.jobs.len(), 1);
    }

    #[tokio::test]
    async fn a_rerun_on_free_gives_an_archived_result_no_new_window() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let old = test.completed_job(&ada).await;
        test.clock.advance_secs(180);
        let rejected = rerun_job(&test.gas, &ada, old.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::Archived(_)), "the window is over: {rejected}");
        archive_result(&test.gas, old.id).await.unwrap();
        let rejected = rerun_job(&test.gas, &ada, old.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::Archived(_)), "{rejected}");
        assert_eq!(test.jobs.len(), 1);
        let ada = test.set_plan(&ada, Plan::Premium);
        assert!(rerun_job(&test.gas, &ada, old.id, None, None).await.is_ok());
    }

    #[tokio::test]
    async fn a_missing_input_is_an_error_and_creates_no_job() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let old = test.completed_job(&ada).await;
        test.gas.objects.delete(&old.input.file).await.unwrap();
        let rejected = rerun_job(&test.gas, &ada, old.id, None, None).await.unwrap_err();
        assert!(matches!(rejected, RerunError::InputGone(_)), "{rejected}");
        assert_eq!(test.jobs.len(), 1);
    }

    #[tokio::test]
    async fn a_key_runs_a_job_again_once() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        let old = test.completed_job(&ada).await;
        let key = IdempotencyKey::parse("again").unwrap();
        let rerun = async |options| rerun_job(&test.gas, &ada, old.id, options, Some(&key)).await;
        let first = rerun(None).await.unwrap();
        assert_eq!(rerun(None).await.unwrap().id, first.id);
        assert_eq!(test.jobs.len(), 2);
        let other = JobOptions { selection: Selection::Pick, ..JobOptions::default() };
        assert!(matches!(rerun(Some(other)).await, Err(RerunError::KeyReused)));
        let eve = test.user("eve", Plan::Premium);
        let own = test.completed_job(&eve).await;
        let of_eve = rerun_job(&test.gas, &eve, own.id, None, Some(&key)).await.unwrap();
        assert_ne!(of_eve.id, first.id, "keys belong to their user");
        delete_job(&test.gas, ada.id, first.id).await.unwrap();
        assert!(matches!(rerun(None).await, Err(RerunError::KeyReused)));
    }

    #[tokio::test]
    async fn a_repetition_continues_a_rerun_that_was_interrupted_anywhere() {
        for fault in Fault::ALL {
            for nth in 1..=14 {
                let test = TestGas::new();
                let ada = test.user("ada", Plan::Premium);
                let old = test.completed_job(&ada).await;
                let key = IdempotencyKey::parse("again").unwrap();
                test.crash.inject(fault, nth);
                let first = rerun_job(&test.gas, &ada, old.id, None, Some(&key)).await;
                let happened = test.crash.recover();
                let job = rerun_job(&test.gas, &ada, old.id, None, Some(&key)).await.unwrap();
                assert_eq!(job.status(), JobStatus::Pending, "{fault:?} {nth} {first:?}");
                assert!(happened || first.is_ok());
                assert!(test.objects.get(&job.input.file).is_some());
                assert_eq!(test.jobs.len(), 2, "{fault:?} {nth}");
            }
        }
    }
}
