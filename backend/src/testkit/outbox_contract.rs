//! The contract of [`Outbox`], which the in-memory fake and PostgreSQL both fulfill.

use crate::ports::{MailClaim, MailEvent, Outbox};
use futures::future::join_all;
use gas_shared::UserId;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn event_of(user: UserId) -> MailEvent {
    let id = Uuid::new_v4();
    MailEvent {
        key: format!("test/{id}"),
        user,
        message: json!({"welcome": {"user_id": id, "since": "2026-11-24T14:00:00Z"}}),
    }
}

/// Checks an outbox against the contract of its port. `user` must have a profile. Other rows of the
/// outbox do not matter.
///
/// # Panics
/// If the outbox violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn outbox_contract(outbox: &dyn Outbox, user: UserId) {
    // In the past, so that these are the oldest unsent mails.
    let start = Timestamp::from_second(1_000_000_000).unwrap();
    let taken = |attempt| MailClaim::Taken { attempt, recorded_at: start };
    let claim = async |event: &MailEvent, secs: i64| {
        outbox.claim(event, start + SignedDuration::from_secs(secs), LEASE).await.unwrap()
    };
    let unsent = async |secs: i64| {
        let now = start + SignedDuration::from_secs(secs);
        outbox.unsent(start, now, LEASE, 100).await.unwrap()
    };

    let one = event_of(user);
    let claims = join_all((0..8).map(|_| claim(&one, 0))).await;
    assert_eq!(claims.iter().filter(|claim| **claim == taken(1)).count(), 1);
    assert_eq!(claims.iter().filter(|claim| **claim == MailClaim::Busy).count(), 7);

    assert_eq!(claim(&one, 59).await, MailClaim::Busy, "the lease has not expired");
    assert!(!unsent(59).await.contains(&one.message), "it is claimed");
    assert!(unsent(60).await.contains(&one.message));
    assert_eq!(claim(&one, 60).await, taken(2), "the lease of the first has expired");

    outbox.release(&one.key, 1, "late").await.unwrap();
    assert_eq!(
        claim(&one, 61).await,
        MailClaim::Busy,
        "an attempt that lost its claim cannot release it"
    );
    outbox.release(&one.key, 2, "throttled").await.unwrap();
    assert!(unsent(61).await.contains(&one.message));
    assert_eq!(claim(&one, 61).await, taken(3));

    outbox.mark_sent(&one.key, "ses-1", start).await.unwrap();
    outbox.release(&one.key, 3, "late").await.unwrap();
    outbox.give_up(&one.key, "late", start).await.unwrap();
    assert_eq!(claim(&one, 1_000).await, MailClaim::Settled);
    assert!(!unsent(1_000).await.contains(&one.message));

    let other = event_of(user);
    assert_eq!(claim(&other, 0).await, taken(1), "another event is another mail");
    outbox.give_up(&other.key, "rejected", start).await.unwrap();
    assert_eq!(claim(&other, 1_000).await, MailClaim::Settled);
    assert!(!unsent(1_000).await.contains(&other.message));

    let orphan = event_of(UserId::new(Uuid::new_v4()));
    assert_eq!(claim(&orphan, 0).await, MailClaim::NoUser);
    assert!(!unsent(60).await.contains(&orphan.message), "nothing is recorded for an unknown user");
}
