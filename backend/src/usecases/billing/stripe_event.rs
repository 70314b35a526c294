//! Stripe tells that something happened.

use super::BillingError;
use super::sync_plan::sync_plan;
use crate::Billing;
use crate::mail::Notice;
use crate::ports::{EventState, SubscriptionStatus};
use crate::usecases::publish;
use gas_shared::UserId;
use serde::Deserialize;

/// As much of an event as GAS uses, so that the rest may change with Stripe's API version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StripeEvent {
    /// Its id: the same in every delivery.
    pub id: String,
    /// What happened, such as `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is about real money.
    pub livemode: bool,
    data: Data,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Data {
    object: Object,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Object {
    id: Option<String>,
    customer: Option<Reference>,
}

/// Stripe names another object by its id, or puts it in whole.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Reference {
    Id(String),
    Whole { id: String },
}

/// What came of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// It was acted on.
    Done,
    /// It was acted on before.
    Duplicate,
    /// It is not for us: of another kind, another customer, or not the mode of this deployment.
    Ignored,
}

/// What an event means to us.
enum Meaning {
    /// The customer's subscriptions may have changed.
    Subscription,
    /// As above, and a charge failed.
    PaymentFailed,
    /// Money goes back: a person must decide.
    Alert,
    Nothing,
}

impl StripeEvent {
    fn meaning(&self) -> Meaning {
        match self.kind.as_str() {
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "customer.subscription.created"
            | "customer.subscription.updated"
            | "customer.subscription.deleted"
            | "customer.subscription.paused"
            | "customer.subscription.resumed"
            | "invoice.paid" => Meaning::Subscription,
            "invoice.payment_failed" => Meaning::PaymentFailed,
            "charge.refunded" | "charge.dispute.created" => Meaning::Alert,
            _ => Meaning::Nothing,
        }
    }

    fn customer(&self) -> Option<&str> {
        self.data.object.customer.as_ref().map(|customer| match customer {
            Reference::Id(id) | Reference::Whole { id } => id.as_str(),
        })
    }
}

/// Acts on an event whose signature was checked.
///
/// The event is noted first and marked as processed last. Where this fails or the process dies in
/// between, Stripe delivers again and the work is done then; all of it may be done twice.
///
/// # Errors
/// Where PostgreSQL, Stripe or SNS fail: answer so that Stripe delivers again.
pub async fn handle_stripe_event(
    billing: &Billing,
    event: &StripeEvent,
) -> Result<EventOutcome, BillingError> {
    let clock = &billing.gas.jobs.clock;
    let state = billing.store.record_event(&event.id, &event.kind, clock.now()).await?;
    if state == EventState::Processed {
        return Ok(EventOutcome::Duplicate);
    }
    let outcome = act(billing, event).await?;
    billing.store.mark_event_processed(&event.id, clock.now()).await?;
    Ok(outcome)
}

async fn act(billing: &Billing, event: &StripeEvent) -> Result<EventOutcome, BillingError> {
    if event.livemode != billing.offer.livemode {
        tracing::warn!(event = event.id, "an event of the other mode (live or test) was ignored");
        return Ok(EventOutcome::Ignored);
    }
    match event.meaning() {
        Meaning::Nothing => Ok(EventOutcome::Ignored),
        Meaning::Alert => {
            let object = event.data.object.id.as_deref().unwrap_or("unknown");
            tracing::error!(
                event = event.id,
                kind = event.kind,
                object,
                "money goes back to a customer; decide about the subscription in Stripe's dashboard"
            );
            Ok(EventOutcome::Done)
        }
        Meaning::Subscription => match user_of(billing, event).await? {
            Some(user) => sync_plan(billing, user).await.map(|_| EventOutcome::Done),
            None => Ok(EventOutcome::Ignored),
        },
        Meaning::PaymentFailed => match user_of(billing, event).await? {
            Some(user) => {
                tell_if_unpaid(billing, user, event).await?;
                Ok(EventOutcome::Done)
            }
            None => Ok(EventOutcome::Ignored),
        },
    }
}

/// Tells the user of the failed charge, unless it was made good before the event came.
async fn tell_if_unpaid(
    billing: &Billing,
    user: UserId,
    event: &StripeEvent,
) -> Result<(), BillingError> {
    let status = sync_plan(billing, user).await?;
    let unpaid = matches!(status, Some(SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid));
    if let (true, Some(invoice)) = (unpaid, &event.data.object.id) {
        let notice = Notice::PaymentFailed { user_id: user, invoice: invoice.clone() };
        publish(&*billing.gas.notices, &notice).await?;
    }
    Ok(())
}

/// Whose event it is, by our own database: what Stripe's objects say of users was once sent to it,
/// but is not asked.
async fn user_of(billing: &Billing, event: &StripeEvent) -> Result<Option<UserId>, BillingError> {
    let Some(customer) = event.customer() else { return Ok(None) };
    let row = billing.store.billing_of_customer(customer).await?;
    Ok(row.map(|row| row.account.id))
}
