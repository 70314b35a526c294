//! Tests of the POST policy and its signature.

use super::*;
use gas_shared::job::ObjectLocation;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The example key pair of the AWS documentation.
const EXAMPLE_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const EXAMPLE_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// 29 December 2015, 00:00:00 UTC.
const EXAMPLE_TIME: i64 = 1_451_347_200;

fn credentials(token: Option<&str>) -> Credentials {
    Credentials::new(EXAMPLE_KEY_ID, EXAMPLE_SECRET, token.map(str::to_owned), None, "test")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn sign_for(key: &str, max_bytes: u64, token: Option<&str>) -> BTreeMap<String, String> {
    let file = ObjectLocation { bucket: "gas-inputs".into(), key: key.into() };
    let rule = UploadRule {
        file: &file,
        content_type: "text/plain",
        max_bytes,
        signed_at: at(EXAMPLE_TIME),
        expires_at: at(EXAMPLE_TIME + 300),
    };
    sign(&rule, &credentials(token), "us-east-1").into_iter().collect()
}

fn policy_of(fields: &BTreeMap<String, String>) -> Value {
    serde_json::from_slice(&STANDARD.decode(&fields["policy"]).unwrap()).unwrap()
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
#[test]
fn the_example_of_the_aws_documentation_gets_the_documented_signature() {
    let text = include_str!("fixtures/aws_example_policy.json");
    // The documented signature was computed with CRLF line endings.
    let text = text.lines().collect::<Vec<_>>().join("\r\n");
    let policy = STANDARD.encode(text);
    let signed = signature(&policy, EXAMPLE_SECRET, at(EXAMPLE_TIME).into(), "us-east-1");
    assert_eq!(signed, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
}

#[test]
fn the_policy_fixes_every_property_of_the_upload() {
    let fields = sign_for("gas/u/j~a.vcf", 150_000, None);
    let expected = json!({
        "expiration": "2015-12-29T00:05:00.000Z",
        "conditions": [
            { "bucket": "gas-inputs" },
            ["content-length-range", 1, 150_000],
            ["eq", "$key", "gas/u/j~a.vcf"],
            ["eq", "$Content-Type", "text/plain"],
            ["eq", "$success_action_status", "201"],
            ["eq", "$x-amz-server-side-encryption", "AES256"],
            ["eq", "$x-amz-algorithm", "AWS4-HMAC-SHA256"],
            ["eq", "$x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"],
            ["eq", "$x-amz-date", "20151229T000000Z"],
        ],
    });
    assert_eq!(policy_of(&fields), expected);
}

#[test]
fn temporary_credentials_add_their_session_token() {
    let fields = sign_for("gas/u/j~a.vcf", 150_000, Some("token"));
    assert_eq!(fields["x-amz-security-token"], "token");
    let conditions = policy_of(&fields)["conditions"].to_string();
    assert!(conditions.contains(r#"["eq","$x-amz-security-token","token"]"#), "{conditions}");
}

proptest! {
    /// S3 rejects a form with a field that the policy does not name.
    #[test]
    fn every_field_is_in_the_policy(key in "\\PC{1,60}", max in 1..u64::MAX, temporary: bool) {
        let fields = sign_for(&key, max, temporary.then_some("token"));
        let policy = policy_of(&fields);
        let conditions = policy["conditions"].as_array().unwrap();
        for (name, value) in &fields {
            if name != "policy" && name != "x-amz-signature" {
                let pinned = json!(["eq", format!("${name}"), value]);
                prop_assert!(conditions.contains(&pinned), "{name} is not pinned");
            }
        }
        prop_assert_eq!(&conditions[1], &json!(["content-length-range", 1, max]));
        prop_assert!(!fields["policy"].contains('\n'));
    }
}
