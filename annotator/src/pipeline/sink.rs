//! Writes annotated chunks in order. The thread that finishes the next chunk writes it.

use super::Done;
use super::order_check::OrderCheck;
use crate::error::Error;
use crate::report::Counts;
use crate::vcf::{OutputFile, Piece};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// An annotated chunk.
pub(super) struct AnnotatedChunk {
    pub(super) piece: Piece,
    pub(super) order: OrderCheck,
    pub(super) records: u64,
    pub(super) ref_checked: u64,
    pub(super) ref_mismatches: u64,
    /// How much of the input has been read, from 0 to 1.
    pub(super) fraction: f64,
    /// Whether the end of the chunk may split haplotypes.
    pub(super) forced_boundary: bool,
    /// Records of VCF 3.3 whose REF was completed from the reference.
    pub(super) completed_references: u64,
}

/// Totals of the chunks that have been written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) counts: Counts,
    pub(super) order: OrderCheck,
    /// Chunks whose end may split haplotypes.
    pub(super) forced_boundaries: u64,
    /// Records of VCF 3.3 whose REF was completed from the reference.
    pub(super) completed_references: u64,
}

impl Totals {
    /// Adds the totals of the next shard, whose lines are counted from its start: `before` lines are before it.
    pub(super) fn append(&mut self, mut shard: Self, before: u64) {
        shard.counts.shift_lines(before);
        shard.order.shift_lines(before);
        self.counts.merge(&shard.counts);
        self.order.append(shard.order);
        self.forced_boundaries += shard.forced_boundaries;
        self.completed_references += shard.completed_references;
    }
}

#[derive(Default)]
struct State {
    totals: Totals,
    /// The number of the next chunk to write.
    next: u64,
    /// Chunks that wait for their turn.
    ready: BTreeMap<u64, AnnotatedChunk>,
    /// Whether a thread is writing.
    busy: bool,
    error: Option<Error>,
    /// Empty pieces to reuse.
    spare: Vec<Piece>,
}

/// The output file and the chunks that wait for their turn.
pub(super) struct Sink<'a> {
    state: Mutex<State>,
    changed: Condvar,
    output: Mutex<OutputFile>,
    /// The most waiting chunks, which bounds memory if one chunk takes long.
    max_ready: usize,
    check: &'a (dyn Fn(&Totals) -> Result<(), Error> + Sync),
    progress: super::Progress<'a>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // If a thread panics, joining it ends the run, and the state is not used afterwards.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Sink<'a> {
    /// Creates a sink for a number of threads. An error of `check` after any chunk ends the run.
    pub(super) fn new(
        output: OutputFile,
        threads: usize,
        check: &'a (dyn Fn(&Totals) -> Result<(), Error> + Sync),
        progress: super::Progress<'a>,
    ) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            output: Mutex::new(output),
            max_ready: 2 * threads,
            check,
            progress,
        }
    }

    /// Ends the run with an error.
    pub(super) fn fail(&self, error: Error) {
        lock(&self.state).error.get_or_insert(error);
        self.changed.notify_all();
    }

    /// Ends the run with an error in chunk `number`, once all chunks before it are written. This
    /// reports the first of several errors in file order.
    pub(super) fn fail_at(&self, number: u64, error: Error) {
        let mut state = lock(&self.state);
        while state.next != number && state.error.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.error.get_or_insert(error);
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn has_failed(&self) -> bool {
        lock(&self.state).error.is_some()
    }

    /// Returns an empty piece.
    pub(super) fn piece(&self) -> Piece {
        lock(&self.state).spare.pop().unwrap_or_default()
    }

    /// Adds the counts of a thread, except those that [`deliver`](Self::deliver) adds by chunk.
    pub(super) fn add_counts(&self, mut counts: Counts) {
        (counts.records, counts.ref_checked, counts.ref_mismatches) = (0, 0, 0);
        lock(&self.state).totals.counts.merge(&counts);
    }

    /// Writes the first part of chunk `number`, once all chunks before it are written; `false` if the run has
    /// ended. This bounds the memory of chunks whose annotations are far larger than their records.
    pub(super) fn write_part(&self, number: u64, piece: &Piece) -> bool {
        let mut state = lock(&self.state);
        while state.next != number && state.error.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.error.is_some() {
            return false;
        }
        drop(state);
        // No other thread writes before this chunk is delivered.
        if let Err(error) = lock(&self.output).write(piece) {
            self.fail(error);
            return false;
        }
        true
    }

    /// Takes a chunk and writes all chunks whose turn has come; `false` if the run has ended.
    pub(super) fn deliver(&self, number: u64, chunk: AnnotatedChunk) -> bool {
        let mut state = lock(&self.state);
        state.ready.insert(number, chunk);
        if state.busy {
            while state.ready.len() > self.max_ready && state.error.is_none() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            return state.error.is_none();
        }
        state.busy = true;
        while state.error.is_none() {
            let next = state.next;
            let Some(chunk) = state.ready.remove(&next) else { break };
            drop(state);
            let mut output = lock(&self.output);
            let result = output.write(&chunk.piece).map(|()| output.written());
            drop(output);
            state = lock(&self.state);
            self.record_written(&mut state, chunk, result);
            self.changed.notify_all();
        }
        state.busy = false;
        while state.ready.len() > self.max_ready && state.error.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.error.is_none()
    }

    fn record_written(&self, state: &mut State, chunk: AnnotatedChunk, result: Result<u64, Error>) {
        state.next += 1;
        let totals = &mut state.totals;
        totals.order.append(chunk.order);
        totals.counts.records += chunk.records;
        totals.counts.ref_checked += chunk.ref_checked;
        totals.counts.ref_mismatches += chunk.ref_mismatches;
        totals.forced_boundaries += u64::from(chunk.forced_boundary);
        totals.completed_references += chunk.completed_references;
        let written = result.and_then(|written| (self.check)(totals).map(|()| written));
        match written {
            Ok(written) => (self.progress)(Done {
                fraction: chunk.fraction,
                records: totals.counts.records,
                written,
            }),
            Err(error) => {
                state.error.get_or_insert(error);
                return;
            }
        }
        state.spare.push(chunk.piece.cleared());
    }

    /// Returns the output file and the totals, or the error that ended the run.
    pub(super) fn into_parts(self) -> Result<(OutputFile, Totals), Error> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.error {
            Some(error) => Err(error),
            None => {
                let output = self.output.into_inner().unwrap_or_else(PoisonError::into_inner);
                Ok((output, state.totals))
            }
        }
    }
}
