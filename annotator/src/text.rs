//! Formats numbers and escapes text without allocation.

/// Appends a number in decimal.
#[inline]
pub(crate) fn push_int(out: &mut Vec<u8>, value: i32) {
    let mut digits = [0u8; 11];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends text with the reserved characters of INFO and of annotation formats replaced, as VEP
/// does.
#[inline]
pub(crate) fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    // Nearly all text has none. The loop has no early exit, so that it is vectorized.
    let is_reserved = |b: u8| (b <= b' ') | (b == b';') | (b == b'=') | (b == b',') | (b == b'|');
    if text.iter().fold(false, |found, b| found | is_reserved(*b)) {
        push_replaced(out, text);
    } else {
        out.extend_from_slice(text);
    }
}

#[cold]
fn push_replaced(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            b';' => out.extend_from_slice(b"%3B"),
            b'=' => out.extend_from_slice(b"%3D"),
            b',' => out.push(b'&'),
            b'|' => out.push(b'&'),
            b if b.is_ascii_whitespace() => out.push(b'_'),
            b => out.push(*b),
        }
    }
}

/// Appends an ALT, with reserved characters replaced as [`push_escaped`] does. Bases have none.
#[inline]
pub(crate) fn push_allele(out: &mut Vec<u8>, alt: &[u8]) {
    if alt.iter().all(u8::is_ascii_alphabetic) {
        out.extend_from_slice(alt);
    } else {
        push_escaped(out, alt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_and_reserved_characters_are_escaped() {
        let mut out = Vec::new();
        for n in [0, 7, -12, i32::MAX, i32::MIN] {
            push_int(&mut out, n);
            out.push(b' ');
        }
        assert_eq!(out, b"0 7 -12 2147483647 -2147483648 ");
        out.clear();
        push_escaped(&mut out, b"a=b;c,d e");
        assert_eq!(out, b"a%3Db%3Bc&d_e");
    }
}
