//! The profiles in memory.

use super::{Outage, lock};
use crate::ports::{Accounts, ClosingAccount, CurrentPlan, Identity, PortResult, SignIn};
use async_trait::async_trait;
use gas_shared::{Account, JobOptions, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Mutex;

/// Profiles in memory.
#[derive(Debug, Default)]
pub struct FakeAccounts {
    profiles: Mutex<Profiles>,
    outage: Outage,
}

#[derive(Debug, Default)]
struct Profiles {
    rows: HashMap<UserId, Profile>,
    closing: Vec<ClosingAccount>,
    /// When users were blocked.
    blocked: HashMap<UserId, Timestamp>,
    /// Until when users are operators.
    operators: HashMap<UserId, Timestamp>,
    /// The number of profiles created; each is one second younger than the previous one.
    count: i64,
}

#[derive(Debug)]
struct Profile {
    account: Account,
    created: Timestamp,
    plan_since: Option<Timestamp>,
    options: Option<JobOptions>,
}

impl Profiles {
    fn put(&mut self, account: Account) {
        if let Some(row) = self.rows.get_mut(&account.id) {
            row.account = account;
            return;
        }
        self.count += 1;
        let created = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(self.count);
        self.rows.insert(account.id, Profile { account, created, plan_since: None, options: None });
    }

    fn is_closing(&self, user: UserId) -> bool {
        self.closing.iter().any(|one| one.user == user)
    }
}

impl FakeAccounts {
    pub(super) fn new(outage: Outage) -> Self {
        Self { outage, ..Self::default() }
    }

    /// Stores a profile.
    pub fn put(&self, account: Account) {
        lock(&self.profiles).put(account);
    }

    /// Stores a profile whose plan changes at `at`.
    pub(super) fn put_plan(&self, account: Account, at: Timestamp) {
        let mut profiles = lock(&self.profiles);
        let id = account.id;
        let changed = profiles.rows.get(&id).is_none_or(|row| row.account.plan != account.plan);
        profiles.put(account);
        if let Some(row) = profiles.rows.get_mut(&id).filter(|_| changed) {
            row.plan_since = Some(at);
        }
    }

    /// A stored profile.
    pub fn get(&self, id: UserId) -> Account {
        lock(&self.profiles).rows[&id].account.clone()
    }

    /// A profile, even if the account is being closed.
    pub fn account_even_closing(&self, id: UserId) -> Option<Account> {
        lock(&self.profiles).rows.get(&id).map(|row| row.account.clone())
    }

    /// When a profile was created.
    pub(super) fn created(&self, id: UserId) -> Option<Timestamp> {
        lock(&self.profiles).rows.get(&id).map(|row| row.created)
    }

    /// Whether the user has an account that is neither blocked nor being closed.
    pub(super) fn is_active(&self, user: UserId) -> bool {
        let profiles = lock(&self.profiles);
        profiles.rows.contains_key(&user)
            && !profiles.is_closing(user)
            && !profiles.blocked.contains_key(&user)
    }

    /// The profiles of accounts that are not being closed.
    pub(super) fn active(&self) -> Vec<Account> {
        let profiles = lock(&self.profiles);
        let rows = profiles.rows.values().filter(|row| !profiles.is_closing(row.account.id));
        rows.map(|row| row.account.clone()).collect()
    }

    /// When a user was blocked.
    pub(super) fn blocked_at(&self, user: UserId) -> Option<Timestamp> {
        lock(&self.profiles).blocked.get(&user).copied()
    }

    /// Blocks or unblocks a user.
    pub(super) fn set_blocked(&self, user: UserId, at: Option<Timestamp>) {
        let mut profiles = lock(&self.profiles);
        match at {
            Some(at) => profiles.blocked.insert(user, at),
            None => profiles.blocked.remove(&user),
        };
    }

    /// Until when a user is an operator.
    pub(super) fn operator_until(&self, user: UserId) -> Option<Timestamp> {
        lock(&self.profiles).operators.get(&user).copied()
    }

    /// Makes a user an operator, or takes the role away.
    pub(super) fn set_operator(&self, user: UserId, until: Option<Timestamp>) {
        let mut profiles = lock(&self.profiles);
        match until {
            Some(until) => profiles.operators.insert(user, until),
            None => profiles.operators.remove(&user),
        };
    }

    /// The accounts that are being closed.
    pub(super) fn closing(&self) -> Vec<ClosingAccount> {
        lock(&self.profiles).closing.clone()
    }

    pub(super) fn request_closing(&self, user: UserId, now: Timestamp) -> bool {
        let mut profiles = lock(&self.profiles);
        let known = profiles.rows.contains_key(&user);
        if known && !profiles.is_closing(user) {
            let closing = ClosingAccount { user, requested_at: now, billing_closed: false };
            profiles.closing.push(closing);
        }
        known
    }

    /// Records that the billing of a closing account is closed.
    pub fn billing_closed(&self, user: UserId) {
        for one in lock(&self.profiles).closing.iter_mut().filter(|one| one.user == user) {
            one.billing_closed = true;
        }
    }

    pub(super) fn purge(&self, user: UserId) -> bool {
        let mut profiles = lock(&self.profiles);
        let before = profiles.closing.len();
        profiles.closing.retain(|one| one.user != user || !one.billing_closed);
        let purged = profiles.closing.len() < before;
        if purged {
            profiles.rows.remove(&user);
        }
        purged
    }
}

#[async_trait]
impl Accounts for FakeAccounts {
    async fn record_sign_in(&self, identity: &Identity) -> PortResult<Option<SignIn>> {
        let mut profiles = lock(&self.profiles);
        if profiles.is_closing(identity.id) || profiles.blocked.contains_key(&identity.id) {
            return Ok(None);
        }
        let known = profiles.rows.get(&identity.id).map(|row| row.account.clone());
        let first = known.is_none();
        let account = Account {
            id: identity.id,
            name: identity.name.clone(),
            email: identity.email.clone(),
            institution: identity.institution.clone(),
            plan: known.as_ref().map_or(Plan::Free, |known| known.plan),
            time_zone: known.and_then(|known| known.time_zone),
        };
        profiles.put(account.clone());
        Ok(Some(SignIn { account, first }))
    }

    async fn account(&self, id: UserId) -> PortResult<Option<Account>> {
        self.outage.check()?;
        let profiles = lock(&self.profiles);
        let row = profiles.rows.get(&id).filter(|_| !profiles.is_closing(id));
        Ok(row.map(|row| row.account.clone()))
    }

    async fn current_plan(&self, id: UserId) -> PortResult<Option<CurrentPlan>> {
        self.outage.check()?;
        let profiles = lock(&self.profiles);
        let row = profiles.rows.get(&id).filter(|_| !profiles.is_closing(id));
        Ok(row.map(|row| CurrentPlan { plan: row.account.plan, since: row.plan_since }))
    }

    async fn set_time_zone(&self, id: UserId, name: &str) -> PortResult<()> {
        let mut profiles = lock(&self.profiles);
        let closing = profiles.is_closing(id);
        if let Some(row) = profiles.rows.get_mut(&id).filter(|_| !closing) {
            row.account.time_zone = Some(name.to_owned());
        }
        Ok(())
    }
    async fn job_options(&self, id: UserId) -> PortResult<Option<JobOptions>> {
        self.outage.check()?;
        let profiles = lock(&self.profiles);
        let row = profiles.rows.get(&id).filter(|_| !profiles.is_closing(id));
        Ok(row.and_then(|row| row.options.clone()))
    }

    async fn set_job_options(&self, id: UserId, options: &JobOptions) -> PortResult<()> {
        self.outage.check()?;
        let mut profiles = lock(&self.profiles);
        let closing = profiles.is_closing(id);
        if let Some(row) = profiles.rows.get_mut(&id).filter(|_| !closing) {
            row.options = Some(options.clone());
        }
        Ok(())
    }
}
