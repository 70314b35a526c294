//! Numbers for texts that repeat.

use crate::Error;
use hashbrown::HashMap;

/// The most bytes of all texts. They are in the footer, which every reader holds in memory.
const MAX_BYTES: usize = 16 << 20;

/// Texts numbered in order of appearance.
#[derive(Debug)]
pub(super) struct Dictionary {
    what: &'static str,
    limit: usize,
    max_bytes: usize,
    /// Whether a text was not taken.
    is_full: bool,
    /// Bytes of all texts.
    bytes: usize,
    numbers: HashMap<Box<[u8]>, u32>,
    texts: Vec<String>,
    last: (Vec<u8>, u32),
}

impl Dictionary {
    /// A dictionary of at most `limit` texts, because the memory for a user's file must be bounded.
    pub fn new(what: &'static str, limit: usize) -> Self {
        Self {
            what,
            limit,
            max_bytes: MAX_BYTES,
            is_full: false,
            bytes: 0,
            numbers: HashMap::new(),
            texts: Vec::new(),
            last: (Vec::new(), u32::MAX),
        }
    }

    /// The dictionary with a lower limit of bytes.
    pub fn of_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Whether [`number_or`](Self::number_or) was called with a text that is not taken.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// The number of a text. Repeating the last text costs one comparison.
    #[inline]
    pub fn number(&mut self, text: &[u8]) -> Result<u32, Error> {
        if self.last.1 != u32::MAX && self.last.0 == text {
            return Ok(self.last.1);
        }
        let number = match self.numbers.get(text) {
            Some(number) => *number,
            None => self.add(text)?,
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(text);
        self.last.1 = number;
        Ok(number)
    }

    /// The number of a text, or `full` if the dictionary takes no further text.
    pub fn number_or(&mut self, text: &[u8], full: u32) -> u32 {
        self.number(text).unwrap_or_else(|_| {
            self.is_full = true;
            full
        })
    }

    fn add(&mut self, text: &[u8]) -> Result<u32, Error> {
        if self.texts.len() >= self.limit {
            return Err(Error::TooMany { what: self.what, limit: self.limit });
        }
        let bytes = self.bytes + text.len();
        if bytes > self.max_bytes {
            return Err(Error::TooLarge { what: self.what, limit: self.max_bytes });
        }
        self.bytes = bytes;
        let number = self.texts.len() as u32;
        self.numbers.insert(text.into(), number);
        self.texts.push(String::from_utf8_lossy(text).into_owned());
        Ok(number)
    }

    /// The texts by number.
    pub fn into_texts(self) -> Vec<String> {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes_are_accepted_at_their_limits_and_rejected_above() {
        let mut names = Dictionary::new("genes", 2);
        assert_eq!((names.number(b"a").unwrap(), names.number(b"b").unwrap()), (0, 1));
        let error = names.number(b"c").unwrap_err().to_string();
        assert_eq!(error, "the result has more than 2 different genes, so it cannot be indexed");
        let mut names = Dictionary::new("genes", 3);
        names.number(&vec![b'x'; MAX_BYTES]).unwrap();
        let error = names.number(b"y").unwrap_err().to_string();
        assert!(error.starts_with("the different genes of the result have more than"), "{error}");
    }
}
