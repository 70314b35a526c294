//! Compresses a file with BGZF, whose blocks can be read on their own.

use super::bgzf;
use super::input::{AFTER_ANY_LINE, Chunk, InputFile};
use super::partial_file::PartialFile;
use crate::Error;
use gas_shared::vcf::InputLimits;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Compresses the text of a VCF file, plain or of any compression, with BGZF. A BCF file becomes VCF.
///
/// # Errors
/// [`Error`] if a file cannot be read or written. The output is removed.
pub fn reblock(input: &Path, output: &Path, limits: InputLimits) -> Result<(), Error> {
    let mut input = InputFile::open(input, limits)?;
    let partial = PartialFile::new(output);
    let mut out = BufWriter::new(File::create(output).map_err(Error::file(output))?);
    let mut deflate = bgzf::compressor();
    let (mut text, mut packed) = (Vec::new(), Vec::new());
    let mut chunk = Chunk::default();
    loop {
        let more = input.next_chunk(&mut chunk, AFTER_ANY_LINE)?;
        text.extend_from_slice(if more { &chunk.bytes } else { &[] });
        // Only the last block is smaller than the others.
        let rest = if more { text.len() % bgzf::BLOCK_BYTES } else { 0 };
        let whole = text.len() - rest;
        bgzf::compress(&text[..whole], &mut packed, &mut deflate);
        text.drain(..whole);
        out.write_all(&packed).map_err(Error::Output)?;
        packed.clear();
        if !more {
            break;
        }
    }
    out.write_all(&bgzf::END_OF_FILE).and_then(|()| out.flush()).map_err(Error::Output)?;
    partial.keep();
    Ok(())
}
