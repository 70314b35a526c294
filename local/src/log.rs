//! Writes the output of a process to its log file, and optionally to the terminal with the
//! process's name.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::watch;

use crate::error::{Error, Result};

/// The number of last lines in error messages.
const TAIL_LINES: usize = 15;

/// A log file to which several streams of one process are appended.
#[derive(Clone)]
pub(crate) struct Log {
    path: PathBuf,
    prefix: Option<String>,
    file: Arc<Mutex<File>>,
}

impl Log {
    /// Opens the log of the process `name`. With `echo`, its lines also appear on the terminal.
    pub(crate) fn open(folder: &Path, name: &str, echo: bool) -> Result<Self> {
        let path = folder.join(format!("{name}.log"));
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(Error::io(format!("open {}", path.display())))?;
        let prefix = echo.then(|| format!("{name:>8} | "));
        Ok(Self { path, prefix, file: Arc::new(Mutex::new(file)) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the last lines, for an error message.
    pub(crate) fn tail(&self) -> String {
        let text = std::fs::read(&self.path).unwrap_or_default();
        let mut last = VecDeque::with_capacity(TAIL_LINES);
        for line in String::from_utf8_lossy(&text).lines() {
            if last.len() == TAIL_LINES {
                last.pop_front();
            }
            last.push_back(format!("  {line}"));
        }
        Vec::from(last).join("\n")
    }

    /// Copies a stream until it ends, and sets `seen` at the first line that contains `marker`.
    pub(crate) async fn copy(
        self,
        stream: impl AsyncRead + Unpin,
        marker: Option<String>,
        seen: watch::Sender<bool>,
    ) {
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line);
            self.write(text.trim_end_matches('\n'));
            if marker.as_ref().is_some_and(|marker| text.contains(marker)) {
                seen.send_replace(true);
            }
            line.clear();
        }
    }

    /// Adds a line from the stack itself.
    pub(crate) fn note(&self, text: &str) {
        self.write(&format!("[stack] {text}"));
    }

    /// Errors are ignored: a full disk or a closed terminal must not stop the processes.
    fn write(&self, line: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{line}");
        if let Some(prefix) = &self.prefix {
            let _ = writeln!(std::io::stdout().lock(), "{prefix}{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_tail_contains_the_last_lines_and_the_marker_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(folder.path(), "web", false).unwrap();
        let text: String = (0..40).map(|number| format!("line {number}\n")).collect();
        let (seen, ready) = watch::channel(false);
        log.clone().copy(text.as_bytes(), Some("line 7".to_owned()), seen).await;
        assert!(*ready.borrow());
        assert_eq!(log.tail().lines().count(), TAIL_LINES);
        assert!(log.tail().ends_with("  line 39"));
    }
}
