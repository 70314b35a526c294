//! The banner about a reference that covers only a part of its genome.

use super::{Icon, IconName};
use crate::api::{self, use_api_loader};
use dioxus::prelude::*;
use gas_shared::reference::{ReferenceChoice, ReferenceChoices};

/// Says which regions are annotated if all references are parts of a genome, as the demo reference is.
#[component]
pub fn ReferenceBanner() -> Element {
    rsx! {
        SuspenseBoundary { fallback: |_| rsx! {}, Loaded {} }
    }
}

#[component]
fn Loaded() -> Element {
    // Without the list, nothing is said: the pages do not depend on it.
    let references = use_api_loader(api::references)?.read().unwrap_or_default();
    rsx! {
        PartialReferences { references }
    }
}

/// The text of the banner.
#[component]
pub fn PartialReferences(references: ReferenceChoices) -> Element {
    let Some(regions) = partial_regions(&references) else { return rsx! {} };
    rsx! {
        aside { class: "note note-active reference-banner", "aria-label": "Regions that are annotated",
            Icon { name: IconName::Info }
            p {
                "Only "
                strong { "{regions}" }
                " can be annotated here. To add a whole genome, run "
                code { "./gas reference add grch38" }
                " and restart the service."
            }
        }
    }
}

/// The regions of all references, such as `20:1-5,000,000 and MT of GRCh37`; `None` if a reference may have
/// its whole genome.
fn partial_regions(references: &ReferenceChoices) -> Option<String> {
    let of_choice = |choice: &ReferenceChoice| {
        let regions = choice.partial_regions();
        let (last, others) = regions.split_last()?;
        let regions = match others {
            [] => last.clone(),
            _ => format!("{} and {last}", others.join(", ")),
        };
        Some(format!("{regions} of {}", choice.assembly))
    };
    let parts: Option<Vec<String>> = references.choices.iter().map(of_choice).collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("; "))
}
