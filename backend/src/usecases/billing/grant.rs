//! Premium that an operator grants without a subscription.

use super::{BillingError, sales};
use crate::Billing;
use gas_shared::UserId;

/// Grants Premium to a user or takes it back. A subscription stays as it is. The caller brings the plan in line with
/// [`sync_plan`](super::sync_plan), which asks Stripe and may fail.
pub(in crate::usecases) async fn set_grant(
    billing: &Billing,
    user: UserId,
    granted: bool,
) -> Result<(), BillingError> {
    sales(billing)?;
    if !billing.store.set_grant(user, granted, billing.gas.now()).await? {
        return Err(BillingError::NoUser(user));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{BillingStore, SubscriptionStatus};
    use crate::testkit::{TestBilling, TestGas, subscription};
    use crate::usecases::billing::{check_plans, sync_plan};
    use gas_shared::Plan;

    async fn grant(billing: &Billing, user: UserId, granted: bool) {
        set_grant(billing, user, granted).await.unwrap();
        sync_plan(billing, user).await.unwrap();
    }

    #[tokio::test]
    async fn a_granted_premium_lasts_until_it_is_taken_back() {
        let test = TestGas::new();
        let TestBilling { billing, .. } = TestBilling::new(&test);
        let ada = test.user("ada", Plan::Free);
        grant(&billing, ada.id, true).await;
        assert_eq!(test.accounts.get(ada.id).plan, Plan::Premium);
        assert_eq!(test.start_thaw.len(), 1, "archived results are restored");
        check_plans(&billing).await.unwrap();
        assert_eq!(test.accounts.get(ada.id).plan, Plan::Premium);
        grant(&billing, ada.id, false).await;
        assert_eq!(test.accounts.get(ada.id).plan, Plan::Free);
    }

    #[tokio::test]
    async fn a_subscription_outlasts_a_grant() {
        let test = TestGas::new();
        let TestBilling { billing, payments, store } = TestBilling::new(&test);
        let ada = test.user("ada", Plan::Free);
        store.link_customer(ada.id, "cus_ada").await.unwrap();
        grant(&billing, ada.id, true).await;
        let paid = subscription("sub_1", SubscriptionStatus::Active, test.gas.now());
        payments.put("cus_ada", vec![paid]);
        grant(&billing, ada.id, false).await;
        assert_eq!(test.accounts.get(ada.id).plan, Plan::Premium);
    }

    #[tokio::test]
    async fn nothing_is_granted_where_every_user_has_premium() {
        let test = TestGas::new();
        let everyone = TestBilling::new(&test).of_everyone();
        let ada = test.user("ada", Plan::Free);
        let granted = set_grant(&everyone, ada.id, true).await;
        assert!(matches!(granted, Err(BillingError::NotSold)), "{granted:?}");
    }
}
