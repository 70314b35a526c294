//! The log of a process.

use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// The form and the destination of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on standard error, in color if that is a terminal.
    Text,
    /// JSON on standard output, without the time. CloudWatch adds the time of every line that a
    /// Lambda function writes.
    Json,
}

/// Starts logging. `RUST_LOG` overrides `default_filter`; both have the syntax of
/// [`EnvFilter`].
///
/// # Panics
/// If the process logs already.
pub fn init_logging(format: LogFormat, default_filter: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    match format {
        LogFormat::Text => {
            log.with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).init();
        }
        LogFormat::Json => log.json().without_time().init(),
    }
}
