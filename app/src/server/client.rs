//! Where a request came from, for the log and the audit log.

use super::Web;
use super::client_address::ClientAddress;
use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use gas_backend::audit::RequestOrigin;
use tracing::Span;
use tracing::field::display;
use uuid::Uuid;

/// The id of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// Middleware that makes [`RequestId`] available to handlers, and records it and the client's address with
/// what these write to the audit log.
pub async fn identify(
    client: ClientAddress,
    Extension(mut web): Extension<Web>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = Uuid::new_v4();
    Span::current().record("request_id", display(id));
    let origin = RequestOrigin::new(&web.unsubscriber.key, client.0, id.to_string());
    web.gas.audit = web.gas.audit.of_request(origin);
    web.billing.gas.audit = web.gas.audit.clone();
    request.extensions_mut().insert(web);
    request.extensions_mut().insert(RequestId(id));
    next.run(request).await
}
