//! What the alleles of a record do to coding sequences.

use super::flags::ConsequenceFlags;
use super::haplotype_tree::Edit;
use std::ops::Range;

/// What an allele of the current record does to a coding sequence.
#[derive(Clone, Debug)]
pub(super) struct CodingChange {
    pub(super) transcript: u32,
    /// Index of the segment of the coding sequence.
    pub(super) segment: u16,
    /// ALT number, from 1.
    pub(super) allele: u16,
    /// First base replaced, where the record places the allele.
    pub(super) start: i32,
    /// Consequences of the allele alone.
    pub(super) flags: ConsequenceFlags,
    pub(super) kind: CodingChangeKind,
}

/// How an allele changes a coding sequence.
#[derive(Clone, Debug)]
pub(super) enum CodingChangeKind {
    /// It replaces bases by others, a range of [`CodingScratch::bases`].
    Edit(Edit, Range<usize>),
    /// It deletes bases up to a genomic position, and the codons after that are unknown.
    Deletion {
        /// The last base.
        end: i32,
    },
}

/// The changes of the current record. The memory is reused for the next record.
#[derive(Debug, Default)]
pub(super) struct CodingScratch {
    pub(super) changes: Vec<CodingChange>,
    /// New bases on the forward strand.
    pub(super) bases: Vec<u8>,
}

impl CodingScratch {
    pub(super) fn clear(&mut self) {
        self.changes.clear();
        self.bases.clear();
    }
}
