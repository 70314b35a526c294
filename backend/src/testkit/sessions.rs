//! The sessions in memory.

use super::{FakeAccounts, lock};
use crate::ports::{NewSession, PortResult, SessionStore, StoredSession};
use async_trait::async_trait;
use gas_shared::{Plan, UserId};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// Sessions in memory.
#[derive(Debug)]
pub struct FakeSessions {
    accounts: Arc<FakeAccounts>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The sessions by the hash of their id.
    rows: HashMap<String, Row>,
    used_states: HashMap<String, Timestamp>,
    touches: usize,
}

#[derive(Clone, Debug)]
struct Row {
    session: StoredSession,
    expires: Timestamp,
    replaces: Option<String>,
    /// The hash of the first id of the sign-in.
    sign_in: String,
}

impl FakeSessions {
    /// Sessions of the users of these profiles.
    pub fn new(accounts: Arc<FakeAccounts>) -> Self {
        Self { accounts, state: Mutex::default() }
    }

    /// How often the use of a session was written.
    pub fn touches(&self) -> usize {
        lock(&self.state).touches
    }

    pub(super) fn remove_all(&self, user: UserId) {
        lock(&self.state).rows.retain(|_, row| row.session.user != user);
    }
}

#[async_trait]
impl SessionStore for FakeSessions {
    async fn create(&self, new: &NewSession) -> PortResult<bool> {
        let mut state = lock(&self.state);
        if !self.accounts.is_active(new.user) {
            return Ok(false);
        }
        let session = StoredSession {
            user: new.user,
            since: new.since,
            plan: Some(new.plan),
            last_seen: Some(new.since),
            is_successor: false,
            retired: false,
        };
        let sign_in = new.hash.clone();
        let row = Row { session, expires: new.expires, replaces: None, sign_in };
        state.rows.insert(new.hash.clone(), row);
        Ok(true)
    }

    async fn find(&self, hash: &str, now: Timestamp) -> PortResult<Option<StoredSession>> {
        let state = lock(&self.state);
        let row = state.rows.get(hash).filter(|row| row.expires > now);
        Ok(row.map(|row| row.session.clone()))
    }

    async fn touch(
        &self,
        hash: &str,
        seen: Timestamp,
        expires: Timestamp,
        unless_after: Timestamp,
    ) -> PortResult<bool> {
        let mut state = lock(&self.state);
        let due = |row: &&mut Row| {
            !row.session.retired && row.session.last_seen.is_none_or(|at| at <= unless_after)
        };
        let Some(row) = state.rows.get_mut(hash).filter(due) else { return Ok(false) };
        row.session.last_seen = Some(seen);
        row.expires = expires;
        state.touches += 1;
        Ok(true)
    }

    async fn replace(&self, hash: &str, new: &str, plan: Plan) -> PortResult<bool> {
        let mut state = lock(&self.state);
        let Some(old) = state.rows.get(hash).filter(|row| !row.session.retired).cloned() else {
            return Ok(false);
        };
        if !self.accounts.is_active(old.session.user) {
            return Ok(false);
        }
        let session = StoredSession {
            plan: Some(plan),
            last_seen: None,
            is_successor: true,
            ..old.session.clone()
        };
        let row = Row { session, replaces: Some(hash.to_owned()), ..old };
        state.rows.insert(new.to_owned(), row);
        Ok(true)
    }

    async fn retire_predecessor(&self, hash: &str, expires: Timestamp) -> PortResult<()> {
        let mut state = lock(&self.state);
        let old = state.rows.get(hash).and_then(|row| row.replaces.clone());
        if let Some(row) = old.and_then(|old| state.rows.get_mut(&old)) {
            row.session.retired = true;
            row.expires = row.expires.min(expires);
        }
        Ok(())
    }

    async fn end(&self, hash: &str) -> PortResult<Option<UserId>> {
        let mut state = lock(&self.state);
        let Some(ended) = state.rows.get(hash).cloned() else { return Ok(None) };
        state.rows.retain(|_, row| row.sign_in != ended.sign_in);
        Ok(Some(ended.session.user))
    }

    async fn end_all(&self, user: UserId) -> PortResult<()> {
        self.remove_all(user);
        Ok(())
    }

    async fn count(&self, user: UserId, now: Timestamp) -> PortResult<u64> {
        let state = lock(&self.state);
        let own = state.rows.values().filter(|row| row.session.user == user && row.expires > now);
        let sign_ins: BTreeSet<_> = own.map(|row| &row.sign_in).collect();
        Ok(sign_ins.len() as u64)
    }

    async fn use_state(&self, used: &str, expires: Timestamp) -> PortResult<bool> {
        Ok(lock(&self.state).used_states.insert(used.to_owned(), expires).is_none())
    }

    async fn delete_expired(&self, now: Timestamp) -> PortResult<u64> {
        let mut state = lock(&self.state);
        state.used_states.retain(|_, expires| *expires > now);
        let before = state.rows.len();
        state.rows.retain(|_, row| row.expires > now);
        Ok((before - state.rows.len()) as u64)
    }
}
