//! Files whose ranges the engine requests on standard output and reads from standard input.

use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc;

/// The most bytes that the engine may request at once.
const MAX_REQUEST_BYTES: u64 = 8 << 20;

/// The way to a file whose ranges the engine reads: its process has no network.
#[derive(Debug)]
pub(crate) struct RemoteFile {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Takes offset and length of each range that is requested.
    pub(crate) requests: mpsc::UnboundedSender<(u64, u64)>,
    /// Gives exactly the bytes of each of them. The engine cannot read further if it ends early.
    pub(crate) answers: mpsc::Receiver<Bytes>,
}

/// A line in which the engine requests a range of the file.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Request {
    Read { offset: u64, length: u64 },
}

/// The range that a line of standard output requests: offset and length.
pub(super) fn requested_range(line: &[u8]) -> Option<(u64, u64)> {
    let Request::Read { offset, length } = serde_json::from_slice(line).ok()?;
    (1..=MAX_REQUEST_BYTES).contains(&length).then_some((offset, length))
}
