//! The arguments that decide what a run writes.

use super::limits::LimitArgs;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::annotation_options::AnnotationOptions;
use gas_annotate::csq::{CsqOptions, Phase};
use gas_annotate::model::CodonTable;
use gas_annotate::pick::Criterion;
use gas_annotate::pipeline::{Mode, Options};
use gas_annotate::reference::Reference;
use gas_annotate::vcf::CUT_INTERVAL;
use gas_annotate::{SourcePath, SourceSet};
use gas_shared::reference::{ReferenceId, Sha256};
use gas_shared::{JobOptions, Layout, Selection, Transcripts};
use std::path::PathBuf;

/// Arguments of `annotate`, and of the commands for shards, which must be given the same ones.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Folder of the reference, see `build-reference`.
    #[arg(long)]
    reference: PathBuf,
    /// Source file to annotate with, repeatable: known variants, frequencies, scores, regions, genes. `,id=ID` and
    /// `,sha256=DIGEST` after the name are stated in the result; without a digest, the file is read to compute it.
    #[arg(long = "source", value_name = "FILE")]
    sources: Vec<SourcePath>,
    /// Annotation mode.
    #[arg(long, value_enum, default_value_t = ModeArg::Full)]
    mode: ModeArg,
    /// Annotation format in INFO [default: csq; with --mode csq: bcsq].
    #[arg(long, value_parser = layouts())]
    layout: Option<Layout>,
    /// Transcripts to annotate with.
    #[arg(long, value_parser = transcripts(), default_value_t)]
    transcripts: Transcripts,
    /// Which annotations of an allele to write.
    #[arg(long, value_parser = selections(), default_value_t)]
    select: Selection,
    /// Criteria of --select, in their order: VEP's without appris, tsl, ccds, ensembl and refseq. The
    /// first transcript of the gene models is picked if they do not decide.
    #[arg(
        long, value_delimiter = ',', value_name = "CRITERIA", value_parser = criterion,
        default_values_t = Criterion::DEFAULT_ORDER.iter().copied()
    )]
    pick_order: Vec<Criterion>,
    /// Write no HGVS descriptions: without the fields HGVSc, HGVSp, HGVSg and HGVS_OFFSET in CSQ, with empty
    /// fields in ANN.
    #[arg(long)]
    no_hgvs: bool,
    /// The id of the reference in a catalog, for the header and the summary.
    #[arg(long, value_name = "ID")]
    reference_id: Option<ReferenceId>,
    /// The SHA-256 digest of the catalog's manifest of the reference, for the header and the summary.
    #[arg(long, value_name = "DIGEST")]
    manifest_sha256: Option<Sha256>,
    /// The gene set with its release, such as "Ensembl 115", for the header and the summary.
    #[arg(long, value_name = "NAME")]
    gene_set: Option<String>,
    /// Number of threads [default: number of processors].
    #[arg(long)]
    threads: Option<usize>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Percentage of REF alleles that may differ from the reference.
    #[arg(long, default_value_t = 5.0)]
    max_mismatch_percent: f64,
    /// Annotate records whose REF differs from the reference, too. Their annotations may be wrong.
    #[arg(long)]
    annotate_mismatches: bool,
    /// Succeed even if none of the file's variants can be annotated.
    #[arg(long)]
    allow_unannotated: bool,
    /// Write protein descriptions in HGVSp as predictions, p.(Gly2Ala) instead of p.Gly2Ala.
    #[arg(long)]
    hgvsp_predicted: bool,
    /// The distance of two places at which the input may be cut into shards, in bytes. The output's blocks depend on it.
    #[arg(long, default_value_t = CUT_INTERVAL, hide_short_help = true)]
    cut_interval: u64,
    #[command(flatten)]
    csq: CsqArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// Consequences with HGVS, positions, codons and co-located variants.
    Full,
    /// Consequences of haplotypes, as bcftools csq reports them.
    Csq,
}

/// A parser for the names of an enumeration, with help for each of them.
fn names<T>(help: &[(&'static str, &'static str)]) -> impl TypedValueParser<Value = T> + use<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync,
    T: 'static,
{
    let values = help.iter().map(|(name, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(values.collect::<Vec<_>>()).try_map(|name| name.parse::<T>())
}

fn layouts() -> impl TypedValueParser<Value = Layout> {
    names(&[
        (Layout::Csq.into(), "INFO/CSQ of Ensembl VEP"),
        (Layout::Ann.into(), "INFO/ANN of SnpEff"),
        (Layout::Bcsq.into(), "INFO/BCSQ of bcftools csq, with --mode csq"),
    ])
}

fn transcripts() -> impl TypedValueParser<Value = Transcripts> {
    names(&[
        (Transcripts::All.into(), "All transcripts of the reference"),
        (
            Transcripts::ManeCanonical.into(),
            "MANE Select, MANE Plus Clinical and canonical transcripts",
        ),
        (Transcripts::Coding.into(), "Transcripts with a coding sequence"),
    ])
}

fn selections() -> impl TypedValueParser<Value = Selection> {
    names(&[
        (Selection::All.into(), "One for each transcript"),
        (Selection::Pick.into(), "The first one by --pick-order (VEP's --pick_allele)"),
        (Selection::FlagPick.into(), "All, and PICK=1 in that one (VEP's --flag_pick_allele)"),
        (Selection::PerGene.into(), "The first one of each gene (VEP's --pick_allele_gene)"),
        (
            Selection::MostSevere.into(),
            "The most severe consequence, without transcript (VEP's --most_severe)",
        ),
    ])
}

fn criterion(text: &str) -> Result<Criterion, String> {
    text.parse().map_err(|_| {
        let known: Vec<String> = Criterion::DEFAULT_ORDER.iter().map(ToString::to_string).collect();
        match text {
            "mane" => "expected mane_select or mane_plus_clinical".to_owned(),
            "appris" | "tsl" | "ccds" | "ensembl" | "refseq" => {
                format!("references do not have {text}; leave it out (known: {})", known.join(", "))
            }
            _ => format!("expected {}", known.join(", ")),
        }
    })
}

/// Arguments of `--mode csq`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --mode csq")]
struct CsqArgs {
    /// Ignore haplotypes: each record on its own.
    #[arg(short, long)]
    local: bool,
    /// How to treat unphased heterozygous genotypes.
    #[arg(short, long, value_enum, default_value_t = PhaseArg::Alone)]
    phase: PhaseArg,
    /// Most consequences per haplotype and record that FORMAT/BCSQ can refer to.
    #[arg(short, long, default_value_t = CsqOptions::default().max_consequences, value_parser = positive)]
    ncsq: usize,
    /// Most residues to write of a changed protein.
    #[arg(short = 'B', long, value_parser = positive)]
    trim_protein_seq: Option<usize>,
    /// Genetic code (NCBI's number: 1, 2 or 11) instead of that of the gene models.
    #[arg(short = 'C', long, value_parser = genetic_code)]
    genetic_code: Option<CodonTable>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PhaseArg {
    /// Treat the record on its own.
    #[value(name = "l", alias = "local")]
    Alone,
    /// Use the order of the alleles (0/1 as 0|1).
    #[value(name = "a", alias = "as-is")]
    AsIs,
    /// Merge all alternative alleles into the first haplotype (0/1 as 1|1, 1/2 as 1|2).
    #[value(name = "m", alias = "merge")]
    Merge,
    /// Require phased genotypes.
    #[value(name = "r", alias = "require")]
    Require,
    /// Put an alternative allele on both haplotypes if the other is the reference (0/1 as 1|1).
    #[value(name = "R", alias = "non-ref")]
    NonReference,
    /// Skip them.
    #[value(name = "s", alias = "skip")]
    Skip,
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| "expected a number greater than 0".to_owned())
}

fn genetic_code(text: &str) -> Result<CodonTable, String> {
    let known = text.parse().ok().and_then(CodonTable::from_number);
    known.ok_or_else(|| "expected 1, 2 or 11".to_owned())
}

impl RunArgs {
    fn mode(&self) -> anyhow::Result<Mode> {
        let mode = match (self.mode, self.layout) {
            (ModeArg::Full, None | Some(Layout::Csq)) => Mode::Full(AnnotationFormat::Csq),
            (ModeArg::Full, Some(Layout::Ann)) => Mode::Full(AnnotationFormat::Ann),
            (ModeArg::Csq, None | Some(Layout::Bcsq)) => Mode::Csq(self.csq.options()),
            (ModeArg::Full, Some(Layout::Bcsq)) => {
                anyhow::bail!("--layout bcsq requires --mode csq")
            }
            (ModeArg::Csq, Some(_)) => {
                anyhow::bail!("--mode csq writes BCSQ only; leave out --layout")
            }
        };
        if matches!(mode, Mode::Csq(_)) {
            let selection = self.select;
            JobOptions { layout: Layout::Bcsq, selection, ..JobOptions::default() }.check()?;
        }
        Ok(mode)
    }
}

impl CsqArgs {
    fn options(&self) -> CsqOptions {
        CsqOptions {
            local: self.local,
            phase: match self.phase {
                PhaseArg::Alone => Phase::Alone,
                PhaseArg::AsIs => Phase::AsIs,
                PhaseArg::Merge => Phase::Merge,
                PhaseArg::Require => Phase::Require,
                PhaseArg::NonReference => Phase::NonReference,
                PhaseArg::Skip => Phase::Skip,
            },
            max_consequences: self.ncsq,
            max_residues: self.trim_protein_seq.unwrap_or(0),
            genetic_code: self.genetic_code,
        }
    }
}

impl RunArgs {
    /// The reference, and the options of a run.
    pub(crate) fn open(&self) -> anyhow::Result<(Reference, Options)> {
        let reference = Reference::open(&self.reference)?;
        let threads =
            self.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
        let options = Options {
            threads: threads.unwrap_or(1),
            mode: self.mode()?,
            annotations: AnnotationOptions {
                transcripts: self.transcripts,
                selection: self.select,
                pick_order: self.pick_order.clone(),
                hgvs: !self.no_hgvs,
            },
            sources: SourceSet::open(&self.sources, &reference)?,
            reference_id: self.reference_id.clone(),
            manifest_sha256: self.manifest_sha256.clone(),
            gene_set: self.gene_set.clone(),
            limits: self.limits.limits(),
            max_mismatch_percent: self.max_mismatch_percent,
            annotate_mismatches: self.annotate_mismatches,
            hgvsp_predicted: self.hgvsp_predicted,
            require_annotation: !self.allow_unannotated,
            cut_interval: self.cut_interval,
            ..Options::default()
        };
        Ok((reference, options))
    }
}
