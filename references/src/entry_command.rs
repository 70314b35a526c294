//! The commands on the entries of a catalog, which `gas-reference` and `gas-source` have in common.

use crate::catalog_command::{CatalogLocation, print, size};
use anyhow::Result;
use clap::{Args, Subcommand};
use gas_backend::ports::{Catalog, CatalogId, Manifest};
use gas_backend::usecases::catalog;
use gas_shared::catalog::{CatalogFile, EntryState};
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

/// A command on entries of a catalog.
#[derive(Debug, Subcommand)]
pub enum EntryCommand<I>
where
    I: CatalogId + FromStr,
    <I as FromStr>::Err: Error + Send + Sync + 'static,
{
    /// List the entries of the catalog.
    List,
    /// Show an entry: what it was made of, what it contains, its license.
    Show {
        /// Identifier.
        id: I,
        /// Print the manifest as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Retire an entry: new jobs cannot use it, and its files stay.
    Retire {
        /// Identifier.
        id: I,
    },
    /// Let new jobs use a retired entry again.
    Activate {
        /// Identifier.
        id: I,
    },
    /// Delete a retired entry and its files.
    Remove {
        /// Identifier.
        id: I,
        /// Also if it is active.
        #[arg(long)]
        force: bool,
    },
    /// Copy entries to another catalog. Only what is missing there is copied.
    Publish(PublishArgs<I>),
    /// Compare all files with their checksums.
    Verify {
        /// Identifiers; all entries by default.
        ids: Vec<I>,
    },
}

/// The arguments of `publish`.
#[derive(Debug, Args)]
pub struct PublishArgs<I>
where
    I: CatalogId + FromStr,
    <I as FromStr>::Err: Error + Send + Sync + 'static,
{
    /// Identifiers; all entries by default.
    ids: Vec<I>,
    /// The other catalog: s3://BUCKET/PREFIX with output ReferencesBucket of the CloudFormation stack and the
    /// prefix of the deployment, or a folder.
    #[arg(long)]
    to: CatalogLocation,
    /// Replace an entry that has the same id and other content.
    #[arg(long)]
    replace: bool,
}

/// How the entries of a catalog are shown to readers.
#[derive(Debug)]
pub struct EntryText<M> {
    /// The last columns of the list, separated by tabs.
    pub columns: fn(&M) -> String,
    /// All that `show` prints, as lines.
    pub lines: fn(&M) -> String,
}

impl<I> EntryCommand<I>
where
    I: CatalogId + FromStr,
    <I as FromStr>::Err: Error + Send + Sync + 'static,
{
    /// Runs the command.
    ///
    /// # Errors
    /// If another command is changing the catalog, there is no such entry, or a catalog fails.
    pub async fn run(
        self,
        location: &CatalogLocation,
        s3_path_style: bool,
        text: &EntryText<I::Manifest>,
    ) -> Result<ExitCode> {
        let reads_only = matches!(self, Self::List | Self::Show { .. } | Self::Verify { .. });
        let _lock = if reads_only { None } else { location.lock(I::KIND)? };
        let catalog = location.open::<I::Manifest>(s3_path_style).await;
        let catalog = &*catalog;
        match self {
            Self::List => list(catalog, text.columns).await?,
            Self::Show { id, json } => {
                let (entry, stored) = catalog::find(catalog, &id).await?;
                if json {
                    print(&String::from_utf8_lossy(&stored.json))?;
                } else {
                    let (state, digest) = (entry.state.as_str(), &stored.digest);
                    let lines = (text.lines)(&stored.manifest);
                    print(&format!("{id} ({state})\n{lines}manifest    {digest}\n"))?;
                }
            }
            Self::Retire { id } => catalog::set_state(catalog, &id, EntryState::Retired).await?,
            Self::Activate { id } => catalog::set_state(catalog, &id, EntryState::Active).await?,
            Self::Remove { id, force } => {
                let bytes = catalog::remove(catalog, &id, force).await?;
                eprintln!("{id} is removed; {} are free", size(bytes));
            }
            Self::Publish(PublishArgs { ids, to, replace }) => {
                let to = to.open::<I::Manifest>(s3_path_style).await;
                let folder = location.transfer_folder()?;
                publish(catalog, &*to, ids, folder.path(), replace).await?;
            }
            Self::Verify { ids } => return verify(catalog, ids).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints all entries, one on a line.
async fn list<M: Manifest>(catalog: &dyn Catalog<M>, columns: fn(&M) -> String) -> Result<()> {
    let mut lines = String::new();
    for entry in catalog.list().await? {
        let (_, stored) = catalog::find(catalog, &entry.id).await?;
        let (state, columns) = (entry.state.as_str(), columns(&stored.manifest));
        writeln!(lines, "{}\t{state}\t{columns}", entry.id)?;
    }
    if lines.is_empty() {
        let kind = M::Id::KIND;
        eprintln!("the catalog is empty; `gas-{kind} add --help` shows how to add a {kind}");
    }
    print(&lines)
}

/// Copies entries to another catalog, all of them by default.
async fn publish<I: CatalogId>(
    from: &dyn Catalog<I::Manifest>,
    to: &dyn Catalog<I::Manifest>,
    ids: Vec<I>,
    transfer: &Path,
    replace: bool,
) -> Result<()> {
    let copied = |file: &CatalogFile| eprintln!("copied {}, {}", file.name, size(file.bytes));
    for id in ids_or_all(from, ids).await? {
        eprintln!("publishing {id}");
        catalog::publish(from, to, &id, transfer, replace, &copied).await?;
    }
    Ok(())
}

/// Compares all files of entries with their checksums, of all entries by default, and prints the problems.
async fn verify<I: CatalogId>(catalog: &dyn Catalog<I::Manifest>, ids: Vec<I>) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for id in ids_or_all(catalog, ids).await? {
        let problems = catalog::verify(catalog, &id).await?;
        if problems.is_empty() {
            print(&format!("{id}\tok\n"))?;
        }
        for problem in problems {
            print(&format!("{id}\t{problem}\n"))?;
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

async fn ids_or_all<I: CatalogId>(
    catalog: &dyn Catalog<I::Manifest>,
    ids: Vec<I>,
) -> Result<Vec<I>> {
    if ids.is_empty() {
        return Ok(catalog.list().await?.into_iter().map(|entry| entry.id).collect());
    }
    Ok(ids)
}
