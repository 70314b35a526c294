//! What operators see of the service, and what they can do. Nothing here has a file, its name or its contents.

use crate::cost::{JobCosts, MicroUsd, Prices};
use crate::job::ShardCounts;
use crate::{JobId, Plan, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The longest text of the banner, in characters.
pub const MAX_BANNER_CHARS: usize = 300;

/// Whether the service accepts and starts jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Intake {
    /// Jobs are accepted and started.
    #[default]
    Open,
    /// Jobs are accepted, and wait. Those that were sent to the workers before are run.
    Paused,
    /// No job is accepted. Those that were accepted before are run, so that none is left after a while.
    Draining,
}

impl Intake {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Open, Self::Paused, Self::Draining];

    /// The spelling in PostgreSQL and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Draining => "draining",
        }
    }
}

impl fmt::Display for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no [`Intake`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown value {0:?}; expected open, paused or draining")]
pub struct UnknownIntake(String);

impl FromStr for Intake {
    type Err = UnknownIntake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|intake| intake.as_str() == text);
        found.ok_or_else(|| UnknownIntake(text.to_owned()))
    }
}

/// How the service is run at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceMode {
    /// Whether jobs are accepted and started.
    pub intake: Intake,
    /// A text that every page shows, such as an announced maintenance.
    pub banner: Option<String>,
}

/// A queue of the service, without the prefix of the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum QueueName {
    /// Jobs on Free for the workers.
    JobRequests,
    /// Jobs on Premium for the workers.
    PremiumJobRequests,
    /// Shards of large files for the workers.
    Shards,
    /// Private references for the workers.
    ReferenceBuilds,
    /// Results to archive, and files to delete.
    Archive,
    /// Users whose archived results are to be restored.
    StartThaw,
    /// Retrieved results to restore.
    CompleteThaw,
    /// Retrieved results that are too large for the restore function.
    LargeRestores,
    /// Mails to send, and results to apply the plan to.
    Mail,
}

impl QueueName {
    /// All queues.
    pub const ALL: [Self; 9] = [
        Self::JobRequests,
        Self::PremiumJobRequests,
        Self::Shards,
        Self::ReferenceBuilds,
        Self::Archive,
        Self::StartThaw,
        Self::CompleteThaw,
        Self::LargeRestores,
        Self::Mail,
    ];

    /// The name, without the prefix of the deployment.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobRequests => "job_requests",
            Self::PremiumJobRequests => "premium_job_requests",
            Self::Shards => "shards",
            Self::ReferenceBuilds => "reference_builds",
            Self::Archive => "archive",
            Self::StartThaw => "start_thaw",
            Self::CompleteThaw => "complete_thaw",
            Self::LargeRestores => "large_restores",
            Self::Mail => "mail",
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no [`QueueName`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no queue {0:?}")]
pub struct UnknownQueue(String);

impl FromStr for QueueName {
    type Err = UnknownQueue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|queue| queue.as_str() == text);
        found.ok_or_else(|| UnknownQueue(text.to_owned()))
    }
}

/// How many messages a queue has, approximately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueState {
    /// The queue.
    pub name: QueueName,
    /// Messages that wait.
    pub waiting: u64,
    /// Messages that a process works on.
    pub in_flight: u64,
    /// How long the oldest message has been in the queue, in seconds, as CloudWatch measured it within the last 15 minutes. It is
    /// `null` if it has not, as on the local stack.
    #[serde(default)]
    pub oldest_secs: Option<u64>,
    /// Messages in the dead-letter queue, which failed several times.
    pub dead_letters: u64,
}

/// A job that a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunState {
    /// The job.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub job: JobId,
    /// Its owner.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub owner: UserId,
    /// When this attempt began.
    pub started_at: Timestamp,
    /// When its worker last sent a heartbeat.
    pub heartbeat_at: Timestamp,
    /// The completed fraction, 0 to 1000.
    pub permille: u16,
    /// The shards of a large file. `None` if the file is annotated in one piece.
    pub shards: Option<ShardCounts>,
    /// An estimate of what its workers have cost so far, in millionths of a US dollar: the time since this attempt began,
    /// as if as many workers as now had annotated it all the time.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub cost: MicroUsd,
}

/// The jobs that have not ended. Numbers over 1,000 may be too small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActiveJobs {
    /// Jobs that wait to be sent to the workers, because their owners have others there or jobs are paused.
    pub held_back: u64,
    /// Jobs that wait for a worker.
    pub pending: u64,
    /// Jobs that a worker runs.
    pub running: u64,
    /// When the job that has waited longest was submitted. `None` if no job waits.
    pub oldest_since: Option<Timestamp>,
}

/// The state of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceState {
    /// When it was read.
    pub at: Timestamp,
    /// How the service is run.
    pub mode: ServiceMode,
    /// The jobs that have not ended.
    pub jobs: ActiveJobs,
    /// The queues.
    pub queues: Vec<QueueState>,
    /// The jobs that run, those with the oldest heartbeat first, at most 100.
    pub runs: Vec<RunState>,
}

/// A user, for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserRecord {
    /// The id.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub id: UserId,
    /// Full name.
    pub name: String,
    /// Email address.
    pub email: String,
    /// Institution; empty if it is unknown.
    pub institution: String,
    /// The plan.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "premium_user"))]
    pub plan: Plan,
    /// Whether an operator has granted Premium.
    pub is_granted: bool,
    /// Whether the user is an operator at the moment.
    pub is_operator: bool,
    /// When an operator blocked the user. `None` if the user is not blocked.
    pub blocked_at: Option<Timestamp>,
    /// When the user signed in first.
    pub created_at: Timestamp,
    /// Jobs that have not ended.
    pub active_jobs: u64,
    /// Bytes of all inputs and results, as last counted. `None` if they never were.
    pub stored_bytes: Option<u64>,
}

/// What operators can do to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UserAction {
    /// End all sessions, delete all API tokens, and reject sign-ins. Waiting jobs are not started.
    Block,
    /// Allow the user to sign in again.
    Unblock,
    /// Give Premium without a subscription.
    GrantPremium,
    /// Take back what was granted. A subscription stays.
    RevokePremium,
}

/// An entry of the audit log, for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditItem {
    /// The number of the entry; newer entries have higher numbers.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Who acted: `user`, `operator` or `system`.
    #[cfg_attr(feature = "openapi", schema(example = "operator"))]
    pub actor: String,
    /// The operator who acted, unless the account is deleted.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<uuid::Uuid>))]
    pub operator: Option<UserId>,
    /// What was done, such as `user_blocked`.
    pub action: String,
    /// The user concerned. `None` if nobody was, or the account is deleted.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<uuid::Uuid>))]
    pub user: Option<UserId>,
    /// The id of the job or token, the queue, the new plan or the new intake.
    pub target: Option<String>,
}

/// The jobs that ended on a day with one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayOfJobs {
    /// The start of the day, in UTC.
    pub day: Timestamp,
    /// How the jobs ended: `completed`, `failed` or `cancelled`.
    #[cfg_attr(feature = "openapi", schema(example = "completed"))]
    pub outcome: String,
    /// The number of jobs.
    pub jobs: u64,
    /// The bytes of their inputs.
    pub input_bytes: u64,
    /// The bytes of their results.
    pub result_bytes: u64,
    /// The seconds from the start of the last attempt to the end, in total.
    pub run_secs: u64,
}

/// How much the service is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statistics {
    /// All users.
    pub users: u64,
    /// Users on Premium.
    pub premium_users: u64,
    /// Users that are blocked.
    pub blocked_users: u64,
    /// Bytes of all inputs and results, as last counted for each user.
    pub stored_bytes: u64,
    /// The jobs that ended in the last 30 days, newest first.
    pub days: Vec<DayOfJobs>,
}

/// How much the service is used, and what that costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageReport {
    /// How much it is used.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// What the jobs of the last 30 days cost. The runs of failed and cancelled jobs are not timed, and a file that several
    /// workers annotate counts as one worker for the time of its run, so that these count for less than they cost.
    pub costs: JobCosts,
}

impl UsageReport {
    /// Estimates the costs of the jobs.
    pub fn new(statistics: Statistics, prices: Prices) -> Self {
        let days = &statistics.days;
        let sum = |of: fn(&DayOfJobs) -> u64| days.iter().map(of).fold(0, u64::saturating_add);
        let bytes = sum(|day| day.input_bytes.saturating_add(day.result_bytes));
        let costs = JobCosts::of(sum(|day| day.jobs), sum(|day| day.run_secs), bytes, prices);
        Self { statistics, costs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_usage_has_the_costs_of_all_days_beside_the_statistics() {
        let day = |outcome: &str, jobs, run_secs| DayOfJobs {
            day: Timestamp::UNIX_EPOCH,
            outcome: outcome.to_owned(),
            jobs,
            input_bytes: jobs * 10,
            result_bytes: jobs * 20,
            run_secs,
        };
        let days = vec![day("completed", 900, 7_200), day("failed", 100, 0)];
        let statistics =
            Statistics { users: 3, premium_users: 1, blocked_users: 0, stored_bytes: 7, days };
        let report = UsageReport::new(statistics, Prices::default());
        let costs = report.costs;
        assert_eq!((costs.jobs, costs.run_secs, costs.bytes), (1_000, 7_200, 30_000));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["users"], &json["costs"]["requests"]), (&3.into(), &160_000.into()));
        assert_eq!(serde_json::from_value::<UsageReport>(json).unwrap(), report);
    }

    #[test]
    fn intakes_and_queues_round_trip_in_text_and_json() {
        for intake in Intake::ALL {
            assert_eq!(intake.as_str().parse(), Ok(intake));
            assert_eq!(serde_json::to_value(intake).unwrap(), intake.as_str());
        }
        for queue in QueueName::ALL {
            assert_eq!(queue.as_str().parse(), Ok(queue));
            assert_eq!(serde_json::to_value(queue).unwrap(), queue.as_str());
        }
        assert!("closed".parse::<Intake>().is_err());
        assert!("mail_dlq".parse::<QueueName>().is_err());
    }
}
