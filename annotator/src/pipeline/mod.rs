//! A whole file: chunks over threads, written in order, memory bounded by the chunks in flight.
//!
//! Every thread reads a chunk (one at a time), annotates and compresses it, hands it to the
//! [`sink`] and goes on. Whoever completes the chunk whose turn it is writes it and those behind it
//! that are ready, so that a chunk that takes long keeps nobody waiting.

mod engine;
mod order;
mod sink;

use crate::annotation_format::AnnotationFormat;
use crate::assembly::check_assembly;
use crate::colocated::OpenTrack;
use crate::csq::{self, CsqModel, CsqOptions, safe_cut};
use crate::error::{Error, InputError};
use crate::reference::Reference;
use crate::report::Counts;
use crate::vcf::{
    ANYWHERE, Chunk, Cut, HeaderText, InputFile, Limits, OutputFile, read_header, rewrite, sort,
};
use engine::Engine;
use gas_shared::vcf::{Code, Diagnostic, Header, Severity, Version};
pub(crate) use order::Order;
use sink::{Finished, Sink, Written};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is told of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Consequences with HGVS, positions and co-located variants, in an annotation format.
    Full(AnnotationFormat),
    /// Consequences only, in INFO/BCSQ.
    Csq(CsqOptions),
}

impl Mode {
    /// The INFO key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Full(format) => format.key(),
            Self::Csq(_) => csq::KEY,
        }
    }
}

/// How a file is annotated.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; at least one.
    pub threads: usize,
    /// What is told of a record.
    pub mode: Mode,
    /// Limits on compressed input.
    pub limits: Limits,
    /// Percentage of REF alleles that may differ before the run is stopped.
    pub max_mismatch_percent: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            mode: Mode::Full(AnnotationFormat::default()),
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
}

/// Progress after a chunk was written: the fraction done and the records so far.
pub type Progress<'a> = &'a (dyn Fn(f64, u64) + Sync);

/// The input and the number of the chunk to read next.
struct Source {
    input: InputFile,
    next: u64,
    failed: bool,
}

struct Run<'a> {
    source: Mutex<Source>,
    sink: Sink<'a>,
    reference: &'a Reference,
    model: &'a CsqModel,
    header: &'a HeaderText,
    options: &'a Options,
    gzip: bool,
    cancel: &'a AtomicBool,
}

/// Annotates `input` into `output`. A file that is not sorted is sorted first, in a file beside the
/// output.
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
    match annotate_sorted(input, output, reference, options, cancel, progress) {
        Err(Error::Unsorted(place)) => {
            let sorted = sort(input, output, options.limits)?;
            let mut outcome =
                annotate_sorted(&sorted.path, output, reference, options, cancel, progress)?;
            outcome.warnings.insert(0, format!("{place}, so that it was sorted"));
            Ok(outcome)
        }
        result => result,
    }
}

/// Annotates a file as long as it is sorted.
fn annotate_sorted(
    input: &Path,
    output: &Path,
    reference: &Reference,
    options: &Options,
    cancel: &AtomicBool,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let mut source = InputFile::open(input, options.limits)?;
    let header = read_header(&mut source)?;
    let mut out = OutputFile::create(output)?;
    write_header(&header, options.mode, reference, &mut out)?;
    let model = match options.mode {
        Mode::Full(_) => CsqModel::default(),
        Mode::Csq(_) => CsqModel::new(reference),
    };
    let check = |written: &Written| {
        if let Some(place) = &written.order.warning {
            return Err(Error::Unsorted(place.clone()));
        }
        let counts = &written.counts;
        let enough = counts.ref_checked >= ENOUGH_CHECKED;
        let limit = if enough { options.max_mismatch_percent } else { 100.0 };
        Ok(check_assembly(counts, &header.header, reference, limit)?)
    };
    let threads = options.threads.max(1);
    let run = Run {
        source: Mutex::new(Source { input: source, next: 0, failed: false }),
        gzip: out.is_gzip(),
        sink: Sink::new(out, threads, &check, progress),
        reference,
        model: &model,
        header: &header,
        options,
        cancel,
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| run.work());
        }
        run.work();
    });
    let (out, written) = run.sink.into_parts()?;
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::Cancelled);
    }
    finish(out, written, &header, reference, options)
}

/// After so many compared REF alleles a run with too many mismatches is stopped at once.
const ENOUGH_CHECKED: u64 = 1000;

fn write_header(
    header: &HeaderText,
    mode: Mode,
    reference: &Reference,
    sink: &mut OutputFile,
) -> Result<(), Error> {
    let mut definitions =
        vec![format!("##gas-annotate=<Version=\"{}\">", env!("CARGO_PKG_VERSION"))];
    match mode {
        Mode::Full(format) => definitions.extend(format.definitions()),
        Mode::Csq(options) => {
            definitions.extend(csq::definitions(options.local, header.header.samples.len()));
        }
    }
    definitions.extend(reference.tracks().iter().filter_map(OpenTrack::info_definition));
    let mut text = Vec::new();
    header.write(&definitions, &mut text);
    if sink.is_gzip() {
        let mut packed = Vec::new();
        OutputFile::pack(&text, &mut packed, &mut None);
        return sink.write(&packed);
    }
    sink.write(&text)
}

fn finish(
    output: OutputFile,
    written: Written,
    header: &HeaderText,
    reference: &Reference,
    options: &Options,
) -> Result<Outcome, Error> {
    if written.counts.records == 0 {
        let finding = Diagnostic {
            line: header.meta.len() as u64 + 1,
            column: None,
            severity: Severity::Error,
            code: Code::NoRecords,
            message: "the file has no records after its header".to_owned(),
        };
        return Err(InputError::from(finding).into());
    }
    check_assembly(&written.counts, &header.header, reference, options.max_mismatch_percent)?;
    let mut warnings: Vec<String> =
        header.header.warnings.iter().map(ToString::to_string).collect();
    warnings.extend(warnings_of(&written.counts, written.forced, &reference.manifest.assembly));
    output.finish()?;
    Ok(Outcome { counts: written.counts, header: header.header.clone(), warnings })
}

/// What the counts warn of.
fn warnings_of(counts: &Counts, forced: u64, assembly: &str) -> impl Iterator<Item = String> {
    [
        (
            counts.unknown_contig,
            format!("records are on contigs that {assembly} does not have; they are passed through"),
        ),
        (
            counts.ref_mismatches,
            format!("of {} REF alleles are not what the reference has", counts.ref_checked),
        ),
        (
            counts.not_left_aligned,
            "indels are not left-aligned and are kept so; identifiers may be missed: bcftools norm aligns them".to_owned(),
        ),
        (
            counts.overlapping,
            "alleles overlap another of their haplotype and are left out of it".to_owned(),
        ),
        (
            counts.unnamed,
            "records have more consequences than FORMAT/BCSQ can name; allow more with --ncsq".to_owned(),
        ),
        (
            forced,
            "times haplotypes were cut, as the records they span are too large to hold back".to_owned(),
        ),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, text)| format!("{count} {text}"))
}

impl Run<'_> {
    fn work(&self) {
        let _guard = PanicGuard(self);
        let mut engine = Engine::new(self.reference, self.model, self.options, &self.header.header);
        let mut text = Vec::new();
        let mut deflate = None;
        let mut chunk = Chunk::default();
        while let Some(number) = self.read(&mut chunk) {
            text.clear();
            let counts = engine.counts();
            let before = (counts.records, counts.ref_checked, counts.ref_mismatches);
            let mut order = Order::default();
            if let Err(error) = self.annotate(&mut engine, &chunk, &mut text, &mut order) {
                self.sink.fail_at(number, error.into());
                break;
            }
            let mut bytes = self.sink.buffer();
            if self.gzip {
                OutputFile::pack(&text, &mut bytes, &mut deflate);
            } else {
                std::mem::swap(&mut bytes, &mut text);
            }
            let counts = engine.counts();
            let finished = Finished {
                bytes,
                order,
                records: counts.records - before.0,
                ref_checked: counts.ref_checked - before.1,
                ref_mismatches: counts.ref_mismatches - before.2,
                fraction: chunk.fraction,
                forced: chunk.forced,
            };
            if !self.sink.deliver(number, finished) {
                break;
            }
        }
        self.sink.add_counts(engine.into_counts());
    }

    fn annotate(
        &self,
        engine: &mut Engine<'_>,
        chunk: &Chunk,
        out: &mut Vec<u8>,
        order: &mut Order,
    ) -> Result<(), InputError> {
        let old = self.header.header.version < Version(4, 0);
        let mut rewritten = Vec::new();
        let mut number = chunk.first_line;
        let mut rest = chunk.bytes.as_slice();
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
            let mut line = crate::vcf::trimmed(&rest[..end]);
            rest = &rest[end..];
            if line.first() == Some(&b'#') {
                return Err(header_again(number).into());
            }
            let old_pos = if old { rewrite(line, self.reference, &mut rewritten) } else { None };
            if old_pos.is_some() {
                line = &rewritten;
            }
            if !line.is_empty() {
                let pos = engine.record(number, line, out)?;
                // What begins a base earlier in VCF 4 than in VCF 3.3 is no disorder.
                let pos = old_pos.unwrap_or(pos);
                let contig = &line[..memchr::memchr(b'\t', line).unwrap_or(0)];
                order.push(contig, pos, number);
            }
            number += 1;
        }
        engine.finish_chunk(out);
        Ok(())
    }

    /// Reads the next chunk and returns its number; `None` at the end of the file or of the run.
    fn read(&self, chunk: &mut Chunk) -> Option<u64> {
        // A thread that panicked ends the run through its join; the state is not used after that.
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        if source.failed || self.cancel.load(Ordering::Relaxed) || self.sink.has_failed() {
            return None;
        }
        let number = source.next;
        let behind_genes = |lines: &[u8]| safe_cut(self.model, self.reference, lines);
        let cut: Cut<'_> = match self.options.mode {
            Mode::Csq(options) if !options.local => &behind_genes,
            _ => ANYWHERE,
        };
        match source.input.next_chunk(chunk, cut) {
            Ok(more) => {
                source.next += 1;
                more.then_some(number)
            }
            Err(error) => {
                source.failed = true;
                drop(source);
                self.sink.fail_at(number, error);
                None
            }
        }
    }
}

/// Wakes the threads that wait for the turn of one that panicked, so that the run ends.
struct PanicGuard<'a, 'r>(&'a Run<'r>);

impl Drop for PanicGuard<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.sink.fail(Error::Cancelled);
        }
    }
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
