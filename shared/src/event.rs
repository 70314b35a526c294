//! What the server pushes to a user's browsers.

use crate::{JobId, JobView, Plan};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One live event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveEvent {
    /// The stream is open: what was fetched before may be stale, so refetch once.
    Connected {
        /// The server's clock, by which deadlines are counted.
        now: Timestamp,
    },
    /// A job is now so. Events may overtake each other: apply one only if its
    /// [`JobView::version`] is greater than what is shown.
    Job(Box<JobView>),
    /// A job was deleted. Whatever else is told of it came too late.
    Deleted(JobId),
    /// The user is on this plan now.
    Plan(Plan),
    /// Events were lost on the way (a slow reader): refetch.
    Resync,
    /// The server is about to end the stream so that the session is checked anew: reconnect at
    /// once.
    Ending,
}
