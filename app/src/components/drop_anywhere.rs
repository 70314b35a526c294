//! Files that are dropped anywhere in the application.

use super::{Icon, IconName};
use crate::app::Route;
use crate::browser;
use crate::upload::{MAX_FILES, use_upload_queue};
use dioxus::prelude::*;

/// Takes files that are dropped on any page, and opens the page that annotates them.
#[component]
pub fn DropAnywhere() -> Element {
    let queue = use_upload_queue();
    let over = use_signal(|| false);
    let here = use_route::<Route>();
    // Files for a reference are dropped on their own fields.
    let is_other = matches!(here, Route::References {});
    let is_annotate = matches!(here, Route::Annotate {});
    let onfiles = use_callback(move |files| {
        if is_other {
            return;
        }
        queue.hold(files);
        if !is_annotate {
            navigator().push(Route::Annotate {});
        }
    });
    browser::use_drop_target(over, onfiles);
    if !over() || is_other {
        return rsx! {};
    }
    rsx! {
        div { class: "drop-overlay",
            div { class: "drop-overlay-frame",
                Icon { name: IconName::Upload }
                p { "Drop up to {MAX_FILES} VCF files to annotate them" }
            }
        }
    }
}
