//! The commands of the engine for files in shards: `plan`, `annotate-shard`, `join`, and `gas-index --merge`.
//!
//! All of one job need the same arguments, so they are always those of `gas-annotate` with the options of the
//! job.

use super::messages::Annotated;
use super::remote_file::{RemoteFile, requested_range};
use super::run::{Engine, EngineError, Program, Task};
use crate::report::Report;
use gas_shared::vcf::InputLimits;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use tokio::time::Instant;

/// The least bytes of a compressed file that a record has on average.
const LEAST_RECORD_BYTES: u64 = 8;

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
    /// Bytes of the file that the shards are cut of.
    pub(crate) input_bytes: u64,
    /// The folder of the plan.
    pub(crate) plan: &'a Path,
    /// The annotated shards, of which only the files beside them exist.
    pub(crate) shards: &'a [PathBuf],
    /// Where the parts of the upload are written that makes the result.
    pub(crate) parts: &'a Path,
    /// What must not be annotated. It is written if shards have to be annotated again for that reason.
    pub(crate) exclude: &'a Path,
}

/// Arguments with the limits of a file of this size in shards: those of a run in one piece are for a file that one machine
/// annotates. All commands of one job need the same.
fn limits(input_bytes: u64) -> [(&'static str, OsString); 2] {
    let InputLimits { records, text_bytes, .. } = InputLimits::DEFAULT;
    let text = input_bytes.saturating_mul(InputLimits::GZIP_RATIO).max(text_bytes);
    let records = (input_bytes / LEAST_RECORD_BYTES).max(records);
    [("--max-bytes", text.to_string().into()), ("--max-records", records.to_string().into())]
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
        let limits = limits(bytes);
        let (bytes, shards) = (bytes.to_string(), shards.to_string());
        let command = self.shard_command_line(
            "plan",
            &limits,
            &[task.input.as_os_str()],
            &[
                ("--remote-bytes", bytes.as_ref()),
                ("--shards", shards.as_ref()),
                ("--out", plan.as_os_str()),
            ],
        );
        // Dropped at the end of standard output, which ends the answers, too.
        let on_stdout = move |line: &[u8]| {
            if let Some(range) = requested_range(line) {
                _ = requests.send(range);
            }
        };
        let readable = self.readable();
        let program = Program {
            command: &command,
            readable: &readable,
            standard_input: Some(answers),
            is_background: false,
        };
        self.confined(task, program, deadline, on_stdout, |_| {}).await?;
        Ok(())
    }

    /// Compresses the task's input in blocks at which it can be cut.
    pub(crate) async fn reblock(
        &self,
        task: Task<'_>,
        input_bytes: u64,
        deadline: Instant,
    ) -> Result<(), EngineError> {
        let mut command = self.shard_command.clone();
        command.extend(["reblock".into(), task.input.into(), "--out".into(), task.output.into()]);
        for (name, value) in limits(input_bytes) {
            command.extend([name.into(), value]);
        }
        self.run_quietly(task, &command, deadline).await
    }

    /// Annotates a shard. Beside the task's output are then the files that a join needs. `whole` is the file that the
    /// task's input is a copy of; it is read before the shard if an error has to name its line.
    pub(crate) async fn annotate_shard(
        &self,
        task: Task<'_>,
        whole: RemoteFile,
        files: ShardFiles<'_>,
        deadline: Instant,
        report: &Report,
    ) -> Result<Annotated, EngineError> {
        let limits = limits(whole.bytes);
        let (number, bytes) = (files.shard.to_string(), whole.bytes.to_string());
        let mut arguments = vec![
            ("--remote-bytes", bytes.as_ref()),
            ("--plan", files.plan.as_os_str()),
            ("--shard", number.as_ref()),
            ("--out", task.output.as_os_str()),
            ("--progress", "json".as_ref()),
        ];
        arguments.extend(files.exclude.map(|path| ("--exclude", path.as_os_str())));
        let command = self.shard_command_line(
            "annotate-shard",
            &limits,
            &[task.input.as_os_str()],
            &arguments,
        );
        self.run_command(task, &command, Some(whole), deadline, report).await
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
        let limits = limits(files.input_bytes);
        let command = self.shard_command_line("join", &limits, &inputs, &arguments);
        self.run_command(task, &command, None, deadline, report).await
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
        self.run_quietly(task, &command, deadline).await
    }

    /// Runs a command that needs no reference, and whose output says nothing.
    async fn run_quietly(
        &self,
        task: Task<'_>,
        command: &[OsString],
        deadline: Instant,
    ) -> Result<(), EngineError> {
        let program =
            Program { command, readable: &[], standard_input: None, is_background: false };
        self.confined(task, program, deadline, |_| {}, |_| {}).await?;
        Ok(())
    }

    /// A command of the engine with the reference and the options of the job.
    fn shard_command_line(
        &self,
        command: &str,
        limits: &[(&str, OsString)],
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
        for (name, value) in limits {
            line.extend([(*name).into(), value.clone()]);
        }
        line.extend(self.options.iter().map(OsString::from));
        line
    }
}
