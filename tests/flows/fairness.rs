//! A user with many jobs does not delay the jobs of others. The tests compare the order of starts, which
//! does not depend on the speed of the machine.

use crate::premium::buy;
use crate::stack::stack;
use crate::worker::slow_sample;
use anyhow::{Context, Result};
use futures::future::try_join_all;
use gas_shared::JobStatus::{Completed, Failed};
use gas_shared::job::StateView;
use gas_shared::{JobId, JobView, Plan};
use gas_tests::{Client, sample};
use jiff::Timestamp;
use reqwest::Method;

/// The number of jobs of the busy user.
const JOBS: usize = 60;

/// Starts that may be counted too much, since times in a job have whole seconds. Each of the busy user's
/// runs takes more than a second.
const ROUNDING: usize = 2;

/// A Free user with many jobs that wait.
struct Busy {
    user: Client,
    jobs: Vec<JobId>,
}

impl Busy {
    async fn new(url: &str, name: &str) -> Result<Self> {
        let user = Client::signed_in(url, name).await?;
        let vcf = slow_sample(1)?;
        let mut jobs = Vec::new();
        while jobs.len() < JOBS {
            let some = (0..6).map(|_| user.submit("busy.vcf", vcf.as_bytes()));
            jobs.extend(try_join_all(some).await?.iter().map(|job| job.id));
        }
        Ok(Self { user, jobs })
    }

    /// The number of this user's jobs that started after another user's job was queued and before it
    /// started.
    async fn overtook(&self, other: &JobView) -> Result<usize> {
        let queued = other.uploaded_at.context("the job is not queued")?;
        let started = started_at(other).context("the job has not started")?;
        let jobs = try_join_all(self.jobs.iter().map(|id| self.user.job(*id))).await?;
        let starts = jobs.iter().filter_map(started_at);
        Ok(starts.filter(|at| (queued..started).contains(at)).count())
    }

    /// Asserts that most jobs still wait, so that the test shows something, and cancels them.
    async fn end(self) -> Result<()> {
        let jobs = try_join_all(self.jobs.iter().map(|id| self.user.job(*id))).await?;
        let waiting = jobs.iter().filter(|job| job.state == StateView::Pending);
        let waiting: Vec<JobId> = waiting.map(|job| job.id).collect();
        let count = waiting.len();
        for id in waiting {
            self.user.call(Method::POST, &format!("/api/jobs/{id}/cancel"), None).await?;
        }
        assert!(count > 15, "only {count} jobs of the busy user wait");
        Ok(())
    }
}

fn started_at(job: &JobView) -> Option<Timestamp> {
    match job.state {
        StateView::Running { started_at, .. } | StateView::Completed { started_at, .. } => {
            Some(started_at)
        }
        _ => None,
    }
}

/// Submits a job and waits for its end.
async fn run(user: &Client) -> Result<JobView> {
    let job = user.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    user.wait_for(job.id, &[Completed, Failed]).await
}

#[tokio::test]
async fn sixty_jobs_of_one_user_do_not_delay_the_first_of_others() -> Result<()> {
    let stack = stack();
    let other = Client::signed_in(&stack.web_url(), "fair-other").await?;
    let eve = Client::signed_in(&stack.web_url(), "fair-premium").await?;
    buy(&stack, &eve).await?;
    let busy = Busy::new(&stack.web_url(), "fair-busy").await?;

    let done = run(&eve).await?;
    let overtook = busy.overtook(&done).await?;
    // One that a worker took before, and one turn of Free.
    assert!(overtook <= 1 + ROUNDING, "{overtook} jobs started before the one of Premium");

    let done = run(&other).await?;
    let overtook = busy.overtook(&done).await?;
    let places = usize::from(Plan::Free.quota().dispatched_jobs);
    assert!(overtook <= places + ROUNDING, "{overtook} jobs started before another user's first");
    busy.end().await
}
