//! Tests of what the adapter's tests in `gas-backend` do not cover: pages, headers and state on
//! disk.

#![expect(clippy::unwrap_used, reason = "tests")]

use gas_local_stripe::{Settings, serve};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const KEY: &str = "sk_test_local";

struct Running {
    url: String,
    http: Client,
    task: JoinHandle<anyhow::Result<()>>,
}

async fn start(data_dir: &Path) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        listen: listener.local_addr().unwrap(),
        public_url: None,
        // Nothing listens there, so events stay pending.
        webhook_url: "http://127.0.0.1:9/".to_owned(),
        webhook_secret: "whsec_local".to_owned(),
        secret_key: KEY.to_owned(),
        publishable_key: "pk_test_local".to_owned(),
        app_origin: "http://gas.example".to_owned(),
        data_dir: data_dir.to_owned(),
        price_id: "price_1".to_owned(),
        price_cents: 900,
    };
    let task = tokio::spawn(serve(listener, settings));
    Running { url, http: Client::new(), task }
}

impl Running {
    fn call(&self, path: &str, form: Option<&str>) -> RequestBuilder {
        let url = format!("{}{path}", self.url);
        match form {
            None => self.http.get(url),
            Some(form) => self
                .http
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_owned()),
        }
    }

    async fn api(&self, path: &str, form: Option<&str>) -> Response {
        self.call(path, form).bearer_auth(KEY).send().await.unwrap()
    }

    async fn customer(&self) -> String {
        let customer = self.api("/v1/customers", Some("email=a%40example.org")).await;
        json(customer).await["id"].as_str().unwrap().to_owned()
    }

    async fn begin(&self, form: &str) -> Response {
        let customer = self.customer().await;
        let common = "mode=subscription&line_items[0][price]=price_1&line_items[0][quantity]=1";
        self.api("/v1/checkout/sessions", Some(&format!("{common}&customer={customer}&{form}")))
            .await
    }
}

async fn json(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn only_pages_of_the_application_may_embed_a_checkout() {
    let data = TempDir::new().unwrap();
    let stripe = start(data.path()).await;
    let embedded =
        "ui_mode=embedded_page&redirect_on_completion=if_required&return_url=http://gas.example/r";
    let session = json(stripe.begin(embedded).await).await;
    let secret = session["client_secret"].as_str().unwrap().to_owned();
    let page = |key: &str| stripe.call(&format!("/embed/{secret}?key={key}"), None).send();
    let shown = page("pk_test_local").await.unwrap();
    let policy = shown.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors http://gas.example"), "{policy}");
    assert_eq!(page("pk_test_other").await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let hosted = "ui_mode=hosted_page&success_url=http://gas.example/r";
    let url = json(stripe.begin(hosted).await).await["url"].as_str().unwrap().to_owned();
    let shown = stripe.http.get(url).send().await.unwrap();
    let policy = shown.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test]
async fn calls_that_stripe_rejects_are_rejected() {
    let data = TempDir::new().unwrap();
    let stripe = start(data.path()).await;
    let without_key = stripe.call("/v1/prices/price_1", None).send().await.unwrap();
    assert_eq!(without_key.status(), StatusCode::UNAUTHORIZED);
    for (form, message) in [
        (
            "ui_mode=embedded_page&redirect_on_completion=if_required",
            "Missing required param: return_url.",
        ),
        ("ui_mode=embedded&return_url=x", "Invalid ui_mode: must be embedded_page or hosted_page"),
        (
            "ui_mode=embedded_page&redirect_on_completion=if_required&return_url=x&success_url=y",
            "Received unknown parameter: success_url",
        ),
        (
            "ui_mode=hosted_page&success_url=x&expires_at=1",
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
        ),
    ] {
        let rejected = stripe.begin(form).await;
        assert_eq!(rejected.status(), StatusCode::BAD_REQUEST);
        assert_eq!(json(rejected).await["error"]["message"], message);
    }
    let unknown = stripe.api("/v1/checkout/sessions/cs_none", None).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(json(unknown).await["error"]["code"], "resource_missing");
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_one_request() {
    let data = TempDir::new().unwrap();
    let stripe = start(data.path()).await;
    let create = |form: &'static str| {
        let call = stripe.call("/v1/customers", Some(form)).bearer_auth(KEY);
        call.header("idempotency-key", "one").send()
    };
    let first = json(create("name=Ada").await.unwrap()).await;
    let again = create("name=Ada").await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(json(again).await["id"], first["id"]);
    let other = create("name=Eve").await.unwrap();
    assert_eq!(json(other).await["error"]["type"], "idempotency_error");
}

#[tokio::test]
async fn the_state_survives_a_restart() {
    let data = TempDir::new().unwrap();
    let stripe = start(data.path()).await;
    let session =
        "ui_mode=embedded_page&redirect_on_completion=if_required&return_url=http://gas.example/r";
    let session = json(stripe.begin(session).await).await;
    let path = format!("/embed/{}?key=pk_test_local", session["client_secret"].as_str().unwrap());
    let card = "number=4242424242424242&expiry=12%2F40&cvc=123";
    let paid = stripe.call(&path, Some(card)).send().await.unwrap();
    assert_eq!(paid.status(), StatusCode::OK);
    let twice = stripe.call(&path, Some(card)).send().await.unwrap();
    assert_eq!(twice.status(), StatusCode::OK, "a form sent twice pays once");
    stripe.task.abort();

    let stripe = start(data.path()).await;
    let own = "/_control/subscriptions?email=a@example.org";
    let all = json(stripe.call(own, None).send().await.unwrap()).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["default_payment_method"]["card"]["last4"], "4242");
    let events = json(stripe.call("/_control/events", None).send().await.unwrap()).await;
    let completed: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "checkout.session.completed")
        .collect();
    assert_eq!(completed.len(), 1);
    assert_eq!(completed[0]["delivered"], false, "it waits for an endpoint that takes it");
}
