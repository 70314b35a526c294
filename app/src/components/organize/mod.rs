//! The editors of what an owner has added to a job. Pages load them on demand
//! ([`JobEditor`](crate::page_modules::JobEditor)).

mod organize_form;
mod rename_form;

pub use organize_form::OrganizeForm;
pub use rename_form::RenameForm;

use crate::browser;
use dioxus::prelude::*;
use std::time::Duration;

/// Closes an editor, after the focus has moved from its fields to the button that cancels. The browser sends `change` when
/// it removes an edited field that has the focus, and this must not reach the application in the middle of a render.
fn leave(cancel_button: &'static str, onclose: Callback<()>) {
    spawn(async move {
        browser::sleep(Duration::ZERO).await;
        browser::focus_element(cancel_button);
        onclose.call(());
    });
}
