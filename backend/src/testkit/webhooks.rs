//! Webhooks in memory, a receiver whose answers tests choose, and the contract of the store, which PostgreSQL fulfills,
//! too.

use super::{Crash, FakeAccounts, lock};
use crate::ports::{
    AttemptOutcome, DueDelivery, NewWebhookRow, PortResult, SendResult, SignedMessage,
    WebhookSender, WebhookStore,
};
use crate::webhooks::message_id;
use async_trait::async_trait;
use futures::future::join_all;
use gas_shared::webhook::{
    DeliveryOutcome, DeliveryView, TEST_MESSAGE, WebhookEvent, WebhookHealth, WebhookView,
};
use gas_shared::{UserId, WebhookId};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// Webhooks and the messages to them, in memory.
#[derive(Debug)]
pub struct FakeWebhooks {
    accounts: Arc<FakeAccounts>,
    crash: Crash,
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    hooks: Vec<Hook>,
    deliveries: Vec<Delivery>,
}

#[derive(Clone, Debug)]
struct Hook {
    owner: UserId,
    new: NewWebhookRow,
    failing_since: Option<Timestamp>,
    disabled: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Delivery {
    id: Uuid,
    webhook: WebhookId,
    key: String,
    event: String,
    body: String,
    created: Timestamp,
    attempts: u32,
    outcome: DeliveryOutcome,
}

impl Delivery {
    fn new(webhook: WebhookId, event: &str, key: &str, body: &str, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4(),
            webhook,
            key: key.to_owned(),
            event: event.to_owned(),
            body: body.to_owned(),
            created: now,
            attempts: 0,
            outcome: DeliveryOutcome::Pending { next_attempt_at: now, problem: None },
        }
    }

    /// When the next attempt is due.
    fn due(&self) -> Option<Timestamp> {
        match self.outcome {
            DeliveryOutcome::Pending { next_attempt_at, .. } => Some(next_attempt_at),
            DeliveryOutcome::Delivered { .. } | DeliveryOutcome::Failed { .. } => None,
        }
    }
}

impl FakeWebhooks {
    /// A store for the users of these profiles.
    pub fn new(accounts: Arc<FakeAccounts>, crash: Crash) -> Self {
        Self { accounts, crash, rows: Mutex::default() }
    }

    /// Deletes the webhooks of a user.
    pub(super) fn remove_all(&self, owner: UserId) {
        let mut rows = lock(&self.rows);
        rows.hooks.retain(|hook| hook.owner != owner);
        rows.delete_orphans();
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        lock(&self.rows)
    }

    fn is_called(&self, hook: &Hook) -> bool {
        hook.disabled.is_none() && self.accounts.is_active(hook.owner)
    }
}

impl Rows {
    fn delete_orphans(&mut self) {
        let kept: HashSet<WebhookId> = self.hooks.iter().map(|hook| hook.new.id).collect();
        self.deliveries.retain(|delivery| kept.contains(&delivery.webhook));
    }

    fn hook(&mut self, owner: UserId, id: WebhookId) -> Option<&mut Hook> {
        self.hooks.iter_mut().find(|hook| hook.owner == owner && hook.new.id == id)
    }
}

#[async_trait]
impl WebhookStore for FakeWebhooks {
    async fn insert(&self, owner: UserId, new: &NewWebhookRow, max: u16) -> PortResult<bool> {
        let mut rows = self.rows();
        let fits = rows.hooks.iter().filter(|hook| hook.owner == owner).count() < usize::from(max);
        if fits {
            rows.hooks.push(Hook { owner, new: new.clone(), failing_since: None, disabled: None });
        }
        Ok(fits)
    }

    async fn webhooks_of(&self, owner: UserId, deliveries: u16) -> PortResult<Vec<WebhookView>> {
        let rows = self.rows();
        let mut own: Vec<&Hook> = rows.hooks.iter().filter(|hook| hook.owner == owner).collect();
        own.sort_by_key(|hook| (hook.new.created_at, hook.new.id));
        let view = |hook: &Hook| {
            let of_hook = rows.deliveries.iter().filter(|one| one.webhook == hook.new.id);
            let mut of_hook: Vec<&Delivery> = of_hook.collect();
            of_hook.sort_by_key(|one| (Reverse(one.created), one.id));
            let newest = of_hook.into_iter().take(deliveries.into());
            WebhookView {
                id: hook.new.id,
                url: hook.new.url.clone(),
                events: hook.new.events.clone(),
                created_at: hook.new.created_at,
                health: match (hook.disabled, hook.failing_since) {
                    (Some(since), _) => WebhookHealth::Disabled { since },
                    (None, Some(since)) => WebhookHealth::Failing { since },
                    (None, None) => WebhookHealth::Active,
                },
                deliveries: newest
                    .map(|one| DeliveryView {
                        id: message_id(one.id),
                        event: one.event.clone(),
                        created_at: one.created,
                        attempts: one.attempts,
                        outcome: one.outcome.clone(),
                    })
                    .collect(),
            }
        };
        Ok(own.into_iter().map(view).collect())
    }

    async fn delete(&self, owner: UserId, id: WebhookId) -> PortResult<bool> {
        let mut rows = self.rows();
        let before = rows.hooks.len();
        rows.hooks.retain(|hook| hook.owner != owner || hook.new.id != id);
        rows.delete_orphans();
        Ok(rows.hooks.len() < before)
    }

    async fn enable(&self, owner: UserId, id: WebhookId) -> PortResult<bool> {
        let mut rows = self.rows();
        let Some(hook) = rows.hook(owner, id) else { return Ok(false) };
        hook.failing_since = None;
        hook.disabled = None;
        Ok(true)
    }

    async fn is_subscribed(&self, owner: UserId, event: WebhookEvent) -> PortResult<bool> {
        self.crash.before_call()?;
        let rows = self.rows();
        let mut own = rows.hooks.iter().filter(|hook| hook.owner == owner && self.is_called(hook));
        Ok(own.any(|hook| hook.new.events.contains(&event)))
    }

    async fn record(
        &self,
        owner: UserId,
        event: WebhookEvent,
        key: &str,
        body: &str,
        now: Timestamp,
    ) -> PortResult<u64> {
        self.crash.before_call()?;
        let new = {
            let mut rows = self.rows();
            let called = rows.hooks.iter().filter(|hook| {
                hook.owner == owner && self.is_called(hook) && hook.new.events.contains(&event)
            });
            let called = called.map(|hook| hook.new.id);
            let is_new = |id: &WebhookId| {
                !rows.deliveries.iter().any(|one| one.webhook == *id && one.key == key)
            };
            let new: Vec<WebhookId> = called.filter(is_new).collect();
            let deliveries =
                new.iter().map(|id| Delivery::new(*id, event.as_str(), key, body, now));
            let deliveries: Vec<Delivery> = deliveries.collect();
            rows.deliveries.extend(deliveries);
            new.len() as u64
        };
        self.crash.after_effect()?;
        Ok(new)
    }

    async fn record_test(
        &self,
        owner: UserId,
        id: WebhookId,
        body: &str,
        now: Timestamp,
    ) -> PortResult<bool> {
        let mut rows = self.rows();
        let is_called = rows.hook(owner, id).is_some_and(|hook| hook.disabled.is_none());
        if is_called {
            let key = format!("test/{}", Uuid::new_v4());
            rows.deliveries.push(Delivery::new(id, TEST_MESSAGE, &key, body, now));
        }
        Ok(is_called)
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
        busy: &[WebhookId],
    ) -> PortResult<Vec<DueDelivery>> {
        self.crash.before_call()?;
        let claimed = {
            let mut rows = self.rows();
            let Rows { hooks, deliveries } = &mut *rows;
            let mut due: Vec<&mut Delivery> = deliveries
                .iter_mut()
                .filter(|one| one.due().is_some_and(|due| due <= now))
                .collect();
            due.sort_by_key(|one| (one.due(), one.created, one.id));
            let mut seen: HashSet<WebhookId> = busy.iter().copied().collect();
            let mut claimed = Vec::new();
            for delivery in due {
                let hook = hooks.iter().find(|hook| hook.new.id == delivery.webhook);
                let Some(hook) = hook.filter(|hook| self.is_called(hook)) else { continue };
                if claimed.len() == usize::from(limit) || !seen.insert(delivery.webhook) {
                    continue;
                }
                delivery.attempts += 1;
                if let DeliveryOutcome::Pending { next_attempt_at, .. } = &mut delivery.outcome {
                    *next_attempt_at = now + lease;
                }
                claimed.push(DueDelivery {
                    id: delivery.id,
                    webhook: delivery.webhook,
                    owner: hook.owner,
                    url: hook.new.url.clone(),
                    body: delivery.body.clone(),
                    attempt: delivery.attempts,
                    failing_since: hook.failing_since,
                });
            }
            claimed
        };
        if !claimed.is_empty() {
            self.crash.after_effect()?;
        }
        Ok(claimed)
    }

    async fn settle(
        &self,
        due: &DueDelivery,
        outcome: &AttemptOutcome,
        now: Timestamp,
    ) -> PortResult<()> {
        self.crash.before_call()?;
        {
            let mut rows = self.rows();
            let Rows { hooks, deliveries } = &mut *rows;
            let is_current = |one: &&mut Delivery| {
                one.id == due.id && one.attempts == due.attempt && one.due().is_some()
            };
            let Some(delivery) = deliveries.iter_mut().find(is_current) else { return Ok(()) };
            let Some(hook) = hooks.iter_mut().find(|hook| hook.new.id == due.webhook) else {
                return Ok(());
            };
            if matches!(outcome, AttemptOutcome::Delivered) {
                hook.failing_since = None;
            } else {
                hook.failing_since = hook.failing_since.or(Some(now));
            }
            delivery.outcome = match outcome.clone() {
                AttemptOutcome::Delivered => DeliveryOutcome::Delivered { at: now },
                AttemptOutcome::Retry { problem, at } => {
                    DeliveryOutcome::Pending { next_attempt_at: at, problem: Some(problem) }
                }
                AttemptOutcome::GivenUp { problem } => DeliveryOutcome::Failed { at: now, problem },
                AttemptOutcome::Disabled { problem } => {
                    hook.disabled = hook.disabled.or(Some(now));
                    DeliveryOutcome::Failed { at: now, problem }
                }
            };
            if matches!(outcome, AttemptOutcome::Disabled { .. }) {
                let of_hook = deliveries.iter_mut().filter(|one| one.webhook == due.webhook);
                for other in of_hook.filter(|one| one.due().is_some()) {
                    let problem = "the webhook was disabled".to_owned();
                    other.outcome = DeliveryOutcome::Failed { at: now, problem };
                }
            }
        }
        self.crash.after_effect()
    }

    async fn prune(&self, before: Timestamp) -> PortResult<u64> {
        let mut rows = self.rows();
        let count = rows.deliveries.len();
        rows.deliveries.retain(|one| match one.outcome {
            DeliveryOutcome::Delivered { at } | DeliveryOutcome::Failed { at, .. } => at >= before,
            DeliveryOutcome::Pending { .. } => true,
        });
        Ok((count - rows.deliveries.len()) as u64)
    }
}

/// A receiver whose answers tests choose. By default it accepts every message.
#[derive(Debug, Default)]
pub struct FakeWebhookSender {
    answer: Mutex<Option<SendResult>>,
    sent: Mutex<Vec<(String, SignedMessage)>>,
    crash: Crash,
}

impl FakeWebhookSender {
    /// A receiver whose process may die as the others.
    pub fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// The answer to further messages.
    pub fn answer(&self, answer: SendResult) {
        *lock(&self.answer) = Some(answer);
    }

    /// The messages sent, with their URLs, in order, whatever the answer was.
    pub fn sent(&self) -> Vec<(String, SignedMessage)> {
        lock(&self.sent).clone()
    }
}

#[async_trait]
impl WebhookSender for FakeWebhookSender {
    async fn send(&self, url: &str, message: &SignedMessage) -> SendResult {
        // Lets other tasks run, as a network call would.
        tokio::task::yield_now().await;
        if self.crash.before_call().is_err() {
            return SendResult::Failed { problem: "the process is dead".to_owned() };
        }
        lock(&self.sent).push((url.to_owned(), message.clone()));
        // The response is lost if the process dies here; the next call to a port shows it.
        let _ = self.crash.after_effect();
        lock(&self.answer).clone().unwrap_or(SendResult::Accepted)
    }
}

const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Checks an empty store of webhooks, which no other process uses, against the contract of its port. Both users must
/// have profiles.
///
/// # Panics
/// If the store violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn webhooks_contract(store: &dyn WebhookStore, user: UserId, other: UserId) {
    use WebhookEvent::{JobCompleted, JobFailed};
    let start = Timestamp::from_second(1_700_000_000).unwrap();
    let at = |secs: i64| start + SignedDuration::from_secs(secs);
    let new = |events: &[WebhookEvent], secs| NewWebhookRow {
        id: WebhookId::new(Uuid::new_v4()),
        url: "https://lab.example.org/gas".to_owned(),
        events: events.to_vec(),
        created_at: at(secs),
    };
    let list = async |owner| store.webhooks_of(owner, 3).await.unwrap();

    // Creation, up to a limit, and the order of the list.
    let (both, failures) = (new(&[JobCompleted, JobFailed], 0), new(&[JobFailed], 1));
    for one in [&failures, &both] {
        assert!(store.insert(user, one, 2).await.unwrap());
    }
    let listed = list(user).await;
    assert_eq!(listed.iter().map(|hook| hook.id).collect::<Vec<_>>(), [both.id, failures.id]);
    assert_eq!((&listed[0].url, &listed[0].events), (&both.url, &both.events));
    assert_eq!((listed[0].created_at, listed[0].health), (at(0), WebhookHealth::Active));
    assert_eq!(listed[0].deliveries, []);
    assert!(!store.insert(user, &new(&[JobFailed], 2), 2).await.unwrap(), "it is one too many");
    assert_eq!(list(other).await, []);
    let foreign = new(&[JobCompleted], 0);
    assert!(store.insert(other, &foreign, 2).await.unwrap());

    // An event is recorded once for each webhook that reports it.
    assert!(store.is_subscribed(user, JobCompleted).await.unwrap());
    assert!(!store.is_subscribed(user, WebhookEvent::JobArchived).await.unwrap());
    assert!(!store.is_subscribed(other, JobFailed).await.unwrap());
    let record = async |event, key: &str, secs| {
        store.record(user, event, key, "{\"a\": 1}", at(secs)).await.unwrap()
    };
    assert_eq!(record(JobCompleted, "one", 10).await, 1);
    assert_eq!(record(JobCompleted, "one", 11).await, 0, "it is recorded");

    // Of concurrent callers, one gets a message.
    let claim = async |secs: i64, busy: &[WebhookId]| {
        store.claim(at(secs), LEASE, 100, busy).await.unwrap()
    };
    assert_eq!(claim(9, &[]).await, [], "nothing is due");
    assert_eq!(claim(20, &[both.id]).await, [], "the webhook is busy");
    assert_eq!(store.claim(at(20), LEASE, 0, &[]).await.unwrap(), []);
    let claimed: Vec<DueDelivery> =
        join_all((0..8).map(|_| claim(20, &[]))).await.into_iter().flatten().collect();
    let [one] = &claimed[..] else { panic!("claimed {} times", claimed.len()) };
    assert_eq!((one.webhook, one.owner, &one.url), (both.id, user, &both.url));
    assert_eq!((one.attempt, one.failing_since, one.body.as_str()), (1, None, "{\"a\": 1}"));
    assert_eq!(claim(79, &[]).await, [], "the lease has not ended");

    // After the lease of a dead process, its message is due again, and the dead process settles nothing.
    let again = claim(80, &[]).await.remove(0);
    assert_eq!((again.id, again.attempt), (one.id, 2));
    store.settle(one, &AttemptOutcome::Delivered, at(81)).await.unwrap();
    let outcome = async |id: Uuid| {
        let hooks = store.webhooks_of(user, 100).await.unwrap();
        let all = hooks.into_iter().flat_map(|hook| hook.deliveries);
        all.into_iter().find(|one| one.id == message_id(id)).map(|one| one.outcome)
    };
    let pending = DeliveryOutcome::Pending { next_attempt_at: at(140), problem: None };
    assert_eq!(outcome(one.id).await, Some(pending));

    // A failure is tried again at its time; the webhook fails since the first failure, until a success.
    let problem = || "HTTP 500".to_owned();
    let retry = AttemptOutcome::Retry { problem: problem(), at: at(500) };
    store.settle(&again, &retry, at(202)).await.unwrap();
    let pending = DeliveryOutcome::Pending { next_attempt_at: at(500), problem: Some(problem()) };
    assert_eq!(outcome(one.id).await, Some(pending));
    let health = async || list(user).await[0].health;
    assert_eq!(health().await, WebhookHealth::Failing { since: at(202) });
    assert_eq!(record(JobFailed, "two", 250).await, 2);
    let test = async |owner, id| store.record_test(owner, id, "{}", at(251)).await.unwrap();
    assert!(test(user, both.id).await);
    assert!(!test(other, both.id).await, "another user's webhook");

    // Of each webhook, the message that is due first.
    let mut due = claim(300, &[]).await;
    due.sort_by_key(|due| due.webhook != both.id);
    assert_eq!(due.iter().map(|due| due.webhook).collect::<Vec<_>>(), [both.id, failures.id]);
    assert!(due.iter().all(|due| due.body.contains('a')), "the test is later");
    let given_up = AttemptOutcome::GivenUp { problem: problem() };
    store.settle(&due[0], &given_up, at(301)).await.unwrap();
    let failed = DeliveryOutcome::Failed { at: at(301), problem: problem() };
    assert_eq!(outcome(due[0].id).await, Some(failed.clone()));
    assert_eq!(health().await, WebhookHealth::Failing { since: at(202) }, "the first failure");
    store.settle(&due[1], &AttemptOutcome::Delivered, at(301)).await.unwrap();
    let tested = claim(302, &[]).await.remove(0);
    assert_eq!((tested.webhook, tested.body.as_str()), (both.id, "{}"));
    store.settle(&tested, &given_up, at(302)).await.unwrap();
    store.settle(&due[0], &AttemptOutcome::Delivered, at(303)).await.unwrap();
    assert_eq!(outcome(due[0].id).await, Some(failed), "it has ended");
    assert_eq!(claim(499, &[]).await, []);
    let third = claim(500, &[]).await.remove(0);
    assert_eq!((third.id, third.failing_since), (one.id, Some(at(202))));
    store.settle(&third, &AttemptOutcome::Delivered, at(501)).await.unwrap();
    assert_eq!(outcome(one.id).await, Some(DeliveryOutcome::Delivered { at: at(501) }));
    assert_eq!(health().await, WebhookHealth::Active);
    assert_eq!(list(other).await[0].health, WebhookHealth::Active);

    // A webhook that is disabled gives up all its messages and gets no new ones, until it is enabled.
    assert_eq!(record(JobFailed, "three", 600).await, 2);
    assert_eq!(record(JobFailed, "four", 601).await, 2);
    let due = claim(602, &[both.id]).await.remove(0);
    assert_eq!(due.webhook, failures.id);
    let disabled = AttemptOutcome::Disabled { problem: problem() };
    store.settle(&due, &disabled, at(603)).await.unwrap();
    let hook = list(user).await.remove(1);
    assert_eq!(hook.health, WebhookHealth::Disabled { since: at(603) });
    let ended = |one: &DeliveryView| matches!(one.outcome, DeliveryOutcome::Failed { .. });
    assert!(
        hook.deliveries[..2].iter().all(ended),
        "those of the third and fourth event: {hook:?}"
    );
    assert_eq!(record(JobFailed, "five", 604).await, 1, "of the other webhook");
    assert!(!test(user, failures.id).await);
    assert!(!store.enable(other, failures.id).await.unwrap());
    assert!(store.enable(user, failures.id).await.unwrap());
    assert_eq!(list(user).await[1].health, WebhookHealth::Active);
    assert_eq!(record(JobFailed, "six", 605).await, 2);

    // The list has the newest deliveries, newest first.
    let times: Vec<_> = list(user).await[0].deliveries.iter().map(|one| one.created_at).collect();
    assert_eq!(times, [at(605), at(604), at(601)]);

    // Old ones are deleted when they have ended.
    let before = store.webhooks_of(user, 100).await.unwrap();
    assert!(store.prune(at(602)).await.unwrap() >= 1);
    let after = store.webhooks_of(user, 100).await.unwrap();
    assert!(after[0].deliveries.len() < before[0].deliveries.len());
    assert!(outcome(one.id).await.is_none());

    // They end with their webhook.
    assert!(!store.delete(other, both.id).await.unwrap());
    assert!(store.delete(user, both.id).await.unwrap());
    assert!(!store.delete(user, both.id).await.unwrap(), "it is deleted");
    assert!(claim(10_000, &[failures.id]).await.is_empty());

    let many: Vec<NewWebhookRow> = (0..8).map(|_| new(&[JobFailed], 700)).collect();
    let stored = join_all(many.iter().map(|one| store.insert(user, one, 3))).await;
    let stored = stored.into_iter().filter(|stored| *stored.as_ref().unwrap()).count();
    assert_eq!(stored, 2, "the limit holds for concurrent calls");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn the_fake_fulfills_the_contract() {
        let test = TestGas::new();
        let [user, other] = ["ada", "eve"].map(|name| test.user(name, Plan::Free).id);
        webhooks_contract(&*test.webhooks, user, other).await;
    }
}
