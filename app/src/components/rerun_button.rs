//! The buttons that run a job again, with the same or with other options.

use super::{ActionButton, ErrorNote, IconName, Modal, OptionsForm};
use crate::api::{self, ApiAction, use_api_action, use_api_resource};
use crate::app::Route;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::{JobId, JobOptions};

/// An action that annotates a job's file again as a new job, and opens that job.
fn use_rerun() -> (ApiAction, Callback<(JobId, Option<JobOptions>)>) {
    let live = use_live();
    let rerun = use_api_action();
    let start = use_callback(move |(id, options)| {
        rerun.start(async move {
            let job = api::rerun_job(id, options).await?.read()?;
            let new = Route::JobDetails { id: job.id.to_string() };
            live.upsert(job);
            navigator().push(new);
            Ok(())
        });
    });
    (rerun, start)
}

/// Annotates a job's file again.
#[component]
pub fn RerunButton(
    /// The job.
    id: JobId,
    /// Whether it is the page's main action.
    #[props(default)]
    main: bool,
    /// The label.
    #[props(default = "Run again".to_owned())]
    label: String,
    /// Other options than those of the job.
    #[props(default)]
    options: Option<JobOptions>,
) -> Element {
    let (rerun, start) = use_rerun();
    let class = if main { "button button-main" } else { "button" };
    rsx! {
        ActionButton {
            doing: rerun,
            class,
            label,
            icon: IconName::Running,
            onstart: move |()| start.call((id, options.clone())),
        }
    }
}

/// Annotates a job's file again with options that the user chooses in a dialog.
#[component]
pub fn RerunWithOptions(
    /// The job.
    id: JobId,
    /// Its options.
    options: JobOptions,
) -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        button { class: "button", r#type: "button", onclick: move |_| open.set(true), "Other options …" }
        Modal { id: "rerun-options", title: "Run again with other options", open,
            RerunForm { id, options, open }
        }
    }
}

/// The content of the dialog. A separate component, so that closing the dialog discards the changes.
#[component]
fn RerunForm(id: JobId, options: JobOptions, open: Signal<bool>) -> Element {
    let (rerun, start) = use_rerun();
    let mut chosen = use_signal(|| options);
    let references = use_api_resource(api::references);
    let references = match references.read() {
        None => return rsx! { p { class: "muted", "Loading the references …" } },
        Some(Err(error)) => return rsx! { ErrorNote { error } },
        Some(Ok(references)) => references,
    };
    // A job without a reference had the default one.
    let shown =
        JobOptions { reference: chosen().reference.or(references.default.clone()), ..chosen() };
    rsx! {
        form {
            onsubmit: move |event| {
                event.prevent_default();
                if !rerun.is_busy() {
                    start.call((id, Some(chosen())));
                }
            },
            OptionsForm { id: "rerun", options: shown, references, onchange: move |options| chosen.set(options) }
            div { class: "actions",
                button { class: "button", r#type: "button", onclick: move |_| open.set(false), "Go back" }
                button { class: "button button-main", r#type: "submit", disabled: rerun.is_busy(), "Run again" }
            }
        }
        if let Some(error) = rerun.error() {
            ErrorNote { error }
        }
    }
}
