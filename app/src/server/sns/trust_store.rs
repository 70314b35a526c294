//! The certificates that may sign messages.

use super::VerifyError;
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage};

/// The subject name of SNS certificates. Opt-in regions have other names, such as
/// `sns-signing.eu-south-1.amazonaws.com`.
const SNS_NAME: &str = "sns.amazonaws.com";

/// Amazon's four intermediate certificates, valid until August 2030. SNS publishes its certificate
/// without the intermediate one.
const AMAZON_INTERMEDIATES: &[u8] = include_bytes!("amazon-intermediates.pem");

/// Trusted root certificates and known intermediate certificates.
#[derive(Clone, Debug)]
pub struct TrustStore {
    anchors: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
}

impl TrustStore {
    /// The web's roots with Amazon's intermediates.
    pub fn web_roots() -> Self {
        let intermediates = CertificateDer::pem_slice_iter(AMAZON_INTERMEDIATES);
        let intermediates = intermediates.filter_map(Result::ok).collect();
        Self { anchors: webpki_roots::TLS_SERVER_ROOTS.to_vec(), intermediates }
    }

    /// Only these roots, without intermediates.
    #[cfg(test)]
    pub fn with_roots(anchors: Vec<TrustAnchor<'static>>) -> Self {
        Self { anchors, intermediates: Vec::new() }
    }

    /// Verifies a message's signature (RSA, PKCS #1 v1.5, SHA-256) with the certificate in a PEM
    /// file. The certificate must chain to a root, be valid now, and be issued to SNS.
    ///
    /// # Errors
    /// If the certificate is not trusted or the signature does not match.
    pub fn verify_signature(
        &self,
        pem: &[u8],
        now: Timestamp,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let untrusted = |why: String| VerifyError::CertificateUntrusted(why);
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let mut certificates = certificates.map_err(|error| untrusted(error.to_string()))?;
        if certificates.is_empty() {
            return Err(untrusted("the file contains no certificate".to_owned()));
        }
        let leaf = certificates.remove(0);
        certificates.extend(self.intermediates.iter().cloned());

        let broken = |error: webpki::Error| untrusted(error.to_string());
        let leaf = EndEntityCert::try_from(&leaf).map_err(broken)?;
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        leaf.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &self.anchors,
            &certificates,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map_err(broken)?;
        let name = ServerName::try_from(SNS_NAME).map_err(|error| untrusted(error.to_string()))?;
        leaf.verify_is_valid_for_subject_name(&name).map_err(broken)?;
        leaf.verify_signature(RSA_PKCS1_2048_8192_SHA256, message, signature)
            .map_err(|_| VerifyError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The file that SNS published from November 2025 to October 2026: its own certificate without
    /// that of the issuer.
    const SNS_CERTIFICATE: &[u8] =
        include_bytes!("fixtures/SimpleNotificationService-7506a1e35b36ef5a444dd1a8e7cc3ed8.pem");

    fn verify_error(trust: &TrustStore, now: &str) -> VerifyError {
        let now = now.parse().unwrap();
        trust.verify_signature(SNS_CERTIFICATE, now, b"message", b"not the signature").unwrap_err()
    }

    #[test]
    fn the_certificate_of_sns_chains_to_a_web_root() {
        let rejected = verify_error(&TrustStore::web_roots(), "2026-03-06T20:00:00Z");
        assert!(matches!(rejected, VerifyError::BadSignature), "{rejected}");
    }

    #[test]
    fn the_certificate_is_not_trusted_without_its_issuer_or_after_its_expiry() {
        let rootless = TrustStore::with_roots(webpki_roots::TLS_SERVER_ROOTS.to_vec());
        let rejected = verify_error(&rootless, "2026-03-06T20:00:00Z");
        assert!(matches!(rejected, VerifyError::CertificateUntrusted(_)), "{rejected}");
        let rejected = verify_error(&TrustStore::web_roots(), "2026-10-15T00:00:00Z");
        assert!(matches!(rejected, VerifyError::CertificateUntrusted(_)), "{rejected}");
    }

    #[test]
    fn there_are_four_amazon_intermediates() {
        let of_amazon: HashSet<_> = TrustStore::web_roots().intermediates.into_iter().collect();
        assert_eq!(of_amazon.len(), 4);
    }
}
