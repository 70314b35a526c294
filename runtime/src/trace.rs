//! The trace that log lines and messages belong to.
//!
//! A span has its trace in the field `trace_id`, which JSON lines show with the other fields. The layer [`Traces`]
//! also keeps it with the span, so that adapters that publish messages can pass it on ([`current_trace`]), wherever
//! in the span they are called.

use gas_shared::TraceId;
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Span, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The field of spans with the id of the trace.
const FIELD: &str = "trace_id";

/// The trace of the current span or the closest one around it. `None` outside of traces, and if the filter of the
/// log turns the spans off.
pub fn current_trace() -> Option<TraceId> {
    Span::current()
        .with_subscriber(|(id, subscriber)| {
            let span = subscriber.downcast_ref::<Registry>()?.span(id)?;
            span.scope().find_map(|span| span.extensions().get::<TraceId>().copied())
        })
        .flatten()
}

/// Records the trace of the current span, which must have the field `trace_id`.
pub fn record_trace(trace: TraceId) {
    Span::current().record(FIELD, tracing::field::display(trace));
}

/// The layer that keeps the traces of spans.
pub(crate) struct Traces;

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = FoundTrace(None);
        attributes.record(&mut found);
        keep(found, id, &context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut found = FoundTrace(None);
        values.record(&mut found);
        keep(found, id, &context);
    }
}

fn keep<S: Subscriber + for<'span> LookupSpan<'span>>(
    FoundTrace(trace): FoundTrace,
    id: &Id,
    context: &Context<'_, S>,
) {
    if let (Some(trace), Some(span)) = (trace, context.span(id)) {
        span.extensions_mut().replace(trace);
    }
}

/// Finds the trace among the fields of a span.
struct FoundTrace(Option<TraceId>);

impl Visit for FoundTrace {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == FIELD {
            self.0 = format!("{value:?}").parse().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::LogCapture;

    #[test]
    fn a_line_and_a_message_have_the_trace_of_the_spans_around_them() {
        let capture = LogCapture::start();
        let trace = TraceId::new(0xabc).unwrap();
        assert_eq!(current_trace(), None);
        let outer = tracing::info_span!("outer", trace_id = tracing::field::Empty);
        let found = outer.in_scope(|| {
            record_trace(trace);
            tracing::info_span!("inner").in_scope(|| {
                tracing::info!("hello");
                current_trace()
            })
        });
        assert_eq!(found, Some(trace));
        assert_eq!(current_trace(), None, "the span is left");
        let lines = capture.lines();
        assert!(lines[0].contains(&format!("\"trace_id\":\"{trace}\"")), "{lines:?}");
    }

    #[test]
    fn a_span_takes_the_last_trace_that_is_recorded() {
        let _capture = LogCapture::start();
        let [first, second] = [1, 2].map(|id| TraceId::new(id).unwrap());
        let span = tracing::info_span!("span", trace_id = %first);
        span.in_scope(|| {
            assert_eq!(current_trace(), Some(first));
            record_trace(second);
            assert_eq!(current_trace(), Some(second));
        });
    }
}
