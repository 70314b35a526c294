//! A file whose ranges another process reads: this one may have no access to the network.

use super::range_source::RangeSource;
use serde::Serialize;
use std::cell::RefCell;
use std::io::{self, Read, Write};

/// Bytes that are requested at once by default, unless the file ends before.
const REQUEST_BYTES: u64 = 1 << 16;

/// Bytes that are requested at once of a file that is read in its order.
const SEQUENTIAL_BYTES: u64 = 8 << 20;

/// A file of which ranges are requested by JSON lines, and answered with exactly their bytes.
pub struct RequestedRanges<R, W> {
    size: u64,
    request_bytes: u64,
    state: RefCell<State<R, W>>,
}

struct State<R, W> {
    answers: R,
    requests: W,
    /// Where the bytes begin that were read last.
    offset: u64,
    bytes: Vec<u8>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "read")]
struct Request {
    offset: u64,
    length: u64,
}

impl<R: Read, W: Write> RequestedRanges<R, W> {
    /// A file of `size` bytes.
    pub fn new(size: u64, answers: R, requests: W) -> Self {
        let state = State { answers, requests, offset: 0, bytes: Vec::new() };
        Self { size, request_bytes: REQUEST_BYTES, state: RefCell::new(state) }
    }

    /// The file, of which 8 MiB are requested at once: for a long part that is read in its order.
    #[must_use]
    pub fn sequential(self) -> Self {
        Self { request_bytes: SEQUENTIAL_BYTES, ..self }
    }
}

impl<R: Read, W: Write> State<R, W> {
    fn request(&mut self, offset: u64, length: u64) -> io::Result<()> {
        self.bytes.clear();
        let line = serde_json::to_string(&Request { offset, length })?;
        writeln!(self.requests, "{line}")?;
        self.requests.flush()?;
        (&mut self.answers).take(length).read_to_end(&mut self.bytes)?;
        self.offset = offset;
        if self.bytes.len() as u64 == length {
            Ok(())
        } else {
            self.bytes.clear();
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a requested range was not answered"))
        }
    }
}

impl<R: Read, W: Write> RangeSource for RequestedRanges<R, W> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        if offset >= self.size || out.is_empty() {
            return Ok(0);
        }
        let mut state = self.state.borrow_mut();
        let end = state.offset + state.bytes.len() as u64;
        if !(state.offset..end).contains(&offset) {
            state.request(offset, self.request_bytes.min(self.size - offset))?;
        }
        let from = usize::try_from(offset - state.offset).map_err(io::Error::other)?;
        let found = &state.bytes[from..];
        let length = found.len().min(out.len());
        out[..length].copy_from_slice(&found[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_requested_once_and_their_bytes_are_those_of_the_file() {
        let size = REQUEST_BYTES + 10;
        let file: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
        let answers = [&file[5..file.len() - 5], &file[file.len() - 2..]];
        let mut requests = Vec::new();
        let source = RequestedRanges::new(size, io::Cursor::new(answers.concat()), &mut requests);
        let mut out = [0; 100];
        for offset in [5, 7, 200] {
            assert_eq!(source.read_at(offset, &mut out).unwrap(), 100);
            let from = usize::try_from(offset).unwrap();
            assert_eq!(out[..], file[from..from + 100]);
        }
        assert_eq!(source.read_at(size - 2, &mut out).unwrap(), 2);
        assert_eq!(out[..2], file[file.len() - 2..]);
        assert_eq!(source.read_at(size, &mut out).unwrap(), 0);
        assert_eq!(source.size().unwrap(), size);
        drop(source);
        let requests = String::from_utf8(requests).unwrap();
        let expected = "{\"event\":\"read\",\"offset\":5,\"length\":65536}\n\
                        {\"event\":\"read\",\"offset\":65544,\"length\":2}\n";
        assert_eq!(requests, expected);
    }

    #[test]
    fn a_range_that_is_not_answered_is_an_error() {
        let source = RequestedRanges::new(10, io::Cursor::new(b"123"), io::sink());
        assert!(source.read_at(0, &mut [0; 4]).is_err());
    }
}
