//! The commands of the engine for files in shards: `plan`, `annotate-shard`, `join`, and `gas-index --merge`.
//!
//! All of one job need the same arguments, so they are always those of `gas-annotate` with the options of the
//! job.

use super::messages::Annotated;
use super::run::{Engine, EngineError, Program, Task};
use crate::report::Report;
use bytes::Bytes;
use serde::Deserialize;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The most bytes that a plan may request at once.
const MAX_REQUEST_BYTES: u64 = 1 << 20;

/// The way to a file whose ranges a plan reads: the process of the plan has no network.
#[derive(Debug)]
pub(crate) struct RemoteFile {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Takes offset and length of each range that is requested.
    pub(crate) requests: mpsc::UnboundedSender<(u64, u64)>,
    /// Gives exactly the bytes of each of them. The plan fails if it ends early.
    pub(crate) answers: mpsc::Receiver<Bytes>,
}

/// The files of a shard besides those of its task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShardFiles<'a> {
    /// The folder of the plan.
    pub(crate) plan: &'a Path,
    /// The number of the shard, from 0.
    pub(crate) shard: u32,
    /// What must not be annotated, as a join has found.
    pub(crate) exclude: Option<&'a Path>,
}

/// The files of a join besides those of its task, whose output gets header and end of the result only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinFiles<'a> {
    /// The folder of the plan.
    pub(crate) plan: &'a Path,
    /// The annotated shards, of which only the files beside them exist.
    pub(crate) shards: &'a [PathBuf],
    /// Where the parts of the upload are written that makes the result.
    pub(crate) parts: &'a Path,
    /// What must not be annotated. It is written if shards have to be annotated again for that reason.
    pub(crate) exclude: &'a Path,
}

/// A line in which a plan requests a range of the file.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Request {
    Read { offset: u64, length: u64 },
}

impl Engine {
    /// Plans a file and writes the plan to a folder.
    pub(crate) async fn plan(
        &self,
        task: Task<'_>,
        plan: &Path,
        file: RemoteFile,
        shards: u32,
        deadline: Instant,
    ) -> Result<(), EngineError> {
        let RemoteFile { bytes, requests, answers } = file;
        let (bytes, shards) = (bytes.to_string(), shards.to_string());
        let command = self.shard_command_line(
            "plan",
            &[task.input.as_os_str()],
            &[
                ("--remote-bytes", bytes.as_ref()),
                ("--shards", shards.as_ref()),
                ("--out", plan.as_os_str()),
            ],
        );
        // Dropped at the end of standard output, which ends the answers, too.
        let on_stdout = move |line: &[u8]| {
            if let Ok(Request::Read { offset, length }) = serde_json::from_slice(line)
                && (1..=MAX_REQUEST_BYTES).contains(&length)
            {
                _ = requests.send((offset, length));
            }
        };
        let readable = self.readable();
        let program =
            Program { command: &command, readable: &readable, standard_input: Some(answers) };
        self.confined(task, program, deadline, on_stdout, |_| {}).await?;
        Ok(())
    }

    /// Compresses the task's input in blocks at which it can be cut.
    pub(crate) async fn reblock(
        &self,
        task: Task<'_>,
        deadline: Instant,
    ) -> Result<(), EngineError> {
        let mut command = self.shard_command.clone();
        command.extend(["reblock".into(), task.input.into(), "--out".into(), task.output.into()]);
        let program = Program { command: &command, readable: &[], standard_input: None };
        self.confined(task, program, deadline, |_| {}, |_| {}).await?;
        Ok(())
    }

    /// Annotates a shard. Beside the task's output are then the files that a join needs.
    pub(crate) async fn annotate_shard(
        &self,
        task: Task<'_>,
        files: ShardFiles<'_>,
        deadline: Instant,
        report: &Report,
    ) -> Result<Annotated, EngineError> {
        let number = files.shard.to_string();
        let mut arguments = vec![
            ("--plan", files.plan.as_os_str()),
            ("--shard", number.as_ref()),
            ("--out", task.output.as_os_str()),
            ("--progress", "json".as_ref()),
        ];
        arguments.extend(files.exclude.map(|path| ("--exclude", path.as_os_str())));
        let command =
            self.shard_command_line("annotate-shard", &[task.input.as_os_str()], &arguments);
        self.run_command(task, &command, deadline, report).await
    }

    /// Joins annotated shards, without reading their records.
    pub(crate) async fn join_shards(
        &self,
        task: Task<'_>,
        files: JoinFiles<'_>,
        deadline: Instant,
        report: &Report,
    ) -> Result<Annotated, EngineError> {
        let mut inputs = vec![task.input.as_os_str()];
        inputs.extend(files.shards.iter().map(|path| path.as_os_str()));
        let arguments = [
            ("--plan", files.plan.as_os_str()),
            ("--out", task.output.as_os_str()),
            ("--upload-parts", files.parts.as_os_str()),
            ("--exclude", files.exclude.as_os_str()),
            ("--log", task.log.as_os_str()),
            ("--progress", "json".as_ref()),
        ];
        let command = self.shard_command_line("join", &inputs, &arguments);
        self.run_command(task, &command, deadline, report).await
    }

    /// Merges the explorer's indexes of the shards of a result, in their order.
    pub(crate) async fn merge_indexes(
        &self,
        task: Task<'_>,
        shards: &[PathBuf],
        index: &Path,
        deadline: Instant,
    ) -> Result<(), EngineError> {
        let mut command = vec![self.indexer.program().to_owned(), "--merge".into()];
        command.extend(shards.iter().map(|path| path.as_os_str().to_owned()));
        command.extend(["--out".into(), index.as_os_str().to_owned()]);
        let program = Program { command: &command, readable: &[], standard_input: None };
        self.confined(task, program, deadline, |_| {}, |_| {}).await?;
        Ok(())
    }

    /// A command of the engine with the reference and the options of the job.
    fn shard_command_line(
        &self,
        command: &str,
        inputs: &[&OsStr],
        arguments: &[(&str, &OsStr)],
    ) -> Vec<OsString> {
        let mut line = self.shard_command.clone();
        line.push(command.into());
        line.extend(inputs.iter().map(|input| (*input).to_owned()));
        line.extend(["--reference".into(), self.reference.as_os_str().to_owned()]);
        for (name, value) in arguments {
            line.extend([(*name).into(), (*value).to_owned()]);
        }
        line.extend(self.options.iter().map(OsString::from));
        line
    }
}
