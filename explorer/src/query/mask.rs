//! Evaluates the criteria of a filter on the columns of a block.

use super::clause::Clause;
use super::regions::Regions;
use super::samples::mask_of_sample;
use super::trio::mask_of_trio;
use crate::Error;
use crate::annotation::TermNumbers;
use crate::block_columns::BlockColumns;
use crate::category::{Category, Values};
use crate::format::{ColumnKind, NO_LENGTH};
use crate::selection::{Bits, Matches};
use gas_shared::explorer::{Genotype, LengthRange, Range};
use std::collections::HashSet;

/// The rows of a block, by its number, that meet a criterion. `genotypes` are those of the index.
pub(crate) fn mask(
    clause: &Clause,
    block: &BlockColumns,
    number: usize,
    genotypes: &[Genotype],
) -> Result<Bits, Error> {
    match clause {
        Clause::Regions(regions) | Clause::Within(regions) => mask_of_regions(regions, block),
        Clause::Genes(genes) => mask_of_genes(genes, block),
        Clause::Categories { column, accepted, .. } => mask_of_categories(column, accepted, block),
        Clause::NoCategory(matches) => Ok(Bits::filled(block.rows, *matches)),
        Clause::AnyTerms(bits) => mask_of_terms(*bits, block),
        Clause::Ids(ids) => mask_of_ids(ids, block),
        Clause::Numbers { column: Some(column), range } => mask_of_numbers(*column, range, block),
        Clause::Numbers { column: None, range } => Ok(Bits::filled(block.rows, range.or_missing)),
        Clause::Length(range) => mask_of_length(range, block),
        Clause::Text(needle, genes) => mask_of_text(needle, genes, block),
        Clause::Genotype { sample, accepted } => {
            let values = block.u16s(ColumnKind::Genotype(*sample))?;
            let accepts = |value: u16| accepted.get(usize::from(value)).copied().unwrap_or(false);
            Ok(Bits::of(block.rows, |row| accepts(values[row])))
        }
        Clause::Sample { kind, bounds, or_missing } => {
            mask_of_sample(*kind, *bounds, *or_missing, block)
        }
        Clause::Trio { trio, mode, sex } => mask_of_trio(*trio, *mode, *sex, genotypes, block),
        Clause::Rows(blocks) => Ok(match blocks.get(number) {
            Some(Matches::Some(bits, _)) => bits.clone(),
            Some(Matches::All) => Bits::filled(block.rows, true),
            Some(Matches::None) | None => Bits::filled(block.rows, false),
        }),
    }
}

fn mask_of_categories(
    column: &Category,
    accepted: &[bool],
    block: &BlockColumns,
) -> Result<Bits, Error> {
    let rows = block.rows;
    // Values come from a file, so they may be out of range.
    let is_accepted = |value: usize| accepted.get(value).copied().unwrap_or(false);
    Ok(match column.rows(block)? {
        Values::U8(values) => {
            let accepted: [bool; 256] = std::array::from_fn(is_accepted);
            Bits::of(rows, |row| accepted[usize::from(values[row])])
        }
        Values::U16(values) => Bits::of(rows, |row| is_accepted(values[row].into())),
        Values::U32(values) => Bits::of(rows, |row| is_accepted(values[row] as usize)),
    })
}

fn mask_of_numbers(column: u8, range: &Range, block: &BlockColumns) -> Result<Bits, Error> {
    let values = block.u32s(ColumnKind::Number(column))?;
    let mut bits = Bits::of(block.rows, |row| {
        let value = f32::from_bits(values[row]);
        if value.is_nan() { range.or_missing } else { range.contains(value) }
    });
    for (row, value) in block.more(ColumnKind::MoreNumbers(column))? {
        if range.contains(f32::from_bits(*value)) {
            bits.insert(usize::from(*row).min(block.rows - 1));
        }
    }
    Ok(bits)
}

fn mask_of_terms(bits: u64, block: &BlockColumns) -> Result<Bits, Error> {
    let column = block.terms()?;
    let with_none = bits >> TermNumbers::NONE & 1 != 0;
    let holds = |set: &u64| set & bits != 0 || (with_none && *set == 0);
    let sets: Vec<bool> = column.sets.iter().map(holds).collect();
    Ok(Bits::of(block.rows, |row| sets[usize::from(column.rows[row])]))
}

fn mask_of_length(range: &LengthRange, block: &BlockColumns) -> Result<Bits, Error> {
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

fn mask_of_regions(regions: &Regions, block: &BlockColumns) -> Result<Bits, Error> {
    let contigs = block.u32s(ColumnKind::Contig)?;
    let positions = block.u32s(ColumnKind::Pos)?;
    let spans = block.u32s(ColumnKind::Span)?;
    Ok(Bits::of(block.rows, |row| {
        let (start, span) = (positions[row], spans[row]);
        let end = start.saturating_add(span.saturating_sub(1));
        regions.touch(contigs[row], start, end)
    }))
}

fn mask_of_genes(genes: &Bits, block: &BlockColumns) -> Result<Bits, Error> {
    let column = block.genes()?;
    let holds = |set: &Vec<u32>| set.iter().any(|gene| genes.contains(*gene as usize));
    let sets: Vec<bool> = column.sets.iter().map(holds).collect();
    Ok(Bits::of(block.rows, |row| sets[usize::from(column.rows[row])]))
}

/// Up to this number of identifiers, searching the text for each one is faster than looking up each
/// row.
const FEW_IDS: usize = 8;

fn mask_of_ids(ids: &HashSet<Vec<u8>>, block: &BlockColumns) -> Result<Bits, Error> {
    let text = block.ids()?;
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
            let is_complete = ends(at.checked_sub(1).and_then(|n| text.get(n)));
            let is_complete = is_complete && ends(text.get(at + id.len()));
            if is_complete {
                bits.insert(row);
                return Skip::Row;
            }
            // The next occurrence that can be complete starts after the next separator.
            Skip::Identifier
        });
    }
    Ok(bits)
}

fn mask_of_text(needle: &[u8], genes: &Bits, block: &BlockColumns) -> Result<Bits, Error> {
    let mut bits = mask_of_genes(genes, block)?;
    if is_searchable(needle) {
        find_rows(block.ids()?, needle, |row, _| {
            bits.insert(row);
            Skip::Row
        });
    }
    Ok(bits)
}

/// Identifiers contain no separators.
fn is_searchable(needle: &[u8]) -> bool {
    !needle.is_empty() && !needle.iter().any(|b| matches!(b, b'\n' | b';'))
}

/// The text that a search skips after an occurrence. Without skipping, a search takes quadratic time in
/// a text that repeats the needle.
enum Skip {
    /// The rest of the identifier.
    Identifier,
    /// The rest of the row.
    Row,
}

/// Calls back with row and offset of occurrences.
fn find_rows(text: &[u8], needle: &[u8], mut found: impl FnMut(usize, usize) -> Skip) {
    let finder = memchr::memmem::Finder::new(needle);
    let (mut row, mut counted, mut from) = (0, 0, 0);
    while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)).map(|n| from + n) {
        row += memchr::memchr_iter(b'\n', &text[counted..at]).count();
        counted = at;
        let end = match found(row, at) {
            Skip::Identifier => memchr::memchr2(b'\n', b';', &text[at..]),
            Skip::Row => memchr::memchr(b'\n', &text[at..]),
        };
        let Some(end) = end else { return };
        from = at + end;
    }
}
