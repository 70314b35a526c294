//! The supported time zones: those of the compiled-in tz database, so that all processes support
//! the same ones, independent of the machine.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The maximum length of a name in bytes. The longest name of the database has 32.
const MAX_NAME: usize = 64;

/// The time zone of a name, ignoring case. `None` if the name is unknown, and for `Etc/Unknown`,
/// which systems report if their time zone is not set.
pub(crate) fn time_zone(name: &str) -> Option<TimeZone> {
    if name.len() > MAX_NAME {
        return None;
    }
    DATABASE.get(name).ok().filter(|zone| zone.iana_name().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_browsers_report_are_known_including_old_ones() {
        let old = ["Asia/Calcutta", "Asia/Katmandu", "Europe/Kiev", "US/Central"];
        for name in ["America/Chicago", "Europe/Kyiv", "UTC", "Etc/GMT+3"].into_iter().chain(old) {
            assert_eq!(time_zone(name).unwrap().iana_name(), Some(name));
        }
        assert_eq!(time_zone("europe/berlin").unwrap().iana_name(), Some("Europe/Berlin"));
    }

    #[test]
    fn other_texts_are_not_time_zones() {
        let long = "x".repeat(MAX_NAME + 1);
        for name in ["", "Mars/Olympus", "Etc/Unknown", "+02:00", "CST6CDT,M3", "../etc", &long] {
            assert_eq!(time_zone(name), None, "{name}");
        }
    }
}
