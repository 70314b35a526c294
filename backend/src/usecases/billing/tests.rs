//! Tests that plans follow Stripe, whatever the order of its events.

use super::*;
use crate::mail::Notice;
use crate::ports::{
    BillingStore, EventState, Payments, Subscription, SubscriptionStatus as Status,
};
use crate::testkit::{TestBilling, TestGas, subscription};
use gas_runtime::LogCapture;
use gas_shared::billing::{CheckoutForm, CheckoutStatus, RenewalStatus};
use gas_shared::{Account, Plan};
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const DAY: i64 = 24 * 3600;
const DONE: HandledEvents = HandledEvents { done: 1, failed: 0 };
const FAILED: HandledEvents = HandledEvents { done: 0, failed: 1 };
const NOTHING: HandledEvents = HandledEvents { done: 0, failed: 0 };

/// A user with a customer at Stripe.
struct Payer {
    test: TestGas,
    stripe: TestBilling,
    user: Account,
    customer: String,
}

impl Payer {
    async fn new() -> Self {
        let test = TestGas::new();
        let stripe = TestBilling::new(&test);
        let user = test.user("ada", Plan::Free);
        let customer = stripe.store.link_customer(user.id, "cus_ada").await.unwrap().unwrap();
        Self { test, stripe, user, customer }
    }

    fn subscription(&self, id: &str, status: Status) -> Subscription {
        subscription(id, status, self.test.gas.now())
    }

    fn stripe_has(&self, subscriptions: Vec<Subscription>) {
        self.stripe.payments.put(&self.customer, subscriptions);
    }

    async fn receive(&self, id: &str, kind: &str) -> EventState {
        let event = event(id, kind, &self.customer);
        receive_stripe_event(&self.stripe.billing, &event).await.unwrap()
    }

    async fn handle(&self) -> HandledEvents {
        handle_stripe_events(&self.stripe.billing).await.unwrap()
    }

    /// Receives an event and handles it successfully.
    async fn deliver(&self, id: &str, kind: &str) {
        assert_eq!(self.receive(id, kind).await, EventState::Pending);
        assert_eq!(self.handle().await, DONE);
    }

    async fn plan(&self) -> Plan {
        self.test.accounts.get(self.user.id).plan
    }

    async fn renewal_status(&self) -> Option<RenewalStatus> {
        let overview = billing_overview(&self.stripe.billing, self.user.id).await.unwrap();
        overview.subscription.map(|subscription| subscription.renewal_status)
    }
}

fn event(id: &str, kind: &str, customer: &str) -> StripeEvent {
    let json = serde_json::json!({
        "id": id, "type": kind, "livemode": false, "a_field_of_tomorrow": {},
        "data": { "object": { "id": "obj_1", "customer": customer, "status": "anything" } }
    });
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn every_subscription_status_gives_its_plan() {
    for (status, plan) in [
        (Status::Active, Plan::Premium),
        (Status::Trialing, Plan::Premium),
        (Status::PastDue, Plan::Premium),
        (Status::Unpaid, Plan::Free),
        (Status::Canceled, Plan::Free),
        (Status::Incomplete, Plan::Free),
        (Status::IncompleteExpired, Plan::Free),
        (Status::Paused, Plan::Free),
        (Status::Unknown, Plan::Free),
    ] {
        let payer = Payer::new().await;
        payer.stripe_has(vec![payer.subscription("sub_1", status)]);
        payer.deliver("evt_1", "customer.subscription.updated").await;
        assert_eq!(payer.plan().await, plan, "{status:?}");
    }
}

#[tokio::test]
async fn an_event_is_retried_until_it_is_handled_and_then_ignored() {
    let payer = Payer::new().await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    payer.stripe.payments.fail_reads(2);
    assert_eq!(payer.receive("evt_1", "invoice.paid").await, EventState::Pending);
    assert_eq!(payer.handle().await, FAILED);
    assert_eq!(payer.handle().await, NOTHING, "after a pause");
    payer.test.clock.advance_secs(10);
    assert_eq!(payer.handle().await, FAILED);
    payer.test.clock.advance_secs(10);
    assert_eq!(payer.handle().await, NOTHING, "the pause grows");
    assert_eq!(payer.stripe.store.events(), [("evt_1".to_owned(), false)]);
    assert_eq!(payer.plan().await, Plan::Free);

    payer.test.clock.advance_secs(10);
    assert_eq!(payer.handle().await, DONE);
    assert_eq!(payer.plan().await, Plan::Premium);
    assert_eq!(payer.receive("evt_1", "invoice.paid").await, EventState::Processed);
    assert_eq!(payer.handle().await, NOTHING);
    assert_eq!(payer.stripe.store.events(), [("evt_1".to_owned(), true)]);
}

#[tokio::test]
async fn an_event_is_stored_at_once_while_stripe_and_the_job_table_are_slow() {
    let payer = Payer::new().await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    payer.stripe.payments.delay_reads(Duration::from_secs(3600));
    let begun = Instant::now();
    assert_eq!(payer.receive("evt_1", "invoice.paid").await, EventState::Pending);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(payer.stripe.store.events(), [("evt_1".to_owned(), false)]);
}

#[tokio::test]
async fn the_event_of_a_process_that_dies_is_handled_by_another_one() {
    let payer = Payer::new().await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    payer.receive("evt_1", "invoice.paid").await;
    payer.stripe.payments.delay_reads(Duration::from_secs(3600));
    let dying = tokio::time::timeout(Duration::from_millis(20), payer.handle()).await;
    assert!(dying.is_err());
    payer.stripe.payments.delay_reads(Duration::ZERO);
    assert_eq!(payer.handle().await, NOTHING, "the other one may still work on it");
    payer.test.clock.advance_secs(90);
    assert_eq!(payer.handle().await, DONE);
    assert_eq!(payer.plan().await, Plan::Premium);
}

#[tokio::test]
async fn events_are_kept_for_thirty_days() {
    let payer = Payer::new().await;
    payer.deliver("evt_1", "invoice.paid").await;
    payer.test.clock.advance_secs(30 * DAY);
    delete_old_stripe_events(&payer.stripe.billing).await.unwrap();
    assert_eq!(payer.stripe.store.events().len(), 1);
    payer.test.clock.advance_secs(1);
    delete_old_stripe_events(&payer.stripe.billing).await.unwrap();
    assert_eq!(payer.stripe.store.events(), []);
}

#[tokio::test]
async fn a_second_paid_subscription_is_ended() {
    let payer = Payer::new().await;
    let first = payer.subscription("sub_1", Status::Active);
    payer.test.clock.advance_secs(60);
    let second = payer.subscription("sub_2", Status::Active);
    let third = payer.subscription("sub_3", Status::PastDue);
    payer.stripe_has(vec![third, second, first]);
    payer.deliver("evt_1", "checkout.session.completed").await;
    assert_eq!(payer.plan().await, Plan::Premium);
    let left = payer.stripe.payments.subscriptions(&payer.customer).await.unwrap();
    let active: Vec<_> = left.iter().filter(|one| one.status == Status::Active).collect();
    assert_eq!(active.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["sub_1"]);
    let canceled = left.iter().filter(|one| one.status == Status::Canceled).count();
    assert_eq!(canceled, 2);

    // The one that renews stays, even if it is newer.
    let mut ending = payer.subscription("sub_4", Status::Active);
    ending.ends_at = Some(ending.period_end);
    payer.test.clock.advance_secs(60);
    payer.stripe_has(vec![ending, payer.subscription("sub_5", Status::Active)]);
    payer.deliver("evt_2", "checkout.session.completed").await;
    let left = payer.stripe.payments.subscriptions(&payer.customer).await.unwrap();
    let active: Vec<_> = left.iter().filter(|one| one.status == Status::Active).collect();
    assert_eq!(active.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["sub_5"]);
}

#[tokio::test]
async fn the_end_of_an_old_subscription_does_not_affect_a_newer_one() {
    let payer = Payer::new().await;
    let old = payer.subscription("sub_old", Status::Canceled);
    payer.test.clock.advance_secs(DAY);
    payer.stripe_has(vec![payer.subscription("sub_new", Status::Active), old]);
    payer.deliver("evt_new", "customer.subscription.created").await;
    payer.deliver("evt_old", "customer.subscription.deleted").await;
    assert_eq!(payer.plan().await, Plan::Premium);
}

#[tokio::test]
async fn another_price_or_mode_gives_nothing() {
    let payer = Payer::new().await;
    let mut other = payer.subscription("sub_1", Status::Active);
    other.price_id = "price_cheap".to_owned();
    let mut live = payer.subscription("sub_2", Status::Active);
    live.livemode = true;
    payer.stripe_has(vec![other, live]);
    payer.deliver("evt_1", "customer.subscription.created").await;
    assert_eq!(payer.plan().await, Plan::Free);
    assert_eq!(payer.renewal_status().await, None);
}

#[tokio::test]
async fn events_of_unknown_customers_other_modes_and_other_types_are_ignored() {
    let payer = Payer::new().await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    let billing = &payer.stripe.billing;
    let stranger = event("evt_1", "invoice.paid", "cus_stranger");
    let mut live = event("evt_2", "invoice.paid", &payer.customer);
    live.livemode = true;
    let other = event("evt_3", "customer.created", &payer.customer);
    for event in [stranger, live, other] {
        receive_stripe_event(billing, &event).await.unwrap();
        assert_eq!(payer.handle().await, DONE);
    }
    assert!(payer.stripe.store.events().iter().all(|(_, processed)| *processed));
    assert_eq!(payer.plan().await, Plan::Free);
}

#[tokio::test]
async fn premium_ends_seven_days_after_a_failed_renewal_without_any_event() {
    let payer = Payer::new().await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::PastDue)]);
    payer.deliver("evt_1", "invoice.payment_failed").await;
    let until = payer.test.gas.now() + SignedDuration::from_secs(7 * DAY);
    assert_eq!(payer.renewal_status().await, Some(RenewalStatus::PastDue { premium_until: until }));
    assert_eq!(payer.stripe.store.check_at(payer.user.id), Some(until));

    payer.test.clock.advance_secs(7 * DAY - 1);
    assert_eq!(check_plans(&payer.stripe.billing).await.unwrap(), 0);
    assert_eq!(payer.plan().await, Plan::Premium);
    payer.test.clock.advance_secs(1);
    assert_eq!(check_plans(&payer.stripe.billing).await.unwrap(), 1);
    assert_eq!(payer.plan().await, Plan::Free);
    assert_eq!(payer.renewal_status().await, Some(RenewalStatus::Unpaid));
    assert_eq!(check_plans(&payer.stripe.billing).await.unwrap(), 0);
}

#[tokio::test]
async fn users_get_notices_of_premium_and_of_unpaid_charges() {
    let payer = Payer::new().await;
    let (id, since) = (payer.user.id, payer.test.gas.now());
    let notices = || -> Vec<Notice> {
        let bodies = payer.test.notices.bodies();
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    };
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    // The event of the failure arrives after the payment.
    payer.deliver("evt_1", "invoice.payment_failed").await;
    payer.deliver("evt_2", "invoice.paid").await;
    let welcome = Notice::Welcome { user_id: id, since };
    assert_eq!(notices(), std::slice::from_ref(&welcome));
    assert_eq!(payer.test.start_thaw.len(), 1);

    payer.stripe_has(vec![payer.subscription("sub_1", Status::PastDue)]);
    payer.deliver("evt_3", "invoice.payment_failed").await;
    let failed = Notice::PaymentFailed { user_id: id, invoice: "obj_1".to_owned() };
    assert_eq!(notices(), [welcome, failed]);
}

#[tokio::test]
async fn a_lost_event_is_recovered_after_the_period() {
    let payer = Payer::new().await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    payer.deliver("evt_1", "invoice.paid").await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Canceled)]);
    payer.test.clock.advance_secs(30 * DAY);
    assert_eq!(check_plans(&payer.stripe.billing).await.unwrap(), 0);
    payer.test.clock.advance_secs(2 * 3600);
    assert_eq!(check_plans(&payer.stripe.billing).await.unwrap(), 1);
    assert_eq!(payer.plan().await, Plan::Free);
}

#[tokio::test]
async fn plans_that_cannot_be_checked_do_not_block_others() {
    let test = TestGas::new();
    let stripe = TestBilling::new(&test);
    let now = test.gas.now();
    let failing = u32::from(super::sync_plan::PAGE);
    for number in 0..=failing {
        let user = test.user(&format!("user{number}"), Plan::Free);
        stripe.store.link_customer(user.id, &format!("cus_{number}")).await.unwrap();
        let row = stripe.store.billing_of(user.id).await.unwrap().unwrap();
        let due = crate::ports::BillingUpdate {
            plan: Plan::Free,
            subscription: None,
            check_at: Some(now),
        };
        stripe.store.write_billing(&row, &due, now).await.unwrap();
    }
    stripe.payments.fail_reads(failing);
    assert_eq!(check_plans(&stripe.billing).await.unwrap(), failing as usize + 1);
    let left = stripe.store.users_to_check(now, None, u16::MAX).await.unwrap();
    assert_eq!(left.len(), failing as usize);
}

#[tokio::test]
async fn a_change_that_was_stored_but_not_announced_is_announced_later() {
    let payer = Payer::new().await;
    let store = &payer.stripe.store;
    let subscription = payer.subscription("sub_1", Status::Active);
    payer.stripe_has(vec![subscription.clone()]);
    // A process dies after it has written the plan.
    let row = store.billing_of(payer.user.id).await.unwrap().unwrap();
    let found = crate::ports::BillingUpdate {
        plan: Plan::Premium,
        subscription: Some(&subscription),
        check_at: None,
    };
    store.write_billing(&row, &found, payer.test.gas.now()).await.unwrap();
    assert!(!store.billing_of(payer.user.id).await.unwrap().unwrap().announced);
    assert_eq!(check_plans(&payer.stripe.billing).await.unwrap(), 1);
    assert!(store.billing_of(payer.user.id).await.unwrap().unwrap().announced);
    // An outdated row cannot overwrite a newer one.
    let late = store.write_billing(&row, &found, payer.test.gas.now()).await.unwrap();
    assert_eq!(late, crate::ports::WriteOutcome::Conflict);
}

#[tokio::test]
async fn two_clicks_open_one_checkout_and_a_subscriber_cannot_open_one() {
    let test = TestGas::new();
    let stripe = TestBilling::new(&test);
    let ada = test.user("ada", Plan::Free);
    let begin = || start_checkout(&stripe.billing, &ada, CheckoutForm::Embedded);
    assert_eq!(begin().await.unwrap(), begin().await.unwrap());
    test.clock.advance_secs(3600);
    assert_eq!(stripe.payments.attempts().len(), 1);

    let customer = format!("cus_{}", ada.id);
    let now = test.gas.now();
    stripe.payments.put(&customer, vec![subscription("sub_1", Status::Active, now)]);
    assert!(matches!(begin().await.unwrap_err(), BillingError::AlreadySubscribed));
    stripe.payments.put(&customer, vec![subscription("sub_1", Status::Unpaid, now)]);
    assert!(matches!(begin().await.unwrap_err(), BillingError::PaymentDue));
    stripe.payments.put(&customer, vec![subscription("sub_1", Status::Canceled, now)]);
    begin().await.unwrap();
}

#[tokio::test]
async fn a_user_has_one_open_checkout() {
    use CheckoutStatus::{Expired, Open};
    let test = TestGas::new();
    let stripe = TestBilling::new(&test);
    let ada = test.user("ada", Plan::Free);
    let statuses =
        || -> Vec<_> { stripe.payments.attempts().into_iter().map(|(_, status)| status).collect() };
    for (form, expected) in [
        (CheckoutForm::Embedded, vec![Open]),
        (CheckoutForm::Embedded, vec![Open]),
        (CheckoutForm::Hosted, vec![Expired, Open]),
        (CheckoutForm::Hosted, vec![Expired, Open]),
        (CheckoutForm::Embedded, vec![Expired, Expired, Open]),
    ] {
        start_checkout(&stripe.billing, &ada, form).await.unwrap();
        assert_eq!(statuses(), expected);
    }
    // One that is about to end is replaced.
    test.clock.advance_secs(5400);
    start_checkout(&stripe.billing, &ada, CheckoutForm::Embedded).await.unwrap();
    assert_eq!(statuses(), [Expired, Expired, Expired, Open]);

    // Two at the same moment: Stripe creates one for both, or rejects the second one.
    let eve = test.user("eve", Plan::Free);
    let begin = |form| start_checkout(&stripe.billing, &eve, form);
    let (one, same) = futures::join!(begin(CheckoutForm::Hosted), begin(CheckoutForm::Hosted));
    assert_eq!(one.unwrap(), same.unwrap());
    assert_eq!(statuses().len(), 5);
}

#[tokio::test]
async fn a_complete_checkout_grants_nothing_and_is_private() {
    let payer = Payer::new().await;
    let eve = payer.test.user("eve", Plan::Free);
    payer.stripe.store.link_customer(eve.id, "cus_eve").await.unwrap();
    payer.stripe.payments.add_checkout("cs_1", &payer.customer, CheckoutStatus::Complete);
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    let billing = &payer.stripe.billing;
    let own = checkout_status(billing, payer.user.id, "cs_1").await.unwrap();
    assert_eq!(own, CheckoutStatus::Complete);
    assert_eq!(payer.plan().await, Plan::Free, "only an event changes the plan");
    for other in ["cs_1", "cs_none", "../customers/cus_ada", ""] {
        let rejected = checkout_status(billing, eve.id, other).await.unwrap_err();
        assert!(matches!(rejected, BillingError::NoCheckout));
    }
}

#[tokio::test]
async fn a_cancelled_subscription_can_be_resumed_until_it_ends() {
    let payer = Payer::new().await;
    let subscription = payer.subscription("sub_1", Status::Active);
    let end = subscription.period_end;
    payer.stripe_has(vec![subscription]);
    let (billing, user) = (&payer.stripe.billing, payer.user.id);
    let cancelled = cancel_subscription(billing, user).await.unwrap();
    assert_eq!(cancelled.subscription.unwrap().renewal_status, RenewalStatus::Ends { at: end });
    let resumed = resume_subscription(billing, user).await.unwrap();
    assert_eq!(resumed.subscription.unwrap().renewal_status, RenewalStatus::Renews { at: end });
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Canceled)]);
    let rejected = resume_subscription(billing, user).await.unwrap_err();
    assert!(matches!(rejected, BillingError::NoSubscription));
}

/// The states at Stripe in a test: the first subscription is bought, becomes unpaid, and ends;
/// another is bought and may end, too.
fn history(payer: &Payer, ends_free: bool) -> Vec<(&'static str, Vec<Subscription>)> {
    let first = |status| payer.subscription("sub_1", status);
    let later = payer.test.gas.now() + SignedDuration::from_secs(DAY);
    let second = |status| subscription("sub_2", status, later);
    let mut steps = vec![
        ("checkout.session.completed", vec![first(Status::Active)]),
        ("customer.subscription.created", vec![first(Status::Active)]),
        ("invoice.paid", vec![first(Status::Active)]),
        ("invoice.payment_failed", vec![first(Status::PastDue)]),
        ("customer.subscription.deleted", vec![first(Status::Canceled)]),
        ("checkout.session.completed", vec![second(Status::Active), first(Status::Canceled)]),
        ("customer.subscription.created", vec![second(Status::Active), first(Status::Canceled)]),
    ];
    if ends_free {
        let over = vec![second(Status::Canceled), first(Status::Canceled)];
        steps.push(("customer.subscription.deleted", over));
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Stripe's state changes while its events are delivered, twice each and in any order, but
    /// never before the change that they are about.
    #[test]
    fn shuffled_and_duplicated_events_give_the_same_plan(
        keys in proptest::collection::vec(any::<u16>(), 16),
        ends_free in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let payer = Payer::new().await;
            let steps = history(&payer, ends_free);
            // The key of each delivery is a time after its step.
            let mut deliveries: Vec<(u32, usize)> = keys
                .iter()
                .enumerate()
                .map(|(n, key)| (u32::from(*key), n % steps.len()))
                .collect();
            deliveries.extend((0..steps.len()).map(|step| (u32::MAX, step)));
            deliveries.sort_unstable();
            let mut at = 0;
            for (moment, step) in deliveries {
                at = at.max(step).max(moment as usize * steps.len() / 65_536).min(steps.len() - 1);
                payer.stripe_has(steps[at].1.clone());
                payer.receive(&format!("evt_{step}"), steps[step].0).await;
                // Two processes, at any time after the receipt.
                if (moment / 7) % 3 > 0 {
                    let (one, other) = futures::join!(payer.handle(), payer.handle());
                    assert_eq!((one.failed, other.failed), (0, 0));
                }
            }
            payer.handle().await;
            assert!(payer.stripe.store.events().iter().all(|(_, processed)| *processed));
            let expected = if ends_free { Plan::Free } else { Plan::Premium };
            assert_eq!(payer.plan().await, expected);
            assert_eq!(payer.stripe.store.events().len(), steps.len());
        });
    }
}

#[tokio::test]
async fn refunds_and_disputes_alert_an_operator_and_change_no_plan() {
    let payer = Payer::new().await;
    payer.stripe_has(vec![payer.subscription("sub_1", Status::Active)]);
    payer.deliver("evt_0", "customer.subscription.created").await;
    for (id, kind) in [("evt_1", "charge.refunded"), ("evt_2", "charge.dispute.created")] {
        let log = LogCapture::start();
        payer.deliver(id, kind).await;
        // An event that is delivered again alerts nobody again.
        assert_eq!(payer.receive(id, kind).await, EventState::Processed);
        let lines: Vec<Value> =
            log.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let alerts: Vec<_> =
            lines.iter().filter(|line| line["fields"]["alert"] == "payment").collect();
        assert_eq!(alerts.len(), 1, "{lines:?}");
        assert_eq!(alerts[0]["level"], "ERROR");
        let fields = &alerts[0]["fields"];
        assert_eq!((&fields["event_id"], &fields["kind"]), (&json!(id), &json!(kind)));
        assert_eq!(fields["object"], "obj_1");
    }
    assert_eq!(payer.plan().await, Plan::Premium);
}
