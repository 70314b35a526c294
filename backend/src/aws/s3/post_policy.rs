//! Presigned POST, which the SDK does not support: the policy that S3 checks a browser's upload
//! against, and its signature.
//!
//! The policy must name every form field except `policy`, `x-amz-signature` and `file`, so both are
//! derived from one list.
//! See <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>.

use crate::ports::UploadRule;
use aws_sdk_s3::config::Credentials;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::SystemTime;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The signed form fields of an upload. The form sends the file after them.
pub(super) fn sign(
    rule: &UploadRule<'_>,
    credentials: &Credentials,
    region: &str,
) -> Vec<(String, String)> {
    let mut fields = fields(rule, credentials, region);
    let policy = STANDARD.encode(policy(rule, &fields).to_string());
    let signature =
        signature(&policy, credentials.secret_access_key(), rule.signed_at.into(), region);
    fields.push(("policy".to_owned(), policy));
    fields.push(("x-amz-signature".to_owned(), signature));
    fields
}

fn signature(policy: &str, secret: &str, signed_at: SystemTime, region: &str) -> String {
    let key = generate_signing_key(secret, signed_at, region, "s3");
    calculate_signature(key, policy.as_bytes())
}

/// The form fields whose exact values the policy requires.
fn fields(rule: &UploadRule<'_>, credentials: &Credentials, region: &str) -> Vec<(String, String)> {
    let day = rule.signed_at.strftime("%Y%m%d");
    let key_id = credentials.access_key_id();
    let scope = format!("{key_id}/{day}/{region}/s3/aws4_request");
    let mut fields = vec![
        ("key", rule.file.key.clone()),
        ("Content-Type", rule.content_type.to_owned()),
        ("success_action_status", "201".to_owned()),
        ("x-amz-server-side-encryption", "AES256".to_owned()),
        ("x-amz-algorithm", ALGORITHM.to_owned()),
        ("x-amz-credential", scope),
        ("x-amz-date", rule.signed_at.strftime("%Y%m%dT%H%M%SZ").to_string()),
    ];
    if let Some(token) = credentials.session_token() {
        fields.push(("x-amz-security-token", token.to_owned()));
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn policy(rule: &UploadRule<'_>, fields: &[(String, String)]) -> Value {
    let mut conditions = vec![
        json!({ "bucket": rule.file.bucket }),
        json!(["content-length-range", 1, rule.max_bytes]),
    ];
    conditions.extend(fields.iter().map(|(name, value)| json!(["eq", format!("${name}"), value])));
    json!({ "expiration": expiration(rule.expires_at), "conditions": conditions })
}

/// S3 requires milliseconds.
fn expiration(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

#[cfg(test)]
#[path = "post_policy_tests.rs"]
mod tests;
