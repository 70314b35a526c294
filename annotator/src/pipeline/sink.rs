//! Writes annotated chunks in order. The thread that finishes the next chunk writes it.

use super::order::Order;
use crate::error::Error;
use crate::report::Counts;
use crate::vcf::OutputFile;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// An annotated chunk.
pub(super) struct Finished {
    /// The bytes to write, compressed if the output is.
    pub(super) bytes: Vec<u8>,
    pub(super) order: Order,
    pub(super) records: u64,
    pub(super) ref_checked: u64,
    pub(super) ref_mismatches: u64,
    /// How much of the input has been read, from 0 to 1.
    pub(super) fraction: f64,
    /// Whether the end of the chunk may split haplotypes.
    pub(super) forced: bool,
}

/// Totals of the chunks that have been written.
#[derive(Default)]
pub(super) struct Written {
    pub(super) counts: Counts,
    pub(super) order: Order,
    /// Chunks whose end may split haplotypes.
    pub(super) forced: u64,
}

#[derive(Default)]
struct State {
    written: Written,
    /// The number of the next chunk to write.
    next: u64,
    /// Chunks that wait for their turn.
    ready: BTreeMap<u64, Finished>,
    /// Whether a thread is writing.
    busy: bool,
    error: Option<Error>,
    /// Buffers to reuse.
    spare: Vec<Vec<u8>>,
}

/// The output file and the chunks that wait for their turn.
pub(super) struct Sink<'a> {
    state: Mutex<State>,
    changed: Condvar,
    output: Mutex<OutputFile>,
    /// The most waiting chunks, which bounds memory if one chunk takes long.
    max_ready: usize,
    check: &'a (dyn Fn(&Written) -> Result<(), Error> + Sync),
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
        check: &'a (dyn Fn(&Written) -> Result<(), Error> + Sync),
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

    /// Returns an empty buffer.
    pub(super) fn buffer(&self) -> Vec<u8> {
        lock(&self.state).spare.pop().unwrap_or_default()
    }

    /// Adds the counts of a thread, except those that [`deliver`](Self::deliver) adds by chunk.
    pub(super) fn add_counts(&self, mut counts: Counts) {
        (counts.records, counts.ref_checked, counts.ref_mismatches) = (0, 0, 0);
        lock(&self.state).written.counts.merge(&counts);
    }

    /// Takes a chunk and writes all chunks whose turn has come; `false` if the run has ended.
    pub(super) fn deliver(&self, number: u64, finished: Finished) -> bool {
        let mut state = lock(&self.state);
        state.ready.insert(number, finished);
        if state.busy {
            while state.ready.len() > self.max_ready && state.error.is_none() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            return state.error.is_none();
        }
        state.busy = true;
        while state.error.is_none() {
            let next = state.next;
            let Some(finished) = state.ready.remove(&next) else { break };
            drop(state);
            let result = lock(&self.output).write(&finished.bytes);
            state = lock(&self.state);
            self.record_written(&mut state, finished, result);
            self.changed.notify_all();
        }
        state.busy = false;
        while state.ready.len() > self.max_ready && state.error.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.error.is_none()
    }

    fn record_written(&self, state: &mut State, mut finished: Finished, result: Result<(), Error>) {
        state.next += 1;
        let written = &mut state.written;
        written.order.append(finished.order);
        written.counts.records += finished.records;
        written.counts.ref_checked += finished.ref_checked;
        written.counts.ref_mismatches += finished.ref_mismatches;
        written.forced += u64::from(finished.forced);
        if let Err(error) = result.and_then(|()| (self.check)(written)) {
            state.error.get_or_insert(error);
            return;
        }
        (self.progress)(finished.fraction, state.written.counts.records);
        finished.bytes.clear();
        state.spare.push(finished.bytes);
    }

    /// Returns the output file and the totals, or the error that ended the run.
    pub(super) fn into_parts(self) -> Result<(OutputFile, Written), Error> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.error {
            Some(error) => Err(error),
            None => {
                let output = self.output.into_inner().unwrap_or_else(PoisonError::into_inner);
                Ok((output, state.written))
            }
        }
    }
}
