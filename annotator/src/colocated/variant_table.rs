//! A table of values by allele, for tracks that are built from VCF files.

use super::fit::{Fit, Genome};
use crate::Error;
use crate::allele::Allele;
use crate::placements::Placements;
use crate::source_file::SourceFile;
use gas_shared::vcf::{AltKind, Record, parse_record};
use serde::{Deserialize, Serialize};

/// Values by allele, by contig in the order of the reference and sorted by start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct VariantTable<V>(Vec<Vec<Entry<V>>>);

/// A value and its allele in minimal form.
#[derive(Debug, Serialize, Deserialize)]
struct Entry<V> {
    /// First base replaced.
    start: i32,
    /// Bases replaced, in upper case.
    reference: Box<[u8]>,
    /// Bases put in their place, in upper case.
    alt: Box<[u8]>,
    value: V,
}

/// An ALT allele of a record in the source file of a track.
pub(super) struct AltOfRecord<'a> {
    /// The record.
    pub(super) record: &'a Record<'a>,
    /// The index of the allele in ALT, from 0.
    index: usize,
}

impl<'a> AltOfRecord<'a> {
    /// The value of an INFO key, which is given with its `=`.
    pub(super) fn info(&self, key: &[u8]) -> Option<&'a [u8]> {
        self.record.info.split(|b| *b == b';').find_map(|field| field.strip_prefix(key))
    }

    /// The value for this allele of an INFO key with a value per ALT allele (`Number=A`).
    pub(super) fn info_of_alt(&self, key: &[u8]) -> Option<&'a [u8]> {
        self.info(key)?.split(|b| *b == b',').nth(self.index)
    }
}

impl<V> VariantTable<V> {
    /// Reads the sequence alleles of a VCF file with the value that `value` gives each. Records that do
    /// not fit the genome are left out and counted.
    ///
    /// # Errors
    /// [`Error`] if the file cannot be read, a line is not a record, or `value` fails.
    pub(super) fn read(
        source: &mut SourceFile,
        genome: Genome<'_>,
        value: impl Fn(&AltOfRecord<'_>) -> Result<V, String>,
    ) -> Result<(Self, Fit), Error> {
        let mut table = Self(genome.contigs.iter().map(|_| Vec::new()).collect());
        let mut fit = Fit::default();
        while let Some(line) = source.next_line()? {
            if line.is_empty() {
                continue;
            }
            let added = if line.starts_with(b"#") {
                genome
                    .check_definition(line)
                    .map(|note| fit.other_length = fit.other_length.take().or(note))
            } else {
                table.add_line(line, genome, &mut fit, &value)
            };
            if let Err(reason) = added {
                return Err(source.error(reason));
            }
        }
        table.0.iter_mut().for_each(|entries| entries.sort_by_key(|entry| entry.start));
        Ok((table, fit))
    }

    fn add_line(
        &mut self,
        line: &[u8],
        genome: Genome<'_>,
        fit: &mut Fit,
        value: impl Fn(&AltOfRecord<'_>) -> Result<V, String>,
    ) -> Result<(), String> {
        let record = parse_record(line).map_err(|e| e.at(0).message)?;
        let Some(contig) = fit.contig(genome, record.chrom) else { return Ok(()) };
        let end = record.pos.saturating_add(record.reference.len() as u64 - 1);
        let too_large = |_| "the position is too large".to_owned();
        let pos = i32::try_from(record.pos).map_err(too_large)?;
        let end = i32::try_from(end).map_err(too_large)?;
        let bases = record.reference;
        if !fit.is_within(genome, contig, (pos, end))? || !fit.has_bases(genome, contig, pos, bases)
        {
            return Ok(());
        }
        fit.entries += 1;
        for (index, alt) in record.alt.split(|b| *b == b',').enumerate() {
            if AltKind::of(alt) != Some(AltKind::Sequence) {
                continue;
            }
            let value = value(&AltOfRecord { record: &record, index })?;
            let allele = Allele::new(pos, record.reference, alt);
            self.0[contig as usize].push(Entry {
                start: allele.start,
                reference: allele.reference.to_ascii_uppercase().into(),
                alt: allele.alt.to_ascii_uppercase().into(),
                value,
            });
        }
        Ok(())
    }

    /// The values of the variants equal to an allele, however either is written.
    pub(super) fn find<'a>(
        &'a self,
        contig: u32,
        places: &Placements<'a>,
    ) -> impl Iterator<Item = &'a V> {
        let places = *places;
        let entries = self.0.get(contig as usize).map_or(&[][..], Vec::as_slice);
        let from = entries.partition_point(|entry| entry.start < places.first.start);
        let near = entries[from..].iter().take_while(move |e| e.start <= places.last.start);
        let equal = near.filter(move |e| places.contain(e.start, &e.reference, &e.alt));
        equal.map(|entry| &entry.value)
    }
}
