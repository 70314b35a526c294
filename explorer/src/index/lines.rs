//! Splits the text of a result into lines, and keeps track of their offsets.

use super::RESULT_LIMITS;
use super::text_reader::{Piece, TextReader};
use crate::Error;
use crate::format::BlockOffset;
use gas_shared::vcf::{Code, Diagnostic, Severity};
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

/// Pieces of text that wait to be split into lines.
const WAITING: usize = 4;

/// The lines of a file, whose text another thread reads.
#[derive(Debug)]
pub(super) struct Lines {
    bgzf: bool,
    pieces: Receiver<Result<Piece, Error>>,
    /// The pieces that have been split, whose memory is used again.
    used: SyncSender<Piece>,
    /// Bytes of the pieces so far.
    read: BlockOffset,
    /// BGZF blocks whose text is not completely returned.
    offsets: Vec<BlockOffset>,
    buffer: Vec<u8>,
    /// Start of the next line in the buffer.
    at: usize,
    /// Lines that have been returned.
    lines: u64,
}

impl Lines {
    /// Starts a thread that reads a file. It ends at the end of the file, after an error, or soon after the lines are
    /// dropped.
    ///
    /// # Errors
    /// [`Error`] if the file cannot be read, or if the thread cannot be started.
    pub fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        file: impl Read + Send + 'scope,
    ) -> Result<Self, Error> {
        let mut reader = TextReader::new(file)?;
        let bgzf = reader.is_bgzf();
        let (sender, pieces) = sync_channel(WAITING);
        // No more pieces exist at once: those that wait, and one on either side.
        let (used, free) = sync_channel::<Piece>(WAITING + 2);
        let read_all = move || {
            loop {
                let piece = free.try_recv().unwrap_or_default();
                let Some(read) = reader.next_piece(piece).transpose() else { return };
                let is_error = read.is_err();
                if sender.send(read).is_err() || is_error {
                    return;
                }
            }
        };
        std::thread::Builder::new().spawn_scoped(scope, read_all).map_err(Error::Input)?;
        Ok(Self {
            bgzf,
            pieces,
            used,
            read: BlockOffset { packed: 0, text: 0 },
            offsets: Vec::new(),
            buffer: Vec::new(),
            at: 0,
            lines: 0,
        })
    }

    /// Whether the file is BGZF.
    pub const fn is_bgzf(&self) -> bool {
        self.bgzf
    }

    /// Bytes read so far; after the last line, the size of the file and of its text.
    pub const fn read(&self) -> BlockOffset {
        self.read
    }

    /// Offset of the next line in the text.
    pub const fn text_offset(&self) -> u64 {
        self.read.text - (self.buffer.len() - self.at) as u64
    }

    /// The next line, including its line end; `None` at the end of the file.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Error> {
        let mut searched = self.at;
        loop {
            if let Some(n) = memchr::memchr(b'\n', &self.buffer[searched..]) {
                let start = std::mem::replace(&mut self.at, searched + n + 1);
                self.lines += 1;
                return Ok(Some(&self.buffer[start..self.at]));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            searched = self.buffer.len();
            if searched > RESULT_LIMITS.line_bytes {
                return Err(Error::Vcf(self.line_too_long()));
            }
            if !self.fill()? {
                self.at = self.buffer.len();
                return Ok((self.at > 0).then_some(&self.buffer[..]));
            }
        }
    }

    fn line_too_long(&self) -> Diagnostic {
        Diagnostic {
            line: self.lines + 1,
            column: None,
            severity: Severity::Error,
            code: Code::LineTooLong,
            message: format!("the line is longer than {} bytes", RESULT_LIMITS.line_bytes),
        }
    }

    /// The offsets of the BGZF blocks with the text from the last call up to the next line, and of
    /// the block after them.
    pub fn take_offsets(&mut self) -> Vec<BlockOffset> {
        let end = self.text_offset();
        let mut taken = Vec::new();
        let mut rest = Vec::new();
        for offset in self.offsets.iter().copied().chain(self.bgzf.then_some(self.read)) {
            if taken.last().is_none_or(|last: &BlockOffset| last.text < end) {
                taken.push(offset);
            }
        }
        // The next call needs the block with the start of the next line again.
        for (n, offset) in self.offsets.iter().enumerate() {
            let next = self.offsets.get(n + 1).copied().unwrap_or(self.read);
            if next.text > end {
                rest.push(*offset);
            }
        }
        self.offsets = rest;
        taken
    }

    fn fill(&mut self) -> Result<bool, Error> {
        let before = self.buffer.len();
        while self.buffer.len() == before {
            // The sender is dropped at the end of the file.
            let Ok(piece) = self.pieces.recv() else { return Ok(false) };
            let piece = piece?;
            if self.bgzf {
                self.offsets.push(piece.start);
            }
            self.buffer.extend_from_slice(&piece.text);
            self.read = piece.end;
            // At the end of the file the other thread is gone.
            let _ = self.used.try_send(piece);
        }
        Ok(true)
    }
}
