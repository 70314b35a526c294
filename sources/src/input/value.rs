//! Values of an input as a source has them.

use super::recipe::ColumnInput;
use crate::decimal;
use crate::metadata::ColumnKind;
use crate::row::Value;

impl ColumnInput {
    /// The value that a text stands for.
    ///
    /// # Errors
    /// The reason, with the name of the column.
    #[inline]
    pub(super) fn value<'a>(&self, text: &'a [u8]) -> Result<Value<'a>, String> {
        let text = match &self.attribute {
            Some(name) => attribute(text, name.as_bytes()),
            None => text,
        };
        let text = match (&self.separator, self.part) {
            (Some(separator), Some(part)) => nth_part(text, separator.as_bytes(), part),
            _ => text,
        };
        if matches!(text, b"" | b".")
            || self.missing.iter().any(|missing| missing.as_bytes() == text)
        {
            return Ok(Value::Missing);
        }
        let number = |decimals, what: &str| {
            decimal::parse(text, decimals).map(Value::Integer).ok_or_else(|| self.wrong(text, what))
        };
        match self.column.kind {
            ColumnKind::Integer => {
                let text = match &self.column.prefix {
                    Some(prefix) => text.strip_prefix(prefix.as_bytes()).unwrap_or(text),
                    None => text,
                };
                match std::str::from_utf8(text).ok().and_then(|digits| digits.parse().ok()) {
                    Some(i64::MIN) | None => Err(self.wrong(text, "an integer")),
                    Some(value) => Ok(Value::Integer(value)),
                }
            }
            ColumnKind::Decimal { decimals } => number(decimals, "a number"),
            ColumnKind::Flag => match &text.to_ascii_lowercase()[..] {
                b"1" | b"true" | b"yes" | b"t" | b"y" => Ok(Value::Integer(1)),
                b"0" | b"false" | b"no" | b"f" | b"n" => Ok(Value::Integer(0)),
                _ => Err(self.wrong(text, "yes or no")),
            },
            ColumnKind::Category | ColumnKind::Text => Ok(Value::Text(text)),
        }
    }

    #[cold]
    fn wrong(&self, text: &[u8], expected: &str) -> String {
        let shown = String::from_utf8_lossy(&text[..text.len().min(40)]);
        format!("{}: {shown:?} is not {expected}", self.field)
    }
}

/// The value of an attribute in a text such as `ID=a;biotype=b`.
fn attribute<'a>(text: &'a [u8], name: &[u8]) -> &'a [u8] {
    let mut attributes = text.split(|b| *b == b';');
    let value = attributes
        .find_map(|attribute| attribute.trim_ascii_start().strip_prefix(name)?.strip_prefix(b"="));
    value.unwrap_or_default()
}

/// A part of a text, from 1.
fn nth_part<'a>(text: &'a [u8], separator: &[u8], part: usize) -> &'a [u8] {
    let [separator] = separator else { return text };
    text.split(|b| b == separator).nth(part - 1).unwrap_or_default()
}

/// A value that outlives its line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnedValue {
    Missing,
    Integer(i64),
    Text(Box<[u8]>),
}

impl OwnedValue {
    /// Copies a value.
    pub(super) fn new(value: &Value<'_>) -> Self {
        match value {
            Value::Missing => Self::Missing,
            Value::Integer(value) => Self::Integer(*value),
            Value::Text(text) => Self::Text((*text).into()),
        }
    }

    /// Adds a value of another row with the same key: texts are joined by `&`. Returns false for different numbers.
    pub(super) fn join(&mut self, other: &Value<'_>) -> bool {
        match (&mut *self, other) {
            (_, Value::Missing) => true,
            (Self::Missing, _) => {
                *self = Self::new(other);
                true
            }
            (Self::Integer(value), Value::Integer(other)) => value == other,
            (Self::Text(text), Value::Text(other)) => {
                if !text.split(|b| *b == b'&').any(|part| part == *other) {
                    *text = [&text[..], b"&", other].concat().into();
                }
                true
            }
            (Self::Integer(_), Value::Text(_)) | (Self::Text(_), Value::Integer(_)) => false,
        }
    }

    /// The value.
    pub(super) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Missing => Value::Missing,
            Self::Integer(value) => Value::Integer(*value),
            Self::Text(text) => Value::Text(text),
        }
    }
}
