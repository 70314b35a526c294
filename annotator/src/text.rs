//! Formats numbers and escapes text without allocation.

/// Appends a number in decimal.
#[inline]
pub(crate) fn push_int(out: &mut Vec<u8>, value: i32) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Powers of ten up to the largest that is exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The significant digits of [`push_decimal`].
const DIGITS: i32 = 6;

/// Appends a number with six significant digits and without zeros at its end, as `%g` of C does, which bcftools and the
/// providers of frequencies use: `0.25`, `6.84027e-07`. Numbers that are not finite are appended as 0.
pub(crate) fn push_decimal(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    if magnitude == 0.0 || !magnitude.is_finite() {
        out.push(b'0');
        return;
    }
    if value < 0.0 {
        out.push(b'-');
    }
    // The exponent, or one less: that of base two times log10(2), which is 315653 / 2^20.
    let of_two = (magnitude.to_bits() >> 52) as i32 - 1023;
    let mut exponent = (of_two * 315_653) >> 20;
    let power = |n: i32| POWERS.get(n as usize).copied().unwrap_or_else(|| 10f64.powi(n));
    // The number as an integer with the wanted digits.
    let scaled = |exponent: i32| {
        let shift = DIGITS - 1 - exponent;
        rounded(if shift < 0 { magnitude / power(-shift) } else { magnitude * power(shift) })
    };
    let mut digits = scaled(exponent);
    while digits >= 10u64.pow(DIGITS as u32) {
        exponent += 1;
        digits = scaled(exponent);
    }
    // Pairs of digits do not depend on each other.
    let digits = digits as u32;
    let mut text = [0u8; DIGITS as usize];
    for (pair, at) in [(digits / 10_000, 0), (digits / 100 % 100, 2), (digits % 100, 4)] {
        text[at] = b'0' + (pair / 10) as u8;
        text[at + 1] = b'0' + (pair % 10) as u8;
    }
    let used = text.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last + 1);
    if (-4..0).contains(&exponent) {
        // Frequencies of common variants: a copy of fixed length, cut off, needs no call.
        let mut number = *b"0.0000000000";
        let zeros = (-1 - exponent) as usize;
        number[2 + zeros..][..DIGITS as usize].copy_from_slice(&text);
        let end = out.len() + 2 + zeros + used;
        out.extend_from_slice(&number);
        out.truncate(end);
        return;
    }
    let text = &text[..used];
    if !(-4..DIGITS).contains(&exponent) {
        out.push(text[0]);
        if used > 1 {
            out.push(b'.');
            out.extend_from_slice(&text[1..]);
        }
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        if exponent.abs() < 10 {
            out.push(b'0');
        }
        push_int(out, exponent.abs());
    } else {
        let whole = exponent as usize + 1;
        out.extend_from_slice(&text[..whole.min(used)]);
        out.extend(std::iter::repeat_n(b'0', whole.saturating_sub(used)));
        if used > whole {
            out.push(b'.');
            out.extend_from_slice(&text[whole..]);
        }
    }
}

/// A number that is not negative as the nearest integer, the even one if it is between two. Numbers beyond 2^51 are larger
/// than all integers of interest here.
#[inline]
fn rounded(value: f64) -> u64 {
    // From here on, adjacent numbers differ by 1, so that the sum is rounded. Programs for any x86-64 have no instruction
    // that rounds.
    const INTEGERS: f64 = (1u64 << 52) as f64;
    if value < INTEGERS / 2.0 {
        (value + INTEGERS).to_bits() - INTEGERS.to_bits()
    } else {
        u64::MAX
    }
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
            b if *b <= b' ' => out.push(b'_'),
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
    use proptest::prelude::*;

    fn decimal(value: f64) -> String {
        let mut out = Vec::new();
        push_decimal(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimal_numbers_are_written_as_c_does() {
        for (value, expected) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (1.0, "1"),
            (0.5 / 3.0, "0.166667"),
            (1.0 / 1_461_894.0, "6.84044e-07"),
            (0.0001, "0.0001"),
            (0.000_099_999_99, "0.0001"),
            (0.000_01, "1e-05"),
            (0.999_999_9, "1"),
            (999_999.6, "1e+06"),
            (123_456.0, "123456"),
            (1200.0, "1200"),
            (-0.5, "-0.5"),
            (1e-12, "1e-12"),
            (2.5e30, "2.5e+30"),
        ] {
            assert_eq!(decimal(value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_rounded_to_even(quarters in 0u64..100_000_000, exact in 0.0..1e12f64) {
            for value in [quarters as f64 / 4.0, exact] {
                prop_assert_eq!(rounded(value), value.round_ties_even() as u64);
            }
        }

        #[test]
        fn decimal_numbers_have_six_digits(count in 0u32..2_000_000, total in 1u32..2_000_000) {
            let value = f64::from(count) / f64::from(total);
            let read: f64 = decimal(value).parse().unwrap();
            prop_assert!((read - value).abs() <= value * 5.000_001e-6);
        }
    }

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
