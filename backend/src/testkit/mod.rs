//! In-memory implementations of the ports, a clock that tests control, and the contracts of ports: checks
//! that the fakes and the real adapters both fulfill.

mod account_data;
mod accounts;
mod administration;
mod archive;
mod archive_contract;
mod audit;
mod audit_contract;
mod aws;
mod billing;
mod catalog_contract;
mod dispatches;
mod imports;
mod job_store_contract;
mod jobs;
mod mail;
mod object_store_contract;
mod objects;
mod outbox_contract;
mod parts;
mod private_references;
mod process;
mod queue_contract;
mod rate_limiter;
mod references;
mod saved;
mod sessions;
mod sessions_contract;
mod shard_runs;
mod share_links;
mod sources;
mod stored_bytes;
mod stripe_inbox_contract;
mod tokens;
mod topic;
mod webhooks;

pub use account_data::FakeAccountData;
pub use accounts::FakeAccounts;
pub use administration::{FakeAdministration, FakeOperatorQueues, FakeServiceModes};
pub use archive::{FakeArchive, FakeQueue, FakeTimer};
pub use archive_contract::{archive_capacity_contract, archive_contract};
pub use audit::FakeAuditLog;
pub use audit_contract::audit_contract;
pub use aws::aws_at;
pub use billing::{FakeBillingStore, FakePayments, TEST_PRICE, TestBilling, subscription};
pub use catalog_contract::{
    catalog_contract, catalog_file, catalog_file as reference_file, reference_manifest,
    source_manifest,
};
pub use dispatches::{FakeDispatches, dispatches_contract};
pub use imports::{FakeFileSource, FakeImports, imports_contract};
pub use job_store_contract::job_store_contract;
pub use jobs::FakeJobs;
pub use mail::{FakeMailer, FakeOutbox, FakePreferences, TestMail, unsubscribe_key};
pub use object_store_contract::object_store_contract;
pub use objects::FakeObjects;
pub use outbox_contract::outbox_contract;
pub use parts::FakeParts;
pub use private_references::{
    FakePrivateReferences, private_reference, private_references_contract,
};
use process::lock;
pub use process::{Crash, Fault, Outage, TestClock};
pub use queue_contract::queue_contract;
pub use rate_limiter::{FakeRateLimiter, rate_limiter_contract};
pub use references::FakeReferences;
pub use saved::{FakeSavedItems, saved_items_contract};
pub use sessions::FakeSessions;
pub use sessions_contract::sessions_contract;
pub use shard_runs::FakeShardRuns;
pub use share_links::{FakeShareLinks, share_links_contract};
pub use sources::FakeSources;
pub use stored_bytes::{FakeStoredBytes, stored_bytes_contract};
pub use stripe_inbox_contract::stripe_inbox_contract;
pub use tokens::FakeTokens;
pub use topic::FakeTopic;
pub use webhooks::{FakeWebhookSender, FakeWebhooks, webhooks_contract};

use crate::audit::Audit;
use crate::references::{PrivateCatalogs, PrivateReferenceLimits, PrivateReferences};
use crate::usecases::{
    Finished, claim_job, complete_job, confirm_upload, request_upload, settle_result,
};
use crate::{Gas, JobRepository, JobRequestTopics, ObjectKeys, RetentionPolicy};
use gas_shared::job::{JobState, Results};
use gas_shared::upload::{NewUpload, UploadTicket};
use gas_shared::{Account, Job, JobId, Plan, UserId};
use jiff::SignedDuration;
use std::sync::Arc;
use uuid::Uuid;

/// An in-memory [`Gas`], with handles for inspecting its ports.
pub struct TestGas {
    /// The ports, as use-cases take them.
    pub gas: Gas,
    /// The job table.
    pub jobs: Arc<FakeJobs>,
    /// The objects.
    pub objects: Arc<FakeObjects>,
    /// The uploads in parts.
    pub parts: Arc<FakeParts>,
    /// The profiles.
    pub accounts: Arc<FakeAccounts>,
    /// Users' other data.
    pub account_data: Arc<FakeAccountData>,
    /// The sessions of browsers.
    pub sessions: Arc<FakeSessions>,
    /// Users and statistics, for operators.
    pub administration: Arc<FakeAdministration>,
    /// The bytes that users store.
    pub stored_bytes: Arc<FakeStoredBytes>,
    /// The audit log.
    pub audit: Arc<FakeAuditLog>,
    /// The API tokens.
    pub tokens: Arc<FakeTokens>,
    /// The share links.
    pub share_links: Arc<FakeShareLinks>,
    /// The webhooks.
    pub webhooks: Arc<FakeWebhooks>,
    /// The imports.
    pub imports: Arc<FakeImports>,
    /// The archive.
    pub archive: Arc<FakeArchive>,
    /// The timers started.
    pub archive_timer: Arc<FakeTimer>,
    /// The queue of jobs to archive.
    pub archive_requests: Arc<FakeQueue>,
    /// Messages published to topic `start_thaw`.
    pub start_thaw: Arc<FakeTopic>,
    /// Messages published to topic `notices`.
    pub notices: Arc<FakeTopic>,
    /// Messages published to topic `job_requests`.
    pub job_requests: Arc<FakeTopic>,
    /// Messages published to topic `premium_job_requests`.
    pub premium_job_requests: Arc<FakeTopic>,
    /// Messages published to topic `job_results`.
    pub job_results: Arc<FakeTopic>,
    /// Messages published to topic `job_events`.
    pub job_events: Arc<FakeTopic>,
    /// The references that jobs can choose.
    pub references: Arc<FakeReferences>,
    /// The sources that jobs can choose.
    pub sources: Arc<FakeSources>,
    /// The private references of users.
    pub private_references: Arc<FakePrivateReferences>,
    /// The queue of private references to build.
    pub reference_builds: Arc<FakeQueue>,
    /// The runs in shards.
    pub shard_runs: Arc<FakeShardRuns>,
    /// The clock.
    pub clock: Arc<TestClock>,
    /// Simulated faults.
    pub crash: Crash,
    /// Simulated outages.
    pub outages: Outages,
}

/// The services that can be unavailable, each on its own.
#[derive(Clone, Debug, Default)]
pub struct Outages {
    /// The job table.
    pub dynamodb: Outage,
    /// The objects.
    pub s3: Outage,
    /// The topics; tests with queues of their own use it for these, too.
    pub messages: Outage,
    /// The profiles.
    pub postgresql: Outage,
}

impl Outages {
    /// All services.
    pub fn all(&self) -> [&Outage; 4] {
        [&self.dynamodb, &self.s3, &self.messages, &self.postgresql]
    }
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
        let crash = Crash::default();
        let outages = Outages::default();
        let jobs = Arc::new(FakeJobs::new(crash.of_service(&outages.dynamodb)));
        let objects = Arc::new(FakeObjects::new(crash.of_service(&outages.s3)));
        let parts = Arc::new(FakeParts::new(objects.clone(), crash.of_service(&outages.s3)));
        let accounts = Arc::new(FakeAccounts::new(outages.postgresql.clone()));
        let tokens = Arc::new(FakeTokens::default());
        let sessions = Arc::new(FakeSessions::new(accounts.clone()));
        let share_links = Arc::new(FakeShareLinks::default());
        let imports =
            Arc::new(FakeImports::new(accounts.clone(), crash.of_service(&outages.postgresql)));
        let administration = Arc::new(FakeAdministration::new(
            accounts.clone(),
            sessions.clone(),
            tokens.clone(),
            share_links.clone(),
            imports.clone(),
        ));
        let stored_bytes = Arc::new(FakeStoredBytes::default());
        let audit = Arc::new(FakeAuditLog::new(accounts.clone()));
        let saved = Arc::new(FakeSavedItems::default());
        let webhooks =
            Arc::new(FakeWebhooks::new(accounts.clone(), crash.of_service(&outages.postgresql)));
        let account_data = Arc::new(FakeAccountData::new(
            accounts.clone(),
            tokens.clone(),
            sessions.clone(),
            saved.clone(),
            share_links.clone(),
            webhooks.clone(),
            imports.clone(),
        ));
        let archive = Arc::new(FakeArchive::new(objects.clone(), crash.clone()));
        let archive_timer = Arc::new(FakeTimer::new(crash.clone()));
        let archive_requests = Arc::new(FakeQueue::default());
        let topic = || Arc::new(FakeTopic::new(crash.of_service(&outages.messages)));
        let (job_requests, premium_job_requests) = (topic(), topic());
        let (job_results, job_events) = (topic(), topic());
        let (start_thaw, notices) = (topic(), topic());
        let references = Arc::new(FakeReferences::default());
        let sources = Arc::new(FakeSources::default());
        let private_references =
            Arc::new(FakePrivateReferences::new(crash.of_service(&outages.dynamodb)));
        let reference_builds = Arc::new(FakeQueue::default());
        let shard_runs = Arc::new(FakeShardRuns::new(crash.clone()));
        let clock = Arc::new(TestClock::default());
        let gas = Gas {
            jobs: JobRepository {
                store: jobs.clone(),
                events: job_events.clone(),
                clock: clock.clone(),
            },
            objects: objects.clone(),
            job_results: job_results.clone(),
            object_keys: Arc::new(ObjectKeys {
                prefix: "gas".into(),
                inputs_bucket: "gas-inputs".into(),
                results_bucket: "gas-results".into(),
            }),
            retention: RetentionPolicy {
                free_window_secs: 180,
                downgrade_notice_secs: 604_800,
                free_input_days: 14,
                free_log_days: 90,
            },
            part_uploads: parts.clone(),
            accounts: accounts.clone(),
            account_data: account_data.clone(),
            sessions: sessions.clone(),
            service_modes: Arc::new(FakeServiceModes::default()),
            administration: administration.clone(),
            stored_bytes: stored_bytes.clone(),
            audit: Audit::new(audit.clone(), clock.clone()),
            tokens: tokens.clone(),
            saved: saved.clone(),
            share_links: share_links.clone(),
            webhooks: webhooks.clone(),
            imports: imports.clone(),
            archive: archive.clone(),
            archive_timer: archive_timer.clone(),
            archive_requests: archive_requests.clone(),
            job_requests: JobRequestTopics::new(
                job_requests.clone(),
                Some(premium_job_requests.clone()),
            ),
            start_thaw: start_thaw.clone(),
            notices: notices.clone(),
            references: references.clone(),
            sources: sources.clone(),
            private_references: Some(PrivateReferences {
                store: private_references.clone(),
                catalogs: PrivateCatalogs::new(objects.clone(), "gas-references", "gas"),
                builds: reference_builds.clone(),
                limits: PrivateReferenceLimits {
                    max_count: 3,
                    max_bytes: 1_000_000,
                    keep_days: 30,
                },
            }),
            shard_runs: Some(shard_runs.clone()),
            dispatches: Arc::new(FakeDispatches::new(accounts.clone())),
            rate_limiter: Arc::new(FakeRateLimiter::default()),
            // Tests make many jobs at one moment; those of the limits set it to one.
            limit_factor: 1_000,
        };
        Self {
            gas,
            jobs,
            objects,
            parts,
            accounts,
            account_data,
            sessions,
            administration,
            stored_bytes,
            audit,
            tokens,
            share_links,
            webhooks,
            imports,
            archive,
            archive_timer,
            archive_requests,
            start_thaw,
            notices,
            job_requests,
            premium_job_requests,
            job_results,
            job_events,
            references,
            sources,
            private_references,
            reference_builds,
            shard_runs,
            clock,
            crash,
            outages,
        }
    }

    /// Gives a user another plan.
    pub fn set_plan(&self, account: &Account, plan: Plan) -> Account {
        let account = Account { plan, ..account.clone() };
        self.accounts.put_plan(account.clone(), self.gas.now());
        account
    }

    /// Creates a user.
    pub fn user(&self, name: &str, plan: Plan) -> Account {
        let account = Account {
            id: UserId::new(Uuid::new_v4()),
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            institution: String::new(),
            plan,
            time_zone: None,
        };
        self.accounts.put(account.clone());
        account
    }

    /// Creates a job and returns its upload ticket.
    pub async fn ticket(&self, owner: &Account) -> UploadTicket {
        request_upload(&self.gas, owner, &NewUpload::new("a.vcf", 20)).await.unwrap()
    }

    /// Creates a job that is pending.
    pub async fn pending_job(&self, owner: &Account) -> Job {
        let ticket = self.ticket(owner).await;
        self.objects.put(&self.job(ticket.job_id).input.file, b"##fileformat=VCFv4.2\n");
        confirm_upload(&self.gas, owner.id, ticket.job_id).await.unwrap()
    }

    /// Creates a completed job with a stored result and log.
    pub async fn completed_job(&self, owner: &Account) -> Job {
        self.completed_job_with(owner, b"##fileformat").await
    }

    /// Creates a completed job with the given result and a log.
    pub async fn completed_job_with(&self, owner: &Account, result: &[u8]) -> Job {
        let job = self.pending_job(owner).await;
        let timeout = SignedDuration::from_secs(45);
        let (job, claim) = claim_job(&self.gas.jobs, job.id, timeout).await.unwrap();
        let name = &job.input.name;
        self.objects.put(&self.gas.object_keys.result(job.owner, job.id, name), result);
        self.objects.put(&self.gas.object_keys.log(job.owner, job.id, name), b"Total: 1\n");
        let result_size = result.len() as u64;
        let finished = Finished { records: 1, not_annotated: None, provenance: None, result_size };
        let job = complete_job(&self.gas.annotate(), &job, claim, finished).await.unwrap();
        if owner.plan == Plan::Premium {
            settle_result(&self.gas, job.id).await.unwrap();
        }
        self.job(job.id)
    }

    /// The results of a completed job.
    #[expect(clippy::panic, reason = "for tests only")]
    pub fn results(&self, id: JobId) -> Results {
        match self.job(id).state {
            JobState::Completed(done) => done.results,
            other => panic!("the job is not completed: {other:?}"),
        }
    }

    /// The number of copies of annotated files in S3 and in the archive.
    pub fn copies_in_s3_and_archive(&self) -> (usize, usize) {
        (self.objects.with_key("annot.vcf").len(), self.archive.copies())
    }

    /// A stored job.
    pub fn job(&self, id: JobId) -> Job {
        self.jobs.get(id).unwrap()
    }
}
