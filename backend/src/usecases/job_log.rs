//! Reads a job's log: the run log of the worker, followed by the count log of the engine.

use super::result_access::absent;
use super::{DownloadError, find_job};
use crate::ports::PortResult;
use crate::{Gas, plain_text};
use futures::stream::{Stream, try_unfold};
use gas_shared::job::{JobState, LOG_CUT, ObjectLocation};
use gas_shared::{Job, JobId, UserId};
use std::collections::VecDeque;

/// The most that is shown of a log, in bytes.
const VIEW_BYTES: u64 = 1024 * 1024;

/// How much of a log is read at once, in bytes.
const PIECE_BYTES: u64 = 1024 * 1024;

/// Reads the first MiB of a job's log so far, as plain text without terminal control; logs of earlier
/// versions and of other engines may contain any bytes. It is empty until a worker claims the job,
/// grows while the job runs, and stays when the result is archived; on Free, for a limited time. The
/// count log follows the run log, so that every line keeps its number. A text that was cut ends with
/// [`LOG_CUT`].
///
/// # Errors
/// [`DownloadError`].
pub async fn read_log(gas: &Gas, owner: UserId, id: JobId) -> Result<String, DownloadError> {
    let job = find_job(gas, owner, id).await?;
    let mut text = String::new();
    let mut left = VIEW_BYTES;
    for log in logs(gas, &job) {
        // One byte more shows whether the log continues.
        let Some(mut bytes) = gas.objects.read_head(&log.file, left + 1).await? else {
            log.may_be_missing(&job)?;
            continue;
        };
        let is_cut = bytes.len() as u64 > left;
        if is_cut {
            bytes.pop();
        }
        left -= bytes.len() as u64;
        text.push_str(&plain_text(&String::from_utf8_lossy(&bytes)));
        if is_cut {
            text.push_str(LOG_CUT);
            break;
        }
    }
    Ok(text)
}

/// Reads a job's whole log, in pieces of whole lines. The text is that of [`read_log`], uncut.
///
/// # Errors
/// [`DownloadError`], before the first piece.
pub async fn stream_log(
    gas: &Gas,
    owner: UserId,
    id: JobId,
) -> Result<(Job, impl Stream<Item = PortResult<String>> + Send + use<>), DownloadError> {
    let job = find_job(gas, owner, id).await?;
    let mut pieces = VecDeque::new();
    for log in logs(gas, &job) {
        match gas.objects.head(&log.file).await? {
            Some(info) => pieces.extend(pieces_of(&log.file, info.size)),
            None => log.may_be_missing(&job)?,
        }
    }
    let rest = (gas.clone(), pieces, Vec::new());
    let stream =
        try_unfold(rest, async |(gas, mut pieces, mut bytes): (Gas, VecDeque<Piece>, Vec<u8>)| {
            while let Some(piece) = pieces.pop_front() {
                let Piece { file, offset, length, is_last } = piece;
                bytes.extend_from_slice(&gas.objects.read_range(&file, offset, length).await?);
                // The last line may continue. One that is longer than two pieces is cut nevertheless.
                let is_whole = is_last || bytes.len() as u64 > 2 * PIECE_BYTES;
                let line_end = bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
                let end = if is_whole { bytes.len() } else { line_end.unwrap_or(0) };
                let rest = bytes.split_off(end);
                let text = plain_text(&String::from_utf8_lossy(&bytes));
                bytes = rest;
                if !text.is_empty() {
                    return Ok(Some((text, (gas, pieces, bytes))));
                }
            }
            Ok(None)
        });
    Ok((job, stream))
}

/// A part of a log that is read at once.
struct Piece {
    file: ObjectLocation,
    offset: u64,
    length: u64,
    is_last: bool,
}

fn pieces_of(file: &ObjectLocation, size: u64) -> impl Iterator<Item = Piece> {
    (0..size.div_ceil(PIECE_BYTES)).map(move |number| {
        let offset = number * PIECE_BYTES;
        let length = PIECE_BYTES.min(size - offset);
        Piece { file: file.clone(), offset, length, is_last: offset + length == size }
    })
}

/// One of the objects that a job's log consists of.
struct Log {
    file: ObjectLocation,
    is_required: bool,
}

impl Log {
    fn may_be_missing(&self, job: &Job) -> Result<(), DownloadError> {
        let missing = || absent(job, DownloadError::Missing(job.id));
        if self.is_required { Err(missing()) } else { Ok(()) }
    }
}

fn logs(gas: &Gas, job: &Job) -> impl Iterator<Item = Log> {
    let counts = match &job.state {
        JobState::Completed(done) => Some(Log { file: done.log.clone(), is_required: true }),
        _ => None,
    };
    [Log { file: run_log(gas, job), is_required: false }].into_iter().chain(counts)
}

fn run_log(gas: &Gas, job: &Job) -> ObjectLocation {
    gas.object_keys.run_log(job.owner, job.id, &job.input.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::FindError;
    use futures::TryStreamExt;
    use gas_shared::Plan;

    #[tokio::test]
    async fn a_log_grows_stays_and_is_private() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let waiting = test.pending_job(&ada).await;
        assert_eq!(read_log(&test.gas, ada.id, waiting.id).await.unwrap(), "");
        test.objects.put(&run_log(&test.gas, &waiting), b"begun\n");
        assert_eq!(read_log(&test.gas, ada.id, waiting.id).await.unwrap(), "begun\n");

        let done = test.completed_job(&ada).await;
        test.objects.put(&run_log(&test.gas, &done), b"begun\nstored\n");
        let whole = "begun\nstored\nTotal: 1\n";
        assert_eq!(read_log(&test.gas, ada.id, done.id).await.unwrap(), whole);
        test.clock.advance_secs(9_000);
        assert_eq!(read_log(&test.gas, ada.id, done.id).await.unwrap(), whole, "logs stay");
        let foreign = read_log(&test.gas, eve.id, done.id).await.unwrap_err();
        assert!(matches!(foreign, DownloadError::Find(FindError::NotFound(_))));
    }

    #[tokio::test]
    async fn a_log_is_plain_text() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        let file = run_log(&test.gas, &job);
        test.objects.put(&file, b"\x1b[2J\x1b[31mbegun\x1b[0m\0\xff\n");
        assert_eq!(read_log(&test.gas, ada.id, job.id).await.unwrap(), "begun\u{fffd}\n");
    }

    #[tokio::test]
    async fn a_log_is_shown_whole_up_to_1_mib_and_then_says_that_it_continues() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let done = test.completed_job(&ada).await;
        let counts = "Total: 1\n";
        for (more, is_cut) in [(0, false), (1, true), (counts.len(), true), (5 << 20, true)] {
            let size = (1 << 20) - counts.len() + more;
            test.objects.put(&run_log(&test.gas, &done), &vec![b'x'; size]);
            let text = read_log(&test.gas, ada.id, done.id).await.unwrap();
            assert_eq!(text.strip_suffix(LOG_CUT).is_some(), is_cut, "{more}");
            assert_eq!(text.strip_suffix(LOG_CUT).unwrap_or(&text).len(), 1 << 20, "{more}");
        }
    }

    /// The pieces of a log.
    async fn pieces(test: &TestGas, owner: UserId, id: JobId) -> Vec<String> {
        let (_, stream) = stream_log(&test.gas, owner, id).await.unwrap();
        stream.try_collect().await.unwrap()
    }

    #[tokio::test]
    async fn a_log_is_downloaded_whole_in_pieces_of_whole_lines() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let done = test.completed_job(&ada).await;
        assert_eq!(pieces(&test, ada.id, done.id).await, ["Total: 1\n"]);
        let foreign = stream_log(&test.gas, eve.id, done.id).await.err().unwrap();
        assert!(matches!(foreign, DownloadError::Find(FindError::NotFound(_))));

        // Sequences of terminal control are within lines, wherever a piece ends.
        let line = format!("\x1b[31m{}\x1b[0m\n", "é".repeat(499));
        test.objects.put(&run_log(&test.gas, &done), line.repeat(3_000).as_bytes());
        let found = pieces(&test, ada.id, done.id).await;
        assert!(found.len() > 3 && found.iter().all(|piece| piece.ends_with('\n')));
        let expected = format!("{}\n", "é".repeat(499)).repeat(3_000) + "Total: 1\n";
        assert!(found.concat() == expected);

        test.objects.put(&run_log(&test.gas, &done), &vec![b'x'; 7 << 20]);
        let found = pieces(&test, ada.id, done.id).await;
        assert_eq!(found.concat().len(), (7 << 20) + 9);
        assert!(found.iter().all(|piece| piece.len() <= 3 << 20), "a long line is not collected");
    }

    #[tokio::test]
    async fn an_old_job_without_a_run_log_has_its_count_log() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let done = test.completed_job(&ada).await;
        assert_eq!(read_log(&test.gas, ada.id, done.id).await.unwrap(), "Total: 1\n");
    }
}
