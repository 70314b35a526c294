//! Brings the plans of users in line with how the deployment gives Premium.

use crate::ports::{Identity, PortResult, SignIn};
use crate::usecases::sessions::MAX_SESSION_AGE;
use crate::{Billing, BillingModel};
use gas_shared::Plan;
use jiff::SignedDuration;

/// Gives all users Premium if the deployment does not sell it. If it does, users who had Premium for that reason only
/// are due for [`check_plans`](super::check_plans), which reads their subscriptions. Returns the number of users.
///
/// Call it when a process starts. The consequences of a change, such as thawing, follow from
/// [`check_plans`](super::check_plans), too.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn apply_billing_model(billing: &Billing) -> PortResult<u64> {
    let now = billing.gas.now();
    let count = match billing.model {
        BillingModel::Everyone => billing.store.give_premium_to_everyone(None, now).await?,
        BillingModel::Subscription(_) => billing.store.end_premium_of_everyone(now).await?,
    };
    if count > 0 {
        let sold = billing.sales().is_some();
        tracing::info!(count, sold, "plans follow the setting GAS_BILLING");
    }
    Ok(count)
}

/// How long a sign-in makes a user an operator: as long as a session can last. A user who leaves the group of operators
/// loses the role after that time, also with an API token.
const OPERATOR_FOR: SignedDuration = MAX_SESSION_AGE;

/// Records a sign-in: creates or updates the profile, and makes the user an operator or takes that role away. `None` if
/// the account is blocked or being closed.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn record_sign_in(
    billing: &Billing,
    identity: &Identity,
    is_operator: bool,
) -> PortResult<Option<SignIn>> {
    let gas = &billing.gas;
    let Some(mut sign_in) = gas.accounts.record_sign_in(identity).await? else { return Ok(None) };
    let user = sign_in.account.id;
    let until = is_operator.then(|| gas.now() + OPERATOR_FOR);
    gas.administration.set_operator(user, until).await?;
    if sign_in.account.plan == Plan::Free && billing.sales().is_none() {
        billing.store.give_premium_to_everyone(Some(user), gas.now()).await?;
        sign_in.account.plan = Plan::Premium;
    }
    Ok(Some(sign_in))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::StartThaw;
    use crate::ports::{BillingStore, SubscriptionStatus};
    use crate::testkit::{TestBilling, TestGas, subscription};
    use crate::usecases::billing::{
        BillingError, billing_overview, check_plans, checkout_status, open_portal, start_checkout,
    };
    use gas_shared::UserId;
    use gas_shared::billing::CheckoutForm;

    fn identity(id: UserId) -> Identity {
        Identity {
            id,
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
            institution: String::new(),
        }
    }

    #[tokio::test]
    async fn without_billing_users_who_exist_become_premium_once_and_their_results_are_thawed() {
        let test = TestGas::new();
        let stripe = TestBilling::new(&test);
        let everyone = stripe.of_everyone();
        let (ada, bob) = (test.user("ada", Plan::Free), test.user("bob", Plan::Premium));
        assert_eq!(apply_billing_model(&everyone).await.unwrap(), 2);
        assert_eq!(apply_billing_model(&everyone).await.unwrap(), 0);
        assert_eq!(test.accounts.get(ada.id).plan, Plan::Premium);
        // Only a change is announced, and only once.
        assert_eq!(check_plans(&everyone).await.unwrap(), 1);
        assert_eq!(check_plans(&everyone).await.unwrap(), 0);
        let thaw = serde_json::to_string(&StartThaw { user_id: ada.id }).unwrap();
        assert_eq!(test.start_thaw.bodies(), [thaw]);
        assert!(test.notices.is_empty(), "nobody has bought anything");
        assert_eq!(test.accounts.get(bob.id).plan, Plan::Premium);
    }

    #[tokio::test]
    async fn without_billing_a_sign_in_gives_premium_and_nothing_is_sold() {
        let test = TestGas::new();
        let everyone = TestBilling::new(&test).of_everyone();
        let ada = identity(test.user("ada", Plan::Free).id);
        for user in [ada, identity(UserId::new(uuid::Uuid::new_v4()))] {
            let sign_in = record_sign_in(&everyone, &user, false).await.unwrap().unwrap();
            assert_eq!(sign_in.account.plan, Plan::Premium);
            assert_eq!(test.accounts.get(user.id).plan, Plan::Premium);
            let account = sign_in.account;
            let not_sold = |outcome| assert!(matches!(outcome, Err(BillingError::NotSold)));
            not_sold(billing_overview(&everyone, user.id).await.map(drop));
            not_sold(start_checkout(&everyone, &account, CheckoutForm::Hosted).await.map(drop));
            not_sold(checkout_status(&everyone, user.id, "cs_1").await.map(drop));
            not_sold(open_portal(&everyone, user.id).await.map(drop));
        }
    }

    #[tokio::test]
    async fn with_billing_a_sign_in_changes_no_plan() {
        let test = TestGas::new();
        let billing = TestBilling::new(&test).billing;
        let new = identity(UserId::new(uuid::Uuid::new_v4()));
        let sign_in = record_sign_in(&billing, &new, false).await.unwrap().unwrap();
        assert_eq!((sign_in.first, sign_in.account.plan), (true, Plan::Free));
        assert_eq!(apply_billing_model(&billing).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn if_premium_is_sold_again_the_plans_follow_the_subscriptions() {
        let test = TestGas::new();
        let stripe = TestBilling::new(&test);
        let (ada, bob) = (test.user("ada", Plan::Free), test.user("bob", Plan::Free));
        stripe.store.link_customer(bob.id, "cus_bob").await.unwrap();
        let paid = subscription("sub_1", SubscriptionStatus::Active, test.gas.now());
        stripe.payments.put("cus_bob", vec![paid]);
        apply_billing_model(&stripe.of_everyone()).await.unwrap();
        check_plans(&stripe.of_everyone()).await.unwrap();
        assert_eq!(apply_billing_model(&stripe.billing).await.unwrap(), 2);
        check_plans(&stripe.billing).await.unwrap();
        assert_eq!(test.accounts.get(ada.id).plan, Plan::Free);
        assert_eq!(test.accounts.get(bob.id).plan, Plan::Premium);
        assert_eq!(apply_billing_model(&stripe.billing).await.unwrap(), 0);
    }
}
