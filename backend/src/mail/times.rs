//! Moments as the reader of a mail reads them.

use crate::time_zone::time_zone;
use gas_shared::Account;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The date of a moment.
const DATE: &str = " on %-d %B %Y";

/// How one mail tells moments.
#[derive(Clone, Debug)]
pub(super) struct Times {
    /// The moment of the mail.
    pub(super) now: Timestamp,
    /// The reader's time zone, where it is known.
    zone: Option<TimeZone>,
}

impl Times {
    /// For a mail to a user at a moment.
    pub(super) fn of(account: &Account, now: Timestamp) -> Self {
        Self { now, zone: account.time_zone.as_deref().and_then(time_zone) }
    }

    /// A moment as `14:03 CST`, with its date where that is not the mail's: `00:01 CST on 25
    /// November 2026`. Without a time zone it is `14:03 UTC on 24 November 2026`: readers who are
    /// elsewhere cannot tell which day that is. Seconds are told where they are not zero.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        let Some(zone) = &self.zone else {
            let at = at.to_zoned(TimeZone::UTC);
            return at.strftime(&format!("{}{DATE}", time(&at))).to_string();
        };
        let (at, now) = (at.to_zoned(zone.clone()), self.now.to_zoned(zone.clone()));
        let date = if at.date() == now.date() { "" } else { DATE };
        at.strftime(&format!("{}{date}", time(&at))).to_string()
    }
}

/// The format of a time of day with its time zone.
fn time(at: &Zoned) -> String {
    let time = if at.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    // Zones without a name of their own are abbreviated by their offset, such as `-03`.
    let has_name = !at.strftime("%Z").to_string().starts_with(['+', '-']);
    format!("{time} {}%Z", if has_name { "" } else { "UTC" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::{Plan, UserId};
    use uuid::Uuid;

    fn told(zone: Option<&str>, now: &str, at: &str) -> String {
        let account = Account {
            id: UserId::new(Uuid::from_u128(0xada)),
            name: String::new(),
            email: String::new(),
            institution: String::new(),
            plan: Plan::Free,
            time_zone: zone.map(str::to_owned),
        };
        Times::of(&account, now.parse().unwrap()).moment(at.parse().unwrap())
    }

    #[test]
    fn moments_are_in_the_readers_zone_in_summer_and_in_winter() {
        let chicago = |day: &str, hour: u8| {
            let [now, at] = ["00", "03"].map(|minute| format!("{day}T{hour}:{minute}:00Z"));
            told(Some("America/Chicago"), &now, &at)
        };
        assert_eq!(chicago("2026-07-24", 19), "14:03 CDT");
        assert_eq!(chicago("2026-11-24", 20), "14:03 CST");
        let (now, at) = ("2026-11-24T14:00:00Z", "2026-11-24T14:03:07.9Z");
        assert_eq!(told(Some("Europe/Berlin"), now, at), "15:03:07 CET");
        assert_eq!(told(Some("UTC"), now, at), "14:03:07 UTC");
    }

    #[test]
    fn zones_without_a_name_of_their_own_say_what_their_offset_is_to() {
        let (now, at) = ("2026-11-24T14:00:00Z", "2026-11-24T14:03:00Z");
        assert_eq!(told(Some("America/Sao_Paulo"), now, at), "11:03 UTC-03");
        assert_eq!(told(Some("Asia/Kathmandu"), now, at), "19:48 UTC+0545");
    }

    #[test]
    fn a_moment_of_another_day_has_its_date() {
        let chicago = |now, at| told(Some("America/Chicago"), now, at);
        let next = chicago("2026-11-25T05:58:00Z", "2026-11-25T06:01:00Z");
        assert_eq!(next, "00:01 CST on 25 November 2026", "one day in UTC, two in Chicago");
        let same = chicago("2026-11-24T23:58:00Z", "2026-11-25T00:01:00Z");
        assert_eq!(same, "18:01 CST", "two days in UTC, one in Chicago");
        let year = chicago("2026-11-24T20:00:00Z", "2027-11-24T20:03:00Z");
        assert_eq!(year, "14:03 CST on 24 November 2027");
    }

    #[test]
    fn without_a_zone_that_is_known_moments_are_in_utc_with_their_date() {
        for zone in [None, Some("Mars/Olympus"), Some("Etc/Unknown"), Some("")] {
            let now = "2026-11-24T14:00:00Z";
            let same = told(zone, now, "2026-11-24T14:03:00Z");
            assert_eq!(same, "14:03 UTC on 24 November 2026", "{zone:?}");
            let odd = told(zone, now, "2027-01-02T00:00:07.9Z");
            assert_eq!(odd, "00:00:07 UTC on 2 January 2027", "{zone:?}");
        }
    }
}
