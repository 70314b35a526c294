//! Annotates a file with several threads. The output is in file order, and memory is bounded by the
//! number of chunks in flight.
//!
//! Each thread reads a chunk (one thread at a time), annotates and compresses it and delivers it to
//! the [`sink`]. The thread that completes the next chunk in file order writes it, together with
//! the following chunks that are ready, so a slow chunk does not block other threads.

mod any_annotator;
mod join;
mod order_check;
mod provenance;
mod shard;
mod sink;

use crate::annotation_format::AnnotationFormat;
use crate::annotation_options::AnnotationOptions;
use crate::assembly::{
    HeaderFindings, Mitochondrion, check_assembly, check_contigs, check_header, nothing_annotated,
    unknown_contigs,
};
use crate::colocated::{OpenTrack, SourceSet};
use crate::csq::{self, CsqModel, CsqOptions, first_chunk_boundary};
use crate::error::{Error, InputError};
use crate::reference::Reference;
use crate::report::{AnnotationGap, Counts};
use crate::vcf::{
    AFTER_ANY_LINE, CUT_INTERVAL, Chunk, FindBoundary, HeaderText, InputFile, LineNumbers,
    OutputFile, OutputForm, SortedFile, read_header, rewrite_old_alleles, sort_file,
};
use any_annotator::AnyAnnotator;
use flate2::Compress;
use gas_shared::reference::{ReferenceId, Sha256};
use gas_shared::vcf::{Code, Column, Diagnostic, Header, InputLimits, Severity, Version, is_blank};
pub use join::{JoinedFile, join_shards};
pub(crate) use order_check::OrderCheck;
pub use provenance::provenance;
pub use shard::{ShardResult, annotate_shard, plan_shards};
use sink::{AnnotatedChunk, Sink, Totals};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The warning about a file that ends after its header.
pub(crate) const NO_RECORDS: &str = "the file has no records after its header";

/// The annotation mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Consequences with HGVS, positions and co-located variants, in an annotation format.
    Full(AnnotationFormat),
    /// Consequences of haplotypes, in INFO/BCSQ.
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

/// Options of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of threads; 0 is the same as 1.
    pub threads: usize,
    /// The annotation mode.
    pub mode: Mode,
    /// Which annotations of an allele are written.
    pub annotations: AnnotationOptions,
    /// The sources to annotate with.
    pub sources: SourceSet,
    /// The id of the reference in a catalog, for the header and the summary.
    pub reference_id: Option<ReferenceId>,
    /// The digest of the catalog's manifest of the reference, which also covers its tracks, for the header
    /// and the summary.
    pub manifest_sha256: Option<Sha256>,
    /// The gene set with its release, such as `Ensembl 115`, for the header and the summary.
    pub gene_set: Option<String>,
    /// Limits of the input.
    pub limits: InputLimits,
    /// The percentage of REF alleles that may differ from the reference.
    pub max_mismatch_percent: f64,
    /// Annotate records whose REF differs from the reference, too.
    pub annotate_mismatches: bool,
    /// Write protein descriptions as predictions, `p.(Gly2Ala)`.
    pub hgvsp_predicted: bool,
    /// Reject a file that has variants of which none can be annotated.
    pub require_annotation: bool,
    /// The annotated text may have this many bytes whatever the size of the input.
    pub min_output_bytes: u64,
    /// Write an index next to an output that is bgzipped: its name with `.tbi` added, or `.csi` if a
    /// contig is too long for tabix.
    pub index: bool,
    /// The distance of two places at which the input may be cut into shards, in bytes. Chunks end there, so runs
    /// with different values have differently compressed output.
    pub cut_interval: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 1,
            mode: Mode::Full(AnnotationFormat::default()),
            annotations: AnnotationOptions::default(),
            sources: SourceSet::default(),
            reference_id: None,
            manifest_sha256: None,
            gene_set: None,
            limits: InputLimits::DEFAULT,
            max_mismatch_percent: 5.0,
            annotate_mismatches: false,
            hgvsp_predicted: false,
            require_annotation: false,
            min_output_bytes: 64 << 20,
            index: false,
            cut_interval: CUT_INTERVAL,
        }
    }
}

impl Options {
    /// The models that find the boundaries of chunks in the haplotype mode, and annotate in it.
    fn csq_model(&self, reference: &Reference) -> CsqModel {
        match self.mode {
            Mode::Full(_) => CsqModel::default(),
            Mode::Csq(_) => CsqModel::with_transcripts(reference, self.annotations.transcripts),
        }
    }

    /// Whether haplotypes must not be cut.
    const fn has_haplotypes(&self) -> bool {
        matches!(self.mode, Mode::Csq(csq) if !csq.local)
    }
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The counts.
    pub counts: Counts,
    /// The header of the input.
    pub header: Header,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// What a run has done so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Done {
    /// The fraction of the input that has been read.
    pub fraction: f64,
    /// Records that have been written.
    pub records: u64,
    /// Bytes of the output that are complete. They do not change, unless the run begins again because the
    /// records are not sorted or of another mitochondrion, which a smaller number shows.
    pub written: u64,
}

/// Called after each written chunk, and when a run begins again.
pub type Progress<'a> = &'a (dyn Fn(Done) + Sync);

/// The input and the number of its next chunk.
struct ChunkReader {
    input: InputFile,
    next: u64,
    failed: bool,
}

/// A chunk whose text reaches this many bytes is written in parts.
const MAX_HELD_BYTES: usize = 32 << 20;

/// The annotated text of a chunk.
struct ChunkOutput<'a> {
    /// The number of the chunk.
    number: u64,
    /// Text that is not written yet.
    text: &'a mut Vec<u8>,
    /// Bytes of text that have been written.
    written: usize,
    /// Records of VCF 3.3 whose REF was completed from the reference.
    completed_references: u64,
    deflate: &'a mut Option<Compress>,
}

impl ChunkOutput<'_> {
    const fn len(&self) -> usize {
        self.written.saturating_add(self.text.len())
    }
}

struct Run<'a> {
    reader: Mutex<ChunkReader>,
    /// The sorted copy that is read instead of the user's file.
    sorted: Option<&'a SortedFile>,
    sink: Sink<'a>,
    reference: &'a Reference,
    model: &'a CsqModel,
    header: &'a HeaderText,
    findings: &'a HeaderFindings,
    options: &'a Options,
    form: OutputForm,
    output: OutputLimit,
    cancel: &'a AtomicBool,
}

/// The most bytes of text that the output may have, and how many have been annotated.
///
/// Files of many records at different positions need much more than others: in the densest 500 kb of
/// a human genome, 138 transcripts overlap each base, and all SNVs there, compressed, become 6,500
/// times as long. Records that repeat a position give no such allowance, so that a file of identical
/// records, which is compressed to almost nothing, is bounded by its size.
struct OutputLimit {
    most: u64,
    /// Bytes of the annotated chunks beyond the allowance that their positions give.
    used: AtomicU64,
}

/// The most bytes of output per byte of the input file, for records at any position.
const OUTPUT_GROWTH: u64 = 1000;

/// The bytes of output that each further position with records may have in addition. The SNVs at a
/// base below 256 transcripts, the most in GENCODE's models of GRCh38, have 40 KB each.
const POSITION_BYTES: usize = 128 << 10;

/// Work on haplotypes per byte of output, in units of about a nanosecond. The exome of one person and
/// the genes of 2,504 samples take a tenth.
const WORK_PER_BYTE: u64 = 20;

impl OutputLimit {
    fn new(input: &Path, options: &Options) -> Result<Self, Error> {
        let size = fs::metadata(input).map_err(Error::file(input))?.len();
        Ok(Self::of_size(size, options))
    }

    fn of_size(size: u64, options: &Options) -> Self {
        let most = size.saturating_mul(OUTPUT_GROWTH).max(options.min_output_bytes);
        Self { most, used: AtomicU64::new(0) }
    }

    /// The most work on haplotypes, in units of about a nanosecond.
    fn max_work(&self) -> u64 {
        self.most.saturating_mul(WORK_PER_BYTE)
    }

    /// Bytes that are left for the next chunk.
    fn left(&self) -> usize {
        let left = self.most.saturating_sub(self.used.load(Ordering::Relaxed));
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    fn too_large(&self, line: u64) -> InputError {
        let message = format!(
            "the annotated file has more than {} bytes, which is far more than files of this size \
             have; split the file",
            self.most
        );
        diagnostic(line, Code::ResultTooLarge, message).into()
    }
}

/// Annotates `input` and writes `output`. If the input turns out not to be sorted, it is sorted
/// into a temporary file next to the output, which is then annotated.
///
/// # Errors
/// [`Error`] if the input is invalid or a file cannot be read or written. The output is removed.
pub fn annotate_file(
    input: &Path,
    output: &Path,
    reference: &Reference,
    options: &Options,
    cancel: &AtomicBool,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    options.annotations.check(reference)?;
    let limit = || OutputLimit::new(input, options);
    let open = || {
        let mut file = InputFile::open_range(input, options.limits, options.cut_interval, None)?;
        let header = read_header(&mut file)?;
        Ok::<_, Error>((file, header))
    };
    let (file, header) = open()?;
    let numbers = file.line_numbers();
    let file_warning = file.warning();
    let annotate = |file, findings: &HeaderFindings| {
        let settings = RunSettings {
            header: &header,
            findings,
            numbers,
            reference,
            options,
            cancel,
            progress,
        };
        let run = |file, sorted| annotate_sorted(file, sorted, output, limit()?, &settings);
        let result = match run(file, None) {
            Err(Error::Unsorted(unsorted)) => {
                let old_alleles = (header.header.version < Version(4, 0)).then_some(reference);
                let sorted = sort_file(open()?.0, output, old_alleles)?;
                let file = InputFile::open(sorted.path(), options.limits)?.without_header();
                let mut outcome = run(file, Some(&sorted))?;
                let unsorted = numbers.locate(unsorted.into());
                let form = if old_alleles.is_some() { " in the form of VCF 4" } else { "" };
                let warning = format!("{unsorted}{form}, so it was sorted before annotation");
                outcome.warnings.insert(0, warning);
                Ok(outcome)
            }
            result => result,
        };
        result.map_err(|error| match error {
            Error::Input(error) => numbers.locate(error).into(),
            error => error,
        })
    };
    let mut findings = check_header(&header, reference)?;
    let mut outcome = annotate(file, &findings)?;
    let mitochondrion = Mitochondrion::of(&outcome.counts, &header.header, &findings, reference);
    match mitochondrion {
        Mitochondrion::Other(contigs, warning) if !options.annotate_mismatches => {
            // Some of its records have been annotated, because their REF agrees by chance.
            findings.excluded_contigs.extend(contigs);
            findings.warnings.push(warning);
            outcome = annotate(open()?.0, &findings)?;
        }
        Mitochondrion::Other(_, warning) | Mitochondrion::Undecided(warning) => {
            outcome.warnings.push(warning);
        }
        Mitochondrion::Known => {}
    }
    outcome.complete(&findings, reference, file_warning);
    Ok(outcome)
}

impl Outcome {
    /// Adds what is known when no part of the run is repeated.
    fn complete(
        &mut self,
        findings: &HeaderFindings,
        reference: &Reference,
        file_warning: Option<&str>,
    ) {
        let number_of = |name: &[u8]| {
            let is_used = !findings.excluded_contigs.contains(name);
            let contig = reference.contig(name).filter(|_| is_used);
            contig.map(|contig| contig.number)
        };
        self.counts.join_spellings(number_of);
        self.warnings.splice(0..0, file_warning.map(str::to_owned));
    }
}

/// What a run needs besides its records, which are read twice if they are not sorted.
struct RunSettings<'a> {
    header: &'a HeaderText,
    findings: &'a HeaderFindings,
    numbers: LineNumbers,
    reference: &'a Reference,
    options: &'a Options,
    cancel: &'a AtomicBool,
    progress: Progress<'a>,
}

/// Annotates records that must be sorted. They may be those of a sorted copy.
fn annotate_sorted(
    input: InputFile,
    sorted: Option<&SortedFile>,
    output: &Path,
    limit: OutputLimit,
    settings: &RunSettings<'_>,
) -> Result<Outcome, Error> {
    let RunSettings { header, reference, options, .. } = *settings;
    let mut out = OutputFile::create(output, options.index)?;
    write_header(header, options, reference, &mut out)?;
    let check = |totals: &Totals| settings.check(totals);
    let (_, out, totals) = annotate_records(input, sorted, out, limit, &check, settings)?;
    finish(out, totals, settings)
}

impl RunSettings<'_> {
    /// Checks the totals so far, which end the run if the rest of the file cannot change them for the better.
    fn check(&self, totals: &Totals) -> Result<(), Error> {
        let Self { header, reference, options, .. } = *self;
        self.check_order(totals)?;
        let counts = &totals.counts;
        let enough = counts.ref_checked >= ENOUGH_CHECKED;
        let limit = if enough { options.max_mismatch_percent } else { 100.0 };
        Ok(check_assembly(counts, &header.header, reference, limit)?)
    }

    fn check_order(&self, totals: &Totals) -> Result<(), Error> {
        if let Some(unsorted) = &totals.order.warning {
            return Err(Error::Unsorted(unsorted.clone()));
        }
        let most = self.options.limits.contigs;
        if totals.order.contigs() > most {
            return Err(too_many_contigs(&totals.order, most).into());
        }
        Ok(())
    }
}

/// Annotates records, and returns the input, which has been read, the output, which is not finished, and the totals.
fn annotate_records(
    input: InputFile,
    sorted: Option<&SortedFile>,
    out: OutputFile,
    limit: OutputLimit,
    check: &(dyn Fn(&Totals) -> Result<(), Error> + Sync),
    settings: &RunSettings<'_>,
) -> Result<(InputFile, OutputFile, Totals), Error> {
    let RunSettings { header, findings, reference, options, cancel, progress, .. } = *settings;
    progress(Done { fraction: 0.0, records: 0, written: 0 });
    let model = options.csq_model(reference);
    let threads = options.threads.max(1);
    let run = Run {
        reader: Mutex::new(ChunkReader { input, next: 0, failed: false }),
        sorted,
        form: out.form(),
        sink: Sink::new(out, threads, check, progress),
        reference,
        model: &model,
        header,
        findings,
        options,
        output: limit,
        cancel,
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| run.work());
        }
        run.work();
    });
    let Run { reader, sink, .. } = run;
    let (out, totals) = sink.into_parts()?;
    if cancel.load(Ordering::Relaxed) {
        return Err(Error::Cancelled);
    }
    let input = reader.into_inner().unwrap_or_else(PoisonError::into_inner).input;
    Ok((input, out, totals))
}

/// A run with too many mismatches stops as soon as this many REF alleles have been compared.
const ENOUGH_CHECKED: u64 = 1000;

fn write_header(
    header: &HeaderText,
    options: &Options,
    reference: &Reference,
    sink: &mut OutputFile,
) -> Result<(), Error> {
    let longest = reference.contigs().map(|contig| contig.sequence.len() as u64).max();
    sink.write_header(output_header(header, options, reference), longest.unwrap_or(0))
}

/// The header of the output.
fn output_header(header: &HeaderText, options: &Options, reference: &Reference) -> Vec<u8> {
    let sources = &options.sources;
    let mut definitions = vec![provenance::header_line(reference, options)];
    match options.mode {
        Mode::Full(format) => {
            let optional = options.annotations.optional_fields();
            definitions.extend(format.definitions(optional, sources));
        }
        Mode::Csq(options) => {
            definitions.extend(csq::definitions(options.local, header.header.samples.len()));
        }
    }
    let is_info = options.mode != Mode::Full(AnnotationFormat::Csq);
    definitions.extend(sources.column_definitions(is_info));
    definitions.extend(sources.definitions(reference));
    definitions.push(AnnotationGap::definition());
    definitions.extend(reference.tracks().iter().filter_map(OpenTrack::info_definition));
    let mut text = Vec::new();
    header.write(&definitions, &mut text);
    text
}

fn finish(
    output: OutputFile,
    totals: Totals,
    settings: &RunSettings<'_>,
) -> Result<Outcome, Error> {
    let RunSettings { header, findings, numbers, reference, options, .. } = *settings;
    check_assembly(&totals.counts, &header.header, reference, options.max_mismatch_percent)?;
    let mut warnings: Vec<String> =
        header.header.warnings.iter().map(ToString::to_string).collect();
    warnings.extend(findings.warnings.iter().cloned());
    let is_info = options.mode != Mode::Full(AnnotationFormat::Csq);
    warnings.extend(options.sources.warnings(&totals.counts, reference, is_info));
    warnings.extend((totals.counts.records == 0).then(|| NO_RECORDS.to_owned()));
    warnings.extend(check_contigs(&totals.counts, &header.header, reference)?);
    if options.require_annotation
        && let Some(error) = nothing_annotated(&totals.counts, reference)
    {
        return Err(error.into());
    }
    warnings.extend(count_warnings(&totals, reference, options.annotate_mismatches, numbers));
    let samples = &header.header.samples;
    let genotypes = &totals.counts.genotype_problems;
    warnings.extend(genotypes.warnings(|line| numbers.name(line), samples));
    let unindexed = output.finish()?;
    warnings.extend(unindexed.map(|problem| format!("the output has no index: {problem}")));
    Ok(Outcome { counts: totals.counts, header: header.header.clone(), warnings })
}

/// The warnings that follow from the counts.
fn count_warnings(
    totals: &Totals,
    reference: &Reference,
    annotates_mismatches: bool,
    numbers: LineNumbers,
) -> impl Iterator<Item = String> {
    let assembly = &reference.manifest.assembly;
    let counts = &totals.counts;
    [
        (
            counts.gap(AnnotationGap::OutsideReference),
            format!(
                "records are on contigs that {assembly} does not have{}; they are not annotated",
                unknown_contigs(counts, reference)
            ),
        ),
        (
            counts.gap(AnnotationGap::BeyondContig),
            format!(
                "records are beyond the end of their contig in the {assembly} reference; they are \
                 not annotated"
            ),
        ),
        (
            counts.at_left_out_transcripts,
            "records are at transcripts that the reference leaves out, because their models could not be \
             read (left_out in its manifest.json); their annotations lack these transcripts".to_owned(),
        ),
        (
            counts.ref_mismatches,
            format!(
                "of {} REF alleles do not match the reference; their records are {}",
                counts.ref_checked,
                if annotates_mismatches { "annotated as requested" } else { "not annotated" }
            ),
        ),
        (
            counts.not_left_aligned,
            "indels are not left-aligned, so programs that compare positions may miss them; bcftools norm aligns them".to_owned(),
        ),
        (
            counts.overlapping,
            "alleles overlap another allele of their haplotype, as in wrongly phased files, and are left out of it".to_owned(),
        ),
        (
            counts.unnamed,
            "records have more consequences than FORMAT/BCSQ can refer to; raise the limit with --ncsq".to_owned(),
        ),
        (
            totals.completed_references,
            "records with alleles of VCF 3.3 do not give all bases of REF; the others are those of the \
             reference, so these records cannot show that the file is of another assembly".to_owned(),
        ),
        (
            totals.forced_boundaries,
            "times haplotypes were split, because the records of a region exceed the memory limit; split the file by samples, or use --local".to_owned(),
        ),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, text)| format!("{count} {text}"))
    .chain((counts.cut.0 > 0).then(|| {
        format!(
            "{} records have more consequences than the limits allow; only the first ones are written \
             (first in {}); split their alleles into records, or annotate fewer samples",
            counts.cut.0,
            numbers.name(counts.cut.1)
        )
    }))
    .chain(counts.structural_problems.warnings(move |line| numbers.name(line)))
}

impl Run<'_> {
    fn work(&self) {
        let _guard = PanicGuard(self);
        let mut annotator = AnyAnnotator::new(
            self.reference,
            self.model,
            self.options,
            &self.header.header,
            &self.findings.excluded_contigs,
            self.output.max_work(),
        );
        let mut text = Vec::new();
        let mut deflate = None;
        let mut chunk = Chunk::default();
        while let Some(number) = self.read(&mut chunk) {
            text.clear();
            let counts = annotator.counts();
            let before = (counts.records, counts.ref_checked, counts.ref_mismatches);
            let mut order = OrderCheck::default();
            let mut output = ChunkOutput {
                number,
                text: &mut text,
                written: 0,
                completed_references: 0,
                deflate: &mut deflate,
            };
            match self.annotate(&mut annotator, &chunk, &mut output, &mut order) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.sink.fail_at(number, error);
                    break;
                }
            }
            let completed_references = output.completed_references;
            let mut piece = self.sink.piece();
            self.form.piece(&mut text, &mut piece, &mut deflate);
            let counts = annotator.counts();
            let annotated = AnnotatedChunk {
                piece,
                order,
                records: counts.records - before.0,
                ref_checked: counts.ref_checked - before.1,
                ref_mismatches: counts.ref_mismatches - before.2,
                fraction: chunk.fraction,
                forced_boundary: chunk.forced_boundary,
                completed_references,
            };
            if !self.sink.deliver(number, annotated) {
                break;
            }
        }
        self.sink.add_counts(annotator.into_counts());
    }

    /// Annotates a chunk; `false` if the run has ended.
    fn annotate(
        &self,
        annotator: &mut AnyAnnotator<'_>,
        chunk: &Chunk,
        out: &mut ChunkOutput<'_>,
        order: &mut OrderCheck,
    ) -> Result<bool, Error> {
        let old = self.header.header.version < Version(4, 0);
        let mut rewritten = Vec::new();
        let mut rewritten_bytes = 0;
        let mut rest = chunk.bytes.as_slice();
        let left = self.output.left();
        let mut allowed = left;
        let mut last_pos = None;
        let numbers = self.numbers_of(chunk)?;
        let mut numbers = numbers.into_iter().chain(chunk.first_line..);
        let mut number = chunk.first_line;
        while !rest.is_empty() {
            number = numbers.next().unwrap_or(number);
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
            let mut line = crate::vcf::trimmed(&rest[..end]);
            rest = &rest[end..];
            if line.first() == Some(&b'#') {
                return Err(InputError::from(second_header(number)).into());
            }
            if old
                && let Some(converted) = rewrite_old_alleles(line, self.reference, &mut rewritten)
            {
                out.completed_references += u64::from(converted.is_completed);
                // A short record of VCF 3.3 may delete millions of bases.
                rewritten_bytes += rewritten.len();
                if rewritten_bytes > allowed {
                    return Err(self.output.too_large(number).into());
                }
                line = &rewritten;
            }
            if !is_blank(line) {
                let pos = annotator.record(number, line, out.text)?;
                if last_pos.replace(pos).is_some_and(|last| last != pos) {
                    allowed = allowed.saturating_add(POSITION_BYTES);
                }
                if out.len() > allowed {
                    return Err(self.output.too_large(number).into());
                }
                if out.text.len() > MAX_HELD_BYTES && !self.write_part(out) {
                    return Ok(false);
                }
                let contig = &line[..memchr::memchr(b'\t', line).unwrap_or(0)];
                order.push(contig, pos, number);
            }
        }
        annotator.finish_chunk(out.text);
        if let Some(damage) = annotator.damage() {
            return Err(Error::DamagedSource(damage));
        }
        if out.len() > allowed {
            return Err(self.output.too_large(number).into());
        }
        let beyond = out.len().saturating_sub(allowed - left);
        self.output.used.fetch_add(beyond as u64, Ordering::Relaxed);
        Ok(true)
    }

    /// Writes what a chunk has so far; `false` if the run has ended.
    fn write_part(&self, out: &mut ChunkOutput<'_>) -> bool {
        out.written += out.text.len();
        let mut piece = self.sink.piece();
        self.form.piece(out.text, &mut piece, out.deflate);
        let has_written = self.sink.write_part(out.number, &piece);
        out.text.clear();
        has_written
    }

    /// The numbers that the lines of a chunk have in the user's file; empty if that is what is read.
    fn numbers_of(&self, chunk: &Chunk) -> Result<Vec<u64>, Error> {
        let Some(sorted) = self.sorted else { return Ok(Vec::new()) };
        let lines = memchr::memchr_iter(b'\n', &chunk.bytes).count();
        sorted.original_lines(chunk.first_line, lines)
    }

    /// Reads the next chunk and returns its number; `None` at the end of the file or of the run.
    fn read(&self, chunk: &mut Chunk) -> Option<u64> {
        // If a thread panics, joining it ends the run, and the state is not used afterwards.
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.failed || self.cancel.load(Ordering::Relaxed) || self.sink.has_failed() {
            return None;
        }
        let number = reader.next;
        let between_genes =
            |lines: &[u8], from| first_chunk_boundary(self.model, self.reference, lines, from);
        let find_boundary: FindBoundary<'_> =
            if self.options.has_haplotypes() { &between_genes } else { AFTER_ANY_LINE };
        match reader.input.next_chunk(chunk, find_boundary) {
            Ok(more) => {
                reader.next += 1;
                more.then_some(number)
            }
            Err(error) => {
                reader.failed = true;
                drop(reader);
                self.sink.fail_at(number, error);
                None
            }
        }
    }
}

/// Ends the run if a thread panics, which wakes the threads that wait for its chunk.
struct PanicGuard<'a, 'r>(&'a Run<'r>);

impl Drop for PanicGuard<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.sink.fail(Error::Cancelled);
        }
    }
}

fn second_header(line: u64) -> Diagnostic {
    let message =
        "a header line is among the records; if files were joined, use bcftools concat instead";
    diagnostic(line, Code::HeaderAfterRecords, message.to_owned())
}

/// The error for records on more contigs than the limit.
pub(crate) fn too_many_contigs(order: &OrderCheck, most: usize) -> InputError {
    let message = format!("the records are on more than {most} contigs; split the file by contig");
    let finding = diagnostic(order.last_line(), Code::TooMany, message);
    Diagnostic { column: Some(Column::Chrom), ..finding }.into()
}

fn diagnostic(line: u64, code: Code, message: String) -> Diagnostic {
    Diagnostic { line, column: None, severity: Severity::Error, code, message }
}
