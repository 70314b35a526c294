//! The form that renames a job in its place.

use super::editor::Editor;
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::OrganizationRequest;
use gas_shared::job::organization::MAX_TITLE_CHARS;

const FIELD: &str = "job-title";

/// Renames a job. The name of the file stays; without a title, the job is shown with it.
#[component]
pub fn RenameForm(
    /// The job.
    job: JobView,
    /// Closes the form.
    onclose: Callback<()>,
) -> Element {
    let file_name = job.file_name.to_string();
    let mut title = use_signal(|| job.shown_name().to_owned());
    let change = use_callback(move |()| {
        let typed = title.peek().trim().to_owned();
        let typed = if typed == file_name { String::new() } else { typed };
        OrganizationRequest { title: Some(typed), ..OrganizationRequest::default() }
    });
    rsx! {
        Editor { id: job.id, class: "rename", first_field: FIELD, change, onclose,
            div { class: "field",
                label { class: "visually-hidden", r#for: FIELD, "Title" }
                input {
                    id: FIELD,
                    r#type: "text",
                    maxlength: "{MAX_TITLE_CHARS}",
                    autocomplete: "off",
                    placeholder: "{job.file_name}",
                    value: title,
                    oninput: move |event| title.set(event.value()),
                }
            }
        }
    }
}
