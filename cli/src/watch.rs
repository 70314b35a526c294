//! Waits for jobs to finish by polling one job at a time, because GAS limits the request rate of a
//! token.

use crate::api::Api;
use crate::dto::{Job, Status};
use crate::error::CliError;
use crate::progress::ProgressBars;
use futures::stream::Fuse;
use futures::{Stream, StreamExt, stream};
use indicatif::ProgressBar;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A job that has not finished.
struct WatchedJob<K> {
    /// The caller's key of the job.
    key: K,
    job: Job,
    bar: ProgressBar,
    /// The earliest time of the next poll.
    due: Instant,
    /// The time from that poll to the one after it.
    interval: Duration,
}

/// Streams jobs with their keys as they finish, or an error if a job cannot be followed.
///
/// While GAS is busy or unreachable, polling continues. Jobs may arrive from `incoming` while others
/// are watched; the stream ends when `incoming` has ended and all jobs have finished.
pub fn until_finished<'a, K: 'a>(
    api: &'a Api,
    incoming: impl Stream<Item = (K, Job)> + Unpin + 'a,
    bars: &'a ProgressBars,
) -> impl Stream<Item = (K, Result<Job, CliError>)> + 'a {
    let watcher = Watcher {
        api,
        bars,
        incoming: incoming.fuse(),
        jobs: Vec::new(),
        next_poll: Instant::now(),
    };
    stream::unfold(watcher, |mut watcher| async { Some((watcher.next().await?, watcher)) })
}

/// A finished job, if it was completed; every other status is an error.
pub fn completed(job: Job) -> Result<Job, CliError> {
    match &job.status {
        Status::Completed => Ok(job),
        Status::Failed => {
            let reason = job.failure.as_ref().map(|failure| failure.reason.clone());
            let reason = reason.unwrap_or_default();
            Err(CliError::JobFailed { id: job.id, reason })
        }
        Status::Cancelled => Err(CliError::JobCancelled(job.id)),
        status => Err(CliError::UnknownStatus { id: job.id, status: status.clone() }),
    }
}

struct Watcher<'a, K, S> {
    api: &'a Api,
    bars: &'a ProgressBars,
    incoming: Fuse<S>,
    jobs: Vec<WatchedJob<K>>,
    /// The earliest time of the next poll of any job.
    next_poll: Instant,
}

impl<K, S: Stream<Item = (K, Job)> + Unpin> Watcher<'_, K, S> {
    /// Polls until a job has finished. Returns `None` if no job is left and none can arrive.
    async fn next(&mut self) -> Option<(K, Result<Job, CliError>)> {
        loop {
            let Some(at) = (0..self.jobs.len()).min_by_key(|at| self.jobs[*at].due) else {
                let (key, job) = self.incoming.next().await?;
                self.add(key, job);
                continue;
            };
            let due = self.jobs[at].due.max(self.next_poll);
            tokio::select! {
                Some((key, job)) = self.incoming.next() => {
                    self.add(key, job);
                    continue;
                }
                () = sleep_until(due) => {}
            }
            self.next_poll = Instant::now() + self.api.timing.poll_spacing;
            if let Some(finished) = self.jobs[at].poll(self.api).await {
                let WatchedJob { key, bar, .. } = self.jobs.swap_remove(at);
                bar.finish_and_clear();
                return Some((key, finished));
            }
        }
    }

    fn add(&mut self, key: K, job: Job) {
        let bar = self.bars.job(&job.file_name);
        let interval = self.api.timing.first_poll_interval;
        self.jobs.push(WatchedJob { key, job, bar, due: Instant::now() + interval, interval });
    }
}

impl<K> WatchedJob<K> {
    /// Requests the job once. Returns the job if it has finished.
    async fn poll(&mut self, api: &Api) -> Option<Result<Job, CliError>> {
        match api.job(self.job.id).await {
            Ok(job) if job.is_finished() => return Some(Ok(job)),
            Ok(job) => self.update(api, job),
            // The job continues while GAS is unreachable.
            Err(error) if error.is_transient() => self.bar.set_message(error.to_string()),
            Err(error) => return Some(Err(error)),
        }
        self.due = Instant::now() + self.interval;
        self.interval = self.interval.mul_f64(1.5).min(api.timing.max_poll_interval);
        None
    }

    fn update(&mut self, api: &Api, job: Job) {
        if job.status != self.job.status {
            // The next change may follow soon.
            self.interval = api.timing.first_poll_interval;
        }
        match &job.progress {
            Some(progress) => {
                self.bar.set_position(progress.percent as u64);
                self.bar.set_message(progress.step.clone());
            }
            None => self.bar.set_message(job.status.to_string()),
        }
        self.job = job;
    }
}
