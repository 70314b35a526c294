//! The endpoint that SNS calls when archived results are to be restored.
//!
//! The call is only a wake-up signal: the work itself is in the queue `start_thaw`, which the
//! utility node processes too.

use crate::server::Web;
use crate::server::sns::{HttpCertificates, MAX_BODY_BYTES, TrustStore, VerifiedMessage, Verifier};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use gas_backend::aws::{SnsTopic, SqsQueue};
use gas_backend::ports::{LONG_POLL, Queue};
use gas_backend::usecases::handle_start_thaw;
use gas_backend::{Deployment, Gas, aws::Sdk, chain};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a message stays invisible to other consumers while it is handled.
const VISIBILITY: Duration = Duration::from_secs(300);

/// The topic that calls this endpoint and the queue with the work.
pub struct ThawEndpoint {
    verifier: Verifier,
    topic: SnsTopic,
    queue: SqsQueue,
    /// Locked while this process handles the queue, so that a second call does not do it too.
    in_progress: Mutex<()>,
}

impl ThawEndpoint {
    /// Creates the endpoint of a deployment.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn new(deployment: &Deployment, sdk: &Sdk) -> anyhow::Result<Self> {
        let arn = deployment.start_thaw_topic_arn.clone();
        Ok(Self {
            topic: sdk.topic(&arn),
            queue: sdk.queue(&deployment.start_thaw_queue_url),
            verifier: Verifier::new(
                [arn],
                TrustStore::web_roots(),
                Arc::new(HttpCertificates::new()?),
            ),
            in_progress: Mutex::default(),
        })
    }

    /// Handles all messages in the queue, unless this process is already doing so.
    async fn process_queue(&self, gas: &Gas) {
        let Ok(_working) = self.in_progress.try_lock() else { return };
        loop {
            match self.queue.receive(1, VISIBILITY, LONG_POLL).await {
                Ok(messages) if messages.is_empty() => return,
                Ok(messages) => {
                    for message in messages {
                        if let Err(error) = handle_start_thaw(gas, &message.body).await {
                            tracing::error!(error = %chain(&error), "failed to start a thaw; its message stays in the queue");
                        } else if let Err(error) = self.queue.delete(&message).await {
                            tracing::warn!(error = %chain(&error), "failed to delete the message of a started thaw; it will be delivered again");
                        }
                    }
                }
                Err(error) => {
                    tracing::error!(error = %chain(&error), "failed to receive thaw messages");
                    return;
                }
            }
        }
    }
}

/// Rejects bodies over the limit of SNS messages with 413.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_BODY_BYTES)
}

/// Handles a message from SNS.
pub async fn receive(Extension(web): Extension<Web>, body: Bytes) -> (StatusCode, String) {
    handle(web.thaw.clone(), web.gas.clone(), &body).await
}

async fn handle(endpoint: Arc<ThawEndpoint>, gas: Gas, body: &[u8]) -> (StatusCode, String) {
    match endpoint.verifier.verify(body, gas.now()).await {
        Ok(VerifiedMessage::Notification { .. }) => {
            // SNS waits 15 seconds for a response; a long queue takes longer.
            tokio::spawn(async move { endpoint.process_queue(&gas).await });
            (StatusCode::OK, String::new())
        }
        Ok(VerifiedMessage::SubscriptionConfirmation { token, .. }) => {
            // Not by the URL in the message, which could be any address that this server reaches.
            match endpoint.topic.confirm_subscription(&token).await {
                Ok(()) => {
                    tracing::info!("confirmed the subscription of the thaw endpoint");
                    (StatusCode::OK, String::new())
                }
                Err(error) => {
                    tracing::error!(error = %chain(&error), "failed to confirm the subscription of the thaw endpoint");
                    (StatusCode::SERVICE_UNAVAILABLE, "not confirmed; send it again".to_owned())
                }
            }
        }
        Ok(VerifiedMessage::UnsubscribeConfirmation { .. }) => {
            tracing::warn!("the thaw endpoint was unsubscribed");
            (StatusCode::OK, String::new())
        }
        Err(error) => {
            tracing::warn!(error = %chain(&error), "rejected a message to the thaw endpoint");
            (error.status(), error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::sns::tests::{Authority, CERT_URL, TOPIC, changed, confirmation, signed};
    use crate::server::sns::{CertificateSource, SigningCertUrl};
    use async_trait::async_trait;
    use axum::Router;
    use axum::extract::State;
    use gas_backend::testkit::{TestGas, aws_at};
    use serde_json::Value;
    use std::sync::Mutex as StdMutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::net::TcpListener;

    /// The certificate of SNS, without a request. Other URLs are fetched, as in production.
    struct SnsCertificate {
        pem: Vec<u8>,
        others: HttpCertificates,
    }

    #[async_trait]
    impl CertificateSource for SnsCertificate {
        async fn certificate(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>> {
            if url.as_str() == CERT_URL {
                return Ok(self.pem.as_slice().into());
            }
            self.others.certificate(url).await
        }
    }

    /// Counts the connections to an address of its own, and returns the address.
    async fn count_connections() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        (address, count)
    }

    /// Stands in for AWS: answers everything with a confirmed subscription and keeps the requests.
    async fn aws() -> (String, Arc<StdMutex<Vec<String>>>) {
        type Requests = Arc<StdMutex<Vec<String>>>;
        let requests = Requests::default();
        let answer = async |State(requests): State<Requests>, body: String| {
            requests.lock().unwrap().push(body);
            "<ConfirmSubscriptionResponse><ConfirmSubscriptionResult>\
             <SubscriptionArn>arn:s</SubscriptionArn></ConfirmSubscriptionResult>\
             </ConfirmSubscriptionResponse>"
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(requests.clone());
        tokio::spawn(async { axum::serve(listener, app).await });
        (url, requests)
    }

    fn endpoint(sdk: &Sdk) -> Arc<ThawEndpoint> {
        let authority = Authority::new();
        let pem = authority.certify("sns.amazonaws.com", (2026, 2027));
        let others = HttpCertificates::new().unwrap();
        let certificates = Arc::new(SnsCertificate { pem, others });
        Arc::new(ThawEndpoint {
            verifier: Verifier::new([TOPIC.to_owned()], authority.trust(), certificates),
            topic: sdk.topic(TOPIC),
            queue: sdk.queue("http://queue"),
            in_progress: Mutex::default(),
        })
    }

    #[tokio::test]
    async fn no_url_of_a_message_is_requested() {
        let (aws, requests) = aws().await;
        let (stranger, connections) = count_connections().await;
        let endpoint = endpoint(&Sdk::from(aws_at(&aws)));
        let test = TestGas::new();
        let sent_at = test.gas.now().to_string();
        let post = async |message: Value| {
            let body = message.to_string();
            handle(endpoint.clone(), test.gas.clone(), body.as_bytes()).await.0
        };
        let subscribe = |url: &str, number: usize| {
            let message = changed(confirmation("SubscriptionConfirmation"), "SubscribeURL", url);
            let message = changed(message, "Timestamp", &sent_at);
            signed(changed(message, "MessageId", &number.to_string()))
        };
        let urls = [
            "http://169.254.169.254/latest/meta-data".to_owned(),
            format!("http://{stranger}/"),
            format!("https://sns.us-east-1.amazonaws.com@{stranger}/"),
            format!("https://{stranger}/?Action=ConfirmSubscription"),
        ];
        // A signed confirmation is confirmed by a call of the API, whatever its URL.
        for (number, url) in urls.iter().enumerate() {
            assert_eq!(post(subscribe(url, number)).await, StatusCode::OK, "{url}");
            let requests = requests.lock().unwrap();
            assert_eq!(requests.len(), number + 1, "{url}");
            assert!(requests[number].contains("Action=ConfirmSubscription"), "{requests:?}");
            assert!(!requests[number].contains("169.254"), "{requests:?}");
        }
        // A certificate from elsewhere is rejected before it is requested.
        let file = "SimpleNotificationService-0a1b.pem";
        for host in [
            format!("http://{stranger}"),
            format!("https://{stranger}"),
            format!("https://sns.us-east-1.amazonaws.com@{stranger}"),
            "https://169.254.169.254".to_owned(),
            "https://sns.us-east-1.amazonaws.com.evil.tld".to_owned(),
        ] {
            let message = subscribe(&urls[0], 9);
            let forged = signed(changed(message, "SigningCertURL", &format!("{host}/{file}")));
            assert_eq!(post(forged).await, StatusCode::FORBIDDEN, "{host}");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 0);
        assert_eq!(requests.lock().unwrap().len(), urls.len());
    }
}
