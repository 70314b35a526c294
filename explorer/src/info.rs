//! Parsing of INFO fields and of the numbers in them.

/// Keys and values of INFO; flags have no value.
pub(crate) fn fields(info: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    let mut rest = if info == b"." { None } else { Some(info) };
    std::iter::from_fn(move || {
        let text = rest?;
        let (field, next) = match memchr::memchr(b';', text) {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        rest = next;
        Some(match memchr::memchr(b'=', field) {
            Some(equals) => (&field[..equals], Some(&field[equals + 1..])),
            None => (field, None),
        })
    })
    .filter(|(key, _)| !key.is_empty())
}

/// Counts the keys of INFO in pieces of a line.
#[derive(Debug, Default)]
pub(crate) struct FieldCounter {
    fields: u64,
    /// Whether the current field has a byte.
    in_field: bool,
    is_complete: bool,
}

impl FieldCounter {
    /// Counts the keys in the start of a line.
    pub fn count_after_columns(&mut self, line: &[u8]) {
        match memchr::memchr_iter(b'\t', line).nth(6).map(|end| &line[end + 1..]) {
            Some(info) if info == b"." || info.starts_with(b".\t") => self.is_complete = true,
            Some(info) => self.push(info),
            // The line is cut before INFO.
            None => self.is_complete = true,
        }
    }

    /// Counts the keys in the next piece of the line.
    pub fn push(&mut self, mut text: &[u8]) {
        while let Some(end) = memchr::memchr3(b';', b'\t', b'\n', text) {
            self.fields += u64::from(self.in_field || end > 0);
            self.in_field = false;
            if text[end] != b';' {
                self.is_complete = true;
                return;
            }
            text = &text[end + 1..];
        }
        self.in_field |= !text.is_empty();
    }

    /// Whether the end of INFO is reached.
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The number of keys so far.
    pub fn fields(&self) -> u64 {
        self.fields + u64::from(self.in_field)
    }
}

/// The finite numbers of a list: `0.1,0.02`, `0.1&0.2`, and the `A:0.1` of old VEP versions.
pub(crate) fn numbers(value: &[u8]) -> impl Iterator<Item = f32> {
    value.split(|b| matches!(b, b',' | b'&')).filter_map(|item| {
        let number = item.rsplit(|b| *b == b':').next()?;
        std::str::from_utf8(number).ok()?.parse::<f32>().ok().filter(|f| f.is_finite())
    })
}

/// QUAL as a number; `None` if it is missing.
pub(crate) fn quality(text: &[u8]) -> Option<f32> {
    let number = std::str::from_utf8(text).ok()?.parse::<f32>().ok()?;
    (!number.is_nan()).then_some(number)
}

/// Whether an identifier is from dbSNP.
pub(crate) fn is_rs_number(id: &[u8]) -> bool {
    id.strip_prefix(b"rs").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_counted_in_pieces_of_any_size() {
        let line = b"1\t5\t.\tA\tG\t.\t.\tDB;AF=0.1,x;;END=7\tGT\t0/1;2";
        for piece in 1..20 {
            let mut counter = FieldCounter::default();
            let start = 20;
            counter.count_after_columns(&line[..start]);
            line[start..].chunks(piece).for_each(|text| {
                if !counter.is_complete() {
                    counter.push(text);
                }
            });
            assert_eq!(counter.fields(), 3);
        }
        let mut none = FieldCounter::default();
        none.count_after_columns(b"1\t5\t.\tA\tG\t.\t.\t.\tGT");
        assert_eq!((none.fields(), none.is_complete()), (0, true));
    }

    #[test]
    fn info_is_split_into_fields() {
        let all: Vec<_> = fields(b"DB;AF=0.1,x;;END=7").collect();
        assert_eq!(all, [(&b"DB"[..], None), (b"AF", Some(&b"0.1,x"[..])), (b"END", Some(b"7"))]);
        assert_eq!(fields(b".").count(), 0);
        assert_eq!(numbers(b"0.1,.,A:2e-3&nan").collect::<Vec<_>>(), [0.1, 2e-3]);
        assert!(is_rs_number(b"rs12") && !is_rs_number(b"rs") && !is_rs_number(b"RS12"));
    }
}
