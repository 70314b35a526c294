//! The settings of the worker, from arguments or the environment.

use crate::engine::{Engine, Limits, Template};
use crate::utility::UtilitySettings;
use anyhow::{Context, ensure};
use clap::{Args, Parser, Subcommand};
use gas_backend::Deployment;
use jiff::SignedDuration;
use std::path::PathBuf;
use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// The default of `--annotator`.
const ANNOTATOR: &str =
    "gas-annotate annotate {input} --reference {bundle} --out {output} --log {log} --progress json";

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
}

/// Settings of role `annotate`.
#[derive(Args, Debug)]
pub(crate) struct AnnotateSettings {
    #[command(flatten)]
    pub(crate) deployment: Deployment,
    /// The engine's command line. It is split like a shell command line but runs without a shell;
    /// {input}, {output}, {log} and {bundle} are then replaced by paths. Without {output} and {log}
    /// the program must write both next to the input, as AnnTools does: `python run.py {input}`.
    #[arg(long, env = "GAS_ANNOTATOR", default_value = ANNOTATOR)]
    pub(crate) annotator: String,
    /// The folder of the reference, which replaces {bundle}.
    #[arg(long, env = "GAS_REFERENCE_BUNDLE")]
    pub(crate) reference_bundle: PathBuf,
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
    /// The largest number of attempts at a job. Set it to the queue's maxReceiveCount.
    #[arg(long, env = "GAS_MAX_ATTEMPTS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_attempts: u32,
    /// How long running jobs may continue after SIGTERM, in seconds.
    #[arg(long, env = "GAS_SHUTDOWN_GRACE_SECS", default_value_t = 30)]
    pub(crate) grace_secs: u64,
    /// The longest duration of one run, in seconds.
    #[arg(long, env = "GAS_RUN_WALL_SECS", default_value_t = 900)]
    pub(crate) wall_secs: u64,
    /// The most CPU time that one run may use, in seconds.
    #[arg(long, env = "GAS_RUN_CPU_SECS", default_value_t = 900)]
    pub(crate) cpu_secs: u64,
    /// The most address space that one run may use, in MiB. Memory-mapped files count.
    #[arg(long, env = "GAS_RUN_MEMORY_MIB", default_value_t = 2048)]
    pub(crate) memory_mib: u64,
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
    /// Checks for errors that would otherwise appear at the first job.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.reference_bundle.is_dir(),
            "{} is not a folder; build a reference with `gas-annotate build-reference` and set \
             GAS_REFERENCE_BUNDLE to its folder",
            self.reference_bundle.display()
        );
        Ok(())
    }

    /// Builds the engine.
    pub(crate) fn engine(&self) -> anyhow::Result<Engine> {
        let limits = Limits {
            wall: Duration::from_secs(self.wall_secs),
            cpu_secs: self.cpu_secs,
            memory_bytes: self.memory_mib.saturating_mul(MIB),
        };
        let template = Template::parse(&self.annotator).with_context(|| {
            format!("GAS_ANNOTATOR {:?} is not a valid command line", self.annotator)
        })?;
        // The engine runs in another folder, so a relative path would not resolve.
        let reference = std::path::absolute(&self.reference_bundle)?;
        let engine = Engine { template, reference, limits };
        engine.check()?;
        Ok(engine)
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_default_engine_command_line_is_valid() {
        assert!(Template::parse(ANNOTATOR).is_ok());
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
