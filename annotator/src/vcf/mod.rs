//! Reads the input file and writes the annotated file.

mod bcf;
mod bgzf;
mod cut_points;
mod header;
mod index;
mod input;
mod old_alleles;
mod output;
mod partial_file;
mod reblock;
mod sort;
mod text_range;

pub(crate) use bgzf::{BlockReader, END_OF_FILE, FileEnd};
pub use cut_points::CUT_INTERVAL;
pub(crate) use gas_shared::vcf::trimmed;
pub(crate) use header::{HeaderProgress, HeaderReader};
pub use header::{HeaderText, read_header};
pub use index::write_index;
pub use input::{AFTER_ANY_LINE, Chunk, FindBoundary, InputFile, LineNumbers};
pub(crate) use input::{InputRange, MAX_CHUNK_BYTES, line_end_from, too_many_records};
pub(crate) use old_alleles::rewrite_old_alleles;
pub use output::{OutputFile, OutputForm, Piece, is_gzip_name};
pub use partial_file::PartialFile;
pub use reblock::reblock;
pub(crate) use sort::{SortedFile, sort_file};
pub use text_range::{TextPosition, TextRange};
