//! INFO, cut into fields.

/// INFO keys with the frequency of an allele, the one to show first. `AF` may also be the
/// frequency among the file's own samples; it counts where nothing better is there.
pub(crate) const FREQUENCY_KEYS: [&str; 8] =
    ["gnomADe_AF", "gnomADg_AF", "gnomAD_AF", "AF_gnomad", "1000G_AF", "1KG_AF", "GMAF", "AF"];

/// The fields of INFO as key and value; flags have no value.
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

/// Numbers of a list of frequencies: `0.1,0.02`, `0.1&0.2`, and VEP's old `A:0.1`.
pub(crate) fn frequencies(value: &[u8]) -> impl Iterator<Item = f32> {
    value.split(|b| matches!(b, b',' | b'&')).filter_map(|item| {
        let number = item.rsplit(|b| *b == b':').next()?;
        std::str::from_utf8(number).ok()?.parse::<f32>().ok().filter(|f| f.is_finite())
    })
}

/// QUAL as a number; not a number where it is missing.
pub(crate) fn quality(text: &[u8]) -> f32 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(f32::NAN)
}

/// Whether an identifier is dbSNP's.
pub(crate) fn is_rs_number(id: &[u8]) -> bool {
    id.strip_prefix(b"rs").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_is_cut_into_fields() {
        let all: Vec<_> = fields(b"DB;AF=0.1,x;;END=7").collect();
        assert_eq!(all, [(&b"DB"[..], None), (b"AF", Some(&b"0.1,x"[..])), (b"END", Some(b"7"))]);
        assert_eq!(fields(b".").count(), 0);
        assert_eq!(frequencies(b"0.1,.,A:2e-3&nan").collect::<Vec<_>>(), [0.1, 2e-3]);
        assert!(is_rs_number(b"rs12") && !is_rs_number(b"rs") && !is_rs_number(b"RS12"));
    }
}
