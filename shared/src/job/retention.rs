//! What retention has deleted of an ended job, and when it looks at the job next.

use jiff::Timestamp;

/// What retention has deleted of an ended job. The periods and the rules are the backend's; a row of
/// an older version has the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// When the input was deleted.
    pub input_deleted_at: Option<Timestamp>,
    /// When the logs, the summary and the index of a completed job were deleted. Nothing follows.
    pub logs_deleted_at: Option<Timestamp>,
    /// When the reconciler looks at the job next; `None` if it has not looked at it yet.
    pub check_at: Option<Timestamp>,
}

/// A change of what is left of an ended job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionChange {
    /// Nothing is due before `check_at`.
    Planned {
        /// When the reconciler looks at the job next.
        check_at: Timestamp,
    },
    /// The input was deleted.
    InputDeleted {
        /// When the reconciler looks at the job next.
        check_at: Timestamp,
    },
    /// The logs, the summary and the index were deleted.
    LogsDeleted,
}

impl Retention {
    /// Returns the retention after `change` at the time `now`.
    pub(super) fn after(self, change: RetentionChange, now: Timestamp) -> Self {
        match change {
            RetentionChange::Planned { check_at } => Self { check_at: Some(check_at), ..self },
            RetentionChange::InputDeleted { check_at } => {
                let input_deleted_at = self.input_deleted_at.or(Some(now));
                Self { input_deleted_at, check_at: Some(check_at), ..self }
            }
            RetentionChange::LogsDeleted => {
                Self { logs_deleted_at: self.logs_deleted_at.or(Some(now)), ..self }
            }
        }
    }
}
