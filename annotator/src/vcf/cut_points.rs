//! The places near which a file may be cut into shards.
//!
//! A chunk ends at the first allowed boundary after a cut point, if it has not ended before. A run that starts at
//! such a boundary, instead of at the start of the file, therefore has the same chunks, which are compressed to
//! the same bytes.

use super::text_range::TextPosition;
use std::collections::VecDeque;

/// The default distance of two cut points, in bytes of the file.
pub const CUT_INTERVAL: u64 = 1 << 20;

/// The cut points of a text that is read: in a plain file the multiples of an interval, in a BGZF file the first
/// block with text at or after each of them.
#[derive(Debug)]
pub(super) struct CutPoints {
    interval: u64,
    /// The number of the next cut point: its offset in the file divided by the interval.
    next: u64,
    /// Those that have been read and lie ahead, as offsets in the text that is read.
    ahead: VecDeque<u64>,
}

impl CutPoints {
    /// Those of a plain file that is read from `start`.
    pub(super) fn of_plain(start: u64, interval: u64) -> Self {
        let interval = interval.max(1);
        Self { interval, next: start.div_ceil(interval).max(1), ahead: VecDeque::new() }
    }

    /// Those of a BGZF file that is read from `start`, whose block may be a cut point itself.
    pub(super) fn of_bgzf(start: TextPosition, interval: u64) -> Self {
        let interval = interval.max(1);
        Self { interval, next: start.block / interval + 1, ahead: VecDeque::new() }
    }

    /// A piece of a plain file is read: `bytes` from `offset` on, which is `text` in the text that is read.
    pub(super) fn add_plain(&mut self, offset: u64, bytes: u64, text: u64) {
        while let Some(ahead) = (self.next * self.interval).checked_sub(offset)
            && ahead < bytes
        {
            self.ahead.push_back(text + ahead);
            self.next += 1;
        }
    }

    /// A block with text begins at `offset` of the file, and at `text` of the text that is read.
    pub(super) fn add_block(&mut self, offset: u64, text: u64) {
        if offset / self.interval >= self.next {
            self.ahead.push_back(text);
            self.next = offset / self.interval + 1;
        }
    }

    /// The next cut point at or after `text`. Those before it are passed.
    pub(super) fn from(&mut self, text: u64) -> Option<u64> {
        while self.ahead.front().is_some_and(|point| *point < text) {
            self.ahead.pop_front();
        }
        self.ahead.front().copied()
    }
}
