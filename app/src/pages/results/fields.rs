//! The fields of the filters.

use crate::format;
use dioxus::prelude::*;

/// A field for text. What is typed is kept as it is, also while it cannot be read; a value from
/// elsewhere replaces it where the two differ in more than spelling.
#[component]
pub fn TextField(
    /// The element's id.
    id: &'static str,
    /// Its label.
    label: &'static str,
    /// How it is filled in, as an example.
    #[props(default)]
    example: &'static str,
    /// For numbers, so that phones show the right keys.
    #[props(default)]
    numeric: bool,
    /// The value as it is written.
    value: String,
    /// Reads what is typed: the value as it is written, or what is wrong.
    read: Callback<String, Result<String, String>>,
    /// Is called with what was typed, where that can be read.
    onvalue: EventHandler<String>,
) -> Element {
    let mut typed = use_signal(|| value.clone());
    use_effect(use_reactive!(|value| {
        if read.call(typed.peek().clone()).ok().as_ref() != Some(&value) {
            typed.set(value);
        }
    }));
    let problem = read.call(typed()).err();
    let is_bad = problem.is_some();
    rsx! {
        div { class: "field",
            label { r#for: id, "{label}" }
            input {
                id,
                r#type: "text",
                inputmode: if numeric { "decimal" },
                autocomplete: "off",
                spellcheck: "false",
                placeholder: example,
                value: typed,
                "aria-invalid": is_bad,
                "aria-describedby": is_bad.then(|| format!("{id}-problem")),
                oninput: move |event| {
                    let text = event.value();
                    typed.set(text.clone());
                    if read.call(text.clone()).is_ok() {
                        onvalue.call(text);
                    }
                },
            }
            if let Some(problem) = problem {
                p { id: "{id}-problem", class: "field-problem", {crate::components::sentence(&problem)} }
            }
        }
    }
}

/// A value that can be chosen, with how many variants it would show.
#[derive(Clone, PartialEq)]
pub struct Choice {
    /// What is read.
    pub label: String,
    /// Variants with it, where that is known.
    pub records: Option<u64>,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// Values of which any number can be chosen.
#[component]
pub fn Choices(
    /// What they are.
    legend: &'static str,
    /// The values.
    choices: Vec<Choice>,
    /// Is called with the place of a value that was chosen, or not any more.
    ontoggle: EventHandler<usize>,
) -> Element {
    rsx! {
        fieldset { class: "choices",
            legend { "{legend}" }
            for (place, choice) in choices.into_iter().enumerate() {
                label { key: "{choice.label}", class: "choice",
                    input {
                        r#type: "checkbox",
                        checked: choice.chosen,
                        onchange: move |_| ontoggle.call(place),
                    }
                    span { "{choice.label}" }
                    if let Some(records) = choice.records {
                        span { class: "muted", {format::count(records)} }
                    }
                }
            }
        }
    }
}
