//! The subcommands for files in shards: `plan`, `annotate-shard`, `join` and `reblock`.

use super::limits::LimitArgs;
use super::progress::{Event, ProgressFormat, emit, reporter};
use super::reports::ReportArgs;
use super::run_args::RunArgs;
use super::signals::cancelled_by_signals;
use anyhow::Context;
use clap::Args;
use gas_annotate::Error;
use gas_annotate::pipeline::{JoinedFile, Options, annotate_shard, join_shards, plan_shards};
use gas_annotate::shards::{Exclusion, Plan, RangeSource, RequestedRanges, ShardCount, ShardError};
use gas_annotate::vcf;
use serde::Serialize;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// VCF file, bgzipped or plain.
    input: PathBuf,
    /// The input is not on this machine and has this number of bytes. Its ranges are requested on standard output,
    /// as lines such as `{"event":"read","offset":0,"length":65536}`, and exactly these bytes are read from standard input.
    #[arg(long, value_name = "BYTES")]
    remote_bytes: Option<u64>,
    /// Folder for the plan.
    #[arg(long)]
    out: PathBuf,
    /// Number of shards. Small files have fewer.
    #[arg(long, required_unless_present = "shard_bytes")]
    shards: Option<u32>,
    /// Bytes of the input that a shard should have.
    #[arg(long, conflicts_with = "shards")]
    shard_bytes: Option<u64>,
    /// The entity tag of the input, for the plan.
    #[arg(long)]
    etag: Option<String>,
    #[command(flatten)]
    run: RunArgs,
}

/// Arguments of `annotate-shard`.
#[derive(Debug, Args)]
pub(crate) struct AnnotateShardArgs {
    /// The planned file, or a copy with its header and the shard at their places.
    input: PathBuf,
    /// The input is a copy of a file that is not on this machine and has this number of bytes. To name the line of an
    /// error, the text before the shard is requested as by `plan`.
    #[arg(long, value_name = "BYTES")]
    remote_bytes: Option<u64>,
    /// Folder of the plan, which may have the line of this shard only.
    #[arg(long)]
    plan: PathBuf,
    /// Number of the shard.
    #[arg(long)]
    shard: u32,
    /// The annotated records, as BGZF without header and end. Beside it are the header, with `.header` added to the name, and
    /// what `join` needs, with `.shard` and `.index`.
    #[arg(long)]
    out: PathBuf,
    /// What `join` has found that must not be annotated.
    #[arg(long)]
    exclude: Option<PathBuf>,
    /// Report progress on standard output.
    #[arg(long, value_enum, default_value_t = ProgressFormat::None)]
    progress: ProgressFormat,
    #[command(flatten)]
    run: RunArgs,
}

/// Arguments of `join`.
#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// The planned file, or a copy with its header.
    input: PathBuf,
    /// The annotated shards in their order.
    shards: Vec<PathBuf>,
    /// Folder of the plan.
    #[arg(long)]
    plan: PathBuf,
    /// Annotated file, bgzipped, with its index.
    #[arg(long)]
    out: PathBuf,
    /// Copy no records: the annotated file has header and end only, and this file of JSON lines says of which ranges
    /// of it and of the shards the parts of a multipart upload consist. Of the shards, only the files beside them are
    /// read.
    #[arg(long)]
    upload_parts: Option<PathBuf>,
    /// What must not be annotated; written if shards have to be annotated again for that reason.
    #[arg(long)]
    exclude: Option<PathBuf>,
    /// Report the end on standard output.
    #[arg(long, value_enum, default_value_t = ProgressFormat::None)]
    progress: ProgressFormat,
    #[command(flatten)]
    reports: ReportArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// Arguments of `reblock`.
#[derive(Debug, Args)]
pub(crate) struct ReblockArgs {
    /// VCF or BCF file; plain, gzip or BGZF.
    input: PathBuf,
    /// The bgzipped VCF file.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(crate) fn plan(args: &PlanArgs) -> anyhow::Result<()> {
    let (reference, options) = args.run.open()?;
    let input: Box<dyn RangeSource> = match args.remote_bytes {
        Some(size) => Box::new(RequestedRanges::new(size, io::stdin(), io::stdout())),
        None => {
            Box::new(File::open(&args.input).with_context(|| args.input.display().to_string())?)
        }
    };
    let count = match (args.shards, args.shard_bytes) {
        (Some(count), _) => ShardCount::Exactly(count),
        (None, bytes) => ShardCount::Bytes(bytes.unwrap_or(u64::MAX)),
    };
    let mut plan = plan_shards(&*input, count, &reference, &options).map_err(reported)?;
    plan.head.etag = args.etag.clone();
    plan.write(&args.out).map_err(reported)
}

pub(crate) fn annotate(args: &AnnotateShardArgs) -> anyhow::Result<()> {
    let cancel = cancelled_by_signals()?;
    let (reference, options) = args.run.open()?;
    let options = Options { index: true, ..options };
    let plan = Plan::read(&args.plan).map_err(reported)?;
    let exclusion = args.exclude.as_deref().map(read_exclusion).transpose()?;
    let remote = args
        .remote_bytes
        .map(|size| RequestedRanges::new(size, io::stdin(), io::stdout()).sequential());
    let annotated = annotate_shard(
        &args.input,
        remote.as_ref().map(|ranges| ranges as &dyn RangeSource),
        &plan.head,
        plan.shard(args.shard).map_err(reported)?,
        exclusion.as_ref(),
        &args.out,
        &reference,
        &options,
        &cancel,
        &reporter(args.progress),
    );
    let shard = annotated.map_err(reported)?;
    shard.write(&args.out).map_err(reported)?;
    if args.progress == ProgressFormat::Json {
        emit(&Event::ShardDone { records: shard.records() });
    }
    Ok(())
}

pub(crate) fn join(args: &JoinArgs) -> anyhow::Result<()> {
    let (reference, options) = args.run.open()?;
    let options = Options { index: true, ..options };
    let plan = Plan::read(&args.plan).map_err(reported)?;
    let existing = args.exclude.as_deref().filter(|path| path.exists());
    let exclusion = existing.map(read_exclusion).transpose()?;
    let file = match args.upload_parts {
        Some(_) => JoinedFile::Frame,
        None => JoinedFile::Whole,
    };
    let joined = join_shards(
        &args.input,
        &plan,
        &args.shards,
        exclusion.as_ref(),
        &args.out,
        file,
        &reference,
        &options,
    );
    if let (Err(ShardError::Exclude { exclusion, shards }), Some(path)) = (&joined, &args.exclude) {
        fs::write(path, serde_json::to_string(&ExclusionFile { exclusion, shards })? + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let (outcome, upload_parts) = joined.map_err(reported)?;
    if let Some(path) = &args.upload_parts {
        let lines =
            upload_parts.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        fs::write(path, lines.join("\n") + "\n")
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    args.reports.write(&outcome, &args.out, &reference, &options, args.progress)
}

pub(crate) fn reblock(args: &ReblockArgs) -> anyhow::Result<()> {
    Ok(vcf::reblock(&args.input, &args.out, args.limits.limits())?)
}

/// What `join` writes if shards have to be annotated again. Only the exclusion is read.
#[derive(Serialize)]
struct ExclusionFile<'a> {
    #[serde(flatten)]
    exclusion: &'a Exclusion,
    /// The numbers of the shards.
    shards: &'a [u32],
}

fn read_exclusion(path: &Path) -> anyhow::Result<Exclusion> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The error as the command reports it.
fn reported(error: ShardError) -> anyhow::Error {
    match error {
        ShardError::Run(error) => Error::into(error),
        error => error.into(),
    }
}
