//! Tests of the state machine of jobs.

use super::*;
use crate::job::{OrganizationRequest, Title};
use crate::{FileName, JobId, UserId};
use proptest::prelude::*;
use uuid::Uuid;

const HEARTBEAT_TIMEOUT: SignedDuration = SignedDuration::from_secs(45);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn claim(n: u8) -> ClaimId {
    ClaimId(Uuid::from_u128(u128::from(n)))
}

fn file(key: &str) -> ObjectLocation {
    ObjectLocation { bucket: "gas-test".into(), key: key.into() }
}

fn new_job() -> Job {
    let id = JobId::new(Uuid::from_u128(1));
    let owner = UserId::new(Uuid::from_u128(2));
    Job::new(id, owner, FileName::parse("a.vcf").unwrap(), file("in"), at(0))
}

fn claimed(n: u8) -> Change {
    Change::Claimed { claim: claim(n), heartbeat_timeout: HEARTBEAT_TIMEOUT }
}

fn completed(n: u8) -> Change {
    Change::Completed {
        claim: claim(n),
        records: 3,
        not_annotated: None,
        provenance: None,
        result: file("out"),
        result_size: 10,
        log: file("log"),
        until: None,
    }
}

fn running() -> Job {
    let job = new_job().apply(Change::Uploaded { size: 5, etag: "e".into() }, at(1)).unwrap();
    job.apply(claimed(1), at(2)).unwrap()
}

#[test]
fn the_copy_of_a_file_is_progress_of_an_upload_in_parts() {
    let parts = Parts { upload_id: "u".into(), size: 9, part_bytes: 5, copied: Some(0) };
    let job = new_job().of_size(9).in_parts(parts);
    let half = job.apply(Change::Copied { bytes: 5 }, at(1)).unwrap();
    assert_eq!((half.status(), half.version), (JobStatus::Uploading, 2));
    assert_eq!((half.copied_bytes(), half.input.size), (Some(5), Some(9)));
    assert_eq!(half.due(), job.due(), "progress does not move the deadline");
    let pending = half.apply(Change::Uploaded { size: 9, etag: "e".into() }, at(2)).unwrap();
    assert_eq!(pending.copied_bytes(), None);
    for other in [pending, new_job(), running()] {
        let rejected = other.apply(Change::Copied { bytes: 5 }, at(3)).unwrap_err();
        assert!(matches!(rejected, ChangeRejected::Illegal { change: "copied", .. }));
    }
}

#[test]
fn a_job_passes_through_all_states_to_completion() {
    let done = running().apply(completed(1), at(9)).unwrap();
    assert_eq!(done.status(), JobStatus::Completed);
    assert_eq!(done.input.size, Some(5));
    assert_eq!(done.version, 4);
    let JobState::Completed(completion) = done.state else { panic!("not completed") };
    assert_eq!((completion.started_at, completion.completed_at), (at(2), at(9)));
}

#[test]
fn a_run_with_heartbeats_cannot_be_taken_over() {
    assert_eq!(running().apply(claimed(2), at(46)), Err(ChangeRejected::StillRunning));
}

#[test]
fn a_run_without_heartbeat_is_taken_over_and_its_worker_loses_the_job() {
    let taken = running().apply(claimed(2), at(47)).unwrap();
    assert_eq!(taken.apply(completed(1), at(48)), Err(ChangeRejected::ClaimLost));
    let late = Change::Progressed { claim: claim(1), progress: Progress::default() };
    assert_eq!(taken.apply(late, at(48)), Err(ChangeRejected::ClaimLost));
    assert_eq!(taken.apply(completed(2), at(48)).unwrap().status(), JobStatus::Completed);
}

#[test]
fn a_heartbeat_keeps_the_claim() {
    let heartbeat = Change::Progressed { claim: claim(1), progress: Progress::default() };
    let job = running().apply(heartbeat, at(40)).unwrap();
    assert_eq!(job.apply(claimed(2), at(60)), Err(ChangeRejected::StillRunning));
}

#[test]
fn a_released_job_can_be_claimed_at_once() {
    let released =
        running().apply(Change::Released { claim: claim(1), engine_failed: false }, at(3)).unwrap();
    assert_eq!(released.status(), JobStatus::Running);
    let taken = released.apply(claimed(2), at(3)).unwrap();
    assert_eq!(taken.apply(completed(1), at(4)), Err(ChangeRejected::ClaimLost));
    assert!(taken.apply(completed(2), at(4)).is_ok());
}

#[test]
fn only_the_claiming_worker_can_release_a_job() {
    let other = running().apply(Change::Released { claim: claim(2), engine_failed: false }, at(3));
    assert_eq!(other, Err(ChangeRejected::ClaimLost));
}

#[test]
fn a_rejection_names_the_state_and_the_change() {
    let rejected = new_job().apply(claimed(1), at(1)).unwrap_err();
    assert_eq!(rejected.to_string(), "a job that is UPLOADING cannot be claimed");
}

#[test]
fn a_job_is_organized_in_every_state_and_keeps_its_deadline() {
    let organized = |job: &Job| {
        let change = OrganizationChange {
            title: Some(Some(Title::parse("Patient 7").unwrap())),
            ..OrganizationChange::default()
        };
        job.apply(Change::Organized(change), at(99)).unwrap()
    };
    let pending = new_job().apply(Change::Uploaded { size: 5, etag: "e".into() }, at(1)).unwrap();
    let reconciled = pending.apply(Change::Reconciled, at(50)).unwrap();
    let cancelled = pending.apply(Change::Cancelled, at(2)).unwrap();
    let done = running().apply(completed(1), at(9)).unwrap();
    for job in [new_job(), pending, reconciled, running(), cancelled, done] {
        let after = organized(&job);
        assert_eq!(after.organization.title.as_ref().unwrap().as_str(), "Patient 7");
        assert_eq!((after.version, &after.state), (job.version + 1, &job.state));
        assert_eq!((after.due(), after.reconciled_at), (job.due(), job.reconciled_at));
        assert_eq!(after.input, job.input);
    }
}

#[test]
fn later_changes_of_the_state_keep_the_organization() {
    let change = OrganizationRequest { note: Some("N".into()), ..OrganizationRequest::default() };
    let job = running().apply(Change::Organized(change.check().unwrap()), at(3)).unwrap();
    let done = job.apply(completed(1), at(9)).unwrap();
    assert_eq!(done.organization, job.organization);
}

fn any_change() -> impl Strategy<Value = Change> {
    let who = 0..3u8;
    prop_oneof![
        (1..9u64).prop_map(|size| Change::Uploaded { size, etag: "e".into() }),
        who.clone().prop_map(claimed),
        who.clone()
            .prop_map(|n| Change::Progressed { claim: claim(n), progress: Progress::default() }),
        who.clone().prop_map(|n| Change::Sharded { claim: claim(n), shards: 2 }),
        (who.clone(), prop::option::of((0..3u32, 0..1000u16))).prop_map(|(n, shard)| {
            let shard =
                shard.map(|(shard, permille)| (shard, ShardProgress { permille, records: 5 }));
            Change::ShardAlive { claim: claim(n), shard }
        }),
        (who.clone(), 0..3u32).prop_map(|(n, shard)| Change::ShardDone {
            claim: claim(n),
            shard,
            records: 1
        }),
        who.clone().prop_map(|n| Change::Released { claim: claim(n), engine_failed: n == 1 }),
        who.clone().prop_map(completed),
        proptest::option::of(who).prop_map(|n| Change::Failed {
            claim: n.map(claim),
            kind: FailureKind::Service,
            reason: "lost".into(),
            code: None,
            mismatch: None,
        }),
        Just(Change::Cancelled),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever happens in whatever order: states only move forward, a final state never changes,
    /// versions count the accepted changes, and only the holder of the claim ends a run.
    #[test]
    fn no_order_of_changes_breaks_the_machine(
        steps in proptest::collection::vec((any_change(), 0..60i64), 0..30),
    ) {
        let mut job = new_job();
        let mut now = 0;
        let mut accepted = 0;
        for (change, pause) in steps {
            now += pause;
            let holder = match &job.state {
                JobState::Running(run) => Some(run.claim),
                _ => None,
            };
            let Ok(next) = job.apply(change.clone(), at(now)) else { continue };
            accepted += 1;
            prop_assert!(!job.status().is_final());
            prop_assert!(next.status() >= job.status());
            prop_assert_eq!(next.version, 1 + accepted);
            if let Change::Completed { claim, .. }
            | Change::Progressed { claim, .. }
            | Change::Sharded { claim, .. }
            | Change::ShardAlive { claim, .. }
            | Change::ShardDone { claim, .. }
            | Change::Released { claim, .. } = &change
            {
                prop_assert_eq!(Some(*claim), holder);
            }
            if let JobState::Running(run) = &next.state && let Some(shards) = &run.shards {
                prop_assert!(shards.done.iter().all(|shard| *shard < shards.total));
            }
            if matches!(next.state, JobState::Running(_) | JobState::Completed(_)) {
                prop_assert!(next.input.size.is_some());
            }
            job = next;
        }
    }
}
