//! A job as a row of DynamoDB.
//!
//! The attribute names are those of the original service, with ours added. A row is checked when
//! it is read: it must have exactly what its `job_status` calls for, so that a row which somebody
//! mended by hand cannot turn into a job that never was.

use super::row_results::ResultsAttributes;
use gas_shared::file_name::FileNameError;
use gas_shared::job::{
    ClaimId, Completion, Failure, FailureKind, Input, Job, JobState, JobStatus, ObjectLocation,
    Parts, Progress, Run,
};
use gas_shared::{FileName, JobId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One item of the table. Times are seconds of the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) job_id: JobId,
    pub(super) user_id: UserId,
    input_file_name: String,
    s3_inputs_bucket: String,
    s3_key_input_file: String,
    pub(super) submit_time: i64,
    job_status: JobStatus,
    version: u64,
    /// [`Job::reconciled_at`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nudge_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_size: Option<u64>,
    /// S3's id of an upload in parts that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload_id: Option<String>,
    /// [`Parts::size`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload_size: Option<u64>,
    /// [`Parts::part_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload_part_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heartbeat_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim_id: Option<ClaimId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress_step: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress_permille: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress_records: Option<u64>,
    /// When a job was completed. One that failed or was cancelled has `end_time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    complete_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) s3_results_bucket: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) s3_key_result_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s3_key_log_file: Option<String>,
    /// What is known of the annotated file besides its place: see [`super::row_results`].
    #[serde(flatten)]
    pub(super) results: ResultsAttributes,
    /// The state once more, in rows that wait for a worker or have one: with [`Row::active_time`]
    /// the keys of the queue's index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active_status: Option<JobStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure_kind: Option<FailureKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure_reason: Option<String>,
    /// One of sixteen partitions of the reconciler's index, by the id's first digit; only in rows
    /// that have a `due_time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    /// [`Job::due`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_time: Option<i64>,
}

/// Why a row and a job do not correspond.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowError {
    #[error("job {job}: a row that is {status} needs attribute {name}")]
    Missing { job: JobId, status: JobStatus, name: &'static str },
    #[error("job {job}: a row that is {status} has attributes of another state")]
    Surplus { job: JobId, status: JobStatus },
    #[error("job {job}: {name} {seconds} is no time")]
    Time { job: JobId, name: &'static str, seconds: i64 },
    #[error("job {job}: input_file_name {text:?} is not usable")]
    FileName { job: JobId, text: String, source: FileNameError },
    #[error("job {job}: the results file and the log are in different buckets")]
    SplitResults { job: JobId },
}

impl TryFrom<&Job> for Row {
    type Error = RowError;

    fn try_from(job: &Job) -> Result<Self, RowError> {
        let mut row = Self::without_state(job);
        match &job.state {
            JobState::Uploading { parts: None } => {}
            JobState::Uploading { parts: Some(parts) } => {
                row.upload_id = Some(parts.upload_id.clone());
                row.upload_size = Some(parts.size);
                row.upload_part_size = Some(parts.part_bytes);
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

impl TryFrom<Row> for Job {
    type Error = RowError;

    fn try_from(row: Row) -> Result<Self, RowError> {
        let job = row.read()?;
        // Writing it again shows what the job's state has no place for.
        let mut again = Row::try_from(&job)?;
        if row.active_status.is_none() {
            // Rows from before there was an index of the queue have no keys of it.
            (again.active_status, again.active_time) = (None, None);
        }
        if again != row {
            return Err(RowError::Surplus { job: row.job_id, status: row.job_status });
        }
        Ok(job)
    }
}

impl Row {
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
            input_size: job.input.size,
            upload_time: job.input.uploaded_at.map(Timestamp::as_second),
            upload_id: None,
            upload_size: None,
            upload_part_size: None,
            queue_time: None,
            start_time: None,
            heartbeat_time: None,
            claim_id: None,
            progress_step: None,
            progress_permille: None,
            progress_records: None,
            complete_time: None,
            records: None,
            s3_results_bucket: None,
            s3_key_result_file: None,
            result_size: None,
            s3_key_log_file: None,
            results: ResultsAttributes::default(),
            active_status: None,
            active_time: None,
            end_time: None,
            failure_kind: None,
            failure_reason: None,
            due_shard: None,
            due_time: None,
        }
    }

    fn set_active(&mut self, since: Timestamp) {
        self.active_status = Some(self.job_status);
        self.active_time = Some(since.as_second());
    }

    fn set_run(&mut self, run: &Run) {
        self.set_active(run.started_at);
        self.claim_id = Some(run.claim);
        self.start_time = Some(run.started_at.as_second());
        self.heartbeat_time = Some(run.heartbeat_at.as_second());
        self.progress_step = Some(run.progress.step.clone());
        self.progress_permille = Some(run.progress.permille);
        self.progress_records = Some(run.progress.records);
    }

    fn set_completion(&mut self, done: &Completion) -> Result<(), RowError> {
        self.start_time = Some(done.started_at.as_second());
        self.complete_time = Some(done.completed_at.as_second());
        self.records = Some(done.records);
        self.s3_results_bucket = Some(done.log.bucket.clone());
        self.result_size = Some(done.result_size);
        self.s3_key_log_file = Some(done.log.key.clone());
        self.set_results(&done.results)
    }

    fn read(&self) -> Result<Job, RowError> {
        let name = FileName::parse(&self.input_file_name).map_err(|source| RowError::FileName {
            job: self.job_id,
            text: self.input_file_name.clone(),
            source,
        })?;
        let bucket = self.s3_inputs_bucket.clone();
        let file = ObjectLocation { bucket, key: self.s3_key_input_file.clone() };
        let uploaded_at =
            self.upload_time.map(|at| self.time("upload_time", Some(at))).transpose()?;
        Ok(Job {
            id: self.job_id,
            owner: self.user_id,
            input: Input { name, file, size: self.input_size, uploaded_at },
            submitted_at: self.time("submit_time", Some(self.submit_time))?,
            version: self.version,
            reconciled_at: self
                .nudge_time
                .map(|at| self.time("nudge_time", Some(at)))
                .transpose()?,
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
        }))
    }

    fn read_run(&self) -> Result<Run, RowError> {
        Ok(Run {
            claim: self.need("claim_id", self.claim_id)?,
            started_at: self.time("start_time", self.start_time)?,
            heartbeat_at: self.time("heartbeat_time", self.heartbeat_time)?,
            progress: Progress {
                step: self.need("progress_step", self.progress_step.clone())?,
                permille: self.need("progress_permille", self.progress_permille)?,
                records: self.need("progress_records", self.progress_records)?,
            },
        })
    }

    fn read_completion(&self) -> Result<Completion, RowError> {
        Ok(Completion {
            started_at: self.time("start_time", self.start_time)?,
            completed_at: self.time("complete_time", self.complete_time)?,
            records: self.need("records", self.records)?,
            results: self.read_results()?,
            result_size: self.need("result_size", self.result_size)?,
            log: self
                .in_results_bucket(self.need("s3_key_log_file", self.s3_key_log_file.clone())?)?,
        })
    }

    /// An object of the bucket that has results and logs.
    pub(super) fn in_results_bucket(&self, key: String) -> Result<ObjectLocation, RowError> {
        let bucket = self.need("s3_results_bucket", self.s3_results_bucket.clone())?;
        Ok(ObjectLocation { bucket, key })
    }

    pub(super) fn need<T>(&self, name: &'static str, value: Option<T>) -> Result<T, RowError> {
        let (job, status) = (self.job_id, self.job_status);
        value.ok_or(RowError::Missing { job, status, name })
    }

    pub(super) fn time(
        &self,
        name: &'static str,
        seconds: Option<i64>,
    ) -> Result<Timestamp, RowError> {
        let seconds = self.need(name, seconds)?;
        let job = self.job_id;
        Timestamp::from_second(seconds).map_err(|_| RowError::Time { job, name, seconds })
    }
}

/// The partitions of the reconciler's index: the first digits that an id can have.
pub(super) const DUE_SHARDS: &str = "0123456789abcdef";

/// The partition that a row is in while it has a due time.
pub(super) fn due_shard(id: JobId) -> String {
    id.to_string().chars().take(1).collect()
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
