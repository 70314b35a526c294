//! The time zones that GAS knows: those of the tz database that is compiled in, so that all
//! processes know the same ones, on machines without that database, too.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Bytes of a name that is looked up at all. The longest one has 32.
const MAX_NAME: usize = 64;

/// The time zone of a name, in whatever case; `None` where there is none, nor for `Etc/Unknown`,
/// which is what a system says that does not know its own.
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
    fn the_names_that_browsers_give_are_known_old_ones_too() {
        let old = ["Asia/Calcutta", "Asia/Katmandu", "Europe/Kiev", "US/Central"];
        for name in ["America/Chicago", "Europe/Kyiv", "UTC", "Etc/GMT+3"].into_iter().chain(old) {
            assert_eq!(time_zone(name).unwrap().iana_name(), Some(name));
        }
        assert_eq!(time_zone("europe/berlin").unwrap().iana_name(), Some("Europe/Berlin"));
    }

    #[test]
    fn what_names_no_time_zone_is_none() {
        let long = "x".repeat(MAX_NAME + 1);
        for name in ["", "Mars/Olympus", "Etc/Unknown", "+02:00", "CST6CDT,M3", "../etc", &long] {
            assert_eq!(time_zone(name), None, "{name}");
        }
    }
}
