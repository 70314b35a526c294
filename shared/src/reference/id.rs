//! Identifiers of references: `homo_sapiens/GRCh38/ensembl-115`.

use crate::assembly::Assembly;
use crate::text_serde::serialize_as_text;
use std::fmt;
use std::str::FromStr;

/// The maximum length of an identifier, in characters.
pub const MAX_ID_CHARS: usize = 160;

/// What private references have instead of a species. No reference of a catalog has it.
pub const PRIVATE_SPECIES: &str = "private";

/// The identifier of a reference: species, assembly and gene set, such as
/// `homo_sapiens/GRCh38/ensembl-115`.
///
/// The species has lower-case letters, digits and `_`; the other parts may also have upper-case letters,
/// `.` and `-`. Every part begins with a letter or digit, so that an identifier is safe in paths and
/// object keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReferenceId(String);

/// Why a text is not the identifier of a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a reference id; expected species/assembly/gene-set, such as \
     homo_sapiens/GRCh38/ensembl-115"
)]
pub struct InvalidReferenceId(String);

impl ReferenceId {
    /// The species, such as `homo_sapiens`.
    pub fn species(&self) -> &str {
        self.part(0)
    }

    /// The assembly, such as `GRCh38`.
    pub fn assembly(&self) -> &str {
        self.part(1)
    }

    /// The gene set with its release, such as `ensembl-115`.
    pub fn gene_set(&self) -> &str {
        self.part(2)
    }

    /// The whole identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the reference is one of its user's own ([`crate::private_reference`]).
    pub fn is_private(&self) -> bool {
        self.species() == PRIVATE_SPECIES
    }

    /// Whether the reference is of an assembly. A known one may be named in several ways: `hg38` and
    /// `GRCh38.p14` stand for `GRCh38`.
    pub fn is_of_assembly(&self, name: &str) -> bool {
        Assembly::is_same(self.assembly(), name)
    }

    fn part(&self, index: usize) -> &str {
        self.0.split('/').nth(index).unwrap_or_default()
    }
}

impl FromStr for ReferenceId {
    type Err = InvalidReferenceId;

    fn from_str(text: &str) -> Result<Self, InvalidReferenceId> {
        let mut parts = text.split('/');
        let is_valid = text.len() <= MAX_ID_CHARS
            && parts.next().is_some_and(is_species)
            && parts.next().is_some_and(is_id_part)
            && parts.next().is_some_and(is_id_part)
            && parts.next().is_none();
        if is_valid {
            return Ok(Self(text.to_owned()));
        }
        // An error does not repeat a text of any length.
        Err(InvalidReferenceId(text.chars().take(MAX_ID_CHARS).collect()))
    }
}

fn is_species(part: &str) -> bool {
    is_id_part(part)
        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a text can be the assembly or the gene set of an identifier, regardless of its length.
pub fn is_id_part(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphanumeric())
        && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

serialize_as_text!(ReferenceId);

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_species_assembly_and_gene_set() {
        let id: ReferenceId = "homo_sapiens/T2T-CHM13v2.0/refseq-GCF_009914755.1".parse().unwrap();
        assert_eq!(id.species(), "homo_sapiens");
        assert_eq!(id.assembly(), "T2T-CHM13v2.0");
        assert_eq!(id.gene_set(), "refseq-GCF_009914755.1");
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<ReferenceId>(&json).unwrap(), id);
    }

    #[test]
    fn a_known_assembly_may_be_named_in_several_ways() {
        let is_of = |assembly: &str, name: &str| {
            format!("homo_sapiens/{assembly}/x")
                .parse::<ReferenceId>()
                .unwrap()
                .is_of_assembly(name)
        };
        assert!(is_of("GRCh38", "GRCh38") && is_of("GRCh38.p14", "grch38"));
        assert!(is_of("hg38", "GRCh38.p13") && is_of("T2T-CHM13v2.0", "T2T-CHM13"));
        assert!(!is_of("GRCh38", "GRCh37") && !is_of("GRCm38", "GRCh38"));
        assert!(
            is_of("R64-1-1", "r64-1-1") && !is_of("R64-1-1", "R6") && !is_of("R64-1-1", "hg38")
        );
    }

    #[test]
    fn what_is_no_id_or_not_safe_in_a_path_is_rejected() {
        let long = format!("a/{}/b", "x".repeat(MAX_ID_CHARS));
        for text in [
            "",
            "homo_sapiens",
            "homo_sapiens/GRCh38",
            "homo_sapiens/GRCh38/",
            "Homo_sapiens/GRCh38/ensembl-115",
            "homo_sapiens/GRCh38/ensembl/115",
            "../GRCh38/ensembl-115",
            "homo_sapiens/../ensembl-115",
            "homo_sapiens/GRCh38/.hidden",
            "homo_sapiens/GRCh38/a b",
            "homo_sapiens/GRCh38/a\u{e9}",
            "homo_sapiens/GRCh38/a\n",
            &long,
        ] {
            assert!(text.parse::<ReferenceId>().is_err(), "{text:?}");
            assert!(serde_json::from_value::<ReferenceId>(text.into()).is_err(), "{text:?}");
        }
    }
}
