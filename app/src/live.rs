//! What is live in the browser: one stream of events, and the newest state of every job it named.
//!
//! Pages fetch what they show and lay the live states over it ([`Live::newest`],
//! [`Live::newest_list`]). Whenever the stream is opened anew they fetch again, so that nothing
//! missed in between stays wrong.

use crate::components::Toasts;
use dioxus::prelude::*;
use gas_shared::job::{ResultsView, StateView};
use gas_shared::{JobId, JobView, LiveEvent, Plan};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// How the stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "web"), expect(dead_code, reason = "only browsers have a stream"))]
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

    /// The plan as [`Live::plan`] has it, for tasks: reading it here follows nothing.
    #[cfg(feature = "web")]
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

    /// A fetched list with live states laid over it. On the first page, jobs that belong there and
    /// were not fetched are put in.
    pub fn newest_list(self, fetched: &[JobView], first_page: bool) -> Vec<JobView> {
        merge(fetched, &self.jobs.read(), first_page)
    }

    /// Takes in a job's state from somewhere else than the stream.
    pub fn learn(mut self, job: JobView) {
        let newer = self.jobs.peek().get(&job.id).is_none_or(|known| known.version < job.version);
        if newer {
            self.jobs.write().insert(job.id, job);
        }
    }

    #[cfg_attr(not(feature = "web"), expect(dead_code, reason = "only browsers have a stream"))]
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
                let now = Timestamp::now() - *self.clock_ahead.peek();
                if is_back(&job, self.jobs.peek().get(&job.id), now) {
                    self.toasts.success(format!("Results of {} are back", job.file_name));
                }
                self.learn(*job);
            }
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

fn merge(fetched: &[JobView], live: &HashMap<JobId, JobView>, first_page: bool) -> Vec<JobView> {
    // The index that lists are read from lags behind, so a new job may be missing among older ones.
    let oldest_fetched = fetched.last().map(|job| job.submitted_at);
    let is_missing = |job: &&JobView| {
        first_page
            && oldest_fetched.is_none_or(|oldest| job.submitted_at >= oldest)
            && !fetched.iter().any(|known| known.id == job.id)
    };
    let mut merged: Vec<JobView> = live.values().filter(is_missing).cloned().collect();
    merged.extend(fetched.iter().map(|job| match live.get(&job.id) {
        Some(newer) if newer.version > job.version => newer.clone(),
        _ => job.clone(),
    }));
    merged.sort_by_key(|job| std::cmp::Reverse(job.submitted_at));
    merged
}

/// Makes the live state for the pages below, and keeps its stream open while somebody is signed
/// in.
pub fn use_live_provider(signed_in: bool, toasts: Toasts) -> Live {
    let live = Live {
        link: use_signal(Link::default),
        generation: use_signal(|| 0),
        jobs: use_signal(HashMap::new),
        plan: use_signal(|| None),
        clock_ahead: use_signal(SignedDuration::default),
        toasts,
    };
    use_context_provider(|| live);
    // Effects run in browsers only.
    use_effect(move || {
        if signed_in {
            #[cfg(feature = "web")]
            spawn(stream::follow(live));
        }
    });
    live
}

/// The live state that [`use_live_provider`] made.
pub fn use_live() -> Live {
    use_context::<Live>()
}

#[cfg(feature = "web")]
mod stream {
    use super::{Link, Live};
    use crate::api;
    use crate::error::ErrorCode;
    use dioxus::prelude::WritableExt;
    use gas_shared::LiveEvent;
    use std::time::Duration;

    const FIRST_PAUSE: Duration = Duration::from_secs(1);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);

    /// Keeps the stream open until the session ends.
    pub(super) async fn follow(mut live: Live) {
        let mut pause = FIRST_PAUSE;
        loop {
            match api::live_events().await {
                Ok(mut events) => {
                    let mut ended = false;
                    while let Some(event) = events.recv().await {
                        let Ok(event) = event else { break };
                        pause = FIRST_PAUSE;
                        ended = event == LiveEvent::Ending;
                        let may_have_missed =
                            matches!(event, LiveEvent::Connected { .. } | LiveEvent::Resync);
                        live.take(event);
                        if may_have_missed {
                            refresh_plan(live).await;
                        }
                    }
                    if ended {
                        // The server ends streams now and then to check the session anew. The
                        // pause keeps a server that ends them at once from being hammered.
                        gloo_timers::future::sleep(FIRST_PAUSE).await;
                        continue;
                    }
                }
                Err(error) if error.code == ErrorCode::SignInRequired => {
                    live.link.set(Link::SignedOut);
                    return;
                }
                Err(_) => {}
            }
            live.link.set(Link::Reconnecting);
            // Jitter keeps a thousand browsers from coming back in the same instant.
            gloo_timers::future::sleep(pause.mul_f64(0.5 + js_sys::Math::random())).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Learns the plan as it is now. Events wait meanwhile, so that a newer one is not overwritten.
    async fn refresh_plan(live: Live) {
        // Without an answer the plan stays as it was; the next stream asks again.
        if let Ok(Some(account)) = api::current_account().await {
            live.learn_plan(account.plan);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::FileName;
    use gas_shared::job::StateView;

    fn job(id: u128, version: u64, second: i64) -> JobView {
        JobView {
            id: format!("{id:032x}").parse().unwrap(),
            version,
            file_name: FileName::parse("a.vcf").unwrap(),
            size: None,
            submitted_at: Timestamp::from_second(second).unwrap(),
            state: StateView::Pending,
        }
    }

    fn live(jobs: &[JobView]) -> HashMap<JobId, JobView> {
        jobs.iter().map(|job| (job.id, job.clone())).collect()
    }

    #[test]
    fn only_newer_states_replace_fetched_ones() {
        let fetched = [job(1, 5, 10), job(2, 5, 9)];
        let merged = merge(&fetched, &live(&[job(1, 4, 10), job(2, 6, 9)]), true);
        assert_eq!(merged, [job(1, 5, 10), job(2, 6, 9)]);
    }

    #[test]
    fn missing_jobs_are_put_into_the_first_page_only() {
        let fetched = [job(1, 1, 10), job(5, 1, 7)];
        let known = live(&[job(2, 1, 11), job(3, 1, 8), job(4, 1, 5)]);
        let merged = merge(&fetched, &known, true);
        assert_eq!(merged, [job(2, 1, 11), job(1, 1, 10), job(3, 1, 8), job(5, 1, 7)]);
        assert_eq!(merge(&fetched, &known, false), fetched);
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

    #[test]
    fn the_first_job_of_all_appears_in_an_empty_list() {
        assert_eq!(merge(&[], &live(&[job(1, 1, 10)]), true), [job(1, 1, 10)]);
    }
}
