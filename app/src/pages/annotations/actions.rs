//! What is done with jobs from the list: the menu of one, the bar for many, and the question before.

use crate::api;
use crate::app::Route;
use crate::browser;
use crate::components::{
    Confirm, Icon, Menu, MenuItem, Shape, deletion_warning, sentence, use_toasts,
};
use crate::error::ApiError;
use crate::format;
use crate::live::{Live, use_live};
use dioxus::prelude::*;
use gas_shared::{JobId, JobStatus, JobView};
use std::collections::HashSet;
use std::time::Duration;

/// The id of the menu that all rows share.
pub const MENU: &str = "job-menu";

/// How many names are told one by one.
const MAX_LISTED_NAMES: usize = 5;

/// What is to be done with which jobs.
#[derive(Clone, PartialEq)]
pub struct PendingAction {
    kind: ActionKind,
    jobs: Vec<JobView>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ActionKind {
    /// It is not said yet.
    Menu,
    Cancel,
    Delete,
}

impl PendingAction {
    /// The menu of a job opens.
    pub fn menu(job: JobView) -> Self {
        Self { kind: ActionKind::Menu, jobs: vec![job] }
    }
}

impl ActionKind {
    const fn verb(self) -> &'static str {
        match self {
            Self::Menu | Self::Cancel => "Cancel",
            Self::Delete => "Delete",
        }
    }

    const fn past(self) -> &'static str {
        match self {
            Self::Menu | Self::Cancel => "cancelled",
            Self::Delete => "deleted",
        }
    }

    async fn apply(self, live: Live, id: JobId) -> Result<(), ApiError> {
        match self {
            Self::Menu => {}
            Self::Cancel => live.learn(api::cancel_job(id).await?.read()?),
            Self::Delete => {
                api::delete_job(id).await?;
                live.learn_gone(id);
            }
        }
        Ok(())
    }
}

/// What can be done with the selected jobs.
#[component]
pub fn BulkBar(
    /// The selected jobs of the page.
    chosen: Vec<JobView>,
    /// All jobs of the page.
    page: Vec<JobView>,
    /// All that are selected.
    selected: Signal<HashSet<JobId>>,
    /// Where it is said what to do.
    action: Signal<Option<PendingAction>>,
) -> Element {
    if chosen.is_empty() {
        return rsx! {};
    }
    let open: Vec<_> =
        chosen.iter().filter(|job| !job.state.status().is_final()).cloned().collect();
    let (count, to_delete) = (open.len(), chosen.clone());
    rsx! {
        div { class: "bulk", role: "group", "aria-label": "Selected annotations",
            strong { role: "status", {format::counted(chosen.len() as u64, "annotation")} " selected" }
            if count > 0 {
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| action.set(Some(PendingAction { kind: ActionKind::Cancel, jobs: open.clone() })),
                    "Cancel {count} unfinished"
                }
            }
            button {
                class: "button button-danger",
                r#type: "button",
                onclick: move |_| action.set(Some(PendingAction { kind: ActionKind::Delete, jobs: to_delete.clone() })),
                "Delete"
            }
            // Narrow tables have no head to select all by.
            if chosen.len() < page.len() {
                button {
                    class: "button button-quiet",
                    r#type: "button",
                    onclick: move |_| selected.write().extend(page.iter().map(|job| job.id)),
                    "Select all {page.len()}"
                }
            }
            button {
                class: "button button-quiet",
                r#type: "button",
                onclick: move |_| selected.write().clear(),
                "Select none"
            }
        }
    }
}

/// The menu of one job, and the question before anything is done.
#[component]
pub fn ActionDialog(
    action: Signal<Option<PendingAction>>,
    selected: Signal<HashSet<JobId>>,
) -> Element {
    let live = use_live();
    let toasts = use_toasts();
    let mut open = use_signal(|| false);
    let mut busy = use_signal(|| false);
    let mut failures = use_signal(Vec::<String>::new);
    use_effect(move || {
        if action.read().as_ref().is_some_and(|action| action.kind != ActionKind::Menu) {
            spawn(async move {
                // After the menu is closed and has given the focus back, to which the dialog will
                // give it back.
                browser::sleep(Duration::ZERO).await;
                open.set(true);
            });
        }
    });
    use_effect(move || {
        if !open() {
            failures.write().clear();
        }
    });
    let PendingAction { kind, jobs } =
        action().unwrap_or(PendingAction { kind: ActionKind::Menu, jobs: Vec::new() });
    let started = PendingAction { kind, jobs: jobs.clone() };
    let confirm = move |()| {
        let started = started.clone();
        busy.set(true);
        failures.write().clear();
        spawn(async move {
            let (mut left, mut why) = (Vec::new(), Vec::new());
            for job in &started.jobs {
                match kind.apply(live, job.id).await {
                    Ok(()) => _ = selected.write().remove(&job.id),
                    Err(error) => {
                        why.push(format!("{}: {}", job.file_name, sentence(&error.message)));
                        left.push(job.clone());
                    }
                }
            }
            let done = started.jobs.len() - left.len();
            if done > 0 {
                let what = format::counted(done as u64, "annotation");
                toasts.success(format!("{what} {}", kind.past()));
            }
            busy.set(false);
            // Who has closed the question, and perhaps asked another, is not disturbed in that.
            if !*open.peek() || action.peek().as_ref() != Some(&started) {
                why.into_iter().for_each(|failure| toasts.error(failure));
                return;
            }
            if left.is_empty() {
                open.set(false);
            }
            failures.set(why);
            let kind = if left.is_empty() { ActionKind::Menu } else { kind };
            action.set(Some(PendingAction { kind, jobs: left }));
        });
    };
    let loses_results = jobs.iter().any(|job| job.state.status() == JobStatus::Completed);
    rsx! {
        JobMenu { job: jobs.first().cloned(), action }
        Confirm {
            id: "act",
            title: format!("{} {}?", kind.verb(), format::counted(jobs.len() as u64, "annotation")),
            action: if busy() { "Please wait…" } else { kind.verb() },
            open,
            word: (kind == ActionKind::Delete && loses_results).then_some("delete"),
            busy: busy(),
            failures: failures(),
            onconfirm: confirm,
            ul { class: "names",
                for job in jobs.iter().take(MAX_LISTED_NAMES) {
                    li { key: "{job.id}", "{job.file_name}" }
                }
                if jobs.len() > MAX_LISTED_NAMES {
                    li { class: "muted", "and {jobs.len() - MAX_LISTED_NAMES} more" }
                }
            }
            p { {warning(kind, loses_results)} }
        }
    }
}

fn warning(kind: ActionKind, loses_results: bool) -> &'static str {
    match kind {
        ActionKind::Menu | ActionKind::Cancel => {
            "What was annotated so far is thrown away. The uploaded file stays until you delete it."
        }
        ActionKind::Delete => deletion_warning(loses_results),
    }
}

/// What can be done with one job.
#[component]
fn JobMenu(job: Option<JobView>, action: Signal<Option<PendingAction>>) -> Element {
    // The element is there from the beginning: the browser opens it before its content is made.
    let Some(job) = job else {
        return rsx! { Menu { id: MENU, label: "Actions" } };
    };
    let id = job.id.to_string();
    let status = job.state.status();
    let (to_cancel, to_delete) = (job.clone(), job.clone());
    rsx! {
        Menu { id: MENU, label: "Actions for {job.file_name}",
            Link { class: "menu-item", to: Route::JobDetails { id: id.clone() }, "Open" }
            if status == JobStatus::Completed {
                Link { class: "menu-item", to: Route::JobLog { id }, "View log" }
            }
            if !status.is_final() {
                MenuItem {
                    menu: MENU,
                    onchoose: move |()| action.set(Some(PendingAction { kind: ActionKind::Cancel, jobs: vec![to_cancel.clone()] })),
                    Icon { shape: Shape::Stopped }
                    "Cancel"
                }
            }
            MenuItem {
                menu: MENU,
                danger: true,
                onchoose: move |()| action.set(Some(PendingAction { kind: ActionKind::Delete, jobs: vec![to_delete.clone()] })),
                Icon { shape: Shape::Delete }
                "Delete"
            }
        }
    }
}
