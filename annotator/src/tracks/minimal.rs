//! Alleles without what they share, so that the same change is found however it is written.

/// Takes off the shared end, then the shared beginning; returns the start moved along.
pub(crate) fn minimal<'a>(
    start: i32,
    reference: &'a [u8],
    alt: &'a [u8],
) -> (i32, &'a [u8], &'a [u8]) {
    let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
    let tail = reference.iter().rev().zip(alt.iter().rev()).take_while(same).count();
    let (reference, alt) = (&reference[..reference.len() - tail], &alt[..alt.len() - tail]);
    let head = reference.iter().zip(alt).take_while(same).count();
    (start + head as i32, &reference[head..], &alt[head..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_change_meet() {
        assert_eq!(minimal(10, b"CAA", b"CA"), (11, &b"A"[..], &b""[..]));
        assert_eq!(minimal(10, b"CA", b"C"), (11, &b"A"[..], &b""[..]));
        assert_eq!(minimal(10, b"ACG", b"ATG"), (11, &b"C"[..], &b"T"[..]));
        assert_eq!(minimal(10, b"A", b"A"), (10, &b""[..], &b""[..]));
    }
}
