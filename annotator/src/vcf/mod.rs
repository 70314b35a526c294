//! Reads the input file and writes the annotated file.

mod bcf;
mod bgzf;
mod header;
mod index;
mod input;
mod old_alleles;
mod output;
mod partial_file;
mod sort;

pub(crate) use gas_shared::vcf::trimmed;
pub use header::{HeaderText, read_header};
pub use index::write_index;
pub use input::{AFTER_ANY_LINE, Chunk, FindBoundary, InputFile, LineNumbers};
pub(crate) use old_alleles::rewrite_old_alleles;
pub use output::{OutputFile, OutputForm, Piece, is_gzip_name};
pub use partial_file::PartialFile;
pub(crate) use sort::{SortedFile, sort_file};
