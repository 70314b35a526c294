//! Columns of sources, and the header line of a result that declares each.

use crate::vcf::Definition;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use strum::{Display, EnumString};

/// The key of the header lines of a result that declare the columns of sources:
/// `##GAS_SOURCE_COLUMN=<ID=gnomADe_AF,Source="gnomADe 4.1",Type=Float,Description="…">`.
pub const SOURCE_COLUMN_KEY: &str = "GAS_SOURCE_COLUMN";

/// The key of the header lines of a result that describe its sources: `##GAS_SOURCE=<ID=…,Name="…",License="…",SHA256="…">`.
pub const SOURCE_KEY: &str = "GAS_SOURCE";

/// A column that a source brings: a field of the annotation, and of the results explorer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceColumn {
    /// The name of the annotation field, such as `gnomADe_AF`; see [`is_column_name`].
    pub name: String,
    /// Name and version of the source, such as `gnomADe 4.1`.
    pub source: String,
    /// The type of its values.
    pub kind: SourceColumnKind,
    /// What it means.
    pub description: String,
}

/// The type of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Display, EnumString)]
pub enum SourceColumnKind {
    /// Integers.
    Integer,
    /// Decimal numbers.
    Float,
    /// Texts of which many are equal.
    Category,
    /// Texts of which few are equal.
    Text,
    /// Whether something is so: 1 or 0.
    Flag,
}

/// Whether a text can name a column: a letter or `_`, followed by letters, digits, `_`, `.`, `+` or `-`. Such names need no
/// quotation marks in a header, and no escapes in INFO.
pub fn is_column_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'+' | b'-'))
}

impl SourceColumn {
    /// The line that declares the column in the header of a result, without a line ending. Control characters become
    /// spaces.
    pub fn header_line(&self) -> String {
        let mut line = format!("##{SOURCE_COLUMN_KEY}=<ID={},Source=", self.name);
        push_quoted(&mut line, &self.source);
        // Writing to a text cannot fail.
        let _ = write!(line, ",Type={},Description=", self.kind);
        push_quoted(&mut line, &self.description);
        line.push('>');
        line
    }

    /// Reads a line of a header; `None` if it declares no column, or not a valid one.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let definition = Definition::parse(line)?;
        if definition.key != SOURCE_COLUMN_KEY.as_bytes() {
            return None;
        }
        let text = |name: &str| std::str::from_utf8(definition.field(name.as_bytes())?).ok();
        let column = Self {
            name: text("ID")?.to_owned(),
            source: unquoted(text("Source")?),
            kind: text("Type")?.parse().ok()?,
            description: unquoted(text("Description").unwrap_or_default()),
        };
        is_column_name(&column.name).then_some(column)
    }
}

/// Adds a text in quotation marks, in which `"` and `\` are escaped (VCF 4.5, section 1.4).
fn push_quoted(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            c if c.is_control() => line.push(' '),
            c => line.push(c),
        }
    }
    line.push('"');
}

/// A text without the escapes of [`push_quoted`].
fn unquoted(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_column_is_declared_in_one_line_of_the_header() {
        let column = SourceColumn {
            name: "gnomADe_AF".to_owned(),
            source: "gnomADe 4.1".to_owned(),
            kind: SourceColumnKind::Float,
            description: "AC / AN, \"exact\"\nand more".to_owned(),
        };
        let line = column.header_line();
        assert_eq!(
            line,
            "##GAS_SOURCE_COLUMN=<ID=gnomADe_AF,Source=\"gnomADe 4.1\",Type=Float,\
             Description=\"AC / AN, \\\"exact\\\" and more\">"
        );
        let read = SourceColumn::parse(line.as_bytes()).unwrap();
        assert_eq!(read.description, "AC / AN, \"exact\" and more");
    }

    #[test]
    fn what_declares_no_column_is_left_out() {
        for line in [
            "##INFO=<ID=A,Source=\"a\",Type=Float,Description=\"\">",
            "##GAS_SOURCE_COLUMN=<ID=A,Source=\"a\",Type=Number,Description=\"\">",
            "##GAS_SOURCE_COLUMN=<ID=A b,Source=\"a\",Type=Float,Description=\"\">",
            "##GAS_SOURCE_COLUMN=<Source=\"a\",Type=Float,Description=\"\">",
            "##GAS_SOURCE_COLUMN=A",
            "",
        ] {
            assert_eq!(SourceColumn::parse(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_header_line_has_all_of_a_column(
            name in "[A-Za-z_][A-Za-z0-9_.+-]{0,20}",
            source in "\\PC{0,20}",
            kind in proptest::sample::select(vec![
                SourceColumnKind::Integer, SourceColumnKind::Float, SourceColumnKind::Category,
                SourceColumnKind::Text, SourceColumnKind::Flag,
            ]),
            description in "[\\PC\"\\\\,=<>]{0,40}",
        ) {
            let column = SourceColumn { name, source, kind, description };
            prop_assert_eq!(SourceColumn::parse(column.header_line().as_bytes()), Some(column));
        }
    }
}
