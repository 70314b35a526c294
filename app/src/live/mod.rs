//! The live state of a browser tab: the stream of events, and the newest state of every job in it.
//!
//! Pages fetch what they show and overlay the live states ([`Live::newest`], [`Live::newest_list`]).
//! Whenever the stream is reopened they fetch again, so that events missed in between do not leave
//! stale states. A browser has one stream, regardless of how many tabs show GAS.

mod ending;
mod list;
mod premium;
mod stream;

pub use list::ListedJob;
pub use premium::wait_for_premium;

use crate::announcer::Announcer;
use crate::app::Route;
use crate::browser;
use crate::toasts::{ToastAction, Toasts};
use dioxus::prelude::*;
use ending::JobEnding;
use gas_shared::job::{JobListEntry, ListQuery, ResultsView, StateView};
use gas_shared::{JobId, JobView, LiveEvent, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Changes within this time of each other count as one.
const CHANGE_WINDOW: Duration = Duration::from_millis(800);

/// The state of the stream of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamState {
    /// It is being opened for the first time.
    #[default]
    Connecting,
    /// It is open.
    Live,
    /// It was lost and is being reopened.
    Reconnecting,
    /// The session has ended.
    SignedOut,
}

/// The live state of this browser tab.
#[derive(Clone, Copy, PartialEq)]
pub struct Live {
    stream: Signal<StreamState>,
    generation: Signal<u64>,
    jobs: Signal<HashMap<JobId, JobView>>,
    deleted: Signal<HashSet<JobId>>,
    /// The jobs whose deletion can still be undone. Lists do not show them.
    hidden: Signal<HashSet<JobId>>,
    changes: Signal<u64>,
    reference_changes: Signal<u64>,
    is_change_due: Signal<bool>,
    plan: Signal<Option<Plan>>,
    /// The banner since the page was loaded; `None` if it has not changed.
    banner: Signal<Option<Option<String>>>,
    clock_ahead: Signal<SignedDuration>,
    toasts: Toasts,
    announcer: Announcer,
}

impl Live {
    /// The plan that the server reported since the page was loaded. `None` if it has not changed.
    pub fn plan(self) -> Option<Plan> {
        *self.plan.read()
    }

    /// The banner that the server reported since the page was loaded. `None` if it has not changed.
    pub fn banner(self) -> Option<Option<String>> {
        self.banner.read().clone()
    }

    /// Sets the banner from a source other than the stream.
    fn set_banner(mut self, banner: Option<String>) {
        if self.banner.peek().as_ref() != Some(&banner) {
            self.banner.set(Some(banner));
        }
    }

    /// How far this browser's clock is ahead of the server's.
    pub fn clock_ahead(self) -> SignedDuration {
        *self.clock_ahead.read()
    }

    /// The server's time, without subscribing to changes of the clock's offset.
    pub fn now(self) -> Timestamp {
        Timestamp::now() - *self.clock_ahead.peek()
    }

    /// The same as [`Live::plan`], without subscribing to changes.
    pub fn latest_plan(self) -> Option<Plan> {
        *self.plan.peek()
    }

    /// Sets the plan from a source other than the stream.
    pub fn set_plan(mut self, plan: Plan) {
        if *self.plan.peek() != Some(plan) {
            self.plan.set(Some(plan));
        }
    }

    /// The state of the stream.
    pub fn stream_state(self) -> StreamState {
        *self.stream.read()
    }

    /// Makes the calling loader fetch again whenever events may have been missed.
    pub fn refetch_on_reconnect(self) {
        self.generation.read();
    }

    /// Makes the calling loader fetch again when jobs are added, deleted or change their state. Changes
    /// in quick succession count as one.
    pub fn refetch_on_changes(self) {
        self.changes.read();
    }

    /// Makes the loaders that follow changes fetch again after a moment.
    pub fn refetch_soon(self) {
        self.note_change();
    }

    /// Makes the calling loader fetch again when a private reference was added, changed or deleted.
    pub fn refetch_on_reference_changes(self) {
        self.reference_changes.read();
    }

    /// Makes the calling loader fetch again when a job is deleted.
    pub fn refetch_on_deletions(self) {
        self.deleted.read();
    }

    /// The newer of a fetched job and its live state.
    pub fn newest(self, fetched: JobView) -> JobView {
        let jobs = self.jobs.read();
        match jobs.get(&fetched.id) {
            Some(live) if live.version > fetched.version => live.clone(),
            _ => fetched,
        }
    }

    /// The jobs to show for a query. See [`list::merge`].
    pub fn newest_list(self, fetched: &[JobView], query: &ListQuery) -> Vec<ListedJob> {
        let (deleted, hidden) = (self.deleted.read(), self.hidden.read());
        let gone = deleted.union(&hidden).copied().collect();
        list::merge(fetched, &self.jobs.read(), &gone, query)
    }

    /// The number of jobs that lists do not show although they are not deleted yet.
    pub fn hidden_jobs(self) -> u64 {
        self.hidden.read().len() as u64
    }

    /// Hides a job from lists.
    pub fn hide(mut self, id: JobId) {
        self.hidden.write().insert(id);
    }

    /// Shows a job in lists again.
    pub fn unhide(mut self, id: JobId) {
        self.hidden.write().remove(&id);
    }

    /// Inserts or updates a job. An older version than the known one is ignored.
    pub fn upsert(mut self, job: JobView) {
        let known = self.jobs.peek().get(&job.id).map(JobListEntry::from);
        if self.deleted.peek().contains(&job.id)
            || known.as_ref().is_some_and(|known| known.version >= job.version)
        {
            return;
        }
        let entry = JobListEntry::from(&job);
        self.jobs.write().insert(job.id, job);
        if known.is_none_or(|known| !is_listed_alike(&known, &entry)) {
            self.note_change();
        }
    }

    /// Removes a deleted job.
    pub fn remove(mut self, id: JobId) {
        // A job that is deleted is not hidden any more; writing a set notifies the lists.
        if self.hidden.peek().contains(&id) {
            self.hidden.write().remove(&id);
        }
        if self.deleted.write().insert(id) {
            self.jobs.write().remove(&id);
            self.note_change();
        }
    }

    /// Tells the user that a job has ended: with a toast, or, if the page shows the end, to screen readers only.
    fn announce(self, job: &JobView, ending: JobEnding) {
        let page = Route::JobDetails { id: job.id.to_string() };
        let text = ending.text(job);
        if browser::is_in_background() {
            let clicked = browser::notify(&text, &job.id.to_string());
            let page = page.clone();
            spawn(async move {
                if clicked.await {
                    navigator().push(page);
                }
            });
        }
        let here = router().current::<Route>();
        let is_shown = match here.job() {
            Some((id, _)) => id == job.id.to_string(),
            None => matches!(here, Route::Annotations { .. } | Route::Annotate {}),
        };
        if is_shown {
            self.announcer.say(text);
        } else {
            self.toasts.with_action(ending.tone(), text, ToastAction::Open(page));
        }
    }

    fn note_change(mut self) {
        if *self.is_change_due.peek() {
            return;
        }
        self.is_change_due.set(true);
        // The task does not belong to the component that made the change, which may be removed
        // before the task ends.
        dioxus::core::spawn_forever(async move {
            browser::sleep(CHANGE_WINDOW).await;
            self.is_change_due.set(false);
            self.changes += 1;
        });
    }

    /// Takes over the state of the leading tab's stream.
    fn follow_leader(mut self, state: StreamState, clock_ahead: SignedDuration) {
        let was = *self.stream.peek();
        self.stream.set(state);
        if state == StreamState::Live && was != StreamState::Live {
            self.clock_ahead.set(clock_ahead);
            self.generation += 1;
        }
    }

    /// Handles an event of the stream.
    fn handle(mut self, event: LiveEvent) {
        match event {
            LiveEvent::Connected { now } => {
                self.stream.set(StreamState::Live);
                self.clock_ahead.set(Timestamp::now().duration_since(now));
                self.generation += 1;
            }
            LiveEvent::Resumed { now } => {
                self.stream.set(StreamState::Live);
                self.clock_ahead.set(Timestamp::now().duration_since(now));
            }
            LiveEvent::Plan(plan) => self.set_plan(plan),
            LiveEvent::Banner(banner) => self.set_banner(banner),
            LiveEvent::References => self.reference_changes += 1,
            LiveEvent::Resync => self.generation += 1,
            LiveEvent::Job(job) => {
                if is_just_restored(&job, self.jobs.peek().get(&job.id), self.now()) {
                    self.toasts
                        .success(format!("Results of {} are available again", job.shown_name()));
                }
                let ending = {
                    let jobs = self.jobs.peek();
                    JobEnding::of(&job, jobs.get(&job.id), self.now())
                };
                if let Some(ending) = ending {
                    self.announce(&job, ending);
                }
                self.upsert(*job);
            }
            LiveEvent::Deleted(id) => self.remove(id),
            LiveEvent::Ending => {}
        }
    }
}

/// Whether a list counts and names two versions of a job in the same way.
fn is_listed_alike(a: &JobListEntry, b: &JobListEntry) -> bool {
    let facts =
        |job: &JobListEntry| (job.status, job.location, job.title.clone(), job.project.clone());
    facts(a) == facts(b) && a.labels == b.labels
}

/// How long after a restore, or after the end of a job, a toast may announce it.
const ANNOUNCEMENT_WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Whether this version of a job is the first one after a restore of its results. Later versions
/// contain the time of the restore as well.
fn is_just_restored(job: &JobView, known: Option<&JobView>, now: Timestamp) -> bool {
    match restored_at(job) {
        Some(at) => {
            now.duration_since(at) < ANNOUNCEMENT_WINDOW && known.and_then(restored_at) != Some(at)
        }
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

/// Provides the live state to the components below and keeps it live while a user is signed in.
pub fn use_live_provider(user: Option<UserId>, toasts: Toasts, announcer: Announcer) -> Live {
    let live = Live {
        stream: use_signal(StreamState::default),
        generation: use_signal(|| 0),
        jobs: use_signal(HashMap::new),
        deleted: use_signal(HashSet::new),
        hidden: use_signal(HashSet::new),
        changes: use_signal(|| 0),
        reference_changes: use_signal(|| 0),
        is_change_due: use_signal(|| false),
        plan: use_signal(|| None),
        banner: use_signal(|| None),
        clock_ahead: use_signal(SignedDuration::default),
        toasts,
        announcer,
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

/// Provides a live state that does not change to the components below.
#[cfg(any(feature = "gallery", test))]
pub fn use_fixed_live(state: StreamState) {
    let announcer = crate::announcer::use_announcer();
    let mut live = use_live_provider(None, crate::toasts::use_toasts(), announcer);
    use_hook(|| live.stream.set(state));
}

/// The live state provided by [`use_live_provider`].
pub fn use_live() -> Live {
    use_context::<Live>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::FileName;
    use gas_shared::job::{Organization, StateView, StoredOptions};

    /// A pending job.
    pub(super) fn job(id: u128, version: u64, second: i64) -> JobView {
        JobView {
            id: format!("{id:032x}").parse().unwrap(),
            version,
            file_name: FileName::parse("a.vcf").unwrap(),
            size: None,
            submitted_at: Timestamp::from_second(second).unwrap(),
            uploaded_at: None,
            input_deleted_at: None,
            options: StoredOptions::default(),
            organization: Organization::default(),
            copied: None,
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
            not_annotated: None,
            provenance: None,
            result_size: 4,
            results,
        };
        JobView { state, ..job(1, version, 0) }
    }

    #[test]
    fn a_restore_is_announced_once_and_only_while_it_is_recent() {
        let now = Timestamp::from_second(100).unwrap();
        assert!(is_just_restored(&restored(7, 99), Some(&job(1, 6, 0)), now));
        assert!(is_just_restored(&restored(7, 99), None, now));
        assert!(!is_just_restored(&restored(8, 99), Some(&restored(7, 99)), now));
        assert!(!is_just_restored(&restored(7, 40), None, now));
        assert!(!is_just_restored(&job(1, 7, 0), None, now));
    }
}
