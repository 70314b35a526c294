//! When is a process ready?

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

/// An answer that takes longer is no answer.
const ANSWER: Duration = Duration::from_secs(5);

/// The sign by which a process shows that it is ready.
#[derive(Clone, Debug)]
pub(crate) enum Ready {
    /// `GET path` on the port answers 200.
    Http {
        /// On 127.0.0.1.
        port: u16,
        /// Path and query.
        path: &'static str,
    },
    /// PostgreSQL's own check says so.
    Postgres {
        /// The folder of `pg_isready`.
        bin: PathBuf,
        /// On 127.0.0.1.
        port: u16,
    },
    /// It writes a line that contains this.
    Line(&'static str),
}

impl Ready {
    /// Asks once. A line in the log is watched for elsewhere.
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

/// The status of a plain GET; a whole HTTP client would be much to compile for this.
async fn get(port: u16, path: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await?;
    Ok(status_of(&head).unwrap_or(0))
}

/// Reads `HTTP/1.1 200`.
fn status_of(head: &[u8; 12]) -> Option<u16> {
    std::str::from_utf8(head).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_line_has_a_status() {
        assert_eq!(status_of(b"HTTP/1.1 503"), Some(503));
        assert_eq!(status_of(b"SSH-2.0-Open"), None);
    }
}
