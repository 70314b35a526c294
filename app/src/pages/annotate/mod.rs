//! The page that submits files. It renders the [upload queue](crate::upload).

mod card;
mod from_url;
mod options;
mod paste;
mod samples;

use crate::account::{use_account, use_sells_premium};
use crate::api::{self, use_api_loader};
use crate::app::Route;
use crate::components::{ErrorNote, FileDrop, HelpLink, Page, PartialReferences};
use crate::error::{ApiError, ErrorCode};
use crate::format;
use crate::help_topic::HelpTopic;
use crate::upload::{MAX_FILES, QueuedFile, UploadState, use_upload_queue};
use card::UploadCard;
use dioxus::prelude::*;
pub use from_url::FileAtUrl;
use from_url::FromUrl;
use gas_shared::Plan;
use options::SubmissionOptions;
use paste::PasteText;
use samples::Samples;

/// The page "New annotation".
#[component]
pub fn Annotate() -> Element {
    let Some(account) = use_account() else {
        let error = ApiError::new(ErrorCode::SignInRequired, "sign in to annotate a file");
        super::commit_status(&error);
        return rsx! {
            Page { title: "New annotation", ErrorNote { error } }
        };
    };
    rsx! {
        Page { title: "New annotation", Submit { plan: account.plan } }
    }
}

/// The ways to choose files, and the queue.
#[component]
fn Submit(plan: Plan) -> Element {
    let queue = use_upload_queue();
    let add = use_callback(move |files| queue.add(plan, files));
    let is_full = use_memo(move || queue.files().len() >= MAX_FILES);
    use_redirect_to_only_job();
    let references = use_api_loader(api::references)?;
    let remembered = use_api_loader(api::default_options)?;
    let mut is_ready = use_signal(|| false);
    use_effect(move || {
        // If they cannot be loaded, the service decides about the reference.
        let references = references.read().unwrap_or_default();
        let remembered = remembered.read().unwrap_or_default();
        queue.edit_submission(|submission| {
            submission.references = references;
            submission.remember(remembered);
        });
        is_ready.set(true);
    });
    // Files that were dropped here or on another page.
    use_effect(move || {
        if is_ready() {
            let dropped = queue.take_held();
            if !dropped.is_empty() {
                add.call(dropped);
            }
        }
    });
    let sells_premium = use_sells_premium();
    let limit = format::limit(plan.max_upload_bytes());
    let limit = if sells_premium { format!("{limit} on {plan}") } else { limit };
    rsx! {
        PartialReferences { references: references.read().unwrap_or_default() }
        FileDrop {
            id: "vcf-file",
            accept: ".vcf,.gz,.bgz,.bcf,.txt",
            label: "Choose VCF files",
            hint: "or drop them anywhere: up to {MAX_FILES} files of .vcf, .vcf.gz, \
                   .vcf.bgz or .bcf (VCF 3.3 to 4.5), or .txt with one variant per line, each up to {limit}",
            onfiles: add,
            PasteText { onfile: add, is_full: is_full() }
            FromUrl {}
            Samples { plan, onfile: add }
            HelpLink { topic: HelpTopic::Inputs, label: "Files, notations and limits" }
        }
        SubmissionOptions {}
        Queue { plan }
        // It loads after the rest is shown, which would be hidden meanwhile.
        SuspenseBoundary { fallback: |_| rsx! {}, Privacy { plan } }
    }
}

/// Opens the job's page when the only file of the queue is submitted while the page is open. The jobs
/// of several files, and of a file submitted before, are shown here.
fn use_redirect_to_only_job() {
    let queue = use_upload_queue();
    let navigator = use_navigator();
    let mut watched = use_signal(|| None::<u32>);
    use_effect(move || match queue.files().as_slice() {
        [QueuedFile { id, state: UploadState::Submitted(job), .. }] => {
            if *watched.peek() == Some(*id) {
                queue.remove_submitted();
                navigator.push(Route::JobDetails { id: job.id.to_string() });
            }
        }
        [only] => watched.set(Some(only.id)),
        _ => watched.set(None),
    });
}

/// Where and how long this deployment stores files.
#[component]
fn Privacy(plan: Plan) -> Element {
    let sells_premium = use_sells_premium();
    let settings = use_api_loader(api::upload_settings)?.read();
    // If the settings cannot be loaded, the page promises nothing.
    let Ok(settings) = settings else { return rsx! {} };
    let window = format::span(settings.free_window_secs.into());
    rsx! {
        p { class: "muted privacy",
            "Files are stored encrypted in {settings.region}, and only you can read them. "
            match plan {
                Plan::Free => format!(
                    "On Free, results are archived {window} after they are ready; Premium keeps them available.",
                ),
                Plan::Premium if sells_premium => "On Premium, results stay available.".to_owned(),
                Plan::Premium => "Results stay available.".to_owned(),
            }
            " You can delete them at any time."
        }
    }
}

/// The files of the queue, with a notice about those that did not fit.
#[component]
fn Queue(plan: Plan) -> Element {
    let queue = use_upload_queue();
    let files = queue.files();
    let is_submitted = |file: &&QueuedFile| matches!(file.state, UploadState::Submitted(_));
    let submitted = files.iter().filter(is_submitted).count();
    let notice = queue.notice();
    let reviewed = queue.reviewed();
    rsx! {
        // Rendered even when empty, so that screen readers watch it.
        div { role: "status", class: "upload-status",
            if let Some(notice) = notice {
                p { class: "note note-warn", "{notice}" }
            }
            // A single file is followed to its job's page.
            if submitted > 0 && files.len() > 1 {
                p { class: "muted", "{submitted} of {files.len()} submitted." }
            }
        }
        if !files.is_empty() {
            ul { class: "uploads", "aria-label": "Files to annotate",
                for file in files {
                    UploadCard { key: "{file.id}", file, plan }
                }
            }
        }
        if reviewed.len() > 1 {
            p { class: "actions",
                button {
                    class: "button button-main",
                    r#type: "button",
                    onclick: move |_| reviewed.iter().for_each(|id| queue.submit(*id)),
                    "Annotate all {reviewed.len()} files"
                }
            }
        }
        if submitted > 0 {
            p { class: "actions",
                Link { class: "button", to: Route::annotations(), "All annotations" }
                button {
                    class: "button button-quiet",
                    r#type: "button",
                    onclick: move |_| queue.remove_submitted(),
                    "Clear submitted"
                }
            }
        }
    }
}
