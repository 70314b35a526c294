//! Tests of sessions, by a clock that the tests control.

use super::*;
use crate::testkit::TestGas;
use gas_shared::Plan;

async fn signed_in(test: &TestGas, account: &Account) -> SessionSecret {
    start_session(&test.gas, account).await.unwrap().expect("the account exists")
}

async fn is_valid(test: &TestGas, secret: &SessionSecret) -> bool {
    resume_session(&test.gas, secret).await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_ends_thirty_minutes_after_its_last_use() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let secret = signed_in(&test, &ada).await;
    for _ in 0..3 {
        test.clock.advance_secs(29 * 60 + 59);
        assert!(is_valid(&test, &secret).await, "it is in use for longer than 30 minutes");
    }
    test.clock.advance_secs(30 * 60 + 1);
    assert!(!is_valid(&test, &secret).await);
}

#[tokio::test]
async fn a_session_ends_twelve_hours_after_the_sign_in() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let secret = signed_in(&test, &ada).await;
    for _ in 0..12 * 6 - 1 {
        test.clock.advance_secs(600);
        assert!(is_valid(&test, &secret).await);
    }
    test.clock.advance_secs(599);
    assert!(is_valid(&test, &secret).await);
    test.clock.advance_secs(1);
    assert!(!is_valid(&test, &secret).await, "it was used a second ago");
}

#[tokio::test]
async fn the_use_of_a_session_is_written_once_a_minute() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let secret = signed_in(&test, &ada).await;
    for _ in 0..600 {
        test.clock.advance_secs(1);
        assert!(is_valid(&test, &secret).await);
    }
    assert_eq!(test.sessions.touches(), 10);
}

#[tokio::test]
async fn a_request_that_races_with_a_sign_out_does_not_bring_the_session_back() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let secret = signed_in(&test, &ada).await;
    test.clock.advance_secs(60);
    // The request has found the session, and the sign-out overtakes it.
    let now = test.gas.now();
    assert!(test.gas.sessions.find(&secret.hash(), now).await.unwrap().is_some());
    end_session(&test.gas, &secret).await.unwrap();
    let expires = now + IDLE_TIMEOUT;
    let touched = test.gas.sessions.touch(&secret.hash(), now, expires, now).await.unwrap();
    assert!(!touched);
    let new = replace_session_id(&test.gas, &secret, &ada).await.unwrap();
    assert!(new.is_none(), "it gets no successor");
    assert!(!is_valid(&test, &secret).await);
}

#[tokio::test]
async fn a_change_of_plan_gives_the_session_another_id_without_a_sign_out() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let old = signed_in(&test, &ada).await;
    let other = signed_in(&test, &ada).await;
    let current = resume_session(&test.gas, &old).await.unwrap().unwrap();
    assert!(!current.needs_new_id);
    let ada = test.set_plan(&ada, Plan::Premium);
    // Two requests with the old id are in flight, and both get a new one.
    assert!(resume_session(&test.gas, &old).await.unwrap().unwrap().needs_new_id);
    let lost = replace_session_id(&test.gas, &old, &ada).await.unwrap().unwrap();
    let new = replace_session_id(&test.gas, &old, &ada).await.unwrap().unwrap();
    test.clock.advance_secs(10 * 60);
    assert!(is_valid(&test, &old).await, "no response with the new id has arrived");

    let current = resume_session(&test.gas, &new).await.unwrap().unwrap();
    assert_eq!((current.account, current.needs_new_id), (ada.clone(), false));
    test.clock.advance_secs(29);
    let late = resume_session(&test.gas, &old).await.unwrap().unwrap();
    assert!(!late.needs_new_id, "a replaced id leads to no further one");
    assert!(replace_session_id(&test.gas, &old, &ada).await.unwrap().is_none());
    test.clock.advance_secs(1);
    assert!(!is_valid(&test, &old).await, "30 s after the first use of the new id");
    assert!(is_valid(&test, &new).await && is_valid(&test, &other).await);

    end_session(&test.gas, &new).await.unwrap();
    assert!(!is_valid(&test, &lost).await, "a sign-out ends all ids of the sign-in");
    assert!(is_valid(&test, &other).await, "another browser stays signed in");
}

#[tokio::test]
async fn a_new_id_does_not_prolong_the_twelve_hours() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let mut secret = signed_in(&test, &ada).await;
    let mut plan = Plan::Free;
    for _ in 0..12 * 6 - 1 {
        test.clock.advance_secs(600);
        plan = if plan == Plan::Free { Plan::Premium } else { Plan::Free };
        let ada = test.set_plan(&ada, plan);
        assert!(resume_session(&test.gas, &secret).await.unwrap().unwrap().needs_new_id);
        secret = replace_session_id(&test.gas, &secret, &ada).await.unwrap().unwrap();
    }
    test.clock.advance_secs(600);
    assert!(!is_valid(&test, &secret).await);
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions_of_the_user_only() {
    let test = TestGas::new();
    let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
    let secrets = [signed_in(&test, &ada).await, signed_in(&test, &ada).await];
    test.clock.advance_secs(1);
    let third = signed_in(&test, &ada).await;
    let kept = signed_in(&test, &eve).await;
    end_all_sessions(&test.gas, ada.id).await.unwrap();
    for secret in secrets.iter().chain([&third]) {
        assert!(!is_valid(&test, secret).await);
    }
    assert!(is_valid(&test, &kept).await);
    let count = test.gas.sessions.count(ada.id, test.gas.now()).await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn a_closing_account_gets_no_session() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let secret = signed_in(&test, &ada).await;
    test.gas.account_data.request_deletion(ada.id, test.gas.now()).await.unwrap();
    assert!(!is_valid(&test, &secret).await);
    assert!(start_session(&test.gas, &ada).await.unwrap().is_none());
    assert!(replace_session_id(&test.gas, &secret, &ada).await.unwrap().is_none());
}
