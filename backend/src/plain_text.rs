//! Removes terminal control from text that strangers can write.

use std::iter::Peekable;
use std::str::Chars;

const ESCAPE: char = '\u{1b}';

/// The text without ANSI escape sequences, control characters other than line feed and tab, and
/// characters that reverse the order in which a line is displayed.
///
/// A terminal that shows such a text obeys its sequences: it can be made to hide lines, to show others,
/// or to change its title.
pub fn plain_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            ESCAPE => skip_sequence(&mut rest),
            // The same sequences in their form of one character (ECMA-48, section 5.3).
            '\u{9b}' => skip_parameters(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut rest),
            '\n' | '\t' => plain.push(next),
            // Bidirectional controls (Unicode Standard Annex 9).
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            next if next.is_control() => {}
            next => plain.push(next),
        }
    }
    plain
}

/// Skips the rest of a sequence that begins with ESC.
fn skip_sequence(rest: &mut Peekable<Chars<'_>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            skip_parameters(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(rest),
        // Two characters, or more with intermediate ones, such as ESC ( B.
        Some(' '..='~') => {
            while rest.next_if(|next| matches!(next, ' '..='/')).is_some() {}
            rest.next_if(|next| matches!(next, '0'..='~'));
        }
        _ => {}
    }
}

/// Skips parameters and the final character of a control sequence, within its line.
fn skip_parameters(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|next| matches!(next, ' '..='?')).is_some() {}
    rest.next_if(|next| matches!(next, '@'..='~'));
}

/// Skips a string up to its end (BEL or ST), or up to the end of its line.
fn skip_string(rest: &mut Peekable<Chars<'_>>) {
    while let Some(next) = rest.next_if(|next| *next != '\n') {
        if matches!(next, '\u{7}' | '\u{9c}') {
            return;
        }
        if next == ESCAPE && rest.next_if_eq(&'\\').is_some() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_and_control_characters_are_removed() {
        for (text, expected) in [
            ("plain ASCII, µ and 遺伝子\twith a tab", "plain ASCII, µ and 遺伝子\twith a tab"),
            ("\u{1b}[1;31mred\u{1b}[0m text", "red text"),
            ("a\u{1b}[2Jb\u{1b}[Hc\u{1b}[?25ld", "abcd"),
            ("a\u{1b}]0;title\u{7}b\u{1b}]8;;https://evil.example\u{1b}\\c", "abc"),
            ("a\u{1b}Pq#0\u{1b}\\b\u{1b}(Bc\u{1b}7d\u{1b}cE", "abcdE"),
            ("a\u{9b}31mb\u{9d}0;title\u{9c}c", "abc"),
            ("50 %\r100 %\r\n", "50 %100 %\n"),
            ("a\0b\u{8}c\u{7f}d", "abcd"),
            ("a\u{202e}b\u{2066}c", "abc"),
            ("ends in \u{1b}", "ends in "),
            ("ends in \u{1b}[", "ends in "),
            ("\u{1b}]never ends\nnext line", "\nnext line"),
            ("\u{1b}[31\nnext line", "\nnext line"),
        ] {
            assert_eq!(plain_text(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_printable_text_is_left_and_lines_keep_their_numbers(
            text in "([ -~]|\u{1b}|\u{1b}\\[|\u{1b}\\]|\u{9b}|\u{7}|\n|\r|\0|µ){0,60}",
        ) {
            let plain = plain_text(&text);
            prop_assert!(plain.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
            prop_assert_eq!(plain.matches('\n').count(), text.matches('\n').count());
            prop_assert_eq!(plain_text(&plain), plain);
        }
    }
}
