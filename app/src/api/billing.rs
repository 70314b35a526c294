use super::{ApiResult, Wire};
use dioxus::prelude::*;
use gas_shared::billing::{BillingOverview, Checkout, CheckoutForm, CheckoutStatus};

/// The caller's plan, subscription, card and invoices.
#[get("/api/billing")]
pub async fn billing_overview() -> ApiResult<Wire<BillingOverview>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::billing_overview(&web.billing, account.id).await?))
}

/// Begins the checkout of a Premium subscription. Refused as [`ErrorCode::Conflict`] where the
/// caller has one.
///
/// [`ErrorCode::Conflict`]: crate::error::ErrorCode::Conflict
#[post("/api/billing/checkout")]
pub async fn start_checkout(form: CheckoutForm) -> ApiResult<Wire<Checkout>> {
    let (web, account) = crate::server::caller::account().await?;
    let begun = gas_backend::usecases::start_checkout(&web.billing, &account, form).await?;
    Ok(Wire::of(&web.stripe_js.checkout(begun)))
}

/// How far one of the caller's checkouts is. It says nothing of the plan and changes none.
#[get("/api/billing/checkout?session")]
pub async fn checkout_status(session: String) -> ApiResult<Wire<CheckoutStatus>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::checkout_status(&web.billing, account.id, &session).await?))
}

/// A link, good for some minutes, to Stripe's page where the caller changes the card.
#[post("/api/billing/portal")]
pub async fn open_billing_portal() -> ApiResult<String> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(gas_backend::usecases::open_portal(&web.billing, account.id).await?)
}

/// Ends the caller's subscription when what is paid for is over.
#[post("/api/billing/cancel")]
pub async fn cancel_subscription() -> ApiResult<Wire<BillingOverview>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::cancel_subscription(&web.billing, account.id).await?))
}

/// Takes a cancellation back, as long as the subscription has not ended.
#[post("/api/billing/resume")]
pub async fn resume_subscription() -> ApiResult<Wire<BillingOverview>> {
    let (web, account) = crate::server::caller::account().await?;
    Ok(Wire::of(&gas_backend::usecases::resume_subscription(&web.billing, account.id).await?))
}
