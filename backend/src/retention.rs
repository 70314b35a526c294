//! How long results can be downloaded on each plan.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

/// How long results stay in S3 on the Free plan.
#[derive(Args, Clone, Copy, Debug)]
pub struct RetentionPolicy {
    /// The download window: how long a Free user may download a result after completion, in
    /// seconds.
    #[arg(long, env = "GAS_FREE_WINDOW_SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub free_window_secs: u32,
    /// How long a user who leaves Premium keeps stored results, in seconds.
    #[arg(long, env = "GAS_DOWNGRADE_NOTICE_SECONDS", default_value_t = 604_800, value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    pub downgrade_notice_secs: u32,
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
}
