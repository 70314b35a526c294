//! The port [`OperatorQueues`] on SQS.

use super::queue_ages::{Ages, QueueAges};
use super::sqs::SqsQueue;
use crate::ports::{OperatorQueues, PortError, PortResult, QueueWithDeadLetters};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName::{
    self, ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
};
use futures::future::try_join_all;
use gas_shared::operations::{QueueName, QueueState};
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The queues whose names begin with the prefix of a deployment. A queue `<prefix>_NAME` has its dead letters in
/// `<prefix>_NAME_dlq`.
#[derive(Clone, Debug)]
pub struct SqsOperatorQueues {
    client: Client,
    ages: Arc<QueueAges>,
    prefix: String,
    /// The URLs of queues by their names. The URL of a name never changes.
    urls: Arc<Mutex<HashMap<String, String>>>,
}

impl SqsOperatorQueues {
    pub(super) fn new(config: &SdkConfig, prefix: &str) -> PortResult<Self> {
        let ages = Arc::new(QueueAges::new(config)?);
        let (client, prefix) = (Client::new(config), prefix.to_owned());
        Ok(Self { client, ages, prefix, urls: Arc::default() })
    }

    fn name(&self, queue: QueueName) -> String {
        format!("{}_{queue}", self.prefix)
    }

    async fn state(&self, queue: QueueName) -> PortResult<QueueState> {
        let name = self.name(queue);
        let dead = format!("{name}_dlq");
        let (counts, dead) = futures::try_join!(self.counts(&name), self.counts(&dead))?;
        Ok(QueueState {
            name: queue,
            waiting: counts.waiting,
            in_flight: counts.in_flight,
            oldest_secs: None,
            dead_letters: dead.waiting + dead.in_flight,
        })
    }

    /// The ages of the oldest messages. Without CloudWatch, operators see the other numbers.
    async fn ages(&self) -> Ages {
        let names = QueueName::ALL.map(|queue| self.name(queue));
        self.ages.of(&names).await
    }

    /// The URL of a queue, which is asked for once.
    async fn url(&self, name: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        let known = self.known_urls().get(name).cloned();
        if let Some(url) = known {
            return Ok(url);
        }
        let found = self.client.get_queue_url().queue_name(name).send().await?;
        let url = found.queue_url.ok_or("SQS returned no URL")?;
        self.known_urls().insert(name.to_owned(), url.clone());
        Ok(url)
    }

    fn known_urls(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.urls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn counts(&self, name: &str) -> PortResult<Counts> {
        let failed = |error: Box<dyn Error + Send + Sync>| {
            PortError::new(format!("count the messages of {name}"), error)
        };
        let url = self.url(name).await.map_err(failed)?;
        let read = self
            .client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(ApproximateNumberOfMessages)
            .attribute_names(ApproximateNumberOfMessagesNotVisible)
            .send()
            .await;
        let attributes =
            read.map_err(|error| failed(Box::from(error)))?.attributes.unwrap_or_default();
        Ok(Counts {
            waiting: number(&attributes, &ApproximateNumberOfMessages),
            in_flight: number(&attributes, &ApproximateNumberOfMessagesNotVisible),
        })
    }
}

/// The messages of one SQS queue.
struct Counts {
    waiting: u64,
    in_flight: u64,
}

fn number(attributes: &HashMap<QueueAttributeName, String>, name: &QueueAttributeName) -> u64 {
    attributes.get(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[async_trait]
impl OperatorQueues for SqsOperatorQueues {
    async fn states(&self) -> PortResult<Vec<QueueState>> {
        let counts = try_join_all(QueueName::ALL.map(|queue| self.state(queue)));
        let (counts, ages) = futures::join!(counts, self.ages());
        let mut states = counts?;
        for state in &mut states {
            state.oldest_secs = ages.get(&self.name(state.name)).copied();
        }
        Ok(states)
    }

    async fn with_dead_letters(&self, name: QueueName) -> PortResult<QueueWithDeadLetters> {
        let name = self.name(name);
        let queue = SqsQueue::named(self.client.clone(), &name).await?;
        let dead_letters = SqsQueue::named(self.client.clone(), &format!("{name}_dlq")).await?;
        Ok(QueueWithDeadLetters { queue: Arc::new(queue), dead_letters: Arc::new(dead_letters) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::serve;
    use axum::http::HeaderMap;
    use axum::{Json, Router};
    use serde_json::json;

    #[tokio::test]
    async fn the_url_of_a_queue_is_asked_for_once() {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let answer = async move |headers: HeaderMap| {
            let target = headers["x-amz-target"].to_str().unwrap().to_owned();
            seen.lock().unwrap().push(target);
            // Each call finds what it reads, and CloudWatch has no values.
            Json(json!({
                "QueueUrl": "http://127.0.0.1/queue",
                "Attributes": {
                    "ApproximateNumberOfMessages": "3",
                    "ApproximateNumberOfMessagesNotVisible": "1",
                },
                "MetricDataResults": [],
            }))
        };
        let config = serve(Router::new().fallback(answer)).await;
        let queues = SqsOperatorQueues::new(&config, "gas").unwrap();
        for _ in 0..2 {
            let states = queues.states().await.unwrap();
            let counts = states.iter().map(|one| (one.waiting, one.in_flight, one.dead_letters));
            assert_eq!(counts.collect::<Vec<_>>(), [(3, 1, 4)].repeat(QueueName::ALL.len()));
        }
        let calls = calls.lock().unwrap();
        let count = |name: &str| calls.iter().filter(|call| call.ends_with(name)).count();
        let with_dead_letters = 2 * QueueName::ALL.len();
        assert_eq!(count(".GetQueueUrl"), with_dead_letters);
        assert_eq!(count(".GetQueueAttributes"), 2 * with_dead_letters);
    }

    #[test]
    fn every_queue_of_the_template_is_known() {
        let template = include_str!("../../../deploy/template.yaml");
        let names = template.lines().filter_map(|line| {
            line.trim().strip_prefix("QueueName: !Sub \"${Prefix}_")?.strip_suffix('"')
        });
        let mut declared: Vec<&str> = names.filter(|name| !name.ends_with("_dlq")).collect();
        let mut known = QueueName::ALL.map(QueueName::as_str);
        declared.sort_unstable();
        known.sort_unstable();
        assert_eq!(declared, known);
    }
}
