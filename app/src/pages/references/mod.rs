//! The page of references: the user's own, and those of the service.

mod form;
mod own;
mod shared;
mod upload;

use super::load_failure;
use crate::api::{self, use_steady_api_loader};
use crate::components::{Page, Skeleton};
use crate::live::use_live;
use dioxus::prelude::*;
use own::OwnReferences;
use shared::SharedReferences;

/// The references that the user can choose, and the form that adds one.
#[component]
pub fn References() -> Element {
    let live = use_live();
    let own = use_steady_api_loader(move || {
        live.refetch_on_reconnect();
        live.refetch_on_reference_changes();
        live.plan();
        api::private_references()
    })?;
    let content = match own.read() {
        Ok(list) => rsx! {
            OwnReferences { list, onchange: move |()| own.reload() }
            // It loads after the rest is shown, which would be hidden meanwhile.
            SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, SharedReferences {} }
        },
        Err(error) => load_failure(error),
    };
    rsx! {
        Page { title: "References", {content} }
    }
}
