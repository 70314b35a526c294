//! Whether the records of a job's result can be read, as far as the page knows.

use crate::account::use_account;
use crate::clock::use_is_over;
use gas_shared::Plan;
use gas_shared::job::{ResultsView, StateView};
use jiff::Timestamp;

/// What the server's decision about the records of a result depends on, besides the plan. The server decides; when this changes, pages
/// ask it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordAccess {
    /// The page does not know, as that of a share link.
    #[default]
    Unknown,
    /// The job has no result, or not yet.
    NoResult,
    /// The result is stored, and its download window is not over.
    Open,
    /// The download window of the Free plan is over.
    Over,
    /// The result is in the archive.
    Archived,
    /// The result is being restored from the archive.
    Restoring,
}

impl RecordAccess {
    /// The access to the records of a job in a state, whose download window may be over.
    const fn of(state: &StateView, is_over: bool) -> Self {
        let StateView::Completed { results, .. } = state else { return Self::NoResult };
        match results {
            ResultsView::Stored { .. } if is_over => Self::Over,
            ResultsView::Stored { .. } => Self::Open,
            ResultsView::Archived { .. } => Self::Archived,
            ResultsView::Restoring { .. } => Self::Restoring,
        }
    }
}

/// The access to the records of a job. It follows the live state of the job, the plan and the clock.
pub fn use_record_access(state: Option<&StateView>) -> RecordAccess {
    let is_free = use_account().is_none_or(|account| account.plan == Plan::Free);
    let is_over = use_is_over(state.and_then(end_of_window).filter(|_| is_free));
    state.map_or(RecordAccess::Unknown, |state| RecordAccess::of(state, is_over))
}

/// When the download window of a stored result ends, for an owner with the Free plan.
const fn end_of_window(state: &StateView) -> Option<Timestamp> {
    match state {
        StateView::Completed { results: ResultsView::Stored { until, .. }, .. } => *until,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::job::Tier;

    fn completed(results: ResultsView) -> StateView {
        StateView::Completed {
            started_at: Timestamp::UNIX_EPOCH,
            completed_at: Timestamp::UNIX_EPOCH,
            records: 1,
            not_annotated: None,
            provenance: None,
            result_size: 1,
            results,
        }
    }

    #[test]
    fn the_access_changes_with_each_step_from_the_window_to_the_restored_result() {
        let at = Timestamp::UNIX_EPOCH;
        let stored = completed(ResultsView::Stored { until: Some(at), restored_at: None });
        let archived = completed(ResultsView::Archived { at });
        let restoring =
            completed(ResultsView::Restoring { tier: Tier::Expedited, since: at, archived_at: at });
        let restored = completed(ResultsView::Stored { until: None, restored_at: Some(at) });
        let steps = [
            (StateView::Pending, false),
            (stored.clone(), false),
            (stored, true),
            (archived, false),
            (restoring, false),
            (restored, false),
        ];
        use RecordAccess::{Archived, NoResult, Open, Over, Restoring};
        assert_eq!(
            steps.map(|(state, is_over)| RecordAccess::of(&state, is_over)),
            [NoResult, Open, Over, Archived, Restoring, Open]
        );
    }
}
