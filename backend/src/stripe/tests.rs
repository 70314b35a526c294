//! Tests of the adapter, the use-cases and the signature check against the Stripe emulator over
//! HTTP.

use super::*;
use crate::clock::SystemClock;
use crate::testkit::{TestBilling, TestGas};
use crate::usecases::*;
use crate::{Billing, BillingModel, Sales, chain};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use gas_shared::Plan;
use gas_shared::billing::{Card, InvoiceStatus, RenewalStatus};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use tempfile::TempDir;
use tokio::net::TcpListener;

const SECRET: &str = "whsec_test";

/// GAS with in-memory profiles, and the Stripe emulator that calls its webhook.
struct Stack {
    test: TestGas,
    billing: Billing,
    user: Account,
    stripe_url: String,
    http: reqwest::Client,
    /// The number of upcoming events that the webhook rejects.
    reject: Arc<AtomicU32>,
    _data: TempDir,
}

/// The webhook, as in the web server.
async fn webhook(
    State((billing, reject)): State<(Billing, Arc<AtomicU32>)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = headers["stripe-signature"].to_str().unwrap();
    check_signature(header, &body, SECRET, Timestamp::now()).unwrap();
    if reject.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    receive_stripe_event(&billing, &serde_json::from_slice(&body).unwrap()).await.unwrap();
    let handled = handle_stripe_events(&billing).await.unwrap();
    assert_eq!(handled.failed, 0);
    StatusCode::OK
}

impl Stack {
    async fn start() -> Self {
        let test = TestGas::new();
        let user = test.user("ada", Plan::Free);
        let mut gas = test.gas.clone();
        gas.jobs.clock = Arc::new(SystemClock);
        let hook = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stripe = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stripe_url = format!("http://{}", stripe.local_addr().unwrap());
        let settings = StripeSettings {
            secret_key: Secret::from("sk_test_1".to_owned()),
            price_id: "price_1".to_owned(),
            api_url: format!("{stripe_url}/"),
        };
        let billing = Billing {
            gas,
            store: TestBilling::new(&test).store,
            model: BillingModel::Subscription(Sales {
                payments: Arc::new(Stripe::new(&settings, "https://gas.example").unwrap()),
                offer: Arc::new(settings.offer()),
            }),
        };
        let reject = Arc::new(AtomicU32::new(0));
        let app = axum::Router::new().route("/hook", post(webhook));
        let app = app.with_state((billing.clone(), reject.clone()));
        let data = TempDir::new().unwrap();
        let local = local_settings(&data, format!("http://{}/hook", hook.local_addr().unwrap()));
        tokio::spawn(async { axum::serve(hook, app).await });
        tokio::spawn(gas_local_stripe::serve(stripe, local));
        let no_redirects = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(no_redirects).build().unwrap();
        Self { test, billing, user, stripe_url, http, reject, _data: data }
    }

    fn payments(&self) -> &dyn Payments {
        &*self.billing.sales().unwrap().payments
    }

    async fn begin(&self, form: CheckoutForm) -> Result<OpenCheckout, BillingError> {
        start_checkout(&self.billing, &self.user, form).await
    }

    /// The path of the page of an embedded checkout.
    async fn embedded(&self) -> String {
        match self.begin(CheckoutForm::Embedded).await.unwrap() {
            OpenCheckout::Embedded { client_secret } => {
                format!("/embed/{client_secret}?key=pk_test_1")
            }
            OpenCheckout::Hosted { url } => panic!("hosted at {url}"),
        }
    }

    /// Submits a card form.
    async fn pay(&self, path: &str, number: &str) -> reqwest::Response {
        let form = format!("action=card&number={number}&expiry=12%2F40&cvc=123");
        let request = self.http.post(format!("{}{path}", self.stripe_url)).body(form);
        let kind = "application/x-www-form-urlencoded";
        request.header("content-type", kind).send().await.unwrap()
    }

    async fn control(&self, path: &str) -> Value {
        let url = format!("{}/_control/{path}", self.stripe_url);
        self.http.post(url).send().await.unwrap().json().await.unwrap()
    }

    async fn events(&self) -> Vec<Value> {
        let url = format!("{}/_control/events", self.stripe_url);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Waits until all events are delivered.
    async fn settle(&self) {
        let begun = Instant::now();
        while self.events().await.iter().any(|event| event["delivered"] != json!(true)) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", self.events().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn overview(&self) -> gas_shared::billing::BillingOverview {
        billing_overview(&self.billing, self.user.id).await.unwrap()
    }

    async fn renewal_status(&self) -> Option<RenewalStatus> {
        self.overview().await.subscription.map(|subscription| subscription.renewal_status)
    }

    async fn plan(&self) -> Plan {
        self.test.accounts.get(self.user.id).plan
    }

    /// The ID of the only subscription.
    async fn subscription(&self) -> String {
        let row = self.billing.store.billing_of(self.user.id).await.unwrap().unwrap();
        let all = self.payments().subscriptions(&row.customer.unwrap()).await.unwrap();
        all[0].id.clone()
    }

    /// A stack whose user has paid by card.
    async fn subscribed() -> Self {
        let stack = Self::start().await;
        let page = stack.embedded().await;
        assert_eq!(stack.pay(&page, "4242424242424242").await.status(), 200);
        stack.settle().await;
        assert_eq!(stack.plan().await, Plan::Premium);
        stack
    }
}

fn local_settings(data: &TempDir, webhook_url: String) -> gas_local_stripe::Settings {
    gas_local_stripe::Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        webhook_url,
        webhook_secret: SECRET.to_owned(),
        secret_key: "sk_test_1".to_owned(),
        publishable_key: "pk_test_1".to_owned(),
        app_origin: "https://gas.example".to_owned(),
        data_dir: data.path().to_owned(),
        price_id: "price_1".to_owned(),
        price_cents: 900,
    }
}

#[tokio::test]
async fn a_declined_card_changes_nothing_and_a_valid_card_grants_premium() {
    let stack = Stack::start().await;
    let page = stack.embedded().await;
    let declined = stack.pay(&page, "4000000000000002").await;
    assert_eq!(declined.status(), 402);
    assert!(declined.text().await.unwrap().contains("Your card was declined."));
    stack.settle().await;
    assert_eq!((stack.plan().await, stack.renewal_status().await), (Plan::Free, None));
    assert_eq!(stack.overview().await.price.to_string(), "9.00 USD a month");

    // Stripe redelivers events that the webhook rejects.
    stack.reject.store(4, Ordering::SeqCst);
    let paid = stack.pay(&page, "4242424242424242").await.text().await.unwrap();
    assert!(paid.contains("Payment successful"), "{paid}");
    stack.settle().await;
    assert_eq!(stack.plan().await, Plan::Premium);
    let overview = stack.overview().await;
    let card = overview.subscription.unwrap().card.unwrap();
    assert_eq!(card, Card { brand: "visa".to_owned(), last4: "4242".to_owned() });
    assert_eq!(overview.invoices[0].status, InvoiceStatus::Paid);
    assert_eq!(overview.invoices[0].total.to_string(), "9.00 USD");
    let again = stack.begin(CheckoutForm::Embedded).await.unwrap_err();
    assert!(matches!(again, BillingError::AlreadySubscribed));
}

#[tokio::test]
async fn the_hosted_page_redirects_back_with_the_session_id() {
    let stack = Stack::start().await;
    let OpenCheckout::Hosted { url } = stack.begin(CheckoutForm::Hosted).await.unwrap() else {
        panic!("not hosted");
    };
    let path = url.strip_prefix(&stack.stripe_url).unwrap();
    let id = path.rsplit('/').next().unwrap();
    let status = || checkout_status(&stack.billing, stack.user.id, id);
    assert_eq!(status().await.unwrap(), CheckoutStatus::Open);
    let paid = stack.pay(path, "5555555555554444").await;
    assert_eq!(paid.status(), 303);
    let expected = format!("https://gas.example/billing/return?session_id={id}");
    assert_eq!(paid.headers()["location"], expected.as_str());
    assert_eq!(status().await.unwrap(), CheckoutStatus::Complete);
}

#[tokio::test]
async fn repeated_requests_of_an_attempt_open_the_same_checkout() {
    let stack = Stack::start().await;
    assert_eq!(stack.embedded().await, stack.embedded().await);
}

#[tokio::test]
async fn another_form_expires_the_open_checkout_and_a_double_payment_is_ended() {
    let stack = Stack::start().await;
    let first = stack.embedded().await;
    let OpenCheckout::Hosted { url } = stack.begin(CheckoutForm::Hosted).await.unwrap() else {
        panic!("not hosted");
    };
    assert_eq!(stack.pay(&first, "4242424242424242").await.status(), 410);
    assert_eq!(
        stack.begin(CheckoutForm::Hosted).await.unwrap(),
        OpenCheckout::Hosted { url: url.clone() }
    );

    // A second checkout as of a process that did not see the first one.
    let row = stack.billing.store.billing_of(stack.user.id).await.unwrap().unwrap();
    let request = CheckoutRequest {
        user: stack.user.id,
        customer: &row.customer.unwrap(),
        form: CheckoutForm::Hosted,
        attempt: "other",
        expires_at: Timestamp::now() + SignedDuration::from_hours(1),
    };
    let second = stack.payments().start_checkout(&request).await.unwrap();
    let OpenCheckout::Hosted { url: second } = second else { panic!("not hosted") };
    for url in [url, second] {
        let path = url.strip_prefix(&stack.stripe_url).unwrap();
        assert_eq!(stack.pay(path, "4242424242424242").await.status(), 303);
    }
    stack.settle().await;
    assert_eq!(stack.plan().await, Plan::Premium);
    let all = stack.payments().subscriptions(request.customer).await.unwrap();
    let mut statuses: Vec<_> = all.iter().map(|one| one.status.as_str()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["active", "canceled"]);
    // Both calls may be repeated.
    for one in &all {
        if one.status == crate::ports::SubscriptionStatus::Canceled {
            stack.payments().end_subscription(&one.id).await.unwrap();
        }
    }
    for checkout in stack.payments().checkouts(request.customer).await.unwrap() {
        stack.payments().expire_checkout(&checkout.id).await.unwrap();
    }
}

#[tokio::test]
async fn a_subscription_is_cancelled_resumed_and_ended() {
    let stack = Stack::subscribed().await;
    let user = stack.user.id;
    cancel_subscription(&stack.billing, user).await.unwrap();
    assert!(matches!(stack.renewal_status().await, Some(RenewalStatus::Ends { .. })));
    resume_subscription(&stack.billing, user).await.unwrap();
    assert!(matches!(stack.renewal_status().await, Some(RenewalStatus::Renews { .. })));
    cancel_subscription(&stack.billing, user).await.unwrap();
    stack.settle().await;
    assert_eq!(stack.plan().await, Plan::Premium, "it is paid until its end");
    stack.control(&format!("subscriptions/{}/advance", stack.subscription().await)).await;
    stack.settle().await;
    assert_eq!((stack.plan().await, stack.renewal_status().await), (Plan::Free, None));
}

#[tokio::test]
async fn premium_lasts_seven_days_after_a_failed_renewal_and_another_card_restores_it() {
    let stack = Stack::subscribed().await;
    let id = stack.subscription().await;
    stack.control(&format!("subscriptions/{id}/fail-next-renewal")).await;
    stack.control(&format!("subscriptions/{id}/advance?days_ago=6")).await;
    stack.settle().await;
    assert_eq!(stack.plan().await, Plan::Premium);
    let Some(RenewalStatus::PastDue { premium_until }) = stack.renewal_status().await else {
        panic!("{:?}", stack.renewal_status().await);
    };
    let left = premium_until.duration_since(Timestamp::now());
    assert!(left > SignedDuration::from_hours(23) && left <= SignedDuration::from_hours(24));

    stack.control(&format!("subscriptions/{id}/fail-next-renewal")).await;
    stack.control(&format!("subscriptions/{id}/advance?days_ago=8")).await;
    stack.settle().await;
    assert_eq!(
        (stack.plan().await, stack.renewal_status().await),
        (Plan::Free, Some(RenewalStatus::Unpaid))
    );

    let portal = open_portal(&stack.billing, stack.user.id).await.unwrap();
    let path = portal.strip_prefix(&stack.stripe_url).unwrap();
    assert_eq!(stack.pay(path, "4000000000000002").await.status(), 402);
    assert_eq!(stack.pay(path, "5555555555554444").await.status(), 303);
    stack.settle().await;
    assert_eq!(stack.plan().await, Plan::Premium);
}

#[tokio::test]
async fn a_redelivered_event_has_no_effect() {
    let stack = Stack::subscribed().await;
    for index in 0..stack.events().await.len() {
        let again = stack.control(&format!("events/{index}/redeliver")).await;
        assert_eq!(again["status"], 200);
    }
    assert_eq!(stack.plan().await, Plan::Premium);
}

#[tokio::test]
async fn a_wrong_key_is_rejected_and_the_error_gives_the_reason() {
    let stack = Stack::start().await;
    let settings = StripeSettings {
        secret_key: Secret::from("sk_test_stolen".to_owned()),
        price_id: "price_1".to_owned(),
        api_url: format!("{}/", stack.stripe_url),
    };
    let stripe = Stripe::new(&settings, "https://gas.example").unwrap();
    let error = stripe.price().await.unwrap_err();
    assert_eq!(
        chain(&error).to_string(),
        "failed to read price price_1 from Stripe (check GAS_STRIPE_PRICE_ID): \
         Stripe answered 401: Invalid API Key provided: sk_test_****"
    );
    assert!(stripe.invoices("cus_1").await.is_err());
}
