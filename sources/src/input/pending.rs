//! Rows that wait until no later record can have a row before them: alleles in repeats move to the left, and those with bases
//! that REF and ALT share begin behind POS.

use super::value::OwnedValue;
use crate::canonical::CanonicalAllele;
use crate::row::{Key, Row, Value};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The most rows that wait, so that memory is bounded whatever the input is.
const MAX_PENDING: usize = 2_000_000;

/// Rows in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct PendingRows {
    heap: BinaryHeap<Reverse<PendingRow>>,
    added: u64,
}

/// A row; ordered by position, allele and the order of the input.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PendingRow {
    position: u32,
    reference: Box<[u8]>,
    alt: Box<[u8]>,
    number: u64,
    values: Box<[OwnedValue]>,
}

impl PendingRows {
    /// Adds a row. Returns false if too many wait.
    pub(super) fn push(&mut self, allele: &CanonicalAllele<'_>, values: &[Value<'_>]) -> bool {
        self.added += 1;
        self.heap.push(Reverse(PendingRow {
            position: allele.position,
            reference: allele.reference.into(),
            alt: allele.alt.into(),
            number: self.added,
            values: values.iter().map(OwnedValue::new).collect(),
        }));
        self.heap.len() <= MAX_PENDING
    }

    /// Hands out the rows before a position, from which on all later rows are.
    pub(super) fn before<E>(
        &mut self,
        first: u32,
        mut use_row: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while self.heap.peek().is_some_and(|row| row.0.position < first)
            && let Some(Reverse(row)) = self.heap.pop()
        {
            row.hand_out(&mut use_row)?;
        }
        Ok(())
    }

    /// Hands out all rows.
    pub(super) fn all<E>(
        &mut self,
        mut use_row: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(Reverse(row)) = self.heap.pop() {
            row.hand_out(&mut use_row)?;
        }
        Ok(())
    }
}

impl PendingRow {
    fn hand_out<E>(&self, use_row: impl FnOnce(&Row<'_>) -> Result<(), E>) -> Result<(), E> {
        let values: Vec<Value<'_>> = self.values.iter().map(OwnedValue::borrowed).collect();
        let Self { position, reference, alt, .. } = self;
        let key = Key::Allele { position: *position, reference, alt };
        use_row(&Row { key, values: &values })
    }
}
