//! The port [`Payments`] on Stripe.

mod convert;
mod signature;
#[cfg(test)]
mod tests;

pub use signature::{SignatureError, check_signature};

use crate::ports::{
    Checkout, CheckoutRequest, OpenCheckout, Payments, PortError, PortResult, Subscription,
};
use crate::{Offer, Secret};
use async_trait::async_trait;
use convert::Failure;
use gas_shared::Account;
use gas_shared::billing::{CheckoutForm, CheckoutStatus, InvoiceView, Price};
use std::collections::HashMap;
use std::time::Duration;
use stripe::{
    Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest as _,
};
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::invoice::ListInvoice;
use stripe_billing::subscription::{
    CancelSubscription, ListSubscription, ListSubscriptionStatus, UpdateSubscription,
};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionSubscriptionData,
    ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession,
};
use stripe_core::customer::{CreateCustomer, DeleteCustomer};
use stripe_product::price::RetrievePrice;
use tokio::sync::OnceCell;

/// The timeout of one call: a page load or a Stripe webhook waits for it.
const TIMEOUT: Duration = Duration::from_secs(4);

/// The number of attempts of a call that may be repeated.
const ATTEMPTS: u32 = 2;

/// The number of invoices shown.
const INVOICES: i64 = 24;

/// The largest page of a list (<https://docs.stripe.com/api/pagination>). Lists are sorted newest
/// first, so a customer with more subscriptions loses only those that ended long ago.
const PAGE: i64 = 100;

/// The settings of the connection to Stripe.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// The secret key of the Stripe API. Keys of test mode begin with `sk_test_` or `rk_test_`.
    pub secret_key: Secret,
    /// The ID of the recurring price of Premium. Subscriptions to other prices are ignored.
    pub price_id: String,
    /// The URL of the Stripe API, with a trailing slash.
    pub api_url: String,
}

impl StripeSettings {
    /// The offer that counts as Premium. Keys of live mode begin with `sk_live_` or `rk_live_`
    /// (<https://docs.stripe.com/keys>).
    pub fn offer(&self) -> Offer {
        let key = self.secret_key.expose();
        let livemode = key.starts_with("sk_live_") || key.starts_with("rk_live_");
        Offer { price_id: self.price_id.clone(), livemode }
    }
}

/// The client of the Stripe API.
pub struct Stripe {
    client: Client,
    price_id: String,
    origin: String,
    /// The amount of a price never changes, so it is read once.
    price: OnceCell<Price>,
}

impl Stripe {
    /// Creates the client, without calling Stripe. Stripe's pages link back to `origin`, the origin
    /// of GAS without a trailing slash.
    ///
    /// # Errors
    /// If the key or the URL is malformed.
    pub fn new(settings: &StripeSettings, origin: &str) -> PortResult<Self> {
        let client = ClientBuilder::new(settings.secret_key.expose())
            .url(&settings.api_url)
            .timeout(TIMEOUT)
            .request_strategy(RequestStrategy::Retry(ATTEMPTS))
            .app_info("GAS", Some(env!("CARGO_PKG_VERSION").to_owned()), None)
            .build()
            .map_err(Failure::port("create the Stripe client (check GAS_STRIPE_API_URL)"))?;
        let price_id = settings.price_id.clone();
        Ok(Self { client, price_id, origin: origin.to_owned(), price: OnceCell::new() })
    }

    async fn fetch_price(&self) -> PortResult<Price> {
        let action =
            || format!("read price {} from Stripe (check GAS_STRIPE_PRICE_ID)", self.price_id);
        let price = RetrievePrice::new(self.price_id.as_str()).send(&self.client).await;
        let price = price.map_err(Failure::port(action()))?;
        convert::price(&price).map_err(|error| PortError::new(action(), error))
    }
}

/// The strategy for a creation that Stripe performs once for all calls with the same key
/// (<https://docs.stripe.com/api/idempotent_requests>).
fn idempotent(key: &str) -> PortResult<RequestStrategy> {
    let key = IdempotencyKey::new(key)
        .map_err(|error| PortError::new("create an idempotency key for Stripe", error))?;
    Ok(RequestStrategy::Idempotent(key))
}

fn user_metadata(user: impl ToString) -> HashMap<String, String> {
    HashMap::from([("user_id".to_owned(), user.to_string())])
}

#[async_trait]
impl Payments for Stripe {
    async fn create_customer(&self, user: &Account, attempt: &str) -> PortResult<String> {
        let customer = CreateCustomer::new()
            .email(&user.email)
            .name(&user.name)
            .metadata(user_metadata(user.id))
            .customize()
            .request_strategy(idempotent(attempt)?)
            .send(&self.client)
            .await
            .map_err(Failure::port("create a customer at Stripe"))?;
        Ok(customer.id.to_string())
    }

    async fn start_checkout(&self, request: &CheckoutRequest<'_>) -> PortResult<OpenCheckout> {
        const ACTION: &str = "begin a checkout at Stripe";
        let mut item = CreateCheckoutSessionLineItems::new();
        item.price = Some(self.price_id.clone());
        item.quantity = Some(1);
        let mut subscription = CreateCheckoutSessionSubscriptionData::new();
        subscription.metadata = Some(user_metadata(request.user));
        let mut metadata = user_metadata(request.user);
        metadata.insert(convert::PRICE_ID.to_owned(), self.price_id.clone());
        // Stripe replaces the placeholder by the ID.
        let done = format!("{}/billing/return?session_id={{CHECKOUT_SESSION_ID}}", self.origin);
        let session = CreateCheckoutSession::new()
            .mode(stripe_shared::CheckoutSessionMode::Subscription)
            .customer(request.customer)
            .client_reference_id(request.user.to_string())
            .expires_at(request.expires_at.as_second())
            .metadata(metadata)
            .line_items(vec![item])
            .subscription_data(subscription);
        let session = match request.form {
            // Paying by card keeps the page and its state, such as a chosen file. Only payment
            // methods that redirect use the URL.
            CheckoutForm::Embedded => session
                .ui_mode(stripe_shared::CheckoutSessionUiMode::EmbeddedPage)
                .redirect_on_completion(
                    stripe_shared::CheckoutSessionRedirectOnCompletion::IfRequired,
                )
                .return_url(done),
            CheckoutForm::Hosted => session
                .ui_mode(stripe_shared::CheckoutSessionUiMode::HostedPage)
                .success_url(done)
                .cancel_url(format!("{}/billing", self.origin)),
        };
        let session = session.customize().request_strategy(idempotent(request.attempt)?);
        let session = session.send(&self.client).await.map_err(Failure::port(ACTION))?;
        convert::opener(&session).ok_or_else(|| {
            PortError::new(ACTION, "the response has neither a client secret nor a URL")
        })
    }

    async fn checkouts(&self, customer: &str) -> PortResult<Vec<Checkout>> {
        let action = || format!("list the checkouts of {customer} at Stripe");
        let list = ListCheckoutSession::new()
            .customer(customer)
            .limit(PAGE)
            .send(&self.client)
            .await
            .map_err(Failure::port(action()))?;
        let all: Result<_, _> = list.data.iter().map(convert::checkout).collect();
        all.map_err(|error| PortError::new(action(), error))
    }

    async fn expire_checkout(&self, id: &str) -> PortResult<()> {
        match ExpireCheckoutSession::new(id).send(&self.client).await {
            // Only open checkouts can be expired
            // (https://docs.stripe.com/api/checkout/sessions/expire).
            Ok(_) | Err(StripeError::Stripe(_, 400)) => Ok(()),
            Err(error) => Err(Failure::port(format!("expire checkout {id} at Stripe"))(error)),
        }
    }

    async fn checkout(&self, id: &str) -> PortResult<Option<(String, CheckoutStatus)>> {
        let session = match RetrieveCheckoutSession::new(id).send(&self.client).await {
            Err(StripeError::Stripe(_, 404)) => return Ok(None),
            answer => answer.map_err(Failure::port("read a checkout from Stripe"))?,
        };
        let customer = session.customer.as_ref().map(|customer| customer.id().to_string());
        Ok(customer.zip(convert::checkout_status(session.status)))
    }

    async fn subscriptions(&self, customer: &str) -> PortResult<Vec<Subscription>> {
        let action = || format!("list the subscriptions of {customer} at Stripe");
        let list = ListSubscription::new()
            .customer(customer)
            .status(ListSubscriptionStatus::All)
            .limit(PAGE)
            .expand(["data.default_payment_method".to_owned()])
            .send(&self.client)
            .await
            .map_err(Failure::port(action()))?;
        let all: Result<_, _> = list.data.iter().map(convert::subscription).collect();
        all.map_err(|error| PortError::new(action(), error))
    }

    async fn set_cancel_at_period_end(&self, subscription: &str, cancel: bool) -> PortResult<()> {
        UpdateSubscription::new(subscription)
            .cancel_at_period_end(cancel)
            .send(&self.client)
            .await
            .map(drop)
            .map_err(Failure::port(format!("change subscription {subscription} at Stripe")))
    }

    async fn end_subscription(&self, subscription: &str) -> PortResult<()> {
        match CancelSubscription::new(subscription).send(&self.client).await {
            // Stripe does not find subscriptions that have ended.
            Ok(_) | Err(StripeError::Stripe(_, 404)) => Ok(()),
            Err(error) => {
                Err(Failure::port(format!("end subscription {subscription} at Stripe"))(error))
            }
        }
    }

    async fn open_portal(&self, customer: &str) -> PortResult<String> {
        let portal = CreateBillingPortalSession::new()
            .customer(customer)
            .return_url(format!("{}/billing", self.origin))
            .send(&self.client)
            .await
            .map_err(Failure::port("open the billing portal at Stripe"))?;
        Ok(portal.url)
    }

    async fn invoices(&self, customer: &str) -> PortResult<Vec<InvoiceView>> {
        let action = || format!("list the invoices of {customer} at Stripe");
        let list = ListInvoice::new()
            .customer(customer)
            .limit(INVOICES)
            .send(&self.client)
            .await
            .map_err(Failure::port(action()))?;
        let all: Result<_, _> = list.data.iter().map(convert::invoice).collect();
        all.map_err(|error| PortError::new(action(), error))
    }

    async fn delete_customer(&self, customer: &str) -> PortResult<()> {
        match DeleteCustomer::new(customer).send(&self.client).await {
            Ok(_) | Err(StripeError::Stripe(_, 404)) => Ok(()),
            Err(error) => {
                Err(Failure::port(format!("delete customer {customer} at Stripe"))(error))
            }
        }
    }

    async fn price(&self) -> PortResult<Price> {
        self.price.get_or_try_init(|| self.fetch_price()).await.cloned()
    }
}
