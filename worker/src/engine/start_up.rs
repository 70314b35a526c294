//! Measures what the confinement adds to the start of a program.

use super::process::{self, ProcessExit};
use super::sandbox::{Confined, Confinement, Sandbox};
use anyhow::ensure;
use std::ffi::OsString;
use std::time::Duration;
use tokio::time::Instant;

/// The median time that `true` takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartUp {
    /// In the sandbox.
    pub(crate) sandboxed: Duration,
    /// With resource limits only.
    pub(crate) limited: Duration,
}

/// Runs `true` many times, as the engine is run.
pub(crate) async fn measure_start_up(sandbox: &Sandbox, runs: u32) -> anyhow::Result<StartUp> {
    let limited = Sandbox { confinement: Confinement::Limits, ..sandbox.clone() };
    let folder = tempfile::tempdir()?;
    let command = [OsString::from("true")];
    let run = Confined {
        command: &command,
        folder: folder.path(),
        readable: &[],
        file_bytes: 0,
        is_background: false,
    };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        for (sandbox, times) in [(sandbox, &mut with), (&limited, &mut without)] {
            let start = Instant::now();
            let deadline = start + sandbox.limits.wall;
            let ended = process::run(sandbox, run, None, deadline, |_| {}, |_| {}).await;
            ensure!(
                ended.as_ref().is_ok_and(ProcessExit::succeeded),
                "failed to run true: {ended:?}"
            );
            times.push(start.elapsed());
        }
    }
    Ok(StartUp { sandboxed: median(with), limited: median(without) })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
