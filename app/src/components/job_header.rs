//! The header of a job's pages, with its tabs and its main action.

use super::{
    ActionButton, CopyButton, DownloadResults, Icon, IconName, JobQueueNote, Page, RenameJob,
    RerunButton, StatusBadge, Tabs, UpgradeButton, urgency,
};
use crate::account::use_account;
use crate::api::{self, use_api_action};
use crate::app::Route;
use crate::clock::use_seconds_left;
use crate::format;
use crate::live::use_live;
use crate::page_modules::ShareDialog;
use dioxus::prelude::*;
use gas_shared::job::{FailureKind, ResultsView, StateView};
use gas_shared::{JobId, JobView, Plan};
use jiff::Timestamp;

/// The tabs of a job, named as they are shown.
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
        let part = match self {
            Self::Overview => "Annotation",
            Self::Results => "Results",
            Self::Charts => "Charts",
            Self::Browser => "Genome browser",
            Self::Log => "Log",
        };
        format!("{part} of {}", job.shown_name())
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

/// The header of a job's pages: breadcrumb, heading, status, main action and tabs. It includes the
/// [`Page`], since the heading names the job.
#[component]
pub fn JobHeader(
    /// The job in its current state.
    job: JobView,
    /// The open tab.
    tab: JobTab,
    children: Element,
) -> Element {
    let id = job.id.to_string();
    let is_completed = matches!(job.state, StateView::Completed { .. });
    let actions = rsx! {
        RenameJob { job: job.clone() }
        if is_completed {
            ShareButton { id: job.id }
        }
        NextAction { job: job.clone(), tab }
    };
    let tabs = JobTab::ALL.map(|tab| (tab.name(), tab.route(id.clone()))).to_vec();
    rsx! {
        div { class: "job-top",
            nav { class: "crumbs", "aria-label": "Breadcrumb",
                Link { to: Route::annotations(), "Annotations" }
                span { "aria-current": "page", "{job.shown_name()}" }
            }
            p { class: "job-line",
                StatusBadge { status: job.state.status(), warned: job.state.has_warnings() }
                if job.state == StateView::Pending {
                    JobQueueNote { id: job.id }
                }
                span { class: "job-name",
                    code { class: "job-id", "{id}" }
                    CopyButton { text: id.clone(), label: "the job id" }
                }
            }
        }
        Page { title: tab.title(&job), actions,
            Tabs { label: "Parts of this annotation", tabs, here: tab as usize }
            {children}
        }
    }
}

/// Opens the dialog with the share links of a result.
#[component]
fn ShareButton(id: JobId) -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        button {
            class: "button share-open",
            r#type: "button",
            "aria-haspopup": "dialog",
            onclick: move |_| open.set(true),
            Icon { name: IconName::Link }
            "Share"
        }
        ShareDialog { id, open }
    }
}

/// The main action for a job in its current state.
#[component]
fn NextAction(job: JobView, tab: JobTab) -> Element {
    let is_free = use_account().is_none_or(|account| account.plan == Plan::Free);
    match job.state {
        StateView::Uploading | StateView::Pending | StateView::Running { .. } => {
            rsx! { CancelJob { id: job.id } }
        }
        // The same file would fail in the same way.
        StateView::Failed { kind: FailureKind::Input, .. } => rsx! {
            Link { class: "button button-main", to: Route::Annotate {}, "Upload corrected file" }
        },
        StateView::Failed { .. } | StateView::Cancelled { .. }
            if job.input_deleted_at.is_none() =>
        {
            rsx! { RerunButton { id: job.id, main: true } }
        }
        // The overview shows these actions in its results panel.
        StateView::Completed { .. } if tab == JobTab::Overview => rsx! {},
        StateView::Completed { results, .. } => {
            let (until, is_archived) = match results {
                ResultsView::Stored { until, .. } => (until.filter(|_| is_free), false),
                ResultsView::Archived { .. } if is_free => (None, true),
                _ => return rsx! {},
            };
            rsx! { DownloadWhileOpen { id: job.id, until, is_archived } }
        }
        _ => rsx! {},
    }
}

/// Offers the download with the time left, or the upgrade once the download window is over. The button for it stays when the
/// results are archived, since the user may be about to click it.
#[component]
fn DownloadWhileOpen(
    id: JobId,
    until: Option<Timestamp>,
    /// Whether the results are archived.
    is_archived: bool,
) -> Element {
    let left = use_seconds_left(until);
    let over = match left {
        _ if is_archived => Some("Archived: the time on Free is over"),
        Some(0) => Some("The time on Free is over"),
        _ => None,
    };
    match over {
        Some(text) => rsx! { TimeIsOver { text } },
        None => rsx! {
            if let Some(left) = left {
                span {
                    class: "digits countdown-{urgency(left)}",
                    role: "timer",
                    "aria-label": "Time left to explore and download",
                    "{format::countdown(left)} left"
                }
            }
            DownloadResults { id }
        },
    }
}

/// Says why the results can no longer be opened, and offers the upgrade.
#[component]
fn TimeIsOver(text: &'static str) -> Element {
    rsx! {
        span { class: "muted", role: "status", {text} }
        UpgradeButton { main: true }
    }
}

#[component]
fn CancelJob(id: JobId) -> Element {
    let live = use_live();
    let cancel = use_api_action();
    let start = move |()| {
        cancel.start(async move {
            live.upsert(api::cancel_job(id).await?.read()?);
            Ok(())
        });
    };
    rsx! {
        ActionButton { doing: cancel, class: "button button-danger", label: "Cancel this job", onstart: start }
    }
}
