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
use gas_backend::ports::Queue;
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
            match self.queue.receive(1, VISIBILITY).await {
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
    let endpoint = web.thaw.clone();
    match endpoint.verifier.verify(&body, web.gas.now()).await {
        Ok(VerifiedMessage::Notification { .. }) => {
            // SNS waits 15 seconds for a response; a long queue takes longer.
            tokio::spawn(async move { endpoint.process_queue(&web.gas).await });
            (StatusCode::OK, String::new())
        }
        Ok(VerifiedMessage::SubscriptionConfirmation { token, .. }) => {
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
