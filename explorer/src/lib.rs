//! The index behind the results explorer.
//!
//! [`index::build`] reads an annotated VCF file once and writes a columnar index: blocks of records
//! with separately compressed columns, and statistics of each block ("zone maps") in the footer.
//! [`Explorer`] answers filters, sort orders, counts and pages with their rows from the index, and details
//! and exports from the result. It reads both through [`source::Source`], by ranges of an S3 object or of a
//! local file. Only the columns and blocks that a query needs are read, and the cache is bounded.
//!
//! The columns of a result are those of its `ColumnSet`: some that every result has, and those that its header declares.

mod annotation;
#[cfg(feature = "bench")]
pub mod bench;
mod bgzf;
mod block_columns;
mod bounded;
mod cache;
mod category;
mod chunk_rows;
mod columns;
mod compare;
mod declared_columns;
mod decoded_chunk;
mod error;
mod explorer;
mod export;
mod format;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod header;
pub mod index;
mod info;
mod limits;
mod overview;
mod query;
mod record_categories;
mod record_features;
mod record_samples;
mod record_texts;
mod rows;
mod selection;
pub mod source;
#[cfg(feature = "bench")]
pub mod synthetic;
mod text;
mod yield_now;

pub use cache::Cache;
pub use compare::{compare, export_differences};
pub use error::Error;
pub use explorer::Explorer;
pub use overview::{Frequencies, GeneCount, Overview, gene_filter};
