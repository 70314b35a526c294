//! The genotypes of a child and its parents in a block.

use crate::Error;
use crate::block_columns::BlockColumns;
use crate::format::ColumnKind;
use crate::selection::Bits;
use gas_shared::explorer::{Genotype, InheritanceMode, Sex, TrioCall};
use std::collections::HashMap;

/// The numbers of the samples of a trio.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trio {
    pub child: u8,
    pub father: Option<u8>,
    pub mother: Option<u8>,
}

impl Trio {
    /// The columns with the genotypes.
    pub fn columns(self) -> Vec<ColumnKind> {
        [Some(self.child), self.father, self.mother]
            .into_iter()
            .flatten()
            .map(ColumnKind::Genotype)
            .collect()
    }

    /// The numbers of the genotypes of a row.
    pub fn numbers(self, block: &BlockColumns, row: usize) -> Result<[u16; 3], Error> {
        let of = |sample: Option<u8>| match sample {
            Some(sample) => Ok(block.u16s(ColumnKind::Genotype(sample))?[row]),
            None => Ok::<_, Error>(0),
        };
        Ok([of(Some(self.child))?, of(self.father)?, of(self.mother)?])
    }

    /// The genotypes by their numbers; `None` if there is none of the number of the child.
    pub fn call(self, genotypes: &[Genotype], numbers: [u16; 3]) -> Option<TrioCall<'_>> {
        let of = |number: u16| genotypes.get(usize::from(number));
        Some(TrioCall {
            child: of(numbers[0])?,
            father: self.father.and_then(|_| of(numbers[1])),
            mother: self.mother.and_then(|_| of(numbers[2])),
        })
    }
}

/// The rows whose genotypes a mode allows.
pub(crate) fn mask_of_trio(
    trio: Trio,
    mode: InheritanceMode,
    sex: Sex,
    genotypes: &[Genotype],
    block: &BlockColumns,
) -> Result<Bits, Error> {
    let of = |sample: Option<u8>| {
        sample.map(|sample| block.u16s(ColumnKind::Genotype(sample))).transpose()
    };
    let columns = [of(Some(trio.child))?, of(trio.father)?, of(trio.mother)?];
    let is_allowed = |numbers| {
        trio.call(genotypes, numbers).is_some_and(|call| {
            let mut alleles = call.child.alternatives().into_iter();
            alleles.any(|allele| mode.allows(&call, sex, allele))
        })
    };
    // Few combinations of genotypes occur: nearly always they fit into a table.
    let count = genotypes.len();
    let combinations = count.checked_pow(3).filter(|n| *n <= MOST_COMBINATIONS).unwrap_or(0);
    let mut table: Vec<Option<bool>> = vec![None; combinations];
    let mut others: HashMap<[u16; 3], Option<bool>> = HashMap::new();
    Ok(Bits::of(block.rows, |row| {
        let numbers = columns.map(|column| column.map_or(0, |column| column[row]));
        let [child, father, mother] = numbers.map(usize::from);
        let is_known = child < count && father < count && mother < count;
        let slot = match table.get_mut((child * count + father) * count + mother) {
            Some(slot) if is_known => slot,
            _ => others.entry(numbers).or_default(),
        };
        *slot.get_or_insert_with(|| is_allowed(numbers))
    }))
}

/// The most combinations of three genotypes that are looked up in a table.
const MOST_COMBINATIONS: usize = 1 << 16;
