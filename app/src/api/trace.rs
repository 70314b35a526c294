//! The trace of the requests of a page.

use crate::browser;
use dioxus::fullstack::{HeaderMap, HeaderValue, set_request_headers};
use gas_shared::TraceId;
use gas_shared::trace::TRACEPARENT;

/// Begins a new trace: from now on, requests of this page belong to it. A job belongs to the trace of the request that
/// creates it, so uploads begin one each.
pub fn begin_trace() {
    let part = || (browser::random() * f64::from(u32::MAX)) as u128;
    let id = (0..4).fold(0, |id, _| (id << 32) | part());
    let value = TraceId::new(id).map(|trace| HeaderValue::from_str(&trace.traceparent()));
    if let Some(Ok(value)) = value {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, value);
        set_request_headers(headers);
    }
}
