//! Tests of the requests to SES and of how its errors are classified.

use super::*;
use crate::aws::Sdk;
use crate::aws::testing::serve;
use crate::ports::EmailAddress;
use aws_config::retry::RetryConfig;
use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn mail() -> Mail {
    Mail {
        to: EmailAddress::parse("ada@example.org").unwrap(),
        subject: "Results available".to_owned(),
        text: "été".to_owned(),
        html: "<p>été</p>".to_owned(),
        unsubscribe: Some("https://gas.example.org/unsubscribe?token=x".to_owned()),
    }
}

/// A mailer for an SES server that gives a fixed response, and the last request it received.
async fn answering(
    status: u16,
    error: &'static str,
    body: Value,
) -> (SesMailer, Arc<Mutex<Value>>) {
    let last = Arc::new(Mutex::new(Value::Null));
    let seen = last.clone();
    let answer = async move |Json(request): Json<Value>| -> Response {
        *seen.lock().unwrap() = request;
        let status = StatusCode::from_u16(status).unwrap();
        let mut answer = (status, Json(body)).into_response();
        answer.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(error));
        answer
    };
    let app = axum::Router::new().route("/v2/email/outbound-emails", axum::routing::post(answer));
    let config = serve(app).await;
    (Sdk::from(config).mailer("GAS <gas@example.org>", Some("gas-set")), last)
}

async fn accepting() -> (SesMailer, Arc<Mutex<Value>>) {
    answering(200, "", json!({"MessageId": "m1"})).await
}

#[tokio::test]
async fn a_mail_has_text_and_html_parts_and_one_click_unsubscribe_headers() {
    let (mailer, request) = accepting().await;
    let accepted = SendOutcome::Accepted { message_id: "m1".to_owned() };
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
    assert_eq!(*request.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_mail_without_unsubscribe_link_has_no_unsubscribe_header() {
    let (mailer, request) = accepting().await;
    mailer.send(&Mail { unsubscribe: None, ..mail() }).await.unwrap();
    let headers = request.lock().unwrap()["Content"]["Simple"]["Headers"].clone();
    assert_eq!(headers, json!([{"Name": "Auto-Submitted", "Value": "auto-generated"}]));
}

#[tokio::test]
async fn a_rejected_message_is_not_sent_again() {
    let reason = "Local address contains control or whitespace";
    for error in ["MessageRejected", "BadRequestException"] {
        let (mailer, _) = answering(400, error, json!({"message": reason})).await;
        let rejected = SendOutcome::Rejected { reason: reason.to_owned() };
        assert_eq!(mailer.send(&mail()).await.unwrap(), rejected);
    }
}

#[tokio::test]
async fn temporary_failures_are_errors() {
    let cases = [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
        (400, "SendingPausedException", "Sending paused for this account."),
        (400, "AccountSuspendedException", "Account suspended."),
        (400, "MessageRejected", "Email address is not verified."),
        (500, "InternalFailure", "Oops."),
    ];
    for (status, error, message) in cases {
        let (mailer, _) = answering(status, error, json!({"message": message})).await;
        assert!(mailer.send(&mail()).await.is_err(), "{error}");
    }
}

/// SES may have accepted a mail whose response is lost, so only the outbox decides about a repetition.
#[tokio::test]
async fn a_failed_call_is_not_repeated() {
    let calls = Arc::new(Mutex::new(0));
    let seen = calls.clone();
    let answer = async move || {
        *seen.lock().unwrap() += 1;
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let config = serve(axum::Router::new().fallback(answer)).await.into_builder();
    let config = config.retry_config(RetryConfig::standard()).build();
    let mailer = Sdk::from(config).mailer("GAS <gas@example.org>", None);
    assert!(mailer.send(&mail()).await.is_err());
    assert_eq!(*calls.lock().unwrap(), 1);
}
