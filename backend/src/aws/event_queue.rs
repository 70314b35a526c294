//! The queue on which a web process receives job events.
//!
//! Every web process must see every event, so each creates a queue at start and deletes it at
//! shutdown. Unread events need not be kept: a browser refetches when it reconnects.

use super::sqs::LONG_POLL_SECS;
use crate::chain::chain;
use crate::ports::{PortError, PortResult};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, QueueAttributeName};
use serde_json::json;
use uuid::Uuid;

/// How long SQS keeps an unread event.
const RETENTION_SECS: u32 = 300;

/// A queue that receives every event of a topic until it is closed.
#[derive(Debug)]
pub struct EventQueue {
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    url: String,
    subscription_arn: String,
}

impl EventQueue {
    pub(super) async fn open(
        sqs: aws_sdk_sqs::Client,
        sns: aws_sdk_sns::Client,
        prefix: &str,
        topic_arn: &str,
    ) -> PortResult<Self> {
        let name = format!("{prefix}_job_events_web_{}", Uuid::new_v4());
        let url = create(&sqs, &name, topic_arn).await?;
        match subscribe(&sqs, &sns, &url, topic_arn).await {
            Ok(subscription_arn) => Ok(Self { sqs, sns, url, subscription_arn }),
            Err(error) => {
                if let Err(error) = sqs.delete_queue().queue_url(&url).send().await {
                    let error = chain(&error);
                    tracing::warn!(queue = %url, %error, "an unused queue was not deleted");
                }
                Err(error)
            }
        }
    }

    /// Waits for events, up to the long-poll time, and removes them from the queue. The result may
    /// be empty.
    ///
    /// # Errors
    /// If SQS fails; the events are then received again.
    pub async fn receive(&self) -> PortResult<Vec<String>> {
        let answer = self
            .sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10)
            .wait_time_seconds(LONG_POLL_SECS)
            .send()
            .await
            .map_err(|error| PortError::new(format!("receive from {}", self.url), error))?;
        let messages = answer.messages.unwrap_or_default();
        self.remove(&messages).await?;
        Ok(messages.into_iter().filter_map(|message| message.body).collect())
    }

    /// Ends the subscription and deletes the queue.
    ///
    /// # Errors
    /// If either fails; both are attempted.
    pub async fn close(self) -> PortResult<()> {
        let unsubscribed =
            self.sns.unsubscribe().subscription_arn(&self.subscription_arn).send().await;
        let deleted = self.sqs.delete_queue().queue_url(&self.url).send().await;
        unsubscribed.map_err(|error| PortError::new(format!("unsubscribe {}", self.url), error))?;
        deleted.map_err(|error| PortError::new(format!("delete {}", self.url), error))?;
        Ok(())
    }

    async fn remove(&self, messages: &[aws_sdk_sqs::types::Message]) -> PortResult<()> {
        let action = || format!("delete messages of {}", self.url);
        let mut entries = Vec::with_capacity(messages.len());
        for (index, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(message.receipt_handle().unwrap_or_default())
                .build()
                .map_err(|error| PortError::new(action(), error))?;
            entries.push(entry);
        }
        if entries.is_empty() {
            return Ok(());
        }
        let batch = self.sqs.delete_message_batch().queue_url(&self.url);
        // An event whose deletion fails is received twice, which its version makes harmless.
        let sent = batch.set_entries(Some(entries)).send().await;
        sent.map_err(|error| PortError::new(action(), error))?;
        Ok(())
    }
}

async fn create(sqs: &aws_sdk_sqs::Client, name: &str, topic_arn: &str) -> PortResult<String> {
    let answer = sqs
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECS.to_string())
        .attributes(QueueAttributeName::SqsManagedSseEnabled, "true")
        .attributes(QueueAttributeName::Policy, policy(topic_arn))
        .send()
        .await
        .map_err(|error| PortError::new(format!("create queue {name}"), error))?;
    Ok(answer.queue_url.unwrap_or_default())
}

/// Allows only the topic to send messages to the queue.
fn policy(topic_arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": { "ArnEquals": { "aws:SourceArn": topic_arn } },
        }],
    })
    .to_string()
}

async fn subscribe(
    sqs: &aws_sdk_sqs::Client,
    sns: &aws_sdk_sns::Client,
    url: &str,
    topic_arn: &str,
) -> PortResult<String> {
    let answer = sqs
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .map_err(|error| PortError::new(format!("read the ARN of {url}"), error))?;
    let mut attributes = answer.attributes.unwrap_or_default();
    let queue_arn = attributes.remove(&QueueAttributeName::QueueArn).unwrap_or_default();
    let subscription = sns
        .subscribe()
        .topic_arn(topic_arn)
        .protocol("sqs")
        .endpoint(queue_arn)
        .attributes("RawMessageDelivery", "true")
        .return_subscription_arn(true)
        .send()
        .await
        .map_err(|error| PortError::new(format!("subscribe {url} to {topic_arn}"), error))?;
    Ok(subscription.subscription_arn.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_topic_may_send_to_the_queue() {
        let policy: serde_json::Value = serde_json::from_str(&policy("arn:topic")).unwrap();
        let statement = &policy["Statement"][0];
        assert_eq!(statement["Principal"]["Service"], "sns.amazonaws.com");
        assert_eq!(statement["Condition"]["ArnEquals"]["aws:SourceArn"], "arn:topic");
    }
}
