//! A whole file: chunks over threads, written in order, memory bounded by the chunks in flight.
//!
//! Every thread reads a chunk (one at a time), annotates and compresses it, and waits for its turn
//! to write. So two threads share the work evenly whichever part of it is the slow one, and no more
//! than one chunk a thread is in memory.

use crate::annotate::Annotator;
use crate::assembly::check_assembly;
use crate::error::{Error, InputError};
use crate::layout::Layout;
use crate::reference::Reference;
use crate::report::Counts;
use crate::vcf::{Chunk, HeaderText, InputFile, Limits, OutputFile, read_header};
use gas_shared::vcf::{Code, Diagnostic, Header, Severity};
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How a file is annotated.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; at least one.
    pub threads: usize,
    /// How effects are laid out in INFO.
    pub layout: Layout,
    /// Limits on compressed input.
    pub limits: Limits,
    /// Percentage of REF alleles that may differ before the run is stopped.
    pub max_mismatch_percent: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            layout: Layout::default(),
            limits: Limits::default(),
            max_mismatch_percent: 5.0,
        }
    }
}

/// What a run did.
#[derive(Debug)]
pub struct Outcome {
    /// What was counted.
    pub counts: Counts,
    /// The user's header.
    pub header: Header,
    /// Findings that did not stop it.
    pub warnings: Vec<String>,
    /// Whether the records were in order.
    pub sorted: bool,
}

/// Progress after a chunk was written: the fraction done and the records so far.
pub type Progress<'a> = &'a (dyn Fn(f64, u64) + Sync);

struct Source {
    input: InputFile,
    first: Option<Chunk>,
    failed: bool,
}

struct Sink {
    output: OutputFile,
    next: u64,
    counts: Counts,
    order: Order,
    error: Option<Error>,
}

struct Run<'a> {
    source: Mutex<Source>,
    sink: Mutex<Sink>,
    turn: Condvar,
    reference: &'a Reference,
    header: &'a HeaderText,
    options: &'a Options,
    cancel: &'a AtomicBool,
    progress: Progress<'a>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked ends the run through its join; the state is not used after that.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Annotates `input` into `output`.
///
/// # Errors
/// [`Error`]; then the output file is removed.
pub fn annotate_file(
    input: &Path,
    output: &Path,
    reference: &Reference,
    options: &Options,
    cancel: &AtomicBool,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let mut source = InputFile::open(input, options.limits)?;
    let mut first = Chunk::default();
    let header = read_header(&mut source, &mut first)?;
    let mut sink = OutputFile::create(output)?;
    write_header(&header, options.layout, reference, &mut sink)?;
    let run = Run {
        source: Mutex::new(Source { input: source, first: Some(first), failed: false }),
        sink: Mutex::new(Sink {
            output: sink,
            next: 0,
            counts: Counts::default(),
            order: Order::default(),
            error: None,
        }),
        turn: Condvar::new(),
        reference,
        header: &header,
        options,
        cancel,
        progress,
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads.max(1) {
            scope.spawn(|| run.work());
        }
        run.work();
    });
    finish(run)
}

fn write_header(
    header: &HeaderText,
    layout: Layout,
    reference: &Reference,
    sink: &mut OutputFile,
) -> Result<(), Error> {
    let mut definitions = vec![
        format!("##gas-annotate=<Version=\"{}\">", env!("CARGO_PKG_VERSION")),
        layout.definition(),
    ];
    for track in reference.tracks().iter().filter(|t| t.is_regions()) {
        let name = &track.name;
        definitions.push(format!(
            "##INFO=<ID={name},Number=.,Type=String,Description=\"Regions of the track {name}\">"
        ));
    }
    let mut text = Vec::new();
    header.write(&definitions, &mut text);
    if sink.is_gzip() {
        let mut packed = Vec::new();
        OutputFile::pack(&text, &mut packed, &mut None);
        return sink.write(&packed);
    }
    sink.write(&text)
}

fn finish(run: Run<'_>) -> Result<Outcome, Error> {
    let Run { sink, header, reference, options, cancel, .. } = run;
    let sink = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = sink.error {
        return Err(error);
    }
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::Cancelled);
    }
    if sink.counts.records == 0 {
        let finding = Diagnostic {
            line: header.meta.len() as u64 + 1,
            column: None,
            severity: Severity::Error,
            code: Code::NoRecords,
            message: "the file has no records after its header".to_owned(),
        };
        return Err(InputError::from(finding).into());
    }
    check_assembly(&sink.counts, &header.header, reference, options.max_mismatch_percent)?;
    let mut warnings: Vec<String> =
        header.header.warnings.iter().map(ToString::to_string).collect();
    let sorted = sink.order.warning.is_none();
    warnings.extend(sink.order.warning);
    if sink.counts.unknown_contig > 0 {
        warnings.push(format!(
            "{} records are on contigs that {} does not have; they are passed through",
            sink.counts.unknown_contig, reference.manifest.assembly
        ));
    }
    if sink.counts.ref_mismatches > 0 {
        warnings.push(format!(
            "{} of {} REF alleles are not what the reference has",
            sink.counts.ref_mismatches, sink.counts.ref_checked
        ));
    }
    if sink.counts.not_left_aligned > 0 {
        warnings.push(format!(
            "{} indels are not left-aligned and are kept so; identifiers may be missed: bcftools norm aligns them",
            sink.counts.not_left_aligned
        ));
    }
    sink.output.finish()?;
    Ok(Outcome { counts: sink.counts, header: header.header.clone(), warnings, sorted })
}

impl Run<'_> {
    fn work(&self) {
        let _guard = PanicGuard(self);
        let header = &self.header.header;
        let layout = self.options.layout;
        let replaces_key = header.info_keys.contains(layout.key());
        let mut annotator =
            Annotator::new(self.reference, header.samples.len(), layout, replaces_key);
        let mut text = Vec::new();
        let mut packed = Vec::new();
        let mut deflate = None;
        let mut chunk = Chunk::default();
        while self.read(&mut chunk) {
            text.clear();
            let before = annotator.counts().records;
            let mut order = Order::default();
            let result = annotate_chunk(&mut annotator, &chunk, &mut text, &mut order);
            let gzip = lock(&self.sink).output.is_gzip();
            let bytes = if gzip {
                packed.clear();
                OutputFile::pack(&text, &mut packed, &mut deflate);
                &packed
            } else {
                &text
            };
            let records = annotator.counts().records - before;
            if !self.write(&chunk, bytes, result, order, records) {
                break;
            }
        }
        lock(&self.sink).counts.merge(&{
            let mut counts = annotator.into_counts();
            counts.records = 0;
            counts
        });
    }

    fn read(&self, chunk: &mut Chunk) -> bool {
        let mut source = lock(&self.source);
        if source.failed || self.cancel.load(Ordering::Relaxed) {
            return false;
        }
        if let Some(first) = source.first.take() {
            *chunk = first;
            return true;
        }
        match source.input.next_chunk(chunk) {
            Ok(more) => more,
            Err(error) => {
                source.failed = true;
                drop(source);
                let mut sink = lock(&self.sink);
                sink.error.get_or_insert(error);
                self.turn.notify_all();
                false
            }
        }
    }

    /// Waits for the chunk's turn and writes it; `false` where the run is over.
    fn write(
        &self,
        chunk: &Chunk,
        bytes: &[u8],
        result: Result<(), InputError>,
        order: Order,
        records: u64,
    ) -> bool {
        let mut sink = lock(&self.sink);
        while sink.next != chunk.number && sink.error.is_none() {
            sink = self.turn.wait(sink).unwrap_or_else(PoisonError::into_inner);
        }
        if sink.error.is_some() {
            return false;
        }
        let written = result.map_err(Error::from).and_then(|()| sink.output.write(bytes));
        sink.order.append(order);
        sink.counts.records += records;
        sink.next += 1;
        let total = sink.counts.records;
        let alive = written.is_ok();
        if let Err(error) = written {
            sink.error = Some(error);
            lock_failed(&self.source, &mut sink);
        }
        drop(sink);
        self.turn.notify_all();
        if alive {
            (self.progress)(chunk.fraction, total);
        }
        alive
    }
}

/// Wakes the threads that wait for the turn of one that panicked, so that the run ends.
struct PanicGuard<'a, 'r>(&'a Run<'r>);

impl Drop for PanicGuard<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.sink).error.get_or_insert(Error::Cancelled);
            self.0.turn.notify_all();
        }
    }
}

/// Stops the reading without waiting: whoever reads now sees the error when it comes to write.
fn lock_failed(source: &Mutex<Source>, _sink: &mut MutexGuard<'_, Sink>) {
    if let Ok(mut source) = source.try_lock() {
        source.failed = true;
    }
}

fn annotate_chunk(
    annotator: &mut Annotator<'_>,
    chunk: &Chunk,
    out: &mut Vec<u8>,
    order: &mut Order,
) -> Result<(), InputError> {
    let mut number = chunk.first_line;
    let mut rest = chunk.bytes.as_slice();
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = crate::vcf::trimmed(&rest[..end]);
        rest = &rest[end..];
        if line.first() == Some(&b'#') {
            return Err(header_again(number).into());
        }
        if !line.is_empty() {
            let pos = annotator.record(number, line, out)?;
            let contig = &line[..memchr::memchr(b'\t', line).unwrap_or(0)];
            order.push(contig, pos, number);
        }
        number += 1;
    }
    Ok(())
}

fn header_again(line: u64) -> Diagnostic {
    Diagnostic {
        line,
        column: None,
        severity: Severity::Error,
        code: Code::HeaderAfterRecords,
        message:
            "a header line stands among the records; were two files joined? use bcftools concat"
                .to_owned(),
    }
}

/// Watches whether records are sorted; chunk results are joined in order.
#[derive(Debug, Default)]
struct Order {
    first: Option<(Vec<u8>, u64, u64)>,
    contig: Vec<u8>,
    pos: u64,
    left: HashSet<Vec<u8>>,
    warning: Option<String>,
}

impl Order {
    #[inline]
    fn push(&mut self, contig: &[u8], pos: u64, line: u64) {
        if self.contig == contig {
            if pos < self.pos && self.warning.is_none() {
                self.warning = Some(format!(
                    "line {line}, POS: {pos} comes after {}; the file is not sorted, and is kept in its order",
                    self.pos
                ));
            }
            self.pos = pos;
            return;
        }
        if self.first.is_none() {
            self.first = Some((contig.to_vec(), pos, line));
        }
        let left = std::mem::replace(&mut self.contig, contig.to_vec());
        if !left.is_empty() {
            self.left.insert(left);
        }
        self.pos = pos;
        if self.left.contains(contig) && self.warning.is_none() {
            self.warning = Some(format!(
                "line {line}, CHROM: {:?} comes again after another contig; the file is not sorted, and is kept in its order",
                String::from_utf8_lossy(contig)
            ));
        }
    }

    fn append(&mut self, next: Self) {
        if let Some((contig, pos, line)) = &next.first {
            self.push(contig, *pos, *line);
            self.left.extend(next.left);
            self.contig.clone_from(&next.contig);
            self.pos = next.pos;
        }
        self.warning = self.warning.take().or(next.warning);
    }
}
