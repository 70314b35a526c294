//! The contract of [`SessionStore`], which the in-memory fake and PostgreSQL both fulfill.

use crate::ports::{NewSession, SessionStore};
use futures::future::join_all;
use gas_shared::{Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Checks a session store against the contract of its port. `user` must have a profile and no
/// sessions.
///
/// # Panics
/// If the store violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn sessions_contract(store: &dyn SessionStore, user: UserId) {
    // In the future, so that nobody else deletes these as expired.
    let start = Timestamp::from_second(10_000_000_000).unwrap();
    let at = |secs: i64| start + SignedDuration::from_secs(secs);
    let hash = || Uuid::new_v4().to_string();
    let session = |hash: &str, since: i64| NewSession {
        hash: hash.to_owned(),
        user,
        since: at(since),
        plan: Plan::Free,
        expires: at(since + 1800),
    };
    let found = async |hash: &str, secs: i64| store.find(hash, at(secs)).await.unwrap();

    let (one, other) = (hash(), hash());
    assert!(store.create(&session(&one, 0)).await.unwrap());
    assert!(store.create(&session(&other, 0)).await.unwrap(), "a sign-in of the same second");
    let stored = found(&one, 1799).await.unwrap();
    assert_eq!((stored.user, stored.since, stored.last_seen), (user, at(0), Some(at(0))));
    assert_eq!(
        (stored.plan, stored.is_successor, stored.retired),
        (Some(Plan::Free), false, false)
    );
    assert_eq!(found(&one, 1800).await, None, "it has expired");
    assert_eq!(found(&hash(), 0).await, None);
    let stranger = NewSession { user: UserId::new(Uuid::new_v4()), ..session(&hash(), 0) };
    assert!(!store.create(&stranger).await.unwrap(), "there is no such user");
    assert_eq!(found(&stranger.hash, 0).await, None);
    assert_eq!(store.count(user, at(10)).await.unwrap(), 2);

    let touch = async |hash: &str, secs: i64| {
        store.touch(hash, at(secs), at(secs + 1800), at(secs - 60)).await.unwrap()
    };
    assert!(!touch(&one, 59).await, "it was used less than a minute ago");
    let touched = join_all((0..8).map(|_| touch(&one, 60))).await;
    assert_eq!(touched.into_iter().filter(|touched| *touched).count(), 1);
    assert_eq!(found(&one, 1859).await.unwrap().last_seen, Some(at(60)));
    assert!(!touch(&hash(), 60).await);

    let (lost, new) = (hash(), hash());
    assert!(store.replace(&one, &lost, Plan::Premium).await.unwrap());
    assert!(store.replace(&one, &new, Plan::Premium).await.unwrap());
    assert!(!store.replace(&hash(), &hash(), Plan::Premium).await.unwrap());
    let successor = found(&new, 61).await.unwrap();
    assert_eq!((successor.user, successor.since), (user, at(0)));
    assert_eq!((successor.plan, successor.last_seen), (Some(Plan::Premium), None));
    assert!(successor.is_successor && !successor.retired);
    assert_eq!(store.count(user, at(61)).await.unwrap(), 2, "they are one sign-in");
    assert!(!found(&one, 100).await.unwrap().retired, "no successor is in use");

    store.retire_predecessor(&new, at(130)).await.unwrap();
    assert!(touch(&new, 100).await);
    assert!(found(&one, 129).await.unwrap().retired);
    assert!(!touch(&one, 125).await, "a retired session is not prolonged");
    assert!(!store.replace(&one, &hash(), Plan::Free).await.unwrap());
    assert_eq!(found(&one, 130).await, None);

    assert_eq!(store.end(&new).await.unwrap(), Some(user));
    for ended in [&one, &lost, &new] {
        assert_eq!(found(ended, 100).await, None, "all ids of the sign-in have ended");
        assert!(!touch(ended, 500).await, "nothing brings a session back");
        assert!(!store.replace(ended, &hash(), Plan::Free).await.unwrap());
        assert_eq!(store.end(ended).await.unwrap(), None);
    }
    assert!(found(&other, 100).await.is_some());

    // However a replacement and the end of its session interleave, nothing is left.
    for _ in 0..20 {
        let (old, next) = (hash(), hash());
        assert!(store.create(&session(&old, 7)).await.unwrap());
        let replace = store.replace(&old, &next, Plan::Premium);
        let (replaced, ended) = futures::future::join(replace, store.end(&old)).await;
        assert_eq!((replaced.is_ok(), ended.unwrap()), (true, Some(user)));
        assert_eq!((found(&old, 8).await, found(&next, 8).await), (None, None));
    }

    let third = hash();
    assert!(store.create(&session(&third, 6)).await.unwrap());
    store.end_all(user).await.unwrap();
    assert_eq!((found(&other, 100).await, found(&third, 100).await), (None, None));
    assert_eq!(store.count(user, at(0)).await.unwrap(), 0);

    let state = hash();
    let uses = join_all((0..8).map(|_| store.use_state(&state, at(600)))).await;
    assert_eq!(uses.into_iter().filter(|used| *used.as_ref().unwrap()).count(), 1);
    let old = hash();
    assert!(
        store
            .create(&NewSession { expires: Timestamp::UNIX_EPOCH, ..session(&old, 0) })
            .await
            .unwrap()
    );
    assert!(store.delete_expired(Timestamp::UNIX_EPOCH).await.unwrap() >= 1);
    assert!(!store.use_state(&state, at(600)).await.unwrap(), "it has not expired");
}

#[cfg(test)]
mod tests {
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn the_fake_fulfills_the_contract_of_the_session_store() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        super::sessions_contract(&*test.sessions, ada.id).await;
    }
}
