//! How a value of a source is written where it stays: as a field of CSQ, or as a field of INFO.

use super::source_set::AddedColumn;

/// How the values of a column are written where they stay.
#[derive(Clone, Debug)]
pub(super) struct LineField {
    /// In INFO, the text before a value: a semicolon, the key and an equals sign. A key without a value is not written.
    /// `None` for a field of CSQ, which follows a `|`, also if it is empty.
    info_key: Option<Box<[u8]>>,
    /// Whether one of several numbers is written, since a header promises one for each allele.
    has_one_number: bool,
}

impl LineField {
    pub(super) fn new(column: &AddedColumn, is_info: bool) -> Self {
        let info_key =
            is_info.then(|| format!(";{}=", column.info_key).into_bytes().into_boxed_slice());
        Self { info_key, has_one_number: is_info && column.has_one_number }
    }

    #[inline]
    fn begin(&self, out: &mut Vec<u8>) {
        match &self.info_key {
            None => out.push(b'|'),
            Some(key) => out.extend_from_slice(key),
        }
    }

    /// Appends what `value` appends, unless it says that there is no value (`None`), in which case nothing is appended to INFO.
    #[inline]
    pub(super) fn write_with<T, E>(
        &self,
        out: &mut Vec<u8>,
        value: impl FnOnce(&mut Vec<u8>) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let start = out.len();
        self.begin(out);
        let found = value(out)?;
        if found.is_none() && self.info_key.is_some() {
            out.truncate(start);
        }
        Ok(found)
    }

    /// Appends values, which are separated by `&`.
    pub(super) fn write(&self, values: &[u8], out: &mut Vec<u8>) {
        if self.info_key.is_some() && values.is_empty() {
            return;
        }
        self.begin(out);
        out.extend_from_slice(self.shown(values));
    }

    /// Of values separated by `&` those that are written.
    pub(super) fn shown<'a>(&self, values: &'a [u8]) -> &'a [u8] {
        if self.has_one_number { largest(values) } else { values }
    }

    /// Removes the field, and its value if it has one, from the start of what was written. Values have no `|` and no `;`.
    pub(super) fn take<'a>(&self, written: &mut &'a [u8]) -> &'a [u8] {
        let before = self.info_key.as_deref().unwrap_or(b"|");
        let Some(rest) = written.strip_prefix(before) else { return b"" };
        let end = memchr::memchr2(b'|', b';', rest).unwrap_or(rest.len());
        let (value, rest) = rest.split_at(end);
        *written = rest;
        value
    }
}

/// The largest of several numbers.
fn largest(values: &[u8]) -> &[u8] {
    if !values.contains(&b'&') {
        return values;
    }
    let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|t| t.parse::<f64>().ok());
    let numbers = values.split(|b| *b == b'&').filter_map(|text| Some((number(text)?, text)));
    numbers.max_by(|(a, _), (b, _)| a.total_cmp(b)).map_or(b".", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_numbers_is_written() {
        for (values, expected) in [
            ("7", "7"),
            ("0.1&1e-05&0.25", "0.25"),
            ("-1&-2", "-1"),
            ("1&...", "1"),
            ("...&x", "."),
        ] {
            assert_eq!(largest(values.as_bytes()), expected.as_bytes(), "{values}");
        }
    }
}
