//! Filter and sort order in URLs: `?filter={"impacts":["high"]}&sort=-frequency`.
//!
//! The results explorer keeps its state in the address, so that it can be shared and survives a
//! reload. Charts, exports and the genome browser link to it in the same form.

use super::{Direction, Filter, Sort, SortKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;

/// Characters that are escaped in the value of a query parameter: all but the unreserved ones
/// (RFC 3986, section 2.3) and the slash.
const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a text as the value of a query parameter.
pub fn encode_query_value(text: &str) -> String {
    utf8_percent_encode(text, QUERY_VALUE).to_string()
}

/// Writes a filter as JSON without any character that has a meaning in a query; empty for the
/// default filter.
///
/// The router decodes the whole query before it splits it into parameters, so percent-encoding
/// does not protect `&` or `=`. In the JSON of a filter these characters occur only within strings,
/// where they are written as `\u0026`.
pub fn write_filter(filter: &Filter) -> String {
    let json = if filter.is_empty() { None } else { serde_json::to_string(filter).ok() };
    let mut text = String::new();
    for c in json.unwrap_or_default().chars() {
        match c {
            '&' | '%' | '+' | '=' | '#' | '?' => {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text
}

/// Reads a filter that [`write_filter`] wrote; the default filter for an empty text.
///
/// # Errors
/// If the text is not the JSON of a [`Filter`].
pub fn read_filter(text: &str) -> Result<Filter, serde_json::Error> {
    if text.is_empty() { Ok(Filter::default()) } else { serde_json::from_str(text) }
}

/// Writes a sort order: `frequency`, or `-frequency` for descending; empty for the default order.
pub fn write_sort(sort: &Sort) -> String {
    if *sort == Sort::default() {
        return String::new();
    }
    let sign = if sort.direction == Direction::Descending { "-" } else { "" };
    format!("{sign}{}", sort.key.name())
}

/// Reads a sort order that [`write_sort`] wrote; the default order for any other text.
pub fn read_sort(text: &str) -> Sort {
    let (name, direction) = match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    SortKey::by_name(name).map(|key| Sort { key, direction }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explorer::{IMPACT, MIXED_FREQUENCY, QUALITY};

    #[test]
    fn a_written_filter_has_no_character_of_query_syntax_and_reads_back() {
        let filter = Filter {
            genes: vec!["A&B=100%25+#?".to_owned(), "é\"\\".to_owned()],
            regions: vec!["chr1:5-9".parse().unwrap()],
            ..Filter::of_range(&MIXED_FREQUENCY, MIXED_FREQUENCY.filter.range(0.01))
                .with_values(&IMPACT, &["high"])
        };
        let text = write_filter(&filter);
        assert!(!text.contains(['&', '%', '+', '=', '#', '?']), "{text}");
        assert_eq!(read_filter(&text).unwrap(), filter);
        assert!(read_filter("nonsense").is_err());
    }

    #[test]
    fn the_default_filter_and_order_are_written_as_empty_texts() {
        assert_eq!(write_filter(&Filter::default()), "");
        assert_eq!(write_sort(&Sort::default()), "");
        assert_eq!(read_filter("").unwrap(), Filter::default());
        assert_eq!(read_sort("no name"), Sort::default());
        let of_column = SortKey::Column(QUALITY.name.clone());
        for key in [SortKey::Position, SortKey::Gene, SortKey::Impact, of_column] {
            let sort = Sort { key, direction: Direction::Descending };
            assert_eq!(read_sort(&write_sort(&sort)), sort);
        }
        assert_eq!(read_sort(&write_sort(&Sort::POSITION)), Sort::POSITION);
    }

    #[test]
    fn query_values_keep_slashes_and_unreserved_characters() {
        assert_eq!(encode_query_value("/a-b_c.d~e"), "/a-b_c.d~e");
        assert_eq!(encode_query_value("/a?b=c&d=é"), "/a%3Fb%3Dc%26d%3D%C3%A9");
    }
}
