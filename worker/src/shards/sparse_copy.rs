//! A local copy of some ranges of an object, with holes elsewhere.

use super::run_files::{REBLOCKED, RunFiles};
use crate::attempt_error::AttemptError;
use crate::engine::RemoteFile;
use crate::outage::Intake;
use bytes::Bytes;
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use gas_backend::AnnotateGas;
use gas_backend::ports::{ObjectInfo, PortError};
use gas_shared::Job;
use gas_shared::job::ObjectLocation;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Bytes that are read at once.
const READ_BYTES: u64 = 8 << 20;

/// Reads at the same time.
const PARALLEL_READS: usize = 3;

/// The object that the shards of a run are cut of.
#[derive(Clone, Debug)]
pub(super) struct CutInput {
    file: ObjectLocation,
    /// Its entity tag, if it is known.
    etag: Option<String>,
}

impl CutInput {
    /// The uploaded file.
    pub(super) fn uploaded(job: &Job) -> Self {
        Self { file: job.input.file.clone(), etag: job.input.etag.clone() }
    }

    /// The input of a run whose plan is stored: the uploaded file, unless the run has compressed it again.
    ///
    /// # Errors
    /// If the store is unavailable.
    pub(super) async fn of_run(
        gas: &AnnotateGas,
        intake: &Intake,
        files: &RunFiles<'_>,
    ) -> Result<Self, AttemptError> {
        let file = files.object(REBLOCKED);
        let found = intake.retry(|| gas.objects.head(&file)).await?;
        Ok(found
            .map_or_else(|| Self::uploaded(files.job), |info| Self { file, etag: Some(info.etag) }))
    }

    /// Reads a range.
    ///
    /// # Errors
    /// If the store is unavailable, or the object ends before.
    pub(super) async fn read(
        &self,
        gas: &AnnotateGas,
        intake: &Intake,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, PortError> {
        intake.retry(|| gas.objects.read_range(&self.file, offset, length)).await
    }

    /// The object of `bytes` bytes for the engine, and the work that answers its requests, which ends with the engine.
    pub(super) fn remote<'a>(
        &'a self,
        gas: &'a AnnotateGas,
        intake: &'a Intake,
        bytes: u64,
    ) -> (RemoteFile, impl Future<Output = Result<(), PortError>> + 'a) {
        let (requests, mut requested) = mpsc::unbounded_channel();
        let (pieces, answers) = mpsc::channel(1);
        let answer = async move {
            while let Some((offset, length)) = requested.recv().await {
                let piece = self.read(gas, intake, offset, length).await?;
                if pieces.send(piece).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        (RemoteFile { bytes, requests, answers }, answer)
    }

    /// Checks that the object is still the same, with `bytes` bytes.
    ///
    /// # Errors
    /// [`AttemptError::InputReplaced`] or [`AttemptError::InputMissing`] if it is not.
    pub(super) async fn check(
        &self,
        gas: &AnnotateGas,
        intake: &Intake,
        bytes: u64,
    ) -> Result<(), AttemptError> {
        let found = intake.retry(|| gas.objects.head(&self.file)).await?;
        let ObjectInfo { size, etag } = found.ok_or(AttemptError::InputMissing)?;
        let is_same = self.etag.as_ref().is_none_or(|expected| *expected == etag);
        if is_same && size == bytes { Ok(()) } else { Err(AttemptError::InputReplaced) }
    }
}

/// Copies ranges of an input of `input_bytes` bytes to a file, which gets the size of the input.
///
/// # Errors
/// [`AttemptError::InputReplaced`] or [`AttemptError::InputMissing`] if it is not the expected input.
pub(super) async fn copy_ranges(
    gas: &AnnotateGas,
    intake: &Intake,
    input: &CutInput,
    input_bytes: u64,
    ranges: impl IntoIterator<Item = Range<u64>>,
    to: &Path,
) -> Result<(), AttemptError> {
    input.check(gas, intake, input_bytes).await?;
    let file = File::create_new(to)?;
    file.set_len(input_bytes)?;
    let file = Arc::new(file);
    let pieces = ranges.into_iter().flat_map(pieces);
    let copies = pieces.map(|piece| copy(gas, intake, input, piece, file.clone()).boxed());
    let copies: Vec<_> = copies.collect();
    stream::iter(copies).buffer_unordered(PARALLEL_READS).try_collect::<()>().await?;
    // If the input was replaced meanwhile, other bytes than the confirmed ones may have been read.
    input.check(gas, intake, input_bytes).await
}

async fn copy(
    gas: &AnnotateGas,
    intake: &Intake,
    input: &CutInput,
    piece: Range<u64>,
    to: Arc<File>,
) -> Result<(), AttemptError> {
    let (offset, length) = (piece.start, piece.end - piece.start);
    let bytes = input.read(gas, intake, offset, length).await?;
    let written = tokio::task::spawn_blocking(move || to.write_all_at(&bytes, offset)).await;
    Ok(written.map_err(io::Error::other)??)
}

fn pieces(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let step = usize::try_from(READ_BYTES).unwrap_or(usize::MAX);
    range.clone().step_by(step).map(move |start| start..(start + READ_BYTES).min(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_backend::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn ranges_are_at_their_places_and_the_rest_is_zero() {
        let test = TestGas::new();
        let job = test.pending_job(&test.user("ada", Plan::Free)).await;
        let gas = test.gas.annotate();
        let folder = tempfile::tempdir().unwrap();
        let bytes = test.objects.get(&job.input.file).unwrap();
        let (to, size) = (folder.path().join("copy"), bytes.len() as u64);
        let input = CutInput::uploaded(&job);
        copy_ranges(&gas, &Intake::default(), &input, size, [0..2, 5..9], &to).await.unwrap();
        let copied = std::fs::read(&to).unwrap();
        assert_eq!(copied.len(), bytes.len());
        for (at, byte) in copied.iter().enumerate() {
            let is_copied = [0..2, 5..9].iter().any(|range| range.contains(&at));
            assert_eq!(*byte, if is_copied { bytes[at] } else { 0 }, "byte {at}");
        }
        test.objects.put(&job.input.file, b"another input");
        let other = folder.path().join("other");
        let replaced =
            copy_ranges(&gas, &Intake::default(), &input, size, Some(0..2), &other).await;
        assert!(matches!(replaced, Err(AttemptError::InputReplaced)));
    }

    #[test]
    fn pieces_cover_a_range() {
        let end = 2 * READ_BYTES + 5;
        let found: Vec<_> = pieces(5..end).collect();
        assert_eq!(found, [5..READ_BYTES + 5, READ_BYTES + 5..end]);
        assert_eq!(pieces(7..7).count(), 0);
    }
}
