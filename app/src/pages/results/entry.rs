//! What people type into the filters' fields, read.

use gas_shared::explorer::Region;

/// What stands between commas or spaces.
pub fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ';', ' ']).map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Regions, between semicolons, spaces, or commas that stand before no digits of a position.
///
/// # Errors
/// What is wrong with the first that is none.
pub fn regions(text: &str) -> Result<Vec<Region>, String> {
    let parts = text.split([';', ' ']).flat_map(|part| part.split(", "));
    let parts = parts.map(|part| part.trim_matches(',')).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("{error}"))).collect()
}

/// Regions as [`regions`] reads them.
pub fn join(regions: &[Region]) -> String {
    let regions: Vec<String> = regions.iter().map(Region::to_string).collect();
    regions.join(", ")
}

/// A number from 0 to `max`, or nothing.
///
/// # Errors
/// What is needed, where it is none.
pub fn number(text: &str, max: f32) -> Result<Option<f32>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // "1,000" is a thousand and "0,5" a half.
    let plain = if is_grouped(text) { text.replace(',', "") } else { text.replace(',', ".") };
    match plain.parse::<f32>() {
        Ok(number) if (0.0..=max).contains(&number) => Ok(Some(number)),
        Ok(_) if max == 1.0 => Err("a number from 0 to 1 is needed".to_owned()),
        _ => Err("a number from 0 on is needed".to_owned()),
    }
}

/// Whether every comma stands before three digits, and the first behind a digit that is not 0.
fn is_grouped(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    matches!(first.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.len() < 3)
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// A number as [`number`] reads it.
pub fn number_text(number: Option<f32>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_people_write_them() {
        assert_eq!(words(" BRCA1, TP53;ABC  "), ["BRCA1", "TP53", "ABC"]);
        let read = regions("chr1:1,000-2,000, 2; X:5 7,").unwrap();
        assert_eq!(join(&read), "chr1:1000-2000, 2, X:5-5, 7");
        assert_eq!(regions(&join(&read)).unwrap(), read);
        assert!(regions("1:9-5").unwrap_err().contains("ends before"));
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(number("", 1.0), Ok(None));
        for bad in ["2", "-1", "x", "NaN"] {
            assert!(number(bad, 1.0).is_err(), "{bad}");
        }
        assert!(number("inf", f32::MAX).is_err());
    }

    #[test]
    fn commas_group_thousands_or_begin_decimals() {
        let read = |text| number(text, f32::MAX);
        assert_eq!(read(" 0,01 "), Ok(Some(0.01)));
        assert_eq!(read("0,125"), Ok(Some(0.125)));
        assert_eq!(read("1,000"), Ok(Some(1000.0)));
        assert_eq!(read("12,345.5"), Ok(Some(12345.5)));
        assert_eq!(read("1,5"), Ok(Some(1.5)));
        assert!(read("1,00,000").is_err());
    }
}
