//! The id that what belongs together has in the logs of all processes, as W3C Trace Context transports it
//! (<https://www.w3.org/TR/trace-context/>).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, num::NonZeroU128};

/// The name of the HTTP header and of the message attribute that have a trace.
pub const TRACEPARENT: &str = "traceparent";

/// The length of `traceparent` in version 00.
const TRACEPARENT_CHARS: usize = 55;

/// The id of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

impl TraceId {
    /// The trace with an id; `None` for zero, which is not valid.
    pub fn new(id: u128) -> Option<Self> {
        NonZeroU128::new(id).map(Self)
    }

    /// The trace of a value of the header `traceparent`; `None` if it is not valid. Versions after 00 may have more
    /// at the end (section 3.2.4).
    pub fn of_traceparent(text: &str) -> Option<Self> {
        let known = text.get(..TRACEPARENT_CHARS)?;
        let rest = &text[TRACEPARENT_CHARS..];
        let mut parts = known.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace = Self::new(hex(parts.next()?, 32)?)?;
        let parent = hex(parts.next()?, 16)?;
        hex(parts.next()?, 2)?;
        let has_end = rest.is_empty() || (version > 0 && rest.starts_with('-'));
        (version != 0xff && parent != 0 && parts.next().is_none() && has_end).then_some(trace)
    }

    /// The value of the header `traceparent` for a request or message of this trace. GAS records no spans of its
    /// own, so the parent is a part of the trace's id.
    pub fn traceparent(self) -> String {
        let parent = (self.0.get() as u64).max(1);
        format!("00-{self}-{parent:016x}-01")
    }
}

/// A number in lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let valid = text.len() == digits && text.bytes().all(is_digit);
    valid.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A text that is no id of a trace.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not 32 lower-case hexadecimal digits, or is zero")]
pub struct InvalidTraceId(String);

impl std::str::FromStr for TraceId {
    type Err = InvalidTraceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex(text, 32).and_then(Self::new).ok_or_else(|| InvalidTraceId(text.to_owned()))
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, section 3.2.
    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_is_read_and_written() {
        let trace = TraceId::of_traceparent(EXAMPLE).unwrap();
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(TraceId::of_traceparent(&trace.traceparent()), Some(trace));
        assert_eq!(serde_json::from_str::<TraceId>(&format!("\"{trace}\"")).unwrap(), trace);
        let high = TraceId::new(1 << 127).unwrap();
        assert_eq!(TraceId::of_traceparent(&high.traceparent()), Some(high));
    }

    #[test]
    fn a_later_version_may_have_more_at_its_end() {
        let later = format!("cc{}-what-the-future-brings", &EXAMPLE[2..]);
        assert!(TraceId::of_traceparent(&later).is_some());
        assert!(TraceId::of_traceparent(&format!("{EXAMPLE}-more")).is_none());
    }

    #[test]
    fn other_texts_are_no_trace() {
        for text in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47361-0f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0é4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceId::of_traceparent(text), None, "{text}");
        }
    }
}
