//! Converts alleles of VCF 3.3 to VCF 4.
//!
//! `D3` deletes three bases from POS on, `IACG` inserts bases after POS
//! (<https://samtools.github.io/hts-specs/>, version 3.3). VCF 4 includes the adjacent base, so
//! that a record with a deletion begins one base earlier.

use crate::reference::Reference;
use gas_shared::vcf::{AltKind, Record, parse_record};
use std::io::Write;

/// Writes a line with VCF 3.3 alleles to `out` in VCF 4 form and returns its original position.
/// `None` if the line has no such allele or the reference does not have its bases.
pub(crate) fn rewrite_old_alleles(
    line: &[u8],
    reference: &Reference,
    out: &mut Vec<u8>,
) -> Option<u64> {
    out.clear();
    let record = parse_record(line).ok()?;
    let old =
        |alt: &[u8]| matches!(AltKind::of(alt), Some(AltKind::OldDeletion | AltKind::OldInsertion));
    record.alt.split(|b| *b == b',').any(old).then_some(())?;
    write_record(&record, reference, out)?;
    Some(record.pos)
}

fn write_record(record: &Record<'_>, reference: &Reference, out: &mut Vec<u8>) -> Option<()> {
    let contig = reference.contig(record.chrom)?;
    let pos = i32::try_from(record.pos).ok()?;
    let mut end = pos + record.reference.len() as i32 - 1;
    let mut start = pos;
    for alt in record.alt.split(|b| *b == b',') {
        if AltKind::of(alt) == Some(AltKind::OldDeletion) {
            start = pos - 1;
            end = end.max(pos.checked_add(deleted_bases(alt)?)? - 1);
        }
    }
    let bases = contig.bases(start, end)?;
    let (before, from) = bases.split_at((pos - start) as usize);
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
