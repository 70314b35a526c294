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
    fn info_is_split_into_fields() {
        let all: Vec<_> = fields(b"DB;AF=0.1,x;;END=7").collect();
        assert_eq!(all, [(&b"DB"[..], None), (b"AF", Some(&b"0.1,x"[..])), (b"END", Some(b"7"))]);
        assert_eq!(fields(b".").count(), 0);
        assert_eq!(numbers(b"0.1,.,A:2e-3&nan").collect::<Vec<_>>(), [0.1, 2e-3]);
        assert!(is_rs_number(b"rs12") && !is_rs_number(b"rs") && !is_rs_number(b"RS12"));
    }
}
