//! The mode of the service, users for operators, and the queues of operators in memory.

use super::{FakeAccounts, FakeImports, FakeQueue, FakeSessions, FakeShareLinks, FakeTokens, lock};
use crate::ports::{
    Administration, EndedJob, OperatorQueues, PortResult, QueueWithDeadLetters, ServiceModes,
};
use async_trait::async_trait;
use gas_shared::operations::{
    AuditItem, Intake, QueueName, QueueState, ServiceMode, Statistics, UserRecord,
};
use gas_shared::{Plan, UserId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The mode of the service in memory.
#[derive(Debug, Default)]
pub struct FakeServiceModes(Mutex<ServiceMode>);

#[async_trait]
impl ServiceModes for FakeServiceModes {
    async fn mode(&self) -> PortResult<ServiceMode> {
        Ok(lock(&self.0).clone())
    }

    async fn set_intake(&self, intake: Intake) -> PortResult<()> {
        lock(&self.0).intake = intake;
        Ok(())
    }

    async fn set_banner(&self, banner: Option<&str>) -> PortResult<()> {
        lock(&self.0).banner = banner.map(str::to_owned);
        Ok(())
    }
}

/// Users and statistics in memory. It has no audit items: tests look at the log itself.
#[derive(Debug)]
pub struct FakeAdministration {
    accounts: Arc<FakeAccounts>,
    sessions: Arc<FakeSessions>,
    tokens: Arc<FakeTokens>,
    share_links: Arc<FakeShareLinks>,
    imports: Arc<FakeImports>,
    ended: Mutex<Vec<EndedJob>>,
}

impl FakeAdministration {
    /// The administration of these users.
    pub fn new(
        accounts: Arc<FakeAccounts>,
        sessions: Arc<FakeSessions>,
        tokens: Arc<FakeTokens>,
        share_links: Arc<FakeShareLinks>,
        imports: Arc<FakeImports>,
    ) -> Self {
        Self { accounts, sessions, tokens, share_links, imports, ended: Mutex::default() }
    }

    /// The jobs that were counted, in this order.
    pub fn ended_jobs(&self) -> Vec<EndedJob> {
        lock(&self.ended).clone()
    }
}

#[async_trait]
impl Administration for FakeAdministration {
    async fn is_operator(&self, user: UserId, now: Timestamp) -> PortResult<bool> {
        Ok(self.accounts.operator_until(user).is_some_and(|until| until > now))
    }

    async fn set_operator(&self, user: UserId, until: Option<Timestamp>) -> PortResult<()> {
        self.accounts.set_operator(user, until);
        Ok(())
    }

    async fn is_blocked(&self, user: UserId) -> PortResult<bool> {
        Ok(self.accounts.blocked_at(user).is_some())
    }

    async fn set_blocked(&self, user: UserId, at: Option<Timestamp>) -> PortResult<bool> {
        let found = self.accounts.active().iter().any(|account| account.id == user);
        if found {
            self.accounts.set_blocked(user, at);
            self.sessions.remove_all(user);
            self.tokens.remove_all(user);
            self.share_links.remove_all(user);
            self.imports.remove_all(user);
        }
        Ok(found)
    }

    async fn find_users(
        &self,
        text: &str,
        now: Timestamp,
        limit: u16,
    ) -> PortResult<Vec<UserRecord>> {
        let text = text.to_lowercase();
        let mut found: Vec<_> = self
            .accounts
            .active()
            .into_iter()
            .filter(|account| account.email.to_lowercase().contains(&text))
            .map(|account| UserRecord {
                is_granted: false,
                is_operator: self.accounts.operator_until(account.id).is_some_and(|at| at > now),
                blocked_at: self.accounts.blocked_at(account.id),
                created_at: self.accounts.created(account.id).unwrap_or_default(),
                active_jobs: 0,
                stored_bytes: None,
                id: account.id,
                name: account.name,
                email: account.email,
                institution: account.institution,
                plan: account.plan,
            })
            .collect();
        found.sort_by_key(|user| std::cmp::Reverse(user.created_at));
        found.truncate(limit.into());
        Ok(found)
    }

    async fn audit_items(
        &self,
        _user: Option<UserId>,
        _before: Option<i64>,
        _limit: u16,
    ) -> PortResult<Vec<AuditItem>> {
        Ok(Vec::new())
    }

    async fn count_job(&self, ended: &EndedJob) -> PortResult<()> {
        lock(&self.ended).push(*ended);
        Ok(())
    }

    async fn statistics(&self, _since: Timestamp) -> PortResult<Statistics> {
        let users = self.accounts.active();
        let count = |holds: &dyn Fn(&UserId, Plan) -> bool| {
            users.iter().filter(|user| holds(&user.id, user.plan)).count() as u64
        };
        Ok(Statistics {
            users: users.len() as u64,
            premium_users: count(&|_, plan| plan == Plan::Premium),
            blocked_users: count(&|id, _| self.accounts.blocked_at(*id).is_some()),
            stored_bytes: 0,
            days: Vec::new(),
        })
    }
}

/// A queue and its dead-letter queue.
type QueuePair = (Arc<FakeQueue>, Arc<FakeQueue>);

/// The queues of a deployment in memory.
#[derive(Debug, Default)]
pub struct FakeOperatorQueues {
    queues: Mutex<HashMap<&'static str, QueuePair>>,
}

impl FakeOperatorQueues {
    /// A queue and its dead-letter queue.
    pub fn of(&self, name: QueueName) -> QueuePair {
        lock(&self.queues).entry(name.as_str()).or_default().clone()
    }
}

#[async_trait]
impl OperatorQueues for FakeOperatorQueues {
    async fn states(&self) -> PortResult<Vec<QueueState>> {
        let state = |name| {
            let (queue, dead_letters) = self.of(name);
            QueueState {
                name,
                waiting: queue.bodies().len() as u64,
                in_flight: 0,
                oldest_secs: None,
                dead_letters: dead_letters.bodies().len() as u64,
            }
        };
        Ok(QueueName::ALL.map(state).to_vec())
    }

    async fn with_dead_letters(&self, name: QueueName) -> PortResult<QueueWithDeadLetters> {
        let (queue, dead_letters) = self.of(name);
        Ok(QueueWithDeadLetters { queue, dead_letters })
    }
}
