//! The end of a job, which is announced on other pages.

use super::ANNOUNCEMENT_WINDOW;
use crate::toasts::Tone;
use gas_shared::JobView;
use gas_shared::job::StateView;
use jiff::Timestamp;

/// How a job has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnding {
    /// It is completed.
    Completed,
    /// It is completed, and a part was not annotated.
    CompletedWithWarnings,
    /// It has failed.
    Failed,
}

impl JobEnding {
    /// The end of a job, if this version of the job is the first one after it. A job that its owner has cancelled is not
    /// announced.
    pub fn of(job: &JobView, known: Option<&JobView>, now: Timestamp) -> Option<Self> {
        let (at, ending) = match &job.state {
            StateView::Completed { completed_at, .. } if job.state.has_warnings() => {
                (*completed_at, Self::CompletedWithWarnings)
            }
            StateView::Completed { completed_at, .. } => (*completed_at, Self::Completed),
            StateView::Failed { at, .. } => (*at, Self::Failed),
            _ => return None,
        };
        let is_known = known.is_some_and(|known| known.state.status().is_final());
        (!is_known && now.duration_since(at) < ANNOUNCEMENT_WINDOW).then_some(ending)
    }

    /// The announcement.
    pub fn text(self, job: &JobView) -> String {
        let name = job.shown_name();
        match self {
            Self::Completed => format!("{name} is annotated"),
            Self::CompletedWithWarnings => format!("{name} is annotated, with warnings"),
            Self::Failed => format!("{name} could not be annotated"),
        }
    }

    /// The kind of the toast.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Completed | Self::CompletedWithWarnings => Tone::Success,
            Self::Failed => Tone::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;
    use gas_shared::job::FailureKind;

    fn failed(version: u64, second: i64) -> JobView {
        let at = Timestamp::from_second(second).unwrap();
        let state = StateView::Failed {
            at,
            kind: FailureKind::Input,
            reason: String::new(),
            mismatch: None,
        };
        JobView { state, ..job(1, version, 0) }
    }

    #[test]
    fn an_end_is_announced_once_and_only_while_it_is_recent() {
        let now = Timestamp::from_second(100).unwrap();
        assert_eq!(
            JobEnding::of(&failed(3, 99), Some(&job(1, 2, 0)), now),
            Some(JobEnding::Failed)
        );
        assert_eq!(JobEnding::of(&failed(3, 99), None, now), Some(JobEnding::Failed));
        assert_eq!(JobEnding::of(&failed(4, 99), Some(&failed(3, 99)), now), None);
        assert_eq!(JobEnding::of(&failed(3, 30), None, now), None);
        assert_eq!(JobEnding::of(&job(1, 3, 0), None, now), None);
    }
}
