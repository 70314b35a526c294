//! Reads the output of a child process in bounded memory.

/// Splits a stream into lines and drops lines that are too long to be events.
#[derive(Debug)]
pub(super) struct Lines {
    longest: usize,
    partial: Vec<u8>,
    /// Whether the current line is already too long.
    dropping: bool,
}

impl Lines {
    pub(super) fn new(longest: usize) -> Self {
        Self { longest, partial: Vec::new(), dropping: false }
    }

    /// Adds bytes and returns the lines that they complete, without line breaks.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let last = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            self.extend(piece);
            let line = std::mem::take(&mut self.partial);
            if !std::mem::take(&mut self.dropping) {
                lines.push(line);
            }
        }
        self.extend(last);
        lines
    }

    fn extend(&mut self, piece: &[u8]) {
        if self.dropping || self.partial.len() + piece.len() > self.longest {
            self.dropping = true;
            self.partial.clear();
        } else {
            self.partial.extend_from_slice(piece);
        }
    }
}

/// Keeps the last bytes of a stream.
#[derive(Debug)]
pub(super) struct Tail {
    longest: usize,
    kept: Vec<u8>,
}

impl Tail {
    pub(super) fn new(longest: usize) -> Self {
        Self { longest, kept: Vec::new() }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        let surplus = self.kept.len().saturating_sub(self.longest);
        self.kept.drain(..surplus);
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_may_arrive_in_pieces() {
        let mut lines = Lines::new(10);
        assert_eq!(lines.push(b"ab"), Vec::<Vec<u8>>::new());
        assert_eq!(lines.push(b"c\nde\nf"), [b"abc".to_vec(), b"de".to_vec()]);
        assert_eq!(lines.push(b"\n"), [b"f".to_vec()]);
    }

    #[test]
    fn only_the_line_that_is_too_long_is_dropped() {
        let mut lines = Lines::new(3);
        assert_eq!(lines.push(b"abcd"), Vec::<Vec<u8>>::new());
        assert_eq!(lines.push(b"ef\nok\n"), [b"ok".to_vec()]);
    }

    #[test]
    fn a_tail_keeps_the_end() {
        let mut tail = Tail::new(4);
        tail.push(b"abc");
        tail.push(b"def");
        assert_eq!(tail.text(), "cdef");
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_stream_is_cut(
            text in "[ab\n]{0,40}", cut in 0..40_usize,
        ) {
            let cut = cut.min(text.len());
            let (head, rest) = text.as_bytes().split_at(cut);
            let mut pieces = Lines::new(5);
            let mut got = pieces.push(head);
            got.extend(pieces.push(rest));
            prop_assert_eq!(&got, &Lines::new(5).push(text.as_bytes()));
            prop_assert!(got.iter().all(|line| line.len() <= 5));
        }
    }
}
