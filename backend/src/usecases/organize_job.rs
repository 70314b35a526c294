//! Changes the title, the labels, the project or the note of a job.

use super::limits::{LimitError, count_organized_job};
use super::{ChangeError, FindError, change_job, find_job};
use crate::Gas;
use gas_shared::job::{Change, OrganizationError, OrganizationRequest};
use gas_shared::{Job, JobId, UserId};

/// The reason why a job was not organized.
#[derive(Debug, thiserror::Error)]
pub enum OrganizeError {
    /// A text is not accepted.
    #[error(transparent)]
    Text(#[from] OrganizationError),
    /// The user has no such job, or the store failed.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The row was not changed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// Changes what the owner has added to a job, in whatever state it is. Of two requests at the same time, each changes the
/// fields that it has. A request that changes nothing writes nothing.
///
/// # Errors
/// [`OrganizeError`]; the job is then unchanged. It is not found also if it belongs to another user.
pub async fn organize_job(
    gas: &Gas,
    owner: UserId,
    id: JobId,
    request: &OrganizationRequest,
) -> Result<Job, OrganizeError> {
    let job = find_job(gas, owner, id).await?;
    let change = request.check()?;
    if job.organization.with(change.clone()) == job.organization {
        return Ok(job);
    }
    count_organized_job(gas, owner).await?;
    Ok(change_job(&gas.jobs, id, Change::Organized(change)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::{archive_result, cancel_job, claim_job, delete_job, rerun_job};
    use gas_shared::{LiveEvent, Plan};
    use jiff::SignedDuration;

    fn titled(title: &str) -> OrganizationRequest {
        OrganizationRequest { title: Some(title.to_owned()), ..OrganizationRequest::default() }
    }

    fn labelled(labels: &[&str]) -> OrganizationRequest {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        OrganizationRequest { labels: Some(labels), ..OrganizationRequest::default() }
    }

    #[tokio::test]
    async fn the_owner_organizes_a_job_in_every_state() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let check = async |id: JobId, title: &str| {
            let before = test.job(id);
            let job = organize_job(&test.gas, ada.id, id, &titled(title)).await.unwrap();
            assert_eq!(job, test.job(id));
            assert_eq!(job.organization.title.as_ref().unwrap().as_str(), title);
            assert_eq!((&job.state, job.version), (&before.state, before.version + 1));
        };
        check(test.ticket(&ada).await.job_id, "uploading").await;
        let job = test.pending_job(&ada).await;
        check(job.id, "pending").await;
        claim_job(&test.gas.jobs, job.id, SignedDuration::from_secs(45)).await.unwrap();
        check(job.id, "running").await;
        cancel_job(&test.gas, ada.id, job.id).await.unwrap();
        check(job.id, "cancelled").await;
        let done = test.completed_job(&ada).await;
        check(done.id, "completed").await;
        test.clock.advance_secs(180);
        archive_result(&test.gas, done.id).await.unwrap();
        check(done.id, "archived").await;
    }

    #[tokio::test]
    async fn a_change_is_published_once_and_keeps_the_other_fields() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.pending_job(&ada).await;
        organize_job(&test.gas, ada.id, job.id, &titled("Patient 7")).await.unwrap();
        let before = test.job_events.bodies().len();
        let changed =
            organize_job(&test.gas, ada.id, job.id, &labelled(&["b", "a"])).await.unwrap();
        assert_eq!(changed.organization.title.as_ref().unwrap().as_str(), "Patient 7");
        assert_eq!(changed.organization.labels.to_string(), "a, b");
        let bodies = test.job_events.bodies();
        assert_eq!(bodies.len(), before + 1);
        let event: crate::messages::UserEvent =
            serde_json::from_str(bodies.last().unwrap()).unwrap();
        let LiveEvent::Job(view) = event.event else { panic!("{event:?}") };
        assert_eq!((event.user_id, &view.organization), (Some(ada.id), &changed.organization));
        let again = organize_job(&test.gas, ada.id, job.id, &labelled(&["a", "b"])).await.unwrap();
        assert_eq!((again, test.job_events.bodies().len()), (changed, before + 1), "no change");
    }

    #[tokio::test]
    async fn a_user_changes_a_limited_number_of_jobs_a_minute() {
        let mut test = TestGas::new();
        test.gas.limit_factor = 1;
        let ada = test.user("ada", Plan::Free);
        let id = test.pending_job(&ada).await.id;
        for number in 0..600 {
            let title = titled(&format!("title {number}"));
            organize_job(&test.gas, ada.id, id, &title).await.unwrap();
        }
        let one_more = organize_job(&test.gas, ada.id, id, &titled("one more")).await;
        assert!(matches!(one_more, Err(OrganizeError::Limit(LimitError::TooMany(_)))));
        let unchanged = organize_job(&test.gas, ada.id, id, &titled("title 599")).await;
        assert!(unchanged.is_ok(), "nothing is written");
        test.clock.advance_secs(60);
        organize_job(&test.gas, ada.id, id, &titled("one more")).await.unwrap();
    }

    #[tokio::test]
    async fn others_and_invalid_texts_change_nothing() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let eve = test.user("eve", Plan::Premium);
        let job = test.pending_job(&ada).await;
        let foreign = organize_job(&test.gas, eve.id, job.id, &titled("mine")).await.unwrap_err();
        assert!(matches!(foreign, OrganizeError::Find(FindError::NotFound(_))), "{foreign}");
        // Whether the texts are valid says nothing about whether the job exists.
        let foreign = organize_job(&test.gas, eve.id, job.id, &labelled(&["a,b"])).await;
        assert!(matches!(foreign.unwrap_err(), OrganizeError::Find(FindError::NotFound(_))));
        let invalid = organize_job(&test.gas, ada.id, job.id, &labelled(&["a,b"])).await;
        assert!(matches!(invalid.unwrap_err(), OrganizeError::Text(OrganizationError::Comma(_))));
        assert_eq!(test.job(job.id), job);
        delete_job(&test.gas, ada.id, job.id).await.unwrap();
        let gone = organize_job(&test.gas, ada.id, job.id, &titled("late")).await.unwrap_err();
        assert!(matches!(gone, OrganizeError::Find(FindError::NotFound(_))), "{gone}");
    }

    #[tokio::test]
    async fn a_job_that_is_run_again_is_organized_as_before() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        let done = test.completed_job(&ada).await;
        let old = organize_job(&test.gas, ada.id, done.id, &titled("Patient 7")).await.unwrap();
        let new = rerun_job(&test.gas, &ada, done.id, None, None).await.unwrap();
        assert_ne!(new.id, old.id);
        assert_eq!(new.organization, old.organization);
    }
}
