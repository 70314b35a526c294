//! What operators see and do. They never get a file, its name or its contents.
//!
//! Every use-case takes an [`Operator`], which only [`Operator::require`] makes. What they do is in the audit log.

use super::billing::{set_grant, sync_plan};
use super::dispatch::dispatch_waiting;
use super::{BillingError, publish, redrive};
use crate::audit::{Act, Actor};
use crate::messages::UserEvent;
use crate::ports::{OperatorQueues, PortError};
use crate::{Billing, Gas, chain};
use futures::try_join;
use gas_shared::cost::Prices;
use gas_shared::job::{JobState, Run, ShardedRun};
use gas_shared::operations::{
    ActiveJobs, AuditItem, Intake, MAX_BANNER_CHARS, QueueName, RunState, ServiceMode,
    ServiceState, UsageReport, UserAction, UserRecord,
};
use gas_shared::{Job, JobStatus, LiveEvent, UserId};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// The most users of a search.
const MAX_USERS: u16 = 50;

/// The most runs that are shown.
const MAX_RUNS: usize = 100;

/// The entries of a page of the audit log.
const AUDIT_PAGE: u16 = 100;

/// The days of the statistics.
const STATISTICS: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The most dead letters that are moved in one call, and the time after which a call begins to move no more of them. It must
/// end within the time of a request.
const MAX_MOVED: u64 = 500;
const REDRIVE_TIME: Duration = Duration::from_secs(15);

/// The dead letters that are moved between two looks at the clock.
const MOVED_AT_ONCE: u64 = 10;

/// How long a call waits for another dead letter.
const REDRIVE_WAIT: Duration = Duration::from_secs(1);

/// The reason why an operator's request failed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The user is no operator, or signed in too long ago.
    #[error("there is nothing here for you; operators sign in again every 12 hours")]
    NotOperator,
    /// There is no such user.
    #[error("there is no user {0}")]
    NoUser(UserId),
    /// Operators cannot block themselves.
    #[error("you cannot block yourself")]
    Yourself,
    /// Every user has Premium.
    #[error("every user has Premium, so it cannot be granted")]
    NotSold,
    /// The banner is too long or has control characters.
    #[error("a banner has at most {MAX_BANNER_CHARS} characters in one line")]
    Banner,
    /// The plan was not changed.
    #[error(transparent)]
    Plan(BillingError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A user who is an operator at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator(UserId);

impl Operator {
    /// The user, if they are an operator.
    ///
    /// # Errors
    /// [`OperationError::NotOperator`] if they are not.
    pub async fn require(gas: &Gas, user: UserId) -> Result<Self, OperationError> {
        match gas.administration.is_operator(user, gas.now()).await? {
            true => Ok(Self(user)),
            false => Err(OperationError::NotOperator),
        }
    }
}

/// Reads the state of the service: its mode, jobs that have not ended, queues, and runs.
///
/// # Errors
/// If a service fails.
pub async fn service_state(
    gas: &Gas,
    queues: &dyn OperatorQueues,
    prices: &Prices,
    _operator: Operator,
) -> Result<ServiceState, OperationError> {
    let store = &gas.jobs.store;
    let (pending, running, queues, (held_back, oldest_since), mode) = try_join!(
        store.queue(JobStatus::Pending),
        store.queue(JobStatus::Running),
        queues.states(),
        gas.dispatches.backlog(),
        gas.service_modes.mode(),
    )?;
    let jobs = store.jobs(&running[..running.len().min(MAX_RUNS)]).await?;
    let now = gas.now();
    let mut runs: Vec<RunState> =
        jobs.iter().filter_map(|job| run_state(job, prices, now)).collect();
    runs.sort_by_key(|run| (run.heartbeat_at, run.job));
    Ok(ServiceState {
        at: now,
        mode,
        jobs: ActiveJobs {
            held_back,
            // Those that are held back are pending, too.
            pending: (pending.len() as u64).saturating_sub(held_back),
            running: running.len() as u64,
            oldest_since,
        },
        queues,
        runs,
    })
}

fn run_state(job: &Job, prices: &Prices, now: Timestamp) -> Option<RunState> {
    let JobState::Running(Run { started_at, heartbeat_at, progress, shards, .. }) = &job.state
    else {
        return None;
    };
    let shards = shards.as_ref().map(ShardedRun::counts);
    // While no shard is annotated, one worker plans or joins.
    let workers = shards.map_or(1, |shards| shards.running.max(1));
    Some(RunState {
        job: job.id,
        owner: job.owner,
        started_at: *started_at,
        heartbeat_at: *heartbeat_at,
        permille: progress.permille,
        shards,
        cost: prices.of_workers(workers, now.duration_since(*started_at)),
    })
}

/// Changes whether jobs are accepted and started. Jobs that waited are sent when they may be.
///
/// # Errors
/// If a service fails. If the mode was changed, the reconciler sends the jobs.
pub async fn set_intake(
    gas: &Gas,
    operator: Operator,
    intake: Intake,
) -> Result<ServiceMode, OperationError> {
    gas.service_modes.set_intake(intake).await?;
    tracing::info!(user_id = %operator.0, %intake, "an operator changed the intake of jobs");
    gas.audit.record_operation(operator.0, Act::IntakeChanged(intake)).await;
    if intake != Intake::Paused {
        dispatch_waiting(gas).await?;
    }
    Ok(gas.service_modes.mode().await?)
}

/// Changes the text that every page shows. An empty text removes it. Open pages of signed-in users show the change at once.
///
/// # Errors
/// [`OperationError::Banner`] if the text is too long.
pub async fn set_banner(
    gas: &Gas,
    operator: Operator,
    text: &str,
) -> Result<ServiceMode, OperationError> {
    let text = text.trim();
    if text.chars().count() > MAX_BANNER_CHARS || text.chars().any(char::is_control) {
        return Err(OperationError::Banner);
    }
    let banner = Some(text).filter(|text| !text.is_empty());
    gas.service_modes.set_banner(banner).await?;
    gas.audit.record_operation(operator.0, Act::BannerChanged).await;
    let event = LiveEvent::Banner(banner.map(str::to_owned));
    if let Err(error) = publish(&*gas.jobs.events, &UserEvent { user_id: None, event }).await {
        tracing::warn!(error = %chain(&error), "open pages show the banner when they are loaded again");
    }
    Ok(gas.service_modes.mode().await?)
}

/// Moves dead letters back to their queue, at most 500, and returns their number. If the queues are slow, it moves fewer.
///
/// # Errors
/// If a queue fails; what was moved stays moved, and is in the audit log.
pub async fn redrive_queue(
    gas: &Gas,
    queues: &dyn OperatorQueues,
    operator: Operator,
    name: QueueName,
) -> Result<u64, OperationError> {
    let pair = queues.with_dead_letters(name).await?;
    let (start, mut moved) = (Instant::now(), 0);
    let ended = loop {
        let (dead_letters, queue) = (&*pair.dead_letters, &*pair.queue);
        match redrive(dead_letters, queue, MOVED_AT_ONCE, REDRIVE_WAIT).await {
            Ok(count) => {
                moved += count;
                let is_last = count < MOVED_AT_ONCE || moved >= MAX_MOVED;
                if is_last || start.elapsed() >= REDRIVE_TIME {
                    break Ok(moved);
                }
            }
            // Some of the last ones may be moved.
            Err(error) => break Err(error),
        }
    };
    tracing::info!(user_id = %operator.0, queue = %name, moved, "an operator moved dead letters");
    gas.audit.record_operation(operator.0, Act::DeadLettersMoved(name)).await;
    Ok(ended?)
}

/// Users whose name, email address, institution or id contains a text, at most 50; the newest without a text.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn find_users(
    gas: &Gas,
    _operator: Operator,
    text: &str,
) -> Result<Vec<UserRecord>, OperationError> {
    // No stored text has control characters, and PostgreSQL rejects some of them.
    if text.trim().chars().any(char::is_control) {
        return Ok(Vec::new());
    }
    Ok(gas.administration.find_users(text.trim(), gas.now(), MAX_USERS).await?)
}

/// Blocks or unblocks a user, grants Premium or takes it back.
///
/// # Errors
/// [`OperationError::NoUser`], [`OperationError::Yourself`], or [`OperationError::NotSold`]; [`OperationError::Plan`] if Premium
/// is granted or taken back, but the plan is not updated yet; `check_plans` updates it later.
pub async fn act_on_user(
    billing: &Billing,
    operator: Operator,
    user: UserId,
    action: UserAction,
) -> Result<(), OperationError> {
    let gas = &billing.gas;
    let act = match action {
        UserAction::Block if user == operator.0 => return Err(OperationError::Yourself),
        UserAction::Block | UserAction::Unblock => {
            let at = (action == UserAction::Block).then(|| gas.now());
            if !gas.administration.set_blocked(user, at).await? {
                return Err(OperationError::NoUser(user));
            }
            if at.is_some() { Act::UserBlocked } else { Act::UserUnblocked }
        }
        UserAction::GrantPremium | UserAction::RevokePremium => {
            let granted = action == UserAction::GrantPremium;
            set_grant(billing, user, granted).await.map_err(plan_error)?;
            if granted { Act::PremiumGranted } else { Act::PremiumRevoked }
        }
    };
    tracing::info!(user_id = %user, operator = %operator.0, ?action, "an operator changed a user");
    gas.audit.record(Actor::Operator(operator.0), user, act).await;
    // If it fails, `check_plans` updates the plan later.
    if matches!(action, UserAction::GrantPremium | UserAction::RevokePremium) {
        sync_plan(billing, user).await.map_err(plan_error)?;
    }
    Ok(())
}

fn plan_error(error: BillingError) -> OperationError {
    match error {
        BillingError::NotSold => OperationError::NotSold,
        BillingError::NoUser(user) => OperationError::NoUser(user),
        other => OperationError::Plan(other),
    }
}

/// A page of the audit log of all users, newest first, before the entry `before`; of one user if `user` is given.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn audit_items(
    gas: &Gas,
    _operator: Operator,
    user: Option<UserId>,
    before: Option<i64>,
) -> Result<Vec<AuditItem>, OperationError> {
    Ok(gas.administration.audit_items(user, before, AUDIT_PAGE).await?)
}

/// How much the service is used, and what that costs.
///
/// # Errors
/// If PostgreSQL fails.
pub async fn statistics(
    gas: &Gas,
    prices: &Prices,
    _operator: Operator,
) -> Result<UsageReport, OperationError> {
    let statistics = gas.administration.statistics(gas.now() - STATISTICS).await?;
    Ok(UsageReport::new(statistics, *prices))
}

#[cfg(test)]
#[path = "operate_tests.rs"]
mod tests;
