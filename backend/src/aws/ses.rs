//! The port [`Mailer`] on SES version 2.

use crate::ports::{Mail, Mailer, PortError, PortResult, SendOutcome};
use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};

const CHARSET: &str = "UTF-8";

/// Part of the message of SES if the sender's address, or in the sandbox the recipient's, is not
/// verified
/// (<https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html>).
const NOT_VERIFIED: &str = "not verified";

/// A mailer with a fixed sender.
#[derive(Clone, Debug)]
pub struct SesMailer {
    client: Client,
    from: String,
    configuration_set: Option<String>,
}

impl SesMailer {
    pub(super) fn new(client: Client, from: &str, configuration_set: Option<&str>) -> Self {
        Self {
            client,
            from: from.to_owned(),
            configuration_set: configuration_set.map(str::to_owned),
        }
    }
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> PortResult<SendOutcome> {
        let action = || "send a mail through SES".to_owned();
        let message = message(mail).map_err(|error| PortError::new(action(), error))?;
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .set_configuration_set_name(self.configuration_set.clone())
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await;
        match sent {
            Ok(output) => {
                Ok(SendOutcome::Accepted { message_id: output.message_id.unwrap_or_default() })
            }
            Err(error) => match error.as_service_error().and_then(rejection) {
                Some(reason) => Ok(SendOutcome::Rejected { reason }),
                None => Err(PortError::new(action(), error)),
            },
        }
    }
}

/// The reason for a permanent rejection. Throttling, a paused or suspended account and an
/// unverified address are temporary.
fn rejection(error: &SendEmailError) -> Option<String> {
    match error {
        SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_) => {
            let reason = error.meta().message().unwrap_or("SES rejected the mail");
            (!reason.contains(NOT_VERIFIED)).then(|| reason.to_owned())
        }
        _ => None,
    }
}

fn message(mail: &Mail) -> Result<Message, BuildError> {
    let text = |data: &str| Content::builder().data(data).charset(CHARSET).build();
    let body = Body::builder().text(text(&mail.text)?).html(text(&mail.html)?).build();
    let headers = headers(mail)
        .into_iter()
        .map(|(name, value)| MessageHeader::builder().name(name).value(value).build());
    Ok(Message::builder()
        .subject(text(&mail.subject)?)
        .body(body)
        .set_headers(Some(headers.collect::<Result<_, _>>()?))
        .build())
}

/// Headers in addition to those that SES sets.
fn headers(mail: &Mail) -> Vec<(&'static str, String)> {
    // RFC 3834, section 5: suppresses automatic replies.
    let mut headers = vec![("Auto-Submitted", "auto-generated".to_owned())];
    if let Some(link) = &mail.unsubscribe {
        // RFC 8058, section 2.
        headers.push(("List-Unsubscribe", format!("<{link}>")));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    headers
}

#[cfg(test)]
#[path = "ses_tests.rs"]
mod tests;
