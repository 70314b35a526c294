//! Copies files from URLs of users to S3, and within S3 for another run of a large file.
//!
//! The imports are an outbox: [`due_imports`] claims those that are due, and [`copy_import`] copies the file of one. S3
//! knows which parts have arrived, so a copy that is interrupted continues behind them, in this process or in another one.
//! Every request names the version of the file that was found when the job was created, so the parts are of one file.

use super::confirm_upload::queue_uploaded;
use super::file_in_parts::missing_parts;
use super::{
    ChangeError, ConfirmError, FindError, announce_result, change_job, fail_job, upload_in_parts,
};
use crate::ports::{
    DueImport, FileSource, FileVersion, ImportOrigin, PortError, PortResult, SourceError,
};
use crate::{Gas, Secret, chain, record_job};
use bytes::Bytes;
use futures::future::try_join_all;
use gas_shared::job::{Change, ChangeRejected, FailureKind, JobState, ObjectLocation, Part, Parts};
use gas_shared::{Job, JobId, JobStatus, UserId};
use jiff::{SignedDuration, Timestamp};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, interval_at};

/// How long a process has to copy a part before another one may. Reading it takes 5 minutes at most, and the rest is for
/// sending it to S3. A process that needs longer loses the claim; a part that both send is the same part.
const LEASE: SignedDuration = SignedDuration::from_mins(10);

/// How long a file is copied before others get its slot, so that large files and slow servers do not keep all slots.
const TURN: SignedDuration = SignedDuration::from_mins(2);

/// The pauses after failures of the server without a part in between. The failure after the last one ends the job.
const PAUSES: [SignedDuration; 6] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
];

/// The pause after a failure of a service of the deployment, which does not count.
const SERVICE_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The age of an import after which such a failure ends the job, shortly before the reconciler does, which would take the
/// server of the user to be at fault.
const SERVICE_LIMIT: SignedDuration = SignedDuration::from_mins(24 * 60 - 10);

/// The reason shown to the owner in this case.
const SERVICE_FAILURE: &str = "GAS could not store it within a day; submit it again";

/// The number of parts that S3 copies at the same time. They do not pass through this process.
const STORED_PARTS_AT_ONCE: usize = 8;

/// How often browsers get the progress of a copy.
const REPORT_EVERY: SignedDuration = SignedDuration::from_secs(2);

/// How often a copy looks whether its job has ended, while it waits for the server.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// How long an import waits for its job, which is stored right after it, in a request of 30 seconds at most.
const CREATION: SignedDuration = SignedDuration::from_mins(2);

/// How long imports are kept at most. The reconciler ends their jobs after a day.
const KEPT: SignedDuration = SignedDuration::from_hours(25);

/// What the process that copies files needs.
#[derive(Clone)]
pub struct Importer {
    /// The imports, the jobs, S3 and the clock.
    pub gas: Gas,
    /// The servers with the files.
    pub source: Arc<dyn FileSource>,
}

/// The outcome of an attempt to copy a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyOutcome {
    /// The file is in S3, and its job is queued.
    Copied,
    /// The turn of the copy has ended, and the file is due again at once, after those that wait.
    Yielded,
    /// The copy is continued later.
    Retry {
        /// Why it stopped.
        problem: String,
        /// When it is due.
        at: Timestamp,
    },
    /// The job has failed.
    Failed {
        /// Why, in words for its owner.
        problem: String,
    },
    /// The job has ended otherwise, or another process copies the file.
    Stopped,
}

/// Where a copy has ended without an error.
enum Ended {
    Complete,
    /// Parts are missing, and other files may get the slot.
    Turn,
    /// The job does not wait for a file.
    Over(Box<Job>),
    /// There is no such job.
    NoJob,
    /// The import is deleted, or another process has claimed it.
    ClaimLost,
    /// S3 has lost parts: the upload has expired.
    Incomplete,
}

/// Why a copy was interrupted.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file of the earlier job is not there any more.
    #[error(
        "the file of the earlier job was deleted before it was copied; upload it again from your computer"
    )]
    Gone,
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Claims imports that are due, at most `limit` and one of each user, except for those in `busy`.
///
/// # Errors
/// If the store fails.
pub async fn due_imports(
    importer: &Importer,
    limit: u16,
    busy: &[UserId],
) -> PortResult<Vec<DueImport>> {
    importer.gas.imports.claim(importer.gas.now(), LEASE, limit, busy).await
}

/// Copies the file of an import that [`due_imports`] has claimed, or what is missing of it, and queues its job. A problem of
/// the server is tried again or ends the job.
///
/// # Errors
/// If the outcome cannot be recorded: the import is due again after its claim.
#[tracing::instrument(name = "copy_import", skip_all, fields(job_id = %due.job, user_id, trace_id))]
pub async fn copy_import(importer: &Importer, due: &DueImport) -> PortResult<CopyOutcome> {
    let gas = &importer.gas;
    let mut copy = Copy { importer, due, has_progress: false };
    match copy.run().await {
        Ok(Ended::Complete) => {
            gas.imports.delete(due.job).await?;
            Ok(CopyOutcome::Copied)
        }
        Ok(Ended::Turn) => {
            gas.imports.retry(due, 0, gas.now()).await?;
            Ok(CopyOutcome::Yielded)
        }
        Ok(Ended::Over(job)) => stop(gas, &job).await,
        Ok(Ended::NoJob) if gas.now().duration_since(due.created_at) < CREATION => {
            copy.retry(due.failures, PAUSES[0], "the job is not stored yet".to_owned()).await
        }
        Ok(Ended::NoJob) => {
            gas.imports.delete(due.job).await?;
            Ok(CopyOutcome::Stopped)
        }
        Ok(Ended::ClaimLost) => Ok(CopyOutcome::Stopped),
        Ok(Ended::Incomplete) => {
            let problem = "the copy was interrupted for too long; submit it again".to_owned();
            fail(gas, due, FailureKind::Input, problem).await
        }
        Err(CopyError::Source(problem)) => {
            let failures = if copy.has_progress { 0 } else { due.failures };
            let pause = usize::try_from(failures).ok().and_then(|failures| PAUSES.get(failures));
            match pause.filter(|_| problem.is_transient()) {
                Some(pause) => copy.retry(failures + 1, *pause, problem.to_string()).await,
                None => fail(gas, due, FailureKind::Input, problem.to_string()).await,
            }
        }
        Err(error @ CopyError::Gone) => fail(gas, due, FailureKind::Input, error.to_string()).await,
        Err(error) => {
            // S3 rejects parts of a job that was cancelled, whose upload is aborted.
            let job = gas.jobs.store.job(due.job).await?;
            if let Some(job) = job.filter(|job| job.status() != JobStatus::Uploading) {
                return stop(gas, &job).await;
            }
            let problem = chain(&error).to_string();
            tracing::error!(error = problem, "copy of a file from a URL failed in the service");
            let is_last = gas.now().duration_since(due.created_at) >= SERVICE_LIMIT;
            if is_last && !copy.has_progress {
                return fail(gas, due, FailureKind::Service, SERVICE_FAILURE.to_owned()).await;
            }
            let failures = if copy.has_progress { 0 } else { due.failures };
            copy.retry(failures, SERVICE_PAUSE, problem).await
        }
    }
}

/// Deletes imports that are older than their jobs may be, and returns how many.
///
/// # Errors
/// If the store fails.
pub async fn delete_old_imports(gas: &Gas) -> PortResult<u64> {
    gas.imports.prune(gas.now() - KEPT).await
}

/// An attempt to copy a file.
struct Copy<'a> {
    importer: &'a Importer,
    due: &'a DueImport,
    /// Whether a part has arrived in this attempt.
    has_progress: bool,
}

impl Copy<'_> {
    async fn run(&mut self) -> Result<Ended, CopyError> {
        let (gas, due) = (&self.importer.gas, self.due);
        let began = gas.now();
        let job = gas.jobs.store.job(due.job).await?.filter(|job| job.owner == due.owner);
        let Some(job) = job else { return Ok(Ended::NoJob) };
        record_job(&job);
        let JobState::Uploading { parts: Some(parts) } = &job.state else {
            return Ok(Ended::Over(Box::new(job)));
        };
        let file = &job.input.file;
        // Without an upload, it was completed in an earlier attempt, or has expired.
        let missing = missing_parts(gas, file, parts).await?.unwrap_or_default();
        let mut copied = parts.size - missing.iter().map(|part| part.length).sum::<u64>();
        let mut reported_at = None;
        let mut from = None;
        let parts_at_once = match &due.origin {
            ImportOrigin::Job(id) if !missing.is_empty() => {
                from = Some(self.earlier_file(*id).await?);
                STORED_PARTS_AT_ONCE
            }
            // Each is in the memory of this process.
            ImportOrigin::Job(_) | ImportOrigin::Url(_) => 1,
        };
        for some in missing.chunks(parts_at_once) {
            if self.has_progress && gas.now().duration_since(began) >= TURN {
                return Ok(Ended::Turn);
            }
            let ended = match (&due.origin, &from) {
                (ImportOrigin::Url(url), _) => self.copy_from_url(url, file, parts, some).await?,
                (ImportOrigin::Job(_), Some((from, etag))) => {
                    let copies = some.iter().map(|part| {
                        let (id, range) = (&parts.upload_id, range(part));
                        gas.part_uploads.copy(
                            from,
                            Some(etag.as_str()),
                            range,
                            file,
                            id,
                            part.number,
                        )
                    });
                    try_join_all(copies).await?;
                    None
                }
                (ImportOrigin::Job(_), None) => return Err(CopyError::Gone),
            };
            if let Some(ended) = ended {
                return Ok(ended);
            }
            self.has_progress = true;
            copied += some.iter().map(|part| part.length).sum::<u64>();
            if !gas.imports.extend(due, gas.now() + LEASE).await? {
                return Ok(Ended::ClaimLost);
            }
            if let Some(ended) = report(gas, &job, parts, copied, &mut reported_at).await? {
                return Ok(ended);
            }
        }
        match queue_uploaded(gas, job.owner, job.id).await {
            Ok(_) => Ok(Ended::Complete),
            Err(ConfirmError::NotUploaded(_) | ConfirmError::WrongSize { .. }) => {
                Ok(Ended::Incomplete)
            }
            Err(ConfirmError::Over { .. } | ConfirmError::Find(FindError::NotFound(_))) => {
                Ok(Ended::ClaimLost)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The input of the earlier job of the same owner, with its entity tag.
    async fn earlier_file(&self, id: JobId) -> Result<(ObjectLocation, String), CopyError> {
        let (gas, due) = (&self.importer.gas, self.due);
        let job = gas.jobs.store.job(id).await?.filter(|job| job.owner == due.owner);
        let file = job.ok_or(CopyError::Gone)?.input.file;
        let found = gas.objects.head(&file).await?.ok_or(CopyError::Gone)?;
        match &due.version {
            FileVersion::Etag(etag) if *etag == found.etag => Ok((file, found.etag)),
            // It was replaced.
            FileVersion::Etag(_) | FileVersion::LastModified(_) => Err(CopyError::Gone),
        }
    }

    /// Reads parts of the file from its server and sends them to S3.
    async fn copy_from_url(
        &self,
        url: &Secret,
        file: &ObjectLocation,
        parts: &Parts,
        some: &[Part],
    ) -> Result<Option<Ended>, CopyError> {
        for part in some {
            let bytes = match self.read(url, parts.size, range(part)).await? {
                Ok(bytes) => bytes,
                Err(ended) => return Ok(Some(ended)),
            };
            let uploads = &self.importer.gas.part_uploads;
            uploads.send(file, &parts.upload_id, part.number, bytes).await?;
        }
        Ok(None)
    }

    /// Reads a range of the file. Stops when the job has ended meanwhile, as a slow server may take minutes.
    async fn read(
        &self,
        url: &Secret,
        size: u64,
        range: Range<u64>,
    ) -> Result<Result<Bytes, Ended>, CopyError> {
        let Importer { gas, source } = self.importer;
        let due = self.due;
        let mut reading = source.read(url, &due.version, size, range);
        let mut ticks = interval_at(Instant::now() + WATCH_EVERY, WATCH_EVERY);
        loop {
            tokio::select! {
                bytes = &mut reading => return Ok(Ok(bytes?)),
                _ = ticks.tick() => match gas.jobs.store.job(due.job).await? {
                    Some(job) if job.status() == JobStatus::Uploading => {}
                    Some(job) => return Ok(Err(Ended::Over(Box::new(job)))),
                    // It is deleted, and its import with it.
                    None => return Ok(Err(Ended::ClaimLost)),
                },
            }
        }
    }

    async fn retry(
        &self,
        failures: u32,
        pause: SignedDuration,
        problem: String,
    ) -> PortResult<CopyOutcome> {
        let gas = &self.importer.gas;
        let at = gas.now() + pause;
        gas.imports.retry(self.due, failures, at).await?;
        Ok(CopyOutcome::Retry { problem, at })
    }
}

/// The bytes of a part.
const fn range(part: &Part) -> Range<u64> {
    part.offset..part.offset + part.length
}

/// Reports the progress in the row of the job, but not too often. Returns how the copy ends if the job has ended.
async fn report(
    gas: &Gas,
    job: &Job,
    parts: &Parts,
    copied: u64,
    reported_at: &mut Option<Timestamp>,
) -> Result<Option<Ended>, CopyError> {
    let now = gas.now();
    let is_due = reported_at.is_none_or(|at| now.duration_since(at) >= REPORT_EVERY);
    // The end is reported by the next state.
    if !is_due || copied == parts.size {
        return Ok(None);
    }
    *reported_at = Some(now);
    match change_job(&gas.jobs, job.id, Change::Copied { bytes: copied }).await {
        Ok(_) => Ok(None),
        Err(ChangeError::NotFound(_)) => Ok(Some(Ended::ClaimLost)),
        Err(ChangeError::Rejected { rejected: ChangeRejected::Illegal { .. }, .. }) => {
            let job = gas.jobs.store.job(job.id).await?;
            Ok(Some(job.map_or(Ended::ClaimLost, |job| Ended::Over(Box::new(job)))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends the import of a job that waits for no file.
async fn stop(gas: &Gas, job: &Job) -> PortResult<CopyOutcome> {
    if job.status() == JobStatus::Failed {
        // The process that recorded the failure may have died before it announced it.
        announce_result(&*gas.job_results, job).await?;
    }
    if job.status() == JobStatus::Pending {
        // The process that confirmed the file may have died before it queued the job.
        queue_again(gas, job).await?;
    }
    gas.imports.delete(job.id).await?;
    Ok(CopyOutcome::Stopped)
}

async fn queue_again(gas: &Gas, job: &Job) -> PortResult<()> {
    match queue_uploaded(gas, job.owner, job.id).await {
        // It may have ended or been deleted meanwhile.
        Ok(_) | Err(ConfirmError::Over { .. } | ConfirmError::Find(FindError::NotFound(_))) => {
            Ok(())
        }
        Err(ConfirmError::Port(error) | ConfirmError::Find(FindError::Port(error))) => Err(error),
        Err(error) => Err(PortError::new("queue a job", error)),
    }
}

/// Ends a job whose file cannot be copied.
async fn fail(
    gas: &Gas,
    due: &DueImport,
    kind: FailureKind,
    problem: String,
) -> PortResult<CopyOutcome> {
    let Some(job) = gas.jobs.store.job(due.job).await? else {
        gas.imports.delete(due.job).await?;
        return Ok(CopyOutcome::Stopped);
    };
    let reason = match &due.origin {
        ImportOrigin::Url(_) => format!("the file was not copied from its URL: {problem}"),
        ImportOrigin::Job(_) => format!("the file was not copied for another run: {problem}"),
    };
    match fail_job(&gas.jobs, job.id, None, kind, reason).await {
        Ok(failed) => {
            announce_result(&*gas.job_results, &failed).await?;
            upload_in_parts::abort(gas, &job).await;
            gas.imports.delete(job.id).await?;
            Ok(CopyOutcome::Failed { problem })
        }
        // It has ended at the same moment.
        Err(ChangeError::Rejected { .. } | ChangeError::NotFound(_)) => {
            gas.imports.delete(job.id).await?;
            Ok(CopyOutcome::Stopped)
        }
        Err(ChangeError::Port(error)) => Err(error),
        Err(error @ ChangeError::Contended(_)) => Err(PortError::new("end a job", error)),
    }
}

#[cfg(test)]
#[path = "copy_import_tests.rs"]
mod tests;
