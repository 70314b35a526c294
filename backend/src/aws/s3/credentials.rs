//! The cached credentials that browser uploads are signed with.

use aws_sdk_s3::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_s3::error::BoxError;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they expire, which exceeds the validity of an upload
/// ticket: a signature is void once its credentials expire.
const MARGIN: Duration = Duration::from_secs(600);

/// Caches credentials until shortly before they expire. The SDK's clients have such a cache of
/// their own; a provider called directly may contact STS or the instance metadata service every
/// time.
#[derive(Debug)]
pub(super) struct CachedCredentials {
    provider: Option<SharedCredentialsProvider>,
    cached: Mutex<Option<Credentials>>,
}

impl CachedCredentials {
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> Self {
        Self { provider, cached: Mutex::new(None) }
    }

    /// Credentials that are valid for at least [`MARGIN`].
    pub(super) async fn get(&self) -> Result<Credentials, BoxError> {
        let mut cached = self.cached.lock().await;
        if let Some(credentials) = cached.as_ref().filter(|kept| lasts(kept, SystemTime::now())) {
            return Ok(credentials.clone());
        }
        let provider = self.provider.as_ref();
        let provider = provider
            .ok_or("no AWS credentials are set; see the environment variables of the AWS SDK")?;
        let fresh = provider.provide_credentials().await?;
        *cached = Some(fresh.clone());
        Ok(fresh)
    }
}

fn lasts(credentials: &Credentials, now: SystemTime) -> bool {
    credentials.expiry().is_none_or(|end| end > now + MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::credential_fn::provide_credentials_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    async fn calls_for_two(lifetime: Option<Duration>) -> usize {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        let provider = provide_credentials_fn(move || {
            counter.fetch_add(1, Ordering::SeqCst);
            let end = lifetime.map(|lifetime| SystemTime::now() + lifetime);
            async move { Ok(Credentials::new("id", "secret", None, end, "test")) }
        });
        let cache = CachedCredentials::new(Some(SharedCredentialsProvider::new(provider)));
        cache.get().await.unwrap();
        cache.get().await.unwrap();
        calls.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn credentials_are_fetched_once_while_they_are_valid() {
        assert_eq!(calls_for_two(None).await, 1);
        assert_eq!(calls_for_two(Some(Duration::from_secs(3600))).await, 1);
    }

    #[tokio::test]
    async fn credentials_that_expire_soon_are_renewed() {
        assert_eq!(calls_for_two(Some(Duration::from_secs(599))).await, 2);
    }

    #[tokio::test]
    async fn missing_credentials_are_an_error() {
        let error = CachedCredentials::new(None).get().await.unwrap_err();
        assert!(error.to_string().starts_with("no AWS credentials"), "{error}");
    }
}
