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
                let title = String::from_utf8_lossy(title).into_owned();
                let name = title.split_whitespace().next().unwrap_or_default();
                self.begin(name.to_owned(), names_mitochondrion(&title), source)?;
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

    fn begin(
        &mut self,
        name: String,
        mitochondrial: bool,
        source: &SourceFile,
    ) -> Result<(), Error> {
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
        self.contigs.push(Contig { name, offset: self.bases, length: 0, mitochondrial });
        Ok(())
    }
}

/// Whether the title of a sequence says that it is a mitochondrion, as in `NC_005089.1 Mus musculus mitochondrion, complete
/// genome` (NCBI), `organelle: mitochondrion` (ENA) and `mitochondrial DNA, complete genome` (DDBJ). Mitochondrial
/// sequences that were copied into the nucleus are not meant.
fn names_mitochondrion(title: &str) -> bool {
    let title = title.to_ascii_lowercase();
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let is_nuclear = words.iter().any(|word| matches!(*word, "nuclear" | "nucleus" | "numt"));
    let is_genome = |pair: &[&str]| {
        matches!(pair, ["mitochondrial", "dna" | "genome" | "chromosome" | "sequence"])
    };
    !is_nuclear && (words.contains(&"mitochondrion") || words.windows(2).any(is_genome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_sequence_says_whether_it_is_a_mitochondrion() {
        for (title, expected) in [
            ("NC_005089.1 Mus musculus mitochondrion, complete genome", true),
            ("NC_001224.1 Saccharomyces cerevisiae S288c mitochondrion, complete genome", true),
            ("ENA|OX1|OX1.1 Vanessa atalanta genome assembly, organelle: mitochondrion", true),
            ("X1 [organism=Apis mellifera] [location=mitochondrion] [completeness=complete]", true),
            ("AP1.1 Danio rerio mitochondrial DNA, complete genome", true),
            ("MN1.1 Silene noctiflora mitochondrial chromosome 5", true),
            (
                "NC_000067.7 Mus musculus strain C57BL/6J chromosome 1, GRCm39 Primary Assembly",
                false,
            ),
            ("X2 Homo sapiens nuclear copy of mitochondrial DNA", false),
            ("X3 Homo sapiens mitochondrial ribosomal protein L1 gene", false),
            ("MT", false),
        ] {
            assert_eq!(names_mitochondrion(title), expected, "{title}");
        }
    }
}
