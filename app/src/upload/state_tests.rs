//! Tests of the state machine of an upload.

use super::*;
use gas_shared::FileName;
use gas_shared::job::{Organization, StateView, StoredOptions};
use jiff::Timestamp;
use proptest::prelude::*;

fn id(number: u128) -> JobId {
    format!("{number:032x}").parse().unwrap()
}

fn job() -> Box<JobView> {
    Box::new(JobView {
        id: id(1),
        version: 2,
        file_name: FileName::parse("a.vcf").unwrap(),
        size: Some(10),
        uploaded_at: None,
        input_deleted_at: None,
        options: StoredOptions::default(),
        organization: Organization::default(),
        copied: None,
        submitted_at: Timestamp::UNIX_EPOCH,
        state: StateView::Pending,
    })
}

fn error(code: ErrorCode) -> ApiError {
    ApiError::new(code, "no")
}

fn run(events: &[UploadEvent]) -> UploadState {
    events.iter().cloned().fold(UploadState::Checking, UploadState::after)
}

const STARTED: UploadEvent = UploadEvent::Started { size: 10 };

fn any_event() -> impl Strategy<Value = UploadEvent> {
    let code = prop_oneof![Just(ErrorCode::Invalid), Just(ErrorCode::OverLimit)];
    prop_oneof![
        Just(UploadEvent::Passed),
        Just(UploadEvent::Rejected(error(ErrorCode::Invalid))),
        Just(UploadEvent::TooLarge),
        Just(UploadEvent::ReviewRequired),
        Just(UploadEvent::Reviewed),
        Just(UploadEvent::LimitRaised),
        Just(STARTED),
        (0..20u64, 0..9000u32)
            .prop_map(|(bytes, now)| UploadEvent::Sent { bytes, now: f64::from(now) }),
        (1..30u32).prop_map(|pause| UploadEvent::Interrupted { pause }),
        Just(UploadEvent::Resumed),
        code.prop_map(|code| UploadEvent::Failed(error(code))),
        Just(UploadEvent::Stop),
        Just(UploadEvent::Stopped),
        Just(UploadEvent::Arrived(id(1))),
        Just(UploadEvent::Confirmed(job())),
        Just(UploadEvent::Unconfirmed(error(ErrorCode::Unavailable))),
        Just(UploadEvent::Retry),
    ]
}

#[test]
fn a_file_that_passes_the_check_is_sent_and_confirmed() {
    let arrived = [
        UploadEvent::Passed,
        STARTED,
        UploadEvent::Sent { bytes: 10, now: 9.0 },
        UploadEvent::Arrived(id(1)),
    ];
    assert_eq!(run(&arrived), UploadState::Confirming(id(1)));
    assert_eq!(
        UploadState::Confirming(id(1)).after(UploadEvent::Confirmed(job())),
        UploadState::Submitted(job())
    );
}

#[test]
fn a_file_over_the_limit_waits_for_the_upgrade() {
    let over = run(&[UploadEvent::TooLarge]);
    assert_eq!(over, UploadState::OverLimit);
    assert_eq!(over.clone().after(UploadEvent::Retry), over, "retrying does not help");
    assert_eq!(over.after(UploadEvent::LimitRaised), UploadState::Waiting);
}

#[test]
fn a_file_to_review_is_sent_when_the_user_says_so() {
    let review = run(&[UploadEvent::ReviewRequired]);
    assert_eq!(review, UploadState::Review);
    assert!(review.is_removable() && !review.is_unfinished());
    assert_eq!(
        review.clone().after(UploadEvent::LimitRaised),
        review,
        "an upgrade decides nothing"
    );
    assert_eq!(review.after(UploadEvent::Reviewed), UploadState::Waiting);
    let over = run(&[UploadEvent::TooLarge, UploadEvent::ReviewRequired]);
    assert_eq!(over, UploadState::Review, "after an upgrade");
}

#[test]
fn a_plan_that_changed_after_the_check_asks_for_the_upgrade() {
    let failed = UploadEvent::Failed(error(ErrorCode::OverLimit));
    assert_eq!(run(&[UploadEvent::Passed, STARTED, failed]), UploadState::OverLimit);
}

#[test]
fn a_lost_connection_pauses_the_transfer_and_keeps_the_bytes_sent() {
    let sent = UploadEvent::Sent { bytes: 4, now: 1.0 };
    let paused = run(&[UploadEvent::Passed, STARTED, sent, UploadEvent::Interrupted { pause: 3 }]);
    let UploadState::Paused(rate, 3) = paused.clone() else { panic!("{paused:?}") };
    assert_eq!(rate.sent, 4);
    assert!(
        matches!(paused.after(UploadEvent::Resumed), UploadState::Sending(rate) if rate.sent == 4)
    );
}

#[test]
fn a_stopped_upload_waits_for_its_job_to_be_cancelled() {
    let stopping = run(&[UploadEvent::Passed, STARTED, UploadEvent::Stop]);
    assert_eq!(stopping, UploadState::Stopping);
    assert!(stopping.is_sending());
    assert_eq!(
        stopping.clone().after(UploadEvent::Sent { bytes: 9, now: 1.0 }),
        UploadState::Stopping
    );
    assert_eq!(
        stopping.after(UploadEvent::Stopped).after(UploadEvent::Retry),
        UploadState::Waiting
    );
}

#[test]
fn a_file_in_storage_is_confirmed_again_and_not_sent_again() {
    let unconfirmed =
        UploadState::Confirming(id(7)).after(UploadEvent::Unconfirmed(error(ErrorCode::Internal)));
    assert_eq!(unconfirmed.after(UploadEvent::Retry), UploadState::Confirming(id(7)));
}

proptest! {
    #[test]
    fn only_checked_files_are_sent_and_final_states_never_change(
        events in prop::collection::vec(any_event(), 0..40)
    ) {
        let (mut state, mut admitted) = (UploadState::Checking, false);
        for event in events {
            let before = state.clone();
            admitted |= matches!(
                event,
                UploadEvent::Passed | UploadEvent::TooLarge | UploadEvent::ReviewRequired
            );
            state = before.clone().after(event.clone());
            if state.is_unfinished() {
                prop_assert!(admitted, "{state:?} without a check");
            }
            if matches!(before, UploadState::Rejected(_) | UploadState::Submitted(_)) {
                prop_assert_eq!(&state, &before, "{:?} changed a final state", event);
            }
            if before == UploadState::OverLimit && state != before {
                prop_assert!(matches!(
                    event,
                    UploadEvent::LimitRaised | UploadEvent::ReviewRequired
                ));
            }
        }
    }

    #[test]
    fn an_uploaded_file_keeps_its_job(events in prop::collection::vec(any_event(), 0..20)) {
        let mut state = UploadState::Confirming(id(9));
        for event in events {
            state = state.after(event);
            let same = match &state {
                UploadState::Confirming(job) | UploadState::Unconfirmed(job, _) => *job == id(9),
                UploadState::Submitted(_) => true,
                _ => false,
            };
            prop_assert!(same, "{state:?}");
        }
    }

    #[test]
    fn progress_never_exceeds_the_size(events in prop::collection::vec(any_event(), 0..40)) {
        let state = run(&events);
        if let UploadState::Sending(rate) | UploadState::Paused(rate, _) = state {
            prop_assert!(rate.sent <= rate.size);
        }
    }
}

#[test]
fn states_that_the_page_does_not_announce_itself_are_announced() {
    let rate = TransferRate::new(10);
    let text = |state: UploadState| state.announcement("a.vcf");
    assert_eq!(text(UploadState::Sending(rate)).as_deref(), Some("Uploading a.vcf"));
    assert_eq!(text(UploadState::Review).as_deref(), Some("Check the options of a.vcf"));
    assert_eq!(text(UploadState::Rejected(error(ErrorCode::Invalid))), None, "it is an alert");
    assert_eq!(text(UploadState::Submitted(job())), None, "the page counts these");
}
