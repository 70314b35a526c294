//! Formats values for people.

use gas_shared::byte_size::{Rounding, format_bytes, format_limit};
use gas_shared::cost::MicroUsd;
use gas_shared::job::Progress;
use jiff::Timestamp;

/// A size in bytes, in decimal units as file managers show it.
pub fn bytes(count: u64) -> String {
    format_bytes(count, Rounding::Up)
}

/// A limit of the sizes of files.
pub fn limit(bytes: u64) -> String {
    format_limit(bytes)
}

/// A size that may not be known yet, for which a dash is shown.
pub fn maybe_bytes(count: Option<u64>) -> String {
    count.map_or_else(|| "–".to_owned(), bytes)
}

/// An amount of money: cents from a dollar on, and otherwise three digits that are not zero.
pub fn dollars(amount: MicroUsd) -> String {
    let micros = amount.0;
    let decimals = match micros {
        1_000_000.. | 0 => 2,
        100_000.. => 3,
        10_000.. => 4,
        1_000.. => 5,
        _ => 6,
    };
    let unit = 10_u64.pow(6 - decimals);
    let rounded = micros.saturating_add(unit / 2) / unit;
    let one = 10_u64.pow(decimals);
    let decimals = decimals as usize;
    format!("${}.{:0decimals$}", count(rounded / one), rounded % one)
}

/// A whole number with separated thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(|group| String::from_utf8_lossy(group)).collect();
    groups.join(",")
}

/// The duration between two points in time, in its two largest units.
pub fn duration(from: Timestamp, to: Timestamp) -> String {
    duration_of(to.duration_since(from).as_secs())
}

/// A duration in seconds, in its two largest units.
pub fn duration_of(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) => "under 1 s".to_owned(),
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// How long ago a point in time was.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    match seconds {
        ..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..2_592_000 => format!("{} days ago", seconds / 86_400),
        // For longer ago, the date is more informative.
        _ => at.to_string().chars().take(10).collect(),
    }
}

/// An estimated waiting time in seconds.
pub fn about(seconds: u32) -> String {
    match seconds {
        ..45 => "under a minute".to_owned(),
        45..5400 => format!("about {} min", (seconds + 30) / 60),
        _ => format!("about {} h", (seconds + 1800) / 3600),
    }
}

/// An ordinal number: 1st, 22nd, 113th.
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// A count with its noun. The plural is formed with an s.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// A number of seconds in words, in the largest unit that divides it evenly.
pub fn span(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let fits = |(size, _): &(i64, &str)| seconds >= *size && seconds % size == 0;
    let (size, unit) = UNITS.into_iter().find(fits).unwrap_or((1, "second"));
    match seconds / size {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    }
}

/// The remaining time in seconds as a clock, or in days if it is long.
pub fn countdown(seconds: i64) -> String {
    match seconds {
        ..3600 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// The progress of a run.
pub fn progress(progress: &Progress) -> String {
    let percent = progress.permille / 10;
    match progress.records {
        0 => format!("{}, {percent} %", progress.step),
        records => format!("{}, {percent} %, {} variants", progress.step, count(records)),
    }
}

/// A time in UTC to the second, as the server renders it. Browsers then show local time.
pub fn utc(time: Timestamp) -> String {
    // Not with a format pattern, whose formatter would enlarge the WASM module.
    format!("{time:.0}").replace('T', " ").replace('Z', " UTC")
}

/// The first `chars` characters of a text, and `…` if there are more.
pub fn shortened(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_amounts_have_more_decimals() {
        for (micros, text) in [
            (0, "$0.00"),
            (1_234_567_890, "$1,234.57"),
            (999_999, "$1.000"),
            (178_500, "$0.179"),
            (23_000, "$0.0230"),
            (1_207, "$0.00121"),
            (160, "$0.000160"),
        ] {
            assert_eq!(dollars(MicroUsd(micros)), text);
        }
        assert!(dollars(MicroUsd(u64::MAX)).starts_with("$18,446,744,073,709"));
    }

    #[test]
    fn a_size_that_is_not_known_is_a_dash() {
        assert_eq!(maybe_bytes(Some(2_800_595)), "2.9 MB");
        assert_eq!(maybe_bytes(None), "–");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn durations_have_two_units() {
        let start = Timestamp::from_second(1_790_000_000).unwrap();
        let after = |seconds: i64| {
            duration(start, Timestamp::from_second(1_790_000_000 + seconds).unwrap())
        };
        assert_eq!(after(5), "5 s");
        assert_eq!(after(125), "2 min 5 s");
        assert_eq!(after(7320), "2 h 2 min");
        assert_eq!(after(-3), "under 1 s");
    }

    #[test]
    fn the_time_since_is_shown_in_its_largest_unit() {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let before =
            |seconds: i64| ago(Timestamp::from_second(1_790_000_000 - seconds).unwrap(), now);
        let shown = [-5, 59, 60, 7200, 90_000, 200_000, 40 * 86_400].map(before);
        let expected = [
            "just now",
            "just now",
            "1 min ago",
            "2 h ago",
            "yesterday",
            "2 days ago",
            "2026-08-12",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn estimates_are_rounded() {
        let shown = [4, 45, 115, 5400, 10_000].map(about);
        assert_eq!(
            shown,
            ["under a minute", "about 1 min", "about 2 min", "about 2 h", "about 3 h"]
        );
    }

    #[test]
    fn ordinals_and_plurals_are_in_english() {
        let places = [1, 2, 3, 4, 11, 12, 22, 113, 101].map(ordinal);
        assert_eq!(places, ["1st", "2nd", "3rd", "4th", "11th", "12th", "22nd", "113th", "101st"]);
        assert_eq!(counted(1, "job"), "1 job");
        assert_eq!(counted(1200, "job"), "1,200 jobs");
    }

    #[test]
    fn spans_are_in_words() {
        let spans = [180, 604_800, 90, 1, 86_400, 0].map(span);
        assert_eq!(spans, ["3 minutes", "7 days", "90 seconds", "1 second", "1 day", "0 seconds"]);
    }

    #[test]
    fn the_remaining_time_is_a_clock_or_days() {
        let shown = [0, 9, 180, 3599, 3600, 172_799, 604_800].map(countdown);
        assert_eq!(
            shown,
            ["00:00", "00:09", "03:00", "59:59", "1 h 0 min", "47 h 59 min", "7 days"]
        );
    }

    #[test]
    fn times_are_in_utc() {
        let time = Timestamp::from_second(1_790_000_000).unwrap();
        assert_eq!(utc(time), "2026-09-21 14:13:20 UTC");
        let later = time + jiff::SignedDuration::from_millis(987);
        assert_eq!(utc(later), "2026-09-21 14:13:20 UTC", "whole seconds");
    }

    #[test]
    fn progress_includes_the_number_of_variants_once_there_are_any() {
        let mut now = Progress { step: "annotate".into(), permille: 421, records: 0 };
        assert_eq!(progress(&now), "annotate, 42 %");
        now.records = 1234;
        assert_eq!(progress(&now), "annotate, 42 %, 1,234 variants");
    }

    #[test]
    fn long_texts_are_shortened() {
        assert_eq!(shortened("ACGT", 4), "ACGT");
        assert_eq!(shortened("éèêë", 2), "éè…");
    }
}
