//! What screen readers announce about a job while its page is open.
//!
//! The end of the job is announced on every page ([`Live`](crate::live::Live)), a restore by a toast, and the time left to
//! download by the results panel.

use crate::announcer::use_announcer;
use crate::browser;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::{ResultsView, StateView};
use std::time::Duration;

/// A state is announced if it lasts this long: most jobs run for less than a second.
const SETTLED: Duration = Duration::from_millis(700);

/// A state that is announced when the job enters it and when the page is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Pending,
    Running,
    Archived,
    Restoring,
}

impl Phase {
    const fn of(state: &StateView) -> Option<Self> {
        match state {
            StateView::Pending => Some(Self::Pending),
            StateView::Running { .. } => Some(Self::Running),
            StateView::Completed { results: ResultsView::Archived { .. }, .. } => {
                Some(Self::Archived)
            }
            StateView::Completed { results: ResultsView::Restoring { .. }, .. } => {
                Some(Self::Restoring)
            }
            _ => None,
        }
    }

    fn text(self, file_name: &str) -> String {
        match self {
            Self::Pending => format!("{file_name} is waiting to be annotated"),
            Self::Running => format!("{file_name} is being annotated"),
            Self::Archived => format!("The results of {file_name} are archived"),
            Self::Restoring => format!("The results of {file_name} are being restored"),
        }
    }
}

/// Announces the states of the job that the page shows.
pub fn use_state_announcements(job: Option<&JobView>) {
    let announcer = use_announcer();
    let mut pending = use_signal(|| None::<Task>);
    let entered = job.and_then(|job| Some((job.id, Phase::of(&job.state)?)));
    let name = job.map(|job| job.file_name.to_string()).unwrap_or_default();
    use_effect(use_reactive!(|entered, name| {
        if let Some(task) = pending.take() {
            task.cancel();
        }
        let Some((_, phase)) = entered else { return };
        pending.set(Some(spawn(async move {
            browser::sleep(SETTLED).await;
            announcer.say(phase.text(&name));
        })));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::job::Progress;
    use jiff::Timestamp;

    #[test]
    fn progress_is_no_new_state() {
        let running = |permille| StateView::Running {
            started_at: Timestamp::UNIX_EPOCH,
            progress: Progress { permille, ..Progress::default() },
            shards: None,
        };
        assert_eq!(Phase::of(&running(0)), Phase::of(&running(500)));
        assert_ne!(Phase::of(&StateView::Pending), Phase::of(&running(0)));
        assert_eq!(Phase::Running.text("a.vcf"), "a.vcf is being annotated");
    }
}
