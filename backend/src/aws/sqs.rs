//! The port [`Queue`] on SQS.

use crate::ports::{LONG_POLL, Message, PortError, PortResult, Queue};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::MessageAttributeValue;
use aws_sdk_sqs::types::MessageSystemAttributeName::ApproximateReceiveCount;
use gas_runtime::current_trace;
use gas_shared::TraceId;
use gas_shared::trace::TRACEPARENT;
use std::collections::HashMap;
use std::time::Duration;

/// The longest visibility timeout that SQS accepts: 12 hours.
const MAX_VISIBILITY_SECS: u64 = 12 * 60 * 60;

/// The longest delay of a message that SQS accepts.
const MAX_DELAY: Duration = Duration::from_mins(15);

/// An SQS queue.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    pub(super) fn new(client: Client, url: &str) -> Self {
        Self { client, url: url.to_owned() }
    }

    pub(super) async fn named(client: Client, name: &str) -> PortResult<Self> {
        let found = client.get_queue_url().queue_name(name).send().await;
        let found = found.map_err(|error| PortError::new(format!("find queue {name}"), error))?;
        let url = found.queue_url.unwrap_or_default();
        Ok(Self { client, url })
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send_later(&self, body: &str, delay: Duration) -> PortResult<()> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .delay_seconds(seconds(delay.min(MAX_DELAY)))
            .set_message_attributes(trace_attribute()?)
            .send()
            .await
            .map_err(|error| PortError::new(format!("send to {}", self.url), error))?;
        Ok(())
    }

    async fn receive(
        &self,
        max: u8,
        visibility: Duration,
        wait: Duration,
    ) -> PortResult<Vec<Message>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::from(max.clamp(1, 10)))
            .visibility_timeout(seconds(visibility))
            .wait_time_seconds(seconds(wait.min(LONG_POLL)))
            .message_system_attribute_names(ApproximateReceiveCount)
            .message_attribute_names(TRACEPARENT)
            .send()
            .await
            .map_err(|error| PortError::new(format!("receive from {}", self.url), error))?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(message).collect())
    }

    async fn extend(&self, message: &Message, visibility: Duration) -> PortResult<()> {
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(&message.receipt)
            .visibility_timeout(seconds(visibility))
            .send()
            .await
            .map_err(|error| on_receipt(format!("extend a message of {}", self.url), error))?;
        Ok(())
    }

    async fn delete(&self, message: &Message) -> PortResult<()> {
        self.client
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(&message.receipt)
            .send()
            .await
            .map_err(|error| on_receipt(format!("delete a message of {}", self.url), error))?;
        Ok(())
    }
}

/// The attribute of a message with the current trace; none outside of traces.
fn trace_attribute() -> PortResult<Option<HashMap<String, MessageAttributeValue>>> {
    let Some(trace) = current_trace() else { return Ok(None) };
    let value =
        MessageAttributeValue::builder().data_type("String").string_value(trace.traceparent());
    let value = value.build().map_err(|error| PortError::permanent("attach a trace", error))?;
    Ok(Some(HashMap::from([(TRACEPARENT.to_owned(), value)])))
}

/// The error of a call with a receipt handle. A handle that SQS no longer accepts stays invalid.
fn on_receipt<E>(action: String, error: E) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if error.code().is_some_and(is_about_receipt) {
        PortError::permanent(action, error)
    } else {
        PortError::new(action, error)
    }
}

/// Whether an error code means that the receipt handle is invalid, expired, or of a message that is
/// visible again (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>).
fn is_about_receipt(code: &str) -> bool {
    ["ReceiptHandleIsInvalid", "InvalidIdFormat", "InvalidParameterValue", "MessageNotInflight"]
        .iter()
        .any(|known| code.ends_with(known))
}

fn message(raw: aws_sdk_sqs::types::Message) -> Message {
    let trace = raw.message_attributes.as_ref().and_then(|all| all.get(TRACEPARENT));
    let trace = trace.and_then(|value| TraceId::of_traceparent(value.string_value()?));
    let count = raw.attributes.as_ref().and_then(|all| all.get(&ApproximateReceiveCount));
    Message {
        receive_count: count.and_then(|text| text.parse().ok()).unwrap_or(1),
        body: raw.body.unwrap_or_default(),
        receipt: raw.receipt_handle.unwrap_or_default(),
        trace,
    }
}

pub(super) fn seconds(time: Duration) -> i32 {
    let whole = time.as_secs().min(MAX_VISIBILITY_SECS);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::serve;
    use axum::{Json, Router};
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};

    #[test]
    fn the_receive_count_is_read_from_the_message() {
        let raw = aws_sdk_sqs::types::Message::builder()
            .body("{}")
            .receipt_handle("r1")
            .attributes(ApproximateReceiveCount, "5")
            .build();
        let expected =
            Message { body: "{}".into(), receipt: "r1".into(), receive_count: 5, trace: None };
        assert_eq!(message(raw), expected);
    }

    #[test]
    fn a_receipt_that_sqs_rejects_is_no_outage() {
        for code in ["ReceiptHandleIsInvalid", "AWS.SimpleQueueService.MessageNotInflight"] {
            assert!(is_about_receipt(code), "{code}");
        }
        for code in ["ServiceUnavailable", "RequestThrottled", "AccessDenied"] {
            assert!(!is_about_receipt(code), "{code}");
        }
    }

    #[test]
    fn visibility_timeouts_are_capped_at_the_maximum_of_sqs() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_secs(60)), 60);
        assert_eq!(seconds(Duration::from_secs(1_000_000)), 43_200);
    }

    #[tokio::test]
    async fn a_message_that_is_sent_later_has_a_delay() {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let answer = async move |request: String| {
            let request: Value = serde_json::from_str(&request).unwrap();
            seen.lock().unwrap().push(request["DelaySeconds"].clone());
            Json(json!({ "MessageId": "m" }))
        };
        let config = serve(Router::new().fallback(answer)).await;
        let queue = SqsQueue::new(Client::new(&config), "http://sqs/q");
        queue.send("{}").await.unwrap();
        queue.send_later("{}", Duration::from_secs(90)).await.unwrap();
        queue.send_later("{}", Duration::from_hours(1)).await.unwrap();
        assert_eq!(*requests.lock().unwrap(), [json!(0), json!(90), json!(900)]);
    }
}
