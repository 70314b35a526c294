//! The metrics of a process, in the OpenMetrics text format, which Prometheus reads.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// The content type of the text format.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper bounds of the buckets of durations, in seconds: from a read of a cache to an upload in parts.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// The labels of a metric. Their values must be few: never an id.
pub type Labels = Vec<(&'static str, String)>;

/// Counts events by their labels. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Counts(Family<Labels, Counter>);

impl Counts {
    /// Counts an event.
    pub fn add(&self, labels: Labels) {
        self.0.get_or_create(&labels).inc();
    }
}

/// A number that rises and falls. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Level(Gauge);

impl Level {
    /// Sets the number.
    pub fn set(&self, value: usize) {
        self.0.set(i64::try_from(value).unwrap_or(i64::MAX));
    }
}

/// How long something takes, by its labels. Clones share the buckets.
#[derive(Clone, Debug)]
pub struct Durations(Family<Labels, Histogram>);

impl Default for Durations {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(SECONDS)))
    }
}

impl Durations {
    /// Records how long it took once.
    pub fn record(&self, labels: Labels, took: Duration) {
        self.0.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// The metrics of a process.
#[derive(Debug)]
pub struct Metrics(Registry);

impl Metrics {
    /// The metrics that every process has: its start and its version. All names begin with `gas_`.
    pub fn new(version: &'static str) -> Self {
        let mut metrics = Self(Registry::with_prefix("gas"));
        let build = Family::<Labels, Gauge>::default();
        build.get_or_create(&vec![("version", version.to_owned())]).set(1);
        metrics.0.register("build", "The version of the program", build);
        let start = Gauge::<i64>::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        start.set(i64::try_from(now.as_secs()).unwrap_or_default());
        metrics.0.register(
            "process_start_seconds",
            "When the process was started, in Unix time",
            start,
        );
        metrics
    }

    /// A new counter. Its name gets the suffix `_total`.
    pub fn counts(&mut self, name: &str, help: &str) -> Counts {
        let counts = Counts::default();
        self.0.register(name, help, counts.0.clone());
        counts
    }

    /// A new number.
    pub fn level(&mut self, name: &str, help: &str) -> Level {
        let level = Level::default();
        self.0.register(name, help, level.0.clone());
        level
    }

    /// New durations, in seconds.
    pub fn durations(&mut self, name: &str, help: &str) -> Durations {
        let durations = Durations::default();
        self.0.register(name, help, durations.0.clone());
        durations
    }

    /// The current values as text.
    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        _ = encode(&mut text, &self.0);
        text
    }

    /// Offers the metrics at `/metrics` of an address and port until shutdown. Do not make the address public: the metrics
    /// have no secrets, but tell how the service is used.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn serve(
        self,
        listen: &str,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let listener = TcpListener::bind(listen).await?;
        tracing::info!(listen, "metrics ready");
        let app = Router::new().route("/metrics", get(read)).with_state(Arc::new(self));
        axum::serve(listener, app).with_graceful_shutdown(shutdown).await
    }
}

async fn read(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_text_that_prometheus_reads() {
        let mut metrics = Metrics::new("1.2.3");
        let counts = metrics.counts("messages", "Messages");
        let level = metrics.level("streams", "Streams");
        let durations = metrics.durations("message_seconds", "Durations");
        let labels = || vec![("role", "notify".to_owned())];
        counts.add(labels());
        counts.clone().add(labels());
        level.set(7);
        durations.record(labels(), Duration::from_millis(30));
        let text = metrics.text();
        for line in [
            "gas_build{version=\"1.2.3\"} 1",
            "# TYPE gas_messages counter",
            "gas_messages_total{role=\"notify\"} 2",
            "gas_streams 7",
            "gas_message_seconds_bucket{le=\"0.025\",role=\"notify\"} 0",
            "gas_message_seconds_bucket{le=\"0.05\",role=\"notify\"} 1",
            "gas_message_seconds_count{role=\"notify\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
