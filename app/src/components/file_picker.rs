use super::{Icon, Shape};
use dioxus::html::{FileData, HasFileData};
use dioxus::prelude::*;

/// Takes a file by a button or by dropping it.
#[component]
pub fn FilePicker(
    /// Whether a file can be taken now.
    enabled: bool,
    /// Gets the first file that was chosen.
    onfile: EventHandler<FileData>,
) -> Element {
    let mut over = use_signal(|| false);
    let take = move |files: Vec<FileData>| {
        if let (true, Some(file)) = (enabled, files.into_iter().next()) {
            onfile.call(file);
        }
    };
    rsx! {
        div {
            class: if over() { "picker picker-over" } else { "picker" },
            ondragover: move |event| {
                event.prevent_default();
                over.set(true);
            },
            ondragleave: move |_| over.set(false),
            ondrop: move |event| {
                event.prevent_default();
                over.set(false);
                take(event.files());
            },
            Icon { shape: Shape::Upload }
            label { class: "button", r#for: "vcf-file", "Choose a VCF file" }
            input {
                id: "vcf-file",
                class: "visually-hidden",
                r#type: "file",
                accept: ".vcf,.gz,.bgz",
                disabled: !enabled,
                "aria-describedby": "vcf-file-hint",
                onchange: move |event| {
                    take(event.files());
                    #[cfg(feature = "web")]
                    crate::browser::forget_choice("vcf-file");
                },
            }
            p { id: "vcf-file-hint", class: "muted",
                "or drop it here: .vcf, .vcf.gz or .vcf.bgz, VCF 3.3 to 4.5"
            }
        }
    }
}
