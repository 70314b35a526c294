//! Sends the result to the object store and to the index builder while the engine writes it.
//!
//! The engine reports how many bytes of its output are complete. Each part of them is read once, sent to
//! both, and removed from the disk, so that a large result needs little space and is stored soon after the
//! engine has ended. If the run fails or begins again, or if the claim is lost, the upload is aborted: the
//! object exists only when all parts have arrived. Small results, and those of engines that report nothing, are stored after the
//! run.

use crate::attempt_error::AttemptError;
use crate::engine::{Engine, EngineError, Task, Written};
use crate::held_claim::HeldClaim;
use crate::outage::Intake;
use crate::run_file::RunFile;
use bytes::Bytes;
use gas_backend::chain;
use gas_backend::ports::{ArrivedPart, PartUploads, PortError, PortResult};
use gas_shared::job::ObjectLocation;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

/// The size of the first parts, in bytes. Each is held in memory until it has arrived.
const PART_BYTES: u64 = 8 << 20;

/// So many parts have the same size; the next ones have twice as many bytes. S3 accepts 10,000 parts.
const PARTS_OF_A_SIZE: usize = 1_000;

/// The most parts that are sent at the same time.
const PARALLEL_PARTS: usize = 3;

/// How long the index builder may take for a part. If it hangs, the result is stored without an index.
const MAX_STALL: Duration = Duration::from_secs(60);

/// How late a report of the engine may be.
const MAX_LATENESS: Duration = Duration::from_secs(5);

/// The result of a run while it is written.
pub(crate) struct ResultStream<'a> {
    pub(crate) held: HeldClaim<'a>,
    pub(crate) intake: &'a Arc<Intake>,
    pub(crate) part_uploads: &'a Arc<dyn PartUploads>,
    pub(crate) engine: &'a Engine,
    pub(crate) task: Task<'a>,
    /// Where the index of the explorer is written.
    pub(crate) index: &'a Path,
    pub(crate) deadline: Instant,
    /// Where the result is stored.
    pub(crate) target: ObjectLocation,
    pub(crate) written: watch::Receiver<Written>,
}

/// A result that was stored while it was written.
#[derive(Debug)]
pub(crate) struct StoredResult {
    /// Its size in bytes.
    pub(crate) size: u64,
    pub(crate) indexing: Indexing,
}

/// The state of the explorer's index when the result is stored.
#[derive(Debug)]
pub(crate) enum Indexing {
    /// It has to be built of the file, which is still there.
    OfStoredFile,
    /// Its builder has been given the whole result.
    AtWork(AbortOnDropHandle<Result<(), EngineError>>),
    /// Its builder took no more of the result, and was ended.
    Hung,
}

impl ResultStream<'_> {
    /// Sends the result until it is complete. `None` if it has to be stored after the run.
    ///
    /// # Errors
    /// If the result cannot be read or stored. Dropping the future or an error aborts the upload.
    pub(crate) async fn run(mut self) -> Result<Option<StoredResult>, AttemptError> {
        let mut transfer: Option<Transfer> = None;
        loop {
            let now = *self.written.borrow_and_update();
            if let Some(void) = transfer.take_if(|begun| begun.run != now.run) {
                void.abort().await;
            }
            let next = transfer.as_ref().map_or(PART_BYTES, Transfer::next_part_bytes);
            let sent = transfer.as_ref().map_or(0, |begun| begun.sent);
            if now.bytes.saturating_sub(sent) >= next {
                let begun = match &mut transfer {
                    Some(begun) => begun,
                    None => transfer.insert(self.begin(now.run).await?),
                };
                match begun.send(next).await {
                    // What was to be read is void.
                    Err(AttemptError::Scratch(_)) if self.begins_again(now.run).await => {}
                    sent => sent?,
                }
            } else if now.is_complete {
                return match transfer {
                    Some(begun) => begun.finish(self.held).await.map(Some),
                    None => Ok(None),
                };
            } else if self.written.changed().await.is_err() {
                // The run has ended without a result.
                return Ok(None);
            }
        }
    }

    /// Whether the engine reports soon that its run is void. It says so before it truncates its output, but
    /// the report may be read after that.
    async fn begins_again(&mut self, run: u32) -> bool {
        let other = self.written.wait_for(|written| written.run != run);
        timeout(MAX_LATENESS, other).await.is_ok_and(|seen| seen.is_ok())
    }

    async fn begin(&self, run: u32) -> Result<Transfer, AttemptError> {
        let file = RunFile::open(self.task.output)
            .map_err(|_| AttemptError::NoOutput("annotated file"))?;
        let content_type = file.content_type()?;
        let uploads = self.part_uploads;
        let begin = || uploads.begin(&self.target, content_type);
        let id = self.intake.retry(begin).await?;
        let upload =
            OpenUpload { uploads: uploads.clone(), target: self.target.clone(), id: Some(id) };
        let (pieces, received) = mpsc::channel(1);
        Ok(Transfer {
            run,
            file: Arc::new(file),
            sent: 0,
            count: 0,
            intake: self.intake.clone(),
            sending: JoinSet::new(),
            arrived: Vec::new(),
            upload,
            pieces: Some(pieces),
            indexing: self.build_index(received),
        })
    }

    /// Starts the index builder, which reads the result from `pieces`.
    fn build_index(&self, pieces: mpsc::Receiver<Bytes>) -> Indexing {
        let (engine, deadline) = (self.engine.clone(), self.deadline);
        let Task { folder, input, output, log, file_bytes, more_time } = self.task;
        let [folder, input, output, log, index]: [PathBuf; 5] =
            [folder, input, output, log, self.index].map(Path::to_owned);
        Indexing::AtWork(AbortOnDropHandle::new(tokio::spawn(async move {
            let (folder, input, output, log) = (&*folder, &*input, &*output, &*log);
            let task = Task { folder, input, output, log, file_bytes, more_time };
            engine.index(task, Some(pieces), &index, deadline).await
        })))
    }
}

/// The transfer of the output of one run of the engine.
struct Transfer {
    /// See [`Written::run`].
    run: u32,
    file: Arc<RunFile>,
    /// Bytes that have been read and handed over.
    sent: u64,
    /// The number of parts.
    count: u32,
    intake: Arc<Intake>,
    sending: JoinSet<PortResult<ArrivedPart>>,
    arrived: Vec<ArrivedPart>,
    upload: OpenUpload,
    /// The way to the index builder, until it has ended or hangs.
    pieces: Option<mpsc::Sender<Bytes>>,
    indexing: Indexing,
}

impl Transfer {
    fn next_part_bytes(&self) -> u64 {
        PART_BYTES << (self.count as usize / PARTS_OF_A_SIZE).min(16)
    }

    /// Reads the next bytes, hands them over, and removes them from the disk.
    async fn send(&mut self, length: u64) -> Result<(), AttemptError> {
        while self.sending.len() >= PARALLEL_PARTS {
            self.receive().await?;
        }
        let (file, offset) = (self.file.clone(), self.sent);
        let read = tokio::task::spawn_blocking(move || file.read(offset, length)).await;
        let part = Bytes::from(read.map_err(io::Error::other)??);
        self.index(part.clone()).await;
        self.count += 1;
        self.sent += length;
        let (intake, number) = (self.intake.clone(), self.count);
        let (uploads, target, id) = (
            self.upload.uploads.clone(),
            self.upload.target.clone(),
            self.upload.id.clone().unwrap_or_default(),
        );
        self.sending.spawn(async move {
            intake.retry(|| uploads.send(&target, &id, number, part.clone())).await
        });
        if let Err(error) = self.file.release(self.sent) {
            tracing::debug!(%error, "the sent part of a result stays on the disk");
        }
        Ok(())
    }

    /// Hands a piece to the index builder.
    async fn index(&mut self, piece: Bytes) {
        let Some(pieces) = &self.pieces else { return };
        match timeout(MAX_STALL, pieces.send(piece)).await {
            Ok(Ok(())) => {}
            // It has ended, and its own result says why.
            Ok(Err(_)) => self.pieces = None,
            Err(_) => (self.pieces, self.indexing) = (None, Indexing::Hung),
        }
    }

    /// Ends everything.
    async fn abort(self) {
        let Self { sending, indexing, upload, .. } = self;
        drop((sending, indexing));
        upload.abort().await;
    }

    /// Waits until one of the parts has arrived.
    async fn receive(&mut self) -> Result<(), AttemptError> {
        if let Some(sent) = self.sending.join_next().await {
            self.arrived.push(sent.map_err(stopped)??);
        }
        Ok(())
    }

    /// Sends the rest of the file and completes the upload, if the claim is still held.
    async fn finish(mut self, held: HeldClaim<'_>) -> Result<StoredResult, AttemptError> {
        let size = self.file.size()?;
        while self.sent < size {
            self.send(self.next_part_bytes().min(size - self.sent)).await?;
        }
        self.pieces = None;
        while !self.sending.is_empty() {
            self.receive().await?;
        }
        self.arrived.sort_by_key(|part| part.number);
        let OpenUpload { uploads, target, id } = &self.upload;
        if let Some(id) = id {
            held.confirm().await?;
            self.intake.retry(|| uploads.complete(target, id, &self.arrived)).await?;
        }
        self.upload.id = None;
        Ok(StoredResult { size, indexing: self.indexing })
    }
}

fn stopped(error: JoinError) -> PortError {
    PortError::new("send a part of a result", error)
}

/// An upload in parts that is aborted unless it is completed.
pub(crate) struct OpenUpload {
    pub(crate) uploads: Arc<dyn PartUploads>,
    pub(crate) target: ObjectLocation,
    /// `None` if it was completed or aborted.
    pub(crate) id: Option<String>,
}

impl OpenUpload {
    async fn abort(mut self) {
        if let Some(id) = self.id.take() {
            abort(&*self.uploads, &self.target, &id).await;
        }
    }
}

impl Drop for OpenUpload {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let (uploads, target) = (self.uploads.clone(), self.target.clone());
        runtime.spawn(async move { abort(&*uploads, &target, &id).await });
    }
}

/// Aborts an upload. If that fails, or if the worker is killed, the lifecycle rule of the bucket removes
/// the parts after a day.
async fn abort(uploads: &dyn PartUploads, target: &ObjectLocation, id: &str) {
    if let Err(error) = uploads.abort(target, id).await {
        tracing::warn!(error = %chain(&error), "the upload of a result is not aborted");
    }
}
