//! The ports of operators: the mode of the service, users, statistics and queues.

use super::{PortResult, Queue};
use async_trait::async_trait;
use gas_shared::operations::{
    AuditItem, Intake, QueueName, QueueState, ServiceMode, Statistics, UserRecord,
};
use gas_shared::{JobStatus, UserId};
use jiff::Timestamp;
use std::sync::Arc;

/// How the service is run, which all processes with a database follow.
#[async_trait]
pub trait ServiceModes: Send + Sync {
    /// The current mode.
    async fn mode(&self) -> PortResult<ServiceMode>;

    /// Changes whether jobs are accepted and started.
    async fn set_intake(&self, intake: Intake) -> PortResult<()>;

    /// Changes the text that every page shows.
    async fn set_banner(&self, banner: Option<&str>) -> PortResult<()>;
}

/// Users and statistics, for operators. Closed accounts are unknown.
#[async_trait]
pub trait Administration: Send + Sync {
    /// Whether a user is an operator at a time.
    async fn is_operator(&self, user: UserId, now: Timestamp) -> PortResult<bool>;

    /// Makes a user an operator until a time; `None` takes the role away.
    async fn set_operator(&self, user: UserId, until: Option<Timestamp>) -> PortResult<()>;

    /// Whether a user is blocked.
    async fn is_blocked(&self, user: UserId) -> PortResult<bool>;

    /// Blocks a user at a time, and ends all sessions and tokens in the same transaction; `None` unblocks.
    /// `false` if there is no such user.
    async fn set_blocked(&self, user: UserId, at: Option<Timestamp>) -> PortResult<bool>;

    /// Users whose name, email address, institution or id contains a text, whatever its case, newest first.
    async fn find_users(
        &self,
        text: &str,
        now: Timestamp,
        limit: u16,
    ) -> PortResult<Vec<UserRecord>>;

    /// A page of the audit log of all users, newest first, before the entry `before`; if `user` is given, only the
    /// entries that concern them.
    async fn audit_items(
        &self,
        user: Option<UserId>,
        before: Option<i64>,
        limit: u16,
    ) -> PortResult<Vec<AuditItem>>;

    /// Counts a job that has ended.
    async fn count_job(&self, ended: &EndedJob) -> PortResult<()>;

    /// How much the service is used, with the jobs that ended after a time.
    async fn statistics(&self, since: Timestamp) -> PortResult<Statistics>;
}

/// A job that has ended, for statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedJob {
    /// When it ended.
    pub at: Timestamp,
    /// How it ended; a final status.
    pub status: JobStatus,
    /// The bytes of the input.
    pub input_bytes: u64,
    /// The bytes of the result; zero without one.
    pub result_bytes: u64,
    /// The seconds that the last attempt took; zero if it is not known.
    pub run_secs: u64,
}

/// The queues of the deployment and their dead letters.
#[async_trait]
pub trait OperatorQueues: Send + Sync {
    /// How many messages each queue has.
    async fn states(&self) -> PortResult<Vec<QueueState>>;

    /// A queue and its dead-letter queue.
    async fn with_dead_letters(&self, name: QueueName) -> PortResult<QueueWithDeadLetters>;
}

/// A queue and its dead-letter queue.
pub struct QueueWithDeadLetters {
    /// The queue.
    pub queue: Arc<dyn Queue>,
    /// Messages of the queue that failed several times.
    pub dead_letters: Arc<dyn Queue>,
}
