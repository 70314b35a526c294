//! The widths of labels, so that none is cut off and no two overlap. Browsers choose the font, so the widths are upper
//! bounds: those of a wide one, DejaVu Sans.

use crate::format;

/// An upper bound of the width of a text with a font size of 12.
pub fn width_of(text: &str) -> f32 {
    text.chars().map(width_of_char).sum()
}

const fn width_of_char(character: char) -> f32 {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' | ' ' | '(' | ')' => 4.9,
        'f' | 'r' | 't' | '-' => 5.0,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 12.0,
        '0'..='9' | 'a'..='z' => 7.8,
        'A'..='Z' => 9.6,
        _ if character.is_ascii() => 10.1,
        _ => 12.0,
    }
}

/// The text, or its beginning and `…` if it is wider than `width`.
pub fn fitted(text: &str, width: f32) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let mut left = width - width_of("…");
    let fits = text.chars().take_while(|character| {
        left -= width_of_char(*character);
        left >= 0.0
    });
    fits.chain(['…']).collect()
}

/// A count for an axis: exact below 100,000, else in thousands or millions, rounded up.
pub fn short_count(count: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = count.div_ceil(unit / 10);
        match tenths % 10 {
            0 => (tenths / 10).to_string(),
            rest => format!("{}.{rest}", tenths / 10),
        }
    };
    match count {
        0..100_000 => format::count(count),
        100_000..1_000_000 => format!("{}k", count.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{}M", tenths(1_000_000)),
        _ => format!("{}G", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_labels_are_cut_to_their_space() {
        assert_eq!(fitted("chr20", 56.0), "chr20");
        let cut = fitted("chrUn_KI270742v1", 56.0);
        assert!(cut.starts_with("chrU") && cut.ends_with('…') && width_of(&cut) <= 56.0, "{cut}");
    }

    #[test]
    fn counts_of_axes_are_short_and_not_too_small() {
        let counts = [0, 99_999, 100_000, 234_001, 1_500_000, 1_500_001, 2_000_000_000];
        let texts = counts.map(short_count);
        assert_eq!(texts, ["0", "99,999", "100k", "235k", "1.5M", "1.6M", "2G"]);
    }
}
