//! What the commands of `gas-reference` do.

use crate::args::{AddArgs, Cli, Command};
use anyhow::{Context, bail};
use gas_backend::catalog::FolderCatalog;
use gas_backend::ports::CatalogId;
use gas_backend::usecases::catalog;
use gas_references::catalog_command::{print, size, temporary_folder};
use gas_references::entry_command::EntryText;
use gas_references::{Downloader, FileRole, Recipe, ReferencePlan, RetryPolicy, build};
use gas_shared::reference::{GeneSet, OtherFormat, ReferenceId, ReferenceManifest};
use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;

/// How references are shown.
const TEXT: EntryText<ReferenceManifest> = EntryText { columns, lines };

pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Add(args) => {
            let (folder, _lock) = cli.catalog.folder_for_addition(ReferenceId::KIND)?;
            add(folder, *args).await?;
        }
        Command::Recipes => {
            for recipe in Recipe::all()? {
                print(&format!("{}\t{}\n", recipe.name, recipe.id))?;
            }
        }
        Command::Entries(command) => {
            return command.run(&cli.catalog, cli.s3_path_style, &TEXT).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds a reference by a recipe or from local files.
async fn add(folder: &Path, args: AddArgs) -> anyhow::Result<()> {
    let recipe = match (&args.name, &args.recipe) {
        (Some(name), _) => Some(Recipe::named(name)?),
        (None, Some(path)) => Some(Recipe::read(path)?),
        (None, None) => None,
    };
    let (replace, keep) = (args.replace, args.keep_downloads);
    let mut plan = plan(args, recipe.as_ref())?;
    let Some(recipe) = recipe else { return add_plan(folder, plan, replace).await };
    let catalog = folder;
    let folder = folder.join("downloads").join(recipe.name);
    std::fs::create_dir_all(&folder)?;
    let downloader = Downloader::new(&folder, RetryPolicy::default())?;
    for file in &recipe.files {
        eprintln!("downloading {}", file.url);
        let path = downloader.fetch(file).await?;
        plan.urls.insert(file.name().to_owned(), file.url.clone());
        match file.role {
            FileRole::Fasta => plan.fasta.push(path),
            FileRole::Gff => plan.gff.push(path),
        }
    }
    add_plan(catalog, plan, replace).await?;
    if !keep {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

/// Builds a reference and adds it to the catalog.
async fn add_plan(catalog: &Path, plan: ReferencePlan, replace: bool) -> anyhow::Result<()> {
    if plan.id.is_private() {
        bail!("{} is an id of users' own references; use another species than private", plan.id);
    }
    let folder = temporary_folder(catalog)?;
    let path = folder.path().to_owned();
    eprintln!("building {}", plan.id);
    let built = tokio::task::spawn_blocking(move || build(&plan, &path)).await?;
    let (manifest, notes) = built?;
    notes.iter().for_each(|note| eprintln!("note: {note}"));
    let summary = lines(&manifest);
    let catalog = FolderCatalog::new(catalog);
    let entry = catalog::add(&catalog, folder.path(), manifest, replace).await?;
    eprint!("added {}\n{summary}", entry.id);
    Ok(())
}

/// Makes the plan. Arguments that are missing are taken from the recipe, then from the identifier.
fn plan(args: AddArgs, recipe: Option<&Recipe>) -> anyhow::Result<ReferencePlan> {
    let id = args.id.or_else(|| recipe.map(|recipe| recipe.id.clone()));
    let id = id.context("--id is missing")?;
    let (name, release) = id.gene_set().split_once('-').unwrap_or((id.gene_set(), ""));
    let or_recipe = |argument: Option<String>, of: fn(&Recipe) -> &String| {
        argument.or_else(|| recipe.map(|recipe| of(recipe).clone()))
    };
    let species = or_recipe(args.species, |recipe| &recipe.species);
    let gene_set = or_recipe(args.gene_set, |recipe| &recipe.gene_set);
    let of_release = or_recipe(args.release, |recipe| &recipe.release);
    Ok(ReferencePlan {
        species: species.unwrap_or_else(|| scientific_name(&id)),
        gene_set: GeneSet {
            name: gene_set.unwrap_or_else(|| name.to_owned()),
            release: of_release.unwrap_or_else(|| release.to_owned()),
        },
        fasta: args.fasta,
        gff: args.gff,
        vcf_tracks: args.vcf_track,
        bed_tracks: args.bed_track,
        urls: HashMap::new(),
        attribution: or_recipe(args.attribution, |recipe| &recipe.attribution),
        license: or_recipe(args.license, |recipe| &recipe.license),
        id,
    })
}

/// `Homo sapiens` for `homo_sapiens`.
fn scientific_name(id: &ReferenceId) -> String {
    let words = id.species().replace('_', " ");
    let mut chars = words.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// Size and number of transcripts, for the list, and why the reference is not offered to users if it is not.
fn columns(manifest: &ReferenceManifest) -> String {
    let columns = format!("{}\t{} transcripts", size(manifest.bytes()), manifest.transcripts.all);
    match OtherFormat::check(manifest.engine_format) {
        Ok(()) => columns,
        Err(format) => format!("{columns}\tnot offered to users: {}", advice(format)),
    }
}

/// What the operator does about a reference of another format.
fn advice(format: OtherFormat) -> String {
    format!("{format}; add it again with --replace")
}

/// A manifest for a reader.
fn lines(manifest: &ReferenceManifest) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, value: String| lines += &format!("{name:<11} {value}\n");
    line("species", manifest.species.clone());
    line("gene set", format!("{} {}", manifest.gene_set.name, manifest.gene_set.release));
    let bases: u64 = manifest.contigs.iter().map(|contig| contig.length).sum();
    line("contigs", format!("{} with {bases} bases", manifest.contigs.len()));
    for contig in manifest.contigs.iter().take(3) {
        line("", format!("{} {}", contig.name, contig.aliases.join(" ")));
    }
    let counts = manifest.transcripts;
    line("genes", manifest.genes.to_string());
    line(
        "transcripts",
        format!(
            "{}; canonical {}, MANE Select {}, MANE Plus Clinical {}",
            counts.all, counts.canonical, counts.mane_select, counts.mane_plus_clinical
        ),
    );
    for source in &manifest.sources {
        let from = source.url.as_ref().map_or(String::new(), |url| format!(" from {url}"));
        line(&source.role, format!("{} {}{from}", source.file, source.sha256));
    }
    line("attribution", manifest.attribution.clone().unwrap_or_else(|| "unknown".to_owned()));
    line("license", manifest.license.clone().unwrap_or_else(|| "unknown".to_owned()));
    line("size", size(manifest.bytes()));
    if let Err(format) = OtherFormat::check(manifest.engine_format) {
        line("not offered", advice(format));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use gas_shared::reference::{ENGINE_FORMAT, MANIFEST_VERSION, TranscriptCounts};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_reference_of_another_format_says_that_users_do_not_see_it() {
        let manifest = ReferenceManifest {
            version: MANIFEST_VERSION,
            id: "homo_sapiens/GRCh37/demo-1".parse().unwrap(),
            species: "Homo sapiens".to_owned(),
            assembly: "GRCh37".to_owned(),
            gene_set: GeneSet { name: "demo".to_owned(), release: "1".to_owned() },
            contigs: vec![],
            genes: 1,
            transcripts: TranscriptCounts::default(),
            engine_format: ENGINE_FORMAT,
            files: vec![],
            sources: vec![],
            attribution: None,
            license: None,
        };
        assert!(!columns(&manifest).contains("not offered"));
        assert!(!lines(&manifest).contains("not offered"));
        let earlier = ReferenceManifest { engine_format: 2, ..manifest };
        let expected = "built for another version of GAS: it has format 2, and this version reads \
                        3; add it again with --replace";
        assert!(columns(&earlier).ends_with(&format!("\tnot offered to users: {expected}")));
        assert!(lines(&earlier).contains(&format!("not offered {expected}")));
    }

    #[test]
    fn species_have_names_as_readers_write_them() {
        let id = "escherichia_coli/ASM584v2/refseq-1".parse().unwrap();
        assert_eq!(scientific_name(&id), "Escherichia coli");
    }
}
