//! The audit log in memory.

use super::{FakeAccounts, lock};
use crate::ports::{AuditEntry, AuditLog, PortError, PortResult};
use async_trait::async_trait;
use gas_shared::UserId;
use gas_shared::audit::AuditRecord;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex};

/// An audit log in memory.
#[derive(Debug)]
pub struct FakeAuditLog {
    accounts: Arc<FakeAccounts>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The entries with the profile that they name, by when it was created.
    entries: Vec<(Option<Timestamp>, AuditEntry)>,
    failing: bool,
}

impl FakeAuditLog {
    /// A log of the accounts of these profiles.
    pub fn new(accounts: Arc<FakeAccounts>) -> Self {
        Self { accounts, state: Mutex::default() }
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> Vec<AuditEntry> {
        lock(&self.state).entries.iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// The actions of all entries, oldest first.
    pub fn actions(&self) -> Vec<String> {
        self.entries().into_iter().map(|entry| entry.record.action).collect()
    }

    /// Makes all calls fail from now on.
    pub fn fail(&self) {
        lock(&self.state).failing = true;
    }
}

#[async_trait]
impl AuditLog for FakeAuditLog {
    async fn append(&self, entry: &AuditEntry) -> PortResult<()> {
        let profile = entry.account.and_then(|user| self.accounts.created(user));
        let mut state = lock(&self.state);
        if state.failing {
            return Err(PortError::new("write the audit log", "it is down"));
        }
        state.entries.push((profile, entry.clone()));
        Ok(())
    }

    async fn entries_of(
        &self,
        user: UserId,
        before: Option<i64>,
        limit: u16,
    ) -> PortResult<Vec<(i64, AuditRecord)>> {
        let Some(profile) = self.accounts.created(user) else { return Ok(Vec::new()) };
        let state = lock(&self.state);
        let numbered = state.entries.iter().enumerate().rev();
        let own = numbered
            .map(|(number, entry)| (i64::try_from(number).unwrap_or(i64::MAX), entry))
            .filter(|(_, (of, entry))| *of == Some(profile) && entry.account == Some(user))
            .filter(|(id, _)| before.is_none_or(|before| *id < before));
        Ok(own.take(limit.into()).map(|(id, (_, entry))| (id, entry.record.clone())).collect())
    }

    async fn prune(&self, now: Timestamp) -> PortResult<u64> {
        let oldest = now - SignedDuration::from_hours(24 * crate::audit::AUDIT_DAYS);
        let mut state = lock(&self.state);
        let before = state.entries.len();
        state.entries.retain(|(_, entry)| entry.record.at >= oldest);
        Ok((before - state.entries.len()) as u64)
    }
}
