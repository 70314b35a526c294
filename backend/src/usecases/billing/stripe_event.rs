//! Handles events of Stripe.

use super::BillingError;
use super::sync_plan::sync_plan;
use crate::Billing;
use crate::mail::Notice;
use crate::ports::{EventState, SubscriptionStatus};
use crate::usecases::publish;
use gas_shared::UserId;
use serde::Deserialize;

/// The fields of an event that GAS uses. Others may change with Stripe's API version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StripeEvent {
    /// The id, which is the same in every delivery.
    pub id: String,
    /// The type, such as `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the event is of live mode, not test mode.
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

/// A reference to another object: its id, or the expanded object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Reference {
    Id(String),
    Whole { id: String },
}

/// The outcome of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// The event was handled.
    Done,
    /// The event was handled before.
    Duplicate,
    /// The event has another type, customer or mode.
    Ignored,
}

/// The meaning of an event for GAS.
enum Meaning {
    /// The customer's subscriptions may have changed.
    Subscription,
    /// A payment failed, and the customer's subscriptions may have changed.
    PaymentFailed,
    /// A refund or dispute, which an operator must decide.
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

/// Handles an event whose signature was verified.
///
/// The event is recorded first and marked as processed last. If the process dies in between, Stripe
/// delivers the event again and all steps are repeated, which is harmless.
///
/// # Errors
/// If PostgreSQL, Stripe or SNS fails. Respond with an error, so that Stripe delivers the event
/// again.
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
        tracing::warn!(event_id = event.id, "event of the other mode (live or test) ignored");
        return Ok(EventOutcome::Ignored);
    }
    match event.meaning() {
        Meaning::Nothing => Ok(EventOutcome::Ignored),
        Meaning::Alert => {
            let object = event.data.object.id.as_deref().unwrap_or("unknown");
            tracing::error!(
                event_id = event.id,
                kind = event.kind,
                object,
                "refund or dispute; decide about the subscription in Stripe's dashboard"
            );
            Ok(EventOutcome::Done)
        }
        Meaning::Subscription => match user_of(billing, event).await? {
            Some(user) => sync_plan(billing, user).await.map(|_| EventOutcome::Done),
            None => Ok(EventOutcome::Ignored),
        },
        Meaning::PaymentFailed => match user_of(billing, event).await? {
            Some(user) => {
                notify_if_unpaid(billing, user, event).await?;
                Ok(EventOutcome::Done)
            }
            None => Ok(EventOutcome::Ignored),
        },
    }
}

/// Publishes the notice of a failed payment, unless it was paid before the event arrived.
async fn notify_if_unpaid(
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

/// The user of an event, found by the customer in the database. The user id in the metadata of
/// Stripe's objects is not used.
async fn user_of(billing: &Billing, event: &StripeEvent) -> Result<Option<UserId>, BillingError> {
    let Some(customer) = event.customer() else { return Ok(None) };
    let row = billing.store.billing_of_customer(customer).await?;
    Ok(row.map(|row| row.account.id))
}
