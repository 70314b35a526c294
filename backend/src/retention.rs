//! How long the files of jobs are kept, for whom: the only place with these periods.
//!
//! On Premium, nothing is deleted. `docs/decisions/0039-retention.md` has the classes of data that these
//! periods do not concern.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

/// How long results stay in S3 on the Free plan, and what is deleted afterwards.
#[derive(Args, Clone, Copy, Debug)]
pub struct RetentionPolicy {
    /// The download window: how long a Free user may download a result after completion, in
    /// seconds.
    #[arg(long, env = "GAS_FREE_WINDOW_SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub free_window_secs: u32,
    /// How long a user who leaves Premium keeps stored results, in seconds.
    #[arg(long, env = "GAS_DOWNGRADE_NOTICE_SECONDS", default_value_t = 604_800, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub downgrade_notice_secs: u32,
    /// How long the input of a Free user's job is kept after the job has ended, in days.
    #[arg(long, env = "GAS_FREE_INPUT_DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..))]
    pub free_input_days: u16,
    /// How long the logs, the summary and the index of a Free user's completed job are kept, and how
    /// long a failed or cancelled job, in days after the job has ended.
    #[arg(long, env = "GAS_FREE_LOG_DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..))]
    pub free_log_days: u16,
}

impl RetentionPolicy {
    /// The end of the download window of a job.
    pub fn window_ends(&self, completed_at: Timestamp) -> Timestamp {
        completed_at + SignedDuration::from_secs(self.free_window_secs.into())
    }

    /// The end of the notice period of a user who left Premium.
    pub fn notice_ends(&self, left_at: Timestamp) -> Timestamp {
        left_at + SignedDuration::from_secs(self.downgrade_notice_secs.into())
    }

    /// Until when the input of a Free user's job is kept.
    pub fn input_ends(&self, ended_at: Timestamp) -> Timestamp {
        ended_at + days(self.free_input_days)
    }

    /// Until when the logs, summary and index of a Free user's completed job are kept, or the job if it
    /// failed or was cancelled.
    pub fn logs_end(&self, ended_at: Timestamp) -> Timestamp {
        ended_at + days(self.free_log_days)
    }

    /// The periods, as users read them.
    pub fn explanation(&self) -> String {
        format!(
            "On Free, the uploaded file is deleted {} days after its job has ended. After {} days, logs, \
             charts and the explorer's index are deleted too, and failed and cancelled jobs as a whole; \
             archived results stay. On Premium, nothing is deleted unless you delete it.",
            self.free_input_days, self.free_log_days
        )
    }
}

fn days(count: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}
