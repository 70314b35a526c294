//! Explores a result: a page of its table, the details of a record, an export of filtered records.
//!
//! The result and the index that the worker stored are read by ranges, so their sizes do not
//! matter.

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

/// The number of results that stay open, the most recently used ones. An open result holds the
/// dictionaries of its index: some hundred KiB for a genome.
const MAX_OPEN: usize = 64;

/// The reason why a result cannot be explored.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// The result cannot be read; the rule is that of downloads.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The result has no index, or an unusable one.
    #[error("the results of job {0} have no index for the explorer; download them instead")]
    NoIndex(JobId),
    /// The record does not exist.
    #[error("record {number} does not exist; the results of job {id} have {records} records")]
    NoRecord {
        /// The job.
        id: JobId,
        /// The requested number, from 0.
        number: u64,
        /// The number of records.
        records: u64,
    },
    /// The index or the result cannot be read or is damaged.
    #[error(transparent)]
    Explorer(#[from] gas_explorer::Error),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The open results of a process and the cache of their blocks. Clones share both.
#[derive(Clone)]
pub struct Explorers {
    cache: Cache,
    open: Arc<quick_cache::sync::Cache<ObjectLocation, Arc<Explorer>>>,
}

impl Explorers {
    /// Creates a cache with a capacity in bytes.
    pub fn new(cache_bytes: u64) -> Self {
        let open = Arc::new(quick_cache::sync::Cache::new(MAX_OPEN));
        Self { cache: Cache::new(cache_bytes), open }
    }

    /// Opens a result unless it is open. Concurrent callers open it once.
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
            tracing::error!(job_id = %job.id, %error, "index cannot be used");
            Err(ExploreError::NoIndex(job.id))
        }
        Err(error) => Err(error.into()),
    }
}

/// Opens a result for its owner, with the access rule of
/// [`sign_result_link`](super::sign_result_link).
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

/// Reads a page of the table: rows, the number of matches, and the facets if requested.
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

/// Reads all details of a record.
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

/// A file of the records that match a filter.
pub struct Export {
    /// The name to save it under.
    pub file_name: String,
    /// Its content. An error ends the stream.
    pub content: Pin<Box<dyn Stream<Item = Result<Bytes, gas_explorer::Error>> + Send>>,
}

/// Exports all records that match a filter.
///
/// # Errors
/// [`ExploreError`]; later errors are items of the content.
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

/// An S3 object that is read by ranges.
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
