//! The field for the text of a VCF file, or for a list of variants.

use crate::browser::{self, ChosenFile};
use crate::components::sentence;
use dioxus::prelude::*;
use gas_shared::vcf::check_preview;

const FULL: &str = "The queue is full. Remove a file, then try again; your text stays here.";

/// A field for the text of a VCF file or a list of variants. An invalid text is reported and stays in the field for
/// correction.
#[component]
pub fn PasteText(
    /// Receives the text as a file.
    onfile: Callback<Vec<ChosenFile>>,
    /// Whether the queue is full.
    is_full: bool,
) -> Element {
    let mut text = use_signal(String::new);
    let mut problem = use_signal(|| None::<String>);
    let mut pasted = use_signal(|| 0_u32);
    let submit = move |_| {
        let checked = check_preview(text.peek().as_bytes(), true);
        match checked {
            Err(error) => problem.set(Some(sentence(&error.to_string()))),
            Ok(_) if is_full => problem.set(Some(FULL.to_owned())),
            Ok(preview) => {
                let ending = if preview.is_variant_list { "txt" } else { "vcf" };
                // Each text has its own name, so that two texts are two files.
                pasted += 1;
                let name = match pasted() {
                    1 => format!("pasted.{ending}"),
                    n => format!("pasted-{n}.{ending}"),
                };
                onfile.call(browser::text_file(&name, &text.peek()).into_iter().collect());
                text.set(String::new());
            }
        }
    };
    rsx! {
        details { class: "paste",
            summary { "Paste the text of a VCF file" }
            label { r#for: "vcf-text",
                "VCF text, starting with ##fileformat and separated by tabs; or one variant a line, such as \
                 chr1:12345 A>G, 1-12345-A-G, NC_000001.11:g.12345A>G or ENST00000357654:c.68_69del"
            }
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
                onclick: submit,
                "Annotate this text"
            }
        }
    }
}
