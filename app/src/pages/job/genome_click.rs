//! What the user clicks in the genome browser, in a drawer of the page instead of the popup of igv.js.

use crate::api::use_api_resource;
use crate::components::{ErrorNote, HelpLink, ImpactBadge, Modal, Skeleton};
use crate::format;
use crate::help_topic::HelpTopic;
use crate::result_address::ResultAddress;
use dioxus::prelude::*;
use gas_shared::explorer::{Filter, IMPACT, Query, Region, Row, Sort, url};
use serde::Deserialize;

/// The most variants of a click: those of a pixel may be many.
const MAX_VARIANTS: u32 = 20;

/// A click on a track of the genome browser, as `assets/js/genome.js` reports it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clicked {
    /// Variants, or the call of a sample.
    Variants {
        /// The contig.
        contig: String,
        /// The positions of the records, from 1.
        positions: Vec<u32>,
    },
    /// A gene.
    Gene {
        /// Its symbol.
        name: String,
        /// The transcript that is drawn.
        transcript: String,
        /// The biotype of the transcript.
        biotype: String,
        /// The contig.
        contig: String,
        /// The first base, from 1.
        start: u32,
        /// The last base.
        end: u32,
    },
}

impl Clicked {
    /// Reads what the genome browser reports.
    pub fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The records that are shown in the results explorer.
    fn filter(&self) -> Filter {
        match self {
            Self::Variants { contig, positions } => {
                let at = |at: &u32| Region { contig: contig.clone(), span: Some((*at, *at)) };
                Filter { regions: positions.iter().map(at).collect(), ..Filter::default() }
            }
            Self::Gene { name, .. } => Filter { genes: vec![name.clone()], ..Filter::default() },
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Variants { contig, positions } => match positions.as_slice() {
                [only] => format!("{contig}:{}", format::count((*only).into())),
                several => {
                    format!("{} at {contig}", format::counted(several.len() as u64, "position"))
                }
            },
            Self::Gene { name, .. } => name.clone(),
        }
    }
}

/// The drawer with what was clicked last.
#[component]
pub fn ClickDrawer(
    at: ResultAddress,
    clicked: Signal<Option<Clicked>>,
    open: Signal<bool>,
) -> Element {
    let Some(hit) = clicked() else { return rsx! {} };
    let explorer = at.explorer(url::write_filter(&hit.filter()), String::new());
    rsx! {
        Modal { id: "genome-hit", title: hit.title(), open,
            div { class: "drawer",
                match hit.clone() {
                    Clicked::Gene { transcript, biotype, contig, start, end, .. } => rsx! {
                        dl { class: "details details-plain",
                            dt { "Region" }
                            dd { "{contig}:{format::count(start.into())}–{format::count(end.into())}" }
                            dt { "Transcript" }
                            dd { "{transcript}" }
                            dt { "Biotype" }
                            dd { {biotype.replace('_', " ")} }
                        }
                    },
                    Clicked::Variants { .. } => rsx! { Variants { at: at.clone(), hit } },
                }
                p { class: "actions",
                    Link { class: "button button-main", to: explorer, "Show in the results explorer" }
                }
            }
        }
    }
}

#[component]
fn Variants(at: ResultAddress, hit: Clicked) -> Element {
    let asked = use_memo(use_reactive!(|at, hit| (at, hit)));
    let page = use_api_resource(move || {
        let (at, hit) = asked();
        let filter = hit.filter();
        let query = Query { filter, sort: Sort::POSITION, limit: MAX_VARIANTS, ..Query::default() };
        at.variants(query)
    });
    match page.read() {
        None => rsx! { Skeleton {} },
        Some(Err(error)) => rsx! { ErrorNote { error } },
        Some(Ok(page)) => rsx! {
            for row in page.rows {
                Variant { key: "{row.number}", row }
            }
        },
    }
}

#[component]
fn Variant(row: Row) -> Element {
    let texts = [
        ("Gene", row.gene.clone()),
        ("Transcript", row.transcript.clone()),
        ("HGVS coding", row.hgvs_c.clone()),
        ("HGVS protein", row.hgvs_p.clone()),
        ("Identifiers", (!row.ids.is_empty()).then(|| row.ids.join(", "))),
    ];
    rsx! {
        h3 { "{row.chrom}:{format::count(row.pos.into())} {row.reference} > {row.alt}" }
        dl { class: "details details-plain",
            if let Some(impact) = row.impact {
                dt { "Impact" }
                dd { ImpactBadge { name: IMPACT.listed()[impact as usize].name } }
            }
            if let Some(term) = row.consequence.clone() {
                dt { "Consequence" }
                dd { HelpLink { topic: HelpTopic::Consequences, entry: term.clone(), label: term.replace('_', " ") } }
            }
            for (name , text) in texts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
                dt { "{name}" }
                dd { "{text}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_becomes_a_filter_of_the_explorer() {
        let variants = r#"{"variants":{"contig":"20","positions":[76758,76760]}}"#;
        let variants = Clicked::read(variants).unwrap();
        assert_eq!(variants.title(), "2 positions at 20");
        let regions: Vec<_> = variants.filter().regions.iter().map(ToString::to_string).collect();
        assert_eq!(regions, ["20:76758-76758", "20:76760-76760"]);
        let gene = r#"{"gene":{"name":"TMC2","transcript":"T","biotype":"b","contig":"20","start":1,"end":9}}"#;
        let gene = Clicked::read(gene).unwrap();
        assert_eq!(
            (gene.title(), gene.filter().genes),
            ("TMC2".to_owned(), vec!["TMC2".to_owned()])
        );
        assert_eq!(Clicked::read("{}"), None);
    }
}
