use super::commit_status;
use crate::app::Route;
use crate::components::Page;
use crate::error::{ApiError, ErrorCode};
use dioxus::prelude::*;

/// A path that leads nowhere.
#[component]
pub fn NotFound(segments: Vec<String>) -> Element {
    commit_status(&ApiError::new(ErrorCode::NotFound, "no such page"));
    rsx! {
        Page { title: "Page not found",
            p { "There is no page at " code { "/{segments.join(\"/\")}" } "." }
            Link { class: "button", to: Route::Home {}, "Go to the home page" }
        }
    }
}
