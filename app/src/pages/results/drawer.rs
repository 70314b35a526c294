//! The panel at the side with the details of a variant.

use super::field_labels::field_label;
use super::links::{HumanAssembly, Outside, links};
use super::opened::Opened;
use super::row::{badge, exon, labels, mane, number_text};
use super::table::{focus_row, show_row};
use crate::api::use_api_resource;
use crate::components::{
    ErrorNote, HelpLink, Icon, IconName, Modal, ScrollTable, Skeleton, value_badge,
};
use crate::format;
use crate::help_topic::HelpTopic;
use crate::result_address::ResultAddress;
use dioxus::prelude::*;
use gas_shared::Provenance;
use gas_shared::explorer::{
    CONSEQUENCE, CategoryColumn, ColumnSet, FILTER, Field, IMPACT, Row, RowDetails,
    TranscriptEntry, VARIANT_TYPE,
};

/// The first columns of the transcripts; the other fields follow.
const FIRST_COLUMNS: [&str; 8] =
    ["Consequence", "SYMBOL", "Feature", "BIOTYPE", "HGVSc", "HGVSp", "EXON", "INTRON"];

/// The most characters of an allele in the title.
const TITLE_ALLELE_CHARS: usize = 20;

/// The details of a variant, with ways to the next and the previous row.
#[component]
pub fn Drawer(
    at: ResultAddress,
    /// The rows of the table.
    rows: u64,
    /// The row whose details are open.
    opened: Opened,
    /// The columns of the result.
    columns: ColumnSet,
    /// What the result was made with.
    provenance: Option<Provenance>,
) -> Element {
    let result = use_memo(use_reactive!(|at| at));
    let details = use_api_resource(move || {
        let key = (result(), opened.number());
        async move {
            match key {
                (at, Some(number)) => at.variant(number).await,
                (_, None) => std::future::pending().await,
            }
        }
    });
    // The browser focuses the row that was opened first; the one that was read last is where the user is now.
    let mut was_open = use_signal(|| false);
    use_effect(use_reactive!(|rows| {
        let is_open = (opened.is_open)();
        if was_open.replace(is_open)
            && !is_open
            && let Some(row) = opened.row()
        {
            focus_row(rows, row);
        }
    }));
    let step = move |forward: bool| {
        if let Some(next) = opened.row().and_then(|at| neighbor(at, rows, forward)) {
            show_row(rows, next);
            opened.open(next);
        }
    };
    let onkeydown = move |event: KeyboardEvent| match event.key() {
        Key::Character(key) if key == "j" => step(true),
        Key::Character(key) if key == "k" => step(false),
        _ => {}
    };
    // While another variant is loading, the previous one is not shown.
    let current = details.read().filter(|found| match found {
        Ok(details) => Some(details.row.number) == opened.number(),
        Err(_) => details.is_finished(),
    });
    let title = match &current {
        Some(Ok(RowDetails { row, .. })) => variant(row),
        _ => "Variant".to_owned(),
    };
    let announced = match &current {
        Some(Ok(details)) => announcement(&details.row),
        _ => String::new(),
    };
    rsx! {
        Modal { id: "variant", title, open: opened.is_open, onkeydown,
            // The focus stays on the button that leads to the next variant.
            p { class: "visually-hidden", role: "status",
                {announced}
            }
            if let Some(at) = opened.row() {
                Steps { at, rows, onstep: step }
            }
            match current {
                None => rsx! { Skeleton {} },
                Some(Err(error)) => rsx! { ErrorNote { error } },
                Some(Ok(details)) => rsx! { Details { details, columns, provenance } },
            }
        }
    }
}

/// The position and the alleles of a row.
fn variant(row: &Row) -> String {
    format!(
        "{}:{} {} > {}",
        row.chrom,
        format::count(row.pos.into()),
        format::shortened(&row.reference, TITLE_ALLELE_CHARS),
        format::shortened(&row.alt, TITLE_ALLELE_CHARS)
    )
}

/// What screen readers announce when the details of a row are shown.
fn announcement(row: &Row) -> String {
    let consequence = row.consequence.as_ref().map(|term| term.replace('_', " "));
    [Some(variant(row)), consequence, row.gene.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// The row before or after another.
fn neighbor(at: u64, rows: u64, forward: bool) -> Option<u64> {
    let next = if forward { at.checked_add(1)? } else { at.checked_sub(1)? };
    (next < rows).then_some(next)
}

/// The buttons that lead to the next and the previous row. At the ends of the table they stay focusable, so that the
/// focus is not lost.
#[component]
fn Steps(at: u64, rows: u64, onstep: EventHandler<bool>) -> Element {
    rsx! {
        div { class: "drawer-steps",
            for (label, key, icon, forward) in [
                ("Previous", "k", IconName::Up, false),
                ("Next", "j", IconName::Down, true),
            ] {
                button {
                    class: "button",
                    r#type: "button",
                    title: "{label} variant (key {key})",
                    "aria-keyshortcuts": key,
                    "aria-disabled": neighbor(at, rows, forward).is_none(),
                    onclick: move |_| onstep.call(forward),
                    Icon { name: icon }
                    {label}
                }
            }
            span { class: "muted", "{format::count(at + 1)} of {format::count(rows)}" }
        }
    }
}

#[component]
fn Details(details: RowDetails, columns: ColumnSet, provenance: Option<Provenance>) -> Element {
    let RowDetails { row, frequencies, entries, info, samples, notes } = details;
    let assembly = provenance.as_ref().and_then(HumanAssembly::of);
    let reference = provenance.map(|made| made.to_string());
    let links = links(&row, assembly);
    rsx! {
        div { class: "drawer",
            if !links.is_empty() {
                p { class: "links",
                    for (name, to) in links {
                        Outside { key: "{to}", to, {name} }
                    }
                }
            }
            for note in notes {
                p { class: "muted", "{note}" }
            }
            Values { title: "In your file", values: values_of_file(&row, &columns) }
            h3 { "Annotation" }
            if let Some(reference) = reference {
                p { class: "muted", "Genes of {reference}" }
            }
            Annotation { row, columns }
            Fields { title: "Frequencies", fields: frequencies }
            Transcripts { entries, assembly }
            Fields { title: "Other INFO fields", fields: info }
            Fields { title: "Samples", fields: samples }
        }
    }
}

/// What the file states about a variant.
fn values_of_file(row: &Row, columns: &ColumnSet) -> Vec<(String, String)> {
    let mut values = vec![
        (VARIANT_TYPE.label.to_string(), labels(&VARIANT_TYPE, &VARIANT_TYPE.values_of(row))),
        ("Reference allele".to_owned(), row.reference.clone()),
        ("Alternative alleles".to_owned(), row.alt.clone()),
        ("ID".to_owned(), if row.id == "." { String::new() } else { row.id.clone() }),
        (FILTER.label.to_string(), labels(&FILTER, &FILTER.values_of(row))),
    ];
    let own = columns.numeric().iter().filter(|column| column.source.is_none());
    values.extend(own.map(|column| (column.long_label.to_string(), number_text(column, row))));
    values
}

/// The annotation of the record. The labels of values from sources name the source.
#[component]
fn Annotation(row: Row, columns: ColumnSet) -> Element {
    let category = |column: &CategoryColumn| labels(column, &column.values_of(&row));
    let mut values: Vec<(&str, String)> = vec![
        ("Gene", row.gene.clone().unwrap_or_default()),
        ("Transcript", row.transcript.clone().unwrap_or_default()),
        ("MANE", mane(&row).to_owned()),
        ("Exon", exon(&row)),
        ("HGVS coding", row.hgvs_c.clone().unwrap_or_default()),
        ("HGVS protein", row.hgvs_p.clone().unwrap_or_default()),
        ("Identifiers", row.ids.join(", ")),
    ];
    let numbers = columns.numeric().iter().filter(|column| column.source.is_some());
    values.extend(numbers.map(|column| (&*column.long_label, number_text(column, &row))));
    values.extend(columns.own_categories().map(|column| (&*column.legend, category(column))));
    let texts = columns.texts().iter();
    values.extend(
        texts.map(|column| {
            (&*column.long_label, row.texts.find(column).cloned().unwrap_or_default())
        }),
    );
    rsx! {
        dl { class: "details details-plain",
            for (value, tone) in IMPACT.values_of(&row).iter().filter_map(|value| badge(&IMPACT, value)) {
                dt { "{IMPACT.label}" }
                dd { {value_badge(value.label, tone)} }
            }
            if let Some(term) = &row.consequence {
                dt { "{CONSEQUENCE.label}" }
                dd { HelpLink { topic: HelpTopic::Consequences, entry: term.clone(), label: category(&CONSEQUENCE) } }
            }
            for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
                dt { "{name}" }
                dd { "{value}" }
            }
        }
    }
}

/// Values with labels, without those that are empty.
#[component]
fn Values(title: &'static str, values: Vec<(String, String)>) -> Element {
    rsx! {
        h3 { {title} }
        dl { class: "details details-plain",
            for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
                dt { "{name}" }
                dd { "{value}" }
            }
        }
    }
}

/// The annotation of every transcript.
#[component]
fn Transcripts(entries: Vec<TranscriptEntry>, assembly: Option<HumanAssembly>) -> Element {
    if entries.is_empty() {
        return rsx! {};
    }
    let columns = columns(&entries);
    let entries = most_severe_first(entries);
    rsx! {
        h3 { "Transcripts ({entries.len()})" }
        ScrollTable {
            label: "Transcripts",
            caption: "Consequences by transcript",
            class: "transcripts",
            columns: columns.iter().map(|name| field_label(name).to_owned()).collect::<Vec<_>>(),
            for entry in &entries {
                tr { class: if entry.chosen { "chosen" },
                    for column in &columns {
                        td { Value { value: value(entry, column), assembly } }
                    }
                }
            }
        }
    }
}

/// A value, with a link to Ensembl for its identifiers.
#[component]
fn Value(value: String, assembly: Option<HumanAssembly>) -> Element {
    match assembly.and_then(|assembly| assembly.ensembl_page(&value)) {
        Some(to) => rsx! {
            Outside { to, "{value}" }
        },
        None => rsx! { {value.replace('&', ", ")} },
    }
}

/// Fields of the record, with the descriptions of the header.
#[component]
fn Fields(title: &'static str, fields: Vec<Field>) -> Element {
    if fields.is_empty() {
        return rsx! {};
    }
    rsx! {
        h3 { "{title}" }
        dl { class: "details details-plain",
            for field in fields {
                dt {
                    {field_label(&field.key)}
                    if let Some(description) = field.description {
                        span { class: "field-description", "{description}" }
                    }
                }
                dd { if field.value.is_empty() { "yes" } else { "{field.value}" } }
            }
        }
    }
}

/// The names of all fields of the entries, the most important ones first.
fn columns(entries: &[TranscriptEntry]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in entries.iter().flat_map(|entry| &entry.fields) {
        if !names.contains(&field.key) {
            names.push(field.key.clone());
        }
    }
    names.sort_by_key(|name| {
        FIRST_COLUMNS.iter().position(|first| first == name).unwrap_or(FIRST_COLUMNS.len())
    });
    names
}

/// The entries in the order in which they are read: the one that the record is listed with, then by impact. Entries
/// of the same impact stay in the order of the file.
fn most_severe_first(mut entries: Vec<TranscriptEntry>) -> Vec<TranscriptEntry> {
    const IMPACTS: [&str; 3] = ["HIGH", "MODERATE", "LOW"];
    entries.sort_by_key(|entry| {
        let impact = value(entry, "IMPACT");
        let rank = IMPACTS.iter().position(|one| *one == impact).unwrap_or(IMPACTS.len());
        (!entry.chosen, rank)
    });
    entries
}

fn value(entry: &TranscriptEntry, column: &str) -> String {
    let field = entry.fields.iter().find(|field| field.key == column);
    field.map(|field| field.value.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn important_columns_come_first_and_all_are_shown() {
        let field = |key: &str| Field { key: key.into(), value: "x".into(), description: None };
        let entry = |keys: &[&str]| TranscriptEntry {
            chosen: false,
            fields: keys.iter().map(|key| field(key)).collect(),
        };
        let entries = [entry(&["Allele", "Feature", "Consequence"]), entry(&["STRAND", "Allele"])];
        assert_eq!(columns(&entries), ["Consequence", "Feature", "Allele", "STRAND"]);
        assert_eq!(value(&entries[1], "Feature"), "");
    }

    #[test]
    fn the_transcript_of_the_record_and_severe_ones_come_first() {
        let entry = |feature: &str, impact: &str, chosen| TranscriptEntry {
            chosen,
            fields: [("Feature", feature), ("IMPACT", impact)]
                .map(|(key, value)| Field {
                    key: key.into(),
                    value: value.into(),
                    description: None,
                })
                .into(),
        };
        let entries = vec![
            entry("A", "MODIFIER", false),
            entry("B", "LOW", false),
            entry("C", "MODIFIER", false),
            entry("D", "LOW", true),
            entry("E", "HIGH", false),
        ];
        let order = most_severe_first(entries);
        let order: Vec<_> = order.iter().map(|entry| value(entry, "Feature")).collect();
        assert_eq!(order, ["D", "E", "B", "A", "C"]);
    }

    #[test]
    fn steps_end_at_the_ends_of_the_table() {
        assert_eq!([neighbor(0, 2, true), neighbor(1, 2, true)], [Some(1), None]);
        assert_eq!([neighbor(0, 2, false), neighbor(1, 2, false)], [None, Some(0)]);
    }
}
