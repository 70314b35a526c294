//! The button that renames a job.

use super::{Icon, IconName};
use crate::browser;
use crate::page_modules::{EditedPart, JobEditor};
use dioxus::prelude::*;
use gas_shared::JobView;
use std::time::Duration;

/// Opens an editor of a job in the place of the button with this id, and focuses the button after the editor has closed.
pub fn use_editor(button: &'static str) -> (Signal<bool>, Callback<()>) {
    let mut is_open = use_signal(|| false);
    let close = use_callback(move |()| {
        is_open.set(false);
        spawn(async move {
            // The button must be there.
            browser::sleep(Duration::from_millis(50)).await;
            browser::focus_element(button);
        });
    });
    (is_open, close)
}

/// Renames a job in its place.
#[component]
pub fn RenameJob(
    /// The job.
    job: JobView,
) -> Element {
    const BUTTON: &str = "rename-job";
    let (mut is_open, onclose) = use_editor(BUTTON);
    rsx! {
        if is_open() {
            JobEditor { part: EditedPart::Title, job, onclose }
        } else {
            button {
                id: BUTTON,
                class: "icon-button",
                r#type: "button",
                "aria-label": "Rename",
                title: "Rename",
                onclick: move |_| is_open.set(true),
                Icon { name: IconName::Edit }
            }
        }
    }
}
