//! Sources: what is known about variants, positions, regions and genes, each in one immutable file.
//!
//! [`SourceBuilder`] writes a file in one pass over sorted rows, [`SourceFile`] maps it into memory, and a
//! [`Cursor`] finds the rows of a variant. Every value is read alone or with those of its row, without decoding the others
//! of its block. `docs/source-format.md` describes the bytes.

mod allele_code;
mod block;
mod builder;
mod canonical;
mod decimal;
mod directory;
mod encoding;
mod error;
mod file;
mod format;
mod input;
mod matching;
mod metadata;
mod row;

pub use builder::{SourceBuilder, SourcePart};
pub use canonical::{AlleleBuffer, Bases, CanonicalAllele};
pub use encoding::Damaged;
pub use error::{BuildError, ReadError, RowError};
pub use file::{Cursor, SourceFile, StoredRow};
pub use input::{
    BuildSummary, ColumnInput, Genome, GenomeContig, InputError, InputFormat, Only, Recipe,
    RecipeError, SourceFields, TableFormat, build_source,
};
pub use matching::{AlleleQuery, Matcher, RecordAllele, transcripts_of, without_version};
pub use metadata::{Column, ColumnKind, Contig, Matching, Quotient, SourceDescription};
pub use row::{Key, Row, Value};
