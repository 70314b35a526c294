//! The gallery's file drop area.

use super::example::Example;
use crate::browser::ChosenFile;
use crate::components::FileDrop;
use crate::format;
use crate::toasts::use_toasts;
use dioxus::prelude::*;

/// A file drop area that discards its files. Dragging files over the page shows the overlay.
#[component]
pub fn Files() -> Element {
    let toasts = use_toasts();
    let discard = move |files: Vec<ChosenFile>| {
        toasts.success(format!(
            "{} received and discarded",
            format::counted(files.len() as u64, "file")
        ));
    };
    rsx! {
        Example { name: "FileDrop",
            FileDrop {
                id: "gallery-file",
                accept: ".vcf,.gz,.bgz,.bcf,.txt",
                label: "Choose VCF files",
                invitation: "Drop files to see what happens",
                hint: "or drop them anywhere on this page",
                onfiles: discard,
                span { class: "muted", "Other ways to add a file go here." }
            }
        }
    }
}
