//! Tests of restoring: repeated messages and damaged data. Faults at each step are in
//! `fault_tests.rs`.

use super::*;
use crate::ports::Message;
use crate::testkit::TestGas;
use crate::usecases::{archive_result, settle_result, sign_result_link, thaw_results};
use async_trait::async_trait;
use gas_shared::Plan;
use std::sync::Mutex;
use std::time::Duration;

const RESULT: &[u8] = b"##fileformat";

struct Case {
    test: TestGas,
    restorer: Restorer,
    job: Job,
    completion: ThawCompleted,
}

/// A retrieved result of an owner on Premium.
async fn ready() -> Case {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.completed_job(&ada).await;
    settle_result(&test.gas, job.id).await.unwrap();
    test.clock.advance_secs(180);
    archive_result(&test.gas, job.id).await.unwrap();
    test.set_plan(&ada, Plan::Premium);
    thaw_results(&test.gas, ada.id).await.unwrap();
    let (_, archive_id, _) = test.archive.retrievals().remove(0);
    let completion = ThawCompleted {
        job_id: job.id,
        archive_id,
        retrieval_id: "retrieval-1".to_owned(),
        succeeded: true,
    };
    let restorer = Restorer::from(&test.gas);
    Case { test, restorer, job, completion }
}

impl Case {
    async fn restore(&self) -> Result<Restored, RestoreError> {
        restore_result(&self.restorer, &self.completion).await
    }
}

#[tokio::test]
async fn a_restored_file_has_the_same_bytes_and_can_be_downloaded() {
    let case = ready().await;
    assert_eq!(case.restore().await.unwrap(), Restored::Done);
    let Results::Stored(stored) = case.test.results(case.job.id) else { panic!("not stored") };
    assert_eq!(case.test.objects.get(&stored.file).unwrap(), RESULT);
    let back = stored.restored_at.unwrap();
    assert_eq!(
        stored.until,
        Some(case.test.gas.retention.notice_ends(back)),
        "the current plan decides"
    );
    assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0));
    assert!(sign_result_link(&case.test.gas, case.job.owner, case.job.id).await.is_ok());
}

#[tokio::test]
async fn a_message_that_is_delivered_ten_times_restores_once() {
    let case = ready().await;
    let notices = case.test.notices.len();
    case.restore().await.unwrap();
    let row = case.test.job(case.job.id);
    for _ in 0..9 {
        assert_eq!(case.restore().await.unwrap(), Restored::Done);
    }
    assert_eq!(case.test.job(case.job.id), row);
    assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0));
    let messages = case.test.notices.bodies().split_off(notices);
    assert!(messages.iter().all(|body| *body == messages[0]), "one event, so one mail");
}

/// A queue to which files are handed over.
#[derive(Default)]
struct HandedOver(Mutex<Vec<String>>);

#[async_trait]
impl Queue for HandedOver {
    async fn send_later(&self, body: &str, _: Duration) -> PortResult<()> {
        self.0.lock().unwrap().push(body.to_owned());
        Ok(())
    }

    async fn receive(&self, _: u8, _: Duration, _: Duration) -> PortResult<Vec<Message>> {
        Ok(Vec::new())
    }

    async fn extend(&self, _: &Message, _: Duration) -> PortResult<()> {
        Ok(())
    }

    async fn delete(&self, _: &Message) -> PortResult<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_handed_over_and_restored_from_the_same_message() {
    let case = ready().await;
    let queue = Arc::new(HandedOver::default());
    let most_bytes = RESULT.len() as u64 - 1;
    let large = Some(LargeRestores { queue: queue.clone(), most_bytes });
    let function = Restorer { large, ..case.restorer.clone() };
    let outcome = restore_result(&function, &case.completion).await.unwrap();
    assert_eq!(outcome, Restored::HandedOver);
    assert_eq!(case.test.copies_in_s3_and_archive(), (0, 1));
    let bodies = queue.0.lock().unwrap().clone();
    assert_eq!(bodies.len(), 1);
    let completion: ThawCompleted = serde_json::from_str(&bodies[0]).unwrap();
    assert_eq!(completion, case.completion);
    for _ in 0..2 {
        let outcome = restore_result(&case.restorer, &completion).await.unwrap();
        assert_eq!(outcome, Restored::Done);
        assert_eq!(case.test.copies_in_s3_and_archive(), (1, 0));
    }
    // Its message is delivered again.
    assert_eq!(restore_result(&function, &case.completion).await.unwrap(), Restored::Done);
    // A file of the largest size is not handed over.
    let case = ready().await;
    let large = Some(LargeRestores { queue, most_bytes: most_bytes + 1 });
    let function = Restorer { large, ..case.restorer.clone() };
    assert_eq!(restore_result(&function, &case.completion).await.unwrap(), Restored::Done);
}

#[tokio::test]
async fn a_damaged_file_is_not_restored_and_stays_in_the_archive() {
    let case = ready().await;
    case.test.archive.damage();
    assert!(matches!(case.restore().await, Err(RestoreError::Damaged(_))));
    assert!(matches!(case.test.results(case.job.id), Results::Archived { .. }));
    assert_eq!(case.test.archive.copies(), 1);
    assert!(case.test.job(case.job.id).is_at_rest(), "it is not requested again");
    assert!(
        matches!(case.restore().await, Err(RestoreError::Damaged(_))),
        "when it is redelivered"
    );
}

#[tokio::test]
async fn a_file_restored_after_a_downgrade_stays_for_the_notice_period() {
    let case = ready().await;
    let ada = case.test.accounts.get(case.job.owner);
    let ada = case.test.set_plan(&ada, Plan::Free);
    let left = case.test.gas.now();
    crate::usecases::apply_plan_change(&case.test.gas, &ada, left).await.unwrap();
    case.restore().await.unwrap();
    assert!(sign_result_link(&case.test.gas, ada.id, case.job.id).await.is_ok());
    case.test.clock.advance_secs(604_800);
    archive_result(&case.test.gas, case.job.id).await.unwrap();
    assert_eq!(case.test.copies_in_s3_and_archive(), (0, 1));
}

#[tokio::test]
async fn a_failed_retrieval_is_requested_again() {
    let mut case = ready().await;
    case.completion.succeeded = false;
    assert_eq!(case.restore().await.unwrap(), Restored::RequestedAgain);
    assert_eq!(case.test.start_thaw.len(), 1);
    thaw_results(&case.test.gas, case.job.owner).await.unwrap();
    assert_eq!(case.test.archive.retrievals().len(), 2);
    case.completion.succeeded = true;
    assert_eq!(case.restore().await.unwrap(), Restored::Done);
}

#[tokio::test]
async fn a_late_message_about_an_older_copy_does_not_affect_the_newer_one() {
    let case = ready().await;
    case.restore().await.unwrap();
    let ada = case.test.accounts.get(case.job.owner);
    let ada = case.test.set_plan(&ada, Plan::Free);
    let now = case.test.gas.now();
    crate::usecases::apply_plan_change(&case.test.gas, &ada, now).await.unwrap();
    case.test.clock.advance_secs(604_800);
    archive_result(&case.test.gas, case.job.id).await.unwrap();
    assert_eq!(case.test.copies_in_s3_and_archive(), (0, 1));
    assert_eq!(case.restore().await.unwrap(), Restored::Done);
    assert_eq!(case.test.copies_in_s3_and_archive(), (0, 1), "the copy of the second time stays");
}
