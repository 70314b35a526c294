//! Users' other data in memory.

use super::{
    FakeAccounts, FakeImports, FakeSavedItems, FakeSessions, FakeShareLinks, FakeTokens,
    FakeWebhooks, lock,
};
use crate::ports::{AccountData, ClosedAccount, ClosingAccount, MailRecord, PortResult};
use async_trait::async_trait;
use gas_shared::UserId;
use jiff::Timestamp;
use std::sync::{Arc, Mutex};

/// Users' data besides their profiles and tokens, in memory.
#[derive(Debug)]
pub struct FakeAccountData {
    accounts: Arc<FakeAccounts>,
    tokens: Arc<FakeTokens>,
    sessions: Arc<FakeSessions>,
    saved: Arc<FakeSavedItems>,
    share_links: Arc<FakeShareLinks>,
    webhooks: Arc<FakeWebhooks>,
    imports: Arc<FakeImports>,
    mails: Mutex<Vec<(UserId, MailRecord)>>,
    closed: Mutex<Vec<ClosedAccount>>,
    without_retention: Mutex<Vec<UserId>>,
}

impl FakeAccountData {
    /// Creates the data of these profiles, tokens, sessions, saved items, share links, webhooks
    /// and imports.
    pub fn new(
        accounts: Arc<FakeAccounts>,
        tokens: Arc<FakeTokens>,
        sessions: Arc<FakeSessions>,
        saved: Arc<FakeSavedItems>,
        share_links: Arc<FakeShareLinks>,
        webhooks: Arc<FakeWebhooks>,
        imports: Arc<FakeImports>,
    ) -> Self {
        Self {
            accounts,
            tokens,
            sessions,
            saved,
            share_links,
            webhooks,
            imports,
            mails: Mutex::default(),
            closed: Mutex::default(),
            without_retention: Mutex::default(),
        }
    }

    /// Adds a user of a version in which ended jobs had no deadline.
    pub fn put_without_retention(&self, user: UserId) {
        lock(&self.without_retention).push(user);
    }

    /// Adds a mail.
    pub fn put_mail(&self, user: UserId, mail: MailRecord) {
        lock(&self.mails).push((user, mail));
    }
}

#[async_trait]
impl AccountData for FakeAccountData {
    async fn mails_of(
        &self,
        user: UserId,
        after: Option<&str>,
        limit: u16,
    ) -> PortResult<Vec<MailRecord>> {
        let mails = lock(&self.mails);
        let own = mails.iter().filter(|(of, _)| *of == user).map(|(_, mail)| mail.clone());
        let mut later: Vec<_> =
            own.filter(|mail| after.is_none_or(|after| mail.event.as_str() > after)).collect();
        later.sort_by(|one, other| one.event.cmp(&other.event));
        later.truncate(limit.into());
        Ok(later)
    }

    async fn request_deletion(&self, user: UserId, now: Timestamp) -> PortResult<bool> {
        self.tokens.remove_all(user);
        self.share_links.remove_all(user);
        self.imports.remove_all(user);
        self.sessions.remove_all(user);
        Ok(self.accounts.request_closing(user, now))
    }

    async fn closing_accounts(
        &self,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<ClosingAccount>> {
        let mut closing = self.accounts.closing();
        closing.retain(|one| after.is_none_or(|after| one.user > after));
        closing.sort_by_key(|one| one.user);
        closing.truncate(limit.into());
        Ok(closing)
    }

    async fn purge(&self, user: UserId, now: Timestamp) -> PortResult<()> {
        if self.accounts.purge(user) {
            self.saved.remove_all(user);
            self.webhooks.remove_all(user);
            lock(&self.mails).retain(|(of, _)| *of != user);
            let mut closed = lock(&self.closed);
            closed.retain(|one| one.user != user);
            closed.push(ClosedAccount { user, purged_at: now });
        }
        Ok(())
    }

    async fn closed_accounts(
        &self,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<ClosedAccount>> {
        let mut closed = lock(&self.closed).clone();
        closed.retain(|one| after.is_none_or(|after| one.user > after));
        closed.sort_by_key(|one| one.user);
        closed.truncate(limit.into());
        Ok(closed)
    }

    async fn users_without_retention(&self, limit: u16) -> PortResult<Vec<UserId>> {
        let users = lock(&self.without_retention);
        let active = users.iter().filter(|user| self.accounts.is_active(**user));
        Ok(active.take(limit.into()).copied().collect())
    }

    async fn mark_retention(&self, user: UserId) -> PortResult<()> {
        lock(&self.without_retention).retain(|one| *one != user);
        Ok(())
    }

    async fn forget_closed(&self, closed: &ClosedAccount) -> PortResult<()> {
        lock(&self.closed).retain(|one| one != closed);
        Ok(())
    }
}
