//! One process of the stack: started in a group of its own, watched, and stopped as a group.

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

/// How long a process may take to get ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How long a process may take to end after the signal; then it is killed.
const END_WITHIN: Duration = Duration::from_secs(40);

/// How long systemd would wait, too, before a process that ended is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct ProcessSpec {
    /// Names the log file and the pid file.
    pub(crate) name: &'static str,
    pub(crate) command: Vec<String>,
    pub(crate) environment: Environment,
    /// The sign that it is ready.
    pub(crate) ready: Ready,
    /// The signal that asks it to end.
    pub(crate) stop: Signal,
    /// Whether it is started again when it ends by itself.
    pub(crate) restart: bool,
}

/// Makes a command whose process gets `signal` when the stack's owner dies, however it dies:
/// nothing may be left holding ports and data. The kernel watches the thread that started the
/// process, which here is one of the runtime's, and these live as long as the stack.
pub(crate) fn bound_to_owner(signal: &str, command: &[String]) -> Vec<String> {
    let setpriv = ["setpriv", "--pdeathsig", signal, "--"];
    // Other systems have no such call; there Ctrl-C is the only way to end everything.
    let prefix = setpriv.iter().filter(|_| cfg!(target_os = "linux"));
    prefix.map(ToString::to_string).chain(command.iter().cloned()).collect()
}

/// A process that was ready once and is watched since.
pub(crate) struct Process {
    name: &'static str,
    stop: watch::Sender<bool>,
    supervisor: JoinHandle<Option<ExitStatus>>,
}

impl Process {
    /// Starts a process and waits until it is ready. Its current process id is kept in
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

    /// Whether it ended by itself and is not started again.
    pub(crate) fn is_over(&self) -> bool {
        self.supervisor.is_finished()
    }

    /// Asks it to end, and kills it if it does not.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        // The supervisor ends after its process; a panic in it would be a bug, told by tokio.
        let _ = self.supervisor.await;
    }

    async fn ended(self) -> String {
        match self.supervisor.await.ok().flatten() {
            Some(status) => format!("ended ({status})"),
            None => "could not be started".to_owned(),
        }
    }
}

/// Runs a process, again and again where it is to be restarted.
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
                () = asked_to_stop(&mut self.stopping) => None,
            };
            let Some(status) = ended else {
                end(&mut child, self.spec.stop).await;
                let _ = std::fs::remove_file(&self.pid_file);
                return None;
            };
            let restart = self.spec.restart && *self.was_ready.borrow();
            if !restart {
                return status;
            }
            self.log.note("ended by itself; starting it again");
            sleep(RESTART_AFTER).await;
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let (program, arguments) = self.spec.command.split_first().ok_or_else(|| {
            std::io::Error::new(std::io::ErrorKind::InvalidInput, "an empty command")
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

async fn asked_to_stop(stopping: &mut watch::Receiver<bool>) {
    // An error means that the owner is gone, which is as good as being asked.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn end(child: &mut Child, signal: Signal) {
    let Some(group) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) else {
        return;
    };
    // Both fail only where the group is gone already.
    let _ = kill_process_group(group, signal);
    if timeout(END_WITHIN, child.wait()).await.is_err() {
        let _ = kill_process_group(group, Signal::KILL);
        let _ = child.wait().await;
    }
}
