//! Copies FASTA sequences into one file of upper-case bases.

use super::manifest::Contig;
use crate::Error;
use crate::source_file::SourceFile;
use std::io::Write;

/// Appends all sequences to `out` and returns the contigs. The file is FASTA, or GFF3 with a `##FASTA`
/// section, as Prokka writes it.
///
/// # Errors
/// [`Error`] if the file is not FASTA, or if it cannot be read or the copy cannot be written.
pub fn copy_fasta(source: &mut SourceFile, out: &mut impl Write) -> Result<Vec<Contig>, Error> {
    let mut contigs: Vec<Contig> = Vec::new();
    let mut offset = 0u64;
    let mut upper = Vec::new();
    let mut is_gff = false;
    while let Some(line) = source.next_line()? {
        if contigs.is_empty() {
            is_gff |= line.starts_with(b"##gff-version");
            if is_gff && !line.starts_with(b">") {
                continue;
            }
        }
        if let Some(title) = line.strip_prefix(b">") {
            let name = String::from_utf8_lossy(title);
            let name = name.split_whitespace().next().unwrap_or_default().to_owned();
            contigs.push(Contig { name, offset, length: 0 });
            continue;
        }
        let Some(contig) = contigs.last_mut() else {
            return Err(source.error("a FASTA file must begin with \">name\""));
        };
        upper.clear();
        upper.extend(line.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_uppercase));
        out.write_all(&upper).map_err(Error::Output)?;
        contig.length += upper.len() as u64;
        offset += upper.len() as u64;
    }
    if contigs.is_empty() {
        return Err(source.error("the file has no sequence"));
    }
    Ok(contigs)
}
