//! Joins annotated shards: the bytes are those of a run in one piece. No record is read again.

use super::shard::{ShardResult, open_planned, unsorted};
use super::sink::Totals;
use super::{Options, Outcome, RunSettings, finish, write_header};
use crate::assembly::{Mitochondrion, check_header};
use crate::error::{Error, InputError};
use crate::reference::Reference;
use crate::shards::{Exclusion, Plan, ShardError, UploadPart, upload_parts};
use crate::vcf::{END_OF_FILE, InputFile, OutputFile, too_many_records};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What the file of a joined result has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinedFile {
    /// The whole result.
    Whole,
    /// Its header and its end. The result is put together from it and the annotated shards.
    Frame,
}

/// Joins the annotated shards of a plan, in their order, and writes the result with its index. Of `input`, the
/// header is read. Returns also the parts of an upload that puts the result together.
///
/// # Errors
/// [`ShardError::Exclude`] if shards must be annotated again, [`ShardError`] otherwise if a shard is missing, or was made
/// with other options, or if a run in one piece would fail. The output is removed.
#[expect(clippy::too_many_arguments, reason = "a run in shards has a plan in addition")]
pub fn join_shards(
    input: &Path,
    plan: &Plan,
    outputs: &[PathBuf],
    exclusion: Option<&Exclusion>,
    output: &Path,
    file: JoinedFile,
    reference: &Reference,
    options: &Options,
) -> Result<(Outcome, Vec<UploadPart>), ShardError> {
    let (header, records) = open_planned(input, &plan.head, options, reference)?;
    let mut findings = check_header(&header, reference)?;
    findings.excluded_contigs.extend(names(exclusion));
    let settings = RunSettings {
        header: &header,
        findings: &findings,
        numbers: records.line_numbers(),
        reference,
        options,
        cancel: &AtomicBool::new(false),
        progress: &|_| {},
    };
    let known = read_shards(plan, outputs)?;
    if let Some(exclusion) = exclusion {
        let shards = shards_with(&known, &exclusion.contigs);
        if !shards.is_empty() {
            return Err(ShardError::Exclude { exclusion: exclusion.clone(), shards });
        }
    }
    let totals = settings.join_totals(&records, &known)?;
    let mitochondrion = Mitochondrion::of(&totals.counts, &header.header, &findings, reference);
    let mut warning = None;
    match mitochondrion {
        Mitochondrion::Other(contigs, text) if !options.annotate_mismatches => {
            let text_of = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
            let mut contigs: Vec<String> = contigs.iter().map(|name| text_of(name)).collect();
            contigs.sort_unstable();
            let shards = shards_with(&known, &contigs);
            let exclusion = Exclusion { contigs, warning: text };
            return Err(ShardError::Exclude { exclusion, shards });
        }
        Mitochondrion::Other(_, text) | Mitochondrion::Undecided(text) => warning = Some(text),
        Mitochondrion::Known => {}
    }
    let mut findings = findings.clone();
    findings.warnings.extend(exclusion.map(|exclusion| exclusion.warning.clone()));
    let settings = RunSettings { findings: &findings, ..settings };
    let mut out = OutputFile::create(output, options.index)?;
    write_header(&header, options, reference, &mut out)?;
    let header_bytes = out.written();
    for (path, shard) in outputs.iter().zip(&known) {
        out.append_shard(path, shard.bytes, file == JoinedFile::Whole)?;
    }
    let mut outcome = finish(out, totals, &settings)?;
    outcome.warnings.extend(warning);
    let file_warning = InputFile::end_warning(plan.head.has_end_mark);
    outcome.complete(&findings, reference, file_warning);
    let bytes: Vec<u64> = known.iter().map(|shard| shard.bytes).collect();
    let frame = header_bytes + END_OF_FILE.len() as u64;
    Ok((outcome, upload_parts(header_bytes, &bytes, frame)))
}

fn names(exclusion: Option<&Exclusion>) -> impl Iterator<Item = Box<[u8]>> {
    let contigs = exclusion.map_or(&[][..], |exclusion| &exclusion.contigs);
    contigs.iter().map(|name| name.as_bytes().into())
}

/// Reads what is known about the annotated shards, which must be those of the plan.
fn read_shards(plan: &Plan, paths: &[PathBuf]) -> Result<Vec<ShardResult>, ShardError> {
    let (expected, listed, given) = (plan.head.shards as usize, plan.shards.len(), paths.len());
    if listed != expected || given != expected {
        let reason =
            format!("the plan has {expected} shards, but lists {listed}, and {given} are given");
        return Err(ShardError::Invalid { file: "annotated shards".to_owned(), reason });
    }
    let results = plan.shards.iter().zip(paths).map(|(shard, path)| {
        let result = ShardResult::read(path)?;
        if result.run != plan.head.run || result.shard != *shard {
            return Err(ShardError::OtherRun { made: path.display().to_string() });
        }
        Ok(result)
    });
    results.collect()
}

/// The numbers of the shards that have records of some contigs, and were annotated without excluding them.
fn shards_with(shards: &[ShardResult], contigs: &[String]) -> Vec<u32> {
    let has_records = |shard: &&ShardResult| {
        let found = |name: &String| shard.totals.counts.contigs.contains_key(name.as_bytes());
        shard.excluded != contigs && contigs.iter().any(found)
    };
    shards.iter().filter(has_records).map(|shard| shard.shard.shard).collect()
}

impl RunSettings<'_> {
    /// The totals of all shards, with the checks of a run in one piece after each of them.
    fn join_totals(
        &self,
        header: &InputFile,
        shards: &[ShardResult],
    ) -> Result<Totals, ShardError> {
        let mut totals = Totals::default();
        let (mut lines, mut text_bytes) = header.read_so_far();
        let header_lines = lines;
        let limits = self.options.limits;
        for shard in shards {
            totals.append(shard.totals.clone(), lines);
            lines += shard.lines;
            text_bytes += shard.text_bytes;
            if lines - header_lines > limits.records {
                return Err(too_many_records(header_lines, limits.records).into());
            }
            if text_bytes > header.max_text_bytes() {
                return Err(InputError::TooLarge { limit: header.max_text_bytes() }.into());
            }
            self.check(&totals).map_err(|error| match error {
                Error::Unsorted(found) => Error::Input(unsorted(found).into()),
                error => error,
            })?;
        }
        Ok(totals)
    }
}
