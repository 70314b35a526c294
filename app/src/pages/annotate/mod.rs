//! The page that submits files: a queue of them, each on its own way to a job.

mod card;
mod found;
mod pace;
mod paste;
mod queue;
#[cfg(any(feature = "web", test))]
mod refusal;
mod samples;
mod state;

#[cfg(feature = "web")]
pub use found::Found;
pub use queue::use_uploads_provider;
#[cfg(feature = "web")]
pub use queue::{Card, Uploads};
#[cfg(feature = "web")]
pub use refusal::{Refusal, fresh_job, is_passing, pause_secs, refusal};
#[cfg(feature = "web")]
pub use state::{End, Event, State};

use crate::api::{self, use_answer};
use crate::app::Route;
use crate::components::{ErrorNote, FileDrop, Page, use_account};
use crate::error::{ApiError, ErrorCode};
use crate::format;
use card::UploadCard;
use dioxus::prelude::*;
use gas_shared::Plan;
use paste::PasteText;
use queue::{MAX_FILES, use_uploads};
use samples::Samples;

/// The page.
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

#[component]
fn Submit(plan: Plan) -> Element {
    let uploads = use_uploads();
    let add = use_callback(move |files| uploads.add(plan, files));
    let is_full = use_memo(move || uploads.cards().len() >= MAX_FILES);
    use_way_to_the_only_job();
    let limit = format::bytes(plan.max_upload_bytes());
    rsx! {
        FileDrop {
            id: "vcf-file",
            accept: ".vcf,.gz,.bgz",
            label: "Choose VCF files",
            invitation: "Drop up to {MAX_FILES} VCF files to annotate them",
            hint: "or drop them anywhere on this page: up to {MAX_FILES} files of .vcf, .vcf.gz or \
                   .vcf.bgz, VCF 3.3 to 4.5, each up to {limit} on {plan}",
            onfiles: add,
            PasteText { onfile: add, is_full: is_full() }
            Samples { plan, onfile: add }
        }
        Privacy { plan }
        Queue { plan }
    }
}

/// A single file that was sent while somebody looked leads to its job's page; several are watched
/// here, and one that was sent before only stands here.
fn use_way_to_the_only_job() {
    let uploads = use_uploads();
    let navigator = use_navigator();
    let mut watched = use_signal(|| None::<u32>);
    use_effect(move || match uploads.cards().as_slice() {
        [queue::Card { id, state: state::State::Submitted(job), .. }] => {
            if *watched.peek() == Some(*id) {
                uploads.remove_submitted();
                navigator.push(Route::JobDetails { id: job.id.to_string() });
            }
        }
        [only] => watched.set(Some(only.id)),
        _ => watched.set(None),
    });
}

/// What becomes of the files, as this deployment has it.
#[component]
fn Privacy(plan: Plan) -> Element {
    let settings = use_answer(api::upload_terms)?.read();
    // Without an answer nothing is promised.
    let Ok(settings) = settings else { return rsx! {} };
    let window = format::span(settings.free_window_secs.into());
    rsx! {
        p { class: "muted privacy",
            "Files are stored encrypted in {settings.region}, and only you can read them. "
            match plan {
                Plan::Free => format!(
                    "On Free, results are archived {window} after they are ready; Premium keeps them at hand.",
                ),
                Plan::Premium => "On Premium, results stay at hand.".to_owned(),
            }
            " You can delete them at any time."
        }
    }
}

#[component]
fn Queue(plan: Plan) -> Element {
    let uploads = use_uploads();
    let cards = uploads.cards();
    let submitted = cards.iter().filter(|card| card.state.name() == "submitted").count();
    let notice = uploads.notice();
    rsx! {
        // It is there when it is empty, too, so that screen readers watch it.
        div { role: "status", class: "upload-status",
            if let Some(notice) = notice {
                p { class: "note note-warn", "{notice}" }
            }
            if submitted > 0 {
                p { class: "muted", "{submitted} of {cards.len()} submitted." }
            }
        }
        if !cards.is_empty() {
            ul { class: "uploads", "aria-label": "Files to annotate",
                for card in cards {
                    UploadCard { key: "{card.id}", card, plan }
                }
            }
        }
        if submitted > 0 {
            p { class: "actions",
                Link { class: "button", to: Route::annotations(), "All annotations" }
                button {
                    class: "button button-quiet",
                    r#type: "button",
                    onclick: move |_| uploads.remove_submitted(),
                    "Clear submitted"
                }
            }
        }
    }
}
