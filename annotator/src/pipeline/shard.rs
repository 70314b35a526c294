//! Annotates a shard of a file. The chunks, and so the compressed bytes, are those of a run in one piece.

use super::sink::Totals;
use super::{
    Options, OutputLimit, Progress, RunSettings, annotate_records, output_header, write_header,
};
use crate::assembly::check_header;
use crate::csq::first_chunk_boundary;
use crate::error::{Error, InputError};
use crate::reference::Reference;
use crate::shards::{
    Exclusion, Plan, PlanHead, PlanSettings, RangeSource, Shard, ShardCount, ShardError,
    count_lines, plan_with,
};
use crate::vcf::{
    AFTER_ANY_LINE, FindBoundary, HeaderText, InputFile, InputRange, OutputFile, read_header,
};
use gas_shared::reference::Sha256;
use gas_shared::vcf::{Diagnostic, Severity};
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Lines, sizes and counts of an annotated shard, which a join needs besides its records.
#[derive(Debug, Serialize, Deserialize)]
pub struct ShardResult {
    /// The shard.
    pub(super) shard: Shard,
    /// The digest of the run.
    pub(super) run: Sha256,
    /// The contigs that were not annotated.
    pub(super) excluded: Vec<String>,
    /// Lines of the shard.
    pub(super) lines: u64,
    /// Bytes of their text.
    pub(super) text_bytes: u64,
    /// Bytes of the annotated records.
    pub(super) bytes: u64,
    /// The totals, with lines that are counted from the start of the shard.
    pub(super) totals: Totals,
}

impl ShardResult {
    /// The path beside the annotated records.
    pub fn path(output: &Path) -> PathBuf {
        output.with_added_extension("shard")
    }

    /// Writes it beside the annotated records.
    ///
    /// # Errors
    /// [`ShardError`] if it cannot be written.
    pub fn write(&self, output: &Path) -> Result<(), ShardError> {
        let path = Self::path(output);
        let bytes = postcard::to_stdvec(self).map_err(|error| invalid(&path, error))?;
        Ok(fs::write(&path, bytes).map_err(Error::file(&path))?)
    }

    /// Reads it beside the annotated records.
    ///
    /// # Errors
    /// [`ShardError`] if it cannot be read.
    pub fn read(output: &Path) -> Result<Self, ShardError> {
        let path = Self::path(output);
        let bytes = fs::read(&path).map_err(Error::file(&path))?;
        postcard::from_bytes(&bytes).map_err(|error| invalid(&path, error))
    }

    /// The number of its records.
    pub fn records(&self) -> u64 {
        self.totals.counts.records
    }
}

fn invalid(path: &Path, error: postcard::Error) -> ShardError {
    ShardError::Invalid { file: path.display().to_string(), reason: error.to_string() }
}

/// The digest of what the shards of a result must have in common: the header of the result, which states the input's header, the
/// reference, the sources and the version, and the options that it does not state.
pub(super) fn run_digest(header: &HeaderText, options: &Options, reference: &Reference) -> Sha256 {
    let Options { mode, limits, annotate_mismatches, cut_interval, .. } = options;
    let others = (mode, limits, annotate_mismatches, cut_interval);
    let mut digest = sha2::Sha256::new();
    digest.update(output_header(header, options, reference));
    digest.update(format!("{others:?}"));
    Sha256::from_bytes(digest.finalize().into())
}

/// Cuts a file, plain or BGZF, into shards of about equal size, which a run with these options annotates.
///
/// # Errors
/// [`ShardError`] if the file cannot be read or cut.
pub fn plan_shards(
    input: &dyn RangeSource,
    shards: ShardCount,
    reference: &Reference,
    options: &Options,
) -> Result<Plan, ShardError> {
    options.annotations.check(reference)?;
    let model = options.csq_model(reference);
    let between_genes = |lines: &[u8], from| first_chunk_boundary(&model, reference, lines, from);
    let find_boundary: FindBoundary<'_> =
        if options.has_haplotypes() { &between_genes } else { AFTER_ANY_LINE };
    let settings = PlanSettings {
        cut_interval: options.cut_interval,
        find_boundary,
        limits: options.limits,
        run: &|header| run_digest(header, options, reference),
    };
    plan_with(input, shards, &settings)
}

/// Opens the input of a plan, and reads its header.
pub(super) fn open_planned(
    input: &Path,
    head: &PlanHead,
    options: &Options,
    reference: &Reference,
) -> Result<(HeaderText, InputFile), ShardError> {
    options.annotations.check(reference)?;
    let mut file = open_range(input, head.header_text(), options)?;
    if file.size() != head.input_bytes {
        return Err(ShardError::OtherInput { found: file.size(), planned: head.input_bytes });
    }
    let header = read_header(&mut file)?;
    if run_digest(&header, options, reference) != head.run {
        return Err(ShardError::OtherRun { made: "the plan".to_owned() });
    }
    Ok((header, file))
}

fn open_range(input: &Path, range: InputRange, options: &Options) -> Result<InputFile, Error> {
    InputFile::open_range(input, options.limits, options.cut_interval, Some(range))
}

/// Annotates a shard of `input`, of which header and shard are read, and writes its records to `output`: as BGZF,
/// without header and without the block that marks the end of a file. The header is beside it, with `.header` added to
/// the name: both together can be read, for example to build the index of the explorer.
///
/// If `input` is a copy without the text before the shard, that is read from `whole` to name the line of an error, except
/// of records that are not sorted: these are annotated in another way.
///
/// # Errors
/// [`ShardError`] if the shard cannot be annotated. The output is removed.
#[expect(clippy::too_many_arguments, reason = "a run of a shard has a plan in addition")]
pub fn annotate_shard(
    input: &Path,
    whole: Option<&dyn RangeSource>,
    head: &PlanHead,
    shard: &Shard,
    exclusion: Option<&Exclusion>,
    output: &Path,
    reference: &Reference,
    options: &Options,
    cancel: &AtomicBool,
    progress: Progress<'_>,
) -> Result<ShardResult, ShardError> {
    let (header, file) = open_planned(input, head, options, reference)?;
    let numbers = file.line_numbers();
    let mut findings = check_header(&header, reference)?;
    let excluded = exclusion.map_or_else(Vec::new, |exclusion| exclusion.contigs.clone());
    findings.excluded_contigs.extend(excluded.iter().map(|name| name.as_bytes().into()));
    let settings = RunSettings {
        header: &header,
        findings: &findings,
        numbers,
        reference,
        options,
        cancel,
        progress,
    };
    let mut header_out = OutputFile::create_shard(&output.with_added_extension("header"), false)?;
    write_header(&header, options, reference, &mut header_out)?;
    let text = shard.text(head);
    let records = open_range(input, text, options)?.without_header();
    let limit = OutputLimit::of_size(text.range.bytes_of(head.input_bytes), options);
    let out = OutputFile::create_shard(output, options.index)?;
    let check = |totals: &Totals| settings.check_order(totals);
    let run = annotate_records(records, None, out, limit, &check, &settings);
    let (records, out, totals) = run.map_err(|error| {
        let is_fallback = whole.is_some() && matches!(error, Error::Unsorted(_));
        let before = || match whole {
            _ if is_fallback => Err(io::ErrorKind::Unsupported.into()),
            Some(whole) => count_lines(whole, head.header_end, shard.start),
            None => count_lines(&File::open(input)?, head.header_end, shard.start),
        };
        located(error, shard, || before().map(|lines| lines + header.lines))
    })?;
    let bytes = out.written();
    out.finish()?;
    header_out.finish()?;
    let (lines, text_bytes) = records.read_so_far();
    let (shard, run) = (shard.clone(), head.run.clone());
    Ok(ShardResult { shard, run, excluded, lines, text_bytes, bytes, totals })
}

/// The error for records that are not sorted. Those of a whole file would be sorted instead.
pub(super) fn unsorted(found: Diagnostic) -> Diagnostic {
    let message = format!("{}; sort it with bcftools sort", found.message);
    Diagnostic { severity: Severity::Error, message, ..found }
}

/// Names the line of the whole file in an error. Its number is not known if the text before the shard cannot be
/// read, as in a copy that has the shard only.
fn located(error: Error, shard: &Shard, lines_before: impl FnOnce() -> io::Result<u64>) -> Error {
    let found = match error {
        Error::Input(InputError::Line(found)) => found,
        Error::Unsorted(found) => unsorted(found),
        error => return error,
    };
    let found = match lines_before() {
        Ok(before) => Diagnostic { line: found.line + before, ..found },
        Err(_) => {
            let Diagnostic { line, ref message, .. } = found;
            let number = shard.shard;
            let message =
                format!("{message} (line {line} of shard {number}, counted from its start)");
            Diagnostic { message, ..found }
        }
    };
    Error::Input(found.into())
}
