//! Reads arbitrary text as the state of the results explorer in a URL or in a request. What is read
//! must survive a round trip.
#![no_main]

use gas_shared::explorer::url::{read_filter, read_sort, write_filter, write_sort};
use gas_shared::explorer::{Query, Region};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(filter) = read_filter(text) {
        let written = write_filter(&filter);
        assert_eq!(read_filter(&written).unwrap(), filter, "{written}");
    }
    let sort = read_sort(text);
    assert_eq!(read_sort(&write_sort(&sort)), sort);
    let _ = serde_json::from_str::<Query>(text);
    if let Ok(region) = text.parse::<Region>() {
        assert_eq!(region.to_string().parse::<Region>().as_ref(), Ok(&region));
    }
});
