//! The port [`Topic`] on SNS.

use crate::ports::{PortError, PortResult, Topic};
use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use gas_runtime::current_trace;
use gas_shared::trace::TRACEPARENT;
use std::collections::HashMap;

/// An SNS topic.
#[derive(Clone, Debug)]
pub struct SnsTopic {
    client: Client,
    arn: String,
}

impl SnsTopic {
    pub(super) fn new(client: Client, arn: &str) -> Self {
        Self { client, arn: arn.to_owned() }
    }

    /// Confirms a subscription to this topic with the token that SNS sent to the endpoint. Only
    /// this account can then end the subscription.
    ///
    /// # Errors
    /// If SNS rejects the token or fails.
    pub async fn confirm_subscription(&self, token: &str) -> PortResult<()> {
        let call = self.client.confirm_subscription().topic_arn(&self.arn).token(token);
        let sent = call.authenticate_on_unsubscribe("true").send().await;
        sent.map_err(|error| {
            PortError::new(format!("confirm a subscription to {}", self.arn), error)
        })?;
        Ok(())
    }
}

/// The attribute of a message with the current trace, which subscriptions with raw delivery pass to their queues; none
/// outside of traces.
fn trace_attribute() -> PortResult<Option<HashMap<String, MessageAttributeValue>>> {
    let Some(trace) = current_trace() else { return Ok(None) };
    let value =
        MessageAttributeValue::builder().data_type("String").string_value(trace.traceparent());
    let value = value.build().map_err(|error| PortError::permanent("attach a trace", error))?;
    Ok(Some(HashMap::from([(TRACEPARENT.to_owned(), value)])))
}

#[async_trait]
impl Topic for SnsTopic {
    async fn publish(&self, body: &str) -> PortResult<()> {
        let call = self.client.publish().topic_arn(&self.arn).message(body);
        let call = call.set_message_attributes(trace_attribute()?);
        let sent = call.send().await;
        sent.map_err(|error| PortError::new(format!("publish to {}", self.arn), error))?;
        Ok(())
    }
}
