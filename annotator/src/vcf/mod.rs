//! Reading the user's file and writing the annotated one.

mod bgzf;
mod header;
mod index;
mod input;
mod old_alleles;
mod output;
mod sort;

pub(crate) use header::trimmed;
pub use header::{HeaderText, read_header};
pub use index::write_index;
pub use input::{ANYWHERE, Chunk, Cut, InputFile, Limits};
pub(crate) use old_alleles::rewrite;
pub use output::{OutputFile, PartialFile};
pub(crate) use sort::sort;
