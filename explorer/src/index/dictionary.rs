//! Numbers for texts that repeat.

use crate::Error;
use std::collections::HashMap;

/// Texts numbered in order of appearance.
#[derive(Debug)]
pub(super) struct Dictionary {
    what: &'static str,
    limit: usize,
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
            numbers: HashMap::new(),
            texts: Vec::new(),
            last: (Vec::new(), u32::MAX),
        }
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

    fn add(&mut self, text: &[u8]) -> Result<u32, Error> {
        if self.texts.len() >= self.limit {
            return Err(Error::TooMany { what: self.what, limit: self.limit });
        }
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
