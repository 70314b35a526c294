//! Tests of the quota of stored bytes.

use super::*;
use crate::messages::ThawCompleted;
use crate::ports::StoredBytes;
use crate::testkit::{FakeStoredBytes, TestGas};
use crate::usecases::{
    Finished, LimitError, RequestUploadError, RerunError, Restorer, archive_result, begin_parts,
    cancel_job, change_job, claim_job, complete_job, create_job, delete_job, request_upload,
    rerun_job, restore_result, thaw_results,
};
use async_trait::async_trait;
use gas_shared::job::{Change, RetentionChange};
use gas_shared::upload::NewUpload;
use gas_shared::{Account, JobId, Plan};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const LIMIT: u64 = 200_000_000;

/// A service without raised limits and a user whose jobs store this many bytes.
async fn storing(plan: Plan, bytes: u64) -> (TestGas, Account, JobId) {
    let mut test = TestGas::new();
    let ada = test.user("ada", plan);
    let job = completed_with(&test, &ada, bytes).await;
    test.gas.limit_factor = 1;
    test.clock.advance_secs(600);
    (test, ada, job)
}

/// A completed job whose files have this many bytes.
async fn completed_with(test: &TestGas, owner: &Account, bytes: u64) -> JobId {
    let job = test.pending_job(owner).await;
    let (job, claim) =
        claim_job(&test.gas.jobs, job.id, SignedDuration::from_secs(45)).await.unwrap();
    let result_size = bytes - job.input.size.unwrap();
    let finished = Finished { records: 1, not_annotated: None, provenance: None, result_size };
    complete_job(&test.gas.annotate(), &job, claim, finished).await.unwrap().id
}

fn file(size: u64) -> NewUpload {
    NewUpload::new("a.vcf", size)
}

#[tokio::test]
async fn the_last_byte_of_the_quota_can_be_used_and_not_one_more() {
    let (test, ada, _) = storing(Plan::Free, LIMIT - 1_000).await;
    request_upload(&test.gas, &ada, &file(400)).await.unwrap();
    request_upload(&test.gas, &ada, &file(600)).await.unwrap();
    assert!(request_upload(&test.gas, &ada, &file(1)).await.is_err());
    let rejected = request_upload(&test.gas, &ada, &file(150_000)).await.unwrap_err();
    assert_eq!(
        rejected.to_string(),
        "your files use 200 MB of the 200 MB of the Free plan, and this one has 150 kB; delete jobs that you \
         no longer need, or upgrade to Premium"
    );
    assert_eq!(test.jobs.len(), 3);
}

#[tokio::test]
async fn every_way_to_begin_an_upload_is_checked() {
    let (test, ada, job) = storing(Plan::Free, LIMIT).await;
    let gas = &test.gas;
    let is_storage = |error: &LimitError| matches!(error, LimitError::Storage { .. });
    let post = request_upload(gas, &ada, &file(1)).await.unwrap_err();
    assert!(matches!(post, RequestUploadError::Limit(ref error) if is_storage(error)), "{post}");
    let parts = begin_parts(gas, &ada, &file(1)).await.unwrap_err();
    assert!(matches!(parts, RequestUploadError::Limit(ref error) if is_storage(error)), "{parts}");
    assert!(create_job(gas, &ada, &file(1), None).await.is_err(), "the REST API");
    let ada = test.set_plan(&ada, Plan::Premium);
    assert!(rerun_job(gas, &ada, job, None, None).await.is_ok(), "Premium has more");
    assert_eq!(test.jobs.len(), 2);
}

#[tokio::test]
async fn a_rerun_needs_storage_for_its_copy_of_the_input() {
    let (test, eve, job) = storing(Plan::Premium, Plan::Premium.quota().stored_bytes).await;
    let rejected = rerun_job(&test.gas, &eve, job, None, None).await.unwrap_err();
    assert!(matches!(rejected, RerunError::Limit(LimitError::Storage { .. })), "{rejected}");
    assert!(rejected.to_string().ends_with("; delete jobs that you no longer need"), "{rejected}");
}

#[tokio::test]
async fn archived_and_restored_results_count_once() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job_id = test.completed_job(&ada).await.id;
    let stored = count(&test.gas, ada.id).await.unwrap();
    assert_eq!(stored, 21 + 12, "input and result");
    test.clock.advance_secs(180);
    archive_result(&test.gas, job_id).await.unwrap();
    assert_eq!(count(&test.gas, ada.id).await.unwrap(), stored, "archived");
    test.set_plan(&ada, Plan::Premium);
    thaw_results(&test.gas, ada.id).await.unwrap();
    assert_eq!(count(&test.gas, ada.id).await.unwrap(), stored, "being restored");
    let (_, archive_id, _) = test.archive.retrievals().remove(0);
    let retrieval_id = "retrieval-1".to_owned();
    let done = ThawCompleted { job_id, archive_id, retrieval_id, succeeded: true };
    restore_result(&Restorer::from(&test.gas), &done).await.unwrap();
    assert_eq!(count(&test.gas, ada.id).await.unwrap(), stored, "restored");
}

#[tokio::test]
async fn an_input_that_retention_deleted_counts_no_more() {
    let (test, ada, job) = storing(Plan::Free, 5_000).await;
    let check_at = test.gas.now();
    let change = Change::Retention(RetentionChange::InputDeleted { check_at });
    change_job(&test.gas.jobs, job, change).await.unwrap();
    assert_eq!(count(&test.gas, ada.id).await.unwrap(), 5_000 - 21);
}

#[tokio::test]
async fn deleted_jobs_free_their_storage_within_seconds() {
    let (test, ada, job) = storing(Plan::Free, LIMIT).await;
    assert!(request_upload(&test.gas, &ada, &file(100)).await.is_err());
    delete_job(&test.gas, ada.id, job).await.unwrap();
    test.clock.advance_secs(10);
    assert!(request_upload(&test.gas, &ada, &file(100)).await.is_ok());
}

#[tokio::test]
async fn a_file_counts_from_its_announcement_until_its_upload_ends() {
    let mut test = TestGas::new();
    test.gas.limit_factor = 1;
    let ada = test.user("ada", Plan::Free);
    let ticket = request_upload(&test.gas, &ada, &file(700)).await.unwrap();
    begin_parts(&test.gas, &ada, &file(300)).await.unwrap();
    assert_eq!(count(&test.gas, ada.id).await.unwrap(), 1_000);
    cancel_job(&test.gas, ada.id, ticket.job_id).await.unwrap();
    assert_eq!(count(&test.gas, ada.id).await.unwrap(), 300);
}

#[tokio::test]
async fn s3_accepts_no_more_than_the_announced_size() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let ticket = request_upload(&test.gas, &ada, &file(700)).await.unwrap();
    let max = ticket.fields.iter().find(|(name, _)| name == "x-max-bytes").unwrap();
    assert_eq!(max.1, "700");
}

#[tokio::test]
async fn uploads_and_rejections_count_seldom() {
    let mut test = TestGas::new();
    test.gas.limit_factor = 1;
    let ada = test.user("ada", Plan::Free);
    for _ in 0..15 {
        request_upload(&test.gas, &ada, &file(150_000)).await.unwrap();
        test.clock.advance_secs(10);
    }
    assert_eq!(test.stored_bytes.counts(), 1, "one count for five minutes");
    completed_with(&test, &ada, LIMIT).await;
    test.clock.advance_secs(3_600);
    for _ in 0..5 {
        assert!(request_upload(&test.gas, &ada, &file(1)).await.is_err());
    }
    assert_eq!(test.stored_bytes.counts(), 2, "one count for five rejections");
}

/// Sums in which another request counts right after the first try to reserve.
#[derive(Default)]
struct CountedMeanwhile {
    sums: FakeStoredBytes,
    tries: AtomicUsize,
}

#[async_trait]
impl StoredBytes for CountedMeanwhile {
    async fn reserve(
        &self,
        user: UserId,
        bytes: u64,
        limit: u64,
        since: Timestamp,
    ) -> PortResult<bool> {
        let reserved = self.sums.reserve(user, bytes, limit, since).await?;
        if self.tries.fetch_add(1, Ordering::Relaxed) == 0 {
            let counted_at = since + MAX_AGE;
            self.sums.put(user, StoredCount { bytes: 40, counted_at }).await?;
        }
        Ok(reserved)
    }

    async fn get(&self, user: UserId) -> PortResult<Option<StoredCount>> {
        self.sums.get(user).await
    }

    async fn put(&self, user: UserId, count: StoredCount) -> PortResult<()> {
        self.sums.put(user, count).await
    }
}

#[tokio::test]
async fn a_first_upload_is_accepted_while_another_one_counts() {
    let mut test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let sums = Arc::new(CountedMeanwhile::default());
    test.gas.stored_bytes = sums.clone();
    request_upload(&test.gas, &ada, &file(400)).await.unwrap();
    assert_eq!(sums.get(ada.id).await.unwrap().unwrap().bytes, 440);
}
