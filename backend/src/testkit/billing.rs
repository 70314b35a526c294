//! Stripe and the billing data in memory.

use super::{FakeAccounts, TestGas, lock};
use crate::ports::{
    Accounts, BillingRow, BillingStore, BillingUpdate, Checkout, CheckoutRequest, ClaimedEvent,
    EventState, OpenCheckout, Payments, PortError, PortResult, StoredEvent, Subscription,
    SubscriptionStatus, WriteOutcome,
};
use crate::{Billing, BillingModel, Offer, Sales};
use async_trait::async_trait;
use gas_shared::billing::{CheckoutForm, CheckoutStatus, Interval, InvoiceView, Money, Price};
use gas_shared::{Account, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The price ID of Premium in tests.
pub const TEST_PRICE: &str = "price_premium";

/// An in-memory [`Billing`], with handles for inspecting its ports.
pub struct TestBilling {
    /// The ports, as use-cases take them.
    pub billing: Billing,
    /// Stripe.
    pub payments: Arc<FakePayments>,
    /// The billing data.
    pub store: Arc<FakeBillingStore>,
}

impl TestBilling {
    /// Creates the billing of an in-memory service that sells Premium.
    pub fn new(test: &TestGas) -> Self {
        let payments = Arc::new(FakePayments::default());
        let store = Arc::new(FakeBillingStore::new(test.accounts.clone()));
        let offer = Arc::new(Offer { price_id: TEST_PRICE.to_owned(), livemode: false });
        let sales = Sales { payments: payments.clone(), offer };
        let billing = Billing {
            gas: test.gas.clone(),
            store: store.clone(),
            model: BillingModel::Subscription(sales),
        };
        Self { billing, payments, store }
    }

    /// The billing of the same service, in a deployment whose users all have Premium.
    pub fn of_everyone(&self) -> Billing {
        Billing { model: BillingModel::Everyone, ..self.billing.clone() }
    }
}

/// A subscription of [`TEST_PRICE`] whose first month began at `created`.
pub fn subscription(id: &str, status: SubscriptionStatus, created: Timestamp) -> Subscription {
    Subscription {
        id: id.to_owned(),
        status,
        price_id: TEST_PRICE.to_owned(),
        price: test_price(),
        livemode: false,
        created,
        period_start: created,
        period_end: created + SignedDuration::from_hours(24 * 30),
        ends_at: None,
        card: None,
    }
}

fn test_price() -> Price {
    let amount = Money { minor: 900, currency: "usd".to_owned() };
    Price { amount, every: Interval::Month, count: 1 }
}

/// Stripe in memory.
#[derive(Debug, Default)]
pub struct FakePayments {
    customers: Mutex<Vec<Customer>>,
    subscriptions: Mutex<BTreeMap<String, Vec<Subscription>>>,
    /// Oldest first.
    checkouts: Mutex<Vec<FakeCheckout>>,
    failures: Mutex<u32>,
    delay: Mutex<Duration>,
}

#[derive(Debug)]
struct FakeCheckout {
    /// The ID, which is the attempt that began it.
    id: String,
    customer: String,
    status: CheckoutStatus,
    form: CheckoutForm,
    expires_at: Timestamp,
}

impl FakeCheckout {
    fn opener(&self) -> OpenCheckout {
        match self.form {
            CheckoutForm::Embedded => OpenCheckout::Embedded { client_secret: self.id.clone() },
            CheckoutForm::Hosted => OpenCheckout::Hosted { url: self.id.clone() },
        }
    }
}

#[derive(Debug)]
struct Customer {
    id: String,
    /// The idempotency key of its creation.
    attempt: String,
    deleted: bool,
}

impl FakePayments {
    /// The customers that exist, oldest first.
    pub fn customers(&self) -> Vec<String> {
        let all = lock(&self.customers);
        all.iter().filter(|one| !one.deleted).map(|one| one.id.clone()).collect()
    }

    /// Fails if a customer was deleted.
    fn reject_deleted(&self, customer: &str) -> PortResult<()> {
        let all = lock(&self.customers);
        match all.iter().any(|one| one.id == customer && one.deleted) {
            true => Err(PortError::new("use a customer", "no such customer")),
            false => Ok(()),
        }
    }

    /// Sets a customer's subscriptions.
    pub fn put(&self, customer: &str, subscriptions: Vec<Subscription>) {
        lock(&self.subscriptions).insert(customer.to_owned(), subscriptions);
    }

    /// Adds an embedded checkout.
    pub fn add_checkout(&self, id: &str, customer: &str, status: CheckoutStatus) {
        lock(&self.checkouts).push(FakeCheckout {
            id: id.to_owned(),
            customer: customer.to_owned(),
            status,
            form: CheckoutForm::Embedded,
            expires_at: Timestamp::MAX,
        });
    }

    /// The attempts and statuses of all checkouts, oldest first; repeated requests of an attempt are
    /// one checkout.
    pub fn attempts(&self) -> Vec<(String, CheckoutStatus)> {
        lock(&self.checkouts).iter().map(|one| (one.id.clone(), one.status)).collect()
    }

    /// Delays all reads of subscriptions.
    pub fn delay_reads(&self, delay: Duration) {
        *lock(&self.delay) = delay;
    }

    /// Whether a customer has subscriptions.
    pub fn has(&self, customer: &str) -> bool {
        lock(&self.subscriptions).contains_key(customer)
    }

    /// Makes the next reads of subscriptions and deletions of customers fail.
    pub fn fail_reads(&self, count: u32) {
        *lock(&self.failures) = count;
    }
}

#[async_trait]
impl Payments for FakePayments {
    async fn create_customer(&self, user: &Account, attempt: &str) -> PortResult<String> {
        let mut all = lock(&self.customers);
        // The original response is repeated, even if the customer was deleted since.
        if let Some(known) = all.iter().find(|one| one.attempt == attempt) {
            return Ok(known.id.clone());
        }
        let first = format!("cus_{}", user.id);
        let earlier = all.iter().filter(|one| one.id.starts_with(&first)).count();
        let id = if earlier == 0 { first } else { format!("{first}_{earlier}") };
        all.push(Customer { id: id.clone(), attempt: attempt.to_owned(), deleted: false });
        Ok(id)
    }

    async fn start_checkout(&self, request: &CheckoutRequest<'_>) -> PortResult<OpenCheckout> {
        self.reject_deleted(request.customer)?;
        let mut all = lock(&self.checkouts);
        if let Some(known) = all.iter().find(|one| one.id == request.attempt) {
            if (known.customer.as_str(), known.form) != (request.customer, request.form) {
                // https://docs.stripe.com/api/idempotent_requests
                let reason =
                    "keys for idempotent requests can only be used with the same parameters";
                return Err(PortError::new("start a checkout", reason));
            }
            return Ok(known.opener());
        }
        let checkout = FakeCheckout {
            id: request.attempt.to_owned(),
            customer: request.customer.to_owned(),
            status: CheckoutStatus::Open,
            form: request.form,
            expires_at: request.expires_at,
        };
        let opener = checkout.opener();
        all.push(checkout);
        Ok(opener)
    }

    async fn checkouts(&self, customer: &str) -> PortResult<Vec<Checkout>> {
        let all = lock(&self.checkouts);
        let own = all.iter().rev().filter(|one| one.customer == customer);
        let checkouts = own.map(|one| Checkout {
            id: one.id.clone(),
            status: Some(one.status),
            price_id: Some(TEST_PRICE.to_owned()),
            opener: (one.status == CheckoutStatus::Open).then(|| one.opener()),
            expires_at: one.expires_at,
        });
        Ok(checkouts.collect())
    }

    async fn expire_checkout(&self, id: &str) -> PortResult<()> {
        let mut all = lock(&self.checkouts);
        let open = all.iter_mut().find(|one| one.id == id && one.status == CheckoutStatus::Open);
        if let Some(open) = open {
            open.status = CheckoutStatus::Expired;
        }
        Ok(())
    }

    async fn checkout(&self, id: &str) -> PortResult<Option<(String, CheckoutStatus)>> {
        let all = lock(&self.checkouts);
        let found = all.iter().find(|one| one.id == id);
        Ok(found.map(|one| (one.customer.clone(), one.status)))
    }

    async fn subscriptions(&self, customer: &str) -> PortResult<Vec<Subscription>> {
        let delay = *lock(&self.delay);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let mut failures = lock(&self.failures);
        if *failures > 0 {
            *failures -= 1;
            return Err(PortError::new("list subscriptions", "no connection"));
        }
        Ok(lock(&self.subscriptions).get(customer).cloned().unwrap_or_default())
    }

    async fn set_cancel_at_period_end(&self, subscription: &str, cancel: bool) -> PortResult<()> {
        for one in lock(&self.subscriptions).values_mut().flatten() {
            if one.id == subscription {
                one.ends_at = cancel.then_some(one.period_end);
            }
        }
        Ok(())
    }

    async fn end_subscription(&self, subscription: &str) -> PortResult<()> {
        for one in lock(&self.subscriptions).values_mut().flatten() {
            if one.id == subscription {
                one.status = SubscriptionStatus::Canceled;
            }
        }
        Ok(())
    }

    async fn open_portal(&self, customer: &str) -> PortResult<String> {
        Ok(format!("https://billing.example/{customer}"))
    }

    async fn invoices(&self, _customer: &str) -> PortResult<Vec<InvoiceView>> {
        Ok(Vec::new())
    }

    async fn delete_customer(&self, customer: &str) -> PortResult<()> {
        let mut failures = lock(&self.failures);
        if *failures > 0 {
            *failures -= 1;
            return Err(PortError::new("delete a customer", "no connection"));
        }
        lock(&self.subscriptions).remove(customer);
        for one in lock(&self.customers).iter_mut().filter(|one| one.id == customer) {
            one.deleted = true;
        }
        Ok(())
    }

    async fn price(&self) -> PortResult<Price> {
        Ok(test_price())
    }
}

/// Users' billing data in memory.
#[derive(Debug)]
pub struct FakeBillingStore {
    accounts: Arc<FakeAccounts>,
    rows: Mutex<HashMap<UserId, Row>>,
    events: Mutex<BTreeMap<String, FakeEvent>>,
}

#[derive(Clone, Debug)]
struct FakeEvent {
    event: StoredEvent,
    received: Timestamp,
    due: Timestamp,
    attempts: u32,
    processed: bool,
}

#[derive(Clone, Debug, Default)]
struct Row {
    customer: Option<String>,
    plan_since: Option<Timestamp>,
    plan_version: i64,
    announced: i64,
    version: i64,
    check_at: Option<Timestamp>,
    everyone: bool,
    granted: bool,
}

impl FakeBillingStore {
    /// Creates the billing data of these profiles.
    pub fn new(accounts: Arc<FakeAccounts>) -> Self {
        Self { accounts, rows: Mutex::default(), events: Mutex::default() }
    }

    /// The IDs of all events received, and whether they were processed.
    pub fn events(&self) -> Vec<(String, bool)> {
        let events = lock(&self.events);
        events.iter().map(|(id, event)| (id.clone(), event.processed)).collect()
    }

    /// When a user's plan is to be checked next.
    pub fn check_at(&self, user: UserId) -> Option<Timestamp> {
        lock(&self.rows).get(&user).and_then(|row| row.check_at)
    }
}

#[async_trait]
impl BillingStore for FakeBillingStore {
    async fn billing_of(&self, user: UserId) -> PortResult<Option<BillingRow>> {
        let account = self.accounts.account_even_closing(user).zip(self.accounts.created(user));
        let Some((account, created)) = account else { return Ok(None) };
        let row = lock(&self.rows).get(&user).cloned().unwrap_or_default();
        Ok(Some(BillingRow {
            account,
            created,
            customer: row.customer,
            plan_since: row.plan_since,
            plan_version: row.plan_version,
            announced: row.plan_version == row.announced,
            granted: row.granted,
            version: row.version,
        }))
    }

    async fn billing_of_customer(&self, customer: &str) -> PortResult<Option<BillingRow>> {
        let owns = |row: &Row| row.customer.as_deref() == Some(customer);
        let user = lock(&self.rows).iter().find(|(_, row)| owns(row)).map(|(user, _)| *user);
        match user {
            Some(user) => self.billing_of(user).await,
            None => Ok(None),
        }
    }

    async fn link_customer(&self, user: UserId, customer: &str) -> PortResult<Option<String>> {
        if self.accounts.account(user).await?.is_none() {
            return Ok(None);
        }
        let mut rows = lock(&self.rows);
        let row = rows.entry(user).or_default();
        Ok(Some(row.customer.get_or_insert_with(|| customer.to_owned()).clone()))
    }

    async fn write_billing(
        &self,
        row: &BillingRow,
        update: &BillingUpdate<'_>,
        at: Timestamp,
    ) -> PortResult<WriteOutcome> {
        let user = row.account.id;
        let Some(mut account) = self.accounts.account(user).await? else {
            return Ok(WriteOutcome::Conflict);
        };
        let mut rows = lock(&self.rows);
        let stored = rows.entry(user).or_default();
        if stored.version != row.version {
            return Ok(WriteOutcome::Conflict);
        }
        stored.version += 1;
        stored.check_at = update.check_at;
        if account.plan != update.plan {
            stored.plan_since = Some(at);
            stored.plan_version = stored.version;
            account.plan = update.plan;
            self.accounts.put_plan(account, at);
        }
        Ok(WriteOutcome::Written)
    }

    async fn set_grant(&self, user: UserId, granted: bool, at: Timestamp) -> PortResult<bool> {
        if self.accounts.account(user).await?.is_none() {
            return Ok(false);
        }
        let mut rows = lock(&self.rows);
        let row = rows.entry(user).or_default();
        row.granted = granted;
        row.check_at = Some(at);
        row.version += 1;
        Ok(true)
    }

    async fn give_premium_to_everyone(
        &self,
        only: Option<UserId>,
        at: Timestamp,
    ) -> PortResult<u64> {
        let mut count = 0;
        for mut account in self.accounts.active() {
            let mut rows = lock(&self.rows);
            let row = rows.entry(account.id).or_default();
            if row.everyone || row.granted || only.is_some_and(|only| only != account.id) {
                continue;
            }
            count += 1;
            row.version += 1;
            row.check_at = None;
            row.everyone = true;
            if account.plan != Plan::Premium {
                row.plan_since = Some(at);
                row.plan_version = row.version;
                account.plan = Plan::Premium;
                self.accounts.put_plan(account, at);
            }
        }
        Ok(count)
    }

    async fn end_premium_of_everyone(&self, at: Timestamp) -> PortResult<u64> {
        let mut rows = lock(&self.rows);
        let ended: Vec<_> = rows.values_mut().filter(|row| row.everyone).collect();
        let count = ended.len() as u64;
        for row in ended {
            row.everyone = false;
            row.check_at = Some(at);
        }
        Ok(count)
    }

    async fn mark_plan_announced(&self, user: UserId, plan_version: i64) -> PortResult<()> {
        let mut rows = lock(&self.rows);
        rows.entry(user).or_default().announced = plan_version;
        Ok(())
    }

    async fn close_billing(&self, user: UserId) -> PortResult<()> {
        lock(&self.rows).entry(user).or_default().customer = None;
        self.accounts.billing_closed(user);
        Ok(())
    }

    async fn users_to_check(
        &self,
        now: Timestamp,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<UserId>> {
        let due = |row: &Row| {
            row.check_at.is_some_and(|at| at <= now) || row.plan_version != row.announced
        };
        let rows = lock(&self.rows);
        let users = rows.iter().filter(|(_, row)| due(row)).map(|(user, _)| *user);
        let mut users: Vec<_> =
            users.filter(|user| after.is_none_or(|after| *user > after)).collect();
        users.sort();
        users.truncate(limit.into());
        Ok(users)
    }

    async fn record_event(&self, event: &StoredEvent, at: Timestamp) -> PortResult<EventState> {
        let new = || FakeEvent {
            event: event.clone(),
            received: at,
            due: at,
            attempts: 0,
            processed: false,
        };
        let mut events = lock(&self.events);
        let stored = events.entry(event.id.clone()).or_insert_with(new);
        Ok(if stored.processed { EventState::Processed } else { EventState::Pending })
    }

    async fn claim_events(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u16,
    ) -> PortResult<Vec<ClaimedEvent>> {
        let mut events = lock(&self.events);
        let mut due: Vec<_> =
            events.values_mut().filter(|event| !event.processed && event.due <= now).collect();
        due.sort_by_key(|event| event.due);
        due.truncate(limit.into());
        let claim = |event: &mut FakeEvent| {
            event.due = until;
            event.attempts += 1;
            ClaimedEvent { event: event.event.clone(), attempt: event.attempts }
        };
        Ok(due.into_iter().map(claim).collect())
    }

    async fn mark_event_processed(&self, id: &str, _at: Timestamp) -> PortResult<()> {
        if let Some(event) = lock(&self.events).get_mut(id) {
            event.processed = true;
        }
        Ok(())
    }

    async fn postpone_event(&self, id: &str, until: Timestamp, _error: &str) -> PortResult<()> {
        if let Some(event) = lock(&self.events).get_mut(id) {
            event.due = until;
        }
        Ok(())
    }

    async fn delete_events(&self, received_before: Timestamp) -> PortResult<u64> {
        let mut unprocessed = 0;
        lock(&self.events).retain(|_, event| {
            let is_old = event.received < received_before;
            unprocessed += u64::from(is_old && !event.processed);
            !is_old
        });
        Ok(unprocessed)
    }
}
