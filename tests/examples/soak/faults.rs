//! Kills and pauses the processes of the stack at random. The stack restarts a killed process after
//! a second.

use anyhow::{Context, Result};
use fastrand::Rng;
use gas_local::Description;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// The pause between two faults, in milliseconds.
const BETWEEN: std::ops::Range<u64> = 1_000..4_000;

/// The length of a pause of a process, in seconds. Shorter runs have shorter pauses.
const FROZEN: std::ops::Range<f64> = 5.0..60.0;

/// The longest pause, as a share of the run.
const MAX_FROZEN_SHARE: f64 = 0.1;

/// The name of the processes that run the restore function.
const LAMBDA: &str = "bootstrap";

/// A process of the stack, and what may happen to it.
struct Target {
    name: &'static str,
    may_die: bool,
}

/// MiniStack saves its state every three seconds, so a kill would lose writes that it has
/// acknowledged, which AWS never does. It is paused: its clients see connections that hang,
/// time out, and whose requests are carried out after they have given up. Or it is killed after all its clients
/// were paused for longer than that, which ends all executions of its state machines.
const TARGETS: [Target; 9] = [
    Target { name: "web", may_die: true },
    Target { name: "worker", may_die: true },
    Target { name: "utility", may_die: true },
    Target { name: "postgres", may_die: true },
    Target { name: "glacier", may_die: true },
    Target { name: "stripe", may_die: true },
    Target { name: "oidc", may_die: true },
    Target { name: EMULATOR, may_die: false },
    Target { name: LAMBDA, may_die: true },
];

/// The emulator of AWS.
const EMULATOR: &str = "ministack";

/// How long its clients are paused before it is killed.
const UNTIL_SAVED: Duration = Duration::from_secs(7);

/// The clients of the emulator.
const CLIENTS: [&str; 4] = ["web", "worker", "utility", LAMBDA];

/// The number of faults by name.
pub(crate) type Faults = BTreeMap<String, usize>;

/// Injects faults until it is stopped.
pub(crate) struct Injector {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<Faults>>,
}

impl Injector {
    /// Starts to inject faults into the stack for at most the given time.
    pub(crate) fn start(stack: Description, random: Rng, length: Duration) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(inject(stack, random, length, stopped));
        Self { stop, task }
    }

    /// Ends all faults: no process is paused any more.
    pub(crate) async fn stop(self) -> Result<Faults> {
        self.stop.send_replace(true);
        self.task.await?
    }
}

async fn inject(
    stack: Description,
    mut random: Rng,
    length: Duration,
    mut stopped: watch::Receiver<bool>,
) -> Result<Faults> {
    let deadline = Instant::now() + length;
    let longest = FROZEN.end.min(length.as_secs_f64() * MAX_FROZEN_SHARE).max(FROZEN.start);
    let mut faults = Faults::new();
    let mut frozen: JoinSet<&'static str> = JoinSet::new();
    let mut busy: BTreeSet<&str> = BTreeSet::new();
    loop {
        let pause = Duration::from_millis(random.u64(BETWEEN));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => break,
        }
        if Instant::now() > deadline {
            break;
        }
        while let Some(thawed) = frozen.try_join_next() {
            busy.remove(thawed?);
        }
        let target = &TARGETS[random.usize(..TARGETS.len())];
        let (dies, share) = (target.may_die && random.bool(), random.f64());
        let kills_emulator = random.bool();
        let processes = processes(&stack, target.name);
        if busy.contains(target.name) || processes.is_empty() {
            continue;
        }
        if target.name == EMULATOR && kills_emulator && busy.is_empty() {
            let clients: Vec<u32> =
                CLIENTS.iter().flat_map(|name| self::processes(&stack, name)).collect();
            signal("STOP", &clients);
            tokio::time::sleep(UNTIL_SAVED).await;
            signal("KILL", &processes[..1]);
            signal("CONT", &clients);
            *faults.entry(format!("{EMULATOR} killed")).or_default() += 1;
            continue;
        }
        let how = if dies {
            // Only the process itself, as the out-of-memory killer does.
            signal("KILL", &processes[..1]);
            "killed"
        } else {
            let length = FROZEN.start + share * (longest - FROZEN.start);
            signal("STOP", &processes);
            busy.insert(target.name);
            let mut stopped = stopped.clone();
            frozen.spawn(async move {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs_f64(length)) => {}
                    _ = stopped.wait_for(|stop| *stop) => {}
                }
                signal("CONT", &processes);
                target.name
            });
            "paused"
        };
        *faults.entry(format!("{} {how}", target.name)).or_default() += 1;
    }
    // Ends the pauses early if the load has ended.
    while let Some(thawed) = frozen.join_next().await {
        thawed.context("a pause ended with an error")?;
    }
    Ok(faults)
}

/// The process ids of a target with its descendants, the target first.
fn processes(stack: &Description, name: &str) -> Vec<u32> {
    let parents = parents();
    if name == LAMBDA {
        // An AWS emulator of another stack may run functions, too.
        let own = stack.pid("ministack").map(|pid| family(pid, &parents)).unwrap_or_default();
        return own.into_iter().filter(|pid| command(*pid) == LAMBDA).collect();
    }
    stack.pid(name).map(|pid| family(pid, &parents)).unwrap_or_default()
}

fn family(pid: u32, parents: &BTreeMap<u32, u32>) -> Vec<u32> {
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(_, its)| **its == parent).map(|(child, _)| *child));
        next += 1;
    }
    family
}

/// The parent of every process.
fn parents() -> BTreeMap<u32, u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may contain spaces.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect()
}

fn command(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

/// Sends a signal. A process that has ended meanwhile is no error.
fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(u32::to_string);
    let _ = Command::new("kill").arg(format!("-{name}")).args(ids).output();
}
