//! The project, the labels and the note of a job on its overview.

use crate::components::{JobChips, use_editor};
use crate::page_modules::{EditedPart, JobEditor};
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::Organization;

/// Shows what the owner has added to a job, and edits it.
#[component]
pub fn OrganizationPanel(job: JobView) -> Element {
    const BUTTON: &str = "organize-edit";
    let (mut is_open, onclose) = use_editor(BUTTON);
    let Organization { labels, project, note, .. } = &job.organization;
    let is_empty = labels.is_empty() && project.is_none() && note.is_none();
    rsx! {
        section { class: "panel", "aria-labelledby": "organization",
            h2 { id: "organization", "Labels and note" }
            if is_open() {
                JobEditor { part: EditedPart::Organization, job, onclose }
            } else {
                if is_empty {
                    p { class: "muted", "Add a project, labels or a note to find this annotation later." }
                }
                JobChips { organization: job.organization.clone() }
                if let Some(note) = note {
                    p { class: "job-note", "{note}" }
                }
                div { class: "actions",
                    button {
                        id: BUTTON,
                        class: "button",
                        r#type: "button",
                        onclick: move |_| is_open.set(true),
                        if is_empty { "Add labels or a note" } else { "Edit labels and note" }
                    }
                }
            }
        }
    }
}
