//! A process of the stack: started in its own process group, supervised, and stopped as a group.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::health::Ready;
use crate::log::Log;

/// The time limit for a process to become ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The time limit for a process to exit after the stop signal, before it is killed.
const END_WITHIN: Duration = Duration::from_secs(40);

/// The pause before a process is restarted; the same as systemd's on AWS.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// How to run a process.
#[derive(Clone, Debug)]
pub(crate) struct ProcessSpec {
    /// The name of the log file and the pid file.
    pub(crate) name: &'static str,
    pub(crate) command: Vec<String>,
    pub(crate) environment: Environment,
    /// How its readiness is detected.
    pub(crate) ready: Ready,
    /// The signal that requests its exit.
    pub(crate) stop: Signal,
    /// Whether the process is restarted if it exits unexpectedly.
    pub(crate) restart: bool,
}

/// Wraps a command so that its process gets `signal` when the stack's owner dies for any reason,
/// and does not keep ports and data. The kernel watches the thread that started the process; the
/// threads of the runtime live as long as the stack.
pub(crate) fn bound_to_owner(signal: &str, command: &[String]) -> Vec<String> {
    let setpriv = ["setpriv", "--pdeathsig", signal, "--"];
    // Other systems do not support this; there, only Ctrl-C stops all processes.
    let prefix = setpriv.iter().filter(|_| cfg!(target_os = "linux"));
    prefix.map(ToString::to_string).chain(command.iter().cloned()).collect()
}

/// A supervised process that has become ready.
pub(crate) struct Process {
    name: &'static str,
    stop: watch::Sender<bool>,
    supervisor: JoinHandle<Option<ExitStatus>>,
}

impl Process {
    /// Starts a process and waits until it is ready. Its process id is written to
    /// `folder/NAME.pid`.
    pub(crate) async fn start(spec: ProcessSpec, log: Log, folder: &Path) -> Result<Self> {
        let name = spec.name;
        let ready = spec.ready.clone();
        let (stop, stopping) = watch::channel(false);
        let (seen, line_seen) = watch::channel(false);
        let (is_ready, was_ready) = watch::channel(false);
        let pid_file = folder.join(format!("{name}.pid"));
        let watcher = Watcher { spec, log: log.clone(), pid_file, stopping, seen, was_ready };
        let process = Self { name, stop, supervisor: tokio::spawn(watcher.run()) };

        let deadline = Instant::now() + READY_WITHIN;
        while !(*line_seen.borrow() || ready.holds().await) {
            if process.supervisor.is_finished() {
                let how = process.ended().await;
                return Err(Error::EndedEarly {
                    name: name.to_owned(),
                    how,
                    log: log.path().to_owned(),
                    tail: log.tail(),
                });
            }
            if Instant::now() > deadline {
                process.stop().await;
                return Err(Error::NotReady {
                    name: name.to_owned(),
                    waited: READY_WITHIN,
                    log: log.path().to_owned(),
                    tail: log.tail(),
                });
            }
            sleep(Duration::from_millis(50)).await;
        }
        is_ready.send_replace(true);
        Ok(process)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the process exited unexpectedly and is not restarted.
    pub(crate) fn is_over(&self) -> bool {
        self.supervisor.is_finished()
    }

    /// Requests the process to exit, and kills it if it does not.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        // The supervisor ends after its process. A panic in it is a bug, which tokio reports.
        let _ = self.supervisor.await;
    }

    async fn ended(self) -> String {
        match self.supervisor.await.ok().flatten() {
            Some(status) => format!("exited ({status})"),
            None => "could not start".to_owned(),
        }
    }
}

/// Runs a process, and restarts it if configured.
struct Watcher {
    spec: ProcessSpec,
    log: Log,
    pid_file: PathBuf,
    stopping: watch::Receiver<bool>,
    seen: watch::Sender<bool>,
    was_ready: watch::Receiver<bool>,
}

impl Watcher {
    async fn run(mut self) -> Option<ExitStatus> {
        loop {
            let mut child = match self.spawn() {
                Ok(child) => child,
                Err(error) => {
                    self.log.note(&format!("cannot start: {error}"));
                    return None;
                }
            };
            let ended = tokio::select! {
                status = child.wait() => Some(status.ok()),
                () = stop_requested(&mut self.stopping) => None,
            };
            let Some(status) = ended else {
                terminate(&mut child, self.spec.stop).await;
                let _ = std::fs::remove_file(&self.pid_file);
                return None;
            };
            let restart = self.spec.restart && *self.was_ready.borrow();
            if !restart {
                return status;
            }
            self.log.note("exited unexpectedly; restarting it");
            sleep(RESTART_AFTER).await;
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let (program, arguments) = self.spec.command.split_first().ok_or_else(|| {
            std::io::Error::new(std::io::ErrorKind::InvalidInput, "the command is empty")
        })?;
        let mut child = Command::new(program)
            .args(arguments)
            .envs(&self.spec.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        if let Some(pid) = child.id() {
            std::fs::write(&self.pid_file, pid.to_string())?;
        }
        let marker = match self.spec.ready {
            Ready::Line(marker) => Some(marker.to_owned()),
            _ => None,
        };
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(self.log.clone().copy(stdout, marker.clone(), self.seen.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(self.log.clone().copy(stderr, marker, self.seen.clone()));
        }
        Ok(child)
    }
}

async fn stop_requested(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is dropped, which also requests a stop.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn terminate(child: &mut Child, signal: Signal) {
    let Some(group) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) else {
        return;
    };
    // Both calls fail only if the group has already exited.
    let _ = kill_process_group(group, signal);
    if timeout(END_WITHIN, child.wait()).await.is_err() {
        let _ = kill_process_group(group, Signal::KILL);
        let _ = child.wait().await;
    }
}
