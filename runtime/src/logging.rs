//! The log of a process.

use crate::trace::Traces;
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields};
use tracing_subscriber::fmt::{MakeWriter, SubscriberBuilder};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The environment variable that decides the form of the lines: `json` or `text`.
const FORMAT: &str = "GAS_LOG_FORMAT";

/// The form and the destination of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on standard error, in color if that is a terminal. A value that contains a line break
    /// continues on a line of its own, which looks like another entry.
    Text,
    /// JSON on standard error: every entry is one line, whatever its values contain.
    Json,
    /// JSON on standard output, without the time. CloudWatch adds the time of every line that a
    /// Lambda function writes.
    Lambda,
}

impl LogFormat {
    /// The format of a server: as the environment variable `GAS_LOG_FORMAT` says, otherwise text on a
    /// terminal and JSON elsewhere.
    pub fn of_server() -> Self {
        Self::choose(std::env::var(FORMAT).ok().as_deref(), io::stderr().is_terminal())
    }

    fn choose(setting: Option<&str>, is_terminal: bool) -> Self {
        match setting {
            Some("text") => Self::Text,
            None if is_terminal => Self::Text,
            _ => Self::Json,
        }
    }
}

/// Starts logging. `RUST_LOG` overrides `default_filter`; both have the syntax of
/// [`EnvFilter`].
///
/// # Panics
/// If the process logs already.
pub fn init_logging(format: LogFormat, default_filter: &str) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter));
    match format {
        LogFormat::Text => tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .finish()
            .with(Traces)
            .init(),
        LogFormat::Json => {
            json_lines(io::stderr).with_env_filter(filter).finish().with(Traces).init();
        }
        LogFormat::Lambda => {
            let lines = json_lines(io::stdout).without_time().with_env_filter(filter);
            lines.finish().with(Traces).init();
        }
    }
}

/// Writes every entry as a line of JSON.
pub(crate) fn json_lines<W>(
    writer: W,
) -> SubscriberBuilder<JsonFields, Format<Json>, LevelFilter, W>
where
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    tracing_subscriber::fmt().json().with_writer(writer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::LogCapture;

    #[test]
    fn logs_are_text_on_a_terminal_only_unless_set() {
        for (setting, is_terminal, expected) in [
            (None, true, LogFormat::Text),
            (None, false, LogFormat::Json),
            (Some("json"), true, LogFormat::Json),
            (Some("text"), false, LogFormat::Text),
            (Some("yaml"), true, LogFormat::Json),
        ] {
            assert_eq!(LogFormat::choose(setting, is_terminal), expected, "{setting:?}");
        }
    }

    /// What the endpoint `/thaw` logs about a rejected message contains parts of the message.
    #[test]
    fn a_value_with_line_breaks_and_escape_sequences_stays_one_line() {
        let capture = LogCapture::start();
        let forged = "no\n2026-11-29T00:00:00Z  INFO gas_web: signed in user_id=1\r\n\u{1b}[2J\u{1b}]0;x\u{7}\u{2028}";
        tracing::warn!(error = %forged, reason = forged, "rejected a message to the thaw endpoint");
        let lines = capture.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with('{') && lines[0].ends_with('}'), "{}", lines[0]);
        assert!(!lines[0].contains(char::is_control), "{}", lines[0]);
    }
}
