//! Waiting for jobs, by one look after the other however many they are: GAS counts the calls of a
//! token.

use crate::api::Api;
use crate::bars::Bars;
use crate::error::CliError;
use crate::wire::Job;
use futures::stream::Fuse;
use futures::{Stream, StreamExt, stream};
use indicatif::ProgressBar;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A job that is not over.
struct Open<K> {
    /// What the caller knows it by.
    key: K,
    job: Job,
    bar: ProgressBar,
    /// When it is looked at next, at the earliest.
    due: Instant,
    /// How long after that it is looked at again.
    pause: Duration,
}

/// Jobs in the order in which they are over, each with its key; an error is that it cannot be
/// followed. A GAS that is busy or cannot be reached is waited for. Jobs may come while others are
/// followed; the stream ends when `coming` has ended and all are over.
pub fn until_over<'a, K: 'a>(
    api: &'a Api,
    coming: impl Stream<Item = (K, Job)> + Unpin + 'a,
    bars: &'a Bars,
) -> impl Stream<Item = (K, Result<Job, CliError>)> + 'a {
    let watch = Watch { api, bars, coming: coming.fuse(), open: Vec::new(), free: Instant::now() };
    stream::unfold(watch, |mut watch| async { Some((watch.next().await?, watch)) })
}

struct Watch<'a, K, S> {
    api: &'a Api,
    bars: &'a Bars,
    coming: Fuse<S>,
    open: Vec<Open<K>>,
    /// When the next look is allowed.
    free: Instant,
}

impl<K, S: Stream<Item = (K, Job)> + Unpin> Watch<'_, K, S> {
    /// Looks until a job is over; `None` where none is open and none comes.
    async fn next(&mut self) -> Option<(K, Result<Job, CliError>)> {
        loop {
            let Some(at) = (0..self.open.len()).min_by_key(|at| self.open[*at].due) else {
                let (key, job) = self.coming.next().await?;
                self.follow(key, job);
                continue;
            };
            let due = self.open[at].due.max(self.free);
            tokio::select! {
                Some((key, job)) = self.coming.next() => {
                    self.follow(key, job);
                    continue;
                }
                () = sleep_until(due) => {}
            }
            self.free = Instant::now() + self.api.patience.pace;
            if let Some(over) = self.open[at].look(self.api).await {
                let Open { key, bar, .. } = self.open.swap_remove(at);
                bar.finish_and_clear();
                return Some((key, over));
            }
        }
    }

    fn follow(&mut self, key: K, job: Job) {
        let bar = self.bars.job(&job.file_name);
        let pause = self.api.patience.first_look;
        self.open.push(Open { key, job, bar, due: Instant::now() + pause, pause });
    }
}

impl<K> Open<K> {
    /// Looks at the job, and answers it when it is over.
    async fn look(&mut self, api: &Api) -> Option<Result<Job, CliError>> {
        match api.job(self.job.id).await {
            Ok(job) if job.status.is_final() => return Some(Ok(job)),
            Ok(job) => self.show(api, job),
            // The job goes on, whoever can see it.
            Err(error) if error.may_pass() => self.bar.set_message(error.to_string()),
            Err(error) => return Some(Err(error)),
        }
        self.due = Instant::now() + self.pause;
        self.pause = self.pause.mul_f64(1.5).min(api.patience.last_look);
        None
    }

    fn show(&mut self, api: &Api, job: Job) {
        if job.status != self.job.status {
            // What happens next is soon known.
            self.pause = api.patience.first_look;
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
