//! Texts, one after another, each found by its offset. An empty text stands for a missing value.
//!
//! Layout: the offsets of all texts and their end ([`monotone`]), then the bytes.

use super::{Damaged, monotone, monotone::Monotone};

/// Texts to write.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: vec![0] }
    }
}

impl Texts {
    /// Adds a text.
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
    }

    /// The number of texts.
    pub(crate) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// The bytes of all texts.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Removes all texts.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.truncate(1);
    }

    /// Appends the encoding.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        monotone::write(out, &self.ends);
        out.extend_from_slice(&self.bytes);
    }
}

/// The text at an index, of texts whose ends are `ends`.
#[inline]
pub(crate) fn get<'a>(bytes: &'a [u8], ends: &Monotone, index: usize) -> Result<&'a [u8], Damaged> {
    let (start, end) = (ends.get(bytes, index)?, ends.get(bytes, index + 1)?);
    let text = bytes.get(ends.end()..).and_then(|rest| rest.get(start as usize..end as usize));
    text.ok_or(Damaged("a text is outside of its block"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_at_random() {
        let all = [&b"benign"[..], b"", b"pathogenic", b"x"];
        let mut texts = Texts::default();
        all.iter().for_each(|text| texts.push(text));
        let mut out = Vec::new();
        texts.write(&mut out);
        out.extend([0; super::super::bits::PADDING]);
        let ends = Monotone::new(&out, 0).unwrap();
        for (n, text) in all.iter().enumerate() {
            assert_eq!(get(&out, &ends, n), Ok(*text));
        }
        assert!(get(&out, &ends, all.len()).is_err());
    }
}
