//! The fields of the filters.

use super::draft::Draft;
use super::entry::{join, number, number_text, regions, words};
use crate::components::sentence;
use crate::format;
use dioxus::prelude::*;
use gas_shared::explorer::{Filter, Range};

/// A criterion that is typed.
pub struct TextFilter {
    /// The element's id.
    pub id: &'static str,
    label: &'static str,
    /// How it is filled in.
    example: &'static str,
    /// For numbers, so that phones show the right keys.
    is_number: bool,
    /// The criterion as it is written.
    show: fn(&Filter) -> String,
    /// Reads what is typed into the filter, or says what is wrong.
    read: fn(&mut Filter, &str) -> Result<(), String>,
}

/// Each is a constant with an id of its own.
impl PartialEq for TextFilter {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Part of an identifier or a gene's symbol.
pub static TEXT: TextFilter = TextFilter {
    id: "filter-text",
    label: "Identifier or gene",
    example: "rs12, brca",
    is_number: false,
    show: |filter| filter.text.clone(),
    read: |filter, text| {
        text.trim().clone_into(&mut filter.text);
        Ok(())
    },
};

/// Genes by symbol.
pub static GENES: TextFilter = TextFilter {
    id: "filter-genes",
    label: "Genes",
    example: "BRCA1, TP53",
    is_number: false,
    show: |filter| filter.genes.join(", "),
    read: |filter, text| {
        filter.genes = words(text);
        Ok(())
    },
};

/// Regions of the reference.
pub static REGIONS: TextFilter = TextFilter {
    id: "filter-regions",
    label: "Regions",
    example: "chr1:1000-2000",
    is_number: false,
    show: |filter| join(&filter.regions),
    read: |filter, text| {
        filter.regions = regions(text)?;
        Ok(())
    },
};

/// The greatest allele frequency.
pub static FREQUENCY: TextFilter = TextFilter {
    id: "filter-frequency",
    label: "Frequency at most",
    example: "0.01",
    is_number: true,
    show: |filter| number_text(filter.frequency.and_then(|range| range.max)),
    read: |filter, text| {
        let max = number(text, 1.0)?;
        // What no database has seen is rare.
        filter.frequency = max.map(|max| Range { max: Some(max), min: None, or_missing: true });
        Ok(())
    },
};

/// The least QUAL.
pub static QUALITY: TextFilter = TextFilter {
    id: "filter-quality",
    label: "QUAL at least",
    example: "30",
    is_number: true,
    show: |filter| number_text(filter.quality.and_then(|range| range.min)),
    read: |filter, text| {
        let min = number(text, f32::MAX)?;
        filter.quality = min.map(|min| Range { min: Some(min), ..Range::default() });
        Ok(())
    },
};

/// A field for a criterion that is typed. What is typed is kept as it is, also while it cannot be
/// read; a criterion from elsewhere replaces it where the two differ in more than spelling.
#[component]
pub fn TextField(field: &'static TextFilter, draft: Draft) -> Element {
    let value = (field.show)(&draft.filter());
    let mut typed = use_signal(|| value.clone());
    use_effect(use_reactive!(|value| {
        let mut read = Filter::default();
        let understood = (field.read)(&mut read, &typed.peek()).is_ok();
        if !understood || (field.show)(&read) != value {
            typed.set(value);
        }
    }));
    let problem = (field.read)(&mut Filter::default(), &typed.read()).err();
    let id = field.id;
    let is_bad = problem.is_some();
    rsx! {
        div { class: "field",
            label { r#for: id, "{field.label}" }
            input {
                id,
                r#type: "text",
                inputmode: if field.is_number { "decimal" },
                autocomplete: "off",
                spellcheck: "false",
                placeholder: field.example,
                value: typed,
                "aria-invalid": is_bad,
                "aria-describedby": is_bad.then(|| format!("{id}-problem")),
                oninput: move |event| {
                    let mut filter = draft.filter();
                    typed.set(event.value());
                    if (field.read)(&mut filter, &event.value()).is_ok() {
                        draft.set(filter);
                    }
                },
            }
            if let Some(problem) = problem {
                p { id: "{id}-problem", class: "field-problem", {sentence(&problem)} }
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
