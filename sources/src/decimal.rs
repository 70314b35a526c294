//! Decimal numbers with a fixed number of decimals, as integers.

/// The most decimals, so that numbers below 9.2 billion fit.
pub(crate) const MAX_DECIMALS: u8 = 9;

/// Reads a decimal number, with an exponent or without, as an integer that is larger by `decimals` powers of
/// ten. Further decimals are rounded, halves away from zero. `None` if the text is no such number.
pub(crate) fn parse(text: &[u8], decimals: u8) -> Option<i64> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let exponent_at = text.iter().position(|b| matches!(b, b'e' | b'E'));
    let (text, exponent) = match exponent_at {
        None => (text, 0),
        Some(at) => {
            let digits = std::str::from_utf8(&text[at + 1..]).ok()?;
            (&text[..at], digits.parse::<i32>().ok().filter(|n| n.abs() < 1000)?)
        }
    };
    let (mut number, mut digits, mut shift, mut point) =
        (0i128, 0, exponent + i32::from(decimals), false);
    let mut remainder_digit = None;
    for byte in text {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' => {
                digits += 1;
                // More digits than fit change nothing, but move the point.
                if number < 1 << 100 {
                    number = number * 10 + i128::from(byte - b'0');
                    shift -= i32::from(point);
                } else {
                    shift += i32::from(!point);
                }
            }
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    for _ in 0..shift.unsigned_abs().min(200) {
        if shift > 0 {
            number = number.checked_mul(10)?;
        } else {
            remainder_digit = Some(number % 10);
            number /= 10;
        }
    }
    if remainder_digit >= Some(5) {
        number += 1;
    }
    i64::try_from(if negative { -number } else { number }).ok().filter(|number| *number != i64::MIN)
}

/// Appends a number without zeros at the end of its decimals. Does not allocate.
pub(crate) fn write(out: &mut Vec<u8>, value: i64, decimals: u8) {
    let mut decimals = usize::from(decimals.min(MAX_DECIMALS));
    let mut rest = value.unsigned_abs();
    while decimals > 0 && rest.is_multiple_of(10) {
        rest /= 10;
        decimals -= 1;
    }
    if value < 0 {
        out.push(b'-');
    }
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(rest).as_bytes();
    if decimals == 0 {
        out.extend_from_slice(digits);
    } else if let Some(whole) = digits.len().checked_sub(decimals).filter(|whole| *whole > 0) {
        out.extend_from_slice(&digits[..whole]);
        out.push(b'.');
        out.extend_from_slice(&digits[whole..]);
    } else {
        out.extend_from_slice(&b"0.00000000"[..2 + decimals - digits.len()]);
        out.extend_from_slice(digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_scaled_and_rounded() {
        for (text, decimals, expected) in [
            ("0.2937", 4, Some(2937)),
            ("-1.5", 3, Some(-1500)),
            ("1.25e-3", 5, Some(125)),
            ("6.5661E-06", 9, Some(6566)),
            ("0.00055", 4, Some(6)),
            ("-0.00055", 4, Some(-6)),
            ("12", 0, Some(12)),
            (".5", 1, Some(5)),
            ("5.", 1, Some(50)),
            ("0.00000000000000000000000000000000000000000001", 4, Some(0)),
            ("3e-400", 4, Some(0)),
            ("0.33333333333333333333333333333333333333333333", 3, Some(333)),
            ("1e40", 0, None),
            ("1e4000000000", 0, None),
            ("", 1, None),
            (".", 1, None),
            ("nan", 1, None),
            ("1.2.3", 1, None),
            ("-", 1, None),
        ] {
            assert_eq!(parse(text.as_bytes(), decimals), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_without_zeros_at_their_end() {
        for (value, decimals, expected) in [
            (0, 9, "0"),
            (0, 0, "0"),
            (-100, 0, "-100"),
            (-100, 2, "-1"),
            (120, 2, "1.2"),
            (-5, 9, "-0.000000005"),
            (123_456_789, 9, "0.123456789"),
            (1_234_567_891, 9, "1.234567891"),
            (i64::MIN, 0, "-9223372036854775808"),
        ] {
            let mut text = Vec::new();
            write(&mut text, value, decimals);
            assert_eq!(String::from_utf8_lossy(&text), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in any::<i64>(), decimals in 0u8..=MAX_DECIMALS) {
            prop_assume!(value != i64::MIN);
            let mut text = Vec::new();
            write(&mut text, value, decimals);
            prop_assert_eq!(parse(&text, decimals), Some(value));
        }

        #[test]
        fn any_text_is_read_or_rejected(text in "[-+0-9.eE]{0,60}") {
            let _ = parse(text.as_bytes(), 6);
        }
    }
}
