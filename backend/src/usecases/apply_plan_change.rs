//! Acts on a change of a user's plan.

use super::archive_result::discard_upload;
use super::change_job::publish_event;
use super::{ChangeError, change_job, publish};
use crate::messages::StartThaw;
use crate::{Gas, chain};
use gas_shared::job::{Change, ChangeRejected, JobState, Results, ResultsChange};
use gas_shared::{Account, Job, LiveEvent, Plan, UserId};
use jiff::Timestamp;

/// The number of jobs that are read at a time.
const PAGE: u16 = 100;

/// Applies the consequences of a stored change of plan, which was made at `since`. The call is
/// idempotent.
///
/// On Premium, archived results are restored. On Free, stored results stay for
/// [`RetentionPolicy::downgrade_notice_secs`](crate::RetentionPolicy) after `since`.
///
/// # Errors
/// If a service fails; retry.
pub async fn apply_plan_change(
    gas: &Gas,
    account: &Account,
    since: Timestamp,
) -> Result<(), ChangeError> {
    publish_event(&gas.jobs, account.id, LiveEvent::Plan(account.plan)).await;
    match account.plan {
        Plan::Premium => {
            publish(&*gas.start_thaw, &StartThaw { user_id: account.id }).await?;
            Ok(())
        }
        Plan::Free => end_stored_results(gas, account.id, gas.retention.notice_ends(since)).await,
    }
}

async fn end_stored_results(gas: &Gas, user: UserId, until: Timestamp) -> Result<(), ChangeError> {
    let mut cursor: Option<String> = None;
    loop {
        let page = gas.jobs.store.jobs_of(user, cursor.as_deref(), PAGE).await?;
        for job in page.jobs.iter().filter(|job| ends_before(job, until)) {
            end_result(gas, job, until).await?;
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn ends_before(job: &Job, until: Timestamp) -> bool {
    match &job.state {
        JobState::Completed(done) => match &done.results {
            // One that is being archived too: its archiver may have read the plan before the change.
            Results::Stored(stored) | Results::Archiving { stored, .. } => {
                stored.until.is_none_or(|end| end < until)
            }
            Results::Archived { .. } | Results::Thawing { .. } => false,
        },
        _ => false,
    }
}

/// Discards the upload to the archive that the new end has ended. If that fails, the archiver discards
/// it when it cannot record its copy, and an incomplete one expires in the archive.
async fn discard_upload_of(gas: &Gas, job: &Job) {
    let JobState::Completed(done) = &job.state else { return };
    let Results::Archiving { stored, ticket } = &done.results else { return };
    if let Err(error) = discard_upload(gas, ticket, &stored.file).await {
        tracing::warn!(job_id = %job.id, error = %chain(&error), "upload to the archive not discarded");
    }
}

async fn end_result(gas: &Gas, job: &Job, until: Timestamp) -> Result<(), ChangeError> {
    let change = Change::Results(ResultsChange::ExpirySet { until });
    match change_job(&gas.jobs, job.id, change).await {
        Ok(_) => {}
        // The result was archived in the meantime.
        Err(ChangeError::Rejected { rejected: ChangeRejected::IllegalResults { .. }, .. }) => {
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    discard_upload_of(gas, job).await;
    // The name differs from that of the timer of the download window.
    let name = format!("{}-{}", job.id, until.as_second());
    gas.archive_timer.start(&name, job.id, until.duration_since(gas.now())).await?;
    Ok(())
}
