//! The references of the service.

use crate::api::{self, use_api_loader};
use crate::components::{ErrorNote, ScrollTable};
use crate::format;
use dioxus::prelude::*;
use gas_shared::reference::ReferenceChoice;

/// The references that all users can choose, with what to cite.
#[component]
pub fn SharedReferences() -> Element {
    let loaded = use_api_loader(api::references)?;
    let references = match loaded.read() {
        Ok(references) => references,
        Err(error) => return rsx! { ErrorNote { error } },
    };
    let shared = references.choices.iter().filter(|choice| !choice.id.is_private());
    let shared: Vec<ReferenceChoice> = shared.cloned().collect();
    rsx! {
        section { class: "panel", "aria-labelledby": "shared-references",
            h2 { id: "shared-references", "References of this service" }
            if shared.is_empty() {
                p { "This service lists no references." }
            } else {
                ScrollTable {
                    label: "References of this service",
                    caption: "The references that all users can choose",
                    columns: ["Reference", "Genes", "Transcripts", "Source"].map(str::to_owned).to_vec(),
                    for choice in shared {
                        tr { key: "{choice.id}",
                            td { "data-label": "Reference",
                                span {
                                    "{choice.label()}"
                                    span { class: "muted setting-about", code { "{choice.id}" } }
                                }
                            }
                            td { "data-label": "Genes", {format::count(choice.genes)} }
                            td { "data-label": "Transcripts", {format::count(choice.transcripts.all)} }
                            td { "data-label": "Source",
                                span {
                                    {choice.attribution.as_deref().unwrap_or("–")}
                                    if let Some(license) = &choice.license {
                                        span { class: "muted setting-about", "License: {license}" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
