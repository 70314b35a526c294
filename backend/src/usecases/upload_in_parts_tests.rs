//! Tests of multipart uploads: resuming, completing and aborting.

use super::*;
use crate::testkit::{Fault, TestGas};
use crate::usecases::{
    IdempotencyKey, LoggedFailures, cancel_job, confirm_upload, create_job_in_parts, reconcile,
};
use gas_shared::Plan;
use gas_shared::plan::FREE_MAX_UPLOAD_BYTES;
use gas_shared::upload::PART_BYTES;
use jiff::SignedDuration;

/// The size of two full parts and a short one.
const SIZE: u64 = 2 * PART_BYTES + 5;

async fn begun(test: &TestGas, owner: &Account) -> PartsTicket {
    begin_parts(&test.gas, owner, &NewUpload::new("a.vcf", SIZE)).await.unwrap()
}

fn upload_id(test: &TestGas, id: JobId) -> String {
    match test.job(id).state {
        JobState::Uploading { parts: Some(parts) } => parts.upload_id,
        other => panic!("not uploading in parts: {other:?}"),
    }
}

/// Sends a part like a browser; numbers start at 1.
fn send(test: &TestGas, id: JobId, number: u32) {
    let length = if number == 3 { 5 } else { PART_BYTES as usize };
    let bytes = vec![b'0' + u8::try_from(number).unwrap(); length];
    assert!(test.parts.put(&upload_id(test, id), number, &bytes));
}

fn offsets(ticket: &PartsTicket) -> Vec<u64> {
    ticket.parts.iter().map(|part| part.offset).collect()
}

#[tokio::test]
async fn only_missing_parts_are_signed_and_then_the_file_is_complete() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let first = begun(&test, &eve).await;
    let id = first.job_id;
    assert_eq!(offsets(&first), [0, PART_BYTES, 2 * PART_BYTES]);
    assert_eq!((first.size, first.missing), (SIZE, SIZE));
    assert_eq!(first.parts[2].length, 5);

    send(&test, id, 2);
    let second = next_parts(&test.gas, eve.id, id).await.unwrap();
    assert_eq!(offsets(&second), [0, 2 * PART_BYTES]);
    assert_eq!(second.missing, PART_BYTES + 5);
    let early = confirm_upload(&test.gas, eve.id, id).await.unwrap_err();
    assert!(matches!(early, ConfirmError::NotUploaded(_)), "{early}");

    send(&test, id, 1);
    send(&test, id, 3);
    let last = next_parts(&test.gas, eve.id, id).await.unwrap();
    assert_eq!((last.parts.len(), last.missing), (0, 0));
    let job = confirm_upload(&test.gas, eve.id, id).await.unwrap();
    assert_eq!((job.status(), job.input.size), (JobStatus::Pending, Some(SIZE)));
    let whole = test.objects.get(&job.input.file).unwrap();
    assert_eq!(
        (whole[0], whole[PART_BYTES as usize], whole[SIZE as usize - 1]),
        (b'1', b'2', b'3')
    );
    assert_eq!(test.parts.open(), 0);
}

#[tokio::test]
async fn a_part_of_another_length_is_requested_again() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let id = begun(&test, &eve).await.job_id;
    send(&test, id, 1);
    assert!(test.parts.put(&upload_id(&test, id), 2, b"short"));
    let next = next_parts(&test.gas, eve.id, id).await.unwrap();
    assert_eq!(offsets(&next), [PART_BYTES, 2 * PART_BYTES]);
}

#[tokio::test]
async fn a_large_file_is_signed_a_few_parts_at_a_time() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let size = 100 * PART_BYTES;
    let ticket = begin_parts(&test.gas, &eve, &NewUpload::new("a.vcf", size)).await.unwrap();
    assert_eq!((ticket.parts.len(), ticket.missing), (TICKET_PARTS, size));
}

#[tokio::test]
async fn the_limit_of_the_plan_applies_to_parts_and_begins_no_upload() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let rejected =
        begin_parts(&test.gas, &ada, &NewUpload::new("a.vcf", FREE_MAX_UPLOAD_BYTES + 1)).await;
    assert!(matches!(rejected, Err(RequestUploadError::OverLimit { .. })));
    assert_eq!((test.parts.open(), test.jobs.len()), (0, 0));
}

#[tokio::test]
async fn nothing_is_left_if_parts_cannot_be_signed() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    test.parts.reject_to_sign(true);
    begin_parts(&test.gas, &eve, &NewUpload::new("a.vcf", SIZE)).await.unwrap_err();
    assert_eq!((test.jobs.len(), test.parts.open()), (0, 0));
    test.parts.reject_to_sign(false);
    begun(&test, &eve).await;
}

#[tokio::test]
async fn a_repetition_continues_an_upload_that_was_interrupted_anywhere() {
    let key = IdempotencyKey::parse("one").unwrap();
    for fault in Fault::ALL {
        for nth in 1.. {
            let test = TestGas::new();
            let eve = test.user("eve", Plan::Premium);
            let new = NewUpload::new("a.vcf", SIZE);
            test.crash.inject(fault, nth);
            let first = create_job_in_parts(&test.gas, &eve, &new, Some(&key)).await;
            let has_happened = test.crash.recover();
            let again = create_job_in_parts(&test.gas, &eve, &new, Some(&key)).await;
            let again = again.unwrap_or_else(|error| panic!("{fault:?} {nth}: {error}"));
            assert_eq!(again.ticket.unwrap().missing, SIZE, "{fault:?} {nth}");
            assert_eq!(test.jobs.len(), 1, "{fault:?} {nth}");
            send(&test, again.job.id, 1);
            if !has_happened {
                assert!(nth > 2 && first.is_ok(), "no fault happened");
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_upload_is_aborted_only_if_the_row_does_not_name_it() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let id = begun(&test, &eve).await.job_id;
    let job = test.job(id);
    let changed = Job { version: job.version + 1, ..job.clone() };
    test.gas.jobs.store.replace(&changed).await.unwrap();
    assert!(insert_in_parts(&test.gas, &job).await.unwrap(), "the row was changed since");
    send(&test, id, 1);

    let JobState::Uploading { parts: Some(parts) } = &job.state else { panic!("no parts") };
    let upload_id = test.gas.part_uploads.begin(&job.input.file, "text/plain").await.unwrap();
    let other = job.clone().in_parts(Parts { upload_id, ..parts.clone() });
    assert!(!insert_in_parts(&test.gas, &other).await.unwrap(), "the row names another upload");
    assert_eq!(test.parts.open(), 1);
    send(&test, id, 2);
}

#[tokio::test]
async fn a_crash_after_the_upload_was_completed_loses_nothing() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let id = begun(&test, &eve).await.job_id;
    (1..=3).for_each(|number| send(&test, id, number));
    test.crash.after(1);
    assert!(confirm_upload(&test.gas, eve.id, id).await.is_err());
    assert!(test.crash.recover());
    assert_eq!(test.job(id).status(), JobStatus::Uploading);
    assert_eq!(next_parts(&test.gas, eve.id, id).await.unwrap().missing, 0);
    assert_eq!(confirm_upload(&test.gas, eve.id, id).await.unwrap().status(), JobStatus::Pending);
}

#[tokio::test]
async fn a_file_of_another_size_than_announced_is_deleted() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let id = begun(&test, &eve).await.job_id;
    let file = test.job(id).input.file;
    test.objects.put(&file, &[b'0'; 100]);
    let rejected = confirm_upload(&test.gas, eve.id, id).await.unwrap_err();
    assert!(matches!(rejected, ConfirmError::WrongSize { found: 100, .. }), "{rejected}");
    assert_eq!(test.objects.get(&file), None);
    assert_eq!(test.job(id).status(), JobStatus::Uploading);
}

#[tokio::test]
async fn cancelling_a_job_aborts_its_upload() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let id = begun(&test, &eve).await.job_id;
    send(&test, id, 1);
    cancel_job(&test.gas, eve.id, id).await.unwrap();
    assert_eq!(test.parts.open(), 0);
    let rejected = next_parts(&test.gas, eve.id, id).await.unwrap_err();
    assert!(matches!(rejected, PartsError::NotInParts { .. }), "{rejected}");
}

#[tokio::test]
async fn an_upload_that_the_bucket_removed_is_gone() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let id = begun(&test, &eve).await.job_id;
    let file = test.job(id).input.file;
    test.gas.part_uploads.abort(&file, &upload_id(&test, id)).await.unwrap();
    let rejected = next_parts(&test.gas, eve.id, id).await.unwrap_err();
    assert!(matches!(rejected, PartsError::Gone(_)), "{rejected}");
}

#[tokio::test]
async fn only_the_owner_can_continue_an_upload() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let mallory = test.user("mallory", Plan::Premium);
    let id = begun(&test, &eve).await.job_id;
    let rejected = next_parts(&test.gas, mallory.id, id).await.unwrap_err();
    assert!(matches!(rejected, PartsError::Find(FindError::NotFound(_))), "{rejected}");
}

#[tokio::test]
async fn an_upload_in_parts_expires_after_a_day() {
    let test = TestGas::new();
    let eve = test.user("eve", Plan::Premium);
    let broken_off = begun(&test, &eve).await.job_id;
    test.clock.advance_secs(1);
    let all_sent = begin_parts(&test.gas, &eve, &NewUpload::new("b.vcf", 5)).await.unwrap().job_id;
    assert!(test.parts.put(&upload_id(&test, all_sent), 1, b"short"));
    let day = SignedDuration::from_hours(24).as_secs();
    test.clock.advance_secs(day - 2);
    assert_eq!(reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap().repaired, 0);
    test.clock.advance_secs(1);
    assert_eq!(reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap().repaired, 1);
    assert_eq!(test.job(broken_off).status(), JobStatus::Failed);
    test.clock.advance_secs(1);
    assert_eq!(reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap().repaired, 1);
    assert_eq!(test.job(all_sent).status(), JobStatus::Pending, "all of it had arrived");
    assert_eq!(test.parts.open(), 0);
}
