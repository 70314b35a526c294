//! Receives and handles events of Stripe.
//!
//! The table of events is an inbox: an event is stored, then acknowledged, then handled. Handling is
//! repeated until it succeeds, also after a crash, so every event is handled at least once, in any
//! order.

use super::sync_plan::sync_plan;
use super::{BillingError, sales};
use crate::mail::Notice;
use crate::ports::{
    ClaimedEvent, EventState, PortError, PortResult, StoredEvent, SubscriptionStatus,
};
use crate::usecases::publish;
use crate::{Billing, chain};
use futures::future::join_all;
use gas_shared::UserId;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The number of events that a process handles at the same time.
const BATCH: u16 = 4;

/// How long one attempt may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// After this time without a result, another process handles the event. Longer than [`TIME_LIMIT`].
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// The pause after the first failed attempt, in seconds. It doubles with every attempt.
const FIRST_PAUSE_SECS: i64 = 10;

/// The longest pause between attempts, in seconds.
const LONGEST_PAUSE_SECS: i64 = 3600;

/// How long events are kept. Stripe delivers an event for three days, and must find it known; a
/// delivery that is repeated later is rejected for its old signature.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The fields of an event that GAS uses. Others may change with Stripe's API version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Data {
    object: Object,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Object {
    id: Option<String>,
    customer: Option<Reference>,
}

/// A reference to another object: its id, or the expanded object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The event has another type, customer or mode.
    Ignored,
}

/// The result of handling the events that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandledEvents {
    /// Events that were handled.
    pub done: u32,
    /// Events that failed; they are handled again later.
    pub failed: u32,
}

/// The meaning of an event for GAS.
enum EventMeaning {
    /// The customer's subscriptions may have changed.
    Subscription,
    /// A payment failed, and the customer's subscriptions may have changed.
    PaymentFailed,
    /// A refund or dispute, which an operator must decide.
    Alert,
    Nothing,
}

impl StripeEvent {
    fn meaning(&self) -> EventMeaning {
        match self.kind.as_str() {
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "customer.subscription.created"
            | "customer.subscription.updated"
            | "customer.subscription.deleted"
            | "customer.subscription.paused"
            | "customer.subscription.resumed"
            | "invoice.paid" => EventMeaning::Subscription,
            "invoice.payment_failed" => EventMeaning::PaymentFailed,
            "charge.refunded" | "charge.dispute.created" => EventMeaning::Alert,
            _ => EventMeaning::Nothing,
        }
    }

    fn customer(&self) -> Option<&str> {
        self.data.object.customer.as_ref().map(|customer| match customer {
            Reference::Id(id) | Reference::Whole { id } => id.as_str(),
        })
    }
}

/// Stores an event whose signature was verified. Acknowledge it if this succeeds; [`handle_stripe_events`]
/// does the rest.
///
/// # Errors
/// If PostgreSQL fails. Respond with an error, so that Stripe delivers the event again.
pub async fn receive_stripe_event(
    billing: &Billing,
    event: &StripeEvent,
) -> PortResult<EventState> {
    let body = serde_json::to_value(event)
        .map_err(|error| PortError::new("write an event of Stripe as JSON", error))?;
    let stored = StoredEvent { id: event.id.clone(), kind: event.kind.clone(), body };
    billing.store.record_event(&stored, billing.gas.now()).await
}

/// Handles the stored events that are due. An event that fails is due again later, after a growing
/// pause.
///
/// # Errors
/// If the events cannot be read.
pub async fn handle_stripe_events(billing: &Billing) -> PortResult<HandledEvents> {
    let mut handled = HandledEvents::default();
    loop {
        let now = billing.gas.now();
        let claimed = billing.store.claim_events(now, now + LEASE, BATCH).await?;
        if claimed.is_empty() {
            return Ok(handled);
        }
        for is_done in join_all(claimed.iter().map(|event| handle(billing, event))).await {
            handled.done += u32::from(is_done);
            handled.failed += u32::from(!is_done);
        }
    }
}

/// Deletes events that Stripe no longer delivers.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn delete_old_stripe_events(billing: &Billing) -> PortResult<()> {
    let unprocessed = billing.store.delete_events(billing.gas.now() - KEPT).await?;
    if unprocessed > 0 {
        tracing::error!(unprocessed, "deleted Stripe events that failed for 30 days");
    }
    Ok(())
}

/// Handles a claimed event, and records the result. If that fails, the event is handled again when
/// its lease ends. Returns whether the event was handled.
#[tracing::instrument(name = "stripe_event", skip_all, fields(event_id = claimed.event.id, kind = claimed.event.kind, attempt = claimed.attempt))]
async fn handle(billing: &Billing, claimed: &ClaimedEvent) -> bool {
    let id = &claimed.event.id;
    let outcome = match tokio::time::timeout(TIME_LIMIT, handle_body(billing, claimed)).await {
        Ok(outcome) => outcome,
        Err(elapsed) => Err(PortError::new("handle the event in time", elapsed).into()),
    };
    let recorded = match &outcome {
        Ok(outcome) => {
            tracing::info!(?outcome, "handled a Stripe event");
            billing.store.mark_event_processed(id, billing.gas.now()).await
        }
        Err(error) => {
            let error = chain(error).to_string();
            tracing::error!(error, "failed to handle a Stripe event; it is handled again");
            let until = billing.gas.now() + pause_after(claimed.attempt);
            billing.store.postpone_event(id, until, &error).await
        }
    };
    if let Err(error) = recorded {
        tracing::error!(error = %chain(&error), "the result of a Stripe event was not stored");
    }
    outcome.is_ok()
}

fn pause_after(attempt: u32) -> SignedDuration {
    let doubled = FIRST_PAUSE_SECS.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    SignedDuration::from_secs(doubled.min(LONGEST_PAUSE_SECS))
}

async fn handle_body(
    billing: &Billing,
    claimed: &ClaimedEvent,
) -> Result<EventOutcome, BillingError> {
    let event = StripeEvent::deserialize(&claimed.event.body)
        .map_err(|error| PortError::new("read the stored event", error))?;
    act(billing, &event).await
}

async fn act(billing: &Billing, event: &StripeEvent) -> Result<EventOutcome, BillingError> {
    let sales = sales(billing)?;
    if event.livemode != sales.offer.livemode {
        tracing::warn!(event_id = event.id, "event of the other mode (live or test) ignored");
        return Ok(EventOutcome::Ignored);
    }
    match event.meaning() {
        EventMeaning::Nothing => Ok(EventOutcome::Ignored),
        EventMeaning::Alert => {
            let object = event.data.object.id.as_deref().unwrap_or("unknown");
            tracing::error!(
                alert = "payment",
                event_id = event.id,
                kind = event.kind,
                object,
                "refund or dispute; decide about the subscription in Stripe's dashboard"
            );
            Ok(EventOutcome::Done)
        }
        EventMeaning::Subscription => match user_of(billing, event).await? {
            Some(user) => sync_plan(billing, user).await.map(|_| EventOutcome::Done),
            None => Ok(EventOutcome::Ignored),
        },
        EventMeaning::PaymentFailed => match user_of(billing, event).await? {
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
