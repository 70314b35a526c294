//! Server functions of the plan, the subscription and payments.

use super::{ApiResult, RawJson};
use dioxus::prelude::*;
use gas_shared::billing::{BillingOverview, Checkout, CheckoutForm, CheckoutStatus};

/// The caller's plan, subscription, card and invoices.
#[get("/api/billing")]
pub async fn billing_overview() -> ApiResult<RawJson<BillingOverview>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::billing_overview(&web.billing, account.id).await?))
}

/// Starts the checkout of a Premium subscription. Fails with [`ErrorCode::Conflict`] if the caller has
/// a subscription.
///
/// [`ErrorCode::Conflict`]: crate::error::ErrorCode::Conflict
#[post("/api/billing/checkout")]
pub async fn start_checkout(form: CheckoutForm) -> ApiResult<RawJson<Checkout>> {
    let (web, account) = crate::server::caller::account().await?;
    let checkout = gas_backend::usecases::start_checkout(&web.billing, &account, form).await?;
    let stripe = web.stripe.ok_or(gas_backend::usecases::BillingError::NotSold)?;
    Ok(RawJson::of(&stripe.checkout(checkout)))
}

/// The status of one of the caller's checkouts. It does not reflect or change the plan.
#[get("/api/billing/checkout?session")]
pub async fn checkout_status(session: String) -> ApiResult<RawJson<CheckoutStatus>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(
        &gas_backend::usecases::checkout_status(&web.billing, account.id, &session).await?,
    ))
}

/// A link to Stripe's page on which the caller changes the card. It is valid for some minutes.
#[post("/api/billing/portal")]
pub async fn open_billing_portal() -> ApiResult<String> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::open_portal(&web.billing, account.id).await?)
}

/// Cancels the caller's subscription at the end of the paid period.
#[post("/api/billing/cancel")]
pub async fn cancel_subscription() -> ApiResult<RawJson<BillingOverview>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::cancel_subscription(&web.billing, account.id).await?))
}

/// Revokes a cancellation. The subscription must not have ended.
#[post("/api/billing/resume")]
pub async fn resume_subscription() -> ApiResult<RawJson<BillingOverview>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(RawJson::of(&gas_backend::usecases::resume_subscription(&web.billing, account.id).await?))
}
