//! Live events, which the server pushes to a user's browsers.

use crate::{JobId, JobView, Plan};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One live event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveEvent {
    /// The stream is open. Data that was fetched before may be stale: fetch it again once.
    Connected {
        /// The server's time, to which deadlines refer.
        now: Timestamp,
    },
    /// The stream is open again, and the events since then follow. Data that was fetched before stays valid.
    Resumed {
        /// The server's time, to which deadlines refer.
        now: Timestamp,
    },
    /// The new version of a job. Events may arrive out of order: apply one only if its
    /// [`JobView::version`] is greater than the version on the page.
    Job(Box<JobView>),
    /// A job was deleted. Ignore events about it that arrive later.
    Deleted(JobId),
    /// The user's new plan.
    Plan(Plan),
    /// A private reference of the user was added, deleted, or has another state: fetch them again.
    References,
    /// The text that every page shows from now on, or none. It is for all users.
    Banner(Option<String>),
    /// Events were dropped because the client reads too slowly: fetch everything again.
    Resync,
    /// The server closes the stream: reopen it immediately.
    Ending,
}
