//! Times in mails, in the reader's time zone.

use crate::time_zone::time_zone;
use gas_shared::Account;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The format of a date that follows a time of day.
const DATE: &str = " on %-d %B %Y";

/// Formats the times of one mail.
#[derive(Clone, Debug)]
pub(super) struct TimeFormat {
    /// The time at which the mail is composed.
    pub(super) now: Timestamp,
    /// The reader's time zone, if it is known.
    zone: Option<TimeZone>,
}

impl TimeFormat {
    /// The format for a mail to a user.
    pub(super) fn for_account(account: &Account, now: Timestamp) -> Self {
        Self { now, zone: account.time_zone.as_deref().and_then(time_zone) }
    }

    /// Formats a time as `14:03 CST`, or as `00:01 CST on 25 November 2026` if it is on another day
    /// than the mail. Without a known time zone the format is `14:03 UTC on 24 November 2026`, as
    /// readers elsewhere cannot tell which day that is. Seconds are shown unless they are zero.
    pub(super) fn format(&self, at: Timestamp) -> String {
        let Some(zone) = &self.zone else {
            let at = at.to_zoned(TimeZone::UTC);
            return at.strftime(&format!("{}{DATE}", time_of_day(&at))).to_string();
        };
        let (at, now) = (at.to_zoned(zone.clone()), self.now.to_zoned(zone.clone()));
        let date = if at.date() == now.date() { "" } else { DATE };
        at.strftime(&format!("{}{date}", time_of_day(&at))).to_string()
    }
}

/// The format of a time of day with its time zone.
fn time_of_day(at: &Zoned) -> String {
    let time = if at.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    // The tz database abbreviates zones without a name by their offset, such as `-03`.
    let has_name = !at.strftime("%Z").to_string().starts_with(['+', '-']);
    format!("{time} {}%Z", if has_name { "" } else { "UTC" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::{Plan, UserId};
    use uuid::Uuid;

    fn formatted(zone: Option<&str>, now: &str, at: &str) -> String {
        let account = Account {
            id: UserId::new(Uuid::from_u128(0xada)),
            name: String::new(),
            email: String::new(),
            institution: String::new(),
            plan: Plan::Free,
            time_zone: zone.map(str::to_owned),
        };
        TimeFormat::for_account(&account, now.parse().unwrap()).format(at.parse().unwrap())
    }

    #[test]
    fn times_are_in_the_readers_zone_with_and_without_daylight_saving() {
        let chicago = |day: &str, hour: u8| {
            let [now, at] = ["00", "03"].map(|minute| format!("{day}T{hour}:{minute}:00Z"));
            formatted(Some("America/Chicago"), &now, &at)
        };
        assert_eq!(chicago("2026-07-24", 19), "14:03 CDT");
        assert_eq!(chicago("2026-11-24", 20), "14:03 CST");
        let (now, at) = ("2026-11-24T14:00:00Z", "2026-11-24T14:03:07.9Z");
        assert_eq!(formatted(Some("Europe/Berlin"), now, at), "15:03:07 CET");
        assert_eq!(formatted(Some("UTC"), now, at), "14:03:07 UTC");
    }

    #[test]
    fn zones_without_an_abbreviation_are_shown_as_an_offset_from_utc() {
        let (now, at) = ("2026-11-24T14:00:00Z", "2026-11-24T14:03:00Z");
        assert_eq!(formatted(Some("America/Sao_Paulo"), now, at), "11:03 UTC-03");
        assert_eq!(formatted(Some("Asia/Kathmandu"), now, at), "19:48 UTC+0545");
    }

    #[test]
    fn a_time_on_another_day_is_shown_with_its_date() {
        let chicago = |now, at| formatted(Some("America/Chicago"), now, at);
        let next = chicago("2026-11-25T05:58:00Z", "2026-11-25T06:01:00Z");
        assert_eq!(next, "00:01 CST on 25 November 2026", "one day in UTC, two in Chicago");
        let same = chicago("2026-11-24T23:58:00Z", "2026-11-25T00:01:00Z");
        assert_eq!(same, "18:01 CST", "two days in UTC, one in Chicago");
        let year = chicago("2026-11-24T20:00:00Z", "2027-11-24T20:03:00Z");
        assert_eq!(year, "14:03 CST on 24 November 2027");
    }

    #[test]
    fn without_a_known_zone_times_are_in_utc_with_their_date() {
        for zone in [None, Some("Mars/Olympus"), Some("Etc/Unknown"), Some("")] {
            let now = "2026-11-24T14:00:00Z";
            let same = formatted(zone, now, "2026-11-24T14:03:00Z");
            assert_eq!(same, "14:03 UTC on 24 November 2026", "{zone:?}");
            let odd = formatted(zone, now, "2027-01-02T00:00:07.9Z");
            assert_eq!(odd, "00:00:07 UTC on 2 January 2027", "{zone:?}");
        }
    }
}
