//! Reads on a thread of its own, so that a file is decompressed while the lines before are parsed.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// The bytes that are read at once, and how many such pieces wait at most.
const PIECE: usize = 1 << 18;
const WAITING: usize = 4;

/// What a reader has, read ahead.
pub(super) struct ReadAhead {
    /// Pieces, and an empty one at the end.
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    /// Bytes of `piece` that have been read.
    at: usize,
    is_end: bool,
}

impl ReadAhead {
    /// Begins to read. The thread ends with the reader, or after this value is dropped.
    pub(super) fn new(reader: impl Read + Send + 'static) -> Self {
        let (sender, pieces) = sync_channel(WAITING);
        std::thread::spawn(move || send_all(reader, &sender));
        Self { pieces, piece: Vec::new(), at: 0, is_end: false }
    }
}

fn send_all(mut reader: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let read = reader.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        let is_last = !matches!(read, Ok(1..));
        // It fails if nobody reads any more.
        if sender.send(read.map(|_| piece)).is_err() || is_last {
            return;
        }
    }
}

impl BufRead for ReadAhead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.piece.len() && !self.is_end {
            // A thread that panics sends no end, and the rest must not seem to be empty.
            let ended = |_| Err(io::Error::other("the file was not read to its end"));
            self.piece = self.pieces.recv().unwrap_or_else(ended)?;
            self.at = 0;
            self.is_end = self.piece.is_empty();
        }
        Ok(&self.piece[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

impl Read for ReadAhead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_are_read_in_order_and_an_error_after_them() {
        let bytes: Vec<u8> = (0..3 * PIECE + 7).map(|n| (n % 251) as u8).collect();
        let mut read = Vec::new();
        ReadAhead::new(io::Cursor::new(bytes.clone())).read_to_end(&mut read).unwrap();
        assert!(read == bytes);

        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let mut read = Vec::new();
        let mut reader = ReadAhead::new(io::Cursor::new(b"abc").chain(Failing));
        assert_eq!(reader.read_to_end(&mut read).unwrap_err().to_string(), "broken");

        struct Panicking;
        impl Read for Panicking {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("of the test")
            }
        }
        let error = ReadAhead::new(Panicking).read_to_end(&mut read).unwrap_err();
        assert_eq!(error.to_string(), "the file was not read to its end");
    }
}
