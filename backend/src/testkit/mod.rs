//! In-memory ports and a clock that tests move.

mod billing;
mod fakes;

pub use billing::{FakeBillingStore, FakePayments, TEST_PRICE, TestBilling, plan_of, subscription};
use fakes::lock;
pub use fakes::{FakeAccounts, FakeJobs, FakeObjects, FakeTopic, TestClock};

use crate::gas::{Gas, Layout};
use crate::usecases::{Finished, claim_job, complete_job, confirm_upload, request_upload};
use gas_shared::upload::UploadTicket;
use gas_shared::{Account, Job, JobId, Plan, UserId};
use jiff::SignedDuration;
use std::sync::Arc;
use uuid::Uuid;

/// A [`Gas`] in memory, with handles to look into its ports.
pub struct TestGas {
    /// The ports, as use-cases take them.
    pub gas: Gas,
    /// The table of jobs.
    pub jobs: Arc<FakeJobs>,
    /// The files.
    pub objects: Arc<FakeObjects>,
    /// The profiles.
    pub accounts: Arc<FakeAccounts>,
    /// What was published to `job_requests`.
    pub job_requests: Arc<FakeTopic>,
    /// What was published to `job_results`.
    pub job_results: Arc<FakeTopic>,
    /// What was published to `job_events`.
    pub job_events: Arc<FakeTopic>,
    /// The time.
    pub clock: Arc<TestClock>,
}

impl Default for TestGas {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::unwrap_used, reason = "fakes do not fail, and this is for tests only")]
impl TestGas {
    /// An empty service.
    pub fn new() -> Self {
        let jobs = Arc::new(FakeJobs::default());
        let objects = Arc::new(FakeObjects::default());
        let accounts = Arc::new(FakeAccounts::default());
        let topic = || Arc::new(FakeTopic::default());
        let (job_requests, job_results, job_events) = (topic(), topic(), topic());
        let clock = Arc::new(TestClock::default());
        let gas = Gas {
            jobs: jobs.clone(),
            objects: objects.clone(),
            accounts: accounts.clone(),
            job_requests: job_requests.clone(),
            job_results: job_results.clone(),
            job_events: job_events.clone(),
            clock: clock.clone(),
            layout: Arc::new(Layout {
                prefix: "gas".into(),
                inputs_bucket: "gas-inputs".into(),
                results_bucket: "gas-results".into(),
            }),
        };
        Self { gas, jobs, objects, accounts, job_requests, job_results, job_events, clock }
    }

    /// A signed-up user.
    pub fn user(&self, name: &str, plan: Plan) -> Account {
        let account = Account {
            id: UserId::new(Uuid::new_v4()),
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            institution: String::new(),
            plan,
        };
        self.accounts.put(account.clone());
        account
    }

    /// The ticket of a fresh job.
    pub async fn ticket(&self, owner: &Account) -> UploadTicket {
        request_upload(&self.gas, owner, "a.vcf", 20).await.unwrap()
    }

    /// A job that waits for a worker.
    pub async fn pending_job(&self, owner: &Account) -> Job {
        let ticket = self.ticket(owner).await;
        self.objects.put(&self.job(ticket.job_id).input.file, b"##fileformat=VCFv4.2\n");
        confirm_upload(&self.gas, owner.id, ticket.job_id).await.unwrap()
    }

    /// A job that is done, with result and log stored.
    pub async fn completed_job(&self, owner: &Account) -> Job {
        let job = self.pending_job(owner).await;
        let silence = SignedDuration::from_secs(45);
        let (job, claim) = claim_job(&self.gas, job.id, silence).await.unwrap();
        let name = &job.input.name;
        self.objects.put(&self.gas.layout.result(job.owner, job.id, name), b"##fileformat");
        self.objects.put(&self.gas.layout.log(job.owner, job.id, name), b"Total: 1\n");
        let finished = Finished { records: 1, result_size: 12 };
        complete_job(&self.gas, &job, claim, finished).await.unwrap()
    }

    /// The job's row.
    pub fn job(&self, id: JobId) -> Job {
        self.jobs.get(id).unwrap()
    }
}
