//! What the commands of `gas-source` do.

use crate::args::{AddArgs, Cli, Command};
use anyhow::{Context, Result, bail, ensure};
use gas_annotate::reference::Reference;
use gas_backend::catalog::FolderCatalog;
use gas_backend::ports::{Catalog, CatalogId};
use gas_backend::usecases::catalog;
use gas_references::catalog_command::{print, size, temporary_folder};
use gas_references::entry_command::EntryText;
use gas_references::{
    ChecksumFormat, Downloader, ReferenceGenome, RemoteFile, RetryPolicy, SourcePlan,
    build_source_file, input_release,
};
use gas_shared::catalog::EntryState;
use gas_shared::reference::ReferenceId;
use gas_shared::source::{SourceId, SourceManifest};
use gas_sources::{BuildSummary, Genome, Matching, Recipe};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How sources are shown.
const TEXT: EntryText<SourceManifest> = EntryText { columns, lines };

pub(crate) async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Add(args) => {
            let (folder, _lock) = cli.catalog.folder_for_addition(SourceId::KIND)?;
            add(folder, *args).await?;
        }
        Command::Recipes => print(&recipes()?)?,
        Command::Entries(command) => {
            return command.run(&cli.catalog, cli.s3_path_style, &TEXT).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The recipes, with the license of each, and whether the operator has to bring the files.
fn recipes() -> Result<String> {
    let mut lines = String::new();
    for recipe in Recipe::all()? {
        let source = &recipe.source;
        let needs = match (recipe.commercial_use, recipe.urls.is_empty()) {
            (true, false) => "",
            (true, true) => "\tneeds --file",
            (false, false) => "\tneeds --accept-license",
            (false, true) => "\tneeds --file and --accept-license",
        };
        let Recipe { id, .. } = &recipe;
        let (name, version, assembly) = (&source.name, &source.version, &source.assembly);
        writeln!(lines, "{id}\t{name} {version}\t{assembly}\t{}{needs}", source.license)?;
    }
    Ok(lines)
}

/// Adds a source.
async fn add(folder: &Path, args: AddArgs) -> Result<()> {
    let recipe = match (&args.name, &args.description) {
        (Some(name), _) => Recipe::named(name).with_context(|| "`gas-source recipes` lists all")?,
        (None, Some(path)) => Recipe::read(path)?,
        (None, None) => bail!("name a recipe, or use --description"),
    };
    eprintln!("license: {}", recipe.source.license);
    ensure!(
        recipe.commercial_use || args.accept_license,
        "the license of {} forbids commercial use; use --accept-license if you may use it",
        recipe.source.name
    );
    let downloads = folder.join("downloads").join(&recipe.id);
    let (files, urls) = match &args.file[..] {
        [] => download(&recipe, &downloads).await?,
        files => (files.to_vec(), HashMap::new()),
    };
    let threads = args.threads.or_else(|| std::thread::available_parallelism().ok());
    let threads = threads.map_or(1, NonZero::get);
    let mut plan = SourcePlan { recipe, files, urls, threads };
    plan.recipe.source.version = release(&plan, args.release.clone())?;
    let temporary = temporary_folder(folder)?;
    let out = temporary.path().to_owned();
    let bundle = bundle(&plan.recipe, &args, &out).await?;
    eprintln!("building {} {}", plan.recipe.source.name, plan.recipe.source.version);
    let build = move || -> Result<_> {
        let open = bundle.map(|folder| Reference::open(&folder)).transpose()?;
        let genome = open.as_ref().map(ReferenceGenome::new);
        let genome = genome.as_ref().map(|genome| genome as &dyn Genome);
        Ok(build_source_file(&plan, genome, &out)?)
    };
    let (manifest, summary) = tokio::task::spawn_blocking(build).await??;
    let shown = lines(&manifest);
    let catalog = FolderCatalog::new(folder);
    let entry = catalog::add(&catalog, temporary.path(), manifest, args.replace).await?;
    eprint!("added {}\n{shown}", entry.id);
    notes(&summary).iter().for_each(|note| eprintln!("note: {note}"));
    if args.file.is_empty() && !args.keep_downloads {
        std::fs::remove_dir_all(&downloads)?;
    }
    Ok(())
}

/// Downloads the files of a recipe, and returns their paths in order, and their addresses by name.
async fn download(
    recipe: &Recipe,
    folder: &Path,
) -> Result<(Vec<PathBuf>, HashMap<String, String>)> {
    let addresses = recipe.addresses();
    ensure!(
        !addresses.is_empty(),
        "{} is not downloaded: get it from its provider, and name it with --file",
        recipe.source.name
    );
    std::fs::create_dir_all(folder)?;
    let downloader = Downloader::new(folder, RetryPolicy::default())?;
    let (mut files, mut urls) = (Vec::new(), HashMap::new());
    for url in addresses {
        eprintln!("downloading {url}");
        let checksums = recipe
            .md5_suffix
            .as_ref()
            .map(|suffix| (format!("{url}{suffix}"), ChecksumFormat::Md5));
        let path = downloader.fetch_remote(&RemoteFile { url: url.clone(), checksums }).await?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        urls.insert(name, url);
        files.push(path);
    }
    Ok((files, urls))
}

/// The release of the data: that of the arguments, of the file, or of the recipe.
fn release(plan: &SourcePlan, argument: Option<String>) -> Result<String> {
    if let Some(release) = argument {
        return Ok(release);
    }
    let (Some(key), Some(first)) = (&plan.recipe.version_line, plan.files.first()) else {
        return Ok(plan.recipe.source.version.clone());
    };
    let stated = input_release(first, key).with_context(|| first.display().to_string())?;
    stated.with_context(|| format!("{} has no line ##{key}; use --release", first.display()))
}

/// The folder of a reference of the assembly; `None` for tables by gene, which need none.
async fn bundle(recipe: &Recipe, args: &AddArgs, temporary: &Path) -> Result<Option<PathBuf>> {
    if recipe.source.matching == Matching::Gene {
        return Ok(None);
    }
    if let Some(folder) = &args.reference_bundle {
        return Ok(Some(folder.clone()));
    }
    let references: FolderCatalog = FolderCatalog::new(&args.reference_catalog);
    let assembly = &recipe.source.assembly;
    let id = match &args.reference {
        Some(id) => id.clone(),
        None => first_of_assembly(&references, assembly).await?.with_context(|| {
            format!(
                "{} has no reference of {assembly}, whose sequence is needed; add one with \
                 gas-reference, or use --reference-catalog or --reference-bundle",
                args.reference_catalog.display()
            )
        })?,
    };
    ensure!(id.is_of_assembly(assembly), "{id} is not of the assembly of the source, {assembly}");
    eprintln!("alleles are compared with {id}");
    let (_, stored) = catalog::find(&references, &id).await?;
    let folder = temporary.join("reference");
    std::fs::create_dir(&folder)?;
    for file in &stored.manifest.files {
        references.fetch_object(file, &folder.join(&file.name)).await?;
    }
    Ok(Some(folder))
}

async fn first_of_assembly(
    references: &FolderCatalog,
    assembly: &str,
) -> Result<Option<ReferenceId>> {
    let mut active = references
        .list()
        .await?
        .into_iter()
        .filter(|entry| entry.state == EntryState::Active && entry.id.is_of_assembly(assembly));
    Ok(active.next().map(|entry| entry.id))
}

/// What was left out, for the operator.
fn notes(summary: &BuildSummary) -> Vec<String> {
    let left_out = [
        (summary.other_contig, "on contigs that the reference does not have"),
        (summary.outside, "outside of the reference"),
        (summary.reference_differs, "whose REF differs from the reference"),
        (summary.no_sequence, "whose alleles are no sequences, such as <DEL>"),
        (summary.no_position, "without a position on the assembly, or without a gene"),
    ];
    let left_out = left_out.into_iter().filter(|(count, _)| *count > 0);
    left_out.map(|(count, what)| format!("{count} rows left out: {what}")).collect()
}

/// Size and number of rows, for the list.
fn columns(manifest: &SourceManifest) -> String {
    format!("{}\t{} rows", size(manifest.bytes), manifest.rows)
}

/// A manifest for a reader.
fn lines(manifest: &SourceManifest) -> String {
    let mut lines = String::new();
    let mut line = |name: &str, value: &str| lines += &format!("{name:<11} {value}\n");
    line("source", &manifest.label());
    line("rows", &manifest.rows.to_string());
    for column in &manifest.columns {
        line("column", &format!("{} ({}): {}", column.name, column.kind, column.description));
    }
    for input in &manifest.inputs {
        let from = input.url.as_ref().map_or(String::new(), |url| format!(" from {url}"));
        line("input", &format!("{} {}{from}", input.file, input.sha256));
    }
    line("attribution", &manifest.attribution);
    let use_note = if manifest.noncommercial { " (no commercial use)" } else { "" };
    line("license", &format!("{}{use_note}", manifest.license));
    line("size", &size(manifest.bytes));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn recipes_say_what_they_need() {
        let text = recipes().unwrap();
        let line =
            |id: &str| text.lines().find(|line| line.starts_with(&format!("{id}\t"))).unwrap();
        assert!(line("clinvar").ends_with("Public domain"));
        assert!(line("alphamissense").contains("needs --accept-license"));
        assert!(line("revel").ends_with("needs --file and --accept-license"));
    }
}
