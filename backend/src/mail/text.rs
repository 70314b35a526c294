//! Durations, counts and texts of users, formatted for mails.

use jiff::SignedDuration;

/// Formats a duration in its two largest units, such as `3 minutes` or `1 day and 2 hours`.
pub(super) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let units = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let shown = units[first..].iter().take(2).filter(|(count, _)| *count > 0);
    let words: Vec<String> = shown.map(|(count, unit)| counted(*count, unit)).collect();
    if words.is_empty() { counted(0, "second") } else { words.join(" and ") }
}

/// Formats a count with its unit, such as `2 records`.
pub(super) fn counted(count: i64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// Puts a text from a user or a file on one line: control characters become spaces, so that the
/// text cannot forge parts of a mail or a header.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_their_two_largest_units() {
        let cases = [
            (0, "0 seconds"),
            (1, "1 second"),
            (180, "3 minutes"),
            (90, "1 minute and 30 seconds"),
            (3_601, "1 hour"),
            (604_800, "7 days"),
            (93_600, "1 day and 2 hours"),
            (-5, "0 seconds"),
        ];
        for (seconds, words) in cases {
            assert_eq!(span(SignedDuration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(one_line("line 3:\r\n bad\tPOS\u{7} "), "line 3: bad POS");
    }
}
