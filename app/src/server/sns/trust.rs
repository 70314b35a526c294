//! Which certificates may sign messages.

use super::Refusal;
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage};

/// The name that stands in SNS's certificates. Regions that must be opted in to have others, such
/// as `sns-signing.eu-south-1.amazonaws.com`.
const SNS_NAME: &str = "sns.amazonaws.com";

/// SNS publishes its certificate without the authority between it and the root: these are Amazon's
/// four, valid until August 2030.
const AMAZON_INTERMEDIATES: &[u8] = include_bytes!("amazon-intermediates.pem");

/// Whose certificates are accepted.
#[derive(Clone, Debug)]
pub struct Trust {
    anchors: Vec<TrustAnchor<'static>>,
    intermediates: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// The roots of the web, and Amazon's authorities below them.
    pub fn web() -> Self {
        let intermediates = CertificateDer::pem_slice_iter(AMAZON_INTERMEDIATES);
        let intermediates = intermediates.filter_map(Result::ok).collect();
        Self { anchors: webpki_roots::TLS_SERVER_ROOTS.to_vec(), intermediates }
    }

    /// These roots and nothing else.
    #[cfg(test)]
    pub fn only(anchors: Vec<TrustAnchor<'static>>) -> Self {
        Self { anchors, intermediates: Vec::new() }
    }

    /// Checks the certificate in a PEM file: it must lead to a root, be valid now as all on the
    /// way, and be SNS's. Then checks the signature, RSA with PKCS #1 v1.5 and SHA-256.
    ///
    /// # Errors
    /// Where one of these does not hold.
    pub fn check(
        &self,
        pem: &[u8],
        now: Timestamp,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Refusal> {
        let untrusted = |why: String| Refusal::CertificateUntrusted(why);
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let mut certificates = certificates.map_err(|error| untrusted(error.to_string()))?;
        if certificates.is_empty() {
            return Err(untrusted("there is none in the file".to_owned()));
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
            .map_err(|_| Refusal::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// What SNS published from November 2025 to October 2026: one certificate, and none of the
    /// authority that issued it.
    const OF_SNS: &[u8] =
        include_bytes!("fixtures/SimpleNotificationService-7506a1e35b36ef5a444dd1a8e7cc3ed8.pem");

    fn refusal(trust: &Trust, now: &str) -> Refusal {
        let now = now.parse().unwrap();
        trust.check(OF_SNS, now, b"message", b"not its signature").unwrap_err()
    }

    #[test]
    fn the_certificate_of_sns_leads_to_a_root_of_the_web() {
        let refused = refusal(&Trust::web(), "2026-03-06T20:00:00Z");
        assert!(matches!(refused, Refusal::BadSignature), "{refused}");
    }

    #[test]
    fn it_is_nothing_without_its_authority_or_after_its_time() {
        let rootless = Trust::only(webpki_roots::TLS_SERVER_ROOTS.to_vec());
        let refused = refusal(&rootless, "2026-03-06T20:00:00Z");
        assert!(matches!(refused, Refusal::CertificateUntrusted(_)), "{refused}");
        let refused = refusal(&Trust::web(), "2026-10-15T00:00:00Z");
        assert!(matches!(refused, Refusal::CertificateUntrusted(_)), "{refused}");
    }

    #[test]
    fn amazon_has_four_authorities() {
        let of_amazon: HashSet<_> = Trust::web().intermediates.into_iter().collect();
        assert_eq!(of_amazon.len(), 4);
    }
}
