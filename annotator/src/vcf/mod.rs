//! Reading the user's file and writing the annotated one.

mod bgzf;
mod header;
mod input;
mod output;

pub(crate) use header::trimmed;
pub use header::{HeaderText, read_header};
pub use input::{Chunk, InputFile, Limits};
pub use output::{OutputFile, PartialFile};
