//! What the worker is told: by arguments, or by the environment.

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
    /// What this process does.
    #[command(subcommand)]
    pub(crate) role: Role,
}

/// What a worker process does.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Take jobs and annotate their files.
    Annotate(Box<AnnotateSettings>),
    /// Archive, thaw, send mail, and find what got lost.
    Utility(Box<UtilitySettings>),
}

/// Settings of role `annotate`.
#[derive(Args, Debug)]
pub(crate) struct AnnotateSettings {
    #[command(flatten)]
    pub(crate) deployment: Deployment,
    /// The engine's command line. It is split as a shell would, but no shell runs it; {input},
    /// {output}, {log} and {bundle} are filled in after that. Without {output} and {log} the
    /// program must leave them beside the input, as AnnTools does: `python run.py {input}`.
    #[arg(long, env = "GAS_ANNOTATOR", default_value = ANNOTATOR)]
    pub(crate) annotator: String,
    /// The reference bundle's folder, for {bundle}.
    #[arg(long, env = "GAS_REFERENCE_BUNDLE")]
    pub(crate) reference_bundle: PathBuf,
    /// Where each run gets a folder of its own.
    #[arg(long, env = "GAS_WORK_DIR", default_value = "/var/tmp/gas-worker")]
    pub(crate) work_dir: PathBuf,
    /// Jobs that run at the same time.
    #[arg(long, env = "GAS_WORKER_CONCURRENCY", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) concurrency: u8,
    /// How long a job request stays invisible to other workers without a sign of life, in seconds.
    /// The worker gives three in that time.
    #[arg(long, env = "GAS_JOB_VISIBILITY_SECS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(6..=43_200))]
    pub(crate) visibility_secs: u64,
    /// The most times a job is tried: the same number as maxReceiveCount of the queue.
    #[arg(long, env = "GAS_MAX_ATTEMPTS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_attempts: u32,
    /// How long running jobs may go on after SIGTERM, in seconds.
    #[arg(long, env = "GAS_SHUTDOWN_GRACE_SECS", default_value_t = 30)]
    pub(crate) grace_secs: u64,
    /// How long one run may take, in seconds.
    #[arg(long, env = "GAS_RUN_WALL_SECS", default_value_t = 900)]
    pub(crate) wall_secs: u64,
    /// How much processor time one run may use, in seconds.
    #[arg(long, env = "GAS_RUN_CPU_SECS", default_value_t = 900)]
    pub(crate) cpu_secs: u64,
    /// How much address space one run may use, in MiB. Files it maps count.
    #[arg(long, env = "GAS_RUN_MEMORY_MIB", default_value_t = 2048)]
    pub(crate) memory_mib: u64,
}

/// The rhythm of a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// How long a message stays invisible without a sign of life.
    pub(crate) visibility: Duration,
}

impl Timing {
    /// How often a running job shows that it lives.
    pub(crate) fn beat(self) -> Duration {
        self.visibility / 3
    }

    /// After which silence another worker may take the job over.
    ///
    /// The last sign of life in the row comes at most one beat after the last extension of the
    /// message, so a message that became visible again always finds its job silent for two beats.
    /// Times in rows are whole seconds; the second taken off covers their rounding.
    pub(crate) fn silence(self) -> SignedDuration {
        let two_beats = SignedDuration::try_from(self.beat() * 2).unwrap_or(SignedDuration::MAX);
        two_beats - SignedDuration::from_secs(1)
    }
}

impl AnnotateSettings {
    /// Finds what would otherwise fail at the first job.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.reference_bundle.is_dir(),
            "{} is no folder; make the reference bundle with `gas-annotate build-reference` and \
             set GAS_REFERENCE_BUNDLE to it",
            self.reference_bundle.display()
        );
        Ok(())
    }

    /// The engine as these settings describe it.
    pub(crate) fn engine(&self) -> anyhow::Result<Engine> {
        let limits = Limits {
            wall: Duration::from_secs(self.wall_secs),
            cpu_secs: self.cpu_secs,
            memory_bytes: self.memory_mib.saturating_mul(MIB),
        };
        let template = Template::parse(&self.annotator)
            .with_context(|| format!("GAS_ANNOTATOR {:?} cannot be used", self.annotator))?;
        // The engine runs in a folder of its own, where a relative path would mean another place.
        let bundle = std::path::absolute(&self.reference_bundle)?;
        let engine = Engine { template, bundle, limits };
        engine.check()?;
        Ok(engine)
    }

    /// The rhythm as these settings describe it.
    pub(crate) fn timing(&self) -> Timing {
        Timing { visibility: Duration::from_secs(self.visibility_secs) }
    }

    /// The grace period.
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
    fn the_default_engine_command_can_be_used() {
        assert!(Template::parse(ANNOTATOR).is_ok());
    }

    #[test]
    fn a_crashed_workers_job_is_silent_when_its_message_comes_back() {
        for secs in [6, 60, 43_200] {
            let timing = Timing { visibility: Duration::from_secs(secs) };
            let visible_again = timing.visibility;
            let last_sign = timing.beat();
            // Both ends are cut to whole seconds, which can hide just under one.
            let seen = (visible_again - last_sign).as_secs_f64() - 0.999;
            assert!(seen >= timing.silence().as_secs_f64(), "{secs}");
            assert!(timing.silence() > SignedDuration::try_from(timing.beat()).unwrap(), "{secs}");
        }
    }
}
