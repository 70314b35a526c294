//! Tests of the audit log.

use super::*;
use crate::ports::Identity;
use crate::testkit::{TestBilling, TestGas, unsubscribe_key};
use crate::usecases::{
    cancel_job, create_token, delete_account, delete_job, end_all_sessions, end_session,
    erase_accounts, revoke_token, start_session,
};
use gas_shared::account::DELETE_CONFIRMATION;
use gas_shared::token::{NewToken, Scope};

#[test]
fn the_hash_of_an_address_depends_on_the_key_and_does_not_contain_the_address() {
    let address: IpAddr = "192.0.2.7".parse().unwrap();
    let hash = |key: &UnsubscribeKey, address| RequestOrigin::new(key, address, "r".into()).address;
    let other_key = "x".repeat(32).parse().unwrap();
    let one = hash(&unsubscribe_key(), address).unwrap();
    assert_eq!(Some(one.clone()), hash(&unsubscribe_key(), address));
    assert_ne!(Some(one.clone()), hash(&other_key, address));
    assert_ne!(Some(one.clone()), hash(&unsubscribe_key(), "192.0.2.8".parse().unwrap()));
    assert!(one.len() == 64 && !one.contains("192"), "{one}");
}

#[tokio::test]
async fn every_security_act_is_recorded_with_its_target_and_origin() {
    let test = TestGas::new();
    let billing = TestBilling::new(&test);
    let ada = test.user("ada", Plan::Free);
    let origin =
        RequestOrigin::new(&unsubscribe_key(), "192.0.2.7".parse().unwrap(), "request-1".into());
    let mut gas = test.gas.clone();
    gas.audit = gas.audit.of_request(origin.clone());
    let (one, other) = (test.pending_job(&ada).await, test.pending_job(&ada).await);

    let secret = start_session(&gas, &ada).await.unwrap().unwrap();
    end_session(&gas, &secret).await.unwrap();
    end_session(&gas, &secret).await.unwrap();
    end_all_sessions(&gas, ada.id).await.unwrap();
    let new = NewToken { name: "laptop".into(), scopes: Scope::OF_JOBS.to_vec(), days: 1 };
    let token = create_token(&gas, ada.id, new).await.unwrap().token.id;
    revoke_token(&gas, ada.id, token).await.unwrap();
    cancel_job(&gas, ada.id, one.id).await.unwrap();
    cancel_job(&gas, ada.id, one.id).await.unwrap();
    delete_job(&gas, ada.id, other.id).await.unwrap();
    gas.audit.record_rejected_sign_in().await;
    let closing = crate::Billing { gas, ..billing.billing.clone() };
    delete_account(&closing, ada.id, DELETE_CONFIRMATION).await.unwrap();

    let entries = test.audit.entries();
    let expected = [
        ("signed_in", None),
        ("signed_out", None),
        ("signed_out_everywhere", None),
        ("token_created", Some(token.to_string())),
        ("token_revoked", Some(token.to_string())),
        ("job_cancelled", Some(one.id.to_string())),
        ("job_deleted", Some(other.id.to_string())),
        ("sign_in_refused", None),
        ("account_closed", None),
    ];
    let found: Vec<_> =
        entries.iter().map(|one| (one.record.action.as_str(), one.record.target.clone())).collect();
    assert_eq!(found, expected, "each act is recorded once");
    for entry in entries {
        assert_eq!(
            (entry.address, entry.request_id.as_deref()),
            (origin.address.clone(), Some("request-1"))
        );
        assert!(entry.record.by_user);
    }
}

#[test]
fn entries_are_described_in_words() {
    let texts: Vec<_> = [
        Act::SignedIn,
        Act::PlanChanged(Plan::Premium),
        Act::JobDeleted(gas_shared::JobId::new(uuid::Uuid::nil())),
        Act::AccountClosed,
    ]
    .into_iter()
    .map(|act| {
        describe(&AuditRecord {
            at: jiff::Timestamp::UNIX_EPOCH,
            by_user: true,
            action: act.as_str().to_owned(),
            target: act.target(),
        })
    })
    .collect();
    let job = "Deleted job 00000000-0000-0000-0000-000000000000";
    assert_eq!(texts, ["Signed in", "Plan changed to Premium", job, "account closed"]);
}

#[tokio::test]
async fn rejected_acts_are_not_recorded() {
    let test = TestGas::new();
    let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
    let done = test.completed_job(&ada).await;
    cancel_job(&test.gas, ada.id, done.id).await.unwrap_err();
    delete_job(&test.gas, eve.id, done.id).await.unwrap_err();
    revoke_token(&test.gas, eve.id, TokenId::new(uuid::Uuid::nil())).await.unwrap_err();
    assert_eq!(test.audit.actions(), [""; 0]);
}

#[tokio::test]
async fn an_act_stands_if_its_entry_cannot_be_written() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.pending_job(&ada).await;
    test.audit.fail();
    cancel_job(&test.gas, ada.id, job.id).await.unwrap();
    assert!(start_session(&test.gas, &ada).await.unwrap().is_some());
}

#[tokio::test]
async fn the_entries_of_a_closed_account_are_kept_and_anonymous() {
    let test = TestGas::new();
    let billing = TestBilling::new(&test);
    let ada = test.user("ada", Plan::Free);
    start_session(&test.gas, &ada).await.unwrap().unwrap();
    delete_account(&billing.billing, ada.id, DELETE_CONFIRMATION).await.unwrap();
    test.clock.advance_secs(30);
    assert_eq!(erase_accounts(&test.gas).await.unwrap().accounts, 1);
    assert_eq!(test.audit.actions(), ["signed_in", "account_closed"]);
    assert_eq!(test.gas.audit.log().entries_of(ada.id, None, 10).await.unwrap(), []);
    // The same person starts with an empty account, which does not lead to the old entries.
    let identity = Identity {
        id: ada.id,
        name: ada.name.clone(),
        email: ada.email.clone(),
        institution: String::new(),
    };
    let again = test.gas.accounts.record_sign_in(&identity).await.unwrap().unwrap();
    assert!(again.first);
    assert_eq!(test.gas.audit.log().entries_of(ada.id, None, 10).await.unwrap(), []);
}
