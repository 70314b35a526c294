use super::{
    ActionButton, CopyButton, DownloadResults, JobQueueNote, Page, RerunButton, StatusBadge, Tabs,
    UpgradeButton, use_account,
};
use crate::api::{self, use_doing};
use crate::app::Route;
use crate::clock::use_seconds_left;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::job::{ResultsView, StateView};
use gas_shared::{JobId, JobView, Plan};
use jiff::Timestamp;

/// The parts of a job's page, called as they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobTab {
    Overview,
    Results,
    Charts,
    Browser,
    Log,
}

impl JobTab {
    const ALL: [Self; 5] = [Self::Overview, Self::Results, Self::Charts, Self::Browser, Self::Log];

    const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Results => "Results",
            Self::Charts => "Charts",
            Self::Browser => "Browser",
            Self::Log => "Log",
        }
    }

    /// The page's heading and title.
    fn title(self, job: &JobView) -> String {
        let what = match self {
            Self::Overview => "Annotation",
            Self::Results => "Results",
            Self::Charts => "Charts",
            Self::Browser => "Genome browser",
            Self::Log => "Log",
        };
        format!("{what} of {}", job.file_name)
    }

    fn route(self, id: String) -> Route {
        match self {
            Self::Overview => Route::JobDetails { id },
            Self::Results => Route::Results { id, filter: String::new(), sort: String::new() },
            Self::Charts => Route::JobCharts { id },
            Self::Browser => Route::JobBrowser { id, locus: String::new() },
            Self::Log => Route::JobLog { id },
        }
    }
}

/// The head of a job's page: where it belongs, what it is, how it is, what to do next, and its
/// parts. It is the page's [`Page`], too: the heading is the job's.
#[component]
pub fn JobHeader(
    /// The job, as it is now.
    job: JobView,
    /// The part that is shown.
    tab: JobTab,
    children: Element,
) -> Element {
    let id = job.id.to_string();
    let tabs = JobTab::ALL.map(|tab| (tab.name(), tab.route(id.clone()))).to_vec();
    rsx! {
        nav { class: "crumbs", "aria-label": "Breadcrumb",
            Link { to: Route::annotations(), "Annotations" }
            span { "aria-current": "page", "{job.file_name}" }
        }
        Page { title: tab.title(&job), actions: rsx! { NextAction { job: job.clone(), tab } },
            p { class: "job-line",
                StatusBadge { status: job.state.status() }
                if job.state == StateView::Pending {
                    JobQueueNote { id: job.id }
                }
                span { class: "job-name",
                    code { class: "job-id", "{id}" }
                    CopyButton { text: id.clone(), label: "the request id" }
                }
            }
            Tabs { label: "Parts of this annotation", tabs, here: tab as usize }
            {children}
        }
    }
}

/// What the owner most likely wants to do with a job in its state.
#[component]
fn NextAction(job: JobView, tab: JobTab) -> Element {
    let is_free = use_account().is_none_or(|account| account.plan == Plan::Free);
    match job.state {
        StateView::Uploading | StateView::Pending | StateView::Running { .. } => {
            rsx! { CancelJob { id: job.id } }
        }
        StateView::Failed { .. } | StateView::Cancelled { .. } => {
            rsx! { RerunButton { id: job.id, main: true } }
        }
        // The overview has these beside what it says of the results.
        StateView::Completed { .. } if tab == JobTab::Overview => rsx! {},
        StateView::Completed { results: ResultsView::Stored { until, .. }, .. } => {
            rsx! { DownloadWhileOpen { id: job.id, until: until.filter(|_| is_free) } }
        }
        StateView::Completed { results: ResultsView::Archived { .. }, .. } if is_free => {
            rsx! { UpgradeButton { main: true } }
        }
        StateView::Completed { .. } => rsx! {},
    }
}

/// The download, and the upgrade once the time for it is over.
#[component]
fn DownloadWhileOpen(id: JobId, until: Option<Timestamp>) -> Element {
    if use_seconds_left(until) == Some(0) {
        rsx! { UpgradeButton { main: true } }
    } else {
        rsx! { DownloadResults { id } }
    }
}

#[component]
fn CancelJob(id: JobId) -> Element {
    let live = use_live();
    let cancel = use_doing();
    let start = move |()| {
        cancel.start(async move {
            live.learn(api::cancel_job(id).await?.read()?);
            Ok(())
        });
    };
    rsx! {
        ActionButton { doing: cancel, class: "button button-danger", label: "Cancel this job", onstart: start }
    }
}
