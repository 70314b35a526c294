//! Cleans short texts that users write, such as file names and titles.

/// The characters in Unicode NFC, in which equal texts have equal bytes.
#[cfg(feature = "nfc")]
pub(crate) fn normalized(text: impl Iterator<Item = char>) -> String {
    unicode_normalization::UnicodeNormalization::nfc(text).collect()
}

/// Browsers do not normalize texts: the server does, and its copy is the one that is stored.
#[cfg(not(feature = "nfc"))]
pub(crate) fn normalized(text: impl Iterator<Item = char>) -> String {
    text.collect()
}

/// Whether a character is a control character, or a Unicode mark that reverses or hides text.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A text as one line: without invisible characters, and with one space between words.
pub(crate) fn one_line(raw: &str) -> String {
    let spaced = raw.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let clean = normalized(spaced.filter(|c| !is_invisible(*c)));
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text as lines: without invisible characters except tabs and line feeds, and without space at its ends.
pub(crate) fn lines(raw: &str) -> String {
    let unix = raw.replace("\r\n", "\n").replace('\r', "\n");
    let is_kept = |c: &char| matches!(c, '\n' | '\t') || !is_invisible(*c);
    normalized(unix.chars().filter(is_kept)).trim().to_owned()
}
