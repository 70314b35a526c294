//! Applies the owner's plan to a new result.
//!
//! Workers have no access to profiles, so every result starts with the download window of the Free
//! plan. The utility node, which learns of each result from topic `job_results`, lifts the window of
//! a Premium owner and starts the timer of a Free owner's window. If the message is lost, the
//! archiver does both when the window ends.

use super::plan::plan_of;
use super::{ChangeError, change_job};
use crate::Gas;
use gas_shared::job::{Change, ChangeRejected, JobState, Results, ResultsChange};
use gas_shared::{Job, JobId, Plan};
use jiff::Timestamp;

/// Lifts the end of a result's download window if its owner is on Premium. For a Free owner, sets
/// the end if it is missing, and starts the timer that archives the result then. The call is
/// idempotent.
///
/// # Errors
/// If a service fails; retry.
pub async fn settle_result(gas: &Gas, id: JobId) -> Result<(), ChangeError> {
    let Some(job) = gas.jobs.store.job(id).await? else { return Ok(()) };
    let JobState::Completed(done) = &job.state else { return Ok(()) };
    let Results::Stored(stored) = &done.results else { return Ok(()) };
    match (plan_of(gas, job.owner).await?, stored.until) {
        (Plan::Premium, None) => Ok(()),
        (Plan::Premium, seen) => {
            change(gas, &job, ResultsChange::ExpiryLifted { seen }).await.map(|_| ())
        }
        (Plan::Free, Some(until)) => start_timer(gas, &job, until).await,
        // The owner left Premium after the window was lifted.
        (Plan::Free, None) => {
            let until = gas.retention.window_ends(gas.now());
            if change(gas, &job, ResultsChange::ExpirySet { until }).await? {
                start_timer(gas, &job, until).await?;
            }
            Ok(())
        }
    }
}

/// Returns whether the result was changed: it may have been archived, or its end changed with the
/// plan, in the meantime.
async fn change(gas: &Gas, job: &Job, change: ResultsChange) -> Result<bool, ChangeError> {
    match change_job(&gas.jobs, job.id, Change::Results(change)).await {
        Ok(_) => Ok(true),
        Err(
            ChangeError::Rejected { rejected: ChangeRejected::IllegalResults { .. }, .. }
            | ChangeError::NotFound(_),
        ) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Starts the timer of the download window. It is named after the job, so it starts once.
async fn start_timer(gas: &Gas, job: &Job, until: Timestamp) -> Result<(), ChangeError> {
    let wait = until.duration_since(gas.now());
    Ok(gas.archive_timer.start(&job.id.to_string(), job.id, wait).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::{Finished, archive_result, claim_job, complete_job, sign_result_link};
    use gas_shared::Account;
    use jiff::SignedDuration;

    /// A job that a worker has completed and nobody has settled.
    async fn completed(test: &TestGas, owner: &Account) -> JobId {
        let job = test.pending_job(owner).await;
        let (job, claim) =
            claim_job(&test.gas.jobs, job.id, SignedDuration::from_secs(45)).await.unwrap();
        test.objects.put(&test.gas.object_keys.result(job.owner, job.id, &job.input.name), b"x");
        let finished =
            Finished { records: 1, not_annotated: None, provenance: None, result_size: 1 };
        complete_job(&test.gas.annotate(), &job, claim, finished).await.unwrap().id
    }

    fn end_of(test: &TestGas, id: JobId) -> Option<Timestamp> {
        test.results(id).stored().unwrap().until
    }

    #[tokio::test]
    async fn the_window_of_a_free_owner_starts_once() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let id = completed(&test, &ada).await;
        settle_result(&test.gas, id).await.unwrap();
        test.clock.advance_secs(9);
        settle_result(&test.gas, id).await.unwrap();
        let wait = SignedDuration::from_secs(180);
        assert_eq!(test.archive_timer.started(), [(id.to_string(), id, wait)]);
    }

    #[tokio::test]
    async fn the_window_of_a_premium_owner_is_lifted() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let id = completed(&test, &eve).await;
        for _ in 0..2 {
            settle_result(&test.gas, id).await.unwrap();
            assert_eq!(end_of(&test, id), None);
        }
        assert!(test.archive_timer.started().is_empty());
    }

    #[tokio::test]
    async fn a_downgrade_after_the_window_was_lifted_sets_an_end() {
        let test = TestGas::new();
        let eve = test.user("eve", Plan::Premium);
        let id = completed(&test, &eve).await;
        settle_result(&test.gas, id).await.unwrap();
        test.set_plan(&eve, Plan::Free);
        settle_result(&test.gas, id).await.unwrap();
        assert!(end_of(&test, id).is_some());
        assert_eq!(test.archive_timer.started().len(), 1);
    }

    #[tokio::test]
    async fn no_plan_gets_a_wrong_window_if_nobody_settles_the_result() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let (free, premium) = (completed(&test, &ada).await, completed(&test, &eve).await);
        test.clock.advance_secs(179);
        assert!(sign_result_link(&test.gas, ada.id, free).await.is_ok());
        test.clock.advance_secs(2);
        assert!(sign_result_link(&test.gas, ada.id, free).await.is_err());
        assert!(sign_result_link(&test.gas, eve.id, premium).await.is_ok());
        archive_result(&test.gas, premium).await.unwrap();
        assert_eq!(end_of(&test, premium), None);
        assert!(sign_result_link(&test.gas, eve.id, premium).await.is_ok());
    }
}
