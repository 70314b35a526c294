//! The command line of `gas-reference`.

use clap::{Args, Parser, Subcommand};
use gas_references::catalog_command::CatalogLocation;
use gas_references::entry_command::EntryCommand;
use gas_shared::reference::ReferenceId;
use std::path::PathBuf;

/// Manages the references that jobs can be annotated with.
#[derive(Debug, Parser)]
#[command(name = "gas-reference", version)]
pub(crate) struct Cli {
    /// The catalog: a folder, or s3://BUCKET/PREFIX with the prefix of the deployment.
    #[arg(
        long,
        global = true,
        env = "GAS_REFERENCE_FOLDER",
        default_value = "gas-references",
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
    /// Add a reference: by a recipe, which downloads it, or from local files.
    Add(Box<AddArgs>),
    /// List the recipes.
    Recipes,
    #[command(flatten)]
    Entries(EntryCommand<ReferenceId>),
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Name of a recipe, such as grch38; `recipes` lists all.
    #[arg(conflicts_with_all = ["recipe", "fasta", "gff"], required_unless_present_any = ["recipe", "fasta"])]
    pub(crate) name: Option<String>,
    /// A recipe of your own.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fasta", "gff"])]
    pub(crate) recipe: Option<PathBuf>,
    /// Keep the downloaded files, in the folder `downloads` of the catalog.
    #[arg(long, conflicts_with = "fasta")]
    pub(crate) keep_downloads: bool,
    /// Identifier, species/assembly/gene-set, such as homo_sapiens/GRCh38/ensembl-115; by default that of
    /// the recipe.
    #[arg(long, required_unless_present_any = ["name", "recipe"])]
    pub(crate) id: Option<ReferenceId>,
    /// Sequences in FASTA, plain or gzip. Repeat for several files.
    #[arg(long, requires = "gff")]
    pub(crate) fasta: Vec<PathBuf>,
    /// Gene models in GFF3 or GTF, plain or gzip. Repeat for several files.
    #[arg(long, requires = "fasta")]
    pub(crate) gff: Vec<PathBuf>,
    /// Known variants, NAME=FILE.vcf[.gz]; use the name `dbsnp` for dbSNP. Repeat for several files.
    #[arg(long, value_parser = name_and_file)]
    pub(crate) vcf_track: Vec<(String, PathBuf)>,
    /// Regions, NAME=FILE.bed[.gz]. Repeat for several files.
    #[arg(long, value_parser = name_and_file)]
    pub(crate) bed_track: Vec<(String, PathBuf)>,
    /// Scientific name of the species; by default that of the id, such as `Homo sapiens`.
    #[arg(long)]
    pub(crate) species: Option<String>,
    /// Name of the gene set, such as Ensembl; by default that of the id.
    #[arg(long)]
    pub(crate) gene_set: Option<String>,
    /// Release of the gene set; by default that of the id.
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// What a publication should cite.
    #[arg(long)]
    pub(crate) attribution: Option<String>,
    /// License of the data.
    #[arg(long)]
    pub(crate) license: Option<String>,
    /// Replace a reference that has the same id and other content.
    #[arg(long)]
    pub(crate) replace: bool,
}

fn name_and_file(text: &str) -> Result<(String, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("expected NAME=FILE")?;
    Ok((name.to_owned(), file.into()))
}
