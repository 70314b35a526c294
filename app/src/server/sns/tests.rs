//! Tests of the verifier with messages signed by generated keys.

use super::*;
use anyhow::bail;
use async_trait::async_trait;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256,
    SigningKey, date_time_ymd,
};
use rsa::pkcs8::EncodePrivateKey as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(in crate::server) const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:gas_complete_thaw";

pub(in crate::server) const CERT_URL: &str =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem";

fn now() -> Timestamp {
    "2026-03-06T20:00:30Z".parse().unwrap()
}

/// The key that stands in for that of SNS. Generated once, since this is slow.
fn sns_key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(rsa_key)
}

fn rsa_key() -> KeyPair {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let der = PrivatePkcs8KeyDer::from(key.to_pkcs8_der().unwrap().as_bytes().to_vec());
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).unwrap()
}

/// A generated certificate authority.
pub(in crate::server) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    pub(in crate::server) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "an authority of the tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    pub(in crate::server) fn trust(&self) -> TrustStore {
        let anchor = webpki::anchor_from_trusted_cert(&self.certificate).unwrap();
        TrustStore::with_roots(vec![anchor.to_owned()])
    }

    /// Issues a certificate for [`sns_key`] that is valid between these years.
    pub(in crate::server) fn certify(&self, name: &str, years: (i32, i32)) -> Vec<u8> {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let certificate = params.signed_by(sns_key(), &self.issuer).unwrap();
        let base64 = BASE64.encode(certificate.der());
        let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        let pem = lines.join("\n");
        format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n").into_bytes()
    }
}

/// A source with one file that counts its requests.
#[derive(Default)]
struct CountingSource {
    pem: Option<Vec<u8>>,
    fetched: AtomicUsize,
}

#[async_trait]
impl CertificateSource for CountingSource {
    async fn certificate(&self, url: &SigningCertUrl) -> anyhow::Result<Arc<[u8]>> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        assert_eq!(url.as_str(), CERT_URL);
        let Some(pem) = &self.pem else { bail!("SNS does not respond") };
        Ok(pem.as_slice().into())
    }
}

/// A verifier and its certificate source.
struct Fixture {
    verifier: Verifier,
    files: Arc<CountingSource>,
}

impl Fixture {
    fn new() -> Self {
        let authority = Authority::new();
        let pem = authority.certify("sns.amazonaws.com", (2026, 2027));
        Self::with(authority.trust(), Some(pem))
    }

    fn with(trust: TrustStore, pem: Option<Vec<u8>>) -> Self {
        let files = Arc::new(CountingSource { pem, fetched: AtomicUsize::new(0) });
        Self { verifier: Verifier::new([TOPIC.to_owned()], trust, files.clone()), files }
    }

    async fn verify(&self, message: &Value) -> Result<VerifiedMessage, VerifyError> {
        self.verifier.verify(message.to_string().as_bytes(), now()).await
    }

    /// Verifies a message that must be rejected without fetching a certificate.
    async fn rejected_without_fetch(&self, message: &Value) -> VerifyError {
        let error = self.verify(message).await.unwrap_err();
        assert_eq!(self.files.fetched.load(Ordering::SeqCst), 0, "{error}");
        error
    }
}

fn notification() -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "9d2c5580-b61d-550c-8583-37a582870907",
        "TopicArn": TOPIC,
        "Subject": "Amazon Glacier",
        "Message": "{\"Action\":\"ArchiveRetrieval\"}",
        "Timestamp": "2026-03-06T20:00:26.893Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERT_URL,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    })
}

pub(in crate::server) fn confirmation(kind: &str) -> Value {
    let mut message = notification();
    message["Type"] = json!(kind);
    message["Token"] = json!("2336412f37");
    // Never fetched: a verifier has no client that could.
    message["SubscribeURL"] = json!("http://169.254.169.254/latest/meta-data");
    message.as_object_mut().unwrap().remove("Subject");
    message
}

pub(in crate::server) fn signed(mut message: Value) -> Value {
    message["Signature"] = json!("");
    let envelope: Envelope = serde_json::from_value(message.clone()).unwrap();
    let signature = sns_key().sign(envelope.string_to_sign().unwrap().as_bytes()).unwrap();
    message["Signature"] = json!(BASE64.encode(signature));
    message
}

pub(in crate::server) fn changed(mut message: Value, name: &str, value: &str) -> Value {
    message[name] = json!(value);
    message
}

#[tokio::test]
async fn messages_signed_by_sns_are_accepted() {
    let fixture = Fixture::new();
    let message = "{\"Action\":\"ArchiveRetrieval\"}".to_owned();
    let topic_arn = TOPIC.to_owned();
    let verified = fixture.verify(&signed(notification())).await.unwrap();
    assert_eq!(verified, VerifiedMessage::Notification { topic_arn: topic_arn.clone(), message });

    let subscribed = changed(confirmation("SubscriptionConfirmation"), "MessageId", "2");
    let verified = fixture.verify(&signed(subscribed)).await.unwrap();
    let token = "2336412f37".to_owned();
    let expected =
        VerifiedMessage::SubscriptionConfirmation { topic_arn: topic_arn.clone(), token };
    assert_eq!(verified, expected);

    let ended = changed(confirmation("UnsubscribeConfirmation"), "MessageId", "3");
    let verified = fixture.verify(&signed(ended)).await.unwrap();
    assert_eq!(verified, VerifiedMessage::UnsubscribeConfirmation { topic_arn });
}

#[tokio::test]
async fn a_change_to_any_signed_field_breaks_the_signature() {
    let fixture = Fixture::new();
    for (name, value) in [
        ("Message", "{\"Action\":\"Other\"}"),
        ("MessageId", "another"),
        ("Subject", "Other"),
        ("Timestamp", "2026-03-06T20:00:27.000Z"),
    ] {
        let rejected = fixture.verify(&changed(signed(notification()), name, value)).await;
        assert!(matches!(rejected, Err(VerifyError::BadSignature)), "{name}: {rejected:?}");
    }
    let subscribed = signed(confirmation("SubscriptionConfirmation"));
    for (name, value) in
        [("Token", "another"), ("SubscribeURL", "https://x"), ("Type", "UnsubscribeConfirmation")]
    {
        let rejected = fixture.verify(&changed(subscribed.clone(), name, value)).await;
        assert!(matches!(rejected, Err(VerifyError::BadSignature)), "{name}: {rejected:?}");
    }
    let bare = changed(signed(notification()), "Signature", "not base64!");
    assert!(matches!(fixture.verify(&bare).await, Err(VerifyError::BadSignature)));
}

#[tokio::test]
async fn duplicate_fields_are_rejected() {
    let fixture = Fixture::new();
    let twice = signed(notification()).to_string().replacen('{', "{\"Message\":\"other\",", 1);
    let rejected = fixture.verifier.verify(twice.as_bytes(), now()).await;
    assert!(matches!(rejected, Err(VerifyError::Malformed(_))), "{rejected:?}");
}

#[tokio::test]
async fn certificates_are_only_fetched_from_sns() {
    let fixture = Fixture::new();
    let file = "SimpleNotificationService-0a1b.pem";
    for host in [
        "http://sns.us-east-1.amazonaws.com",
        "https://sns.us-east-1.amazonaws.com.evil.tld",
        "https://sns.us-east-1.amazonaws.com@evil.tld",
        "https://evil.tld@sns.us-east-1.amazonaws.com",
        "https://sns.us-east-1.amazonaws.com:444",
        "https://169.254.169.254",
        "https://sns.eu-west-1.amazonaws.com",
    ] {
        let message = changed(notification(), "SigningCertURL", &format!("{host}/{file}"));
        let rejected = fixture.rejected_without_fetch(&signed(message)).await;
        assert!(matches!(rejected, VerifyError::SigningCertUrl(_)), "{host}: {rejected}");
    }
}

#[tokio::test]
async fn invalid_messages_are_rejected_before_a_certificate_is_fetched() {
    let fixture = Fixture::new();
    let rejected = |name, value| {
        let message = signed(changed(notification(), name, value));
        let fixture = &fixture;
        async move { fixture.rejected_without_fetch(&message).await }
    };
    let other = "arn:aws:sns:us-east-1:123456789012:other";
    assert!(matches!(rejected("TopicArn", other).await, VerifyError::UnknownTopic(_)));
    assert!(matches!(rejected("SignatureVersion", "1").await, VerifyError::SignatureVersion(_)));
    for stale in ["2026-03-06T19:00:29.999Z", "2026-03-06T21:00:30.001Z"] {
        assert!(matches!(rejected("Timestamp", stale).await, VerifyError::Stale(_)), "{stale}");
    }
    assert!(matches!(rejected("Timestamp", "yesterday").await, VerifyError::Malformed(_)));
    let large = fixture.verifier.verify(&vec![b' '; MAX_BODY_BYTES + 1], now()).await;
    assert!(matches!(large, Err(VerifyError::TooLarge(_))), "{large:?}");
    let html = fixture.verifier.verify(b"<html>", now()).await;
    assert!(matches!(html, Err(VerifyError::Malformed(_))), "{html:?}");
    assert_eq!(fixture.files.fetched.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_message_is_accepted_only_once() {
    let fixture = Fixture::new();
    let message = signed(notification());
    fixture.verify(&message).await.unwrap();
    let again = fixture.verify(&message).await.unwrap_err();
    assert!(matches!(again, VerifyError::Duplicate(_)), "{again}");
    assert_eq!(again.status(), 200);
}

#[tokio::test]
async fn a_subscription_confirmation_is_accepted_again() {
    let fixture = Fixture::new();
    let message = signed(confirmation("SubscriptionConfirmation"));
    for _ in 0..2 {
        let verified = fixture.verify(&message).await.unwrap();
        assert!(matches!(verified, VerifiedMessage::SubscriptionConfirmation { .. }));
    }
}

#[tokio::test]
async fn a_forged_message_does_not_mark_its_id_as_seen() {
    let fixture = Fixture::new();
    let forged = changed(signed(notification()), "Message", "forged");
    fixture.verify(&forged).await.unwrap_err();
    fixture.verify(&signed(notification())).await.unwrap();
}

#[tokio::test]
async fn only_valid_certificates_of_sns_are_trusted() {
    let authority = Authority::new();
    let evil = Authority::new();
    let sns = "sns.amazonaws.com";
    for (pem, why) in [
        (authority.certify(sns, (2024, 2026)), "expired"),
        (authority.certify(sns, (2027, 2028)), "not yet valid"),
        (authority.certify("sns.amazonaws.com.evil.tld", (2026, 2027)), "another name"),
        (authority.certify("s3.amazonaws.com", (2026, 2027)), "another service"),
        (evil.certify(sns, (2026, 2027)), "another authority"),
        (b"<html>".to_vec(), "not a certificate"),
    ] {
        let fixture = Fixture::with(authority.trust(), Some(pem));
        let rejected = fixture.verify(&signed(notification())).await;
        assert!(
            matches!(rejected, Err(VerifyError::CertificateUntrusted(_))),
            "{why}: {rejected:?}"
        );
    }
}

#[tokio::test]
async fn a_signature_of_another_key_is_rejected() {
    let fixture = Fixture::new();
    let mut message = signed(notification());
    let envelope: Envelope = serde_json::from_value(message.clone()).unwrap();
    let forged = rsa_key().sign(envelope.string_to_sign().unwrap().as_bytes()).unwrap();
    message["Signature"] = json!(BASE64.encode(forged));
    assert!(matches!(fixture.verify(&message).await, Err(VerifyError::BadSignature)));
}

#[tokio::test]
async fn sns_should_retry_if_its_certificate_cannot_be_fetched() {
    let fixture = Fixture::with(Authority::new().trust(), None);
    let rejected = fixture.verify(&signed(notification())).await.unwrap_err();
    assert!(matches!(rejected, VerifyError::CertificateUnavailable(_)), "{rejected}");
    assert_eq!(rejected.status(), 503);
}
