//! The user's own references.

use super::form::NewReferenceForm;
use crate::api::{self, use_api_action};
use crate::components::{Confirm, LocalTime, ScrollTable, UpgradeButton, failures};
use crate::format;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::private_reference::{PrivateReferenceList, PrivateReferenceView, PrivateStateView};
use gas_shared::reference::ReferenceId;

/// The panel with the user's own references and the form that adds one.
#[component]
pub fn OwnReferences(
    list: PrivateReferenceList,
    /// Called after a change.
    onchange: EventHandler<()>,
) -> Element {
    let open = use_signal(|| false);
    let chosen = use_signal(|| None::<ReferenceId>);
    let limits = format!(
        "{} of {} references, {} of {}",
        list.references.len(),
        list.max_count,
        format::bytes(list.bytes),
        format::limit(list.max_bytes),
    );
    rsx! {
        section { class: "panel", "aria-labelledby": "own-references",
            h2 { id: "own-references", "Your references" }
            p { class: "muted",
                "Upload a genome and its genes, and annotate your files with them. Only you can see and use \
                 your references. The uploaded files are deleted once the reference is built."
            }
            if !list.is_offered {
                p { "This service does not offer references of your own." }
            } else {
                if !list.is_usable {
                    PremiumNote { list: list.clone() }
                }
                if list.references.is_empty() {
                    p { "You have no references." }
                } else {
                    Table { references: list.references.clone(), open, chosen }
                }
                if list.is_usable {
                    p { class: "muted", "{limits}" }
                    NewReferenceForm { onchange }
                }
            }
        }
        DeleteDialog { id: chosen(), open, onchange }
    }
}

/// Why references cannot be added or used, and what happens to those that there are.
#[component]
fn PremiumNote(list: PrivateReferenceList) -> Element {
    rsx! {
        div { class: "note note-warn",
            p {
                "References of your own need the Premium plan."
                if let Some(at) = list.deleted_at {
                    " Yours are kept for {list.keep_days} days after the end of Premium, and deleted on "
                    LocalTime { at }
                    "."
                }
            }
            UpgradeButton { main: true }
        }
    }
}

#[component]
fn Table(
    references: Vec<PrivateReferenceView>,
    open: Signal<bool>,
    chosen: Signal<Option<ReferenceId>>,
) -> Element {
    rsx! {
        ScrollTable {
            label: "Your references",
            caption: "Your references, by assembly and name",
            columns: ["Reference", "State", "Content"].map(str::to_owned).to_vec(),
            has_actions: true,
            for reference in references {
                Row {
                    key: "{reference.id}",
                    reference: reference.clone(),
                    ondelete: move |()| {
                        chosen.set(Some(reference.id.clone()));
                        open.set(true);
                    },
                }
            }
        }
    }
}

#[component]
fn Row(reference: PrivateReferenceView, ondelete: EventHandler<()>) -> Element {
    let (class, state) = badge(&reference.state);
    let is_deleting = reference.state == PrivateStateView::Deleting;
    rsx! {
        tr { "data-reference": "{reference.id}", "data-state": "{state}",
            td { "data-label": "Reference",
                span {
                    "{reference.id.assembly()}, {reference.id.gene_set()}"
                    span { class: "muted setting-about", code { "{reference.id}" } }
                    span { class: "muted setting-about", "{reference.fasta}, {reference.gene_models}" }
                }
            }
            td { "data-label": "State", span { class: "badge {class}", role: "status", "{state}" } }
            td { "data-label": "Content", Content { state: reference.state.clone() } }
            td { "data-label": "",
                if !is_deleting {
                    button {
                        class: "button button-danger",
                        r#type: "button",
                        "aria-label": "Delete {reference.id}",
                        onclick: move |_| ondelete.call(()),
                        "Delete"
                    }
                }
            }
        }
    }
}

/// The class and the text of the badge of a state.
const fn badge(state: &PrivateStateView) -> (&'static str, &'static str) {
    match state {
        PrivateStateView::Uploading => ("badge-active", "Uploading"),
        PrivateStateView::Building => ("badge-active", "Building"),
        PrivateStateView::Ready { .. } => ("badge-good", "Ready"),
        PrivateStateView::Failed { .. } => ("badge-bad", "Failed"),
        PrivateStateView::Deleting => ("badge-quiet", "Deleting"),
    }
}

/// What a reference contains, or why it does not.
#[component]
fn Content(state: PrivateStateView) -> Element {
    match state {
        PrivateStateView::Uploading => rsx! {
            span { class: "muted", "The upload is not complete." }
        },
        PrivateStateView::Building => rsx! {
            span { class: "muted", "A large genome takes some minutes. You can leave this page." }
        },
        PrivateStateView::Deleting => rsx! {
            span { class: "muted", "It is deleted when the jobs that use it have ended." }
        },
        PrivateStateView::Failed { reason } => rsx! {
            span { class: "field-problem", "{reason}" }
        },
        PrivateStateView::Ready { bytes, contigs, genes, transcripts, notes, .. } => {
            let counted = format::counted;
            rsx! {
                span {
                    "{counted(contigs, \"contig\")}, {counted(genes, \"gene\")}, {counted(transcripts, \"transcript\")}, "
                    {format::bytes(bytes)}
                    if !notes.is_empty() {
                        details { class: "setting-about",
                            summary { "Left out of the gene models" }
                            ul {
                                for (number , note) in notes.into_iter().enumerate() {
                                    li { key: "{number}", "{note}" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Confirms that a reference is to be deleted.
#[component]
fn DeleteDialog(
    id: Option<ReferenceId>,
    open: Signal<bool>,
    onchange: EventHandler<()>,
) -> Element {
    let toasts = use_toasts();
    let delete = use_api_action();
    let name = id.as_ref().map(ToString::to_string).unwrap_or_default();
    let start = move |()| {
        let id = id.clone();
        delete.start(async move {
            let Some(id) = id else { return Ok(()) };
            let name = id.to_string();
            api::delete_private_reference(id).await?;
            open.set(false);
            onchange.call(());
            toasts.success(format!("{name} is deleted"));
            Ok(())
        });
    };
    rsx! {
        Confirm {
            id: "delete-reference",
            title: "Delete {name}?",
            action: "Delete",
            open,
            busy: delete.is_busy(),
            failures: failures(delete),
            onconfirm: start,
            p {
                "New annotations can no longer use it. Queued and running annotations finish first, and existing \
                 results are kept."
            }
        }
    }
}
