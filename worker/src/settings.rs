//! The settings of the worker, from arguments or the environment.

use crate::engine::{Bubblewrap, Confinement, DelegatedCgroup, Engine, Limits, Sandbox, Template};
use crate::redrive::RedriveSettings;
use crate::references::WorkerReferences;
use crate::utility::UtilitySettings;
use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use gas_backend::Deployment;
use gas_shared::job::MAX_SHARDS;
use jiff::SignedDuration;
use std::path::PathBuf;
use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// The default of `--annotator`.
const ANNOTATOR: &str = "gas-annotate annotate {input} --reference {bundle} --out {output} --log {log} \
     --index=if-bgzipped --progress json {options}";

/// The command line of the index builder.
const INDEXER: &str = "gas-index {input} {output}";

/// The default of `--shard-threshold-bytes`. A file of this size takes some minutes on one machine.
const SHARD_THRESHOLD_BYTES: u64 = 1024 * MIB;

/// The engine's own program. Other annotators cannot annotate shards.
const SHARD_PROGRAM: &str = "gas-annotate";

/// The GAS worker.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// The work of this process.
    #[command(subcommand)]
    pub(crate) role: Role,
}

/// The work of a worker process.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Claim jobs and annotate their files.
    Annotate(Box<AnnotateSettings>),
    /// Archive and thaw results, send mail, erase closed accounts, and reconcile overdue jobs.
    Utility(Box<UtilitySettings>),
    /// Check whether the engine can be confined on this machine, and measure what that costs.
    Confinement(ConfinementSettings),
    /// Move the dead letters of a queue back to the queue, after the cause of their failures is removed.
    Redrive(RedriveSettings),
}

/// The separation of the engine from the worker and its machine.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ConfinementMode {
    /// Namespaces, made by bubblewrap, and resource limits.
    Namespaces,
    /// Resource limits only, for kernels and containers that forbid namespaces. A hostile file that
    /// takes over the engine can then do all that the worker can.
    Limits,
}

/// Settings of role `confinement`.
#[derive(Args, Debug)]
pub(crate) struct ConfinementSettings {
    #[command(flatten)]
    pub(crate) sandbox: SandboxSettings,
    /// The number of runs.
    #[arg(long, default_value_t = 100)]
    pub(crate) runs: u32,
    /// Also annotate and index this file, and print time and memory. It needs --reference-bundle.
    #[arg(long, requires = "reference_bundle")]
    pub(crate) input: Option<PathBuf>,
    /// The folder of the reference for --input.
    #[arg(long)]
    pub(crate) reference_bundle: Option<PathBuf>,
    /// How many runs annotate the file at the same time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) at_once: u8,
}

/// Settings of the sandbox of child processes.
#[derive(Args, Debug)]
pub(crate) struct SandboxSettings {
    /// How the engine is separated from the worker and its machine.
    #[arg(long, env = "GAS_ENGINE_CONFINEMENT", value_enum, default_value = "namespaces")]
    pub(crate) engine_confinement: ConfinementMode,
    /// Files and folders that the engine may read in addition to /usr, the reference and its own
    /// program, separated by colons. List what another annotator command needs.
    #[arg(long, env = "GAS_ENGINE_READ_PATHS", value_delimiter = ':')]
    pub(crate) engine_read_paths: Vec<PathBuf>,
    /// The longest duration of one run, in seconds. Runs of large files may take longer: a second for
    /// each 64 KiB of a plain and 6 KiB of a compressed file, at most 4 hours.
    #[arg(long, env = "GAS_RUN_WALL_SECS", default_value_t = 900)]
    pub(crate) wall_secs: u64,
    /// The most CPU time that one process of a run may use, in seconds, with the same addition.
    #[arg(long, env = "GAS_RUN_CPU_SECS", default_value_t = 900)]
    pub(crate) cpu_secs: u64,
    /// The most memory that the processes of one run may use together, in MiB. Memory-mapped files do
    /// not count.
    #[arg(long, env = "GAS_RUN_MEMORY_MIB", default_value_t = 2048)]
    pub(crate) memory_mib: u64,
    /// The most processes and threads of one run.
    #[arg(long, env = "GAS_RUN_TASKS", default_value_t = 256, value_parser = clap::value_parser!(u64).range(8..))]
    pub(crate) tasks: u64,
}

/// Settings of role `annotate`.
#[derive(Args, Debug)]
pub(crate) struct AnnotateSettings {
    #[command(flatten)]
    pub(crate) deployment: Deployment,
    /// The engine's command line. It is split like a shell command line but runs without a shell;
    /// {input}, {output}, {log} and {bundle} are then replaced by paths, and {options} by the options of a
    /// job. Without {options}, jobs can only have the default ones. Without {output} and {log}
    /// the program must write both next to the input, as AnnTools does: `python run.py {input}`.
    #[arg(long, env = "GAS_ANNOTATOR", default_value = ANNOTATOR)]
    pub(crate) annotator: String,
    #[command(flatten)]
    pub(crate) references: WorkerReferences,
    /// The folder in which each run gets a scratch folder.
    #[arg(long, env = "GAS_WORK_DIR", default_value = "/var/tmp/gas-worker")]
    pub(crate) work_dir: PathBuf,
    /// The number of jobs that run at the same time.
    #[arg(long, env = "GAS_WORKER_CONCURRENCY", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) concurrency: u8,
    /// How long a job request stays invisible to other workers without a heartbeat, in seconds. The
    /// worker sends three heartbeats in this time.
    #[arg(long, env = "GAS_JOB_VISIBILITY_SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(6..=43_200))]
    pub(crate) visibility_secs: u64,
    /// The number of failures of the engine after which a job fails. Outages of services and
    /// restarts of workers do not count.
    #[arg(long, env = "GAS_MAX_ATTEMPTS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_attempts: u32,
    /// The most memory that the build of a user's reference may use, in MiB.
    #[arg(long, env = "GAS_REFERENCE_BUILD_MEMORY_MIB", default_value_t = 4096)]
    pub(crate) reference_build_memory_mib: u64,
    /// How long running jobs may continue after SIGTERM, in seconds.
    #[arg(long, env = "GAS_SHUTDOWN_GRACE_SECS", default_value_t = 30)]
    pub(crate) grace_secs: u64,
    #[command(flatten)]
    pub(crate) shards: ShardingSettings,
    #[command(flatten)]
    pub(crate) sandbox: SandboxSettings,
}

/// Settings of files that are annotated in shards.
#[derive(Args, Debug)]
pub(crate) struct ShardingSettings {
    /// The size from which on a file is annotated in shards, by all workers, in bytes; 0 for no file. Shards
    /// are annotated by gas-annotate with its default arguments, whatever GAS_ANNOTATOR is. [default: 1 GiB, and 0
    /// with another GAS_ANNOTATOR]
    #[arg(long, env = "GAS_SHARD_THRESHOLD_BYTES")]
    pub(crate) shard_threshold_bytes: Option<u64>,
    /// The bytes of a file that a shard has. Files with more than 200 shards have larger ones.
    #[arg(long, env = "GAS_SHARD_BYTES", default_value_t = 256 * MIB, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) shard_bytes: u64,
}

/// Which files are annotated in shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sharding {
    /// The smallest file, in bytes.
    pub(crate) threshold: u64,
    /// The bytes of a file that a shard has.
    pub(crate) shard_bytes: u64,
}

impl ShardingSettings {
    /// Which files are annotated in shards beside this annotator; `None` for none.
    pub(crate) fn sharding(&self, annotator: &str) -> Option<Sharding> {
        let default = if annotator == ANNOTATOR { SHARD_THRESHOLD_BYTES } else { 0 };
        let threshold = self.shard_threshold_bytes.unwrap_or(default);
        let shard_bytes = self.shard_bytes;
        (threshold > 0).then_some(Sharding { threshold, shard_bytes })
    }
}

impl Sharding {
    /// The number of shards of a file; `None` if it is annotated in one piece.
    pub(crate) fn shards(self, input_bytes: u64) -> Option<u32> {
        let count = u32::try_from(input_bytes.div_ceil(self.shard_bytes)).unwrap_or(u32::MAX);
        (input_bytes >= self.threshold && count > 1).then_some(count.min(MAX_SHARDS))
    }
}

/// The time limits of claims and heartbeats.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// How long a message stays invisible without a heartbeat.
    pub(crate) visibility: Duration,
}

impl Timing {
    /// The pause between two heartbeats.
    pub(crate) fn heartbeat_interval(self) -> Duration {
        self.visibility / 3
    }

    /// How long after the last heartbeat another worker may claim the job.
    ///
    /// The last heartbeat in the row is at most one interval later than the last extension of the
    /// message. A message that becomes visible again therefore always finds a heartbeat that is two
    /// intervals old. Rows store whole seconds; the second less covers their rounding.
    pub(crate) fn heartbeat_timeout(self) -> SignedDuration {
        let two_intervals = self.heartbeat_interval() * 2;
        SignedDuration::try_from(two_intervals).unwrap_or(SignedDuration::MAX)
            - SignedDuration::from_secs(1)
    }
}

impl AnnotateSettings {
    /// Builds the engine for the reference in a folder, whose path is absolute.
    pub(crate) fn engine(&self, reference: PathBuf) -> anyhow::Result<Engine> {
        engine(&self.annotator, reference, self.sandbox.sandbox()?)
    }

    /// The sandbox of builds of references: that of runs, with other memory.
    pub(crate) fn builder_sandbox(&self, of_runs: &Sandbox) -> Sandbox {
        let memory_bytes = self.reference_build_memory_mib.saturating_mul(MIB);
        let limits = Limits { memory_bytes, ..of_runs.limits };
        Sandbox { limits, ..of_runs.clone() }
    }

    /// The time limits of claims and heartbeats.
    pub(crate) fn timing(&self) -> Timing {
        Timing { visibility: Duration::from_secs(self.visibility_secs) }
    }

    /// How long running jobs may continue after SIGTERM.
    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_secs)
    }
}

impl ConfinementSettings {
    /// The engine for the reference, with the default command line.
    pub(crate) fn engine(&self, sandbox: Sandbox) -> anyhow::Result<Option<Engine>> {
        let Some(reference) = &self.reference_bundle else { return Ok(None) };
        // The engine runs in another folder, so a relative path would not resolve.
        let reference = std::path::absolute(reference)?;
        engine(ANNOTATOR, reference, sandbox).map(Some)
    }
}

fn engine(annotator: &str, reference: PathBuf, sandbox: Sandbox) -> anyhow::Result<Engine> {
    let template = Template::parse(annotator)
        .with_context(|| format!("GAS_ANNOTATOR {annotator:?} is not a valid command line"))?;
    let indexer = Template::parse(INDEXER).context("the index builder's command line")?;
    let (sources, options) = (Vec::new(), Vec::new());
    let shard_command = vec![SHARD_PROGRAM.into()];
    let engine = Engine { template, indexer, shard_command, reference, sources, options, sandbox };
    engine.check()?;
    Ok(engine)
}

impl SandboxSettings {
    /// Builds the sandbox, and logs how it separates child processes.
    ///
    /// # Errors
    ///
    /// If the machine forbids what is set.
    pub(crate) fn sandbox(&self) -> anyhow::Result<Sandbox> {
        let confinement = match self.engine_confinement {
            ConfinementMode::Namespaces => {
                Confinement::Namespaces(Bubblewrap::probe(self.engine_read_paths.clone())?)
            }
            ConfinementMode::Limits => {
                tracing::warn!(
                    "the engine is not confined, since GAS_ENGINE_CONFINEMENT is limits: it has the \
                     network and all files of the worker"
                );
                Confinement::Limits
            }
        };
        let cgroup = DelegatedCgroup::of_this_process();
        if cgroup.is_none() && rustix::process::geteuid().is_root() {
            tracing::warn!(
                "the worker runs as root, whom the kernel exempts from limits of processes: a \
                 hostile run can fill the process table; run the worker as another user"
            );
        }
        tracing::info!(
            namespaces = matches!(confinement, Confinement::Namespaces(_)),
            cgroup = cgroup.is_some(),
            "engine sandbox ready"
        );
        Ok(Sandbox { confinement, cgroup, limits: self.limits() })
    }

    /// The limits of a run of a small input.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            wall: Duration::from_secs(self.wall_secs),
            cpu_secs: self.cpu_secs,
            memory_bytes: self.memory_mib.saturating_mul(MIB),
            tasks: self.tasks,
        }
    }
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
    fn files_from_the_threshold_on_have_shards_of_about_the_given_size() {
        let sharding = Sharding { threshold: 100, shard_bytes: 40 };
        let shards = [99, 100, 120, 121, 1 << 40].map(|bytes| sharding.shards(bytes));
        assert_eq!(shards, [None, Some(3), Some(3), Some(4), Some(MAX_SHARDS)]);
        let one = Sharding { threshold: 100, shard_bytes: 1 << 30 };
        assert_eq!(one.shards(1_000), None);
        let settings =
            |shard_threshold_bytes| ShardingSettings { shard_threshold_bytes, shard_bytes: 40 };
        assert_eq!(settings(Some(0)).sharding(ANNOTATOR), None);
        assert_eq!(settings(None).sharding("python run.py {input}"), None);
        let threshold = settings(None).sharding(ANNOTATOR).map(|sharding| sharding.threshold);
        assert_eq!(threshold, Some(1 << 30));
        let given = settings(Some(100)).sharding("other");
        assert_eq!(given, Some(Sharding { threshold: 100, shard_bytes: 40 }));
    }

    #[test]
    fn the_default_command_lines_are_valid() {
        assert!(Template::parse(ANNOTATOR).is_ok());
        assert!(Template::parse(INDEXER).is_ok());
    }

    #[test]
    fn the_job_of_a_crashed_worker_can_be_claimed_when_its_message_is_visible_again() {
        for secs in [6, 60, 43_200] {
            let timing = Timing { visibility: Duration::from_secs(secs) };
            let visible_again = timing.visibility;
            let last_heartbeat = timing.heartbeat_interval();
            // Rounding both ends to whole seconds can hide just under one second.
            let seen = (visible_again - last_heartbeat).as_secs_f64() - 0.999;
            assert!(seen >= timing.heartbeat_timeout().as_secs_f64(), "{secs}");
            assert!(
                timing.heartbeat_timeout()
                    > SignedDuration::try_from(timing.heartbeat_interval()).unwrap(),
                "{secs}"
            );
        }
    }
}
