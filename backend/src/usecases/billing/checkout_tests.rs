//! Tests of checkouts by users who close, or have closed, their account.

use super::*;
use crate::ports::{Accounts, Identity};
use crate::testkit::{TestBilling, TestGas};
use crate::usecases::{delete_account, erase_accounts};
use gas_shared::Plan;
use gas_shared::account::DELETE_CONFIRMATION;

#[tokio::test]
async fn a_user_who_returns_within_the_hour_gets_a_new_customer() {
    let test = TestGas::new();
    let TestBilling { billing, payments, .. } = TestBilling::new(&test);
    let ada = test.user("ada", Plan::Free);
    start_checkout(&billing, &ada, CheckoutForm::Embedded).await.unwrap();
    let before = payments.customers();
    delete_account(&billing, ada.id, DELETE_CONFIRMATION).await.unwrap();
    test.clock.advance_secs(30);
    assert_eq!(erase_accounts(&test.gas).await.unwrap().accounts, 1);
    assert_eq!(payments.customers(), [""; 0]);

    let identity = Identity {
        id: ada.id,
        name: ada.name.clone(),
        email: ada.email.clone(),
        institution: String::new(),
    };
    let again = test.accounts.record_sign_in(&identity).await.unwrap().unwrap();
    assert!(again.first);
    start_checkout(&billing, &again.account, CheckoutForm::Embedded).await.unwrap();
    let after = payments.customers();
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    assert_eq!(payments.attempts().len(), 2, "another checkout, too");
}

#[tokio::test]
async fn a_customer_created_while_the_account_is_closed_is_deleted() {
    let test = TestGas::new();
    let TestBilling { billing, payments, .. } = TestBilling::new(&test);
    let ada = test.user("ada", Plan::Free);
    test.gas.account_data.request_deletion(ada.id, test.gas.now()).await.unwrap();
    let rejected = start_checkout(&billing, &ada, CheckoutForm::Hosted).await.unwrap_err();
    assert!(matches!(rejected, BillingError::NoUser(_)), "{rejected}");
    assert_eq!(payments.customers(), [""; 0]);
}
