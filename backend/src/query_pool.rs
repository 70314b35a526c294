//! Threads of their own for the queries of the results explorer.
//!
//! A query about a large or hostile result takes processor time. It never runs on the threads that
//! serve pages, each user has a few running queries, and every query has a deadline. Queries
//! yield after each block of records. Then a query ends if its deadline has passed or if its
//! request is gone, and the queries of other users continue.

use crate::admission::{Admission, AdmissionLimits, NotAdmitted};
use futures::{Stream, StreamExt};
use gas_shared::UserId;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

/// Whose queries they are, for the limits of each. The links of a user have one share together: a share for each would
/// let one user, who makes some links, take all places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryUser {
    /// A user's own.
    User(UserId),
    /// Those through the share links of a user.
    LinksOf(UserId),
}

impl From<UserId> for QueryUser {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

/// Limits of a [`QueryPool`].
#[derive(Clone, Copy, Debug)]
pub struct PoolLimits {
    /// Threads.
    pub threads: usize,
    /// Queries.
    pub queries: AdmissionLimits,
    /// Exports.
    pub exports: AdmissionLimits,
    /// The time of a query, including waiting, and of one piece of an export.
    pub deadline: Duration,
    /// The time of an export.
    pub export_time: Duration,
    /// How long an export waits for a client that does not read.
    pub client_pause: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(2, usize::from),
            queries: AdmissionLimits {
                running: 16,
                running_of_each: 2,
                admitted: 128,
                admitted_of_each: 16,
            },
            exports: AdmissionLimits {
                running: 16,
                running_of_each: 2,
                admitted: 64,
                admitted_of_each: 8,
            },
            deadline: Duration::from_secs(10),
            export_time: Duration::from_secs(60 * 60),
            client_pause: Duration::from_secs(60),
        }
    }
}

/// Why a query has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The limits of running and waiting queries of all users are reached.
    #[error("the results explorer is busy; wait a few seconds and try again")]
    Busy,
    /// Those of the user are reached, who can wait for the others.
    #[error(
        "too many queries or exports of this account or its links are running; wait a few seconds and try again"
    )]
    BusyUser,
    /// The deadline has passed.
    #[error("the query took too long; choose a narrower filter or download the results")]
    TooSlow,
}

impl From<NotAdmitted> for PoolError {
    fn from(not_admitted: NotAdmitted) -> Self {
        match not_admitted {
            NotAdmitted::OfAll => Self::Busy,
            NotAdmitted::OfEach => Self::BusyUser,
        }
    }
}

/// The threads, and the queries that run and wait.
#[derive(Debug)]
pub struct QueryPool {
    limits: PoolLimits,
    queries: Arc<Admission<QueryUser>>,
    exports: Arc<Admission<QueryUser>>,
    /// `None` only while the pool is dropped.
    runtime: Option<Runtime>,
}

impl QueryPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// If the operating system rejects a thread.
    pub fn new(limits: PoolLimits) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(limits.threads)
            .thread_name("explorer")
            .enable_time()
            .build()?;
        Ok(Self {
            queries: Arc::new(Admission::new(limits.queries)),
            exports: Arc::new(Admission::new(limits.exports)),
            runtime: Some(runtime),
            limits,
        })
    }

    /// Runs a query of a user. If the returned future is dropped, the query ends.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn run<T: Send + 'static>(
        &self,
        user: QueryUser,
        query: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, PoolError> {
        let deadline = Instant::now() + self.limits.deadline;
        let permit = self.queries.enter(user, deadline).await?;
        let task = self.spawn(async move {
            let answer = until(deadline, query).await;
            drop(permit);
            answer
        });
        // The task ends at the deadline, unless it does not yield.
        timeout_at(deadline + Duration::from_secs(1), task)
            .await
            .map_err(|_| PoolError::TooSlow)??
    }

    /// Runs a stream of a user, one item ahead of the client. If the returned stream is dropped, the
    /// stream ends. A stream that is over a limit of time ends with an error.
    ///
    /// # Errors
    /// [`PoolError::Busy`] or [`PoolError::BusyUser`]; later errors are items.
    pub async fn stream<T: Send + 'static, S: Stream<Item = T> + Send + 'static>(
        &self,
        user: QueryUser,
        stream: S,
    ) -> Result<impl Stream<Item = Result<T, PoolError>> + Send + use<T, S>, PoolError> {
        let PoolLimits { deadline, export_time, client_pause, .. } = self.limits;
        let permit = self.exports.enter(user, Instant::now() + deadline).await?;
        let (sender, receiver) = mpsc::channel(1);
        let end = Instant::now() + export_time;
        let mut tasks = JoinSet::new();
        let work = async move {
            let mut stream = pin!(stream);
            loop {
                let item = until(end.min(Instant::now() + deadline), stream.next()).await;
                let is_last = matches!(item, Ok(None) | Err(_));
                let sent = timeout(client_pause, sender.send(item.transpose())).await;
                if is_last || !matches!(sent, Ok(Ok(()))) {
                    break;
                }
            }
            drop(permit);
        };
        if let Some(runtime) = &self.runtime {
            tasks.spawn_on(work, runtime.handle());
        }
        let items = futures::stream::unfold(Some((receiver, tasks)), |state| async move {
            let (mut receiver, tasks) = state?;
            match receiver.recv().await {
                Some(Some(Ok(item))) => Some((Ok(item), Some((receiver, tasks)))),
                Some(Some(Err(error))) => Some((Err(error), None)),
                // The end of the stream.
                Some(None) => None,
                None => Some((Err(PoolError::TooSlow), None)),
            }
        });
        // The compression of responses polls a body again after its end.
        Ok(items.fuse())
    }

    /// Whether a query that does nothing is answered within a time. It waits as the queries of
    /// users do.
    pub async fn is_ready(&self, within: Duration) -> bool {
        let probe = async {
            self.queries.is_free().await;
            self.spawn(async {}).await
        };
        matches!(timeout(within, probe).await, Ok(Ok(())))
    }

    /// Runs a future on the threads. If the returned future is dropped, the task ends.
    async fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, PoolError> {
        let mut tasks = JoinSet::new();
        if let Some(runtime) = &self.runtime {
            tasks.spawn_on(future, runtime.handle());
        }
        match tasks.join_next().await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The process ends.
            _ => Err(PoolError::Busy),
        }
    }
}

impl Drop for QueryPool {
    fn drop(&mut self) {
        // Without waiting for the threads, which is not possible in an asynchronous context.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs a future until a deadline. The clock is read at each poll, that is after each block of
/// records, because the timers of a busy runtime are late.
async fn until<F: Future>(deadline: Instant, future: F) -> Result<F::Output, PoolError> {
    let mut future = pin!(future);
    let checked = std::future::poll_fn(|context| {
        if Instant::now() >= deadline {
            return Poll::Ready(Err(PoolError::TooSlow));
        }
        future.as_mut().poll(context).map(Ok)
    });
    timeout_at(deadline, checked).await.unwrap_or(Err(PoolError::TooSlow))
}

#[cfg(test)]
#[path = "query_pool_tests.rs"]
mod tests;
