//! The form that uploads the files of a new reference.

use super::upload::upload;
use crate::api::use_api_action;
use crate::browser::{self, ChosenFile};
use crate::components::{Meter, sentence};
use crate::error::{ApiError, ErrorCode};
use crate::format;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::private_reference::{NewPrivateReference, NewSource};

const FASTA: &str = "reference-fasta";
const GENE_MODELS: &str = "reference-genes";

/// The form for a new reference, with the progress of its upload.
#[component]
pub fn NewReferenceForm(
    /// Called when a reference was added, and when its files have arrived.
    onchange: EventHandler<()>,
) -> Element {
    let toasts = use_toasts();
    let mut name = use_signal(String::new);
    let mut assembly = use_signal(String::new);
    let mut fasta = use_signal(|| None::<ChosenFile>);
    let mut gene_models = use_signal(|| None::<ChosenFile>);
    let mut sent = use_signal(|| 0_u64);
    let add = use_api_action();
    let start = move || {
        add.start(async move {
            let (Some(one), Some(other)) = (fasta(), gene_models()) else {
                return Err(ApiError::new(ErrorCode::Invalid, "choose both files"));
            };
            let new = new_reference(&name(), &assembly(), &one, &other);
            // Before the server is asked, so that the reason is shown at once.
            new.check().map_err(|error| ApiError::new(ErrorCode::Invalid, error.to_string()))?;
            browser::warn_before_unload(true);
            let sending = upload(new, [one.content, other.content], sent, onchange).await;
            browser::warn_before_unload(false);
            onchange.call(());
            sending?;
            toasts.success("Upload complete. The reference is being built.".to_owned());
            name.set(String::new());
            fasta.set(None);
            gene_models.set(None);
            Ok(())
        });
    };
    // A page that is left cancels the upload.
    use_drop(|| browser::warn_before_unload(false));
    let size = |file: Signal<Option<ChosenFile>>| {
        file.read().as_ref().map_or(0, |file| file.content.size())
    };
    let total = size(fasta) + size(gene_models);
    let progress = format!(
        "{} of {}. Keep this page open until the upload is complete.",
        format::bytes(sent()),
        format::bytes(total)
    );
    let failed = add.error();
    let has_failed = failed.is_some();
    rsx! {
        h3 { class: "form-title", "New reference" }
        form {
            class: "token-form",
            onsubmit: move |event| {
                event.prevent_default();
                sent.set(0);
                start();
            },
            div { class: "field",
                label { r#for: "reference-name", "Name" }
                input {
                    id: "reference-name",
                    r#type: "text",
                    required: true,
                    maxlength: "64",
                    autocomplete: "off",
                    placeholder: "my-genes-2",
                    "aria-describedby": if has_failed { "reference-problem" },
                    value: "{name}",
                    oninput: move |event| name.set(event.value()),
                }
            }
            div { class: "field",
                label { r#for: "reference-assembly", "Assembly" }
                input {
                    id: "reference-assembly",
                    r#type: "text",
                    required: true,
                    maxlength: "64",
                    autocomplete: "off",
                    placeholder: "GRCh38",
                    value: "{assembly}",
                    oninput: move |event| assembly.set(event.value()),
                }
            }
            FileField {
                id: FASTA,
                label: "Sequences (FASTA)",
                accept: ".fa,.fasta,.fna,.gz,.bgz",
                file: fasta(),
                onfile: move |file| fasta.set(Some(file)),
            }
            FileField {
                id: GENE_MODELS,
                label: "Gene models (GFF3 or GTF)",
                accept: ".gff,.gff3,.gtf,.gz,.bgz",
                file: gene_models(),
                onfile: move |file| gene_models.set(Some(file)),
            }
            button { class: "button button-main", r#type: "submit", disabled: add.is_busy(), "Upload" }
        }
        if add.is_busy() {
            Meter {
                label: "Progress of the upload",
                value: sent(),
                max: total.max(1),
                text: progress,
            }
        }
        if let Some(error) = failed {
            p { id: "reference-problem", class: "field-problem", role: "alert", {sentence(&error.message)} }
        }
    }
}

/// Describes the reference. Spaces are what users type and ids cannot have.
fn new_reference(
    name: &str,
    assembly: &str,
    fasta: &ChosenFile,
    gene_models: &ChosenFile,
) -> NewPrivateReference {
    let part = |text: &str| text.trim().replace(' ', "-");
    let source = |file: &ChosenFile| NewSource {
        file_name: file.name.clone(),
        size_bytes: file.content.size(),
    };
    NewPrivateReference {
        name: part(name),
        assembly: part(assembly),
        fasta: source(fasta),
        gene_models: source(gene_models),
    }
}

/// A button that chooses a file, with the name of the chosen one.
#[component]
fn FileField(
    id: &'static str,
    label: &'static str,
    accept: &'static str,
    file: Option<ChosenFile>,
    onfile: EventHandler<ChosenFile>,
) -> Element {
    let chosen = match &file {
        Some(file) => format!("{}, {}", file.name, format::bytes(file.content.size())),
        None => "No file chosen".to_owned(),
    };
    rsx! {
        div { class: "field",
            span { "{label}" }
            label { class: "button", r#for: id, "Choose file" }
            input {
                id,
                class: "visually-hidden",
                r#type: "file",
                accept,
                "aria-label": label,
                "aria-describedby": "{id}-chosen",
                onchange: move |_| {
                    if let Some(file) = browser::take_chosen(id).into_iter().next() {
                        onfile.call(file);
                    }
                },
            }
            span { id: "{id}-chosen", class: "muted", "{chosen}" }
        }
    }
}
