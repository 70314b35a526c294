//! The page for unknown paths.

use super::commit_status;
use crate::app::Route;
use crate::components::Page;
use crate::error::{ApiError, ErrorCode};
use dioxus::prelude::*;

/// The page shown for a path that does not exist.
#[component]
pub fn NotFound(segments: Vec<String>) -> Element {
    commit_status(&ApiError::new(ErrorCode::NotFound, "page not found"));
    rsx! {
        Page { title: "Page not found",
            p { "There is no page at " code { "/{segments.join(\"/\")}" } "." }
            Link { class: "button", to: Route::Home {}, "Go to the home page" }
        }
    }
}
