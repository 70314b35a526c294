use super::exhibit::Exhibit;
use crate::browser::ChosenFile;
use crate::components::{FileDrop, use_toasts};
use crate::format;
use dioxus::prelude::*;

/// Where files are taken; they go nowhere. Files over the page show the overlay.
#[component]
pub fn Files() -> Element {
    let toasts = use_toasts();
    let tell = move |files: Vec<ChosenFile>| {
        toasts.success(format!(
            "{} taken, and forgotten",
            format::counted(files.len() as u64, "file")
        ));
    };
    rsx! {
        Exhibit { name: "FileDrop",
            FileDrop {
                id: "gallery-file",
                accept: ".vcf,.gz,.bgz",
                label: "Choose VCF files",
                invitation: "Drop files to see what happens",
                hint: "or drop them anywhere on this page",
                onfiles: tell,
                span { class: "muted", "Other ways stand here." }
            }
        }
    }
}
