//! The ports of one process, bundled.

use crate::clock::SystemClock;
use crate::ports::{
    AccountData, Accounts, Archive, ArchiveTimer, ObjectStore, PartUploads, Queue, TokenStore,
    Topic,
};
use crate::usecases::Restorer;
use crate::{Deployment, JobRepository, RetentionPolicy, aws, postgres};
use gas_shared::job::ObjectLocation;
use gas_shared::{FileName, JobId, UserId};
use jiff::Timestamp;
use std::ops::Deref;
use std::sync::Arc;

/// Everything a use-case needs. Cheap to clone.
#[derive(Clone)]
pub struct Gas {
    /// The table of jobs, and who hears of its changes.
    pub records: JobRepository,
    /// The files.
    pub objects: Arc<dyn ObjectStore>,
    /// Files on their way there in parts.
    pub part_uploads: Arc<dyn PartUploads>,
    /// The users' profiles.
    pub accounts: Arc<dyn Accounts>,
    /// What else is kept of users.
    pub account_data: Arc<dyn AccountData>,
    /// The tokens of users' programs.
    pub tokens: Arc<dyn TokenStore>,
    /// Where results go that a Free user had time to download.
    pub archive: Arc<dyn Archive>,
    /// What waits out that time.
    pub archive_timer: Arc<dyn ArchiveTimer>,
    /// Jobs whose time is out.
    pub archive_requests: Arc<dyn Queue>,
    /// Jobs that wait for a worker.
    pub job_requests: Arc<dyn Topic>,
    /// Jobs that are finished.
    pub job_results: Arc<dyn Topic>,
    /// Users whose archived results are to come back.
    pub start_thaw: Arc<dyn Topic>,
    /// What users are told of by mail.
    pub notices: Arc<dyn Topic>,
    /// Where files go.
    pub object_keys: Arc<ObjectKeys>,
    /// How long results stay.
    pub retention: RetentionPolicy,
}

/// A `Gas` is [`JobRepository`] and more: what takes those takes this.
impl Deref for Gas {
    type Target = JobRepository;

    fn deref(&self) -> &JobRepository {
        &self.records
    }
}

/// Which bucket and key each file of a job has.
#[derive(Clone, Debug)]
pub struct ObjectKeys {
    /// The deployment's prefix; every key begins with it.
    pub prefix: String,
    /// The bucket that uploads go to.
    pub inputs_bucket: String,
    /// The bucket of annotated files and logs.
    pub results_bucket: String,
}

impl Gas {
    /// The adapters of a deployment. Nothing is called yet.
    pub fn connect(deployment: &Deployment, sdk: &aws::Sdk, pool: &sqlx::PgPool) -> Self {
        let topic = |arn: &str| -> Arc<dyn Topic> { Arc::new(sdk.topic(arn)) };
        Self {
            records: JobRepository {
                jobs: Arc::new(sdk.job_store(&deployment.annotations_table)),
                job_events: topic(&deployment.job_events_topic_arn),
                clock: Arc::new(SystemClock),
            },
            objects: Arc::new(sdk.object_store(deployment.s3_path_style)),
            part_uploads: Arc::new(sdk.part_uploads(deployment.s3_path_style)),
            accounts: Arc::new(postgres::PostgresAccounts::new(pool.clone())),
            account_data: Arc::new(postgres::PostgresAccountData::new(pool.clone())),
            tokens: Arc::new(postgres::PostgresTokens::new(pool.clone())),
            archive: sdk.archive(&deployment.archive, deployment.s3_path_style),
            archive_timer: Arc::new(sdk.archive_timer(&deployment.archive_wait_arn)),
            archive_requests: Arc::new(sdk.queue(&deployment.archive_queue_url)),
            job_requests: topic(&deployment.job_requests_topic_arn),
            job_results: topic(&deployment.job_results_topic_arn),
            start_thaw: topic(&deployment.start_thaw_topic_arn),
            notices: topic(&deployment.notices_topic_arn),
            object_keys: Arc::new(ObjectKeys {
                prefix: deployment.prefix.clone(),
                inputs_bucket: deployment.inputs_bucket.clone(),
                results_bucket: deployment.results_bucket.clone(),
            }),
            retention: deployment.retention,
        }
    }
}

impl Gas {
    /// The part of it that restores.
    pub fn restorer(&self) -> Restorer {
        Restorer {
            records: self.records.clone(),
            archive: self.archive.clone(),
            object_keys: self.object_keys.clone(),
            start_thaw: self.start_thaw.clone(),
            notices: self.notices.clone(),
            retention: self.retention,
        }
    }
}

impl ObjectKeys {
    /// Where a job's upload goes: `<prefix>/<user>/<job>~<name>`.
    pub fn input(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        let key = format!("{}{}", self.prefix(owner, job), name.key_part());
        ObjectLocation { bucket: self.inputs_bucket.clone(), key }
    }

    /// Where a job's annotated file goes: `<prefix>/<user>/<job>~<stem>.annot.vcf`.
    pub fn result(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "annot.vcf")
    }

    /// Where the explorer's index of a job's annotated file goes:
    /// `<prefix>/<user>/<job>~<stem>.annot.idx`. It stays there while the file is in the archive.
    pub fn index(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "annot.idx")
    }

    /// Where a job's count log goes: `<prefix>/<user>/<job>~<stem>.vcf.count.log`.
    pub fn log(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "vcf.count.log")
    }

    /// Where the protocol of a job's run goes: `<prefix>/<user>/<job>~<stem>.run.log`. It grows
    /// while the job runs.
    pub fn run_log(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "run.log")
    }

    /// Where the counts behind the charts go: `<prefix>/<user>/<job>~<stem>.annot.summary.json`.
    pub fn summary(&self, owner: UserId, job: JobId, name: &FileName) -> ObjectLocation {
        self.output(owner, job, name, "annot.summary.json")
    }

    /// Where a job's annotated file goes when it comes back from the archive:
    /// `<prefix>/<user>/<job>~<stem>.restored-<second>.annot.vcf`, by the time it was archived.
    /// Another place than before, so that a deletion that comes late never meets it.
    pub fn restored(
        &self,
        owner: UserId,
        job: JobId,
        name: &FileName,
        archived_at: Timestamp,
    ) -> ObjectLocation {
        let ending = format!("restored-{}.annot.vcf", archived_at.as_second());
        self.output(owner, job, name, &ending)
    }

    /// How the keys of all of a job's objects begin, in either bucket.
    pub fn prefix(&self, owner: UserId, job: JobId) -> String {
        format!("{}/{owner}/{job}~", self.prefix)
    }

    fn output(&self, owner: UserId, job: JobId, name: &FileName, ending: &str) -> ObjectLocation {
        let part = name.key_part();
        let stem = &part[..part.len() - (name.as_str().len() - name.stem().len())];
        let key = format!("{}{stem}.{ending}", self.prefix(owner, job));
        ObjectLocation { bucket: self.results_bucket.clone(), key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn keys_follow_the_original_services_layout() {
        let object_keys = ObjectKeys {
            prefix: "gas".into(),
            inputs_bucket: "in".into(),
            results_bucket: "out".into(),
        };
        let (owner, job) = (UserId::new(Uuid::nil()), JobId::new(Uuid::max()));
        let name = FileName::parse("été 1.vcf.gz").unwrap();
        let user = "00000000-0000-0000-0000-000000000000";
        let id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
        let input = object_keys.input(owner, job, &name);
        assert_eq!(input.bucket, "in");
        assert_eq!(input.key, format!("gas/{user}/{id}~_t__1.vcf.gz"));
        let result = object_keys.result(owner, job, &name);
        assert_eq!(result.key, format!("gas/{user}/{id}~_t__1.annot.vcf"));
        let index = object_keys.index(owner, job, &name);
        assert_eq!(index.key, format!("gas/{user}/{id}~_t__1.annot.idx"));
        let summary = object_keys.summary(owner, job, &name);
        assert_eq!(summary.key, format!("gas/{user}/{id}~_t__1.annot.summary.json"));
        let run_log = object_keys.run_log(owner, job, &name);
        assert_eq!(run_log.key, format!("gas/{user}/{id}~_t__1.run.log"));
        assert_eq!(
            object_keys.log(owner, job, &name).key,
            format!("gas/{user}/{id}~_t__1.vcf.count.log")
        );
    }
}
