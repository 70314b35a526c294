//! The contract of the inbox of Stripe events, which the in-memory fake and PostgreSQL both fulfill.

use crate::ports::{BillingStore, EventState, StoredEvent};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

/// Checks a store that has no events against the contract of its events.
///
/// # Panics
/// If the store violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn stripe_inbox_contract(store: &dyn BillingStore) {
    let start = Timestamp::from_second(900_000_000).unwrap();
    let at = |secs: i64| start + SignedDuration::from_secs(secs);
    let run = Uuid::new_v4().simple();
    let event = |number: u32| StoredEvent {
        id: format!("evt_{run}_{number}"),
        kind: "invoice.paid".to_owned(),
        body: json!({ "data": { "object": { "customer": "cus_1" } } }),
    };

    for number in 0..6 {
        for _ in 0..2 {
            let state = store.record_event(&event(number), at(i64::from(number))).await.unwrap();
            assert_eq!(state, EventState::Pending);
        }
    }
    assert_eq!(store.claim_events(at(-1), at(60), 9).await.unwrap(), []);

    // Concurrent processes share the events, and each event is taken once.
    let claims = join_all((0..4).map(|_| store.claim_events(at(10), at(60), 2))).await;
    let mut claimed: Vec<_> = claims.into_iter().flat_map(Result::unwrap).collect();
    claimed.sort_by(|one, other| one.event.id.cmp(&other.event.id));
    assert_eq!(claimed.len(), 6);
    for (number, claim) in (0..).zip(&claimed) {
        assert_eq!((&claim.event, claim.attempt), (&event(number), 1));
    }
    assert_eq!(store.claim_events(at(59), at(120), 9).await.unwrap(), []);

    // A processed event is not due again; one whose process died is, and so is a postponed one.
    for number in 0..4 {
        store.mark_event_processed(&event(number).id, at(20)).await.unwrap();
    }
    store.postpone_event(&event(4).id, at(200), "no connection").await.unwrap();
    let again = store.claim_events(at(60), at(120), 9).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0].event, again[0].attempt), (&event(5), 2));
    store.mark_event_processed(&event(5).id, at(61)).await.unwrap();
    let postponed = store.claim_events(at(200), at(260), 9).await.unwrap();
    assert_eq!((&postponed[0].event, postponed[0].attempt), (&event(4), 2));
    store.postpone_event(&event(0).id, at(200), "late").await.unwrap();
    assert_eq!(store.claim_events(at(200), at(260), 9).await.unwrap(), []);
    assert_eq!(store.record_event(&event(0), at(300)).await.unwrap(), EventState::Processed);

    // Old events are deleted, and those that were not processed are counted.
    assert_eq!(store.delete_events(at(0)).await.unwrap(), 0);
    assert_eq!(store.delete_events(at(6)).await.unwrap(), 1);
    assert_eq!(store.record_event(&event(0), at(300)).await.unwrap(), EventState::Pending);
    assert_eq!(store.delete_events(at(301)).await.unwrap(), 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{TestBilling, TestGas};

    #[tokio::test]
    async fn the_fake_fulfills_the_contract() {
        stripe_inbox_contract(&*TestBilling::new(&TestGas::new()).store).await;
    }
}
