//! Questions about a result: a page of its table, one record, an export of what a filter shows.
//!
//! The worker stored an index beside the result; both are read by ranges, so nothing here depends
//! on how large they are.

use super::DownloadError;
use super::download::{OpenResult, open_result};
use crate::Gas;
use crate::ports::{ObjectStore, PortError};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use gas_explorer::source::Source;
use gas_explorer::{Cache, Explorer};
use gas_shared::explorer::{ExportFormat, Filter, Page, Query, RowDetails};
use gas_shared::job::ObjectLocation;
use gas_shared::{JobId, UserId};
use std::io;
use std::pin::Pin;
use std::sync::Arc;

/// So many results stay open, the ones used last. An open one holds the index's dictionaries: some
/// hundred KiB for a genome.
const MAX_OPEN: usize = 64;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// The result cannot be read, by the same rule as for downloads.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The worker made no index, or one that is of no use.
    #[error(
        "the results of job {0} have no index to explore them by; they can be downloaded all the same"
    )]
    NoIndex(JobId),
    /// There is no such record.
    #[error("the results of job {id} have {records} records, and none with number {number}")]
    NoRecord {
        /// The job.
        id: JobId,
        /// The number asked for, from 0.
        number: u64,
        /// How many there are.
        records: u64,
    },
    /// Index or result cannot be read, or are damaged.
    #[error(transparent)]
    Explorer(#[from] gas_explorer::Error),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The results that a process has open, and what it read of them. Clones share both.
#[derive(Clone)]
pub struct Explorers {
    cache: Cache,
    open: Arc<quick_cache::sync::Cache<ObjectLocation, Arc<Explorer>>>,
}

impl Explorers {
    /// Keeps at most so many bytes of what was read.
    pub fn new(cache_bytes: u64) -> Self {
        let open = Arc::new(quick_cache::sync::Cache::new(MAX_OPEN));
        Self { cache: Cache::new(cache_bytes), open }
    }

    /// Opens a result, or finds it open. Several callers at once open it once.
    async fn open(&self, gas: &Gas, result: &OpenResult) -> Result<Arc<Explorer>, ExploreError> {
        let opening = open_explorer(gas, result, self.cache.clone());
        self.open.get_or_insert_async(&result.file, opening).await
    }
}

async fn open_explorer(
    gas: &Gas,
    result: &OpenResult,
    cache: Cache,
) -> Result<Arc<Explorer>, ExploreError> {
    let job = &result.job;
    let index = gas.object_keys.index(job.owner, job.id, &job.input.name);
    let size = gas.objects.head(&index).await?.ok_or(ExploreError::NoIndex(job.id))?.size;
    let source = |file: &ObjectLocation, length| -> Arc<dyn Source> {
        Arc::new(Object { objects: gas.objects.clone(), file: file.clone(), length })
    };
    let opened =
        Explorer::open(source(&index, size), source(&result.file, result.size), cache).await;
    use gas_explorer::Error;
    match opened {
        Ok(explorer) => Ok(Arc::new(explorer)),
        Err(
            error @ (Error::NoIndex
            | Error::Version { .. }
            | Error::Damaged(_)
            | Error::OtherResult { .. }),
        ) => {
            tracing::error!(id = %job.id, %error, "an index cannot be used");
            Err(ExploreError::NoIndex(job.id))
        }
        Err(error) => Err(error.into()),
    }
}

/// Opens a result for its owner, by the rule that [`sign_result_link`](super::sign_result_link)
/// has for downloads.
///
/// # Errors
/// [`ExploreError`].
pub async fn open_results(
    gas: &Gas,
    explorers: &Explorers,
    owner: UserId,
    id: JobId,
) -> Result<Arc<Explorer>, ExploreError> {
    let result = open_result(gas, owner, id).await?;
    explorers.open(gas, &result).await
}

/// A page of the table: rows, how many there are, and the facets where they are asked for.
///
/// # Errors
/// [`ExploreError`].
pub async fn explore_page(
    gas: &Gas,
    explorers: &Explorers,
    owner: UserId,
    id: JobId,
    query: &Query,
) -> Result<Page, ExploreError> {
    Ok(open_results(gas, explorers, owner, id).await?.page(query).await?)
}

/// Everything about one record.
///
/// # Errors
/// [`ExploreError`].
pub async fn explore_details(
    gas: &Gas,
    explorers: &Explorers,
    owner: UserId,
    id: JobId,
    number: u64,
) -> Result<RowDetails, ExploreError> {
    let explorer = open_results(gas, explorers, owner, id).await?;
    match explorer.details(number).await {
        Err(gas_explorer::Error::NoRecord { number, records }) => {
            Err(ExploreError::NoRecord { id, number, records })
        }
        other => Ok(other?),
    }
}

/// A file made of what a filter shows.
pub struct Export {
    /// The name to save it under.
    pub file_name: String,
    /// Its content. An error in the middle ends it.
    pub content: Pin<Box<dyn Stream<Item = Result<Bytes, gas_explorer::Error>> + Send>>,
}

/// Every record that a filter shows, without a limit on rows.
///
/// # Errors
/// [`ExploreError`]; what fails later is an item of the content.
pub async fn export_results(
    gas: &Gas,
    explorers: &Explorers,
    owner: UserId,
    id: JobId,
    filter: Filter,
    format: ExportFormat,
) -> Result<Export, ExploreError> {
    let result = open_result(gas, owner, id).await?;
    let explorer = explorers.open(gas, &result).await?;
    let ending = match format {
        ExportFormat::Vcf => "vcf",
        ExportFormat::Tsv => "tsv",
        ExportFormat::Csv => "csv",
    };
    let part = if filter.is_empty() { "annot" } else { "annot.filtered" };
    Ok(Export {
        file_name: format!("{}.{part}.{ending}", result.job.input.name.stem()),
        content: explorer.export(filter, format).boxed(),
    })
}

/// An object, read by ranges.
struct Object {
    objects: Arc<dyn ObjectStore>,
    file: ObjectLocation,
    length: u64,
}

#[async_trait]
impl Source for Object {
    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        self.objects.read_range(&self.file, offset, length).await.map_err(io::Error::other)
    }

    fn len(&self) -> u64 {
        self.length
    }
}

#[cfg(test)]
#[path = "explore_tests.rs"]
mod tests;
