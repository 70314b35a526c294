//! VCF and BED files into track data.

use super::{KnownVariant, Region, TrackData, minimal};
use crate::Error;
use crate::contig_names::ContigNames;
use crate::source_file::SourceFile;
use gas_shared::vcf::{AltKind, parse_record};

/// Reads a track; `regions` says that it is a BED file. Lines on contigs without sequence are left
/// out.
///
/// # Errors
/// [`Error`] where the file cannot be read or a line is at fault.
pub fn build_track(
    source: &mut SourceFile,
    names: &ContigNames,
    contigs: usize,
    regions: bool,
) -> Result<(TrackData, u64), Error> {
    let mut records = 0;
    let mut variants: Vec<Vec<KnownVariant>> = vec![Vec::new(); contigs];
    let mut areas: Vec<Vec<Region>> = vec![Vec::new(); contigs];
    while let Some(line) = source.next_line()? {
        let skipped = [&b"#"[..], b"track", b"browser"].iter().any(|p| line.starts_with(p));
        if line.is_empty() || skipped {
            continue;
        }
        let result = if regions {
            read_region(line, names, &mut areas)
        } else {
            read_variants(line, names, &mut variants)
        };
        match result {
            Ok(kept) => records += u64::from(kept),
            Err(reason) => return Err(source.error(reason)),
        }
    }
    let data = if regions {
        areas.iter_mut().for_each(|a| a.sort_by_key(|r| (r.start, r.end)));
        TrackData::Regions(areas)
    } else {
        variants.iter_mut().for_each(|v| v.sort_by_key(|v| v.start));
        TrackData::Variants(variants)
    };
    Ok((data, records))
}

fn read_variants(
    line: &[u8],
    names: &ContigNames,
    out: &mut [Vec<KnownVariant>],
) -> Result<bool, String> {
    let record = parse_record(line).map_err(|e| e.at(0).message)?;
    let Some(contig) = names.resolve(record.chrom) else { return Ok(false) };
    let pos = i32::try_from(record.pos).map_err(|_| "the position is too large".to_owned())?;
    let value = |key: &[u8]| record.info.split(|b| *b == b';').find_map(|f| f.strip_prefix(key));
    let clean = |text: &[u8]| -> Box<[u8]> {
        let reserved = |b: &u8| matches!(b, b',' | b'|' | b';');
        text.iter().map(|b| if reserved(b) { b'&' } else { *b }).collect()
    };
    let frequencies = value(b"AF=").unwrap_or_default();
    let mut frequencies = frequencies.split(|b| *b == b',');
    for alt in record.alt.split(|b| *b == b',') {
        let frequency = frequencies.next().unwrap_or_default();
        if AltKind::of(alt) != Some(AltKind::Sequence) {
            continue;
        }
        let (start, reference, alt) = minimal(pos, record.reference, alt);
        out[contig as usize].push(KnownVariant {
            start,
            reference: reference.to_ascii_uppercase().into(),
            alt: alt.to_ascii_uppercase().into(),
            id: clean(if record.id == b"." { b"" } else { record.id }),
            frequency: clean(frequency),
            clinical: clean(value(b"CLNSIG=").unwrap_or_default()),
        });
    }
    Ok(true)
}

fn read_region(line: &[u8], names: &ContigNames, out: &mut [Vec<Region>]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(line);
    let mut columns = text.split('\t');
    let (Some(chrom), Some(start), Some(end)) = (columns.next(), columns.next(), columns.next())
    else {
        return Err("a BED line has at least three columns, separated by tabs".to_owned());
    };
    let number = |t: &str| t.trim().parse::<i32>().map_err(|_| format!("{t:?} is no position"));
    let (start, end) = (number(start)?, number(end)?);
    let Some(contig) = names.resolve(chrom.as_bytes()) else { return Ok(false) };
    let name = columns.next().unwrap_or("yes").trim();
    let plain = |c: char| if c.is_ascii_graphic() && !",;=|".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    // BED counts from 0 and ends before its end.
    out[contig as usize].push(Region {
        start: start.saturating_add(1),
        end,
        name: name.into_bytes().into(),
    });
    Ok(true)
}
