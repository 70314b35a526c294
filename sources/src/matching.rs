//! Finds the rows of a source that are about an allele of a record.

use crate::canonical::{AlleleBuffer, Bases, CanonicalAllele};
use crate::encoding::Damaged;
use crate::file::{Cursor, SourceFile, StoredRow};
use crate::metadata::Matching;
use crate::row::Value;
use std::ops::ControlFlow;

/// An allele as a record has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordAllele<'a> {
    /// POS.
    pub position: u32,
    /// REF.
    pub reference: &'a [u8],
    /// One of ALT.
    pub alt: &'a [u8],
}

/// An allele that is looked up in sources, in the forms that they compare.
#[derive(Clone, Copy, Debug)]
pub struct AlleleQuery<'a> {
    /// As the record has it.
    pub record: RecordAllele<'a>,
    /// Its canonical form; `None` if it has none.
    pub canonical: Option<CanonicalAllele<'a>>,
}

/// Finds rows of one source. Each thread uses its own; alleles in ascending order are found fastest.
#[derive(Clone, Debug)]
pub struct Matcher<'a> {
    cursor: Cursor<'a>,
    matching: Matching,
    buffer: AlleleBuffer,
    upper_case: Vec<u8>,
}

impl<'a> Matcher<'a> {
    /// A matcher of a source.
    pub fn new(file: &'a SourceFile) -> Self {
        Self {
            cursor: file.cursor(),
            matching: file.description().matching,
            buffer: AlleleBuffer::default(),
            upper_case: Vec::new(),
        }
    }

    /// Calls `found` with each row about a sequence allele. Sources with [`Matching::TranscriptAndAllele`] have a row for
    /// each transcript, of which [`StoredRow::is_of_transcript`] selects one; [`Matching::Gene`] has rows
    /// that [`Self::gene`] finds.
    ///
    /// An indel has the positions of its canonical form, so that how it is written does not matter. An insertion
    /// has the two positions beside it, and a region overlaps it if it contains both.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    #[inline]
    pub fn rows(
        &mut self,
        contig: usize,
        bases: &impl Bases,
        record: RecordAllele<'_>,
        mut found: impl FnMut(StoredRow<'_>),
    ) -> Result<(), Damaged> {
        let RecordAllele { position, reference, alt } = record;
        let mut buffer = std::mem::take(&mut self.buffer);
        let canonical = CanonicalAllele::new(bases, position, reference, alt, &mut buffer);
        let result = self.rows_of(contig, &AlleleQuery { record, canonical }, |row| {
            found(row);
            ControlFlow::Continue(())
        });
        self.buffer = buffer;
        result
    }

    /// As [`Self::rows`], for an allele that is looked up in several sources, until `found` breaks off.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    #[inline]
    pub fn rows_of(
        &mut self,
        contig: usize,
        query: &AlleleQuery<'_>,
        mut found: impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Damaged> {
        if self.matching == Matching::Verbatim {
            let RecordAllele { position, reference, alt } = query.record;
            self.upper_case.clear();
            self.upper_case.extend(reference.iter().chain(alt).map(u8::to_ascii_uppercase));
            let (reference, alt) = self.upper_case.split_at(reference.len());
            return each(self.cursor.allele(contig, position, reference, alt)?, found);
        }
        let Some(CanonicalAllele { position, reference, alt }) = query.canonical else {
            return Ok(());
        };
        let is_insertion = reference.is_empty();
        let (first, last) = if is_insertion {
            (position.saturating_sub(1), position)
        } else {
            (position, position.saturating_add(reference.len() as u32 - 1))
        };
        match self.matching {
            Matching::Minimized | Matching::TranscriptAndAllele => {
                each(self.cursor.allele(contig, position, reference, alt)?, found)
            }
            Matching::Position => {
                for position in first..=last {
                    for row in self.cursor.at(contig, position)? {
                        if found(row).is_break() {
                            return Ok(());
                        }
                    }
                }
                Ok(())
            }
            Matching::Overlap if is_insertion => {
                let mut damage = Ok(());
                self.cursor.overlapping(contig, first, last, |row| match row.end() {
                    Ok(end) if row.start() <= first && end >= last => found(row),
                    Ok(_) => ControlFlow::Continue(()),
                    Err(error) => {
                        damage = Err(error);
                        ControlFlow::Break(())
                    }
                })?;
                damage
            }
            Matching::Overlap => self.cursor.overlapping(contig, first, last, found),
            Matching::Verbatim | Matching::Gene => Ok(()),
        }
    }

    /// Calls `found` with each row of a source with [`Matching::Overlap`] whose region has a position from `start` to
    /// `end`, until it breaks off. Other sources say nothing about a region.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    pub fn overlapping(
        &mut self,
        contig: usize,
        (start, end): (u32, u32),
        found: impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Damaged> {
        if self.matching != Matching::Overlap {
            return Ok(());
        }
        self.cursor.overlapping(contig, start, end, found)
    }

    /// The row of a gene, of a source with [`Matching::Gene`].
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    pub fn gene(&mut self, key: &[u8]) -> Result<Option<StoredRow<'_>>, Damaged> {
        if self.matching == Matching::Gene { self.cursor.gene(key) } else { Ok(None) }
    }
}

#[inline]
fn each<'a>(
    rows: impl Iterator<Item = Result<StoredRow<'a>, Damaged>>,
    mut found: impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
) -> Result<(), Damaged> {
    for row in rows {
        if found(row?).is_break() {
            break;
        }
    }
    Ok(())
}

impl StoredRow<'_> {
    /// Whether the row of a source with [`Matching::TranscriptAndAllele`] is about a transcript. Versions are
    /// ignored: `ENST00000379410.8` is `ENST00000379410`.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    pub fn is_of_transcript(&self, transcript: &[u8]) -> Result<bool, Damaged> {
        let Value::Text(stored) = self.value(0)? else { return Ok(false) };
        Ok(without_version(stored) == without_version(transcript))
    }
}

/// An accession of Ensembl, RefSeq, CCDS or UCSC without the version after its last dot. GENCODE adds to the version of a model
/// that is lifted to another assembly (`ENST00000456328.2_1`) or on Y (`.15_PAR_Y`). In other identifiers, such as
/// `AT1G01010.1`, the number is that of the transcript.
pub fn without_version(identifier: &[u8]) -> &[u8] {
    let dot = identifier.iter().rposition(|b| *b == b'.');
    let version = dot.filter(|dot| {
        let (accession, version) = (&identifier[..*dot], &identifier[dot + 1..]);
        let is_ensembl = accession.starts_with(b"ENS");
        (is_ensembl || has_versions(accession)) && is_version(version, is_ensembl)
    });
    &identifier[..version.unwrap_or(identifier.len())]
}

/// Whether an accession is of a database other than Ensembl that has versions: `NM_007294`, `CCDS11453`, `uc002ict`.
fn has_versions(accession: &[u8]) -> bool {
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match accession {
        [b'A'..=b'Z', b'A'..=b'Z', b'_', number @ ..] => is_number(number),
        [b'C', b'C', b'D', b'S', number @ ..] => is_number(number),
        [b'u', b'c', rest @ ..] => rest.len() == 6 && rest.iter().all(u8::is_ascii_alphanumeric),
        _ => false,
    }
}

fn is_version(text: &[u8], is_ensembl: bool) -> bool {
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let plain = text.strip_suffix(b"_PAR_Y").filter(|_| is_ensembl).unwrap_or(text);
    match plain.iter().position(|b| *b == b'_').filter(|_| is_ensembl) {
        Some(at) => is_number(&plain[..at]) && is_number(&plain[at + 1..]),
        None => is_number(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The identifiers of GENCODE 49 for GRCh37 (lifted) and 19 (pseudoautosomal), RefSeq, UCSC, TAIR and WormBase.
    #[test]
    fn a_version_is_no_number_of_a_transcript() {
        for (identifier, expected) in [
            ("ENST00000335137.4", "ENST00000335137"),
            ("ENSG00000223972.5_2", "ENSG00000223972"),
            ("ENSG00000182378.15_PAR_Y", "ENSG00000182378"),
            ("ENST00000381218.8_3_PAR_Y", "ENST00000381218"),
            ("ENSMUST00000193812.2", "ENSMUST00000193812"),
            ("ENST00000335137", "ENST00000335137"),
            ("ENST00000335137.", "ENST00000335137."),
            ("NM_007294.4", "NM_007294"),
            ("CCDS30547.1", "CCDS30547"),
            ("uc001aaa.3", "uc001aaa"),
            ("AT1G01010.1", "AT1G01010.1"),
            ("Y74C9A.3.1", "Y74C9A.3.1"),
            ("g12.t1", "g12.t1"),
            ("contig_1.5_12", "contig_1.5_12"),
        ] {
            assert_eq!(without_version(identifier.as_bytes()), expected.as_bytes());
        }
    }
}
