//! The `##` lines of a header: their fields in any order, and the repair of lines that are damaged in
//! ways that htslib and other readers tolerate or drop.

use std::borrow::Cow;

/// A `##key=value` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition<'a> {
    /// The key, such as `INFO`.
    pub key: &'a [u8],
    /// The value: a text, or fields in angle brackets.
    pub value: &'a [u8],
}

impl<'a> Definition<'a> {
    /// Splits a line; `None` without `##` or `=`.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let text = line.strip_prefix(b"##")?;
        let equals = text.iter().position(|b| *b == b'=')?;
        Some(Self { key: &text[..equals], value: &text[equals + 1..] })
    }

    /// Whether the value has fields in angle brackets.
    pub fn is_structured(self) -> bool {
        self.value.starts_with(b"<")
    }

    /// Whether the key is one whose IDs may be defined only once.
    pub fn is_unique(self) -> bool {
        matches!(self.key, b"INFO" | b"FORMAT" | b"FILTER" | b"ALT" | b"contig")
    }

    /// Whether the value has the fields of VCF 4 without angle brackets.
    fn lacks_brackets(self) -> bool {
        self.is_unique() && self.value.starts_with(b"ID=")
    }

    /// The ID, wherever it is among the fields. In the unbracketed form of VCF 3.3,
    /// `AF,1,Float,"…"`, it is the first part.
    pub fn id(self) -> Option<&'a [u8]> {
        if self.is_structured() {
            return self.field(b"ID");
        }
        let comma = self.value.iter().position(|b| *b == b',')?;
        Some(&self.value[..comma])
    }

    /// The value of a field of `<ID=AF,Number=A,Description="a, b">`, without its quotation marks.
    pub fn field(self, name: &[u8]) -> Option<&'a [u8]> {
        let mut rest = self.value.strip_prefix(b"<")?;
        rest = rest.strip_suffix(b">").unwrap_or(rest);
        while !rest.is_empty() {
            let equals = rest.iter().position(|b| *b == b'=')?;
            let (key, value) = (rest[..equals].trim_ascii(), &rest[equals + 1..]);
            let end = Unquoted::new(value).find(|(_, b)| *b == b',').map(|(at, _)| at);
            let field = &value[..end.unwrap_or(value.len())];
            if key == name {
                let bare = field.strip_prefix(b"\"");
                return Some(bare.map_or(field, |bare| bare.strip_suffix(b"\"").unwrap_or(bare)));
            }
            rest = end.map_or(&[], |end| &value[end + 1..]);
        }
        None
    }
}

/// The bytes of a text that are not in quotation marks, with their offsets. A backslash in quotation
/// marks escapes the next byte.
struct Unquoted<'a> {
    text: &'a [u8],
    at: usize,
    quoted: bool,
}

impl<'a> Unquoted<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, quoted: false }
    }
}

impl Iterator for Unquoted<'_> {
    type Item = (usize, u8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (at, byte) = (self.at, *self.text.get(self.at)?);
            self.at += 1;
            match byte {
                b'"' => self.quoted = !self.quoted,
                b'\\' if self.quoted => self.at += 1,
                _ if !self.quoted => return Some((at, byte)),
                _ => {}
            }
        }
    }
}

/// A definition as it should be written, and how it differs from the line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairedLine<'a> {
    /// The text of the line.
    pub text: Cow<'a, [u8]>,
    /// The damage that is repaired; `None` if the line is as in the file.
    pub problem: Option<&'static str>,
}

/// Divides a `##` line into its definitions, of which there are several if a line feed was forgotten.
/// White space at the end and carriage returns are removed, brackets that are open are closed, and
/// those that are missing around `ID=…` are added.
pub fn repair_definitions(line: &[u8]) -> Vec<RepairedLine<'_>> {
    let mut rest = line.trim_ascii_end();
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let (definition, following) = split_definition(rest);
        if definition.contains(&b'\r') {
            repair_without_returns(definition, &mut lines);
        } else {
            lines.push(repair(definition));
        }
        if let Some(last) = lines.last_mut().filter(|_| !following.is_empty()) {
            last.problem = Some("two definitions are in one line");
        }
        rest = following;
    }
    lines
}

/// Appends a definition with carriage returns without them. Its closing bracket may be found only then, and
/// another definition behind it.
fn repair_without_returns(definition: &[u8], lines: &mut Vec<RepairedLine<'_>>) {
    let mut text = definition.to_vec();
    text.retain(|b| *b != b'\r');
    let mut rest = text.trim_ascii_end();
    while !rest.is_empty() {
        let (definition, following) = split_definition(rest);
        let problem = Some("carriage returns within the line are removed");
        let text = repair(definition).text.into_owned().into();
        lines.push(RepairedLine { text, problem });
        rest = following;
    }
}

/// The first definition of a line, and the following ones. Another definition may begin after the
/// closing bracket, even if the opening one is missing, or after a carriage return.
fn split_definition(line: &[u8]) -> (&[u8], &[u8]) {
    let definition = Definition::parse(line);
    let bracket = || Unquoted::new(line).find(|(_, b)| *b == b'>').map(|(at, _)| at + 1);
    let carriage_return = || line.iter().position(|b| *b == b'\r');
    let end = if definition.is_some_and(Definition::is_structured) {
        bracket()
    } else if definition.is_some_and(Definition::lacks_brackets) {
        bracket().into_iter().chain(carriage_return()).min()
    } else {
        carriage_return()
    };
    let (first, rest) = line.split_at(end.unwrap_or(line.len()));
    let following = rest.trim_ascii_start();
    let is_definition = following.starts_with(b"##");
    if is_definition { (first.trim_ascii_end(), following) } else { (line, b"") }
}

fn repair(line: &[u8]) -> RepairedLine<'_> {
    let definition = Definition::parse(line);
    if let Some(definition) = definition.filter(|found| found.lacks_brackets()) {
        let value = definition.value.strip_suffix(b">").unwrap_or(definition.value);
        let text = [b"##", definition.key, b"=<", value, b">"].concat();
        let problem = Some("the definition has no brackets, which are added");
        return RepairedLine { text: text.into(), problem };
    }
    if !definition.is_some_and(Definition::is_structured) || line.ends_with(b">") {
        return RepairedLine { text: line.into(), problem: None };
    }
    let mut bytes = Unquoted::new(line);
    let is_closed = bytes.any(|(_, b)| b == b'>');
    if let Some(last) = line.iter().rposition(|b| *b == b'>').filter(|_| is_closed) {
        let problem = Some("there is text after the closing bracket, which is left out");
        return RepairedLine { text: line[..=last].into(), problem };
    }
    let close: &[u8] = if bytes.quoted { b"\">" } else { b">" };
    let problem = Some("the definition has no closing bracket, which is added");
    RepairedLine { text: [line, close].concat().into(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_any_order_and_not_in_quotation_marks() {
        let line = br#"##INFO=<Description="a, \"ID=x\", b",Number=1, ID=DP,Source="s">"#;
        let definition = Definition::parse(line).unwrap();
        assert_eq!(definition.key, b"INFO");
        assert_eq!(definition.id(), Some(&b"DP"[..]));
        assert_eq!(definition.field(b"Source"), Some(&b"s"[..]));
        assert_eq!(definition.field(b"Type"), None);
        let old = Definition::parse(b"##INFO=AF,1,Float,\"x\"").unwrap();
        assert_eq!(old.id(), Some(&b"AF"[..]));
        assert_eq!(Definition::parse(b"## a comment"), None);
        assert_eq!(Definition::parse(b"##source=x").unwrap().id(), None);
    }

    #[test]
    fn damaged_definitions_are_repaired_and_others_are_unchanged() {
        let repaired = |line: &'static str| {
            let lines = repair_definitions(line.as_bytes());
            let texts = lines.iter().map(|line| String::from_utf8_lossy(&line.text).into_owned());
            (texts.collect::<Vec<_>>(), lines.iter().filter(|line| line.problem.is_some()).count())
        };
        for unchanged in [
            "##INFO=<ID=A,Description=\"5\" deletion\">",
            "##INFO=<ID=A,Description=\"a > b\">",
            "##INFO=<ID=A,Description=\"a \"b>c\" d\">",
            "##INFO=AF,1,Float,\"x\"",
            "##source=a>##b",
            "## no key",
            "##source=ID=A",
        ] {
            assert_eq!(repaired(unchanged), (vec![unchanged.to_owned()], 0));
        }
        for (line, expected) in [
            ("##INFO=<ID=A,Description=\"x\"", &["##INFO=<ID=A,Description=\"x\">"][..]),
            ("##INFO=<ID=A,Description=\"x", &["##INFO=<ID=A,Description=\"x\">"]),
            ("##contig=<ID=20", &["##contig=<ID=20>"]),
            ("##contig=<ID=20>,,,", &["##contig=<ID=20>"]),
            ("##INFO=ID=A,Number=1", &["##INFO=<ID=A,Number=1>"]),
            ("##contig=ID=20>", &["##contig=<ID=20>"]),
            ("##source=a\rb", &["##source=ab"]),
            ("##INFO=\r<ID=A", &["##INFO=<ID=A>"]),
            ("##a\x0c\r\r##b=2", &["##a", "##b=2"]),
            (
                "##ALT=<ID=N,Description=\"x\">##INFO=<ID=R>",
                &["##ALT=<ID=N,Description=\"x\">", "##INFO=<ID=R>"],
            ),
        ] {
            let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
            assert_eq!(repaired(line), (expected, 1), "{line}");
        }
        for (line, expected) in [
            ("##INFO=ID=A\r##y=2", ["##INFO=<ID=A>", "##y=2"]),
            (
                "##x=1\r##INFO=<ID=A,Description=\"a\rb",
                ["##x=1", "##INFO=<ID=A,Description=\"ab\">"],
            ),
            ("##x=\r\r<ID=A>##y=2", ["##x=<ID=A>", "##y=2"]),
            ("##INFO=ID=A>##y=2", ["##INFO=<ID=A>", "##y=2"]),
        ] {
            assert_eq!(repaired(line).0, expected, "{line:?}");
        }
        let two = vec!["##x=1".to_owned(), "##y=2".to_owned()];
        assert_eq!(repaired("##x=1\r##y=2"), (two, 1));
        assert_eq!(repaired("##contig=<ID=20>\t\t"), (vec!["##contig=<ID=20>".to_owned()], 0));
    }
}
