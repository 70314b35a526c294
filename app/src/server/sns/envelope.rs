//! The JSON of an SNS message and the text that SNS signs.

use jiff::Timestamp;
use serde::Deserialize;

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Kind {
    /// A published message.
    Notification,
    /// A new subscription that must be confirmed with its token.
    SubscriptionConfirmation,
    /// The end of a subscription.
    UnsubscribeConfirmation,
}

/// A message before verification, so none of its fields can be trusted ("Parsing Amazon SNS message
/// formats", Amazon SNS Developer Guide).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    #[serde(rename = "Type")]
    pub kind: Kind,
    pub message_id: String,
    pub topic_arn: String,
    pub message: String,
    pub subject: Option<String>,
    /// Kept as text, since the signature covers the exact spelling.
    pub timestamp: String,
    pub signature_version: String,
    pub signature: String,
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
    #[serde(rename = "SubscribeURL")]
    pub subscribe_url: Option<String>,
    pub token: Option<String>,
}

impl Envelope {
    /// The time of publication.
    ///
    /// # Errors
    /// If the field is not a timestamp.
    pub fn published_at(&self) -> Result<Timestamp, jiff::Error> {
        self.timestamp.parse()
    }

    /// The text that SNS signs: each field's name and value on separate lines, sorted by name
    /// ("Verifying the signatures of Amazon SNS messages", Amazon SNS Developer Guide). `None` if a
    /// signed field is missing.
    pub fn string_to_sign(&self) -> Option<String> {
        let kind = match self.kind {
            Kind::Notification => "Notification",
            Kind::SubscriptionConfirmation => "SubscriptionConfirmation",
            Kind::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        };
        let mut fields = vec![("Message", self.message.as_str()), ("MessageId", &self.message_id)];
        if self.kind == Kind::Notification {
            fields.extend(self.subject.as_deref().map(|subject| ("Subject", subject)));
            fields.push(("Timestamp", &self.timestamp));
        } else {
            fields.push(("SubscribeURL", self.subscribe_url.as_deref()?));
            fields.push(("Timestamp", &self.timestamp));
            fields.push(("Token", self.token.as_deref()?));
        }
        fields.push(("TopicArn", &self.topic_arn));
        fields.push(("Type", kind));
        Some(fields.iter().map(|(name, value)| format!("{name}\n{value}\n")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn envelope(changes: Value) -> Envelope {
        let mut message = json!({
            "Type": "Notification",
            "MessageId": "id",
            "TopicArn": "arn",
            "Message": "two\nlines",
            "Timestamp": "2026-03-06T20:00:26.893Z",
            "SignatureVersion": "2",
            "Signature": "c2ln",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/x.pem",
            "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        });
        for (name, value) in changes.as_object().unwrap() {
            message[name] = value.clone();
        }
        serde_json::from_value(message).unwrap()
    }

    #[test]
    fn the_signed_text_of_a_notification_includes_its_subject_if_present() {
        let rest = "Timestamp\n2026-03-06T20:00:26.893Z\nTopicArn\narn\nType\nNotification\n";
        let plain = format!("Message\ntwo\nlines\nMessageId\nid\n{rest}");
        assert_eq!(envelope(json!({})).string_to_sign(), Some(plain));
        let subject = format!("Message\ntwo\nlines\nMessageId\nid\nSubject\nHi\n{rest}");
        assert_eq!(envelope(json!({ "Subject": "Hi" })).string_to_sign(), Some(subject));
    }

    #[test]
    fn the_signed_text_of_a_confirmation_includes_url_and_token() {
        let kind = "SubscriptionConfirmation";
        let confirmation = json!({ "Type": kind, "SubscribeURL": "https://s", "Token": "t" });
        let expected = "Message\ntwo\nlines\nMessageId\nid\nSubscribeURL\nhttps://s\n\
            Timestamp\n2026-03-06T20:00:26.893Z\nToken\nt\nTopicArn\narn\nType\n\
            SubscriptionConfirmation\n";
        assert_eq!(envelope(confirmation).string_to_sign().as_deref(), Some(expected));
        let without = json!({ "Type": kind, "SubscribeURL": "https://s" });
        assert_eq!(envelope(without).string_to_sign(), None);
    }
}
