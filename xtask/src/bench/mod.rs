//! `./gas bench`: measures the performance. It prints figures; only `pages` and `hostile` fail over a limit, since a
//! busy machine is not a defect.

mod annotate;
mod confinement;
mod explorer;
mod genome;
mod hostile;
mod jobs;
mod large;
mod load;
mod measure;
mod pages;
mod simulate;
mod sources;

use crate::paths::Paths;
use anyhow::Result;
use clap::Subcommand;

/// The benchmarks.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The annotation engine: both modes, several numbers of threads and file sizes.
    Annotate(annotate::AnnotateOptions),
    /// What the confinement of the engine adds to its start.
    Confinement,
    /// The results explorer: indexing, filters, sort orders, pages and exports.
    Explorer(explorer::ExplorerOptions),
    /// A sample of a whole genome on its way through the service, and the engine alone.
    Genome(genome::GenomeOptions),
    /// Engine and index on hostile files: fails if one takes more than 2 s of CPU time.
    Hostile,
    /// The list of a user with very many jobs: changes of its filter.
    Jobs(jobs::JobsOptions),
    /// A cohort in one piece and in shards: plan, shards at once, join.
    Large(large::LargeOptions),
    /// Jobs a minute and latencies of many users at once, and what 10,000 jobs an hour need.
    Load(load::LoadOptions),
    /// The loading of the pages: paint, layout shifts and blocking time, on a desktop and a phone.
    Pages(pages::PagesOptions),
    /// Source files: size, build, sparse and dense queries on synthetic sites like those of gnomAD.
    Sources(sources::SourcesOptions),
}

/// Runs a benchmark.
pub(crate) fn bench(paths: &Paths, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Annotate(options) => annotate::annotate(paths, options),
        Bench::Confinement => confinement::confinement(paths),
        Bench::Explorer(options) => explorer::explorer(paths, options),
        Bench::Genome(options) => genome::genome(paths, options),
        Bench::Hostile => hostile::hostile(paths),
        Bench::Jobs(options) => jobs::jobs(paths, options),
        Bench::Large(options) => large::large(paths, options),
        Bench::Load(options) => load::load(paths, options),
        Bench::Pages(options) => pages::pages(paths, options),
        Bench::Sources(options) => sources::sources(paths, options),
    }
}
