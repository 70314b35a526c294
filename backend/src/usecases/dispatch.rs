//! Sends jobs to the workers, a few of each user at a time.
//!
//! There are two queues of the workers, for Free and for Premium ([`crate::queue_order`]), and each is
//! first in, first out. If a user submits a thousand jobs, only the first few are
//! sent, and each of the others when one of them has ended. The first job of another user is
//! therefore behind a few jobs of each user with work in progress, not behind all of their jobs.

use super::limits::refund_job;
use super::plan::plan_of;
use super::publish;
use crate::messages::JobRequest;
use crate::ports::{EndedJob, PortError, PortResult};
use crate::{Gas, chain};
use gas_shared::job::JobState;
use gas_shared::operations::Intake;
use gas_shared::{Job, JobId, UserId};
use jiff::SignedDuration;
use std::collections::HashSet;

/// A sent job is checked by the reconciler after this time. The message about its end may be lost.
const CHECK_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// A process that took a job and did not record its message as published within this time has died, or
/// the message is published and the record is missing. The job is sent again; it is claimed once.
const PUBLISH_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Adds a job to the waiting jobs of its owner, and sends what may be sent.
pub(super) async fn enqueue(gas: &Gas, owner: UserId, job: JobId) -> PortResult<Vec<JobId>> {
    gas.dispatches.add(owner, job, gas.now()).await?;
    dispatch(gas, owner).await
}

/// Sends as many waiting jobs of a user as the plan allows. Returns those that were sent: none while jobs are
/// paused, or if the user is blocked.
pub(super) async fn dispatch(gas: &Gas, user: UserId) -> PortResult<Vec<JobId>> {
    if gas.service_modes.mode().await?.intake == Intake::Paused {
        return Ok(Vec::new());
    }
    let plan = plan_of(gas, user).await?;
    let jobs = gas.dispatches.take(user, plan.quota().dispatched_jobs, gas.now()).await?;
    for (number, job) in jobs.iter().enumerate() {
        if let Err(error) = publish(gas.job_requests.of(plan), &JobRequest { job_id: *job }).await {
            gas.dispatches.put_back(&jobs[number..]).await?;
            gas.dispatches.published(&jobs[..number]).await?;
            return Err(error);
        }
    }
    gas.dispatches.published(&jobs).await?;
    Ok(jobs)
}

/// Sends a job that was sent before, in case its message is lost. The plan may have changed since, so
/// that the job is in both queues; the second message finds it claimed or ended.
pub(super) async fn send_again(gas: &Gas, owner: UserId, job: JobId) -> PortResult<()> {
    let plan = plan_of(gas, owner).await?;
    publish(gas.job_requests.of(plan), &JobRequest { job_id: job }).await
}

/// Frees the place of a job that has ended, and sends the next one of its owner.
///
/// # Errors
/// If a service fails; call again, or leave it to [`dispatch_overdue`].
pub async fn job_left(gas: &Gas, job: JobId) -> Result<(), PortError> {
    if let Some(owner) = remove(gas, job).await? {
        dispatch(gas, owner).await?;
    }
    Ok(())
}

/// Frees the place of a job that has ended, and takes it out of its owner's quota if it is not charged.
/// Returns the owner at the first call only, so that a quota is not refunded twice.
async fn remove(gas: &Gas, job: JobId) -> PortResult<Option<UserId>> {
    let Some(owner) = gas.dispatches.remove(job).await? else { return Ok(None) };
    let Some(job) = gas.jobs.store.job(job).await? else { return Ok(Some(owner)) };
    if let Some(ended) = ended_job(&job)
        && let Err(error) = gas.administration.count_job(&ended).await
    {
        // The statistics lack it.
        tracing::warn!(job_id = %job.id, error = %chain(&error), "a job that has ended is not counted");
    }
    if let JobState::Failed(failure) = &job.state
        && !failure.is_charged()
    {
        refund_job(gas, owner).await?;
    }
    Ok(Some(owner))
}

/// A job that has ended, for statistics.
fn ended_job(job: &Job) -> Option<EndedJob> {
    let (at, started_at, result_bytes) = match &job.state {
        JobState::Completed(done) => (done.completed_at, Some(done.started_at), done.result_size),
        JobState::Failed(failure) => (failure.at, None, 0),
        JobState::Cancelled { at } => (*at, None, 0),
        JobState::Uploading { .. } | JobState::Pending { .. } | JobState::Running(_) => {
            return None;
        }
    };
    let run = started_at.map(|started_at| at.duration_since(started_at).as_secs());
    Some(EndedJob {
        at,
        status: job.status(),
        input_bytes: job.input.size.unwrap_or_default(),
        result_bytes,
        run_secs: run.and_then(|secs| secs.try_into().ok()).unwrap_or_default(),
    })
}

/// Does the same for a job whose end is stored already. A failure is logged and repaired later.
pub(super) async fn job_left_or_later(gas: &Gas, job: JobId) {
    if let Err(error) = job_left(gas, job).await {
        tracing::warn!(job_id = %job, error = %chain(&error), "next job not sent; the reconciler will");
    }
}

/// Frees the places of jobs whose end was missed, and sends waiting jobs that have a place.
pub(super) async fn dispatch_overdue(gas: &Gas) -> PortResult<()> {
    let sent = gas.dispatches.sent_before(gas.now() - CHECK_AFTER).await?;
    let found = gas.jobs.store.jobs(&sent).await?;
    let active: HashSet<JobId> =
        found.iter().filter(|job| !job.status().is_final()).map(|job| job.id).collect();
    for job in sent.into_iter().filter(|job| !active.contains(job)) {
        remove(gas, job).await?;
    }
    gas.dispatches.put_back_unpublished(gas.now() - PUBLISH_WITHIN).await?;
    dispatch_waiting(gas).await
}

/// Sends waiting jobs that have a place.
pub(super) async fn dispatch_waiting(gas: &Gas) -> PortResult<()> {
    for user in gas.dispatches.waiting_users().await? {
        dispatch(gas, user).await?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::testkit::{FakeTopic, TestGas};
    use crate::usecases::limits::{LimitError, count_new_job};
    use crate::usecases::{
        ChangeError, InputRejection, LoggedFailures, cancel_job, claim_job, confirm_upload,
        delete_job, fail_job, reconcile, reject_input,
    };
    use crate::{FREE_TURN, queue_order};
    use gas_shared::job::FailureKind;
    use gas_shared::{JobStatus, Plan};

    fn ids(topic: &FakeTopic) -> Vec<JobId> {
        let bodies = topic.bodies();
        let parse = |body: &String| serde_json::from_str::<JobRequest>(body).unwrap().job_id;
        bodies.iter().map(parse).collect()
    }

    /// The jobs in the queue of Free, in order.
    fn queue(test: &TestGas) -> Vec<JobId> {
        ids(&test.job_requests)
    }

    /// Runs a job, as a worker and the utility node do together.
    async fn run(test: &TestGas, id: JobId) {
        let (_, claim) =
            claim_job(&test.gas.jobs, id, SignedDuration::from_secs(45)).await.unwrap();
        let (kind, reason) = (FailureKind::Input, "done".to_owned());
        fail_job(&test.gas.jobs, id, Some(claim), kind, reason).await.unwrap();
        job_left(&test.gas, id).await.unwrap();
    }

    /// A worker that takes one job after the other from both queues.
    #[derive(Default)]
    pub(in crate::usecases) struct Worker {
        turn: u64,
        taken: [usize; 2],
    }

    impl Worker {
        /// Runs the next job. `None` if both queues are empty.
        pub(in crate::usecases) async fn run_next(&mut self, test: &TestGas) -> Option<JobId> {
            let order = queue_order(self.turn);
            self.turn += 1;
            for plan in order {
                let (topic, taken) = match plan {
                    Plan::Free => (&test.job_requests, &mut self.taken[0]),
                    Plan::Premium => (&test.premium_job_requests, &mut self.taken[1]),
                };
                if let Some(id) = ids(topic).get(*taken) {
                    *taken += 1;
                    run(test, *id).await;
                    return Some(*id);
                }
            }
            None
        }

        /// The number of starts until this job starts, counting it.
        async fn starts_until(&mut self, test: &TestGas, id: JobId) -> usize {
            let mut starts = 1;
            while self.run_next(test).await.expect("the job is sent") != id {
                starts += 1;
            }
            starts
        }
    }

    #[tokio::test]
    async fn a_thousand_jobs_of_one_user_do_not_delay_the_first_of_another() {
        for plan in [Plan::Free, Plan::Premium] {
            let test = TestGas::new();
            let (busy, other) = (test.user("busy", plan), test.user("other", plan));
            for _ in 0..1_000 {
                test.pending_job(&busy).await;
            }
            let first = test.pending_job(&other).await;
            let mut worker = Worker::default();
            let starts = worker.starts_until(&test, first.id).await;
            let places = usize::from(plan.quota().dispatched_jobs);
            assert!(starts <= places + 1, "{plan}: the other user's job was start {starts}");
            let mut all = starts;
            while worker.run_next(&test).await.is_some() {
                all += 1;
            }
            assert_eq!(all, 1_001, "{plan}: every job ran once");
        }
    }

    #[tokio::test]
    async fn a_premium_job_starts_at_once_beside_a_busy_free_user() {
        let test = TestGas::new();
        let (busy, eve) = (test.user("busy", Plan::Free), test.user("eve", Plan::Premium));
        for _ in 0..1_000 {
            test.pending_job(&busy).await;
        }
        let mut worker = Worker::default();
        for _ in 0..50 {
            worker.run_next(&test).await;
            let job = test.pending_job(&eve).await;
            let starts = worker.starts_until(&test, job.id).await;
            assert!(starts <= 2, "it was start {starts}");
        }
    }

    #[tokio::test]
    async fn a_free_job_starts_within_a_few_turns_beside_busy_premium_users() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        for name in ["eve", "mia", "zoe"] {
            let busy = test.user(name, Plan::Premium);
            for _ in 0..300 {
                test.pending_job(&busy).await;
            }
        }
        let mut worker = Worker::default();
        for _ in 0..50 {
            let job = test.pending_job(&ada).await;
            let starts = worker.starts_until(&test, job.id).await;
            assert!(starts <= FREE_TURN as usize, "it was start {starts}");
        }
    }

    #[tokio::test]
    async fn a_change_of_plan_between_submission_and_run_is_harmless() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for _ in 0..4 {
            jobs.push(test.pending_job(&ada).await.id);
        }
        let ada = test.set_plan(&ada, Plan::Premium);
        // The user confirms one again: it is in both queues then.
        confirm_upload(&test.gas, ada.id, jobs[0]).await.unwrap();
        assert_eq!(
            (queue(&test), ids(&test.premium_job_requests)),
            (jobs[..3].to_vec(), vec![jobs[3], jobs[0]])
        );
        run(&test, jobs[0]).await;
        let again = claim_job(&test.gas.jobs, jobs[0], SignedDuration::from_secs(45)).await;
        assert!(
            matches!(again, Err(ChangeError::Rejected { .. })),
            "its second message: {again:?}"
        );
    }

    #[tokio::test]
    async fn cancelled_and_deleted_jobs_free_their_places() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for _ in 0..5 {
            jobs.push(test.pending_job(&ada).await.id);
        }
        assert_eq!(queue(&test), jobs[..3]);
        cancel_job(&test.gas, ada.id, jobs[0]).await.unwrap();
        assert_eq!(queue(&test), jobs[..4]);
        delete_job(&test.gas, ada.id, jobs[1]).await.unwrap();
        assert_eq!(queue(&test), jobs);
    }

    #[tokio::test]
    async fn a_job_is_charged_only_if_its_file_was_at_fault() {
        for (code, is_charged) in [
            (Some("nothing_annotated"), false),
            (Some("wrong_assembly"), false),
            (Some("no_transcripts"), false),
            (Some("no_variants"), false),
            (Some("reference_unavailable"), false),
            (Some("source_unavailable"), false),
            (Some("options_unavailable"), false),
            (Some("service_too_small"), false),
            // A failure of the service.
            (None, false),
            (Some("bad_position"), true),
        ] {
            let mut test = TestGas::new();
            test.gas.limit_factor = 1;
            let ada = test.user("ada", Plan::Free);
            let id = test.pending_job(&ada).await.id;
            let (_, claim) =
                claim_job(&test.gas.jobs, id, SignedDuration::from_secs(45)).await.unwrap();
            let reason = "none of the 7 records is in the reference".to_owned();
            if let Some(code) = code {
                let rejection =
                    InputRejection { reason, code: Some(code.to_owned()), mismatch: None };
                reject_input(&test.gas.jobs, id, claim, rejection).await.unwrap();
            } else {
                let kind = FailureKind::Service;
                fail_job(&test.gas.jobs, id, Some(claim), kind, reason).await.unwrap();
            }
            // The message about the end may arrive twice.
            job_left(&test.gas, id).await.unwrap();
            job_left(&test.gas, id).await.unwrap();
            let mut left = 0;
            loop {
                match count_new_job(&test.gas, &ada, 20).await {
                    Ok(()) => left += 1,
                    Err(LimitError::TooMany(rejected)) if rejected.per == "a minute" => {
                        // Long enough for the rate of uploads, too short for another job an hour.
                        test.clock.advance_secs(3);
                    }
                    Err(_) => break,
                }
            }
            let quota = Plan::Free.quota().jobs_per_hour;
            let expected = if is_charged { quota - 1 } else { quota };
            assert_eq!(left, expected, "{code:?}");
        }
    }

    #[tokio::test]
    async fn paused_jobs_wait_and_are_sent_when_the_service_is_open_again() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let first = test.pending_job(&ada).await.id;
        test.gas.service_modes.set_intake(Intake::Paused).await.unwrap();
        let second = test.pending_job(&ada).await.id;
        run(&test, first).await;
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert_eq!(queue(&test), [first], "accepted, and not sent");
        test.gas.service_modes.set_intake(Intake::Open).await.unwrap();
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert_eq!(queue(&test), [first, second]);
    }

    #[tokio::test]
    async fn a_draining_service_accepts_no_job_and_runs_those_that_it_has() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for _ in 0..4 {
            jobs.push(test.pending_job(&ada).await.id);
        }
        test.gas.service_modes.set_intake(Intake::Draining).await.unwrap();
        let rejected = count_new_job(&test.gas, &ada, 20).await;
        assert!(matches!(rejected, Err(LimitError::Draining)), "{rejected:?}");
        run(&test, jobs[0]).await;
        assert_eq!(queue(&test), jobs, "the last one got the place of the first one");
    }

    #[tokio::test]
    async fn waiting_jobs_of_a_blocked_user_are_not_sent() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for _ in 0..4 {
            jobs.push(test.pending_job(&ada).await.id);
        }
        let (administration, now) = (&test.gas.administration, test.gas.now());
        administration.set_blocked(ada.id, Some(now)).await.unwrap();
        run(&test, jobs[0]).await;
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert_eq!(queue(&test), jobs[..3]);
        administration.set_blocked(ada.id, None).await.unwrap();
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert_eq!(queue(&test), jobs);
    }

    #[tokio::test]
    async fn a_job_that_has_ended_is_counted_once() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let done = test.completed_job_with(&ada, b"##fileformat").await;
        for _ in 0..2 {
            job_left(&test.gas, done.id).await.unwrap();
        }
        let cancelled = test.pending_job(&ada).await;
        cancel_job(&test.gas, ada.id, cancelled.id).await.unwrap();
        let ended = test.administration.ended_jobs();
        let statuses: Vec<_> = ended.iter().map(|one| (one.status, one.result_bytes)).collect();
        assert_eq!(statuses, [(JobStatus::Completed, 12), (JobStatus::Cancelled, 0)]);
    }

    #[tokio::test]
    async fn premium_has_more_places() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        for _ in 0..20 {
            test.pending_job(&ada).await;
        }
        assert_eq!(ids(&test.premium_job_requests).len(), 10);
        assert_eq!(queue(&test).len(), 0);
    }

    #[tokio::test]
    async fn the_reconciler_frees_the_places_of_jobs_whose_end_was_missed() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for _ in 0..4 {
            jobs.push(test.pending_job(&ada).await.id);
        }
        let (kind, reason) = (FailureKind::Input, "done".to_owned());
        fail_job(&test.gas.jobs, jobs[0], None, kind, reason).await.unwrap();
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert_eq!(queue(&test).len(), 3, "the message about the end may still arrive");
        test.clock.advance_secs(301);
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert_eq!(queue(&test), jobs);
    }

    #[tokio::test]
    async fn a_job_whose_sender_died_before_publishing_is_sent_a_minute_later() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let jobs = [test.pending_job(&ada).await.id, test.pending_job(&ada).await.id];
        // What a process leaves that dies between the two steps of `dispatch`.
        test.gas.dispatches.put_back(&jobs[1..]).await.unwrap();
        test.gas.dispatches.take(ada.id, 3, test.gas.now()).await.unwrap();
        test.clock.advance_secs(59);
        reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        assert_eq!(queue(&test), jobs, "the process may be alive");
        for _ in 0..2 {
            test.clock.advance_secs(61);
            reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        }
        assert_eq!(queue(&test), [jobs[0], jobs[1], jobs[1]], "only this one, and only once");
    }

    #[tokio::test]
    async fn a_waiting_job_is_not_sent_when_it_is_overdue() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for _ in 0..4 {
            jobs.push(test.pending_job(&ada).await.id);
        }
        for secs in [121, 3_601] {
            test.clock.advance_secs(secs);
            reconcile(&test.gas, &mut LoggedFailures::default()).await.unwrap();
        }
        let mut repeated = queue(&test).split_off(3);
        repeated.sort_unstable();
        let mut sent = jobs[..3].to_vec();
        sent.sort_unstable();
        assert_eq!(repeated, sent, "only the sent ones are requested again");
        assert_eq!(test.job(jobs[3]).status(), JobStatus::Pending);
    }
}
