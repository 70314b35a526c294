//! Criteria against the columns of a block.

use super::bits::Bits;
use super::clause::Clause;
use crate::Error;
use crate::annotation::Terms;
use crate::explorer::Loaded;
use crate::format::{ColumnKind, NO_LENGTH};
use gas_shared::explorer::{LengthRange, Range};
use std::collections::HashSet;

/// The rows that meet a criterion.
pub(crate) fn mask(clause: &Clause, block: &Loaded) -> Result<Bits, Error> {
    let rows = block.rows;
    Ok(match clause {
        Clause::Regions(regions) => mask_of_regions(regions, block)?,
        Clause::Genes(genes) => mask_of_genes(genes, block)?,
        Clause::Consequences(bits) => {
            let column = block.u8s(ColumnKind::Consequence)?;
            Bits::of(rows, |row| bits >> (column[row] & 63) & 1 != 0)
        }
        Clause::AnyTerms(bits) => mask_of_terms(*bits, block)?,
        Clause::Impacts(bits) => {
            let column = block.u8s(ColumnKind::Impact)?;
            Bits::of(rows, |row| bits >> (column[row] & 7) & 1 != 0)
        }
        Clause::Types(bits) | Clause::Substitution(bits) => {
            let column = block.u16s(ColumnKind::Class)?;
            Bits::of(rows, |row| column[row] & bits != 0)
        }
        Clause::Known(known) => {
            let column = block.u8s(ColumnKind::Known)?;
            Bits::of(rows, |row| (column[row] != 0) == *known)
        }
        Clause::Ids(ids) => mask_of_ids(ids, block)?,
        Clause::Frequency(range) => mask_of_frequency(range, block)?,
        Clause::Quality(range) => {
            let column = block.u32s(ColumnKind::Quality)?;
            Bits::of(rows, |row| in_range(range, column[row]))
        }
        Clause::Length(range) => mask_of_length(range, block)?,
        Clause::Filters(shown) => {
            let column = block.u16s(ColumnKind::Filter)?;
            let is_shown = |n: u16| shown.get(usize::from(n)).copied().unwrap_or(false);
            Bits::of(rows, |row| is_shown(column[row]))
        }
        Clause::Text(needle, genes) => mask_of_text(needle, genes, block)?,
    })
}

fn in_range(range: &Range, bits: u32) -> bool {
    let value = f32::from_bits(bits);
    if value.is_nan() { range.or_missing } else { range.contains(value) }
}

fn mask_of_terms(bits: u64, block: &Loaded) -> Result<Bits, Error> {
    let column = block.terms()?;
    let with_none = bits >> Terms::NONE & 1 != 0;
    let holds = |set: &u64| set & bits != 0 || (with_none && *set == 0);
    let sets: Vec<bool> = column.sets.iter().map(holds).collect();
    Ok(Bits::of(block.rows, |row| sets[usize::from(column.rows[row])]))
}

fn mask_of_frequency(range: &Range, block: &Loaded) -> Result<Bits, Error> {
    let column = block.u32s(ColumnKind::Frequency)?;
    let mut bits = Bits::of(block.rows, |row| in_range(range, column[row]));
    for (row, value) in block.more(ColumnKind::MoreFrequencies)? {
        if range.contains(f32::from_bits(*value)) {
            bits.insert(usize::from(*row).min(block.rows - 1));
        }
    }
    Ok(bits)
}

fn mask_of_length(range: &LengthRange, block: &Loaded) -> Result<Bits, Error> {
    let column = block.u32s(ColumnKind::Length)?;
    let holds = |length: i32| length != NO_LENGTH && range.contains(length);
    let mut bits = Bits::of(block.rows, |row| holds(column[row] as i32));
    for (row, length) in block.more(ColumnKind::MoreLengths)? {
        if holds(*length as i32) {
            bits.insert(usize::from(*row).min(block.rows - 1));
        }
    }
    Ok(bits)
}

fn mask_of_regions(regions: &[(u32, u32, u32)], block: &Loaded) -> Result<Bits, Error> {
    let contigs = block.u32s(ColumnKind::Contig)?;
    let positions = block.u32s(ColumnKind::Pos)?;
    let spans = block.u32s(ColumnKind::Span)?;
    Ok(Bits::of(block.rows, |row| {
        let (start, span) = (positions[row], spans[row]);
        let end = start.saturating_add(span.saturating_sub(1));
        let touches = |(contig, first, last): &(u32, u32, u32)| {
            *contig == contigs[row] && start <= *last && end >= *first
        };
        regions.iter().any(touches)
    }))
}

fn mask_of_genes(genes: &HashSet<u32>, block: &Loaded) -> Result<Bits, Error> {
    let column = block.genes()?;
    let holds = |set: &Vec<u32>| set.iter().any(|gene| genes.contains(gene));
    let sets: Vec<bool> = column.sets.iter().map(holds).collect();
    Ok(Bits::of(block.rows, |row| sets[usize::from(column.rows[row])]))
}

/// From so many identifiers on, looking each line up is quicker than looking for each identifier.
const FEW_IDS: usize = 8;

fn mask_of_ids(ids: &HashSet<Vec<u8>>, block: &Loaded) -> Result<Bits, Error> {
    let text = block.text()?;
    let mut bits = Bits::filled(block.rows, false);
    if ids.len() > FEW_IDS {
        for (row, line) in text.split(|b| *b == b'\n').take(block.rows).enumerate() {
            if line.split(|b| *b == b';').any(|id| ids.contains(id)) {
                bits.insert(row);
            }
        }
        return Ok(bits);
    }
    let ends = |byte: Option<&u8>| byte.is_none_or(|b| matches!(b, b'\n' | b';'));
    for id in ids.iter().filter(|id| is_searchable(id)) {
        find_rows(text, id, |row, at| {
            let whole = ends(at.checked_sub(1).and_then(|n| text.get(n)));
            let whole = whole && ends(text.get(at + id.len()));
            if whole {
                bits.insert(row);
            }
            whole
        });
    }
    Ok(bits)
}

fn mask_of_text(needle: &[u8], genes: &HashSet<u32>, block: &Loaded) -> Result<Bits, Error> {
    let mut bits = mask_of_genes(genes, block)?;
    if is_searchable(needle) {
        find_rows(block.text()?, needle, |row, _| {
            bits.insert(row);
            true
        });
    }
    Ok(bits)
}

/// What has a separator in it is part of no identifier.
fn is_searchable(needle: &[u8]) -> bool {
    !needle.is_empty() && !needle.iter().any(|b| matches!(b, b'\n' | b';'))
}

/// Calls back with row and place of occurrences; `true` passes over the rest of the row.
fn find_rows(text: &[u8], needle: &[u8], mut found: impl FnMut(usize, usize) -> bool) {
    let finder = memchr::memmem::Finder::new(needle);
    let (mut row, mut counted, mut from) = (0, 0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)).map(|n| from + n) {
        row += memchr::memchr_iter(b'\n', &text[counted..at]).count();
        (counted, from) = (at, at + 1);
        if found(row, at) {
            // Over the line end, which is counted here.
            let Some(end) = memchr::memchr(b'\n', &text[at..]) else { return };
            (counted, from) = (at + end + 1, at + end + 1);
            row += 1;
        }
    }
}
