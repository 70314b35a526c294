//! Derives plan and renewal status from a customer's subscriptions.

use crate::Offer;
use crate::ports::{BillingUpdate, Subscription, SubscriptionStatus as Status};
use gas_shared::Plan;
use gas_shared::billing::{PAST_DUE_GRACE_DAYS, RenewalStatus};
use jiff::{SignedDuration, Timestamp};

/// Stripe charges about an hour after the end of a period. After this time its event is overdue.
const CHECK_AFTER_PERIOD: SignedDuration = SignedDuration::from_hours(2);

/// The pause before the next check if Stripe's event is overdue.
const CHECK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Derives the plan from a customer's deciding subscription.
pub(super) fn found<'a>(
    all: &'a [Subscription],
    offer: &Offer,
    now: Timestamp,
) -> BillingUpdate<'a> {
    let subscription = deciding(all, offer, now);
    let plan = subscription.map_or(Plan::Free, |subscription| plan_of(subscription, now));
    let check_at = subscription.filter(|_| plan == Plan::Premium).map(|subscription| {
        match subscription.status {
            Status::PastDue => grace_end(subscription),
            _ => {
                let end = subscription.ends_at.unwrap_or(subscription.period_end);
                (end + CHECK_AFTER_PERIOD).max(now + CHECK_AGAIN)
            }
        }
    });
    BillingUpdate { plan, subscription, check_at }
}

/// The deciding subscription among those of our price and mode: one that gives Premium is
/// preferred, then one that has not ended, then the newest.
pub(super) fn deciding<'a>(
    all: &'a [Subscription],
    offer: &Offer,
    now: Timestamp,
) -> Option<&'a Subscription> {
    let ours = all.iter().filter(|one| is_ours(one, offer));
    ours.max_by_key(|one| {
        (
            plan_of(one, now) == Plan::Premium,
            renewal_status(one, now).is_some(),
            one.created,
            &one.id,
        )
    })
}

/// The subscriptions of our price and mode that a customer pays in addition to another one. The
/// oldest one that is paid and renews remains.
pub(super) fn redundant<'a>(all: &'a [Subscription], offer: &Offer) -> Vec<&'a Subscription> {
    let charged = |one: &&Subscription| matches!(one.status, Status::Active | Status::PastDue);
    let mut ours: Vec<_> = all.iter().filter(|one| is_ours(one, offer)).filter(charged).collect();
    ours.sort_by_key(|one| {
        (one.status != Status::Active, one.ends_at.is_some(), one.created, one.id.clone())
    });
    ours.split_off(ours.len().min(1))
}

/// The renewal status of a subscription; `None` if it has ended or never began.
pub(super) fn renewal_status(subscription: &Subscription, now: Timestamp) -> Option<RenewalStatus> {
    match subscription.status {
        Status::Active | Status::Trialing => Some(match subscription.ends_at {
            Some(at) => RenewalStatus::Ends { at },
            None => RenewalStatus::Renews { at: subscription.period_end },
        }),
        Status::PastDue if now < grace_end(subscription) => {
            Some(RenewalStatus::PastDue { premium_until: grace_end(subscription) })
        }
        Status::PastDue | Status::Unpaid => Some(RenewalStatus::Unpaid),
        Status::Canceled
        | Status::Incomplete
        | Status::IncompleteExpired
        | Status::Paused
        | Status::Unknown => None,
    }
}

fn plan_of(subscription: &Subscription, now: Timestamp) -> Plan {
    match renewal_status(subscription, now) {
        Some(
            RenewalStatus::Renews { .. }
            | RenewalStatus::Ends { .. }
            | RenewalStatus::PastDue { .. },
        ) => Plan::Premium,
        Some(RenewalStatus::Unpaid) | None => Plan::Free,
    }
}

/// The payment of a period is due at its start, so an unpaid period is overdue from its start.
fn grace_end(subscription: &Subscription) -> Timestamp {
    subscription.period_start + SignedDuration::from_hours(24 * PAST_DUE_GRACE_DAYS)
}

fn is_ours(subscription: &Subscription, offer: &Offer) -> bool {
    subscription.price_id == offer.price_id && subscription.livemode == offer.livemode
}
