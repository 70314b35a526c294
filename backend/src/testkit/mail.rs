//! Mailer, outbox and mail preferences in memory.

use super::{Crash, lock};
use super::{FakeAccounts, TestGas};
use crate::Notifier;
use crate::mail::{Composer, UnsubscribeKey};
use crate::ports::{
    Accounts, ClaimedMail, Held, JOB_RESULT_KEYS, Mail, MailClaim, MailEvent, MailPreferences,
    Mailer, Outbox, PortError, PortResult, SendOutcome,
};
use async_trait::async_trait;
use gas_shared::{JobMails, UserId};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// The key of unsubscribe links in tests.
#[expect(clippy::unwrap_used, reason = "the key is long enough, and this is for tests only")]
pub fn unsubscribe_key() -> UnsubscribeKey {
    "a key for tests that is long enough".parse().unwrap()
}

/// An in-memory [`Notifier`], with handles for inspecting its ports.
pub struct TestMail {
    /// The ports, as use-cases take them.
    pub notifier: Notifier,
    /// The mailer.
    pub mailer: Arc<FakeMailer>,
    /// The outbox.
    pub outbox: Arc<FakeOutbox>,
    /// Users' preferences.
    pub preferences: Arc<FakePreferences>,
}

impl TestMail {
    /// Creates the mail ports of an in-memory service.
    #[expect(clippy::unwrap_used, reason = "the URL is an origin, and this is for tests only")]
    pub fn new(test: &TestGas) -> Self {
        let mailer = Arc::new(FakeMailer { crash: test.crash.clone(), ..FakeMailer::default() });
        let (accounts, crash) = (test.accounts.clone(), test.crash.clone());
        let outbox = Arc::new(FakeOutbox { accounts, rows: Mutex::default(), crash });
        let preferences =
            Arc::new(FakePreferences { accounts: test.accounts.clone(), wanted: Mutex::default() });
        let site = "https://gas.example.org".parse().unwrap();
        let notifier = Notifier {
            jobs: test.gas.jobs.clone(),
            private_references: Some(test.private_references.clone()),
            dispatches: test.gas.dispatches.clone(),
            accounts: test.accounts.clone(),
            outbox: outbox.clone(),
            preferences: preferences.clone(),
            mailer: mailer.clone(),
            composer: Composer { site, key: unsubscribe_key() },
        };
        Self { notifier, mailer, outbox, preferences }
    }
}

/// A mailer that records the mails.
#[derive(Debug, Default)]
pub struct FakeMailer {
    sent: Mutex<Vec<Mail>>,
    throttled: Mutex<bool>,
    rejected: Mutex<HashSet<String>>,
    crash: Crash,
}

impl FakeMailer {
    /// The mails sent, in order.
    pub fn sent(&self) -> Vec<Mail> {
        lock(&self.sent).clone()
    }

    /// Whether every call fails because of throttling.
    pub fn throttle(&self, on: bool) {
        *lock(&self.throttled) = on;
    }

    /// Makes an address be rejected permanently.
    pub fn reject(&self, address: &str) {
        lock(&self.rejected).insert(address.to_owned());
    }
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn send(&self, mail: &Mail) -> PortResult<SendOutcome> {
        self.crash.before_call()?;
        // Lets other tasks run, as a network call would.
        tokio::task::yield_now().await;
        if *lock(&self.throttled) {
            return Err(PortError::new("send a mail", "too many requests"));
        }
        if lock(&self.rejected).contains(mail.to.as_str()) {
            return Ok(SendOutcome::Rejected { reason: "the address is rejected".to_owned() });
        }
        let message_id = {
            let mut sent = lock(&self.sent);
            sent.push(mail.clone());
            format!("ses-{}", sent.len())
        };
        self.crash.after_effect()?;
        Ok(SendOutcome::Accepted { message_id })
    }
}

/// An outbox in memory.
#[derive(Debug)]
pub struct FakeOutbox {
    accounts: Arc<FakeAccounts>,
    rows: Mutex<BTreeMap<String, Row>>,
    crash: Crash,
}

#[derive(Clone, Debug)]
struct Row {
    user: UserId,
    message: Value,
    created: Timestamp,
    claimed_at: Option<Timestamp>,
    attempts: u32,
    last_error: Option<String>,
    settled: bool,
}

impl Row {
    fn new(event: &MailEvent, now: Timestamp) -> Self {
        Self {
            user: event.user,
            message: event.message.clone(),
            created: now,
            claimed_at: None,
            attempts: 0,
            last_error: None,
            settled: false,
        }
    }

    /// Whether this is the mail of a user about the end of a job, and may be claimed.
    fn waits(&self, key: &str, user: UserId, now: Timestamp, lease: SignedDuration) -> bool {
        self.user == user && key.starts_with(JOB_RESULT_KEYS) && self.is_free(now, lease)
    }

    fn is_free(&self, now: Timestamp, lease: SignedDuration) -> bool {
        !self.settled && self.claimed_at.is_none_or(|at| at <= now - lease)
    }
}

impl FakeOutbox {
    /// The errors of mails that were not sent, by key.
    pub fn errors(&self) -> Vec<(String, String)> {
        let rows = lock(&self.rows);
        rows.iter().filter_map(|(key, row)| Some((key.clone(), row.last_error.clone()?))).collect()
    }

    fn change(&self, key: &str, change: impl FnOnce(&mut Row)) -> PortResult<()> {
        self.crash.before_call()?;
        if let Some(row) = lock(&self.rows).get_mut(key) {
            change(row);
        }
        self.crash.after_effect()
    }
}

#[async_trait]
impl Outbox for FakeOutbox {
    async fn claim(
        &self,
        event: &MailEvent,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<MailClaim> {
        self.crash.before_call()?;
        if self.accounts.account_even_closing(event.user).is_none() {
            return Ok(MailClaim::NoUser);
        }
        let claim = {
            let mut rows = lock(&self.rows);
            let row = rows.entry(event.key.clone()).or_insert_with(|| Row::new(event, now));
            if !row.is_free(now, lease) {
                return Ok(if row.settled { MailClaim::Settled } else { MailClaim::Busy });
            }
            row.claimed_at = Some(now);
            row.attempts += 1;
            MailClaim::Taken { attempt: row.attempts, recorded_at: row.created }
        };
        self.crash.after_effect()?;
        Ok(claim)
    }

    async fn hold(&self, event: &MailEvent, now: Timestamp) -> PortResult<Held> {
        self.crash.before_call()?;
        if self.accounts.account_even_closing(event.user).is_none() {
            return Ok(Held::NoUser);
        }
        let settled = {
            let mut rows = lock(&self.rows);
            rows.entry(event.key.clone()).or_insert_with(|| Row::new(event, now)).settled
        };
        self.crash.after_effect()?;
        Ok(if settled { Held::Settled } else { Held::Waiting })
    }

    async fn waiting(
        &self,
        user: UserId,
        except: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<u32> {
        self.crash.before_call()?;
        let rows = lock(&self.rows);
        let waiting = rows.iter().filter(|(key, row)| row.waits(key, user, now, lease));
        let count = waiting.filter(|(key, _)| *key != except).count();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn claim_waiting(
        &self,
        user: UserId,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> PortResult<Vec<ClaimedMail>> {
        self.crash.before_call()?;
        let claimed: Vec<ClaimedMail> = {
            let mut rows = lock(&self.rows);
            let mut waiting: Vec<(&String, &mut Row)> =
                rows.iter_mut().filter(|(key, row)| row.waits(key, user, now, lease)).collect();
            waiting.sort_by_key(|(key, row)| (row.created, (*key).clone()));
            let chosen = waiting.into_iter().take(limit.into()).map(|(key, row)| {
                row.claimed_at = Some(now);
                row.attempts += 1;
                ClaimedMail {
                    key: key.clone(),
                    message: row.message.clone(),
                    attempt: row.attempts,
                    recorded_at: row.created,
                }
            });
            chosen.collect()
        };
        if !claimed.is_empty() {
            self.crash.after_effect()?;
        }
        Ok(claimed)
    }

    async fn mark_sent(
        &self,
        keys: &[String],
        _message_id: &str,
        _now: Timestamp,
    ) -> PortResult<()> {
        self.crash.before_call()?;
        for key in keys {
            if let Some(row) = lock(&self.rows).get_mut(key) {
                row.settled = true;
                row.last_error = None;
            }
        }
        self.crash.after_effect()
    }

    async fn give_up(&self, key: &str, reason: &str, _now: Timestamp) -> PortResult<()> {
        self.change(key, |row| {
            row.settled = true;
            row.last_error = Some(reason.to_owned());
        })
    }

    async fn release(&self, key: &str, attempt: u32, reason: &str) -> PortResult<()> {
        self.change(key, |row| {
            if row.attempts == attempt && !row.settled {
                row.claimed_at = None;
                row.last_error = Some(reason.to_owned());
            }
        })
    }

    async fn unsent(
        &self,
        before: Timestamp,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
    ) -> PortResult<Vec<Value>> {
        self.crash.before_call()?;
        let rows = lock(&self.rows);
        let mut unsent: Vec<&Row> =
            rows.values().filter(|row| row.created <= before && row.is_free(now, lease)).collect();
        unsent.sort_by_key(|row| row.created);
        Ok(unsent.into_iter().take(limit.into()).map(|row| row.message.clone()).collect())
    }
}

/// Preferences in memory.
#[derive(Debug)]
pub struct FakePreferences {
    accounts: Arc<FakeAccounts>,
    wanted: Mutex<HashMap<UserId, JobMails>>,
}

#[async_trait]
impl MailPreferences for FakePreferences {
    async fn job_mails(&self, user: UserId) -> PortResult<Option<JobMails>> {
        let known = self.accounts.account(user).await?.is_some();
        let wanted = lock(&self.wanted).get(&user).copied();
        Ok(known.then_some(wanted.unwrap_or(JobMails::ALL)))
    }

    async fn set_job_mails(&self, user: UserId, wanted: JobMails) -> PortResult<bool> {
        lock(&self.wanted).insert(user, wanted);
        Ok(self.accounts.account(user).await?.is_some())
    }
}
