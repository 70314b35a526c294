//! Many users who submit jobs one after the other: jobs a minute, and the times from the submission to RUNNING and to
//! COMPLETED. Runs against the stack that `./gas bench load` starts. Usage: `load-bench SECONDS USERS...`.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

#[path = "../flows/calls.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod calls;
#[path = "../flows/events.rs"]
mod events;
#[path = "../flows/stack.rs"]
#[allow(dead_code, reason = "only the flow tests use the rest")]
mod stack;

use anyhow::{Context, Result, ensure};
use calls::Calls;
use events::Events;
use fastrand::Rng;
use futures::future::try_join_all;
use gas_local::Description;
use gas_shared::{JobId, JobStatus, LiveEvent};
use gas_tests::{Client, sample};
use stack::stack;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The longest time from a submission to its end.
const MAX_WAIT: Duration = Duration::from_mins(5);

/// The processes of the stack whose CPU time is measured.
const PROCESSES: [&str; 5] = ["web", "worker", "utility", "ministack", "postgres"];

/// Clock ticks per second in `/proc`; the same on all current Linux architectures.
const TICKS: f64 = 100.0;

/// How long the emulator is measured.
const EMULATOR_TIME: Duration = Duration::from_secs(5);

/// Calls to the emulator at the same time.
const EMULATOR_CALLS: usize = 16;

/// The rate of the simulation, and the numbers of jobs that its workers run at the same time.
const JOBS_AN_HOUR: f64 = 10_000.0;
const SLOTS: [usize; 5] = [1, 2, 4, 8, 16];

/// The number of simulated jobs.
const SIMULATED: usize = 200_000;

/// The times of a job since its submission, in seconds.
#[derive(Clone, Copy, Debug)]
struct Times {
    running: f64,
    completed: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds: f64 = arguments.next().context("usage: load-bench SECONDS USERS...")?.parse()?;
    let counts = arguments.map(|count| Ok(count.parse()?)).collect::<Result<Vec<usize>>>()?;
    let most = counts.iter().max().copied().context("no number of users")?;
    let base = stack().web_url();
    let mut users = Vec::new();
    for number in 0..most {
        users.push(Client::signed_in(&base, &format!("load-{number}")).await?);
    }
    let vcf = sample("free.vcf")?;
    println!(
        "{:>6} {:>6} {:>9} | {:^26} | {:^26}\n{:>6} {:>6} {:>9} | {:>8} {:>8} {:>8} | {:>8} {:>8} {:>8}",
        "",
        "",
        "",
        "to RUNNING, s",
        "to COMPLETED, s",
        "users",
        "jobs",
        "jobs/min",
        "p50",
        "p95",
        "p99",
        "p50",
        "p95",
        "p99"
    );
    let mut runs = Vec::new();
    for count in counts {
        let before = cpu_times()?;
        let begun = Instant::now();
        let end = begun + Duration::from_secs_f64(seconds);
        let work = users[..count].iter().map(|user| submit_until(user, &vcf, end));
        let times = try_join_all(work).await?.concat();
        let elapsed = begun.elapsed().as_secs_f64();
        let after = cpu_times()?;
        let rate = times.len() as f64 / elapsed * 60.0;
        print!("{count:>6} {:>6} {rate:>9.1}", times.len());
        for of in [|times: &Times| times.running, |times: &Times| times.completed] {
            let mut values: Vec<f64> = times.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            print!(" |");
            for share in [0.5, 0.95, 0.99] {
                print!(" {:>8.2}", percentile(&values, share));
            }
        }
        println!();
        for (name, cpu) in &after {
            let used = cpu - before.get(name).copied().unwrap_or_default();
            println!(
                "{:>16} {name:<10} {:>6.0} % of a processor, {:.3} s of CPU time a job",
                "",
                used / elapsed * 100.0,
                used / times.len().max(1) as f64
            );
        }
        runs = times.iter().map(|times| times.completed - times.running).collect();
    }
    emulator().await?;
    simulate(&runs);
    Ok(())
}

/// Submits jobs one after the other until a time. The user's events tell when each runs and ends.
async fn submit_until(user: &Client, vcf: &str, end: Instant) -> Result<Vec<Times>> {
    let mut events = Events::open(user).await?;
    let mut all = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        let id = user.submit("free.vcf", vcf.as_bytes()).await?.id;
        all.push(times_of(&mut events, id, begun).await?);
    }
    Ok(all)
}

async fn times_of(events: &mut Events, id: JobId, begun: Instant) -> Result<Times> {
    let mut running = None;
    loop {
        let LiveEvent::Job(job) = events.next(MAX_WAIT).await? else { continue };
        if job.id != id {
            continue;
        }
        let now = begun.elapsed().as_secs_f64();
        match job.state.status() {
            JobStatus::Running => {
                running.get_or_insert(now);
            }
            JobStatus::Completed => {
                return Ok(Times { running: running.unwrap_or(now), completed: now });
            }
            status => ensure!(!status.is_final(), "{:?}", job.state),
        }
    }
}

/// The value below which a share of the sorted values is.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// The CPU times of the processes of the stack with their children that have ended, in seconds (proc(5)).
fn cpu_times() -> Result<BTreeMap<&'static str, f64>> {
    let stack = Description::of_test()?;
    let mut times = BTreeMap::new();
    for name in PROCESSES {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", stack.pid(name)?))?;
        let fields = stat.rsplit_once(") ").context("unexpected content of /proc/PID/stat")?.1;
        // Fields 14 to 17; the first one here is field 3.
        let ticks = fields.split(' ').skip(11).take(4).flat_map(str::parse::<f64>);
        times.insert(name, ticks.sum::<f64>() / TICKS);
    }
    Ok(times)
}

/// Measures how many calls the emulator of AWS answers.
async fn emulator() -> Result<()> {
    let gas = stack().gas(&Calls::default()).await?;
    let unknown = JobId::new(uuid::Uuid::new_v4());
    let end = Instant::now() + EMULATOR_TIME;
    let gas = &gas;
    let work = (0..EMULATOR_CALLS).map(|_| async move {
        let mut calls = 0_u64;
        while Instant::now() < end {
            gas.jobs.store.job(unknown).await?;
            calls += 1;
        }
        Ok::<_, anyhow::Error>(calls)
    });
    let calls = try_join_all(work).await?.iter().sum::<u64>() as f64;
    println!(
        "\nthe emulator of AWS answers {:.0} reads of an absent row a second",
        calls / EMULATOR_TIME.as_secs_f64()
    );
    Ok(())
}

/// Simulates workers: jobs arrive at random (a Poisson process), and each takes as long as one of the measured runs.
fn simulate(runs: &[f64]) {
    if runs.is_empty() {
        return;
    }
    let mean = runs.iter().sum::<f64>() / runs.len() as f64;
    println!(
        "\nsimulation: {JOBS_AN_HOUR} jobs an hour, each of which runs for {mean:.2} s on average, as measured last\n\
         {:>6} {:>12} {:>8} {:>8} {:>8}",
        "slots", "utilization", "p50, s", "p95, s", "p99, s"
    );
    for slots in SLOTS {
        let utilization = JOBS_AN_HOUR / 3600.0 * mean / slots as f64;
        if utilization >= 1.0 {
            println!("{slots:>6} {:>10.0} %   the queue grows without end", utilization * 100.0);
            continue;
        }
        let mut random = Rng::with_seed(1);
        // The times at which the slots are free, in microseconds.
        let mut free: std::collections::BinaryHeap<Reverse<u64>> =
            (0..slots).map(|_| Reverse(0)).collect();
        let (mut now, mut waits) = (0.0, Vec::with_capacity(SIMULATED));
        for _ in 0..SIMULATED {
            now -= (1.0 - random.f64()).ln() * 3600.0 / JOBS_AN_HOUR;
            let run = runs[random.usize(..runs.len())];
            let Some(Reverse(at)) = free.pop() else { break };
            let start = now.max(at as f64 / 1e6);
            free.push(Reverse(((start + run) * 1e6) as u64));
            waits.push(start - now);
        }
        waits.sort_by(f64::total_cmp);
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| percentile(&waits, share));
        println!("{slots:>6} {:>10.0} % {p50:>8.2} {p95:>8.2} {p99:>8.2}", utilization * 100.0);
    }
}
