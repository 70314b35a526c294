//! The pages of a job: a common header and one page per tab.

mod announcements;
mod browser;
mod charts;
mod genome_click;
mod log;
mod organization;
mod overview;
mod timeline;

pub use browser::{Browser, JobBrowser};
pub use charts::{Charts, JobCharts};
pub use log::JobLog;
pub use overview::JobDetails;

use super::{commit_status, parse_id};
use crate::api::{self, ApiResult, RawJson, use_keyed_api_loader};
use crate::app::Route;
use crate::components::{
    Empty, ErrorNote, JobHeader, JobTab, Page, Picture, ReferenceBanner, Skeleton,
};
use crate::live::use_live;
use announcements::use_state_announcements;
use dioxus::prelude::*;
use gas_shared::{JobStatus, JobView};

/// The current job with its live updates, provided to the tabs.
#[derive(Clone, Copy)]
struct CurrentJob(Memo<ApiResult<JobView>>);

/// The layout of a job's pages. It loads the job once, and its header stays while the user switches
/// tabs.
#[component]
pub fn JobLayout() -> Element {
    let live = use_live();
    let here = use_route::<Route>();
    let (id, tab) = here.job().unwrap_or(("", JobTab::Overview));
    let id = id.to_owned();
    let id = use_memo(use_reactive!(|id| id));
    let loaded = use_keyed_api_loader(move || {
        live.refetch_on_reconnect();
        live.refetch_on_deletions();
        let id = id();
        (id.clone(), async move { fetch(&id).await })
    })?;
    let job = use_memo(move || loaded.read().map(|job| live.newest(job)));
    use_context_provider(|| CurrentJob(job));
    let job = job();
    use_state_announcements(job.as_ref().ok());
    match job {
        Ok(job) => rsx! {
            JobHeader { job, tab,
                // The table of results needs the height. Hidden and not left out: a banner that is loaded again moves the content
                // of the next tab, perhaps while the user clicks there.
                div { hidden: tab == JobTab::Results, ReferenceBanner {} }
                SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Outlet::<Route> {} }
            }
        },
        Err(error) => {
            commit_status(&error);
            rsx! {
                Page { title: "Annotation", ErrorNote { error } }
            }
        }
    }
}

async fn fetch(id: &str) -> ApiResult<RawJson<JobView>> {
    api::job(parse_id(id)?).await
}

/// The job that [`JobLayout`] shows. `None` only briefly, after the job is deleted.
pub fn use_job() -> Option<JobView> {
    use_context::<CurrentJob>().0().ok()
}

/// What the tabs of a result show while the job has none, or if it never gets one.
#[component]
pub fn NoResult(
    /// The status of the job.
    status: JobStatus,
    /// What the tab shows, with its verb, as in "Charts are".
    what: &'static str,
) -> Element {
    rsx! {
        Empty { picture: Picture::NoChart,
            p { {no_result(status, what)} }
        }
    }
}

fn no_result(status: JobStatus, what: &str) -> String {
    match status {
        JobStatus::Failed => {
            "This annotation failed and has no results. Its overview says why and what to do."
                .to_owned()
        }
        JobStatus::Cancelled => "This annotation was cancelled and has no results.".to_owned(),
        _ => format!("{what} available once the annotation is completed."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_job_that_may_still_be_completed_promises_results() {
        assert_eq!(
            no_result(JobStatus::Running, "Charts are"),
            "Charts are available once the annotation is completed."
        );
        for ended in [JobStatus::Failed, JobStatus::Cancelled] {
            assert!(no_result(ended, "Charts are").contains("has no results"), "{ended}");
        }
    }
}
