//! Sends jobs to the workers, a few of each user at a time.
//!
//! The queue of the workers is first in, first out. If a user submits a thousand jobs, only the first few are
//! sent to it, and each of the others when one of them has ended. The first job of another user is
//! therefore behind a few jobs of each user with work in progress, not behind all of their jobs.

use super::plan::plan_of;
use super::publish;
use crate::messages::JobRequest;
use crate::ports::{PortError, PortResult};
use crate::{Gas, chain};
use gas_shared::{JobId, UserId};
use jiff::SignedDuration;
use std::collections::HashSet;

/// A sent job is checked by the reconciler after this time. The message about its end may be lost.
const CHECK_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Adds a job to the waiting jobs of its owner, and sends what may be sent.
pub(super) async fn enqueue(gas: &Gas, owner: UserId, job: JobId) -> PortResult<Vec<JobId>> {
    gas.dispatches.add(owner, job, gas.now()).await?;
    dispatch(gas, owner).await
}

/// Sends as many waiting jobs of a user as the plan allows. Returns those that were sent.
pub(super) async fn dispatch(gas: &Gas, user: UserId) -> PortResult<Vec<JobId>> {
    let max = plan_of(gas, user).await?.quota().dispatched_jobs;
    let jobs = gas.dispatches.take(user, max, gas.now()).await?;
    for (number, job) in jobs.iter().enumerate() {
        // If the process dies here, the reconciler requests the job when it is overdue.
        if let Err(error) = publish(&*gas.job_requests, &JobRequest { job_id: *job }).await {
            gas.dispatches.put_back(&jobs[number..]).await?;
            return Err(error);
        }
    }
    Ok(jobs)
}

/// Frees the place of a job that has ended, and sends the next one of its owner.
///
/// # Errors
/// If a service fails; call again, or leave it to [`dispatch_overdue`].
pub async fn job_left(gas: &Gas, job: JobId) -> Result<(), PortError> {
    if let Some(owner) = gas.dispatches.remove(job).await? {
        dispatch(gas, owner).await?;
    }
    Ok(())
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
        gas.dispatches.remove(job).await?;
    }
    for user in gas.dispatches.waiting_users().await? {
        dispatch(gas, user).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::{Reported, cancel_job, claim_job, delete_job, fail_job, reconcile};
    use gas_shared::job::FailureKind;
    use gas_shared::{JobStatus, Plan};

    /// The jobs in the queue of the workers, in order.
    fn queue(test: &TestGas) -> Vec<JobId> {
        let bodies = test.job_requests.bodies();
        let parse = |body: &String| serde_json::from_str::<JobRequest>(body).unwrap().job_id;
        bodies.iter().map(parse).collect()
    }

    /// Runs a job, as a worker and the utility node do together.
    async fn run(test: &TestGas, id: JobId) {
        let (_, claim) = claim_job(&test.gas, id, SignedDuration::from_secs(45)).await.unwrap();
        let (kind, reason) = (FailureKind::Input, "done".to_owned());
        fail_job(&test.gas, id, Some(claim), kind, reason).await.unwrap();
        job_left(&test.gas, id).await.unwrap();
    }

    #[tokio::test]
    async fn a_thousand_jobs_of_one_user_do_not_delay_the_first_of_another() {
        let test = TestGas::new();
        let (busy, other) = (test.user("busy", Plan::Free), test.user("other", Plan::Free));
        for _ in 0..1_000 {
            test.pending_job(&busy).await;
        }
        let first = test.pending_job(&other).await;
        let mut claims = 0;
        while test.job(first.id).status() == JobStatus::Pending {
            run(&test, queue(&test)[claims]).await;
            claims += 1;
        }
        let places = usize::from(Plan::Free.quota().dispatched_jobs);
        assert!(claims <= places + 1, "the other user's job was claim {claims}");
        while let Some(id) = queue(&test).get(claims) {
            run(&test, *id).await;
            claims += 1;
        }
        assert_eq!(claims, 1_001, "every job ran once");
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
    async fn premium_has_more_places() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        for _ in 0..20 {
            test.pending_job(&ada).await;
        }
        assert_eq!(queue(&test).len(), 10);
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
        fail_job(&test.gas, jobs[0], None, kind, reason).await.unwrap();
        reconcile(&test.gas, &mut Reported::default()).await.unwrap();
        assert_eq!(queue(&test).len(), 3, "the message about the end may still arrive");
        test.clock.advance_secs(301);
        reconcile(&test.gas, &mut Reported::default()).await.unwrap();
        assert_eq!(queue(&test), jobs);
    }

    #[tokio::test]
    async fn a_waiting_job_is_not_sent_when_it_is_overdue() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let mut jobs = Vec::new();
        for _ in 0..4 {
            jobs.push(test.pending_job(&ada).await.id);
        }
        test.clock.advance_secs(3_601);
        reconcile(&test.gas, &mut Reported::default()).await.unwrap();
        let mut repeated = queue(&test).split_off(3);
        repeated.sort_unstable();
        let mut sent = jobs[..3].to_vec();
        sent.sort_unstable();
        assert_eq!(repeated, sent, "only the sent ones are requested again");
        assert_eq!(test.job(jobs[3]).status(), JobStatus::Pending);
    }
}
