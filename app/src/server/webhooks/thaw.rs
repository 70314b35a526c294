//! SNS calls when archived results are to come back.
//!
//! The call wakes this process up and is believed for nothing else: what is to be done is in queue
//! `start_thaw`, which the utility node works off as well.

use crate::server::Web;
use crate::server::sns::{HttpCertificates, MAX_BODY_BYTES, Trust, Verified, Verifier};
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

/// How long a message stays invisible to others while it is handled.
const VISIBILITY: Duration = Duration::from_secs(300);

/// The topic that calls, and the queue that has the work.
pub struct ThawEndpoint {
    verifier: Verifier,
    topic: SnsTopic,
    queue: SqsQueue,
    /// Held while this process works the queue off; a second call need not do it too.
    working: Mutex<()>,
}

impl ThawEndpoint {
    /// The endpoint of a deployment.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made.
    pub fn new(deployment: &Deployment, sdk: &Sdk) -> anyhow::Result<Self> {
        let arn = deployment.start_thaw_topic_arn.clone();
        Ok(Self {
            topic: sdk.topic(&arn),
            queue: sdk.queue(&deployment.start_thaw_queue_url),
            verifier: Verifier::new([arn], Trust::web(), Arc::new(HttpCertificates::new()?)),
            working: Mutex::default(),
        })
    }

    /// Works the queue off, unless this process does it already.
    async fn work_off(&self, gas: &Gas) {
        let Ok(_working) = self.working.try_lock() else { return };
        loop {
            match self.queue.receive(1, VISIBILITY).await {
                Ok(messages) if messages.is_empty() => return,
                Ok(messages) => {
                    for message in messages {
                        if let Err(error) = handle_start_thaw(gas, &message.body).await {
                            tracing::error!(error = %chain(&error), "a thaw is left to come back");
                        } else if let Err(error) = self.queue.delete(&message).await {
                            tracing::warn!(error = %chain(&error), "a thaw that is done will come back");
                        }
                    }
                }
                Err(error) => {
                    tracing::error!(error = %chain(&error), "the queue of thaws failed");
                    return;
                }
            }
        }
    }
}

/// Answers 413 to bodies that are larger than any message of SNS.
pub fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_BODY_BYTES)
}

/// Takes a message of SNS.
pub async fn receive(Extension(web): Extension<Web>, body: Bytes) -> (StatusCode, String) {
    let endpoint = web.thaw.clone();
    match endpoint.verifier.verify(&body, web.gas.clock.now()).await {
        Ok(Verified::Notification { .. }) => {
            // SNS waits fifteen seconds for an answer, and a long list takes longer.
            tokio::spawn(async move { endpoint.work_off(&web.gas).await });
            (StatusCode::OK, String::new())
        }
        Ok(Verified::SubscriptionConfirmation { token, .. }) => {
            match endpoint.topic.confirm_subscription(&token).await {
                Ok(()) => {
                    tracing::info!("the thaw endpoint is subscribed");
                    (StatusCode::OK, String::new())
                }
                Err(error) => {
                    tracing::error!(error = %chain(&error), "the thaw endpoint is not subscribed");
                    (StatusCode::SERVICE_UNAVAILABLE, "not confirmed; send it again".to_owned())
                }
            }
        }
        Ok(Verified::UnsubscribeConfirmation { .. }) => {
            tracing::warn!("the thaw endpoint was unsubscribed");
            (StatusCode::OK, String::new())
        }
        Err(refusal) => {
            tracing::warn!(error = %chain(&refusal), "a message to the thaw endpoint was refused");
            (refusal.status(), refusal.to_string())
        }
    }
}
