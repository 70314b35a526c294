//! The gallery's field for files.

use super::example::Example;
use crate::browser::ChosenFile;
use crate::components::FileDrop;
use crate::format;
use crate::toasts::use_toasts;
use dioxus::prelude::*;

/// A field that discards its files.
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
                hint: "or drop them anywhere",
                onfiles: discard,
                span { class: "muted", "Other ways to add a file go here." }
            }
        }
    }
}
