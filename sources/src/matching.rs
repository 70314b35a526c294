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
    /// The bases of an allele at its own place.
    in_place: AlleleBuffer,
    upper_case: Vec<u8>,
}

/// How far a source with [`Matching::Verbatim`] is searched for other places of an allele in a repeat, in bases to each side. It
/// bounds the work for an allele.
const MAX_PLACES: u32 = 256;

impl<'a> Matcher<'a> {
    /// A matcher of a source.
    pub fn new(file: &'a SourceFile) -> Self {
        Self {
            cursor: file.cursor(),
            matching: file.description().matching,
            buffer: AlleleBuffer::default(),
            in_place: AlleleBuffer::default(),
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
        let result = self.rows_of(contig, bases, &AlleleQuery { record, canonical }, |row| {
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
        bases: &impl Bases,
        query: &AlleleQuery<'_>,
        mut found: impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Damaged> {
        if self.matching == Matching::Verbatim {
            let mut buffer = std::mem::take(&mut self.in_place);
            let result = self.rows_in_place(contig, bases, query.record, &mut buffer, &mut found);
            self.in_place = buffer;
            return result;
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
                each(self.cursor.allele(contig, position, reference, alt)?, found).map(|_| ())
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

    /// Calls `found` with the rows of a source with [`Matching::Verbatim`] at the first place that has any: that of the record,
    /// then the others of a repeat, from the left.
    fn rows_in_place(
        &mut self,
        contig: usize,
        bases: &impl Bases,
        record: RecordAllele<'_>,
        buffer: &mut AlleleBuffer,
        found: &mut impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), Damaged> {
        let RecordAllele { position, reference, alt } = record;
        let Some(allele) = CanonicalAllele::in_place(position, reference, alt, buffer) else {
            return Ok(());
        };
        if self.rows_of_form(contig, bases, &allele, found)? {
            return Ok(());
        }
        // Files of earlier versions have alleles as they were written.
        let is_padded = reference.len() > allele.reference.len() && alt.len() > allele.alt.len();
        if is_padded {
            let [reference, alt] = [reference, alt].map(<[u8]>::to_ascii_uppercase);
            if each(self.cursor.allele(contig, position, &reference, &alt)?, &mut *found)? {
                return Ok(());
            }
        }
        let is_deletion = allele.alt.is_empty();
        for (position, moved) in allele.other_places(bases, MAX_PLACES) {
            let (reference, alt) =
                if is_deletion { (&moved[..], &[][..]) } else { (&[][..], &moved[..]) };
            let moved = CanonicalAllele { position, reference, alt };
            if self.rows_of_form(contig, bases, &moved, found)? {
                break;
            }
        }
        Ok(())
    }

    /// Calls `found` with the rows of an allele in minimal form at one place. Returns whether there are any.
    fn rows_of_form(
        &mut self,
        contig: usize,
        bases: &impl Bases,
        allele: &CanonicalAllele<'_>,
        found: &mut impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
    ) -> Result<bool, Damaged> {
        let CanonicalAllele { position, reference, alt } = *allele;
        if each(self.cursor.allele(contig, position, reference, alt)?, &mut *found)? {
            return Ok(true);
        }
        let before = position.saturating_sub(1);
        let Some(base) = bases.base(before).filter(|_| reference.is_empty() || alt.is_empty())
        else {
            return Ok(false);
        };
        // Files of earlier versions have the base before an insertion or deletion, as VCF files.
        let Self { cursor, upper_case, .. } = self;
        upper_case.clear();
        for part in [reference, alt] {
            upper_case.push(base.to_ascii_uppercase());
            upper_case.extend_from_slice(part);
        }
        let (reference, alt) = upper_case.split_at(reference.len() + 1);
        each(cursor.allele(contig, before, reference, alt)?, found)
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

/// Calls `found` with each row until it breaks off. Returns whether there are any.
#[inline]
fn each<'a>(
    rows: impl Iterator<Item = Result<StoredRow<'a>, Damaged>>,
    mut found: impl FnMut(StoredRow<'_>) -> ControlFlow<()>,
) -> Result<bool, Damaged> {
    let mut any = false;
    for row in rows {
        any = true;
        if found(row?).is_break() {
            break;
        }
    }
    Ok(any)
}

impl StoredRow<'_> {
    /// Whether the row of a source with [`Matching::TranscriptAndAllele`] is about a transcript. Versions are
    /// ignored: `ENST00000379410.8` is `ENST00000379410`.
    ///
    /// # Errors
    /// [`Damaged`] if the file is.
    pub fn is_of_transcript(&self, transcript: &[u8]) -> Result<bool, Damaged> {
        let Value::Text(stored) = self.value(0)? else { return Ok(false) };
        Ok(transcripts_of(stored).any(|stored| stored == without_version(transcript)))
    }
}

/// The transcripts in the first column of a source with [`Matching::TranscriptAndAllele`], without their versions: one, or several
/// with the same values, separated by `;`.
pub fn transcripts_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let transcripts = text.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    transcripts.filter(|transcript| !transcript.is_empty()).map(without_version)
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
