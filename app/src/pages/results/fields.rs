//! Input fields of the filters.

use super::draft::Draft;
use super::entry::{join, number, number_text, regions, words};
use super::sample_number::SampleNumber;
use crate::components::sentence;
use crate::format;
use dioxus::prelude::*;
use gas_shared::explorer::{Filter, NumericColumn};
use std::sync::Arc;

/// A criterion that is typed into a field.
#[derive(Clone, PartialEq)]
pub enum Field {
    /// Text that is parsed.
    Text(&'static TextFilter),
    /// A bound of a numeric column.
    Number(Arc<NumericColumn>),
    /// A bound of a number of the calls of a sample, by the number of the criterion in the filter.
    Sample(usize, SampleNumber),
}

/// A criterion that is typed as text.
pub struct TextFilter {
    /// The id of the element.
    id: &'static str,
    label: &'static str,
    example: &'static str,
    /// The criterion as text.
    show: fn(&Filter) -> String,
    /// Parses a text into the filter.
    read: fn(&mut Filter, &str) -> Result<(), String>,
}

/// Filters are constants with distinct ids.
impl PartialEq for TextFilter {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Part of an identifier or of a gene symbol.
pub static TEXT: TextFilter = TextFilter {
    id: "filter-text",
    label: "Identifier or gene",
    example: "rs12, brca",
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
    show: |filter| join(&filter.regions),
    read: |filter, text| {
        filter.regions = regions(text)?;
        Ok(())
    },
};

impl Field {
    /// The id of the element.
    pub fn id(&self) -> String {
        match self {
            Self::Text(filter) => filter.id.to_owned(),
            Self::Number(column) => format!("filter-{}", column.name),
            Self::Sample(criterion, number) => {
                format!("filter-sample-{criterion}-{}", number.name())
            }
        }
    }

    fn label(&self) -> &str {
        match self {
            Self::Text(filter) => filter.label,
            Self::Number(column) => &column.filter.label,
            Self::Sample(_, number) => number.label(),
        }
    }

    fn example(&self) -> &'static str {
        match self {
            Self::Text(filter) => filter.example,
            Self::Number(column) => column.filter.example,
            Self::Sample(_, number) => number.example(),
        }
    }

    /// The criterion as text.
    fn show(&self, filter: &Filter) -> String {
        match self {
            Self::Text(text) => (text.show)(filter),
            Self::Number(column) => {
                let range = filter.ranges.get(column);
                number_text(range.and_then(|range| column.filter.bound_of(&range)))
            }
            Self::Sample(criterion, number) => {
                number_text(filter.samples.get(*criterion).and_then(|sample| number.get(sample)))
            }
        }
    }

    /// Parses a text into the filter, or returns what is wrong with the text.
    fn read(&self, filter: &mut Filter, text: &str) -> Result<(), String> {
        match self {
            Self::Text(field) => (field.read)(filter, text),
            Self::Number(column) => {
                let bound = number(text, column.filter.limit)?;
                filter.ranges.set(column, bound.map(|bound| column.filter.range(bound)));
                Ok(())
            }
            Self::Sample(criterion, kind) => {
                let bound = number(text, kind.limit())?;
                if let Some(sample) = filter.samples.get_mut(*criterion) {
                    kind.set(sample, bound);
                }
                Ok(())
            }
        }
    }
}

/// An input field for a criterion. The typed text is kept even while it is invalid. A criterion that
/// comes from the address replaces it if the two differ in more than spelling.
#[component]
pub fn TextField(
    field: Field,
    draft: Draft,
    /// What is wrong with names in the field that the result does not have.
    #[props(default)]
    notes: Vec<String>,
) -> Element {
    let value = field.show(&draft.filter());
    let mut typed = use_signal(|| value.clone());
    let of_effect = field.clone();
    use_effect(use_reactive!(|value| {
        let mut read = draft.peek();
        let is_valid = of_effect.read(&mut read, &typed.peek()).is_ok();
        if !is_valid || of_effect.show(&read) != value {
            typed.set(value);
        }
    }));
    let problem = field.read(&mut draft.filter(), &typed.read()).err();
    let problems: Vec<String> = problem.map_or(notes, |problem| vec![sentence(&problem)]);
    let id = field.id();
    let (label, example) = (field.label().to_owned(), field.example());
    let is_text = matches!(field, Field::Text(_));
    let is_bad = !problems.is_empty();
    rsx! {
        div { class: "field",
            label { r#for: "{id}", title: "{label}", "{label}" }
            input {
                id: "{id}",
                r#type: "text",
                // Phones show a numeric keypad.
                inputmode: if !is_text { "decimal" },
                autocomplete: "off",
                spellcheck: "false",
                placeholder: example,
                value: typed,
                "aria-invalid": is_bad,
                "aria-describedby": is_bad.then(|| format!("{id}-problem")),
                oninput: move |event| {
                    let mut filter = draft.filter();
                    typed.set(event.value());
                    if field.read(&mut filter, &event.value()).is_ok() {
                        draft.set(filter);
                    }
                },
            }
            if is_bad {
                div { id: "{id}-problem", class: "field-problem",
                    for problem in problems {
                        p { key: "{problem}", {problem} }
                    }
                }
            }
        }
    }
}

/// A value that can be chosen.
#[derive(Clone, PartialEq)]
pub struct Choice {
    /// The label.
    pub label: String,
    /// The number of variants with the value, if it is known.
    pub records: Option<u64>,
    /// Whether the value is chosen.
    pub chosen: bool,
}

/// A list of values, any number of which can be chosen.
#[component]
pub fn Choices(
    /// The legend of the list.
    legend: String,
    /// The values.
    choices: Vec<Choice>,
    /// Called with the index of a value that is toggled.
    ontoggle: EventHandler<usize>,
) -> Element {
    rsx! {
        fieldset { class: "choices",
            legend { "{legend}" }
            for (index, choice) in choices.into_iter().enumerate() {
                label { key: "{choice.label}", class: "choice",
                    input {
                        r#type: "checkbox",
                        checked: choice.chosen,
                        onchange: move |_| ontoggle.call(index),
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

/// Adds a value to a list, or removes it.
pub fn toggle<T: PartialEq>(values: &mut Vec<T>, value: T) {
    match values.iter().position(|known| *known == value) {
        Some(index) => drop(values.remove(index)),
        None => values.push(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_chosen_and_unchosen() {
        let mut chosen = vec![1];
        toggle(&mut chosen, 2);
        toggle(&mut chosen, 1);
        assert_eq!(chosen, [2]);
    }
}
