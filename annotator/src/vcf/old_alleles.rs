//! Converts alleles of VCF 3.3 to VCF 4.
//!
//! `D3` deletes three bases from POS on, `IACG` inserts bases after POS
//! (<https://samtools.github.io/hts-specs/>, version 3.3). VCF 4 includes the adjacent base, so
//! that a record with a deletion begins one base earlier.

use crate::reference::Reference;
use gas_shared::vcf::{AltKind, Record, parse_record};
use std::io::Write;

/// A record that is converted to VCF 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Converted {
    /// Whether bases of its REF are those of the reference because the file does not have them, besides
    /// the base before a deletion.
    pub(crate) is_completed: bool,
}

/// Writes a line with VCF 3.3 alleles to `out` in VCF 4 form. `None` if the line has no such allele or
/// the reference does not have its bases. Where the file has bases of REF, they are kept, so that a REF
/// that differs from the reference still does.
pub(crate) fn rewrite_old_alleles(
    line: &[u8],
    reference: &Reference,
    out: &mut Vec<u8>,
) -> Option<Converted> {
    out.clear();
    let record = record_with_old_alleles(line)?;
    let (start, bases) = span(&record, reference)?;
    let shift = usize::try_from(i64::try_from(record.pos).ok()? - i64::from(start)).ok()?;
    let mut bases = bases.to_vec();
    let is_given = record.reference != b".";
    let given = shift + record.reference.len();
    if is_given {
        bases.get_mut(shift..given)?.copy_from_slice(record.reference);
    }
    write_record(&record, start, &bases, out)?;
    Some(Converted { is_completed: !is_given || given < bases.len() })
}

/// The position that a line with VCF 3.3 alleles has in VCF 4 form; `None` if it is not converted.
pub(crate) fn position_in_vcf_4(line: &[u8], reference: &Reference) -> Option<u64> {
    let (start, _) = span(&record_with_old_alleles(line)?, reference)?;
    u64::try_from(start).ok()
}

/// The record of a line that has an allele of VCF 3.3.
fn record_with_old_alleles(line: &[u8]) -> Option<Record<'_>> {
    let record = parse_record(line).ok()?;
    let old =
        |alt: &[u8]| matches!(AltKind::of(alt), Some(AltKind::OldDeletion | AltKind::OldInsertion));
    record.alt.split(|b| *b == b',').any(old).then_some(record)
}

/// The position in VCF 4 form and the bases from there to the end of all alleles.
fn span<'r>(record: &Record<'_>, reference: &'r Reference) -> Option<(i32, &'r [u8])> {
    let contig = reference.contig(record.chrom)?;
    let pos = i32::try_from(record.pos).ok()?;
    let mut end = pos.checked_add(i32::try_from(record.reference.len()).ok()? - 1)?;
    let mut start = pos;
    for alt in record.alt.split(|b| *b == b',') {
        if AltKind::of(alt) == Some(AltKind::OldDeletion) {
            start = pos - 1;
            end = end.max(pos.checked_add(deleted_bases(alt)?)? - 1);
        }
    }
    Some((start, contig.bases(start, end)?))
}

fn write_record(record: &Record<'_>, start: i32, bases: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let shift = usize::try_from(i64::try_from(record.pos).ok()? - i64::from(start)).ok()?;
    let (before, from) = bases.split_at_checked(shift)?;
    out.extend_from_slice(record.chrom);
    // Writing to a Vec cannot fail.
    let _ = write!(out, "\t{start}\t");
    out.extend_from_slice(record.id);
    out.push(b'\t');
    out.extend_from_slice(bases);
    for (n, alt) in record.alt.split(|b| *b == b',').enumerate() {
        out.push(if n == 0 { b'\t' } else { b',' });
        match AltKind::of(alt) {
            Some(AltKind::OldDeletion) => {
                out.extend_from_slice(before);
                out.extend_from_slice(from.get(deleted_bases(alt)? as usize..)?);
            }
            Some(AltKind::OldInsertion) => {
                let (base, behind) = from.split_at_checked(1)?;
                [before, base, &alt[1..], behind].iter().for_each(|b| out.extend_from_slice(b));
            }
            Some(AltKind::Sequence) => {
                let behind = from.get(record.reference.len()..)?;
                [before, alt, behind].iter().for_each(|b| out.extend_from_slice(b));
            }
            _ => out.extend_from_slice(alt),
        }
    }
    for column in [record.qual, record.filter, record.info].into_iter().chain(record.rest) {
        out.push(b'\t');
        out.extend_from_slice(column);
    }
    Some(())
}

/// The number of bases that `D3` deletes.
fn deleted_bases(alt: &[u8]) -> Option<i32> {
    std::str::from_utf8(alt.get(1..)?).ok()?.parse().ok().filter(|n| *n > 0)
}
