use super::*;
use crate::aws::Sdk;
use crate::ports::EmailAddress;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

fn mail() -> Mail {
    Mail {
        to: EmailAddress::parse("ada@example.org").unwrap(),
        subject: "Results available".to_owned(),
        text: "été".to_owned(),
        html: "<p>été</p>".to_owned(),
        unsubscribe: Some("https://gas.example.org/unsubscribe?token=x".to_owned()),
    }
}

/// A mailer to a SES that gives one answer, and what it was sent.
fn answering(status: u16, error: Option<&str>, body: &str) -> (SesMailer, StaticReplayClient) {
    let request = http::Request::new(SdkBody::empty());
    let mut answer = http::Response::builder().status(status);
    if let Some(error) = error {
        answer = answer.header("x-amzn-errortype", error);
    }
    let answer = answer.body(SdkBody::from(body)).unwrap();
    let http = StaticReplayClient::new(vec![ReplayEvent::new(request, answer)]);
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .http_client(http.clone())
        .build();
    (Sdk::from(config).mailer("GAS <gas@example.org>", Some("gas-set")), http)
}

fn sent(http: &StaticReplayClient) -> Value {
    let request = http.actual_requests().next().unwrap();
    serde_json::from_slice(request.body().bytes().unwrap()).unwrap()
}

#[tokio::test]
async fn a_mail_has_both_parts_and_one_click_headers() {
    let (mailer, http) = answering(200, None, r#"{"MessageId":"m1"}"#);
    let accepted = Sent::Accepted { message_id: "m1".to_owned() };
    assert_eq!(mailer.send(&mail()).await.unwrap(), accepted);
    let content = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
    let expected = json!({
        "FromEmailAddress": "GAS <gas@example.org>",
        "Destination": {"ToAddresses": ["ada@example.org"]},
        "Content": {"Simple": {
            "Subject": content("Results available"),
            "Body": {"Text": content("été"), "Html": content("<p>été</p>")},
            "Headers": [
                {"Name": "Auto-Submitted", "Value": "auto-generated"},
                {"Name": "List-Unsubscribe", "Value": "<https://gas.example.org/unsubscribe?token=x>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            ],
        }},
        "ConfigurationSetName": "gas-set",
    });
    assert_eq!(sent(&http), expected);
}

#[tokio::test]
async fn mail_that_cannot_be_stopped_has_no_unsubscribe_header() {
    let (mailer, http) = answering(200, None, r#"{"MessageId":"m1"}"#);
    mailer.send(&Mail { unsubscribe: None, ..mail() }).await.unwrap();
    let headers = &sent(&http)["Content"]["Simple"]["Headers"];
    assert_eq!(headers, &json!([{"Name": "Auto-Submitted", "Value": "auto-generated"}]));
}

#[tokio::test]
async fn a_rejected_message_is_refused_for_good() {
    let body = r#"{"message":"Local address contains control or whitespace"}"#;
    for error in ["MessageRejected", "BadRequestException"] {
        let (mailer, _) = answering(400, Some(error), body);
        let reason = "Local address contains control or whitespace".to_owned();
        assert_eq!(mailer.send(&mail()).await.unwrap(), Sent::Refused { reason });
    }
}

#[tokio::test]
async fn what_may_be_over_later_is_an_error() {
    let cases = [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
        (400, "SendingPausedException", "Sending paused for this account."),
        (400, "AccountSuspendedException", "Account suspended."),
        (400, "MessageRejected", "Email address is not verified."),
        (500, "InternalFailure", "Oops."),
    ];
    for (status, error, message) in cases {
        let body = json!({"message": message}).to_string();
        let (mailer, _) = answering(status, Some(error), &body);
        assert!(mailer.send(&mail()).await.is_err(), "{error}");
    }
}
