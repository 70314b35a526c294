//! Actions on jobs of the list: the menu of a row, the bar for selected jobs, and the confirmation.

use crate::api;
use crate::app::Route;
use crate::browser;
use crate::components::{Confirm, Icon, IconName, Menu, MenuItem, deletion_warning, sentence};
use crate::deletions::use_deletions;
use crate::error::ApiError;
use crate::format;
use crate::live::{Live, use_live};
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::{JobId, JobStatus, JobView};
use std::collections::HashSet;
use std::time::Duration;

/// The id of the menu, which all rows share.
pub const MENU: &str = "job-menu";

/// The number of file names that the confirmation lists.
const MAX_LISTED_NAMES: usize = 5;

/// An action that the user has started and the jobs it applies to.
#[derive(Clone, PartialEq)]
pub struct PendingAction {
    kind: ActionKind,
    jobs: Vec<JobView>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ActionKind {
    /// The menu is open; no action is chosen yet.
    Menu,
    Cancel,
    Delete,
}

impl PendingAction {
    /// Opens the menu of a job.
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
            Self::Cancel => live.upsert(api::cancel_job(id).await?.read()?),
            Self::Delete => {
                api::delete_job(id).await?;
                live.remove(id);
            }
        }
        Ok(())
    }
}

/// The bar with the actions for the selected jobs.
#[component]
pub fn BulkBar(
    /// The selected jobs on this page.
    chosen: Vec<JobView>,
    /// All jobs on this page.
    page: Vec<JobView>,
    /// The ids of all selected jobs.
    selected: Signal<HashSet<JobId>>,
    /// Set to start an action.
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
            // Before the others, which are at the right end of the bar and stay there when it disappears.
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
            // On narrow screens the table has no header with the checkbox that selects all.
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
                "Clear selection"
            }
        }
    }
}

/// The menu of one job and the confirmation dialog.
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
    let deletions = use_deletions();
    use_effect(move || {
        let Some(PendingAction { kind, jobs }) = action() else { return };
        if kind == ActionKind::Menu {
            return;
        }
        spawn(async move {
            // Wait until the menu has closed and restored the focus, so that the dialog
            // restores it to the same element.
            browser::sleep(Duration::ZERO).await;
            match (kind, jobs.as_slice()) {
                // A single job needs no confirmation, because its deletion can be undone; unless it is what
                // is left of several, in the dialog that is open.
                (ActionKind::Delete, [job]) if !*open.peek() => {
                    deletions.start(job);
                    selected.write().remove(&job.id);
                    action.set(None);
                    browser::focus_content_if_lost().await;
                }
                _ => open.set(true),
            }
        });
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
            let (mut remaining, mut errors) = (Vec::new(), Vec::new());
            for job in &started.jobs {
                match kind.apply(live, job.id).await {
                    Ok(()) => _ = selected.write().remove(&job.id),
                    Err(error) => {
                        errors.push(format!("{}: {}", job.shown_name(), sentence(&error.message)));
                        remaining.push(job.clone());
                    }
                }
            }
            let done = started.jobs.len() - remaining.len();
            if done > 0 {
                let what = format::counted(done as u64, "annotation");
                toasts.success(format!("{what} {}", kind.past()));
            }
            busy.set(false);
            // If the user has closed the dialog or started another action, report errors as toasts.
            if !*open.peek() || action.peek().as_ref() != Some(&started) {
                errors.into_iter().for_each(|failure| toasts.error(failure));
                return;
            }
            if remaining.is_empty() {
                open.set(false);
            }
            failures.set(errors);
            let kind = if remaining.is_empty() { ActionKind::Menu } else { kind };
            action.set(Some(PendingAction { kind, jobs: remaining }));
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
            ul { class: "job-names",
                for job in jobs.iter().take(MAX_LISTED_NAMES) {
                    li { key: "{job.id}", "{job.shown_name()}" }
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
            "Unfinished annotations are discarded. The uploaded files stay until you delete them."
        }
        ActionKind::Delete => deletion_warning(loses_results),
    }
}

/// The menu with the actions for one job.
#[component]
fn JobMenu(job: Option<JobView>, action: Signal<Option<PendingAction>>) -> Element {
    // The element must exist before the first click: the browser opens it before its content
    // renders.
    let Some(job) = job else {
        return rsx! { Menu { id: MENU, label: "Actions" } };
    };
    let id = job.id.to_string();
    let status = job.state.status();
    let (to_cancel, to_delete) = (job.clone(), job.clone());
    rsx! {
        Menu { id: MENU, label: "Actions for {job.shown_name()}",
            Link { class: "menu-item", to: Route::JobDetails { id: id.clone() }, "Open" }
            if status == JobStatus::Completed {
                Link { class: "menu-item", to: Route::JobLog { id }, "View log" }
            }
            if !status.is_final() {
                MenuItem {
                    menu: MENU,
                    onchoose: move |()| action.set(Some(PendingAction { kind: ActionKind::Cancel, jobs: vec![to_cancel.clone()] })),
                    Icon { name: IconName::Stopped }
                    "Cancel"
                }
            }
            MenuItem {
                menu: MENU,
                danger: true,
                onchoose: move |()| action.set(Some(PendingAction { kind: ActionKind::Delete, jobs: vec![to_delete.clone()] })),
                Icon { name: IconName::Delete }
                "Delete"
            }
        }
    }
}
