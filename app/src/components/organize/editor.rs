//! What the editors have in common: saving, cancelling and the focus.

use crate::api::{self, use_api_action};
use crate::browser;
use crate::components::ErrorNote;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::job::OrganizationRequest;
use std::time::Duration;

/// A form that changes what the owner has added to a job: Enter in a field of one line saves, Esc cancels. The first field
/// gets the focus.
#[component]
pub(super) fn Editor(
    /// The job.
    id: JobId,
    /// The CSS class of the form.
    class: &'static str,
    /// The id of the first field.
    first_field: &'static str,
    /// The change that the fields describe now.
    change: Callback<(), OrganizationRequest>,
    /// Closes the form.
    onclose: Callback<()>,
    /// The fields.
    children: Element,
) -> Element {
    let live = use_live();
    let save = use_api_action();
    // Closes the form, after the focus has moved from its fields to the button that cancels. The browser sends `change` when
    // it removes an edited field that has the focus, and this must not reach the application in the middle of a render.
    let leave = use_callback(move |()| {
        spawn(async move {
            browser::sleep(Duration::ZERO).await;
            browser::focus_element(&cancel_id(first_field));
            onclose.call(());
        });
    });
    use_effect(move || {
        spawn(async move {
            browser::sleep(Duration::ZERO).await;
            browser::focus_element(first_field);
        });
    });
    let onsubmit = move |event: FormEvent| {
        event.prevent_default();
        let change = change.call(());
        save.start(async move {
            live.upsert(api::organize_job(id, change).await?.read()?);
            leave.call(());
            Ok(())
        });
    };
    rsx! {
        form {
            class,
            onsubmit,
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    leave.call(());
                }
            },
            {children}
            div { class: "actions",
                // Not disabled while it saves, which would take the focus away.
                button { class: "button button-main", r#type: "submit", "aria-disabled": save.is_busy(), "Save" }
                button {
                    id: cancel_id(first_field),
                    class: "button",
                    r#type: "button",
                    onclick: move |_| leave.call(()),
                    "Cancel"
                }
            }
            if let Some(error) = save.error() {
                ErrorNote { error }
            }
        }
    }
}

/// Two editors of a page may be open.
fn cancel_id(first_field: &str) -> String {
    format!("{first_field}-cancel")
}
