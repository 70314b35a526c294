//! The command line of `gas-source`.

use clap::{Args, Parser, Subcommand};
use gas_references::catalog_command::CatalogLocation;
use gas_references::entry_command::EntryCommand;
use gas_shared::reference::ReferenceId;
use gas_shared::source::SourceId;
use std::num::NonZero;
use std::path::PathBuf;

/// Manages the sources that variants are annotated from: population frequencies, clinical significance, scores, …
#[derive(Debug, Parser)]
#[command(name = "gas-source", version)]
pub(crate) struct Cli {
    /// The catalog: a folder, or s3://BUCKET/PREFIX with the prefix of the deployment.
    #[arg(
        long,
        global = true,
        env = "GAS_SOURCE_FOLDER",
        default_value = "gas-sources",
        value_name = "FOLDER"
    )]
    pub(crate) catalog: CatalogLocation,
    /// Address buckets by path instead of host name, as local S3-compatible servers require.
    #[arg(
        long,
        global = true,
        env = "GAS_S3_PATH_STYLE",
        default_value_t = false,
        action = clap::ArgAction::Set
    )]
    pub(crate) s3_path_style: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a source by a recipe, which downloads its files, or from local files.
    Add(Box<AddArgs>),
    /// List the recipes with their licenses.
    Recipes,
    #[command(flatten)]
    Entries(EntryCommand<SourceId>),
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Name of a recipe, such as clinvar; `recipes` lists all.
    #[arg(conflicts_with = "description", required_unless_present = "description")]
    pub(crate) name: Option<String>,
    /// A description of your own, in TOML: which columns of which file, and how variants are matched.
    #[arg(long, value_name = "FILE")]
    pub(crate) description: Option<PathBuf>,
    /// A file of the source, plain or gzip, instead of a download. Repeat for several files, in the order of the genome.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Vec<PathBuf>,
    /// The release of the data, such as 2026-11; by default that of the file or the recipe.
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// How many files are read at once; by default the number of processors.
    #[arg(long)]
    pub(crate) threads: Option<NonZero<usize>>,
    /// Accept a license that forbids commercial use.
    #[arg(long, alias = "accept-licence")]
    pub(crate) accept_license: bool,
    /// Keep the downloaded files, in the folder `downloads` of the catalog.
    #[arg(long, conflicts_with = "file")]
    pub(crate) keep_downloads: bool,
    /// The folder of a reference of the engine, whose sequence the alleles are compared with.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["reference_catalog", "reference"])]
    pub(crate) reference_bundle: Option<PathBuf>,
    /// The folder of the catalog of references, which has one of the assembly of the source.
    #[arg(
        long,
        env = "GAS_REFERENCE_FOLDER",
        default_value = "gas-references",
        value_name = "FOLDER"
    )]
    pub(crate) reference_catalog: PathBuf,
    /// The reference of the catalog; by default the first one of the assembly.
    #[arg(long)]
    pub(crate) reference: Option<ReferenceId>,
    /// Replace a source that has the same id and other content.
    #[arg(long)]
    pub(crate) replace: bool,
}
