//! Criteria about the calls of samples.

use super::draft::Draft;
use super::fields::{Choice, Choices, Field, TextField, toggle};
use super::sample_number::SampleNumber;
use crate::browser;
use crate::components::{Icon, IconName};
use dioxus::prelude::*;
use gas_shared::explorer::{SampleFilter, Zygosity};

/// The id of the folded form.
const FORM_ID: &str = "sample-filters";

/// A form for each sample that has criteria, and a way to add one.
#[component]
pub fn SampleFilters(
    draft: Draft,
    /// The samples that filters can have.
    samples: Vec<String>,
) -> Element {
    let filter = draft.filter();
    let chosen: Vec<String> = filter.samples.iter().map(|known| known.sample.clone()).collect();
    let others: Vec<String> =
        samples.into_iter().filter(|sample| !chosen.contains(sample)).collect();
    // Criteria of a preset or of the address are shown. The last one that is removed does not close the form: the user is in it.
    let has_criteria = !chosen.is_empty();
    let mut is_shown = use_signal(|| has_criteria);
    use_effect(use_reactive!(|has_criteria| {
        if has_criteria {
            is_shown.set(true);
        }
    }));
    rsx! {
        details { id: FORM_ID, class: "more", open: is_shown(),
            ontoggle: move |_| is_shown.set(browser::is_unfolded(FORM_ID)),
            summary { "Samples" }
            for (number, sample) in chosen.into_iter().enumerate() {
                Criterion { key: "{sample}", draft, number, sample }
            }
            if !others.is_empty() {
                div { class: "field",
                    label { r#for: "filter-add-sample", "Add criteria for a sample" }
                    select {
                        id: "filter-add-sample",
                        onchange: move |event| {
                            let sample = event.value();
                            if !sample.is_empty() {
                                draft.edit(|filter| filter.samples.push(SampleFilter::of(&sample, &[])));
                            }
                        },
                        option { value: "", selected: true, "Choose a sample" }
                        for sample in others {
                            option { key: "{sample}", value: "{sample}", "{sample}" }
                        }
                    }
                }
            }
        }
    }
}

/// The criteria of a sample.
#[component]
fn Criterion(draft: Draft, number: usize, sample: String) -> Element {
    let filter = draft.filter();
    let Some(criterion) = filter.samples.get(number).cloned() else { return rsx! {} };
    let choice = |zygosity: Zygosity| Choice {
        label: zygosity.label().to_owned(),
        records: None,
        chosen: criterion.genotypes.contains(&zygosity),
    };
    let ontoggle = move |index: usize| {
        draft.edit(|filter| {
            if let Some(criterion) = filter.samples.get_mut(number) {
                toggle(&mut criterion.genotypes, Zygosity::ALL[index]);
            }
        });
    };
    let set_or_missing = move |event: FormEvent| {
        draft.edit(|filter| {
            if let Some(criterion) = filter.samples.get_mut(number) {
                criterion.or_missing = event.checked();
            }
        });
    };
    rsx! {
        fieldset { class: "sample-filter",
            legend {
                "{sample}"
                button {
                    class: "icon-button",
                    r#type: "button",
                    "aria-label": "Remove the criteria for {sample}",
                    onclick: move |_| draft.edit(|filter| drop(filter.samples.remove(number))),
                    Icon { name: IconName::Cross }
                }
            }
            Choices { legend: "Genotype", choices: Zygosity::ALL.map(choice).to_vec(), ontoggle }
            for kind in SampleNumber::ALL {
                TextField { key: "{kind.name()}", field: Field::Sample(number, kind), draft }
            }
            label { class: "choice",
                input { r#type: "checkbox", checked: criterion.or_missing, onchange: set_or_missing }
                span { "Or the file has no such value" }
            }
        }
    }
}
