//! Reads arbitrary bytes as a message of SNS. The files of the web server are included, since the
//! whole server would take long to compile for fuzzing.
#![no_main]

#[path = "../../app/src/server/sns/cert_url.rs"]
mod cert_url;
#[path = "../../app/src/server/sns/envelope.rs"]
mod envelope;

use cert_url::SigningCertUrl;
use envelope::Envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(bytes) {
        let _ = envelope.published_at();
        if let Some(signed) = envelope.string_to_sign() {
            assert!(signed.contains(&envelope.message));
        }
        if let Some(url) = SigningCertUrl::parse(&envelope.signing_cert_url) {
            assert!(url.as_str().starts_with(&format!("https://sns.{}.amazonaws.com", url.region())));
        }
    }
});
