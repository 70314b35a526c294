//! The port [`OperatorQueues`] on SQS.

use super::sqs::SqsQueue;
use crate::ports::{OperatorQueues, PortError, PortResult, QueueWithDeadLetters};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName::{
    self, ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
};
use futures::future::try_join_all;
use gas_shared::operations::{QueueName, QueueState};
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

/// The queues whose names begin with the prefix of a deployment. A queue `<prefix>_NAME` has its dead letters in
/// `<prefix>_NAME_dlq`.
#[derive(Clone, Debug)]
pub struct SqsOperatorQueues {
    client: Client,
    prefix: String,
}

impl SqsOperatorQueues {
    pub(super) fn new(client: Client, prefix: &str) -> Self {
        Self { client, prefix: prefix.to_owned() }
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
            dead_letters: dead.waiting + dead.in_flight,
        })
    }

    async fn counts(&self, name: &str) -> PortResult<Counts> {
        let failed = |error: Box<dyn Error + Send + Sync>| {
            PortError::new(format!("count the messages of {name}"), error)
        };
        let found = self.client.get_queue_url().queue_name(name).send().await;
        let url = found.map_err(|error| failed(Box::from(error)))?.queue_url.unwrap_or_default();
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
        try_join_all(QueueName::ALL.map(|queue| self.state(queue))).await
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
