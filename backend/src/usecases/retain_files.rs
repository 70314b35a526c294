//! Deletes the files of Free users' ended jobs whose retention period is over.
//!
//! The reconciler calls it for jobs that are at rest and due. Each call takes at most one step, and
//! records when the next one is due. Premium keeps everything, so the plan is read before each step;
//! for a user who has left Premium, no period ends before the notice period does.

use super::delete_job::begin_deletion;
use super::sharded_run::erase_shards;
use super::{ChangeError, change_job};
use crate::Gas;
use crate::audit::{Act, Actor};
use crate::ports::{CurrentPlan, PortResult};
use gas_shared::job::{Change, Completion, JobState, RetentionChange};
use gas_shared::{Job, Plan, UserId};
use jiff::{SignedDuration, Timestamp};

/// When the plan of an owner who is on Premium is checked again. So after a downgrade, files stay at
/// most this much longer than their period.
const NEXT_CHECK_ON_PREMIUM: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The number of users, of jobs read at a time, and of jobs in all whose first deadline one round sets.
const USERS: u16 = 20;
const PAGE: u16 = 100;
const JOBS: usize = 2_000;

/// Applies the owner's plan to the files of a job that has ended.
///
/// # Errors
/// If a service fails; call again.
pub(super) async fn retain_files(gas: &Gas, job: &Job) -> Result<(), ChangeError> {
    let Some(ended_at) = job.state.ended_at() else { return Ok(()) };
    if job.retention.check_at.is_none() {
        // A day after the end of the job, no worker is at work on a shard.
        erase_shards(gas, job).await?;
    }
    let now = gas.now();
    let since = match gas.accounts.current_plan(job.owner).await? {
        Some(CurrentPlan { plan: Plan::Free, since }) => since,
        // An account without a profile is being erased.
        Some(CurrentPlan { plan: Plan::Premium, .. }) | None => {
            let check_at = now + NEXT_CHECK_ON_PREMIUM;
            return record(gas, job, RetentionChange::Planned { check_at }).await;
        }
    };
    let after_notice =
        |end: Timestamp| since.map_or(end, |since| end.max(gas.retention.notice_ends(since)));
    let input_ends = after_notice(gas.retention.input_ends(ended_at));
    let logs_end = after_notice(gas.retention.logs_end(ended_at));
    match job.retention.input_deleted_at {
        None if now < input_ends => {
            record(gas, job, RetentionChange::Planned { check_at: input_ends }).await
        }
        None => {
            gas.objects.delete(&job.input.file).await?;
            tracing::info!("input deleted, as its retention period is over");
            record(gas, job, RetentionChange::InputDeleted { check_at: logs_end }).await
        }
        Some(_) if now < logs_end => {
            record(gas, job, RetentionChange::Planned { check_at: logs_end }).await
        }
        Some(_) => delete_logs(gas, job).await,
    }
}

/// Deletes what a completed job has besides its result, and a failed or cancelled job as a whole.
async fn delete_logs(gas: &Gas, job: &Job) -> Result<(), ChangeError> {
    if let JobState::Completed(done) = &job.state {
        delete_files_beside_result(gas, job, done).await?;
        tracing::info!("logs, summary and index deleted, as their retention period is over");
        return record(gas, job, RetentionChange::LogsDeleted).await;
    }
    match begin_deletion(gas, job.owner, job.id).await {
        Ok(true) => {
            gas.audit.record(Actor::System, job.owner, Act::JobDeleted(job.id)).await;
            tracing::info!(status = %job.status(), "job deleted, as its retention period is over");
            Ok(())
        }
        Ok(false) | Err(ChangeError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn delete_files_beside_result(gas: &Gas, job: &Job, done: &Completion) -> PortResult<()> {
    gas.objects.delete(&done.log).await?;
    for file in gas.object_keys.beside_result(job.owner, job.id, &job.input.name) {
        gas.objects.delete(&file).await?;
    }
    Ok(())
}

async fn record(gas: &Gas, job: &Job, change: RetentionChange) -> Result<(), ChangeError> {
    match change_job(&gas.jobs, job.id, Change::Retention(change)).await {
        // The owner deleted the job in the meantime.
        Ok(_) | Err(ChangeError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Sets the first deadline of ended jobs that an older version wrote without one. Each call handles a
/// few users, so later rounds of the reconciler complete it.
///
/// # Errors
/// If a service fails; call again.
pub(super) async fn retain_old_jobs(gas: &Gas) -> Result<(), ChangeError> {
    let mut left = JOBS;
    for user in gas.account_data.users_without_retention(USERS).await? {
        if !retain_jobs_of(gas, user, &mut left).await? {
            return Ok(());
        }
        gas.account_data.mark_retention(user).await?;
        tracing::info!(user_id = %user, "ended jobs of an older version have deadlines now");
    }
    Ok(())
}

/// Returns whether all of the user's ended jobs have a deadline; `left` limits the number of steps.
async fn retain_jobs_of(gas: &Gas, user: UserId, left: &mut usize) -> Result<bool, ChangeError> {
    let mut cursor: Option<String> = None;
    loop {
        let page = gas.jobs.store.jobs_of(user, cursor.as_deref(), PAGE).await?;
        for job in page.jobs.iter().filter(|job| has_no_deadline(job)) {
            if *left == 0 {
                return Ok(false);
            }
            *left -= 1;
            retain_files(gas, job).await?;
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(true);
        }
    }
}

/// Whether a row of an older version may have no deadline. Results that are on their way have one, and
/// get the next when they arrive.
fn has_no_deadline(job: &Job) -> bool {
    job.is_at_rest() && job.retention.check_at.is_none()
}

#[cfg(test)]
#[path = "retain_files_tests.rs"]
mod tests;
