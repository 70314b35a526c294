use super::*;
use gas_shared::FileName;
use gas_shared::job::StateView;
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
        submitted_at: Timestamp::UNIX_EPOCH,
        state: StateView::Pending,
    })
}

fn error(code: ErrorCode) -> ApiError {
    ApiError::new(code, "no")
}

fn run(events: &[Event]) -> State {
    events.iter().cloned().fold(State::Checking, State::after)
}

const STARTED: Event = Event::Started { size: 10 };

fn any_event() -> impl Strategy<Value = Event> {
    let code = prop_oneof![Just(ErrorCode::Invalid), Just(ErrorCode::OverLimit)];
    prop_oneof![
        Just(Event::Passed),
        Just(Event::Refused(error(ErrorCode::Invalid))),
        Just(Event::TooLarge),
        Just(Event::LimitRaised),
        Just(STARTED),
        (0..20u64, 0..9000u32).prop_map(|(bytes, now)| Event::Sent { bytes, now: f64::from(now) }),
        (1..30u32).prop_map(|pause| Event::Broke { pause }),
        Just(Event::Resumed),
        code.prop_map(|code| Event::Failed(error(code))),
        Just(Event::Stop),
        Just(Event::Stopped),
        Just(Event::Arrived(id(1))),
        Just(Event::Confirmed(job())),
        Just(Event::Unconfirmed(error(ErrorCode::Unavailable))),
        Just(Event::TryAgain),
    ]
}

#[test]
fn a_file_goes_from_check_to_job() {
    let arrived =
        [Event::Passed, STARTED, Event::Sent { bytes: 10, now: 9.0 }, Event::Arrived(id(1))];
    assert_eq!(run(&arrived), State::Confirming(id(1)));
    assert_eq!(State::Confirming(id(1)).after(Event::Confirmed(job())), State::Submitted(job()));
}

#[test]
fn a_file_over_the_limit_waits_for_the_upgrade_and_goes_on() {
    let over = run(&[Event::TooLarge]);
    assert_eq!(over, State::OverLimit);
    assert_eq!(over.clone().after(Event::TryAgain), over, "trying again does not help");
    assert_eq!(over.after(Event::LimitRaised), State::Waiting);
}

#[test]
fn a_plan_that_changed_meanwhile_asks_for_the_upgrade_too() {
    let failed = Event::Failed(error(ErrorCode::OverLimit));
    assert_eq!(run(&[Event::Passed, STARTED, failed]), State::OverLimit);
}

#[test]
fn a_broken_connection_pauses_and_keeps_what_is_sent() {
    let sent = Event::Sent { bytes: 4, now: 1.0 };
    let paused = run(&[Event::Passed, STARTED, sent, Event::Broke { pause: 3 }]);
    let State::Paused(pace, 3) = paused.clone() else { panic!("{paused:?}") };
    assert_eq!(pace.sent, 4);
    assert!(matches!(paused.after(Event::Resumed), State::Sending(pace) if pace.sent == 4));
}

#[test]
fn stopping_waits_for_the_job_to_be_cancelled() {
    let stopping = run(&[Event::Passed, STARTED, Event::Stop]);
    assert_eq!(stopping, State::Stopping);
    assert!(stopping.is_sending());
    assert_eq!(stopping.clone().after(Event::Sent { bytes: 9, now: 1.0 }), State::Stopping);
    assert_eq!(stopping.after(Event::Stopped).after(Event::TryAgain), State::Waiting);
}

#[test]
fn what_is_in_storage_is_confirmed_again_and_not_sent_again() {
    let unconfirmed =
        State::Confirming(id(7)).after(Event::Unconfirmed(error(ErrorCode::Internal)));
    assert_eq!(unconfirmed.after(Event::TryAgain), State::Confirming(id(7)));
}

proptest! {
    #[test]
    fn nothing_is_sent_that_did_not_pass_and_nothing_follows_the_end(
        events in prop::collection::vec(any_event(), 0..40)
    ) {
        let (mut state, mut admitted) = (State::Checking, false);
        for event in events {
            let before = state.clone();
            admitted |= matches!(event, Event::Passed | Event::TooLarge);
            state = before.clone().after(event.clone());
            if state.is_under_way() {
                prop_assert!(admitted, "{state:?} without a check");
            }
            if matches!(before, State::Refused(_) | State::Submitted(_)) {
                prop_assert_eq!(&state, &before, "{:?} changed the end", event);
            }
            if before == State::OverLimit && state != before {
                prop_assert_eq!(event, Event::LimitRaised);
            }
        }
    }

    #[test]
    fn a_job_that_has_its_file_stays_the_same_job(events in prop::collection::vec(any_event(), 0..20)) {
        let mut state = State::Confirming(id(9));
        for event in events {
            state = state.after(event);
            let same = match &state {
                State::Confirming(job) | State::Unconfirmed(job, _) => *job == id(9),
                State::Submitted(_) => true,
                _ => false,
            };
            prop_assert!(same, "{state:?}");
        }
    }

    #[test]
    fn no_more_is_sent_than_there_is(events in prop::collection::vec(any_event(), 0..40)) {
        let state = run(&events);
        if let State::Sending(pace) | State::Paused(pace, _) = state {
            prop_assert!(pace.sent <= pace.size);
        }
    }
}
