//! The ports of one process, bundled.

use crate::audit::Audit;
use crate::clock::SystemClock;
use crate::ports::{
    AccountData, Accounts, Administration, Archive, ArchiveTimer, Dispatches, ImportStore,
    ObjectStore, PartUploads, Queue, RateLimiter, References, SavedItems, ServiceModes,
    SessionStore, ShardRuns, ShareLinks, Sources, StoredBytes, TokenStore, Topic, WebhookStore,
};
use crate::references::{Bundle, PrivateCatalogs, PrivateReferenceLimits, PrivateReferences};
use crate::sources::NoSources;
use crate::{
    Deployment, JobRepository, JobRequestTopics, ObjectKeys, RetentionPolicy, aws, postgres,
};
use jiff::Timestamp;
use std::sync::Arc;

/// The ports of a process that annotates: jobs and their files, but no accounts, because workers
/// run untrusted input and have no access to the database. Cheap to clone.
#[derive(Clone)]
pub struct AnnotateGas {
    /// The jobs, the topic of their changes, and the clock.
    pub jobs: JobRepository,
    /// Inputs, results, indexes and logs in S3.
    pub objects: Arc<dyn ObjectStore>,
    /// Multipart uploads of results.
    pub part_uploads: Arc<dyn PartUploads>,
    /// The topic of jobs that reached a final state.
    pub job_results: Arc<dyn Topic>,
    /// The topic of events that users get a mail about.
    pub notices: Arc<dyn Topic>,
    /// The object keys of the deployment.
    pub object_keys: Arc<ObjectKeys>,
    /// How long results stay in S3.
    pub retention: RetentionPolicy,
    /// The private references of users; `None` if the deployment offers none.
    pub private_references: Option<PrivateReferences>,
    /// The runs of large files in shards; `None` if the deployment has no workflow for them.
    pub shard_runs: Option<Arc<dyn ShardRuns>>,
}

/// Everything a use-case needs. Cheap to clone.
#[derive(Clone)]
pub struct Gas {
    /// The jobs, the topic of their changes, and the clock.
    pub jobs: JobRepository,
    /// Inputs, results, indexes and logs in S3.
    pub objects: Arc<dyn ObjectStore>,
    /// The topic of jobs that reached a final state.
    pub job_results: Arc<dyn Topic>,
    /// The object keys of the deployment.
    pub object_keys: Arc<ObjectKeys>,
    /// How long results stay in S3.
    pub retention: RetentionPolicy,
    /// Multipart uploads of inputs and results.
    pub part_uploads: Arc<dyn PartUploads>,
    /// The users' profiles.
    pub accounts: Arc<dyn Accounts>,
    /// Closing and erasure of accounts, and the records of mails.
    pub account_data: Arc<dyn AccountData>,
    /// The sessions of browsers.
    pub sessions: Arc<dyn SessionStore>,
    /// Whether jobs are accepted and started, and the banner.
    pub service_modes: Arc<dyn ServiceModes>,
    /// Users and statistics, for operators.
    pub administration: Arc<dyn Administration>,
    /// The audit log.
    pub audit: Audit,
    /// API tokens.
    pub tokens: Arc<dyn TokenStore>,
    /// The filters and gene panels that users save.
    pub saved: Arc<dyn SavedItems>,
    /// The share links.
    pub share_links: Arc<dyn ShareLinks>,
    /// The webhooks of users, and the messages to them.
    pub webhooks: Arc<dyn WebhookStore>,
    /// The files that are copied from URLs of users, or wait for it.
    pub imports: Arc<dyn ImportStore>,
    /// The jobs that wait for a worker or run.
    pub dispatches: Arc<dyn Dispatches>,
    /// The bytes that users store.
    pub stored_bytes: Arc<dyn StoredBytes>,
    /// The counters of rate limits.
    pub rate_limiter: Arc<dyn RateLimiter>,
    /// Multiplies the limits of users and client addresses; see [`Deployment::limit_factor`].
    pub limit_factor: u32,
    /// The archive of results whose download window has ended.
    pub archive: Arc<dyn Archive>,
    /// The timer of the download window.
    pub archive_timer: Arc<dyn ArchiveTimer>,
    /// The queue of jobs whose result is to be archived or whose files are to be deleted.
    pub archive_requests: Arc<dyn Queue>,
    /// The topics of jobs that wait for a worker.
    pub job_requests: JobRequestTopics,
    /// The topic of users whose archived results are to be thawed.
    pub start_thaw: Arc<dyn Topic>,
    /// The topic of events that users get a mail about.
    pub notices: Arc<dyn Topic>,
    /// The references that jobs can choose. Processes that accept no jobs know none.
    pub references: Arc<dyn References>,
    /// The sources that jobs can choose. Processes that accept no jobs know none.
    pub sources: Arc<dyn Sources>,
    /// The private references of users; `None` if the deployment offers none.
    pub private_references: Option<PrivateReferences>,
    /// The runs of large files in shards; `None` if the deployment has no workflow for them.
    pub shard_runs: Option<Arc<dyn ShardRuns>>,
}

impl AnnotateGas {
    /// Builds the adapters of a deployment. It makes no request.
    pub fn connect(deployment: &Deployment, sdk: &aws::Sdk) -> Self {
        gas_shared::plan::set_premium_max_upload_bytes(deployment.premium_max_upload_bytes);
        Self {
            jobs: JobRepository {
                store: Arc::new(
                    sdk.job_store(&deployment.annotations_table)
                        .with_sharded_queue_index(deployment.sharded_queue_index),
                ),
                events: Arc::new(sdk.topic(&deployment.job_events_topic_arn)),
                clock: Arc::new(SystemClock),
            },
            objects: Arc::new(sdk.object_store(deployment.s3_path_style)),
            part_uploads: Arc::new(sdk.part_uploads(deployment.s3_path_style)),
            job_results: Arc::new(sdk.topic(&deployment.job_results_topic_arn)),
            notices: Arc::new(sdk.topic(&deployment.notices_topic_arn)),
            object_keys: Arc::new(ObjectKeys {
                prefix: deployment.prefix.clone(),
                inputs_bucket: deployment.inputs_bucket.clone(),
                results_bucket: deployment.results_bucket.clone(),
            }),
            retention: deployment.retention,
            private_references: private_references(deployment, sdk),
            shard_runs: shard_runs(deployment, sdk),
        }
    }

    /// The current time, by the clock of [`AnnotateGas::jobs`].
    pub fn now(&self) -> Timestamp {
        self.jobs.now()
    }
}

impl Gas {
    /// Builds the adapters of a deployment. It makes no request.
    pub fn connect(deployment: &Deployment, sdk: &aws::Sdk, pool: &sqlx::PgPool) -> Self {
        let topic = |arn: &str| -> Arc<dyn Topic> { Arc::new(sdk.topic(arn)) };
        let AnnotateGas {
            jobs,
            objects,
            part_uploads,
            job_results,
            notices,
            object_keys,
            retention,
            private_references,
            shard_runs,
        } = AnnotateGas::connect(deployment, sdk);
        Self {
            jobs,
            objects,
            job_results,
            object_keys,
            retention,
            part_uploads,
            accounts: Arc::new(postgres::PostgresAccounts::new(pool.clone())),
            account_data: Arc::new(postgres::PostgresAccountData::new(pool.clone())),
            sessions: Arc::new(postgres::PostgresSessions::new(pool.clone())),
            service_modes: Arc::new(postgres::PostgresAdministration::new(pool.clone())),
            administration: Arc::new(postgres::PostgresAdministration::new(pool.clone())),
            audit: Audit::new(
                Arc::new(postgres::PostgresAuditLog::new(pool.clone())),
                Arc::new(SystemClock),
            ),
            tokens: Arc::new(postgres::PostgresTokens::new(pool.clone())),
            saved: Arc::new(postgres::PostgresSavedItems::new(pool.clone())),
            share_links: Arc::new(postgres::PostgresShareLinks::new(pool.clone())),
            webhooks: Arc::new(postgres::PostgresWebhooks::new(pool.clone())),
            imports: Arc::new(postgres::PostgresImports::new(pool.clone())),
            dispatches: Arc::new(postgres::PostgresDispatches::new(pool.clone())),
            stored_bytes: Arc::new(postgres::PostgresStoredBytes::new(pool.clone())),
            rate_limiter: Arc::new(postgres::PostgresRateLimiter::new(pool.clone())),
            limit_factor: deployment.limit_factor,
            archive: sdk.archive(&deployment.archive, deployment.s3_path_style),
            archive_timer: Arc::new(sdk.archive_timer(&deployment.archive_wait_arn)),
            archive_requests: Arc::new(sdk.queue(&deployment.archive_queue_url)),
            job_requests: JobRequestTopics::new(
                topic(&deployment.job_requests_topic_arn),
                deployment.premium_job_requests_topic_arn.as_deref().map(topic),
            ),
            start_thaw: topic(&deployment.start_thaw_topic_arn),
            notices,
            references: Arc::new(Bundle::new(None)),
            sources: Arc::new(NoSources),
            private_references,
            shard_runs,
        }
    }

    /// The ports that a process without a database has, too.
    pub fn annotate(&self) -> AnnotateGas {
        AnnotateGas {
            jobs: self.jobs.clone(),
            objects: Arc::clone(&self.objects),
            part_uploads: Arc::clone(&self.part_uploads),
            job_results: Arc::clone(&self.job_results),
            notices: Arc::clone(&self.notices),
            object_keys: Arc::clone(&self.object_keys),
            retention: self.retention,
            private_references: self.private_references.clone(),
            shard_runs: self.shard_runs.clone(),
        }
    }

    /// The current time, by the clock of [`Gas::jobs`].
    pub fn now(&self) -> Timestamp {
        self.jobs.now()
    }
}

/// The runs in shards of a deployment, if its stack has a workflow for them.
fn shard_runs(deployment: &Deployment, sdk: &aws::Sdk) -> Option<Arc<dyn ShardRuns>> {
    let arn = deployment.shards.shard_run_arn.as_deref()?;
    Some(Arc::new(sdk.shard_runs(arn)))
}

/// The private references of a deployment, if its stack has all that they need.
fn private_references(deployment: &Deployment, sdk: &aws::Sdk) -> Option<PrivateReferences> {
    let settings = &deployment.private_references;
    let table = settings.private_references_table.as_deref()?;
    let queue = settings.reference_builds_queue_url.as_deref()?;
    let bucket = deployment.references_bucket.as_deref()?;
    let objects = Arc::new(sdk.object_store(deployment.s3_path_style));
    Some(PrivateReferences {
        store: Arc::new(sdk.private_reference_store(table)),
        catalogs: PrivateCatalogs::new(objects, bucket, &deployment.prefix),
        builds: Arc::new(sdk.queue(queue)),
        limits: PrivateReferenceLimits {
            max_count: settings.private_references_per_user,
            max_bytes: settings.private_references_mib_per_user.saturating_mul(1024 * 1024),
            keep_days: settings.private_references_keep_days,
        },
    })
}
