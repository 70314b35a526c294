//! Measures how long the job list takes to open, and to apply a filter, for a user with many jobs: the use-case and its
//! adapter of DynamoDB, whose server is replaced by one with the same pages and delays. Usage: `jobs-bench JOBS`.

#![expect(clippy::print_stdout, reason = "the figures are the output")]

mod table;

use anyhow::{Context, Result, ensure};
use gas_backend::aws::Sdk;
use gas_backend::testkit::{TestGas, aws_at};
use gas_backend::usecases::{JobLists, QueuePositions, find_jobs};
use gas_backend::{Gas, JobRepository};
use gas_shared::job::{
    Completion, Failure, FailureKind, Input, JobState, ListQuery, Results, Retention, StoredOptions,
};
use gas_shared::{FileName, Job, JobId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::{Duration, Instant};
use table::Table;
use uuid::Uuid;

/// A typical sequence of queries of a user who searches the list.
const QUERIES: [&str; 9] = [
    "",
    "status=COMPLETED",
    "status=FAILED,CANCELLED",
    "sort=name",
    "sort=-size&page=200",
    "sort=-duration&size=100",
    "search=exome-77",
    "status=FAILED&search=genome",
    "search=nothing has this",
];

/// How often each query runs.
const ROUNDS: usize = 20;

fn job(gas: &Gas, owner: UserId, n: i64, now: Timestamp) -> Result<Job> {
    let id = JobId::new(Uuid::new_v4());
    let kind = if n % 3 == 0 { "exome" } else { "genome" };
    let name = FileName::parse(&format!("{kind}-{n}.vcf.gz"))?;
    let submitted_at = now - SignedDuration::from_mins(n);
    let (started_at, completed_at) = (
        submitted_at + SignedDuration::from_secs(5),
        submitted_at + SignedDuration::from_secs(5 + n % 600),
    );
    let state = match n % 20 {
        0 => JobState::Cancelled { at: completed_at },
        1 | 2 => JobState::Failed(Failure {
            at: completed_at,
            kind: FailureKind::Input,
            reason: "line 17: POS is not a number".to_owned(),
            code: None,
            mismatch: None,
        }),
        _ => JobState::Completed(Completion {
            started_at,
            completed_at,
            records: 1000,
            not_annotated: None,
            provenance: None,
            results: Results::fresh(gas.object_keys.result(owner, id, &name), None),
            result_size: 7_000_000,
            log: gas.object_keys.log(owner, id, &name),
        }),
    };
    let input = Input {
        file: gas.object_keys.input(owner, id, &name),
        name,
        size: Some(1000 + n as u64),
        etag: None,
        uploaded_at: None,
    };
    let retention = Retention::default();
    let options = StoredOptions::default();
    Ok(Job {
        id,
        owner,
        input,
        options,
        organization: gas_shared::job::Organization::default(),
        submitted_at,
        version: 1,
        reconciled_at: None,
        retention,
        trace: None,
        state,
    })
}

fn print_times(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    if let (Some(middle), Some(worst)) = (times.get(times.len() / 2), times.last()) {
        println!("{name:<44} {:>10.1} {:>10.1}", millis(*middle), millis(*worst));
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let count = std::env::args().nth(1).context("missing argument: the number of jobs")?.parse()?;
    let (table, address) = Table::serve().await?;
    let store = Sdk::from(aws_at(&address)).job_store("jobs");
    let test = TestGas::new();
    let jobs = JobRepository { store: Arc::new(store.clone()), ..test.gas.jobs.clone() };
    let gas = Gas { jobs, ..test.gas.clone() };
    let owner = UserId::new(Uuid::new_v4());
    let now = Timestamp::from_second(Timestamp::now().as_second())?;
    let clock = Instant::now();
    let jobs: Vec<Job> = (0..count).map(|n| job(&gas, owner, n, now)).collect::<Result<_>>()?;
    store.insert_all(&jobs).await?;
    table.index();
    println!(
        "{count} jobs of one user, written in {:.1} s; a request takes {:?} and {:?} more for each MiB",
        clock.elapsed().as_secs_f64(),
        table::REQUEST,
        table::MIB
    );
    let queue_positions = QueuePositions::default();
    println!("{:<44} {:>10} {:>10}", "", "median ms", "worst ms");
    let (mut first, mut all) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let lists = JobLists::default();
        table.take_requests();
        let clock = Instant::now();
        let mut list = find_jobs(&gas, &lists, &queue_positions, owner, &"".into()).await?;
        first.push(clock.elapsed());
        ensure!(list.jobs.len() == 25, "the page has {} jobs", list.jobs.len());
        while list.is_partial {
            tokio::time::sleep(Duration::from_millis(20)).await;
            list = find_jobs(&gas, &lists, &queue_positions, owner, &"".into()).await?;
        }
        all.push(clock.elapsed());
        ensure!(list.matched == u64::try_from(count)?, "the list has {} jobs", list.matched);
    }
    print_times("first list of a process with a cold cache", first);
    print_times("the same, until all jobs are counted", all);
    println!("{:<44} {:>10}", "requests of the last one", table.take_requests());
    let lists = JobLists::default();
    let search = ListQuery::from("search=nothing has this");
    find_jobs(&gas, &lists, &queue_positions, owner, &search).await?;
    let mut all = Vec::new();
    for text in QUERIES {
        let query = ListQuery::from(text);
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let clock = Instant::now();
            find_jobs(&gas, &lists, &queue_positions, owner, &query).await?;
            times.push(clock.elapsed());
        }
        all.extend_from_slice(&times);
        print_times(if text.is_empty() { "no filter" } else { text }, times);
    }
    print_times("all filter changes", all);
    Ok(())
}
