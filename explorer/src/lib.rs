//! The index behind the results explorer.
//!
//! [`index::build`] reads an annotated VCF file once and writes a columnar index beside it: blocks
//! of records, each column compressed for itself, with what a block holds at most ("zone maps") in
//! the footer. [`Explorer`] answers filters, orders, counts and pages from the index, and rows and
//! exports from the result, through [`source::Source`]: ranges of an S3 object or of a local file.
//! Only the columns and blocks that a question needs are read, and what is kept of them is bounded.

mod annotation;
#[cfg(feature = "bench")]
pub mod bench;
mod cache;
mod error;
mod explorer;
mod export;
mod facts;
mod format;
pub mod index;
mod info;
mod query;
mod rows;
pub mod source;
#[cfg(feature = "bench")]
pub mod synthetic;

pub use cache::Cache;
pub use error::Error;
pub use explorer::Explorer;
