//! Counts the AWS calls of a process.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counters of calls to services that name the operation in the header `X-Amz-Target`, such as
/// DynamoDB.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<BTreeMap<String, usize>>>);

impl Calls {
    /// Wraps a client so that its calls are counted.
    pub(crate) fn counting(&self, inner: SharedHttpClient) -> impl HttpClient + 'static {
        Counting { inner, calls: self.clone() }
    }

    /// The number of calls of each DynamoDB operation since the last call of this method.
    pub(crate) fn take_dynamodb(&self) -> BTreeMap<String, usize> {
        let all = std::mem::take(&mut *self.lock());
        let operation = |(target, count): (String, usize)| {
            Some((target.strip_prefix("DynamoDB_20120810.")?.to_owned(), count))
        };
        all.into_iter().filter_map(operation).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Counting<T> {
    inner: T,
    calls: Calls,
}

impl HttpClient for Counting<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Counting { inner, calls: self.calls.clone() })
    }
}

impl HttpConnector for Counting<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(target) = request.headers().get("x-amz-target") {
            *self.calls.lock().entry(target.to_owned()).or_default() += 1;
        }
        self.inner.call(request)
    }
}
