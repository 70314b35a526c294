//! The field for pasted variants.

use crate::browser::{self, ChosenFile};
use crate::components::sentence;
use dioxus::prelude::*;
use gas_shared::vcf::check_preview;

const FULL: &str = "The queue is full. Remove a file, then try again; your text stays here.";

/// Examples of what can be pasted.
const EXAMPLES: &str =
    "chr20:76758 T>C\n20-76758-T-C\nNC_000020.10:g.76758T>C\nENST00000382410:c.100del";

/// A field for variants: one a line, or the text of a VCF file. An invalid text is reported and stays in the
/// field for correction.
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
                // Each text has its own name, so that two texts are two files.
                pasted += 1;
                let extension = if preview.is_variant_list { "txt" } else { "vcf" };
                let name = match pasted() {
                    1 => format!("pasted-variants.{extension}"),
                    n => format!("pasted-variants-{n}.{extension}"),
                };
                onfile.call(browser::text_file(&name, &text.peek()).into_iter().collect());
                text.set(String::new());
            }
        }
    };
    rsx! {
        details { class: "paste",
            summary { "Paste variants" }
            label { r#for: "vcf-text",
                "One variant per line: its position and alleles, HGVS, SPDI, or a line of a VCF file. A whole VCF file can be pasted, too."
            }
            textarea {
                id: "vcf-text",
                rows: "8",
                placeholder: EXAMPLES,
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
                "Annotate these variants"
            }
        }
    }
}
