//! What is live in the browser: one stream of events, and the newest state of every job it named.
//!
//! Pages fetch what they show and lay the live states over it ([`Live::newest`],
//! [`Live::newest_list`]). Whenever the stream is opened anew they fetch again, so that nothing
//! missed in between stays wrong. A browser has one stream, however many tabs show GAS.

mod list;
mod premium;
mod stream;

pub use list::Listed;
pub use premium::wait_for_premium;

use crate::browser;
use crate::toasts::Toasts;
use dioxus::prelude::*;
use gas_shared::job::{JobListEntry, ListQuery, ResultsView, StateView};
use gas_shared::{JobId, JobView, LiveEvent, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Changes within this time of each other count as one.
const CHANGES_WITHIN: Duration = Duration::from_millis(800);

/// How the stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Not open yet.
    #[default]
    Connecting,
    /// Open.
    Live,
    /// Lost; it will be opened again.
    Reconnecting,
    /// The session is over.
    SignedOut,
}

/// The live state of this browser tab.
#[derive(Clone, Copy, PartialEq)]
pub struct Live {
    link: Signal<Link>,
    generation: Signal<u64>,
    jobs: Signal<HashMap<JobId, JobView>>,
    gone: Signal<HashSet<JobId>>,
    changes: Signal<u64>,
    is_change_due: Signal<bool>,
    plan: Signal<Option<Plan>>,
    clock_ahead: Signal<SignedDuration>,
    toasts: Toasts,
}

impl Live {
    /// The plan that the server told of since the page was loaded; `None` where it did not change.
    pub fn plan(self) -> Option<Plan> {
        *self.plan.read()
    }

    /// How much this browser's clock is ahead of the server's.
    pub fn clock_ahead(self) -> SignedDuration {
        *self.clock_ahead.read()
    }

    /// The server's time, for tasks: reading it follows nothing.
    pub fn now(self) -> Timestamp {
        Timestamp::now() - *self.clock_ahead.peek()
    }

    /// The plan as [`Live::plan`] has it, for tasks: reading it here follows nothing.
    pub fn latest_plan(self) -> Option<Plan> {
        *self.plan.peek()
    }

    /// Takes in the plan from somewhere else than the stream.
    pub fn learn_plan(mut self, plan: Plan) {
        if *self.plan.peek() != Some(plan) {
            self.plan.set(Some(plan));
        }
    }

    /// How the stream is.
    pub fn link(self) -> Link {
        *self.link.read()
    }

    /// Read this in a loader to fetch again whenever events may have been missed.
    pub fn follow(self) {
        self.generation.read();
    }

    /// A fetched job, or the live state of it where that is newer.
    pub fn newest(self, fetched: JobView) -> JobView {
        let jobs = self.jobs.read();
        match jobs.get(&fetched.id) {
            Some(live) if live.version > fetched.version => live.clone(),
            _ => fetched,
        }
    }

    /// Read this in a loader to fetch again when jobs change their states, come or go. Many changes
    /// at a time count once.
    pub fn follow_changes(self) {
        self.changes.read();
    }

    /// What a query's list shows: see [`list::merge`].
    pub fn newest_list(self, fetched: &[JobView], query: &ListQuery) -> Vec<Listed> {
        list::merge(fetched, &self.jobs.read(), &self.gone.read(), query)
    }

    /// Read this in a loader to fetch again when a job is deleted, here or elsewhere.
    pub fn follow_deletions(self) {
        self.gone.read();
    }

    /// Takes in a job's state from somewhere else than the stream.
    pub fn learn(mut self, job: JobView) {
        let known = self.jobs.peek().get(&job.id).map(JobListEntry::from);
        if self.gone.peek().contains(&job.id)
            || known.as_ref().is_some_and(|known| known.version >= job.version)
        {
            return;
        }
        let entry = JobListEntry::from(&job);
        self.jobs.write().insert(job.id, job);
        if known
            .is_none_or(|known| (known.status, known.location) != (entry.status, entry.location))
        {
            self.note_change();
        }
    }

    /// Takes in that a job was deleted.
    pub fn learn_gone(mut self, id: JobId) {
        if self.gone.write().insert(id) {
            self.jobs.write().remove(&id);
            self.note_change();
        }
    }

    fn note_change(mut self) {
        if *self.is_change_due.peek() {
            return;
        }
        self.is_change_due.set(true);
        // Not a task of the button that made the change, which may be gone before it is told.
        dioxus::core::spawn_forever(async move {
            browser::sleep(CHANGES_WITHIN).await;
            self.is_change_due.set(false);
            self.changes += 1;
        });
    }

    /// Takes in how the stream of the tab that leads is.
    fn follow_leader(mut self, link: Link, clock_ahead: SignedDuration) {
        let was = *self.link.peek();
        self.link.set(link);
        if link == Link::Live && was != Link::Live {
            self.clock_ahead.set(clock_ahead);
            self.generation += 1;
        }
    }

    fn take(mut self, event: LiveEvent) {
        match event {
            LiveEvent::Connected { now } => {
                self.link.set(Link::Live);
                self.clock_ahead.set(Timestamp::now().duration_since(now));
                self.generation += 1;
            }
            LiveEvent::Plan(plan) => self.learn_plan(plan),
            LiveEvent::Resync => self.generation += 1,
            LiveEvent::Job(job) => {
                if is_back(&job, self.jobs.peek().get(&job.id), self.now()) {
                    self.toasts.success(format!("Results of {} are back", job.file_name));
                }
                self.learn(*job);
            }
            LiveEvent::Deleted(id) => self.learn_gone(id),
            LiveEvent::Ending => {}
        }
    }
}

/// How long after a restore its news is still news.
const NEWS: SignedDuration = SignedDuration::from_mins(1);

/// Whether this version of a job is the news that its results came back from the archive. Later
/// versions carry the time of the restore, too, and are none.
fn is_back(job: &JobView, known: Option<&JobView>, now: Timestamp) -> bool {
    match restored_at(job) {
        Some(at) => now.duration_since(at) < NEWS && known.and_then(restored_at) != Some(at),
        None => false,
    }
}

fn restored_at(job: &JobView) -> Option<Timestamp> {
    match &job.state {
        StateView::Completed { results: ResultsView::Stored { restored_at, .. }, .. } => {
            *restored_at
        }
        _ => None,
    }
}

/// Makes the live state for the pages below, and keeps it live while somebody is signed in.
pub fn use_live_provider(user: Option<UserId>, toasts: Toasts) -> Live {
    let live = Live {
        link: use_signal(Link::default),
        generation: use_signal(|| 0),
        jobs: use_signal(HashMap::new),
        gone: use_signal(HashSet::new),
        changes: use_signal(|| 0),
        is_change_due: use_signal(|| false),
        plan: use_signal(|| None),
        clock_ahead: use_signal(SignedDuration::default),
        toasts,
    };
    use_context_provider(|| live);
    // Effects run in browsers only.
    use_effect(move || {
        if let Some(user) = user {
            spawn(stream::follow(live, user));
        }
    });
    live
}

/// Makes a live state that stands still, for the components below.
#[cfg(any(feature = "gallery", test))]
pub fn use_still_live(link: Link) {
    let mut live = use_live_provider(None, crate::toasts::use_toasts());
    use_hook(|| live.link.set(link));
}

/// The live state that [`use_live_provider`] made.
pub fn use_live() -> Live {
    use_context::<Live>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::FileName;
    use gas_shared::job::StateView;

    /// A job that waits.
    pub(super) fn job(id: u128, version: u64, second: i64) -> JobView {
        JobView {
            id: format!("{id:032x}").parse().unwrap(),
            version,
            file_name: FileName::parse("a.vcf").unwrap(),
            size: None,
            submitted_at: Timestamp::from_second(second).unwrap(),
            uploaded_at: None,
            state: StateView::Pending,
        }
    }

    fn restored(version: u64, at: i64) -> JobView {
        let moment = |second| Timestamp::from_second(second).unwrap();
        let results = ResultsView::Stored { until: None, restored_at: Some(moment(at)) };
        let state = StateView::Completed {
            started_at: moment(1),
            completed_at: moment(2),
            records: 3,
            result_size: 4,
            results,
        };
        JobView { state, ..job(1, version, 0) }
    }

    #[test]
    fn a_restore_is_told_once_and_while_it_is_news() {
        let now = Timestamp::from_second(100).unwrap();
        assert!(is_back(&restored(7, 99), Some(&job(1, 6, 0)), now));
        assert!(is_back(&restored(7, 99), None, now));
        assert!(!is_back(&restored(8, 99), Some(&restored(7, 99)), now));
        assert!(!is_back(&restored(7, 40), None, now));
        assert!(!is_back(&job(1, 7, 0), None, now));
    }
}
