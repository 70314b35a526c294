use crate::components::{DroppedFile, sentence};
use dioxus::prelude::*;
use gas_shared::vcf::check_preview;

const FULL: &str = "The queue is full. Take a file off it, then try again; your text stays here.";

/// Takes the text of a VCF file. What is wrong with it is said at once, and the text stays to be
/// mended.
#[component]
pub fn PasteText(
    /// Gets the text as a file.
    onfile: Callback<Vec<DroppedFile>>,
    /// Whether the queue takes no more.
    is_full: bool,
) -> Element {
    let mut text = use_signal(String::new);
    let mut problem = use_signal(|| None::<String>);
    let mut pasted = use_signal(|| 0_u32);
    let take = move |_| {
        let checked = check_preview(text.peek().as_bytes(), true);
        match checked {
            Err(found) => problem.set(Some(sentence(&found.to_string()))),
            Ok(_) if is_full => problem.set(Some(FULL.to_owned())),
            Ok(_) => {
                // Each has a name of its own: two texts are two files.
                pasted += 1;
                let name = match pasted() {
                    1 => "pasted.vcf".to_owned(),
                    n => format!("pasted-{n}.vcf"),
                };
                #[cfg(feature = "web")]
                onfile.call(crate::browser::text_file(&name, &text.peek()).into_iter().collect());
                #[cfg(not(feature = "web"))]
                let _ = (onfile, name);
                text.set(String::new());
            }
        }
    };
    rsx! {
        details { class: "paste",
            summary { "Paste the text of a VCF file" }
            label { r#for: "vcf-text", "VCF text, from ##fileformat on, with its tabs" }
            textarea {
                id: "vcf-text",
                rows: "8",
                spellcheck: "false",
                autocomplete: "off",
                value: "{text}",
                "aria-describedby": "vcf-text-problem",
                "aria-invalid": problem().is_some().then_some("true"),
                oninput: move |event| {
                    text.set(event.value());
                    problem.set(None);
                },
            }
            div { id: "vcf-text-problem", role: "alert",
                if let Some(problem) = problem() {
                    p { class: "note note-bad", "{problem}" }
                }
            }
            button {
                class: "button",
                r#type: "button",
                disabled: text.read().trim().is_empty(),
                onclick: take,
                "Annotate this text"
            }
        }
    }
}
