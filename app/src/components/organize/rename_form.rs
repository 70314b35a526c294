//! The form that renames a job in its place.

use super::leave;
use crate::api::{self, use_api_action};
use crate::browser;
use crate::components::ErrorNote;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::OrganizationRequest;
use gas_shared::job::organization::MAX_TITLE_CHARS;
use std::time::Duration;

const FIELD: &str = "job-title";
const CANCEL: &str = "job-title-cancel";

/// Renames a job: Enter saves, Esc cancels. The name of the file stays; without a title, the job is shown with it.
#[component]
pub fn RenameForm(
    /// The job.
    job: JobView,
    /// Closes the form.
    onclose: Callback<()>,
) -> Element {
    let live = use_live();
    let save = use_api_action();
    let id = job.id;
    let file_name = job.file_name.to_string();
    let mut title = use_signal(|| job.shown_name().to_owned());
    use_effect(|| {
        spawn(async {
            browser::sleep(Duration::ZERO).await;
            browser::focus_element(FIELD);
        });
    });
    let onsubmit = move |event: FormEvent| {
        event.prevent_default();
        let typed = title.peek().trim().to_owned();
        let typed = if typed == file_name { String::new() } else { typed };
        let change = OrganizationRequest { title: Some(typed), ..OrganizationRequest::default() };
        save.start(async move {
            live.upsert(api::organize_job(id, change).await?.read()?);
            leave(CANCEL, onclose);
            Ok(())
        });
    };
    rsx! {
        form {
            class: "rename",
            onsubmit,
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    leave(CANCEL, onclose);
                }
            },
            div { class: "field",
                label { r#for: FIELD, "Title" }
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
            button { class: "button button-main", r#type: "submit", "aria-disabled": save.is_busy(), "Save" }
            button {
                id: CANCEL,
                class: "button",
                r#type: "button",
                onclick: move |_| leave(CANCEL, onclose),
                "Cancel"
            }
            if let Some(error) = save.error() {
                ErrorNote { error }
            }
        }
    }
}
