//! The queue on which a web process receives job events.
//!
//! Every web process must see every event, so each creates a queue at start and deletes it at
//! shutdown. Unread events need not be kept: a browser refetches when it reconnects.
//!
//! A process that is killed leaves its queue behind. Therefore a process renews a tag of its queue, and
//! [`EventQueueReaper`] deletes queues whose tag is old. A process whose queue was deleted creates
//! another one.

use super::sqs::seconds;
use crate::chain::chain;
use crate::ports::{LONG_POLL, PortError, PortResult};
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageError;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, QueueAttributeName};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long SQS keeps an unread event.
const RETENTION_SECS: u32 = 300;

/// The tag with the time at which the process was last alive, in Unix seconds.
const SEEN: &str = "gas:seen";

/// The interval between renewals of the tag.
const RENEW_EVERY: Duration = Duration::from_secs(600);

/// The age of the tag, in seconds, from which on the process counts as dead.
const DEAD_AFTER_SECS: i64 = 3600;

/// The age of a queue without a tag, in seconds, from which on it is deleted. Versions that did not
/// write the tag are replaced within this time.
const UNTAGGED_SECS: i64 = 24 * 3600;

/// Receive calls at the same time while there are more events than one of them returns.
const PARALLEL_RECEIVES: usize = 8;

/// The most messages that one call returns (an SQS limit).
const MESSAGES: i32 = 10;

/// A queue that receives every event of a topic until it is closed.
#[derive(Debug)]
pub struct EventQueue {
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    prefix: String,
    topic_arn: String,
    url: String,
    subscription_arn: String,
    renewed: Instant,
}

impl EventQueue {
    pub(super) async fn open(
        sqs: aws_sdk_sqs::Client,
        sns: aws_sdk_sns::Client,
        prefix: &str,
        topic_arn: &str,
    ) -> PortResult<Self> {
        let name = format!("{}{}", name_prefix(prefix), Uuid::new_v4());
        let url = create(&sqs, &name, topic_arn).await?;
        match subscribe(&sqs, &sns, &url, topic_arn).await {
            Ok(subscription_arn) => Ok(Self {
                sqs,
                sns,
                prefix: prefix.to_owned(),
                topic_arn: topic_arn.to_owned(),
                url,
                subscription_arn,
                renewed: Instant::now(),
            }),
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
    /// If SQS fails; the events are then received again. If the queue was deleted, the next call reads
    /// another one, and the events in between are lost.
    pub async fn receive(&mut self) -> PortResult<Vec<String>> {
        self.renew().await;
        let first = match self.receive_once(LONG_POLL).await {
            Ok(messages) => messages,
            Err(error) => {
                let is_gone =
                    error.as_service_error().is_some_and(|error| error.is_queue_does_not_exist());
                let error = PortError::new(format!("receive from {}", self.url), error);
                if is_gone {
                    self.replace().await?;
                }
                return Err(error);
            }
        };
        let has_more = first.len() == MESSAGES as usize;
        let more = if has_more { PARALLEL_RECEIVES } else { 0 };
        let more = (0..more).map(|_| self.receive_once(Duration::ZERO));
        let mut bodies = Vec::new();
        for received in std::iter::once(Ok(first)).chain(join_all(more).await) {
            // Events of a call that has failed are received again.
            let Ok(messages) = received else { continue };
            self.remove(&messages).await?;
            bodies.extend(messages.into_iter().filter_map(|message| message.body));
        }
        Ok(bodies)
    }

    async fn receive_once(
        &self,
        wait: Duration,
    ) -> Result<Vec<Message>, SdkError<ReceiveMessageError>> {
        let call = self.sqs.receive_message().queue_url(&self.url);
        let call = call.max_number_of_messages(MESSAGES).wait_time_seconds(seconds(wait));
        Ok(call.send().await?.messages.unwrap_or_default())
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

    /// Replaces a queue that was deleted.
    async fn replace(&mut self) -> PortResult<()> {
        let (sqs, sns) = (self.sqs.clone(), self.sns.clone());
        let next = Self::open(sqs, sns, &self.prefix, &self.topic_arn).await?;
        let old = std::mem::replace(self, next);
        tracing::warn!(old = old.url, new = self.url, "the event queue was deleted; replaced it");
        let ended = self.sns.unsubscribe().subscription_arn(&old.subscription_arn).send().await;
        if let Err(error) = ended {
            tracing::warn!(error = %chain(&error), "the subscription of the deleted queue was not ended");
        }
        Ok(())
    }

    /// Shows that this process is alive. A failure is repeated at the next call.
    async fn renew(&mut self) {
        if self.renewed.elapsed() < RENEW_EVERY {
            return;
        }
        let (name, now) = seen_tag();
        match self.sqs.tag_queue().queue_url(&self.url).tags(name, now).send().await {
            Ok(_) => self.renewed = Instant::now(),
            Err(error) => {
                tracing::warn!(queue = self.url, error = %chain(&error), "event queue not renewed");
            }
        }
    }

    async fn remove(&self, messages: &[Message]) -> PortResult<()> {
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

/// Deletes the queues and subscriptions of web processes that no longer exist.
#[derive(Clone, Debug)]
pub struct EventQueueReaper {
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    prefix: String,
    topic_arn: String,
}

impl EventQueueReaper {
    pub(super) fn new(
        sqs: aws_sdk_sqs::Client,
        sns: aws_sdk_sns::Client,
        prefix: &str,
        topic_arn: &str,
    ) -> Self {
        Self { sqs, sns, prefix: prefix.to_owned(), topic_arn: topic_arn.to_owned() }
    }

    /// Deletes the queues of processes that have not been seen for an hour, and the subscriptions of
    /// queues that do not exist. Returns the number of deleted queues.
    ///
    /// # Errors
    /// If SQS or SNS fails; the next round continues.
    pub async fn reap(&self, now: Timestamp) -> PortResult<usize> {
        let failed = |error| PortError::new("list the event queues", error);
        let queues = self.sqs.list_queues().queue_name_prefix(name_prefix(&self.prefix));
        let mut pages = queues.max_results(1000).into_paginator().send();
        let mut reaped = 0;
        while let Some(page) = pages.next().await {
            for url in page.map_err(failed)?.queue_urls.unwrap_or_default() {
                if self.is_dead(&url, now).await? {
                    let deleted = self.sqs.delete_queue().queue_url(&url).send().await;
                    deleted.map_err(|error| PortError::new(format!("delete {url}"), error))?;
                    tracing::warn!(queue = url, "deleted the event queue of a dead process");
                    reaped += 1;
                }
            }
        }
        self.end_subscriptions().await?;
        Ok(reaped)
    }

    async fn is_dead(&self, url: &str, now: Timestamp) -> PortResult<bool> {
        let tags = match self.sqs.list_queue_tags().queue_url(url).send().await {
            Ok(answer) => answer.tags.unwrap_or_default(),
            // Its process has just ended.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_queue_does_not_exist()) =>
            {
                return Ok(false);
            }
            Err(error) => return Err(PortError::new(format!("read the tags of {url}"), error)),
        };
        if let Some(seen) = tags.get(SEEN).and_then(|seen| seen.parse::<i64>().ok()) {
            return Ok(now.as_second() - seen >= DEAD_AFTER_SECS);
        }
        let created = QueueAttributeName::CreatedTimestamp;
        let attributes = self.sqs.get_queue_attributes().queue_url(url);
        let answer = attributes.attribute_names(created.clone()).send().await;
        let answer = answer.map_err(|error| PortError::new(format!("read {url}"), error))?;
        let attributes: HashMap<_, _> = answer.attributes.unwrap_or_default();
        let created = attributes.get(&created).and_then(|text| text.parse::<i64>().ok());
        Ok(created.is_some_and(|created| now.as_second() - created >= UNTAGGED_SECS))
    }

    /// Ends the subscriptions of queues that do not exist.
    async fn end_subscriptions(&self) -> PortResult<()> {
        let failed = |error| PortError::new("list the subscriptions of job events", error);
        let list = self.sns.list_subscriptions_by_topic().topic_arn(&self.topic_arn);
        let mut pages = list.into_paginator().send();
        while let Some(page) = pages.next().await {
            for subscription in page.map_err(failed)?.subscriptions.unwrap_or_default() {
                let name = subscription.endpoint().unwrap_or_default().rsplit(':').next();
                let name = name.filter(|name| name.starts_with(&name_prefix(&self.prefix)));
                let (Some(name), Some(arn)) = (name, subscription.subscription_arn()) else {
                    continue;
                };
                if self.exists(name).await? {
                    continue;
                }
                let ended = self.sns.unsubscribe().subscription_arn(arn).send().await;
                ended.map_err(|error| PortError::new(format!("unsubscribe {name}"), error))?;
                tracing::warn!(queue = name, "ended the subscription of a deleted event queue");
            }
        }
        Ok(())
    }

    async fn exists(&self, name: &str) -> PortResult<bool> {
        match self.sqs.get_queue_url().queue_name(name).send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_queue_does_not_exist()) =>
            {
                Ok(false)
            }
            Err(error) => Err(PortError::new(format!("look for queue {name}"), error)),
        }
    }
}

/// The prefix of the names of all event queues of a deployment.
fn name_prefix(prefix: &str) -> String {
    format!("{prefix}_job_events_web_")
}

fn seen_tag() -> (&'static str, String) {
    (SEEN, Timestamp::now().as_second().to_string())
}

async fn create(sqs: &aws_sdk_sqs::Client, name: &str, topic_arn: &str) -> PortResult<String> {
    let seen = seen_tag();
    let answer = sqs
        .create_queue()
        .queue_name(name)
        .tags(seen.0, seen.1)
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
