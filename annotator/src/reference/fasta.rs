//! Copies FASTA sequences into one file of upper-case bases.

use super::manifest::Contig;
use crate::Error;
use crate::source_file::SourceFile;
use gas_shared::assembly::canonical_name;
use std::collections::HashMap;
use std::io::Write;

/// The contigs of all files that have been copied.
#[derive(Debug, Default)]
pub(super) struct FastaCopy {
    /// The contigs in file order.
    pub(super) contigs: Vec<Contig>,
    /// The name of each contig and where it is, by the name that stands for all its spellings.
    names: HashMap<Vec<u8>, String>,
    bases: u64,
}

impl FastaCopy {
    /// Appends all sequences of a file to `out`. The file is FASTA, or GFF3 with a `##FASTA` section, as
    /// Prokka writes it.
    ///
    /// # Errors
    /// [`Error`] if the file is not FASTA, has a contig that was copied already (in any spelling), or
    /// cannot be read, or if the copy cannot be written.
    pub(super) fn append(
        &mut self,
        source: &mut SourceFile,
        out: &mut impl Write,
    ) -> Result<(), Error> {
        let before = self.contigs.len();
        let mut upper = Vec::new();
        let mut is_gff = false;
        while let Some(line) = source.next_line()? {
            if self.contigs.len() == before {
                is_gff |= line.starts_with(b"##gff-version");
                if is_gff && !line.starts_with(b">") {
                    continue;
                }
            }
            if let Some(title) = line.strip_prefix(b">") {
                let name = String::from_utf8_lossy(title);
                let name = name.split_whitespace().next().unwrap_or_default().to_owned();
                self.begin(name, source)?;
                continue;
            }
            upper.clear();
            upper.extend(
                line.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_uppercase),
            );
            let is_base = |b: &u8| b.is_ascii_alphabetic() || b.is_ascii_whitespace();
            let other = if upper.iter().all(u8::is_ascii_uppercase) {
                None
            } else {
                line.iter().position(|b| !is_base(b)).map(|at| (at + 1, line[at]))
            };
            if self.contigs.len() == before {
                return Err(source.error("a FASTA file must begin with \">name\""));
            }
            if let Some((column, other)) = other {
                let other = char::from(other);
                return Err(source.error(format!(
                    "{other:?} in column {column} is not a base; is this a FASTA file?"
                )));
            }
            out.write_all(&upper).map_err(Error::Output)?;
            self.bases += upper.len() as u64;
            if let Some(contig) = self.contigs.last_mut() {
                contig.length += upper.len() as u64;
            }
        }
        if self.contigs.len() == before {
            return Err(
                source.error("the file has no sequence; it must be FASTA, or GFF3 with ##FASTA")
            );
        }
        Ok(())
    }

    fn begin(&mut self, name: String, source: &SourceFile) -> Result<(), Error> {
        if name.is_empty() {
            return Err(source.error("the sequence has no name after \">\""));
        }
        let place = format!("{name:?} in line {} of {}", source.line, source.path.display());
        let key = canonical_name(name.as_bytes());
        if let Some(first) = self.names.insert(key, place) {
            return Err(source.error(format!(
                "contig {name:?} is already in the reference, as {first}; remove one of them"
            )));
        }
        self.contigs.push(Contig { name, offset: self.bases, length: 0 });
        Ok(())
    }
}
