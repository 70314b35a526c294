//! The filter form. Changes are written to the address after a short pause; the address is the state
//! of the page.

use super::TableQuery;
use super::draft::{Draft, use_draft};
use super::fields::{Choice, Choices, Field, GENES, REGIONS, TEXT, TextField, toggle};
use super::gene_panels::GenePanels;
use super::sample_filters::SampleFilters;
use super::saved_lists::SavedLists;
use crate::components::{HelpLink, sentence};
use crate::help_topic::HelpTopic;
use dioxus::prelude::*;
use gas_shared::explorer::{
    CategoryColumn, CategoryFilter, ColumnSet, Facet, Facets, NameList, NumericColumn, UnknownName,
    url,
};
use std::sync::Arc;

/// The id of the filters, which are a panel that a button opens on narrow screens.
pub const FILTERS_ID: &str = "filters";

/// The filter form.
#[component]
pub fn Filters(
    /// The query of the address.
    query: TableQuery,
    /// The number of variants of each choice, once it is known.
    facets: Option<Facets>,
    /// The columns of the result.
    columns: ColumnSet,
    /// The samples that filters can have.
    samples: Vec<String>,
    /// Names in the filter of the address that the result does not have.
    unknown: Vec<UnknownName>,
    /// What the user has saved, if they can use it here.
    saved: Option<SavedLists>,
) -> Element {
    let draft = use_draft(&query);
    let filter = draft.filter();
    let clear = query.at.explorer(String::new(), url::write_sort(&query.sort));
    let facets = facets.as_ref();
    rsx! {
        form {
            id: FILTERS_ID,
            class: "filters",
            // Only on narrow screens; the style sheet shows it at the side of the table otherwise.
            "popover": "auto",
            role: "search",
            "aria-label": "Filters",
            onsubmit: move |event| event.prevent_default(),
            for (field, list) in [
                (Field::Text(&TEXT), None),
                (Field::Text(&GENES), Some(NameList::Genes)),
                (Field::Text(&REGIONS), Some(NameList::Regions)),
            ] {
                TextField {
                    key: "{field.id()}",
                    field: field.clone(),
                    draft,
                    notes: notes_of(list, &unknown),
                }
            }
            if let Some(saved) = saved {
                GenePanels { draft, saved }
            }
            for column in with_filter(&columns, CategoryFilter::Choices { always_shown: true }) {
                {facet_choices(draft, column, facets)}
            }
            for column in columns.numeric().iter().filter(|column| is_first(column, &columns)).cloned() {
                TextField { key: "{column.name}", field: Field::Number(column), draft }
            }
            for column in columns.categories().iter().cloned() {
                match column.filter {
                    CategoryFilter::Select => rsx! { Select { key: "{column.name}", draft, column } },
                    CategoryFilter::Only { value, label } => rsx! { Only { key: "{column.name}", draft, column, value, label } },
                    CategoryFilter::Choices { .. } | CategoryFilter::None => rsx! {},
                }
            }
            if !samples.is_empty() {
                SampleFilters { draft, samples }
            }
            details { class: "more",
                summary { "More filters" }
                for column in columns.numeric().iter().filter(|column| !is_first(column, &columns)).cloned() {
                    TextField { key: "{column.name}", field: Field::Number(column), draft }
                }
                for column in with_filter(&columns, CategoryFilter::Choices { always_shown: false }) {
                    {facet_choices(draft, column, facets)}
                }
            }
            HelpLink { topic: HelpTopic::Consequences, label: "Consequences and impact explained" }
            div { class: "filters-end",
                if !filter.is_empty() {
                    Link { class: "button", to: clear, "Clear filters" }
                }
                button {
                    class: "button filters-close",
                    r#type: "button",
                    "popovertarget": FILTERS_ID,
                    "popovertargetaction": "hide",
                    "Show variants"
                }
            }
        }
    }
}

/// What is wrong with names of a list that the result does not have.
fn notes_of(list: Option<NameList>, unknown: &[UnknownName]) -> Vec<String> {
    let names = unknown.iter().filter(|name| Some(name.list) == list);
    names.map(|name| sentence(&name.to_string())).collect()
}

/// Whether the filter of a numeric column is visible at first: of the many columns of sources, only the frequency in a
/// population is.
fn is_first(column: &Arc<NumericColumn>, columns: &ColumnSet) -> bool {
    column.source.is_none() || columns.population_frequency() == Some(column)
}

/// The category columns with a kind of filter.
fn with_filter(
    columns: &ColumnSet,
    filter: CategoryFilter,
) -> impl Iterator<Item = &Arc<CategoryColumn>> {
    columns.categories().iter().filter(move |column| column.filter == filter)
}

/// A choice of one value, or any.
#[component]
fn Select(draft: Draft, column: Arc<CategoryColumn>) -> Element {
    let chosen = draft.filter().categories.values(&column).first().cloned().unwrap_or_default();
    let id = format!("filter-{}", column.row_name);
    rsx! {
        div { class: "field",
            label { r#for: "{id}", title: "{column.legend}", "{column.legend}" }
            select {
                id: "{id}",
                onchange: {
                    let column = column.clone();
                    move |event: FormEvent| draft.edit(|filter| {
                        let values = column.value(&event.value()).map(|value| value.name.to_owned());
                        filter.categories.set_values(&column, values.into_iter().collect());
                    })
                },
                option { value: "", selected: chosen.is_empty(), "Any" }
                for value in column.listed() {
                    option { value: value.name, selected: value.name == chosen, {value.label} }
                }
            }
        }
    }
}

/// A checkbox for one value.
#[component]
fn Only(
    draft: Draft,
    column: Arc<CategoryColumn>,
    value: &'static str,
    label: &'static str,
) -> Element {
    let is_chosen = draft.filter().categories.values(&column) == [value];
    rsx! {
        label { class: "choice choice-alone",
            input {
                r#type: "checkbox",
                checked: is_chosen,
                onchange: move |_| draft.edit(|filter| {
                    let values = if is_chosen { Vec::new() } else { vec![value.to_owned()] };
                    filter.categories.set_values(&column, values);
                }),
            }
            span { {label} }
        }
    }
}

/// The choices of a category column.
fn facet_choices(draft: Draft, column: &Arc<CategoryColumn>, facets: Option<&Facets>) -> Element {
    let filter = draft.filter();
    let chosen = filter.categories.values(column);
    let facet = facets.map(|facets| facets.of(column));
    if column.is_own() && chosen.is_empty() && facet.is_some_and(<[Facet]>::is_empty) {
        // The index of the result was built before the column existed.
        return rsx! {};
    }
    let all = values(column, facet, chosen);
    let choices = choices(&all, chosen, facet, |value| column.label_of(value));
    let (edited, legend) = (column.clone(), column.legend.to_string());
    let ontoggle = move |index: usize| {
        draft.edit(|filter| {
            let mut chosen = filter.categories.values(&edited).to_vec();
            toggle(&mut chosen, all[index].clone());
            filter.categories.set_values(&edited, chosen);
        });
    };
    rsx! {
        Choices { legend, choices, ontoggle }
    }
}

/// The listed values of a column, or those of the file and those that are chosen.
fn values(column: &CategoryColumn, facet: Option<&[Facet]>, chosen: &[String]) -> Vec<String> {
    if column.is_listed() {
        return column.listed().iter().map(|value| value.name.to_owned()).collect();
    }
    let counted = facet.unwrap_or_default();
    let mut all: Vec<String> = counted.iter().map(|facet| facet.value.clone()).collect();
    let rest: Vec<String> = chosen.iter().filter(|value| !all.contains(value)).cloned().collect();
    all.extend(rest);
    all
}

/// Values as choices. If the facet is known, values that it lacks have no variants.
fn choices(
    all: &[String],
    chosen: &[String],
    facet: Option<&[Facet]>,
    label: impl Fn(&str) -> String,
) -> Vec<Choice> {
    let records = |facet: &[Facet], value: &str| {
        facet.iter().find(|facet| facet.value == value).map_or(0, |facet| facet.records)
    };
    let choice = |value: &String| Choice {
        label: label(value),
        records: facet.map(|facet| records(facet, value)),
        chosen: chosen.contains(value),
    };
    all.iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_counts_are_not_shown_as_zero() {
        let [one, two] = ["1", "2"].map(str::to_owned);
        let counts = |facet: Option<&[Facet]>| {
            let all = [one.clone(), two.clone()];
            let shown = choices(&all, std::slice::from_ref(&two), facet, str::to_owned);
            shown.iter().map(|c| (c.records, c.chosen)).collect::<Vec<_>>()
        };
        let facets = [Facet { value: two.clone(), records: 7 }];
        assert_eq!(counts(Some(&facets)), [(Some(0), false), (Some(7), true)]);
        assert_eq!(counts(None), [(None, false), (None, true)]);
    }
}
