//! Tests of the request to close an account.

use super::*;
use crate::ports::{BillingStore, SubscriptionStatus};
use crate::testkit::{TestBilling, TestGas, subscription};
use crate::usecases::{authenticate_token, create_token};
use gas_shared::token::{NewToken, Scope};
use gas_shared::{Account, Plan};

async fn paying_user(test: &TestGas, billing: &TestBilling) -> Account {
    let ada = test.user("ada", Plan::Premium);
    billing.store.link_customer(ada.id, "cus_ada").await.unwrap();
    let active = subscription("sub_1", SubscriptionStatus::Active, test.gas.now());
    billing.payments.put("cus_ada", vec![active]);
    ada
}

#[tokio::test]
async fn an_account_is_not_closed_without_the_confirmation() {
    let test = TestGas::new();
    let billing = TestBilling::new(&test);
    let ada = paying_user(&test, &billing).await;
    let rejected = delete_account(&billing.billing, ada.id, "yes").await.unwrap_err();
    assert!(matches!(rejected, DeleteAccountError::NotConfirmed));
    assert!(test.gas.accounts.account(ada.id).await.unwrap().is_some());
    assert!(billing.payments.has("cus_ada"));
}

#[tokio::test]
async fn a_closed_account_is_inaccessible_at_once_and_its_billing_is_closed() {
    let test = TestGas::new();
    let billing = TestBilling::new(&test);
    let ada = paying_user(&test, &billing).await;
    let new = NewToken { name: "a".into(), scopes: Scope::OF_JOBS.to_vec(), days: 1 };
    let token = create_token(&test.gas, ada.id, new).await.unwrap();
    delete_account(&billing.billing, ada.id, "Delete my account ").await.unwrap();
    assert_eq!(test.gas.accounts.account(ada.id).await.unwrap(), None);
    assert_eq!(authenticate_token(&test.gas, &token.secret).await.unwrap(), None);
    assert!(!billing.payments.has("cus_ada"));
    let closing = test.gas.account_data.closing_accounts(None, 10).await.unwrap();
    assert!(closing.len() == 1 && closing[0].billing_closed);
}

#[tokio::test]
async fn closing_the_billing_is_retried() {
    let test = TestGas::new();
    let billing = TestBilling::new(&test);
    let ada = paying_user(&test, &billing).await;
    billing.payments.fail_reads(1);
    delete_account(&billing.billing, ada.id, DELETE_CONFIRMATION).await.unwrap();
    assert!(billing.payments.has("cus_ada"), "it failed");
    assert_eq!(close_accounts(&billing.billing).await.unwrap(), 1);
    assert!(!billing.payments.has("cus_ada"));
    assert_eq!(close_accounts(&billing.billing).await.unwrap(), 0);
}

#[tokio::test]
async fn a_customer_that_cannot_be_deleted_does_not_block_others() {
    let test = TestGas::new();
    let billing = TestBilling::new(&test);
    let stuck = u32::from(PAGE);
    for number in 0..=stuck {
        let user = test.user(&format!("user{number}"), Plan::Free);
        billing.store.link_customer(user.id, &format!("cus_{number}")).await.unwrap();
        let now = test.gas.now();
        test.gas.account_data.request_deletion(user.id, now).await.unwrap();
    }
    billing.payments.fail_reads(stuck);
    assert_eq!(close_accounts(&billing.billing).await.unwrap(), 1);
}
