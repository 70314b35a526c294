//! Retrieval jobs.

use super::{State, Store, checked_description, new_id};
use crate::error::{ApiError, ApiResult};
use crate::records::{Archive, ByteRange, Contents, End, Job, Outcome, Tier};
use crate::tree_hash::TreeHash;
use jiff::{SignedDuration, Timestamp};
use std::io;

/// The length of a job id on AWS.
const JOB_ID_LENGTH: usize = 92;

/// How long a job and its output are kept, as on AWS.
const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The parameters of a new job.
#[derive(Clone, Debug)]
pub struct JobParameters {
    /// The archive to retrieve.
    pub archive_id: String,
    /// A description.
    pub description: Option<String>,
    /// The topic that is notified when the job finishes.
    pub sns_topic: Option<String>,
    /// The tier.
    pub tier: Tier,
    /// The range to retrieve; `None` for the complete archive.
    pub range: Option<ByteRange>,
}

impl Store {
    /// Creates a retrieval job.
    ///
    /// # Errors
    /// If the vault or the archive does not exist, a parameter is not valid, expedited retrievals
    /// are rejected, or the disk fails.
    pub async fn initiate_job(&self, vault: &str, parameters: JobParameters) -> ApiResult<Job> {
        let mut state = self.state.lock().await;
        let archive = state.archive(vault, &parameters.archive_id)?;
        let size = archive.contents.size;
        let range = checked_range(parameters.range, size)?;
        if let Some(description) = &parameters.description {
            checked_description(description)?;
        }
        if let (Tier::Expedited, Some(code)) = (parameters.tier, self.expedited_rejection()) {
            return Err(ApiError::new(
                code,
                "Expedited retrievals are switched off in this server",
            ));
        }
        let created = Timestamp::now();
        let job = Job {
            id: new_id(JOB_ID_LENGTH),
            vault: vault.to_owned(),
            archive_id: archive.id.clone(),
            archive_size: size,
            archive_tree_hash: archive.contents.tree_hash,
            description: parameters.description,
            sns_topic: parameters.sns_topic,
            tier: parameters.tier,
            range,
            created,
            due: created + self.settings.delay(parameters.tier),
            end: None,
        };
        self.disk.save(&job).await?;
        state.jobs.insert(job.id.clone(), job.clone());
        self.job_begun.notify_one();
        Ok(job)
    }

    /// Returns a job.
    ///
    /// # Errors
    /// If the job does not exist, or finished more than a day ago.
    pub async fn job(&self, vault: &str, id: &str) -> ApiResult<Job> {
        let state = self.state.lock().await;
        state.vault(vault)?;
        let job = state.jobs.get(id).filter(|job| job.vault == vault);
        job.cloned().ok_or_else(|| ApiError::not_found("job ID", id))
    }

    /// Returns the jobs of a vault, sorted by id.
    ///
    /// # Errors
    /// If the vault does not exist.
    pub async fn jobs(&self, vault: &str) -> ApiResult<Vec<Job>> {
        let state = self.state.lock().await;
        state.vault(vault)?;
        Ok(state.jobs.values().filter(|job| job.vault == vault).cloned().collect())
    }

    /// Returns the tree hash of a range of an archive, if the range is aligned to the tree.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn range_hash(
        &self,
        contents: &Contents,
        range: ByteRange,
    ) -> io::Result<Option<TreeHash>> {
        let Some(aligned) = range.aligned_leaves(contents.size) else { return Ok(None) };
        let leaves = self.disk.leaves(contents).await?;
        Ok(leaves.get(aligned).map(TreeHash::root))
    }

    /// Finishes one of the due jobs, and returns it.
    ///
    /// # Errors
    /// If the disk fails; the job is then still due.
    pub(crate) async fn end_due_job(&self, now: Timestamp) -> io::Result<Option<Job>> {
        let mut state = self.state.lock().await;
        let due = state.jobs.values().find(|job| job.end.is_none() && job.due <= now);
        let Some(mut job) = due.cloned() else { return Ok(None) };
        let outcome = match state.archive(&job.vault, &job.archive_id) {
            Ok(Archive { contents, .. }) => Outcome::Succeeded {
                tree_hash: self.range_hash(contents, job.range).await?,
                contents: contents.clone(),
            },
            Err(_) => Outcome::Failed { message: "The archive was deleted".to_owned() },
        };
        job.end = Some(End { at: now, outcome, announced: false });
        self.disk.save(&job).await?;
        state.jobs.insert(job.id.clone(), job.clone());
        Ok(Some(job))
    }

    /// Removes the jobs that finished more than a day ago, with their output.
    ///
    /// # Errors
    /// If the disk fails.
    pub(crate) async fn drop_expired_jobs(&self, now: Timestamp) -> io::Result<()> {
        let mut state = self.state.lock().await;
        let over: Vec<Job> =
            state.jobs.values().filter(|job| is_expired(job, now)).cloned().collect();
        for job in over {
            self.disk.remove(&job).await?;
            state.jobs.remove(&job.id);
            if let Some(End { outcome: Outcome::Succeeded { contents, .. }, .. }) = job.end {
                state.discard(&self.disk, &contents.pieces).await?;
            }
        }
        Ok(())
    }

    /// When the next job is due.
    pub(crate) async fn next_due(&self) -> Option<Timestamp> {
        let state = self.state.lock().await;
        state.jobs.values().filter(|job| job.end.is_none()).map(|job| job.due).min()
    }

    /// The finished jobs whose topic was not notified.
    pub(crate) async fn unannounced_jobs(&self) -> Vec<Job> {
        let state = self.state.lock().await;
        let unannounced = |job: &&Job| job.end.as_ref().is_some_and(|end| !end.announced);
        state.jobs.values().filter(unannounced).cloned().collect()
    }

    /// Records that a job's topic was notified.
    ///
    /// # Errors
    /// If the disk fails.
    pub(crate) async fn job_announced(&self, id: &str) -> io::Result<()> {
        let mut state = self.state.lock().await;
        let Some(mut job) = state.jobs.get(id).cloned() else { return Ok(()) };
        if let Some(end) = &mut job.end {
            end.announced = true;
        }
        self.disk.save(&job).await?;
        state.jobs.insert(job.id.clone(), job);
        Ok(())
    }
}

impl State {
    fn archive(&self, vault: &str, id: &str) -> ApiResult<&Archive> {
        self.vault(vault)?;
        let archive = self.archives.get(id).filter(|archive| archive.vault == vault);
        archive.ok_or_else(|| ApiError::not_found("archive ID", id))
    }
}

fn is_expired(job: &Job, now: Timestamp) -> bool {
    job.end.as_ref().is_some_and(|end| now.duration_since(end.at) > RETENTION)
}

fn checked_range(range: Option<ByteRange>, size: u64) -> ApiResult<ByteRange> {
    let range = range.unwrap_or(ByteRange::whole(size)).inside(size)?;
    if range.is_mebibyte_aligned(size) {
        return Ok(range);
    }
    let ByteRange { start, end } = range;
    Err(ApiError::invalid(format!("RetrievalByteRange {start}-{end} is not aligned to MiB")))
}
