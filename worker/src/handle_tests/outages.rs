//! Tests of outages: whichever service is unavailable for five minutes, before or during a run, every
//! job is completed by one run of the engine.

use super::*;
use crate::poll;
use gas_backend::testkit::{Outage, Outages};
use std::path::Path;

/// How long each outage lasts.
const OUTAGE: Duration = Duration::from_mins(5);

/// Longer than the longest pause between two calls.
const RECOVERY: Duration = Duration::from_secs(40);

const JOBS: usize = 3;

/// Waits for a file in real time. The paused clock of the test stands still meanwhile, because a
/// blocking task is running.
async fn wait_for_file(path: &Path) {
    let path = path.to_owned();
    let wait = move || {
        for _ in 0..2_000 {
            if path.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} did not appear", path.display());
    };
    tokio::task::spawn_blocking(wait).await.unwrap();
}

async fn last(services: &[&Outage], case: &TestGas) {
    tokio::time::sleep(OUTAGE).await;
    case.clock.advance_secs(300);
    services.iter().for_each(|service| service.end());
    tokio::time::sleep(RECOVERY).await;
}

/// Runs jobs through two outages: one when the worker starts, and one from the middle of the first
/// run of the engine on.
async fn through_outages(of: &str, choose: impl Fn(&Outages) -> Vec<&Outage>) {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let queues = [(); 2].map(|()| Arc::new(FakeQueue::with(&test.outages.messages)));
    // Each run waits until the second outage has begun.
    let script = format!(
        r#"echo >> "$(dirname "$0")/runs"
        until test -e "$(dirname "$0")/go"; do sleep 0.01; done
        {GOOD}; touch "$(dirname "$0")/done""#
    );
    let (mut worker, folder) = worker(&test, queues[0].clone(), &script);
    // The clock of the test jumps while the engine runs.
    worker.engine.sandbox.limits.wall = Duration::from_hours(24 * 365);
    let mut ids = Vec::new();
    for queue in queues.iter().cycle().take(JOBS) {
        let job = test.pending_job(&ada).await;
        queue.offer(message(job.id, 1));
        ids.push(job.id);
    }
    let premium = Some(Worker { queue: queues[1].clone(), ..worker.clone() });
    let workers = poll::Workers { free: worker, premium };
    let shutdown = Shutdown::default();
    let services = choose(&test.outages);
    let control = async {
        services.iter().for_each(|service| service.begin());
        last(&services, &test).await;
        wait_for_file(&folder.path().join("runs")).await;
        services.iter().for_each(|service| service.begin());
        std::fs::write(folder.path().join("go"), "").unwrap();
        wait_for_file(&folder.path().join("done")).await;
        last(&services, &test).await;
        while queues.iter().map(|queue| queue.deleted().len()).sum::<usize>() < JOBS {
            // In real time, for the engines of the other jobs.
            let pause = || std::thread::sleep(Duration::from_millis(20));
            tokio::task::spawn_blocking(pause).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        shutdown.now();
    };
    let both = async { tokio::join!(poll::run(Arc::new(workers), 1, &shutdown), control) };
    both.await;
    let completed = ids.iter().filter(|id| test.job(**id).status() == JobStatus::Completed);
    assert_eq!(completed.count(), JOBS, "{of}");
    let runs = std::fs::read(folder.path().join("runs")).unwrap().len();
    assert_eq!(runs, JOBS, "{of}: one run of the engine per job");
    assert_eq!(test.job_results.len(), JOBS, "{of}");
    // No message was returned to the queue, so SQS has counted one receipt of each.
    for queue in &queues {
        assert_eq!(queue.sent(), [""; 0], "{of}");
        assert!(queue.extended().iter().all(|pause| *pause == TIMING.visibility), "{of}");
    }
}

#[tokio::test(start_paused = true)]
async fn five_minutes_without_s3_lose_fail_and_repeat_nothing() {
    through_outages("S3", |all| vec![&all.s3]).await;
}

#[tokio::test(start_paused = true)]
async fn five_minutes_without_queues_and_topics_lose_fail_and_repeat_nothing() {
    through_outages("SQS and SNS", |all| vec![&all.messages]).await;
}

#[tokio::test(start_paused = true)]
async fn five_minutes_without_the_job_table_lose_fail_and_repeat_nothing() {
    through_outages("DynamoDB", |all| vec![&all.dynamodb]).await;
}

#[tokio::test(start_paused = true)]
async fn five_minutes_without_postgresql_do_not_concern_the_worker() {
    through_outages("PostgreSQL", |all| vec![&all.postgresql]).await;
}

#[tokio::test(start_paused = true)]
async fn five_minutes_without_any_service_lose_fail_and_repeat_nothing() {
    through_outages("all services", |all| all.all().to_vec()).await;
}
