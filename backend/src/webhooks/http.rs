//! The port [`WebhookSender`] over HTTP.

use crate::chain;
use crate::ports::{PortError, PortResult, SendResult, SignedMessage, WebhookSender};
use crate::public_address::{TargetUrl, Targets, client, is_not_public};
use async_trait::async_trait;
use gas_shared::webhook::MAX_WEBHOOK_URL_BYTES;
use reqwest::{Client, Response, StatusCode};
use std::time::Duration;

/// How long an attempt may take, from the resolution of the name to the status of the response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends messages over HTTP. It never reads the body of a response.
#[derive(Clone, Debug)]
pub struct HttpWebhookSender {
    targets: Targets,
    client: Client,
}

impl HttpWebhookSender {
    /// Creates a sender to these hosts.
    ///
    /// # Errors
    /// If TLS cannot be initialized.
    pub fn new(targets: Targets) -> PortResult<Self> {
        Self::with_timeout(targets, TIMEOUT)
    }

    fn with_timeout(targets: Targets, timeout: Duration) -> PortResult<Self> {
        let client = client(targets, timeout);
        let client =
            client.map_err(|error| PortError::permanent("create an HTTP client", error))?;
        Ok(Self { targets, client })
    }

    async fn post(&self, url: &TargetUrl, message: &SignedMessage) -> reqwest::Result<Response> {
        self.client
            .post(url.url().clone())
            .header("content-type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", &message.timestamp)
            .header("webhook-signature", &message.signature)
            .body(message.body.clone())
            .send()
            .await
    }
}

#[async_trait]
impl WebhookSender for HttpWebhookSender {
    async fn send(&self, url: &str, message: &SignedMessage) -> SendResult {
        // Checked again: it may be stored since before the rules of URLs became stricter.
        let url = match TargetUrl::parse(url, self.targets, MAX_WEBHOOK_URL_BYTES) {
            Ok(url) => url,
            Err(error) => return SendResult::Failed { problem: error.to_string() },
        };
        match self.post(&url, message).await {
            Ok(response) => of_status(response.status()),
            Err(error) => {
                let problem = describe(&error).to_owned();
                // Without the URL, which may contain a key of its owner.
                let error = error.without_url();
                tracing::info!(error = %chain(&error), problem, "webhook not reached");
                SendResult::Failed { problem }
            }
        }
    }
}

fn of_status(status: StatusCode) -> SendResult {
    match status {
        status if status.is_success() => SendResult::Accepted,
        StatusCode::GONE => SendResult::Gone,
        status if status.is_redirection() => SendResult::Failed {
            problem: format!("HTTP {}; redirects are not followed", status.as_u16()),
        },
        status => SendResult::Failed { problem: format!("HTTP {}", status.as_u16()) },
    }
}

/// Why no response came, for the owner of the webhook. It says nothing about the network of the deployment.
fn describe(error: &reqwest::Error) -> &'static str {
    if is_not_public(error) {
        "the host name does not lead to public addresses only"
    } else if error.is_timeout() {
        "no response within 10 seconds"
    } else if error.is_connect() {
        "the connection failed (refused, or its certificate is not valid)"
    } else {
        "the connection ended before the response"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::{WebhookSecret, sign_message};
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::http::header::LOCATION;
    use axum::routing::post;
    use gas_shared::WebhookId;
    use jiff::Timestamp;
    use std::sync::{Arc, Mutex};
    use uuid::Uuid;

    type Received = Arc<Mutex<Vec<(HeaderMap, String)>>>;

    /// A receiver on this machine, and the requests that it gets.
    async fn receiver() -> (String, Received) {
        let received = Received::default();
        let kept = received.clone();
        let accept = move |headers: HeaderMap, body: String| {
            kept.lock().unwrap().push((headers, body));
            std::future::ready(())
        };
        let status =
            |code: u16| post(move || std::future::ready(StatusCode::from_u16(code).unwrap()));
        let away = || std::future::ready((StatusCode::FOUND, [(LOCATION, "/accept")]));
        let app = Router::new()
            .route("/accept", post(accept))
            .route("/gone", status(410))
            .route("/broken", status(503))
            .route("/away", post(away))
            .route("/slow", post(std::future::pending::<String>));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (url, received)
    }

    fn message() -> SignedMessage {
        let key = "x".repeat(32).parse().unwrap();
        let secret = WebhookSecret::derive(&key, WebhookId::new(Uuid::nil()));
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        sign_message(&secret, Uuid::from_u128(7), r#"{"type":"webhook.test"}"#, at)
    }

    fn failed(problem: &str) -> SendResult {
        SendResult::Failed { problem: problem.to_owned() }
    }

    #[tokio::test]
    async fn a_message_is_posted_with_its_headers_and_the_status_decides() {
        let (url, received) = receiver().await;
        let sender =
            HttpWebhookSender::with_timeout(Targets::Any, Duration::from_millis(500)).unwrap();
        let message = message();
        let send = async |path: &str| sender.send(&format!("{url}{path}"), &message).await;
        assert_eq!(send("/accept").await, SendResult::Accepted);
        assert_eq!(send("/gone").await, SendResult::Gone);
        assert_eq!(send("/broken").await, failed("HTTP 503"));
        assert_eq!(send("/away").await, failed("HTTP 302; redirects are not followed"));
        assert_eq!(send("/slow").await, failed("no response within 10 seconds"));
        let nobody = sender.send("http://127.0.0.1:1/", &message).await;
        assert!(matches!(nobody, SendResult::Failed { problem } if problem.contains("refused")));

        let received = received.lock().unwrap();
        let [(headers, body)] = &received[..] else { panic!("{received:?}") };
        assert_eq!(*body, message.body);
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("webhook-id"), "msg_00000000000000000000000000000007");
        assert_eq!(header("webhook-timestamp"), "1790000000");
        assert_eq!(header("webhook-signature"), message.signature);
        assert_eq!(header("content-type"), "application/json");
    }

    #[tokio::test]
    async fn a_host_that_is_not_public_gets_no_request() {
        let (url, received) = receiver().await;
        let sender = HttpWebhookSender::new(Targets::Public).unwrap();
        let port = url.rsplit_once(':').unwrap().1;
        let name = format!("https://localhost:{port}/accept");
        let not_public = failed("the host name does not lead to public addresses only");
        assert_eq!(sender.send(&name, &message()).await, not_public);
        for url in [format!("{url}/accept"), format!("https://127.0.0.1:{port}/accept")] {
            let sent = sender.send(&url, &message()).await;
            assert!(matches!(sent, SendResult::Failed { .. }), "{sent:?}");
        }
        assert!(received.lock().unwrap().is_empty());
    }
}
