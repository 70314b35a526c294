//! The dialog with the details of a variant.

use super::row::{Badge, badge, labels, number_text};
use crate::api::{self, use_api_resource};
use crate::components::{ErrorNote, Modal, ScrollTable, Skeleton};
use crate::format;
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::explorer::url::encode_query_value;
use gas_shared::explorer::{
    CONSEQUENCE, CategoryColumn, ColumnSet, FILTER, Field, IMPACT, Row, RowDetails,
    TranscriptEntry, VARIANT_TYPE,
};

/// The first columns of the transcripts; the other fields follow.
const FIRST_COLUMNS: [&str; 8] =
    ["Consequence", "SYMBOL", "Feature", "BIOTYPE", "HGVSc", "HGVSp", "EXON", "INTRON"];

/// The dialog with the details of a variant.
#[component]
pub fn Drawer(
    id: JobId,
    number: Signal<Option<u64>>,
    open: Signal<bool>,
    /// The columns of the result.
    columns: ColumnSet,
) -> Element {
    let job = use_memo(use_reactive!(|id| id));
    let details = use_api_resource(move || {
        let key = (job(), number());
        async move {
            match key {
                (id, Some(number)) => api::variant(id, number).await,
                (_, None) => std::future::pending().await,
            }
        }
    });
    // While another variant is loading, the previous one is not shown.
    let current = details.read().filter(|found| match found {
        Ok(details) => Some(details.row.number) == number(),
        Err(_) => details.is_finished(),
    });
    let title = match &current {
        Some(Ok(RowDetails { row, .. })) => {
            format!(
                "{}:{} {} > {}",
                row.chrom,
                format::count(row.pos.into()),
                shortened(&row.reference),
                shortened(&row.alt)
            )
        }
        _ => "Variant".to_owned(),
    };
    rsx! {
        Modal { id: "variant", title, open,
            match current {
                None => rsx! { Skeleton {} },
                Some(Err(error)) => rsx! { ErrorNote { error } },
                Some(Ok(details)) => rsx! { Details { details, columns } },
            }
        }
    }
}

#[component]
fn Details(details: RowDetails, columns: ColumnSet) -> Element {
    let RowDetails { row, frequencies, entries, info, samples, notes } = details;
    rsx! {
        div { class: "drawer",
            Links { row: row.clone() }
            for note in notes {
                p { class: "muted", "{note}" }
            }
            Summary { row, columns }
            Fields { title: "Frequencies", fields: frequencies }
            Transcripts { entries }
            Fields { title: "Other INFO", fields: info }
            Fields { title: "Samples", fields: samples }
        }
    }
}

#[component]
fn Summary(row: Row, columns: ColumnSet) -> Element {
    let category = |column: &CategoryColumn| labels(column, &column.values_of(&row));
    let mut values: Vec<(&str, String)> = vec![
        (&*VARIANT_TYPE.label, category(&VARIANT_TYPE)),
        ("Identifiers", row.ids.join(", ")),
        ("Gene", row.gene.clone().unwrap_or_default()),
        ("Transcript", row.transcript.clone().unwrap_or_default()),
        ("HGVS coding", row.hgvs_c.clone().unwrap_or_default()),
        ("HGVS protein", row.hgvs_p.clone().unwrap_or_default()),
    ];
    let numbers = columns.numeric().iter();
    values.extend(numbers.map(|column| (&*column.long_label, number_text(column, &row))));
    values.extend(columns.own_categories().map(|column| (&*column.legend, category(column))));
    values.extend(
        columns.texts().iter().map(|column| {
            (&*column.long_label, row.texts.find(column).cloned().unwrap_or_default())
        }),
    );
    values.extend([
        (&*FILTER.label, category(&FILTER)),
        ("Reference allele", row.reference.clone()),
        ("Alternative alleles", row.alt.clone()),
    ]);
    rsx! {
        dl { class: "details details-plain",
            for (value, tone) in IMPACT.values_of(&row).iter().filter_map(|value| badge(&IMPACT, value)) {
                dt { "{IMPACT.label}" }
                dd { Badge { label: value.label, tone } }
            }
            if row.consequence.is_some() {
                dt { "{CONSEQUENCE.label}" }
                dd { {category(&CONSEQUENCE)} }
            }
            for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
                dt { "{name}" }
                dd { "{value}" }
            }
        }
    }
}

/// The annotation of every transcript.
#[component]
fn Transcripts(entries: Vec<TranscriptEntry>) -> Element {
    if entries.is_empty() {
        return rsx! {};
    }
    let columns = columns(&entries);
    rsx! {
        h3 { "Transcripts ({entries.len()})" }
        ScrollTable {
            label: "Transcripts",
            caption: "Consequences by transcript",
            class: "transcripts",
            columns: columns.clone(),
            for entry in &entries {
                tr { class: if entry.chosen { "chosen" },
                    for column in &columns {
                        td { Value { column: column.clone(), value: value(entry, column) } }
                    }
                }
            }
        }
    }
}

/// A value, with a link to Ensembl for its identifiers.
#[component]
fn Value(column: String, value: String) -> Element {
    let stable = value.split('.').next().unwrap_or_default().to_owned();
    if matches!(column.as_str(), "Feature" | "Gene") && stable.starts_with("ENS") {
        return rsx! {
            Outside { to: "https://www.ensembl.org/id/{stable}", "{value}" }
        };
    }
    rsx! { {value.replace('&', ", ")} }
}

#[component]
fn Fields(title: &'static str, fields: Vec<Field>) -> Element {
    if fields.is_empty() {
        return rsx! {};
    }
    rsx! {
        h3 { "{title}" }
        dl { class: "details details-plain",
            for field in fields {
                dt { title: field.description.unwrap_or_default(), "{field.key}" }
                dd { if field.value.is_empty() { "yes" } else { "{field.value}" } }
            }
        }
    }
}

/// Links to other databases. The assembly of the file is not certain, so links use names instead of
/// positions.
#[component]
fn Links(row: Row) -> Element {
    let rs = row.ids.iter().find(|id| is_rs(id)).cloned();
    rsx! {
        p { class: "links",
            if let Some(rs) = rs {
                Outside { to: "https://www.ncbi.nlm.nih.gov/snp/{rs}", "dbSNP" }
                Outside { to: "https://www.ncbi.nlm.nih.gov/clinvar/?term={rs}", "ClinVar" }
                Outside { to: "https://gnomad.broadinstitute.org/variant/{rs}", "gnomAD" }
                Outside { to: "https://genome.ucsc.edu/cgi-bin/hgTracks?db=hg38&position={rs}", "UCSC" }
                Outside { to: "https://www.ensembl.org/Homo_sapiens/Variation/Explore?v={rs}", "Ensembl variant" }
            }
            if let Some(gene) = row.gene {
                Outside {
                    to: "https://www.ensembl.org/Homo_sapiens/Gene/Summary?g={encode_query_value(&gene)}",
                    "Ensembl gene {gene}"
                }
            }
        }
    }
}

/// A link to another site, in a new tab and without a referrer.
#[component]
fn Outside(to: String, children: Element) -> Element {
    rsx! {
        a { href: to, target: "_blank", rel: "noreferrer", {children} }
    }
}

fn is_rs(id: &str) -> bool {
    id.strip_prefix("rs").is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
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

fn value(entry: &TranscriptEntry, column: &str) -> String {
    let field = entry.fields.iter().find(|field| field.key == column);
    field.map(|field| field.value.clone()).unwrap_or_default()
}

/// Shortens a long allele for the title.
fn shortened(allele: &str) -> String {
    match allele.char_indices().nth(20) {
        Some((end, _)) => format!("{}…", &allele[..end]),
        None => allele.to_owned(),
    }
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
    fn only_dbsnp_identifiers_are_linked_to_dbsnp() {
        assert!(is_rs("rs12") && !is_rs("rs") && !is_rs("rs1x") && !is_rs("COSV1"));
        assert_eq!(shortened(&"A".repeat(30)).chars().count(), 21);
    }
}
