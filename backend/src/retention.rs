//! How long results stay, for whom.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

/// The terms of the Free plan.
#[derive(Args, Clone, Copy, Debug)]
pub struct RetentionPolicy {
    /// How long a Free user may download a result after the job is completed, in seconds.
    #[arg(long, env = "GAS_FREE_WINDOW_SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub free_window_secs: u32,
    /// How long a user who leaves Premium keeps what is stored, in seconds.
    #[arg(long, env = "GAS_DOWNGRADE_NOTICE_SECONDS", default_value_t = 604_800, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub downgrade_notice_secs: u32,
}

impl RetentionPolicy {
    /// Until when a Free user may download the result of a job that is completed now.
    pub fn window_ends(&self, completed_at: Timestamp) -> Timestamp {
        completed_at + SignedDuration::from_secs(self.free_window_secs.into())
    }

    /// Until when a user who left Premium may download what was stored then.
    pub fn notice_ends(&self, left_at: Timestamp) -> Timestamp {
        left_at + SignedDuration::from_secs(self.downgrade_notice_secs.into())
    }
}
