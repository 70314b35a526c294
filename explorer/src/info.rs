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
        plain_number(item).or_else(|| {
            let number = item.rsplit(|b| *b == b':').next()?;
            std::str::from_utf8(number).ok()?.parse::<f32>().ok().filter(|f| f.is_finite())
        })
    })
}

/// QUAL as a number; `None` if it is missing.
pub(crate) fn quality(text: &[u8]) -> Option<f32> {
    if let Some(number) = plain_number(text) {
        return Some(number);
    }
    let number = std::str::from_utf8(text).ok()?.parse::<f32>().ok()?;
    (!number.is_nan()).then_some(number)
}

/// The powers of ten that are exact.
const POWERS: [f32; 11] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/// The largest integer up to which all are exact.
const MAX_EXACT: u64 = 1 << f32::MANTISSA_DIGITS;

/// A number of some digits, with a point or without, as nearly all are. Its value is the quotient of two exact numbers, and so
/// rounded once, as the standard library does. `None` for other texts and numbers.
fn plain_number(text: &[u8]) -> Option<f32> {
    if text.len() > POWERS.len() {
        return None;
    }
    let (mut number, mut digits, mut point) = (0u64, 0usize, None);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                number = number * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if point.is_none() => point = Some(digits),
            _ => return None,
        }
    }
    if digits == 0 || number > MAX_EXACT {
        return None;
    }
    let decimals = point.map_or(0, |whole| digits - whole);
    Some(number as f32 / POWERS[decimals])
}

/// Whether a number is written with few digits and none that could be left out. Then its text is the shortest one of its value,
/// since numbers of six digits have different values. `false` says nothing.
pub(crate) fn is_shortest(text: &[u8]) -> bool {
    let (whole, decimals) = match memchr::memchr(b'.', text) {
        Some(point) => (&text[..point], Some(&text[point + 1..])),
        None => (text, None),
    };
    let are_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    (1..=6).contains(&(whole.len() + decimals.map_or(0, <[u8]>::len)))
        && are_digits(whole)
        && (whole == b"0" || whole.first().is_some_and(|first| *first != b'0'))
        && decimals.is_none_or(|text| are_digits(text) && text.last().is_some_and(|n| *n != b'0'))
}

/// Whether an identifier is from dbSNP.
pub(crate) fn is_rs_number(id: &[u8]) -> bool {
    id.strip_prefix(b"rs").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// What the standard library reads.
    fn parsed(text: &[u8]) -> Option<f32> {
        std::str::from_utf8(text).ok()?.parse().ok()
    }

    #[test]
    fn plain_numbers_are_those_of_the_standard_library() {
        for text in
            ["0", "7.", ".5", "0.10", "16777216", "0.00012345", "9999999999", "0.0000000001"]
        {
            let found = plain_number(text.as_bytes());
            assert!(found.is_none_or(|n| Some(n) == parsed(text.as_bytes())), "{text} {found:?}");
        }
        assert_eq!(plain_number(b"0.00012345"), Some(0.000_123_45));
        for text in ["", ".", "1e3", "-1", "+1", "1.2.3", "16777217", "0.123456789", "nan"] {
            assert_eq!(plain_number(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn decimal_numbers_are_read_exactly(text in "[0-9]{0,6}\\.?[0-9]{0,7}") {
            let found = plain_number(text.as_bytes());
            prop_assert!(found.is_none_or(|n| Some(n) == parsed(text.as_bytes())), "{:?}", found);
        }

        #[test]
        fn the_shortest_text_is_the_one_that_is_written(text in "(0|[1-9][0-9]{0,5})(\\.[0-9]{1,6})?") {
            let written = parsed(text.as_bytes()).map(|number| number.to_string());
            prop_assert!(!is_shortest(text.as_bytes()) || written.as_ref() == Some(&text));
        }
    }

    #[test]
    fn short_texts_of_numbers_are_known() {
        for text in ["0", "30", "99.5", "0.25", "123456", "0.00012"] {
            assert!(is_shortest(text.as_bytes()), "{text}");
        }
        for text in ["", ".", "0.0", "007", "5.", ".5", "1.50", "1234567", "-3", "1e5", "1.x"] {
            assert!(!is_shortest(text.as_bytes()), "{text}");
        }
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
