//! The filters: each change goes into the address after a moment, and the address is what is
//! asked.

use super::Question;
use super::fields::{Choice, Choices, TextField};
use crate::app::Route;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::explorer::{Facet, Facets, Filter, Impact, Range, Region, VariantType};

/// Changes follow each other while somebody types; this long after the last the server is asked.
#[cfg(feature = "web")]
const PAUSE: std::time::Duration = std::time::Duration::from_millis(250);

/// What the fields change.
#[derive(Clone, Copy, PartialEq)]
struct Draft {
    filter: Signal<Filter>,
    change: Callback<Filter>,
}

impl Draft {
    fn edit(self, edit: impl FnOnce(&mut Filter)) {
        let mut filter = self.filter.peek().clone();
        edit(&mut filter);
        self.change.call(filter);
    }
}

/// The draft of a question's filter, and what brings it into the address.
fn use_draft(question: &Question) -> Draft {
    let mut filter = use_signal(|| question.filter.clone());
    let mut asked = use_signal(|| question.clone());
    let mut waiting = use_signal(|| None::<Task>);
    // What the address says counts, also after "back".
    let current = question.clone();
    use_effect(use_reactive!(|current| {
        if current != *asked.peek() {
            filter.set(current.filter.clone());
            asked.set(current);
        }
    }));
    let change = use_callback(move |changed: Filter| {
        filter.set(changed);
        if let Some(task) = waiting.take() {
            task.cancel();
        }
        waiting.set(Some(spawn(async move {
            #[cfg(feature = "web")]
            gloo_timers::future::sleep(PAUSE).await;
            let question = Question { filter: filter.peek().clone(), ..asked.peek().clone() };
            asked.set(question.clone());
            // One step of the history for all filters: "back" leads to the job.
            navigator().replace(question.route());
        })));
    });
    Draft { filter, change }
}

/// All filters.
#[component]
pub fn Filters(question: Question, facets: Facets) -> Element {
    let draft = use_draft(&question);
    let filter = draft.filter.read().clone();
    let clear = Route::Results {
        id: question.id.to_string(),
        filter: String::new(),
        sort: super::url::write_sort(question.sort),
    };
    rsx! {
        form {
            class: "filters",
            role: "search",
            "aria-label": "Filters",
            onsubmit: move |event| event.prevent_default(),
            div { class: "filter-row",
                TextFilters { draft, filter: filter.clone() }
            }
            Impacts { draft, chosen: filter.impacts.clone(), facets: facets.impacts }
            details { class: "more",
                summary { "More filters" }
                div { class: "filter-row",
                    Numbers { draft, filter: filter.clone() }
                }
                Types { draft, chosen: filter.types.clone(), facets: facets.types }
                Consequences {
                    draft,
                    chosen: filter.consequences.clone(),
                    facets: facets.consequences,
                }
            }
            if !filter.is_empty() {
                Link { class: "button", to: clear, "Clear filters" }
            }
        }
    }
}

#[component]
fn TextFilters(draft: Draft, filter: Filter) -> Element {
    rsx! {
        TextField {
            id: "filter-text",
            label: "Identifier or gene",
            example: "rs12, brca",
            value: filter.text,
            read: |text: String| Ok(text.trim().to_owned()),
            onvalue: move |text: String| draft.edit(|filter| filter.text = text.trim().to_owned()),
        }
        TextField {
            id: "filter-genes",
            label: "Genes",
            example: "BRCA1, TP53",
            value: filter.genes.join(", "),
            read: |text: String| Ok(words(&text).join(", ")),
            onvalue: move |text: String| draft.edit(|filter| filter.genes = words(&text)),
        }
        TextField {
            id: "filter-regions",
            label: "Regions",
            example: "chr1:1000-2000",
            value: join(&filter.regions),
            read: |text: String| regions(&text).map(|regions| join(&regions)),
            onvalue: move |text: String| draft.edit(|filter| {
                filter.regions = regions(&text).unwrap_or_default();
            }),
        }
    }
}

#[component]
fn Numbers(draft: Draft, filter: Filter) -> Element {
    let known = match filter.known {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let is_pass_only = filter.filters == ["PASS"];
    rsx! {
        TextField {
            id: "filter-frequency",
            label: "Frequency at most",
            example: "0.01",
            numeric: true,
            value: number_text(filter.frequency.and_then(|range| range.max)),
            read: |text: String| number(&text, 1.0).map(number_text),
            onvalue: move |text: String| draft.edit(|filter| {
                let max = number(&text, 1.0).unwrap_or_default();
                // What no database has seen is rare.
                filter.frequency = max.map(|max| Range { max: Some(max), min: None, or_missing: true });
            }),
        }
        TextField {
            id: "filter-quality",
            label: "QUAL at least",
            example: "30",
            numeric: true,
            value: number_text(filter.quality.and_then(|range| range.min)),
            read: |text: String| number(&text, f32::MAX).map(number_text),
            onvalue: move |text: String| draft.edit(|filter| {
                let min = number(&text, f32::MAX).unwrap_or_default();
                filter.quality = min.map(|min| Range { min: Some(min), ..Range::default() });
            }),
        }
        div { class: "field",
            label { r#for: "filter-known", "In dbSNP" }
            select {
                id: "filter-known",
                onchange: move |event| draft.edit(|filter| {
                    filter.known = match event.value().as_str() {
                        "yes" => Some(true),
                        "no" => Some(false),
                        _ => None,
                    };
                }),
                for (value, label) in [("", "Known and novel"), ("yes", "Known only"), ("no", "Novel only")] {
                    option { value, selected: value == known, "{label}" }
                }
            }
        }
        label { class: "choice choice-alone",
            input {
                r#type: "checkbox",
                checked: is_pass_only,
                onchange: move |_| draft.edit(|filter| {
                    filter.filters = if is_pass_only { Vec::new() } else { vec!["PASS".to_owned()] };
                }),
            }
            span { "FILTER is PASS" }
        }
    }
}

#[component]
fn Impacts(draft: Draft, chosen: Vec<Impact>, facets: Vec<Facet<Impact>>) -> Element {
    let choices = choices(&Impact::ALL, &chosen, &facets, |impact| impact.as_str().to_owned());
    rsx! {
        Choices {
            legend: "Impact",
            choices,
            ontoggle: move |place: usize| draft.edit(|filter| {
                toggle(&mut filter.impacts, Impact::ALL[place]);
            }),
        }
    }
}

#[component]
fn Types(draft: Draft, chosen: Vec<VariantType>, facets: Vec<Facet<VariantType>>) -> Element {
    let choices = choices(&VariantType::ALL, &chosen, &facets, |kind| match kind {
        VariantType::Snv => "SNV".to_owned(),
        VariantType::Mnv => "MNV".to_owned(),
        kind => kind.as_str().to_owned(),
    });
    rsx! {
        Choices {
            legend: "Type",
            choices,
            ontoggle: move |place: usize| draft.edit(|filter| {
                toggle(&mut filter.types, VariantType::ALL[place]);
            }),
        }
    }
}

#[component]
fn Consequences(draft: Draft, chosen: Vec<String>, facets: Vec<Facet<String>>) -> Element {
    // Those of the file, and what is chosen already.
    let mut all: Vec<String> = facets.iter().map(|facet| facet.value.clone()).collect();
    all.extend(chosen.iter().filter(|term| !all.contains(term)).cloned().collect::<Vec<_>>());
    let choices = choices(&all, &chosen, &facets, |term| term.replace('_', " "));
    rsx! {
        Choices {
            legend: "Most severe consequence",
            choices,
            ontoggle: move |place: usize| draft.edit(|filter| {
                toggle(&mut filter.consequences, all[place].clone());
            }),
        }
    }
}

/// Values as choices, with their facets' counts.
fn choices<T: PartialEq>(
    all: &[T],
    chosen: &[T],
    facets: &[Facet<T>],
    label: impl Fn(&T) -> String,
) -> Vec<Choice> {
    let records = |value: &T| facets.iter().find(|facet| facet.value == *value).map(|f| f.records);
    let choice = |value: &T| Choice {
        label: label(value),
        records: Some(records(value).unwrap_or(0)),
        chosen: chosen.contains(value),
    };
    all.iter().map(choice).collect()
}

fn toggle<T: PartialEq>(values: &mut Vec<T>, value: T) {
    match values.iter().position(|known| *known == value) {
        Some(place) => drop(values.remove(place)),
        None => values.push(value),
    }
}

/// What stands between commas or spaces.
fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ';', ' ']).map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Regions, between semicolons, spaces, or commas that stand before no digits of a position.
fn regions(text: &str) -> Result<Vec<Region>, String> {
    let parts = text.split([';', ' ']).flat_map(|part| part.split(", "));
    let parts = parts.map(|part| part.trim_matches(',')).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("{error}"))).collect()
}

fn join(regions: &[Region]) -> String {
    let regions: Vec<String> = regions.iter().map(Region::to_string).collect();
    regions.join(", ")
}

/// A number from 0 on, or nothing.
fn number(text: &str, max: f32) -> Result<Option<f32>, String> {
    match text.trim() {
        "" => Ok(None),
        text => match text.replace(',', ".").parse::<f32>() {
            Ok(number) if (0.0..=max).contains(&number) => Ok(Some(number)),
            Ok(_) if max == 1.0 => Err("a number from 0 to 1 is needed".to_owned()),
            _ => Err("a number from 0 on is needed".to_owned()),
        },
    }
}

fn number_text(number: Option<f32>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_people_write_them() {
        assert_eq!(words(" BRCA1, TP53;ABC  "), ["BRCA1", "TP53", "ABC"]);
        let read = regions("chr1:1,000-2,000, 2; X:5 7,").unwrap();
        assert_eq!(join(&read), "chr1:1000-2000, 2, X:5-5, 7");
        assert_eq!(regions(&join(&read)).unwrap(), read);
        assert!(regions("1:9-5").unwrap_err().contains("ends before"));
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(number(" 0,01 ", 1.0), Ok(Some(0.01)));
        assert_eq!(number("", 1.0), Ok(None));
        for bad in ["2", "-1", "x", "NaN"] {
            assert!(number(bad, 1.0).is_err(), "{bad}");
        }
        assert!(number("inf", f32::MAX).is_err());
    }

    #[test]
    fn a_value_is_chosen_and_given_up() {
        let mut chosen = vec![1];
        toggle(&mut chosen, 2);
        toggle(&mut chosen, 1);
        assert_eq!(chosen, [2]);
        let facets = [Facet { value: 2, records: 7 }];
        let shown = choices(&[1, 2], &chosen, &facets, i32::to_string);
        assert_eq!(
            shown.iter().map(|c| (c.records, c.chosen)).collect::<Vec<_>>(),
            [(Some(0), false), (Some(7), true)]
        );
    }
}
