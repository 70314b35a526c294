//! Filter and order in the page's URL, so that it can be shared and survives a reload.

use crate::error::{ApiError, ErrorCode};
use gas_shared::explorer::{Direction, Filter, Sort, SortKey};

/// A filter as the query has it: its JSON, empty for none.
///
/// The router takes the whole query for percent-encoded and splits it afterwards. In JSON the
/// characters that would be misread are within strings only, where they can be escaped.
pub fn write_filter(filter: &Filter) -> String {
    let json = if filter.is_empty() { None } else { serde_json::to_string(filter).ok() };
    let mut text = String::new();
    for c in json.unwrap_or_default().chars() {
        match c {
            '&' | '%' | '+' | '=' | '#' | '?' => text.push_str(&format!("\\u{:04x}", c as u32)),
            c => text.push(c),
        }
    }
    text
}

/// The filter of a query.
///
/// # Errors
/// Where the text is none.
pub fn read_filter(text: &str) -> Result<Filter, ApiError> {
    if text.is_empty() {
        return Ok(Filter::default());
    }
    serde_json::from_str(text).map_err(|_| {
        ApiError::new(ErrorCode::Invalid, "the filter in the address cannot be read; clear it")
    })
}

const KEYS: [(SortKey, &str); 5] = [
    (SortKey::Position, "position"),
    (SortKey::Quality, "quality"),
    (SortKey::Frequency, "frequency"),
    (SortKey::Gene, "gene"),
    (SortKey::Impact, "impact"),
];

/// An order as the query has it: `frequency`, `-frequency`; empty for the file's.
pub fn write_sort(sort: Sort) -> String {
    if sort == Sort::default() {
        return String::new();
    }
    let name = KEYS.iter().find(|(key, _)| *key == sort.key).map_or("", |(_, name)| *name);
    let sign = if sort.direction == Direction::Descending { "-" } else { "" };
    format!("{sign}{name}")
}

/// The order of a query; the file's where the text is none.
pub fn read_sort(text: &str) -> Sort {
    let (name, direction) = match text.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (text, Direction::Ascending),
    };
    let key = KEYS.iter().find(|(_, known)| *known == name).map(|(key, _)| *key);
    key.map(|key| Sort { key, direction }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Route;
    use gas_shared::explorer::{Impact, Range};

    #[test]
    fn every_filter_survives_the_address() {
        let filter = Filter {
            genes: vec!["A&B=100%25+#?".to_owned(), "é\"\\".to_owned()],
            regions: vec!["chr1:5-9".parse().unwrap()],
            impacts: vec![Impact::High],
            frequency: Some(Range { max: Some(0.01), or_missing: true, ..Range::default() }),
            ..Filter::default()
        };
        let sort = Sort { key: SortKey::Frequency, direction: Direction::Descending };
        let route = Route::Results {
            id: "x".to_owned(),
            filter: write_filter(&filter),
            sort: write_sort(sort),
        };
        let read: Route = route.to_string().parse().unwrap();
        let Route::Results { filter: text, sort: order, .. } = read else { panic!("{read}") };
        assert_eq!(read_filter(&text).unwrap(), filter);
        assert_eq!(read_sort(&order), sort);
    }

    #[test]
    fn no_filter_and_no_order_leave_the_address_short() {
        assert_eq!(write_filter(&Filter::default()), "");
        assert_eq!(write_sort(Sort::default()), "");
        assert_eq!(read_sort("nonsense"), Sort::default());
        assert_eq!(read_filter("nonsense").unwrap_err().code, ErrorCode::Invalid);
        for (key, _) in KEYS {
            let sort = Sort { key, direction: Direction::Descending };
            assert_eq!(read_sort(&write_sort(sort)), sort);
        }
    }
}
