//! Explores a result: a page of its table, the details of a record, an export of filtered records.
//!
//! The result and the index that the worker stored are read by ranges, so their sizes do not
//! matter. Both come from a stranger's file, so every query runs on the
//! [`QueryPool`](crate::query_pool) with a deadline.

use super::FindError;
use super::result_access::{DownloadError, OpenResult, ResultAccess, find_completed, open_result};
use crate::ports::{ObjectStore, PortError};
use crate::query_pool::{PoolError, PoolLimits, QueryPool, QueryUser};
use crate::{Gas, chain};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use gas_explorer::source::Source;
use gas_explorer::{Cache, Explorer, Overview};
use gas_shared::explorer::{ExportFormats, Filter, Page, Query, RowDetails};
use gas_shared::job::ObjectLocation;
use gas_shared::{Job, JobId};
use jiff::SignedDuration;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// The number of results that are opened at once. Opening one decodes the footer of its index, which
/// may take a few times 64 MiB.
const MAX_OPENING: usize = 2;

/// How often an export checks that its reader still has access. It may take an hour, in which a share link is revoked.
const CHECK_ACCESS_EVERY: SignedDuration = SignedDuration::from_secs(10);

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
    /// The explorer is busy, or the query took too long.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Two results are too large to be compared while a page waits.
    #[error(
        "the results are too large to be compared on a page; download their differences instead"
    )]
    ComparisonTooLong,
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl ExploreError {
    /// The error that this reader may see.
    fn seen(self, access: &ResultAccess) -> Self {
        match self {
            Self::Download(error) => access.seen(error).into(),
            other => other,
        }
    }
}

/// The open results of a process, the cache of their blocks, and the pool that answers queries
/// about them. Clones share all of them.
#[derive(Clone)]
pub struct Explorers {
    cache: Cache,
    open: Arc<OpenResults>,
    opening: Arc<Semaphore>,
    pub(super) pool: Arc<QueryPool>,
    /// Requests to the object store run where the process runs its other requests, so that the
    /// connections, which both use, never wait for the pool.
    io: Handle,
}

/// Open results, by object key. Each holds the dictionaries of its index and parts of the header of
/// its result: some hundred KiB for a human genome.
type OpenResults = quick_cache::sync::Cache<ObjectLocation, Arc<Explorer>, ByBytes>;

#[derive(Clone, Debug)]
struct ByBytes;

impl quick_cache::Weighter<ObjectLocation, Arc<Explorer>> for ByBytes {
    fn weight(&self, _: &ObjectLocation, explorer: &Arc<Explorer>) -> u64 {
        explorer.weight()
    }
}

/// A cache of at most `bytes` bytes. It has one shard, because a shard holds no entry above its share
/// of the bytes.
fn open_results(bytes: u64) -> OpenResults {
    let options = quick_cache::OptionsBuilder::new()
        .shards(1)
        .estimated_items_capacity(64)
        .weight_capacity(bytes)
        .build();
    match options {
        Ok(options) => OpenResults::with_options(
            options,
            ByBytes,
            quick_cache::DefaultHashBuilder::default(),
            quick_cache::sync::DefaultLifecycle::default(),
        ),
        // Only if a required option is missing.
        Err(_) => OpenResults::with_weighter(64, bytes, ByBytes),
    }
}

impl Explorers {
    /// Starts the pool, and creates the caches: `cache_bytes` for blocks, `open_bytes` for open
    /// results. Must be called within the runtime that serves other requests.
    ///
    /// # Errors
    /// If the operating system rejects a thread.
    pub fn new(cache_bytes: u64, open_bytes: u64, limits: PoolLimits) -> io::Result<Self> {
        Ok(Self {
            cache: Cache::new(cache_bytes),
            open: Arc::new(open_results(open_bytes)),
            opening: Arc::new(Semaphore::new(MAX_OPENING)),
            pool: Arc::new(QueryPool::new(limits)?),
            io: Handle::current(),
        })
    }

    /// Whether a query that does nothing is answered within a time.
    pub async fn is_ready(&self, within: Duration) -> bool {
        self.pool.is_ready(within).await
    }

    /// An object that is read by ranges.
    pub(super) fn source(&self, gas: &Gas, file: &ObjectLocation, length: u64) -> Arc<dyn Source> {
        let (objects, io) = (gas.objects.clone(), self.io.clone());
        Arc::new(Object { objects, io, file: file.clone(), length })
    }

    /// Runs a stream of a user on the pool.
    pub(super) async fn stream<E>(
        &self,
        user: QueryUser,
        stream: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<Content, PoolError>
    where
        E: Send + 'static,
        ExploreError: From<E>,
    {
        let pieces = self.pool.stream(user, stream).await?;
        Ok(pieces.map(|piece| Ok(piece??)).boxed())
    }

    /// Opens a result unless it is open. Concurrent callers open it once.
    pub(super) async fn open(
        &self,
        gas: &Gas,
        result: &OpenResult,
    ) -> Result<Arc<Explorer>, ExploreError> {
        let opening = async {
            // The semaphore is never closed.
            let _permit = self.opening.acquire().await;
            self.open_explorer(gas, result).await
        };
        self.open.get_or_insert_async(&result.file, opening).await
    }

    async fn open_explorer(
        &self,
        gas: &Gas,
        result: &OpenResult,
    ) -> Result<Arc<Explorer>, ExploreError> {
        let job = &result.job;
        if let Some(at) = job.retention.logs_deleted_at {
            return Err(DownloadError::LogsDeleted { id: job.id, at }.into());
        }
        let index = gas.object_keys.index(job.owner, job.id, &job.input.name);
        let size = self.index_size(gas, job.id, &index).await?;
        let opened = Explorer::open(
            self.source(gas, &index, size),
            self.source(gas, &result.file, result.size),
            self.cache.clone(),
        )
        .await;
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

    /// Opens the index of a result without the result, unless it is open.
    async fn open_index(&self, gas: &Gas, job: &Job) -> Result<Arc<Explorer>, ExploreError> {
        let index = gas.object_keys.index(job.owner, job.id, &job.input.name);
        let opening = async {
            // The semaphore is never closed.
            let _permit = self.opening.acquire().await;
            let size = self.index_size(gas, job.id, &index).await?;
            let source = self.source(gas, &index, size);
            Ok::<_, ExploreError>(Arc::new(Explorer::open_index(source, self.cache.clone()).await?))
        };
        self.open.get_or_insert_async(&index, opening).await
    }

    /// The size of an index in bytes.
    async fn index_size(
        &self,
        gas: &Gas,
        id: JobId,
        index: &ObjectLocation,
    ) -> Result<u64, ExploreError> {
        let (objects, file) = (gas.objects.clone(), index.clone());
        let head = self.io.spawn(async move { objects.head(&file).await });
        let head = head.await.map_err(|_| PoolError::Busy)??;
        Ok(head.ok_or(ExploreError::NoIndex(id))?.size)
    }
}

/// Answers a query about a result on the pool, with the access rule of [`sign_result_link`](super::sign_result_link).
///
/// # Errors
/// [`ExploreError`].
pub async fn query_results<T, F>(
    gas: &Gas,
    explorers: &Explorers,
    access: &ResultAccess,
    query: impl FnOnce(Arc<Explorer>) -> F + Send + 'static,
) -> Result<T, ExploreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, ExploreError>> + Send + 'static,
{
    let result = open_result(gas, access).await?;
    let (gas, opened) = (gas.clone(), explorers.clone());
    let answer = async move { query(opened.open(&gas, &result).await?).await };
    let answer = explorers.pool.run(access.query_user(), answer).await?;
    answer.map_err(|error| error.seen(access))
}

/// Reads a page of the table: rows, the number of matches, and the facets if requested.
///
/// # Errors
/// [`ExploreError`].
pub async fn explore_page(
    gas: &Gas,
    explorers: &Explorers,
    access: &ResultAccess,
    query: &Query,
) -> Result<Page, ExploreError> {
    let query = query.clone();
    query_results(
        gas,
        explorers,
        access,
        |explorer| async move { Ok(explorer.page(&query).await?) },
    )
    .await
}

/// Reads all details of a record.
///
/// # Errors
/// [`ExploreError`].
pub async fn explore_details(
    gas: &Gas,
    explorers: &Explorers,
    access: &ResultAccess,
    number: u64,
) -> Result<RowDetails, ExploreError> {
    let id = access.job();
    query_results(gas, explorers, access, move |explorer| async move {
        match explorer.details(number).await {
            Err(gas_explorer::Error::NoRecord { number, records }) => {
                Err(ExploreError::NoRecord { id, number, records })
            }
            other => Ok(other?),
        }
    })
    .await
}

/// Reads the counts of a result that its index has. Like the [summary](super::read_summary), they may be read
/// after the download window of the Free plan and while the result is in the archive. `None` if the job has no index
/// that can be used.
///
/// # Errors
/// [`ExploreError`].
pub async fn explore_overview(
    gas: &Gas,
    explorers: &Explorers,
    access: &ResultAccess,
) -> Result<Option<Overview>, ExploreError> {
    let (job, _) = find_completed(gas, access).await?;
    // It may still be open here.
    if job.retention.logs_deleted_at.is_some() {
        return Ok(None);
    }
    let (gas, opened) = (gas.clone(), explorers.clone());
    let counted = async move {
        use gas_explorer::Error;
        match opened.open_index(&gas, &job).await {
            Ok(explorer) => Ok::<_, ExploreError>(Some(explorer.overview().await?)),
            Err(ExploreError::NoIndex(_)) => Ok(None),
            Err(ExploreError::Explorer(
                error @ (Error::NoIndex | Error::Version { .. } | Error::Damaged(_)),
            )) => {
                tracing::error!(job_id = %job.id, %error, "index cannot be used");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    };
    explorers.pool.run(access.query_user(), counted).await?
}

/// The content of a file. An error ends the stream.
pub type Content = Pin<Box<dyn Stream<Item = Result<Bytes, ExploreError>> + Send>>;

/// A file of the records that match a filter, or of all.
pub struct Export {
    /// The name to save it under.
    pub file_name: String,
    /// Its content.
    pub content: Content,
}

/// Exports all records that match a filter in one or more formats. An export with more than one file is a ZIP archive.
/// Not through share links without downloads.
///
/// # Errors
/// [`ExploreError`]; later errors are items of the content.
pub async fn export_results(
    gas: &Gas,
    explorers: &Explorers,
    access: &ResultAccess,
    filter: Filter,
    formats: &ExportFormats,
) -> Result<Export, ExploreError> {
    if !access.allows_downloads() {
        return Err(DownloadError::NoDownloads.into());
    }
    let result = open_result(gas, access).await?;
    let part = if filter.is_empty() { "annot" } else { "annot.filtered" };
    let name = format!("{}.{part}", result.job.input.name.stem());
    let file_name = format!("{name}.{}", formats.ending());
    let (opening, opened) = (gas.clone(), explorers.clone());
    let (checked_filter, checked_formats) = (filter.clone(), formats.clone());
    let open = async move {
        let explorer = opened.open(&opening, &result).await?;
        // Before the response begins, so that a filter that the result does not have and a worksheet with too many rows
        // are errors and not short files.
        explorer.check_export(&checked_filter, &checked_formats).await?;
        Ok::<_, ExploreError>(explorer)
    };
    let explorer = explorers.pool.run(access.query_user(), open).await?;
    let explorer = explorer.map_err(|error| error.seen(access))?;
    let content = match formats.single_file() {
        Some(format) => {
            explorers.stream(access.query_user(), explorer.export(filter, format)).await?
        }
        None => {
            let archive = explorer.export_archive(filter, formats, &name);
            explorers.stream(access.query_user(), archive).await?
        }
    };
    let content = while_accessible(gas.clone(), *access, content);
    // Empty pieces tell the pool that an export goes on.
    let content = content.try_filter(|piece| std::future::ready(!piece.is_empty())).boxed();
    Ok(Export { file_name, content })
}

/// The content of an export, which ends with an error when its reader has no access any more. An outage of the tables in which
/// the access is looked up does not end it.
fn while_accessible(
    gas: Gas,
    access: ResultAccess,
    content: Content,
) -> impl Stream<Item = Result<Bytes, ExploreError>> + Send {
    let start = (content, gas.now());
    stream::try_unfold(start, move |(mut content, mut checked_at)| {
        let gas = gas.clone();
        async move {
            let Some(piece) = content.try_next().await? else { return Ok(None) };
            if gas.now().duration_since(checked_at) >= CHECK_ACCESS_EVERY {
                match access.check_again(&gas).await {
                    Err(
                        DownloadError::Port(error) | DownloadError::Find(FindError::Port(error)),
                    ) if error.is_outage() => {
                        tracing::warn!(error = %chain(&error), "the access of an export is checked later");
                    }
                    checked => checked?,
                }
                checked_at = gas.now();
            }
            Ok::<_, ExploreError>(Some((piece, (content, checked_at))))
        }
    })
}

/// An S3 object that is read by ranges.
struct Object {
    objects: Arc<dyn ObjectStore>,
    /// Where requests run.
    io: Handle,
    file: ObjectLocation,
    length: u64,
}

#[async_trait]
impl Source for Object {
    async fn read(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let (objects, file) = (self.objects.clone(), self.file.clone());
        let read = self.io.spawn(async move { objects.read_range(&file, offset, length).await });
        read.await.map_err(io::Error::other)?.map_err(io::Error::other)
    }

    fn len(&self) -> u64 {
        self.length
    }
}

#[cfg(test)]
#[path = "explore_tests.rs"]
mod tests;
