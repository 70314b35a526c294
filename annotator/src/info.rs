//! Writes the INFO column of a record.

use crate::reference::Reference;
use crate::report::AnnotationGap;
use memchr::memmem::Finder;

/// The keys that a run writes. Values that the input has for them are left out, whether its header
/// defines the keys or not: a reader must never find another annotation beside ours. Keys are
/// case-sensitive (VCF 4.4, section 1.6.1).
#[derive(Clone, Debug)]
pub(crate) struct OwnKeys {
    keys: Vec<Box<[u8]>>,
    /// Bit `n` says that a key has `n` bytes, the highest bit that one has more.
    lengths: u64,
    /// Finds an empty field.
    empty_field: Finder<'static>,
    /// Finds a missing value among fields.
    missing_field: Finder<'static>,
}

impl OwnKeys {
    /// The keys of a run without sources: that of its annotations, GAS_NOTE, and those of the reference's tracks.
    pub(crate) fn of_run(annotation: &str, reference: &Reference) -> Self {
        let tracks = reference.tracks().iter().filter_map(|track| track.info_key());
        Self::new([annotation, AnnotationGap::KEY].into_iter().chain(tracks))
    }

    fn new<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        let mut own = Self::without_keys();
        own.extend(keys);
        own
    }

    fn without_keys() -> Self {
        let (empty_field, missing_field) = (Finder::new(b";;"), Finder::new(b";."));
        Self { keys: Vec::new(), lengths: 0, empty_field, missing_field }
    }

    /// Adds keys.
    pub(crate) fn extend<'a>(&mut self, keys: impl IntoIterator<Item = &'a str>) {
        for key in keys {
            self.lengths |= length_bit(key.len());
            self.keys.push(key.as_bytes().into());
        }
    }

    /// Whether INFO may have a field that is left out.
    #[inline]
    fn may_occur(&self, info: &[u8]) -> bool {
        info.starts_with(b";")
            || info.starts_with(b".;")
            || info.ends_with(b";")
            || self.empty_field.find(info).is_some()
            || self.missing_field.find(info).is_some()
            || self.has_own(info)
    }

    /// Whether any field has one of the keys.
    fn has_own(&self, info: &[u8]) -> bool {
        let mut start = 0;
        let ends = memchr::memchr_iter(b';', info).chain([info.len()]);
        ends.map(|end| &info[std::mem::replace(&mut start, end + 1)..end])
            .any(|field| self.contains(field))
    }

    #[inline]
    fn contains(&self, field: &[u8]) -> bool {
        // Keys are short, and few have the length of one of these.
        let key = &field[..field.iter().position(|b| *b == b'=').unwrap_or(field.len())];
        self.lengths & length_bit(key.len()) != 0 && self.keys.iter().any(|own| **own == *key)
    }
}

/// The bit of a length in [`OwnKeys::lengths`].
const fn length_bit(length: usize) -> u64 {
    if length < 63 { 1 << length } else { 1 << 63 }
}

/// Appends INFO without empty and missing fields and without the values of the run's own keys. A missing INFO
/// (`.`) becomes empty.
#[inline]
pub(crate) fn copy_info(out: &mut Vec<u8>, info: &[u8], own_keys: &OwnKeys) {
    if info == b"." {
        return;
    }
    if own_keys.may_occur(info) {
        copy_fields(out, info, own_keys);
    } else {
        out.extend_from_slice(info);
    }
}

#[cold]
fn copy_fields(out: &mut Vec<u8>, info: &[u8], own_keys: &OwnKeys) {
    let start = out.len();
    for field in info.split(|b| *b == b';') {
        if !matches!(field, b"" | b".") && !own_keys.contains(field) {
            begin_field(out, start);
            out.extend_from_slice(field);
        }
    }
}

/// Appends a semicolon unless the next field is the first of the INFO that starts at `info_start`.
pub(crate) fn begin_field(out: &mut Vec<u8>, info_start: usize) {
    if out.len() > info_start {
        out.push(b';');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_own_keys_and_fields_without_content_are_left_out() {
        for (info, own_keys, expected) in [
            (".", &[][..], ""),
            ("", &["CSQ"], ""),
            ("DP=3;CSQ=a", &[], "DP=3;CSQ=a"),
            (".", &["CSQ"], ""),
            ("CSQ=a;DP=3;CSQ2=b;XCSQ=c;csq=d", &["CSQ"], "DP=3;CSQ2=b;XCSQ=c;csq=d"),
            ("CSQ=a", &["CSQ"], ""),
            ("CSQ=a;N=CSQ;CSQ=b;CSQ", &["CSQ"], "N=CSQ"),
            ("CSQ=a;GAP=b;DP=3", &["CSQ", "GAP"], "DP=3"),
            (";DP=3;;AN=2;", &["CSQ"], "DP=3;AN=2"),
            (";;", &[], ""),
            (".;DP=3;.;AN=2;.", &[], "DP=3;AN=2"),
            ("DP=3;.5", &[], "DP=3;.5"),
        ] {
            let mut out = b"before".to_vec();
            copy_info(&mut out, info.as_bytes(), &OwnKeys::new(own_keys.iter().copied()));
            assert_eq!(out[6..], *expected.as_bytes(), "{info} without {own_keys:?}");
        }
    }

    #[test]
    fn a_semicolon_separates_all_fields_but_the_first() {
        let mut out = b"before".to_vec();
        begin_field(&mut out, 6);
        assert_eq!(out, b"before");
        out.push(b'A');
        begin_field(&mut out, 6);
        assert_eq!(out, b"beforeA;");
    }
}
