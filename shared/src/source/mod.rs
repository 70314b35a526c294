//! Sources of the catalog: what providers know about alleles, positions, regions and genes, and the columns
//! that a result has of them.

mod choice;
mod column;
mod id;
mod manifest;

pub use choice::{SourceChoice, SourceChoices};
pub use column::{SOURCE_COLUMN_KEY, SOURCE_KEY, SourceColumn, SourceColumnKind, is_column_name};
pub use id::{ANY_ASSEMBLY, InvalidSourceId, MAX_SOURCE_ID_CHARS, SourceId};
pub use manifest::{SOURCE_FILE_NAME, SOURCE_MANIFEST_VERSION, SourceInput, SourceManifest};
