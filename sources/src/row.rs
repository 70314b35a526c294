//! A row of a source: what it is found by, and its values.

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// What the row is found by.
    pub key: Key<'a>,
    /// A value of each column.
    pub values: &'a [Value<'a>],
}

/// What a row is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// An allele. In minimal form, `reference` or `alt` can be empty; an insertion lies before `position`.
    Allele {
        /// The first base of `reference`, from 1.
        position: u32,
        /// The replaced bases, in upper case.
        reference: &'a [u8],
        /// The new bases, in upper case.
        alt: &'a [u8],
    },
    /// A position, from 1.
    Position(u32),
    /// A region, from the first to the last base, from 1.
    Region {
        /// The first base.
        start: u32,
        /// The last base.
        end: u32,
    },
    /// The identifier of a gene.
    Gene(&'a [u8]),
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// There is none.
    Missing,
    /// An integer, a flag (0 or 1), or a decimal number as an integer: 12345 is 1.2345 with 4 decimals.
    Integer(i64),
    /// A text that is not empty.
    Text(&'a [u8]),
}

impl Value<'_> {
    /// The integer, if it is one.
    pub const fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Missing | Self::Text(_) => None,
        }
    }
}
