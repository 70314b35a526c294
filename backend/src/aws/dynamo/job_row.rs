//! A job as a DynamoDB row.
//!
//! The attribute names are those of the original service, plus our own. Reading a row checks it: a
//! row must have exactly the attributes that its `job_status` requires, so that a row edited by
//! hand cannot produce a job in an impossible state.
//!
//! Versions run side by side, so a row may have attributes of a newer one, which are ignored here and kept by the
//! job store. A new attribute must hence be possible in every state for one release: the version that first
//! writes it finds it in rows whose state an older version has changed.
//!
//! The location of the result follows from two attributes: `results_file_archive_id` exists exactly
//! while the result is archived, `s3_key_result_file` exactly while it is in S3.

use super::active_key::ActiveKey;
use gas_shared::file_name::FileNameError;
use gas_shared::job::{
    Archived, AssemblyMismatch, ClaimId, Completion, Failure, FailureKind, Input, Job, JobState,
    JobStatus, Labels, NotAnnotated, Note, ObjectLocation, Organization, Parts, Progress,
    ProjectName, Results, Retention, Retrieval, Run, ShardedRun, Stored, StoredOptions, Tier,
    Title,
};
use gas_shared::{FileName, JobId, Provenance, TraceId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_aux::serde_introspection::serde_introspect;
use serde_with::skip_serializing_none;

/// A job's item in the table. Times are seconds of the Unix epoch.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct JobRow {
    job_id: JobId,
    user_id: UserId,
    input_file_name: String,
    s3_inputs_bucket: String,
    s3_key_input_file: String,
    submit_time: i64,
    job_status: JobStatus,
    version: u64,
    /// [`Job::reconciled_at`].
    nudge_time: Option<i64>,
    /// [`Job::trace`].
    trace_id: Option<TraceId>,
    /// [`Job::options`], if they are not the default ones.
    options: Option<StoredOptions>,
    /// [`Organization::title`].
    job_title: Option<Title>,
    /// [`Organization::labels`], if there are any.
    job_labels: Option<Labels>,
    /// [`Organization::project`].
    job_project: Option<ProjectName>,
    /// [`Organization::note`].
    job_note: Option<Note>,
    input_size: Option<u64>,
    input_etag: Option<String>,
    /// S3's ID of the multipart upload in progress.
    upload_id: Option<String>,
    /// [`Parts::size`].
    upload_size: Option<u64>,
    /// [`Parts::part_bytes`].
    upload_part_size: Option<u64>,
    /// [`Parts::copied`].
    upload_copied: Option<u64>,
    upload_time: Option<i64>,
    queue_time: Option<i64>,
    start_time: Option<i64>,
    heartbeat_time: Option<i64>,
    claim_id: Option<ClaimId>,
    /// [`Run::engine_failures`], if there are any.
    engine_failures: Option<u32>,
    progress_step: Option<String>,
    progress_permille: Option<u16>,
    progress_records: Option<u64>,
    /// [`Run::shards`].
    shards: Option<ShardedRun>,
    /// When the job was completed; failed and cancelled jobs have `end_time` instead.
    complete_time: Option<i64>,
    records: Option<u64>,
    /// [`Completion::not_annotated`].
    not_annotated: Option<NotAnnotated>,
    /// [`Completion::provenance`].
    provenance: Option<Provenance>,
    s3_results_bucket: Option<String>,
    s3_key_result_file: Option<String>,
    result_size: Option<u64>,
    s3_key_log_file: Option<String>,
    /// [`Stored::until`].
    results_expire_time: Option<i64>,
    /// [`Stored::restored_at`].
    restore_time: Option<i64>,
    /// The ticket of the upload to the archive in progress.
    results_file_archive_ticket: Option<String>,
    results_file_archive_id: Option<String>,
    results_file_tree_hash: Option<String>,
    archive_time: Option<i64>,
    /// `user_id` again, in archived rows only: the hash key of a sparse index.
    archived_user_id: Option<UserId>,
    thaw_id: Option<String>,
    thaw_tier: Option<Tier>,
    thaw_time: Option<i64>,
    /// `job_status` again, in pending and running rows only: with [`JobRow::active_time`] the keys
    /// of the sparse index that the queue is read from.
    active_status: Option<ActiveKey>,
    active_time: Option<i64>,
    end_time: Option<i64>,
    failure_kind: Option<FailureKind>,
    failure_reason: Option<String>,
    /// [`Failure::code`].
    failure_code: Option<String>,
    /// [`Failure::mismatch`].
    failure_mismatch: Option<AssemblyMismatch>,
    /// [`Retention::input_deleted_at`].
    input_delete_time: Option<i64>,
    /// [`Retention::logs_deleted_at`].
    logs_delete_time: Option<i64>,
    /// [`Retention::check_at`].
    retention_time: Option<i64>,
    /// The shard of the reconciler's index ([`due_shard`]); only in rows with a `due_time`.
    due_shard: Option<String>,
    /// [`Job::due`].
    due_time: Option<i64>,
}

/// Why a row and a job cannot be converted into each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowError {
    #[error("job {job}: a row in state {status} needs attribute {name}")]
    Missing { job: JobId, status: JobStatus, name: &'static str },
    #[error("job {job}: a row in state {status} has attributes of another state")]
    Surplus { job: JobId, status: JobStatus },
    #[error("job {job}: {name} {seconds} is not a valid time")]
    Time { job: JobId, name: &'static str, seconds: i64 },
    #[error("job {job}: invalid input_file_name {text:?}")]
    FileName { job: JobId, text: String, source: FileNameError },
    #[error("job {job}: the result and the log are in different buckets")]
    SplitResults { job: JobId },
}

impl TryFrom<&Job> for JobRow {
    type Error = RowError;

    fn try_from(job: &Job) -> Result<Self, RowError> {
        let mut row = Self::without_state(job);
        match &job.state {
            JobState::Uploading { parts: None } => {}
            JobState::Uploading { parts: Some(parts) } => {
                row.upload_id = Some(parts.upload_id.clone());
                row.upload_size = Some(parts.size);
                row.upload_part_size = Some(parts.part_bytes);
                row.upload_copied = parts.copied;
            }
            JobState::Pending { since } => {
                row.queue_time = Some(since.as_second());
                row.set_active(*since);
            }
            JobState::Running(run) => row.set_run(run),
            JobState::Completed(done) => row.set_completion(done)?,
            JobState::Failed(failure) => {
                row.end_time = Some(failure.at.as_second());
                row.failure_kind = Some(failure.kind);
                row.failure_reason = Some(failure.reason.clone());
                row.failure_code.clone_from(&failure.code);
                row.failure_mismatch.clone_from(&failure.mismatch);
            }
            JobState::Cancelled { at } => row.end_time = Some(at.as_second()),
        }
        if let Some(due) = job.due() {
            row.due_shard = Some(due_shard(job.id));
            row.due_time = Some(due.as_second());
        }
        Ok(row)
    }
}

impl TryFrom<JobRow> for Job {
    type Error = RowError;

    fn try_from(row: JobRow) -> Result<Self, RowError> {
        let job = row.read()?;
        // Converting back reveals attributes that do not belong to the job's state.
        let mut again = JobRow::try_from(&job)?;
        if row.active_status.is_none() {
            // Rows written before the queue's index existed lack its keys.
            (again.active_status, again.active_time) = (None, None);
        } else if row.active_status.map(ActiveKey::status)
            == again.active_status.map(ActiveKey::status)
        {
            // Rows have a shard or none.
            again.active_status = row.active_status;
        }
        // Derived from the rest of the row, and different in rows of versions with other deadlines.
        again.due_shard.clone_from(&row.due_shard);
        again.due_time = row.due_time;
        if again != row {
            return Err(RowError::Surplus { job: row.job_id, status: row.job_status });
        }
        Ok(job)
    }
}

impl JobRow {
    /// The names of all attributes that this version knows.
    pub(super) fn attributes() -> &'static [&'static str] {
        serde_introspect::<Self>()
    }

    fn without_state(job: &Job) -> Self {
        Self {
            job_id: job.id,
            user_id: job.owner,
            input_file_name: job.input.name.as_str().to_owned(),
            s3_inputs_bucket: job.input.file.bucket.clone(),
            s3_key_input_file: job.input.file.key.clone(),
            submit_time: job.submitted_at.as_second(),
            job_status: job.status(),
            version: job.version,
            nudge_time: job.reconciled_at.map(Timestamp::as_second),
            trace_id: job.trace,
            options: Some(&job.options).filter(|options| !options.is_default()).cloned(),
            job_title: job.organization.title.clone(),
            job_labels: Some(&job.organization.labels).filter(|labels| !labels.is_empty()).cloned(),
            job_project: job.organization.project.clone(),
            job_note: job.organization.note.clone(),
            input_size: job.input.size,
            input_etag: job.input.etag.clone(),
            upload_time: job.input.uploaded_at.map(Timestamp::as_second),
            upload_id: None,
            upload_size: None,
            upload_part_size: None,
            upload_copied: None,
            queue_time: None,
            start_time: None,
            heartbeat_time: None,
            claim_id: None,
            engine_failures: None,
            progress_step: None,
            progress_permille: None,
            progress_records: None,
            shards: None,
            complete_time: None,
            records: None,
            not_annotated: None,
            provenance: None,
            s3_results_bucket: None,
            s3_key_result_file: None,
            result_size: None,
            s3_key_log_file: None,
            results_expire_time: None,
            restore_time: None,
            results_file_archive_ticket: None,
            results_file_archive_id: None,
            results_file_tree_hash: None,
            archive_time: None,
            archived_user_id: None,
            thaw_id: None,
            thaw_tier: None,
            thaw_time: None,
            active_status: None,
            active_time: None,
            end_time: None,
            failure_kind: None,
            failure_reason: None,
            failure_code: None,
            failure_mismatch: None,
            input_delete_time: job.retention.input_deleted_at.map(Timestamp::as_second),
            logs_delete_time: job.retention.logs_deleted_at.map(Timestamp::as_second),
            retention_time: job.retention.check_at.map(Timestamp::as_second),
            due_shard: None,
            due_time: None,
        }
    }

    /// Puts the keys of the queue's index into a shard.
    pub(super) fn with_active_shard(self) -> Self {
        let active_status = self.active_status.map(|key| key.in_shard_of(self.job_id));
        Self { active_status, ..self }
    }

    fn set_active(&mut self, since: Timestamp) {
        self.active_status = Some(ActiveKey::of(self.job_status));
        self.active_time = Some(since.as_second());
    }

    fn set_run(&mut self, run: &Run) {
        self.set_active(run.started_at);
        self.claim_id = Some(run.claim);
        self.start_time = Some(run.started_at.as_second());
        self.heartbeat_time = Some(run.heartbeat_at.as_second());
        self.engine_failures = Some(run.engine_failures).filter(|count| *count > 0);
        self.progress_step = Some(run.progress.step.clone());
        self.progress_permille = Some(run.progress.permille);
        self.progress_records = Some(run.progress.records);
        self.shards.clone_from(&run.shards);
    }

    fn set_completion(&mut self, done: &Completion) -> Result<(), RowError> {
        self.start_time = Some(done.started_at.as_second());
        self.complete_time = Some(done.completed_at.as_second());
        self.records = Some(done.records);
        self.not_annotated = done.not_annotated;
        self.provenance.clone_from(&done.provenance);
        self.s3_results_bucket = Some(done.log.bucket.clone());
        self.result_size = Some(done.result_size);
        self.s3_key_log_file = Some(done.log.key.clone());
        self.set_results(&done.results)
    }

    fn set_results(&mut self, results: &Results) -> Result<(), RowError> {
        match results {
            Results::Stored(stored) => self.set_stored(stored),
            Results::Archiving { stored, ticket } => {
                self.results_file_archive_ticket = Some(ticket.clone());
                self.set_stored(stored)
            }
            Results::Archived { archived, leftover } => {
                self.set_archived(archived);
                leftover.as_ref().map_or(Ok(()), |file| self.set_result_file(file))
            }
            Results::Thawing { archived, retrieval } => {
                self.set_archived(archived);
                self.thaw_id = Some(retrieval.id.clone());
                self.thaw_tier = Some(retrieval.tier);
                self.thaw_time = Some(retrieval.since.as_second());
                Ok(())
            }
        }
    }

    fn set_stored(&mut self, stored: &Stored) -> Result<(), RowError> {
        self.results_expire_time = stored.until.map(|until| until.as_second());
        self.restore_time = stored.restored_at.map(|at| at.as_second());
        self.set_result_file(&stored.file)
    }

    fn set_result_file(&mut self, file: &ObjectLocation) -> Result<(), RowError> {
        if self.s3_results_bucket.as_ref() != Some(&file.bucket) {
            return Err(RowError::SplitResults { job: self.job_id });
        }
        self.s3_key_result_file = Some(file.key.clone());
        Ok(())
    }

    fn set_archived(&mut self, archived: &Archived) {
        self.results_file_archive_id = Some(archived.id.clone());
        self.results_file_tree_hash = Some(archived.tree_hash.clone());
        self.archive_time = Some(archived.at.as_second());
        self.archived_user_id = Some(self.user_id);
    }

    fn read(&self) -> Result<Job, RowError> {
        let name = FileName::parse(&self.input_file_name).map_err(|source| RowError::FileName {
            job: self.job_id,
            text: self.input_file_name.clone(),
            source,
        })?;
        let bucket = self.s3_inputs_bucket.clone();
        let file = ObjectLocation { bucket, key: self.s3_key_input_file.clone() };
        Ok(Job {
            id: self.job_id,
            owner: self.user_id,
            input: Input {
                name,
                file,
                size: self.input_size,
                etag: self.input_etag.clone(),
                uploaded_at: self.maybe_time("upload_time", self.upload_time)?,
            },
            options: self.options.clone().unwrap_or_default(),
            organization: Organization {
                title: self.job_title.clone(),
                labels: self.job_labels.clone().unwrap_or_default(),
                project: self.job_project.clone(),
                note: self.job_note.clone(),
            },
            submitted_at: self.time("submit_time", Some(self.submit_time))?,
            version: self.version,
            reconciled_at: self.maybe_time("nudge_time", self.nudge_time)?,
            retention: Retention {
                input_deleted_at: self.maybe_time("input_delete_time", self.input_delete_time)?,
                logs_deleted_at: self.maybe_time("logs_delete_time", self.logs_delete_time)?,
                check_at: self.maybe_time("retention_time", self.retention_time)?,
            },
            trace: self.trace_id,
            state: self.read_state()?,
        })
    }

    fn read_state(&self) -> Result<JobState, RowError> {
        Ok(match self.job_status {
            JobStatus::Uploading => JobState::Uploading { parts: self.read_parts()? },
            JobStatus::Pending => {
                JobState::Pending { since: self.time("queue_time", self.queue_time)? }
            }
            JobStatus::Running => JobState::Running(self.read_run()?),
            JobStatus::Completed => JobState::Completed(self.read_completion()?),
            JobStatus::Failed => JobState::Failed(Failure {
                at: self.time("end_time", self.end_time)?,
                kind: self.need("failure_kind", self.failure_kind)?,
                reason: self.need("failure_reason", self.failure_reason.clone())?,
                code: self.failure_code.clone(),
                mismatch: self.failure_mismatch.clone(),
            }),
            JobStatus::Cancelled => {
                JobState::Cancelled { at: self.time("end_time", self.end_time)? }
            }
        })
    }

    fn read_parts(&self) -> Result<Option<Parts>, RowError> {
        let Some(upload_id) = self.upload_id.clone() else { return Ok(None) };
        Ok(Some(Parts {
            upload_id,
            size: self.need("upload_size", self.upload_size)?,
            part_bytes: self.need("upload_part_size", self.upload_part_size)?,
            copied: self.upload_copied,
        }))
    }

    fn read_run(&self) -> Result<Run, RowError> {
        Ok(Run {
            claim: self.need("claim_id", self.claim_id)?,
            started_at: self.time("start_time", self.start_time)?,
            heartbeat_at: self.time("heartbeat_time", self.heartbeat_time)?,
            engine_failures: self.engine_failures.unwrap_or_default(),
            progress: Progress {
                step: self.need("progress_step", self.progress_step.clone())?,
                permille: self.need("progress_permille", self.progress_permille)?,
                records: self.need("progress_records", self.progress_records)?,
            },
            shards: self.shards.clone(),
        })
    }

    fn read_completion(&self) -> Result<Completion, RowError> {
        Ok(Completion {
            started_at: self.time("start_time", self.start_time)?,
            completed_at: self.time("complete_time", self.complete_time)?,
            records: self.need("records", self.records)?,
            not_annotated: self.not_annotated,
            provenance: self.provenance.clone(),
            results: self.read_results()?,
            result_size: self.need("result_size", self.result_size)?,
            log: self
                .in_results_bucket(self.need("s3_key_log_file", self.s3_key_log_file.clone())?)?,
        })
    }

    fn read_results(&self) -> Result<Results, RowError> {
        let Some(archive_id) = self.results_file_archive_id.clone() else {
            let stored = self.read_stored()?;
            return Ok(match self.results_file_archive_ticket.clone() {
                Some(ticket) => Results::Archiving { stored, ticket },
                None => Results::Stored(stored),
            });
        };
        let archived = self.read_archived(archive_id)?;
        let Some(thaw_id) = self.thaw_id.clone() else {
            let leftover = self.s3_key_result_file.clone();
            let leftover = leftover.map(|key| self.in_results_bucket(key)).transpose()?;
            return Ok(Results::Archived { archived, leftover });
        };
        let retrieval = Retrieval {
            id: thaw_id,
            tier: self.need("thaw_tier", self.thaw_tier)?,
            since: self.time("thaw_time", self.thaw_time)?,
        };
        Ok(Results::Thawing { archived, retrieval })
    }

    fn read_stored(&self) -> Result<Stored, RowError> {
        let key = self.need("s3_key_result_file", self.s3_key_result_file.clone())?;
        Ok(Stored {
            file: self.in_results_bucket(key)?,
            until: self.maybe_time("results_expire_time", self.results_expire_time)?,
            restored_at: self.maybe_time("restore_time", self.restore_time)?,
        })
    }

    fn read_archived(&self, id: String) -> Result<Archived, RowError> {
        let tree_hash = self.results_file_tree_hash.clone();
        Ok(Archived {
            id,
            tree_hash: self.need("results_file_tree_hash", tree_hash)?,
            at: self.time("archive_time", self.archive_time)?,
        })
    }

    /// An object in the results bucket.
    fn in_results_bucket(&self, key: String) -> Result<ObjectLocation, RowError> {
        let bucket = self.need("s3_results_bucket", self.s3_results_bucket.clone())?;
        Ok(ObjectLocation { bucket, key })
    }

    fn need<T>(&self, name: &'static str, value: Option<T>) -> Result<T, RowError> {
        let (job, status) = (self.job_id, self.job_status);
        value.ok_or(RowError::Missing { job, status, name })
    }

    fn maybe_time(
        &self,
        name: &'static str,
        seconds: Option<i64>,
    ) -> Result<Option<Timestamp>, RowError> {
        seconds.map(|second| self.time(name, Some(second))).transpose()
    }

    fn time(&self, name: &'static str, seconds: Option<i64>) -> Result<Timestamp, RowError> {
        let seconds = self.need(name, seconds)?;
        let job = self.job_id;
        Timestamp::from_second(seconds).map_err(|_| RowError::Time { job, name, seconds })
    }
}

/// The shards of the reconciler's index: the hexadecimal digits an ID can begin with.
pub(super) const DUE_SHARDS: &str = "0123456789abcdef";

/// The shard of a row: the first digit of its job ID.
pub(super) fn due_shard(id: JobId) -> String {
    id.to_string().chars().take(1).collect()
}

#[cfg(test)]
#[path = "job_row_tests.rs"]
mod tests;
