//! What the span of the current work says about its job.

use gas_runtime::record_trace;
use gas_shared::Job;
use tracing::Span;
use tracing::field::display;

/// Records in the current span whose job is handled, and the trace of the request that created it. The span has the
/// fields `user_id` and `trace_id`.
pub fn record_job(job: &Job) {
    Span::current().record("user_id", display(job.owner));
    if let Some(trace) = job.trace {
        record_trace(trace);
    }
}
