//! Readiness checks of processes.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

/// The time limit for one check.
const ANSWER: Duration = Duration::from_secs(5);

/// How the readiness of a process is detected.
#[derive(Clone, Debug)]
pub(crate) enum Ready {
    /// `GET path` returns status 200.
    Http {
        /// The port on 127.0.0.1.
        port: u16,
        /// The path and query.
        path: &'static str,
    },
    /// `pg_isready` reports that PostgreSQL accepts connections.
    Postgres {
        /// The folder that contains `pg_isready`.
        bin: PathBuf,
        /// The port on 127.0.0.1.
        port: u16,
    },
    /// The process writes a line that contains this text.
    Line(&'static str),
}

impl Ready {
    /// Checks once. Log lines are watched by [`crate::log`] instead.
    pub(crate) async fn holds(&self) -> bool {
        match self {
            Self::Http { port, path } => {
                matches!(timeout(ANSWER, get(*port, path)).await, Ok(Ok(200)))
            }
            Self::Postgres { bin, port } => Command::new(bin.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .stdin(Stdio::null())
                .status()
                .await
                .is_ok_and(|status| status.success()),
            Self::Line(_) => false,
        }
    }
}

/// Returns the status of a GET request. A complete HTTP client would take long to compile.
async fn get(port: u16, path: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await?;
    Ok(status_of(&head).unwrap_or(0))
}

/// Parses the status line `HTTP/1.1 200`.
fn status_of(head: &[u8; 12]) -> Option<u16> {
    std::str::from_utf8(head).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_parsed_only_from_a_status_line() {
        assert_eq!(status_of(b"HTTP/1.1 503"), Some(503));
        assert_eq!(status_of(b"SSH-2.0-Open"), None);
    }
}
