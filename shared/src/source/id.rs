//! Identifiers of sources: `clinvar/GRCh38/2026-11`.

use crate::assembly::Assembly;
use crate::text_serde::serialize_as_text;
use std::fmt;
use std::str::FromStr;

/// The maximum length of an identifier, in characters.
pub const MAX_SOURCE_ID_CHARS: usize = 160;

/// The assembly of sources that have no positions, such as tables by gene.
pub const ANY_ASSEMBLY: &str = "any";

/// The identifier of a source: name, assembly and version, such as `clinvar/GRCh38/2026-11`.
///
/// The name has lower-case letters, digits, `_` and `-`; the other parts may also have upper-case letters and
/// `.`. Every part begins with a letter or digit, so that an identifier is safe in paths and object keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(String);

/// Why a text is not the identifier of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a source id; expected name/assembly/version, such as clinvar/GRCh38/2026-11")]
pub struct InvalidSourceId(String);

impl SourceId {
    /// The name, such as `clinvar`.
    pub fn name(&self) -> &str {
        self.part(0)
    }

    /// The assembly, such as `GRCh38`, or [`ANY_ASSEMBLY`].
    pub fn assembly(&self) -> &str {
        self.part(1)
    }

    /// The version, such as `2026-11`.
    pub fn version(&self) -> &str {
        self.part(2)
    }

    /// The whole identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the source can be used with references of an assembly. A known one may be named in several ways:
    /// `hg38` and `GRCh38.p14` stand for `GRCh38`.
    pub fn fits_assembly(&self, name: &str) -> bool {
        self.assembly() == ANY_ASSEMBLY || Assembly::is_same(self.assembly(), name)
    }

    fn part(&self, index: usize) -> &str {
        self.0.split('/').nth(index).unwrap_or_default()
    }
}

impl FromStr for SourceId {
    type Err = InvalidSourceId;

    fn from_str(text: &str) -> Result<Self, InvalidSourceId> {
        let mut parts = text.split('/');
        let is_valid = text.len() <= MAX_SOURCE_ID_CHARS
            && parts.next().is_some_and(|part| is_part(part) && part == part.to_ascii_lowercase())
            && parts.next().is_some_and(is_part)
            && parts.next().is_some_and(is_part)
            && parts.next().is_none();
        if is_valid {
            return Ok(Self(text.to_owned()));
        }
        // An error does not repeat a text of any length.
        Err(InvalidSourceId(text.chars().take(MAX_SOURCE_ID_CHARS).collect()))
    }
}

fn is_part(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphanumeric())
        && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

serialize_as_text!(SourceId);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_name_assembly_and_version() {
        let id: SourceId = "gnomad-exomes/GRCh38/4.1".parse().unwrap();
        assert_eq!((id.name(), id.assembly(), id.version()), ("gnomad-exomes", "GRCh38", "4.1"));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<SourceId>(&json).unwrap(), id);
        for text in
            ["", "a", "a/b", "a/b/c/d", "A/b/c", "a//c", "a/../c", "a/b/.c", "a/b/c d", "a/b/c\n"]
        {
            assert!(text.parse::<SourceId>().is_err(), "{text:?}");
        }
        assert!(format!("a/b/{}", "c".repeat(MAX_SOURCE_ID_CHARS)).parse::<SourceId>().is_err());
    }

    #[test]
    fn a_source_fits_its_assembly_by_any_name_and_a_table_by_gene_fits_all() {
        let fits = |id: &str, name: &str| id.parse::<SourceId>().unwrap().fits_assembly(name);
        assert!(fits("clinvar/GRCh38/1", "hg38") && fits("clinvar/GRCh38/1", "GRCh38.p14"));
        assert!(!fits("clinvar/GRCh38/1", "GRCh37") && !fits("clinvar/GRCh38/1", "unknown"));
        assert!(fits("x/R64-1-1/1", "r64-1-1") && !fits("x/R64-1-1/1", "hg38"));
        assert!(fits("gnomad-constraint/any/4.1", "GRCh37"));
    }
}
