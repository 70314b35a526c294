//! The filter form. Changes are written to the address after a short pause; the address is the state
//! of the page.

use super::TableQuery;
use super::draft::{Draft, use_draft};
use super::fields::{Choice, Choices, Field, GENES, REGIONS, TEXT, TextField};
use crate::app::Route;
use dioxus::prelude::*;
use gas_shared::explorer::{Facet, Facets, Filter, Impact, NUMERIC_COLUMNS, VariantType, url};

/// The filter form.
#[component]
pub fn Filters(
    /// The query of the address.
    query: TableQuery,
    /// The number of variants of each choice, once it is known.
    facets: Option<Facets>,
) -> Element {
    let draft = use_draft(&query);
    let filter = draft.filter();
    let clear = Route::Results {
        id: query.id.to_string(),
        filter: String::new(),
        sort: url::write_sort(query.sort),
    };
    let facets = facets.as_ref();
    rsx! {
        form {
            class: "filters",
            role: "search",
            "aria-label": "Filters",
            onsubmit: move |event| event.prevent_default(),
            div { class: "filter-row",
                for field in [&TEXT, &GENES, &REGIONS].map(Field::Text) {
                    TextField { key: "{field.id()}", field, draft }
                }
            }
            {facet_choices(draft, "Impact", &Impact::ALL, facets.map(|f| &*f.impacts), impact_label, |f| &mut f.impacts)}
            details { class: "more",
                summary { "More filters" }
                div { class: "filter-row",
                    for field in NUMERIC_COLUMNS.map(Field::Number) {
                        TextField { key: "{field.id()}", field, draft }
                    }
                    Known { draft, known: filter.known }
                    PassOnly { draft, is_pass_only: filter.filters == ["PASS"] }
                }
                {facet_choices(draft, "Type", &VariantType::ALL, facets.map(|f| &*f.types), type_label, |f| &mut f.types)}
                {
                    let all = terms(facets, &filter.consequences);
                    let counts = facets.map(|f| &*f.consequences);
                    let label = |term: &String| term.replace('_', " ");
                    facet_choices(draft, "Most severe consequence", &all, counts, label, |f| &mut f.consequences)
                }
            }
            if !filter.is_empty() {
                Link { class: "button", to: clear, "Clear filters" }
            }
        }
    }
}

#[component]
fn Known(draft: Draft, known: Option<bool>) -> Element {
    let chosen = match known {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    };
    rsx! {
        div { class: "field",
            label { r#for: "filter-known", "rsID" }
            select {
                id: "filter-known",
                onchange: move |event| draft.edit(|filter| {
                    filter.known = match event.value().as_str() {
                        "yes" => Some(true),
                        "no" => Some(false),
                        _ => None,
                    };
                }),
                for (value, label) in [("", "Any"), ("yes", "Has an rsID"), ("no", "No rsID")] {
                    option { value, selected: value == chosen, "{label}" }
                }
            }
        }
    }
}

#[component]
fn PassOnly(draft: Draft, is_pass_only: bool) -> Element {
    rsx! {
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

fn impact_label(impact: &Impact) -> String {
    impact.as_str().to_owned()
}

fn type_label(kind: &VariantType) -> String {
    match kind {
        VariantType::Snv => "SNV".to_owned(),
        VariantType::Mnv => "MNV".to_owned(),
        kind => kind.as_str().to_owned(),
    }
}

/// The consequences of the file, and those that are chosen.
fn terms(facets: Option<&Facets>, chosen: &[String]) -> Vec<String> {
    let counted = facets.map(|facets| &*facets.consequences).unwrap_or_default();
    let mut all: Vec<String> = counted.iter().map(|facet| facet.value.clone()).collect();
    let rest: Vec<String> = chosen.iter().filter(|term| !all.contains(term)).cloned().collect();
    all.extend(rest);
    all
}

/// The choices of a criterion with a list of values.
fn facet_choices<T: Clone + PartialEq + 'static>(
    draft: Draft,
    legend: &'static str,
    all: &[T],
    facets: Option<&[Facet<T>]>,
    label: impl Fn(&T) -> String,
    list: fn(&mut Filter) -> &mut Vec<T>,
) -> Element {
    let mut filter = draft.filter();
    let choices = choices(all, list(&mut filter), facets, label);
    let all = all.to_vec();
    let ontoggle =
        move |index: usize| draft.edit(|filter| toggle(list(filter), all[index].clone()));
    rsx! {
        Choices { legend, choices, ontoggle }
    }
}

/// Values as choices. If the facets are known, values that they lack have no variants.
fn choices<T: PartialEq>(
    all: &[T],
    chosen: &[T],
    facets: Option<&[Facet<T>]>,
    label: impl Fn(&T) -> String,
) -> Vec<Choice> {
    let records = |facets: &[Facet<T>], value: &T| {
        facets.iter().find(|facet| facet.value == *value).map_or(0, |facet| facet.records)
    };
    let choice = |value: &T| Choice {
        label: label(value),
        records: facets.map(|facets| records(facets, value)),
        chosen: chosen.contains(value),
    };
    all.iter().map(choice).collect()
}

fn toggle<T: PartialEq>(values: &mut Vec<T>, value: T) {
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

    #[test]
    fn unknown_counts_are_not_shown_as_zero() {
        let counts = |facets: Option<&[Facet<i32>]>| {
            let shown = choices(&[1, 2], &[2], facets, i32::to_string);
            shown.iter().map(|c| (c.records, c.chosen)).collect::<Vec<_>>()
        };
        let facets = [Facet { value: 2, records: 7 }];
        assert_eq!(counts(Some(&facets)), [(Some(0), false), (Some(7), true)]);
        assert_eq!(counts(None), [(None, false), (None, true)]);
    }
}
