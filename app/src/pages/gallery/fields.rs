//! The gallery's form fields.

use super::example::Example;
use super::samples::references;
use crate::components::OptionsForm;
use dioxus::prelude::*;
use gas_shared::JobOptions;

/// Form fields and choices.
#[component]
pub fn Fields() -> Element {
    rsx! {
        Example { name: "Field",
            div { class: "field",
                label { r#for: "field-plain", "Name" }
                input { id: "field-plain", r#type: "text", placeholder: "Where it will be used" }
            }
            div { class: "field",
                label { r#for: "field-wrong", "Region" }
                input {
                    id: "field-wrong",
                    r#type: "text",
                    value: "chr1:12a",
                    "aria-invalid": "true",
                    "aria-describedby": "field-problem",
                }
                p { id: "field-problem", class: "field-problem", "“12a” is not a position." }
            }
            div { class: "field",
                label { r#for: "field-select", "Expires after" }
                select { id: "field-select",
                    option { "7 days" }
                    option { "30 days" }
                }
            }
        }
        Example { name: "Choices",
            fieldset { class: "choices",
                legend { "Impact" }
                for (name, checked) in [("High", true), ("Moderate", false), ("Low", false)] {
                    label { key: "{name}", class: "choice",
                        input { r#type: "checkbox", checked }
                        "{name}"
                    }
                }
            }
        }
        Example { name: "OptionsForm", Options {} }
        Example { name: "Setting",
            label { class: "setting",
                input { r#type: "checkbox", checked: true }
                span {
                    "Email me about my jobs"
                    span { class: "setting-about muted", "When results are ready, archived or restored." }
                }
            }
        }
    }
}

/// The options of a job, open and folded.
#[component]
fn Options() -> Element {
    let mut options = use_signal(JobOptions::default);
    rsx! {
        for folded in [false, true] {
            OptionsForm {
                key: "{folded}",
                id: "gallery-options-{folded}",
                options: options(),
                references: references(2),
                automatic: "Detected from each file",
                folded,
                onchange: move |changed| options.set(changed),
            }
        }
    }
}
