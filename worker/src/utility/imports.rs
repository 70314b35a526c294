//! Role `imports`: copies files from URLs of users to S3.
//!
//! A few files are copied at the same time, and of each user one in a process. A copy gives its slot to files that wait
//! after some minutes, and one whose server fails or sends nothing waits without a slot, so that large files and slow
//! servers do not hold up those of other users. A file takes up to a part of it in memory.

use futures::stream::{FuturesUnordered, StreamExt};
use gas_backend::chain;
use gas_backend::ports::{DueImport, PortResult};
use gas_backend::usecases::{CopyOutcome, Importer, copy_import, due_imports};
use gas_runtime::Shutdown;
use gas_shared::UserId;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The pause between two looks for new imports. A look without any is one query of an index.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The number of files that are copied at the same time.
const MAX_IN_FLIGHT: u16 = 4;

/// Copies files until shutdown. The next process continues a copy that is interrupted when its claim has ended.
pub(crate) async fn run(importer: Importer, shutdown: &Shutdown) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut busy: Vec<UserId> = Vec::new();
    let mut in_flight = FuturesUnordered::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Some((due, copied)) = in_flight.next(), if !in_flight.is_empty() => {
                let due: DueImport = due;
                busy.retain(|owner| *owner != due.owner);
                report(&due, copied);
            }
            () = shutdown.requested() => break,
        }
        let free = MAX_IN_FLIGHT.saturating_sub(u16::try_from(busy.len()).unwrap_or(u16::MAX));
        if free == 0 {
            continue;
        }
        match due_imports(&importer, free, &busy).await {
            Ok(claimed) => {
                for due in claimed {
                    busy.push(due.owner);
                    let importer = &importer;
                    in_flight.push(async move {
                        let copied = copy_import(importer, &due).await;
                        (due, copied)
                    });
                }
            }
            Err(error) => tracing::error!(error = %chain(&error), "imports cannot be read"),
        }
    }
    // Small files are complete soon.
    let rest = async {
        while let Some((due, copied)) = in_flight.next().await {
            report(&due, copied);
        }
    };
    tokio::select! {
        () = rest => {}
        () = shutdown.due() => {}
    }
}

fn report(due: &DueImport, copied: PortResult<CopyOutcome>) {
    let DueImport { job, owner, attempt, .. } = due;
    match copied {
        Ok(outcome) => tracing::info!(
            job_id = %job, user_id = %owner, attempt, ?outcome, "copy of a file from a URL ended"
        ),
        Err(error) => tracing::error!(
            job_id = %job, user_id = %owner, error = %chain(&error),
            "copy of a file from a URL failed in the service"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_backend::testkit::{FakeFileSource, TestGas};
    use gas_backend::usecases::import_file;
    use gas_shared::import::NewImport;
    use gas_shared::{Account, JobId, JobStatus, Plan};
    use std::sync::Arc;

    const URL: &str = "https://lab.example.org/a.vcf";

    #[tokio::test(start_paused = true)]
    async fn all_files_of_all_users_are_copied_until_shutdown() {
        let test = TestGas::new();
        let source = Arc::new(FakeFileSource::default());
        source.put(URL, b"##fileformat=VCFv4.2\n");
        let new = NewImport::new(URL);
        let mut jobs: Vec<JobId> = Vec::new();
        for name in ["ada", "bob", "eve", "kim", "sam"] {
            let user: Account = test.user(name, Plan::Free);
            for _ in 0..3 {
                let made = import_file(&test.gas, &*source, &user, &new, None).await.unwrap();
                jobs.push(made.job.id);
            }
        }
        let importer = Importer { gas: test.gas.clone(), source };
        let shutdown = Shutdown::default();
        let stop = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            shutdown.now();
        };
        tokio::join!(run(importer, &shutdown), stop);
        assert!(jobs.iter().all(|id| test.job(*id).status() == JobStatus::Pending));
        assert_eq!(test.imports.jobs(), []);
    }
}
