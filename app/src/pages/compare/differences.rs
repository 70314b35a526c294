//! The table of differences.

use crate::app::Route;
use crate::components::ScrollTable;
use crate::format;
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::comparison::{
    AnnotatedRecord, Comparison, Difference, DifferenceKind, MAX_DIFFERENCES,
};
use gas_shared::explorer::{Filter, url};

/// The first differences of a kind, or of all.
#[component]
pub fn Differences(
    a: JobId,
    b: JobId,
    comparison: Comparison,
    kind: Option<DifferenceKind>,
) -> Element {
    let shown = comparison.differences.len();
    if shown == 0 {
        return rsx! {
            p { role: "status", "There are no differences of this kind." }
        };
    }
    let is_cut = shown == MAX_DIFFERENCES
        && kind.is_none_or(|kind| comparison.count(kind) > MAX_DIFFERENCES as u64);
    rsx! {
        if is_cut {
            p { class: "muted",
                "The first {format::count(shown as u64)} are shown. Download the differences to get all of them."
            }
        }
        ScrollTable {
            label: "Differences",
            caption: "Records that differ",
            columns: ["Variant", "First", "Second", "Difference"].map(str::to_owned).to_vec(),
            for difference in comparison.differences {
                tr { key: "{key(&difference)}",
                    th { scope: "row", class: "variant",
                        Variant { a, b, difference: difference.clone() }
                    }
                    td { "data-label": "First", Annotated { record: difference.first.clone() } }
                    td { "data-label": "Second", Annotated { record: difference.second.clone() } }
                    td { "data-label": "Difference", {labels(&difference)} }
                }
            }
        }
    }
}

/// What tells the rows of the table apart.
fn key(difference: &Difference) -> String {
    let number = |record: &Option<AnnotatedRecord>| record.as_ref().map(|record| record.number);
    format!("{:?} {:?}", number(&difference.first), number(&difference.second))
}

fn labels(difference: &Difference) -> String {
    difference.kinds().map(DifferenceKind::label).collect::<Vec<_>>().join(", ")
}

/// The variant, with a link to its record in the result that has it.
#[component]
fn Variant(a: JobId, b: JobId, difference: Difference) -> Element {
    let Difference { chrom, pos, reference, alt, first, .. } = difference;
    let id = if first.is_some() { a } else { b };
    let (reference, alt) = (format::shortened(&reference, 20), format::shortened(&alt, 20));
    let text = format!("{chrom}:{} {reference} > {alt}", format::count(pos.into()));
    let region = format!("{chrom}:{pos}-{pos}").parse();
    rsx! {
        match region {
            Ok(region) => {
                let filter = Filter { regions: vec![region], ..Filter::default() };
                rsx! {
                    Link {
                        to: Route::Results {
                            id: id.to_string(),
                            filter: url::write_filter(&filter),
                            sort: String::new(),
                        },
                        "{text}"
                    }
                }
            }
            Err(_) => rsx! { "{text}" },
        }
    }
}

/// How a result annotates a record.
#[component]
fn Annotated(record: Option<AnnotatedRecord>) -> Element {
    let Some(AnnotatedRecord { consequence, impact, gene, .. }) = record else {
        return rsx! {
            span { class: "muted", "not in this result" }
        };
    };
    let consequence = consequence.map(|term| term.replace('_', " "));
    let impact = impact.map(|impact| impact.as_str().to_lowercase());
    let details: Vec<String> = [impact, gene].into_iter().flatten().collect();
    rsx! {
        {consequence.unwrap_or_else(|| "not annotated".to_owned())}
        if !details.is_empty() {
            span { class: "muted", " {details.join(\" · \")}" }
        }
    }
}
