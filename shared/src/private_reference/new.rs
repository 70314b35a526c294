//! What a user says about a new private reference.

use super::SourceRole;
use crate::plan::S3_MAX_POST_BYTES;
use crate::reference::{PRIVATE_SPECIES, ReferenceId, is_id_part};
use serde::{Deserialize, Serialize};

/// The longest name of a file, in characters.
const MAX_FILE_NAME_CHARS: usize = 255;

/// The longest name of a reference or an assembly, in characters.
const MAX_NAME_CHARS: usize = 64;

/// A new private reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPrivateReference {
    /// The name: letters, digits, `.`, `_` and `-`. It is a part of the id.
    #[cfg_attr(feature = "openapi", schema(example = "my-genes-2"))]
    pub name: String,
    /// The assembly, such as `GRCh38`, in the same characters.
    #[cfg_attr(feature = "openapi", schema(example = "GRCh38"))]
    pub assembly: String,
    /// Sequences in FASTA, plain, gzip or bgzip.
    pub fasta: NewSource,
    /// Gene models in GFF3 or GTF, plain, gzip or bgzip.
    pub gene_models: NewSource,
}

/// A file that will be uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSource {
    /// The file's name.
    #[cfg_attr(feature = "openapi", schema(example = "genome.fa.gz"))]
    pub file_name: String,
    /// The file's size in bytes.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, example = 1_048_576))]
    pub size_bytes: u64,
}

/// Why a description is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrivateReference {
    /// Name or assembly have other characters than an id.
    #[error(
        "the {what} {text:?} cannot be used; it begins with a letter or digit, has up to \
         {MAX_NAME_CHARS} letters, digits, '.', '_' and '-', and no spaces"
    )]
    Name {
        /// `name` or `assembly`.
        what: &'static str,
        /// The beginning of the text.
        text: String,
    },
    /// A file has no usable name.
    #[error("the name of the {0} is not valid; rename it")]
    FileName(SourceRole),
    /// A file is empty.
    #[error("the {0} is empty; choose another one")]
    Empty(SourceRole),
    /// A file is too large.
    #[error("the {role} has {size} bytes; at most {limit} are possible, so compress it with bgzip")]
    TooLarge {
        /// The file.
        role: SourceRole,
        /// Its size in bytes.
        size: u64,
        /// The largest size in bytes.
        limit: u64,
    },
}

impl NewPrivateReference {
    /// The files with their roles.
    pub fn sources(&self) -> [(SourceRole, &NewSource); 2] {
        [(SourceRole::Fasta, &self.fasta), (SourceRole::GeneModels, &self.gene_models)]
    }

    /// The bytes of both files.
    pub fn bytes(&self) -> u64 {
        self.fasta.size_bytes.saturating_add(self.gene_models.size_bytes)
    }

    /// Checks the description, and returns the id of the reference.
    ///
    /// # Errors
    /// [`InvalidPrivateReference`].
    pub fn check(&self) -> Result<ReferenceId, InvalidPrivateReference> {
        let part = |what, text: &str| {
            if text.len() <= MAX_NAME_CHARS && is_id_part(text) {
                return Ok(());
            }
            // An error does not repeat a text of any length.
            let text = text.chars().take(MAX_NAME_CHARS).collect();
            Err(InvalidPrivateReference::Name { what, text })
        };
        part("name", &self.name)?;
        part("assembly", &self.assembly)?;
        for (role, source) in self.sources() {
            source.check(role)?;
        }
        let Self { assembly, name, .. } = self;
        format!("{PRIVATE_SPECIES}/{assembly}/{name}")
            .parse()
            .map_err(|_| InvalidPrivateReference::Name { what: "name", text: name.clone() })
    }
}

impl NewSource {
    fn check(&self, role: SourceRole) -> Result<(), InvalidPrivateReference> {
        let name = &self.file_name;
        let is_named = !name.is_empty()
            && name.chars().count() <= MAX_FILE_NAME_CHARS
            && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
        let size = self.size_bytes;
        if !is_named {
            Err(InvalidPrivateReference::FileName(role))
        } else if size == 0 {
            Err(InvalidPrivateReference::Empty(role))
        } else if size > S3_MAX_POST_BYTES {
            Err(InvalidPrivateReference::TooLarge { role, size, limit: S3_MAX_POST_BYTES })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str, assembly: &str) -> NewPrivateReference {
        let source = |file_name: &str| NewSource { file_name: file_name.to_owned(), size_bytes: 7 };
        NewPrivateReference {
            name: name.to_owned(),
            assembly: assembly.to_owned(),
            fasta: source("genome.fa.gz"),
            gene_models: source("genes.gff3"),
        }
    }

    #[test]
    fn the_id_has_assembly_and_name() {
        let id = new("my-genes_2.1", "GRCh38").check().unwrap();
        assert_eq!(id.as_str(), "private/GRCh38/my-genes_2.1");
        assert!(id.is_private() && id.is_of_assembly("hg38"));
    }

    #[test]
    fn names_that_are_not_safe_in_a_path_are_rejected_with_what_is_allowed() {
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        for name in ["", "a b", "../x", ".hidden", "a/b", "é", &long] {
            for new in [new(name, "GRCh38"), new("a", name)] {
                let error = new.check().unwrap_err();
                assert!(matches!(error, InvalidPrivateReference::Name { .. }), "{name:?}: {error}");
            }
        }
    }

    #[test]
    fn files_that_are_empty_too_large_or_without_a_name_are_rejected() {
        let with = |file_name: &str, size_bytes| {
            let source = NewSource { file_name: file_name.to_owned(), size_bytes };
            NewPrivateReference { gene_models: source, ..new("a", "b") }.check().unwrap_err()
        };
        let role = SourceRole::GeneModels;
        assert_eq!(with("g.gff", 0), InvalidPrivateReference::Empty(role));
        let too_large = with("g.gff", S3_MAX_POST_BYTES + 1);
        assert!(too_large.to_string().contains("file with gene models has 5368709121 bytes"));
        for name in ["", "a/b", "a\nb", &"x".repeat(256)] {
            assert_eq!(with(name, 1), InvalidPrivateReference::FileName(role));
        }
    }
}
