//! Parses the texts of filter fields.

use gas_shared::explorer::Region;

/// Splits a list at commas, semicolons and spaces.
pub fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ';', ' ']).map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Parses regions separated by semicolons, spaces, or commas. Commas within a position are digit
/// separators.
///
/// # Errors
/// What is wrong with the first invalid region.
pub fn regions(text: &str) -> Result<Vec<Region>, String> {
    let parts = text.split([';', ' ']).flat_map(|part| part.split(", "));
    let parts = parts.map(|part| part.trim_matches(',')).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("{error}"))).collect()
}

/// Writes regions as [`regions`] parses them.
pub fn join(regions: &[Region]) -> String {
    let regions: Vec<String> = regions.iter().map(Region::to_string).collect();
    regions.join(", ")
}

/// Parses a number from 0 to `max`; `None` for an empty text.
///
/// # Errors
/// What to enter instead, if the text is not such a number.
pub fn number(text: &str, max: f32) -> Result<Option<f32>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // In "1,000" the comma is a digit separator, in "0,5" a decimal separator.
    let plain = if is_grouped(text) { text.replace(',', "") } else { text.replace(',', ".") };
    match plain.parse::<f32>() {
        Ok(number) if (0.0..=max).contains(&number) => Ok(Some(number)),
        _ if max < f32::MAX => Err(format!("enter a number from 0 to {max}")),
        _ => Err("enter a number of 0 or more".to_owned()),
    }
}

/// Whether commas are digit separators: each is followed by three digits, and the number does not
/// start with 0.
fn is_grouped(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    matches!(first.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.len() < 3)
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// Writes a number as [`number`] parses it.
pub fn number_text(number: Option<f32>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_parse_as_users_write_them() {
        assert_eq!(words(" BRCA1, TP53;ABC  "), ["BRCA1", "TP53", "ABC"]);
        let read = regions("chr1:1,000-2,000, 2; X:5 7,").unwrap();
        assert_eq!(join(&read), "chr1:1000-2000, 2, X:5-5, 7");
        assert_eq!(regions(&join(&read)).unwrap(), read);
        assert!(regions("1:9-5").unwrap_err().contains("ends before"));
    }

    #[test]
    fn numbers_outside_the_bounds_are_rejected() {
        assert_eq!(number("", 1.0), Ok(None));
        for bad in ["2", "-1", "x", "NaN"] {
            assert!(number(bad, 1.0).is_err(), "{bad}");
        }
        assert!(number("inf", f32::MAX).is_err());
    }

    #[test]
    fn commas_separate_digits_or_decimals() {
        let read = |text| number(text, f32::MAX);
        assert_eq!(read(" 0,01 "), Ok(Some(0.01)));
        assert_eq!(read("0,125"), Ok(Some(0.125)));
        assert_eq!(read("1,000"), Ok(Some(1000.0)));
        assert_eq!(read("12,345.5"), Ok(Some(12345.5)));
        assert_eq!(read("1,5"), Ok(Some(1.5)));
        assert!(read("1,00,000").is_err());
    }
}
