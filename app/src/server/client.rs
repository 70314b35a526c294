//! Where a request came from, for the log and the audit log.

use super::Web;
use super::client_address::ClientAddress;
use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use gas_backend::audit::RequestOrigin;
use gas_runtime::record_trace;
use gas_shared::TraceId;
use gas_shared::trace::TRACEPARENT;
use tracing::Span;
use tracing::field::display;
use uuid::Uuid;

/// The id of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// Middleware that makes [`RequestId`] and [`ClientAddress`] available to handlers, and records them with what these write to
/// the audit log. The request belongs to the trace that it names in the header `traceparent`, or to a new one.
pub async fn identify(
    client: ClientAddress,
    Extension(mut web): Extension<Web>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = Uuid::new_v4();
    Span::current().record("request_id", display(id));
    let sent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let trace = sent.and_then(TraceId::of_traceparent).or(TraceId::new(id.as_u128()));
    if let Some(trace) = trace {
        record_trace(trace);
    }
    let origin = RequestOrigin::new(&web.unsubscriber.key, client.0, id.to_string());
    web.gas.audit = web.gas.audit.of_request(origin);
    web.billing.gas.audit = web.gas.audit.clone();
    request.extensions_mut().insert(web);
    request.extensions_mut().insert(RequestId(id));
    request.extensions_mut().insert(client);
    next.run(request).await
}
