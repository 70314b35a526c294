//! The contract of [`Outbox`], which the in-memory fake and PostgreSQL both fulfill.

use crate::ports::{Held, JOB_RESULT_KEYS, MailClaim, MailEvent, Outbox};
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

    outbox.mark_sent(std::slice::from_ref(&one.key), "ses-1", start).await.unwrap();
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
    waiting_contract(outbox, user, start).await;
}

/// Checks mails that wait to be sent together.
#[expect(clippy::unwrap_used, reason = "for tests only")]
async fn waiting_contract(outbox: &dyn Outbox, user: UserId, start: Timestamp) {
    let at = |secs: i64| start + SignedDuration::from_secs(secs);
    let ended = |user: UserId| {
        let event = event_of(user);
        MailEvent { key: format!("{JOB_RESULT_KEYS}{}", event.key), ..event }
    };
    let hold = async |event: &MailEvent, secs| outbox.hold(event, at(secs)).await.unwrap();
    let waiting =
        async |except: &str, secs| outbox.waiting(user, except, at(secs), LEASE).await.unwrap();
    let [first, second, third] = [0, 1, 2].map(|_| ended(user));
    assert_eq!(waiting("", 0).await, 0);
    assert_eq!(hold(&first, 0).await, Held::Waiting);
    assert_eq!(hold(&first, 1).await, Held::Waiting, "it is recorded once");
    assert_eq!(hold(&second, 1).await, Held::Waiting);
    assert_eq!(hold(&event_of(user), 1).await, Held::Waiting, "no end of a job");
    assert_eq!(hold(&ended(UserId::new(Uuid::new_v4())), 1).await, Held::NoUser);
    assert_eq!((waiting("", 2).await, waiting(&first.key, 2).await), (2, 1));
    let unsent = outbox.unsent(start, at(2), LEASE, 100).await.unwrap();
    assert!(unsent.contains(&first.message) && !unsent.contains(&second.message));

    // Of concurrent callers, one gets a mail, and the oldest comes first.
    let claims = (0..8).map(|_| outbox.claim_waiting(user, at(10), LEASE, 1));
    let claimed: Vec<_> = join_all(claims).await.into_iter().flat_map(Result::unwrap).collect();
    let mut keys: Vec<&String> = claimed.iter().map(|one| &one.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), claimed.len(), "nothing is claimed twice");
    let rest = outbox.claim_waiting(user, at(10), LEASE, 10).await.unwrap();
    let mut all: Vec<_> = claimed.into_iter().chain(rest).collect();
    all.sort_by_key(|one| one.recorded_at);
    let found: Vec<_> = all.iter().map(|one| (&one.key, &one.message, one.attempt)).collect();
    let expected = [(&first.key, &first.message, 1), (&second.key, &second.message, 1)];
    assert_eq!(found, expected);
    assert_eq!((all[0].recorded_at, all[1].recorded_at), (at(0), at(1)));
    assert_eq!(waiting("", 69).await, 0, "they are claimed");
    assert_eq!(hold(&third, 11).await, Held::Waiting);

    // The lease of a dead process ends.
    let again = outbox.claim_waiting(user, at(70), LEASE, 10).await.unwrap();
    let attempts: Vec<_> = again.iter().map(|one| (&one.key, one.attempt)).collect();
    assert_eq!(attempts, [(&first.key, 2), (&second.key, 2), (&third.key, 1)]);
    outbox.mark_sent(&[first.key.clone(), second.key.clone()], "ses-2", at(71)).await.unwrap();
    assert_eq!(hold(&first, 72).await, Held::Settled);
    outbox.release(&third.key, 1, "throttled").await.unwrap();
    assert_eq!(waiting("", 72).await, 1);
    outbox.give_up(&third.key, "rejected", at(73)).await.unwrap();
    assert_eq!(waiting("", 74).await, 0);
}
