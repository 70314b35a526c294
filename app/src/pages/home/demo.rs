//! A part of a real result, as the results explorer shows it.

use crate::components::{HelpLink, ImpactBadge};
use crate::format;
use crate::help_topic::HelpTopic;
use dioxus::prelude::*;

/// A variant of the sample file `free.vcf`, annotated with the demo reference. A browser test compares the rows with what
/// the service answers.
struct DemoVariant {
    position: u64,
    change: &'static str,
    gene: &'static str,
    consequence: &'static str,
    /// The name of the impact, as in [`IMPACT`](gas_shared::explorer::IMPACT).
    impact: &'static str,
    hgvs_c: &'static str,
    hgvs_p: &'static str,
    frequency: &'static str,
}

/// The chromosome of all variants.
const CHROMOSOME: &str = "20";

const VARIANTS: [DemoVariant; 6] = [
    DemoVariant {
        position: 2_597_716,
        change: "A > T",
        gene: "TMC2",
        consequence: "splice acceptor variant",
        impact: "high",
        hgvs_c: "c.1941-2A>T",
        hgvs_p: "–",
        frequency: "0.00298",
    },
    DemoVariant {
        position: 3_649_632,
        change: "ATCTGGACT > A",
        gene: "ADAM33",
        consequence: "frameshift variant",
        impact: "high",
        hgvs_c: "c.2409_2416del",
        hgvs_p: "p.Gln803HisfsTer13",
        frequency: "0.0368",
    },
    DemoVariant {
        position: 2_384_349,
        change: "G > A",
        gene: "TGM6",
        consequence: "missense variant",
        impact: "moderate",
        hgvs_c: "c.1216G>A",
        hgvs_p: "p.Glu406Lys",
        frequency: "0.000994",
    },
    DemoVariant {
        position: 2_795_864,
        change: "C > T",
        gene: "TMEM239",
        consequence: "missense variant",
        impact: "moderate",
        hgvs_c: "c.34C>T",
        hgvs_p: "p.Arg12Cys",
        frequency: "0.00596",
    },
    DemoVariant {
        position: 2_560_663,
        change: "C > T",
        gene: "TMC2",
        consequence: "synonymous variant",
        impact: "low",
        hgvs_c: "c.795C>T",
        hgvs_p: "p.Val265=",
        frequency: "0.000994",
    },
    DemoVariant {
        position: 2_285_705,
        change: "C > T",
        gene: "TGM3",
        consequence: "intron variant",
        impact: "modifier",
        hgvs_c: "c.8-4598C>T",
        hgvs_p: "–",
        frequency: "0.837",
    },
];

/// The headings: the class of the column, and its label.
const HEADINGS: [(&str, &str); 8] = [
    ("position", "Position"),
    ("change", "Change"),
    ("gene", "Gene"),
    ("consequence", "Consequence"),
    ("impact", "Impact"),
    ("hgvs_c", "HGVS c."),
    ("hgvs_p", "HGVS p."),
    ("frequency", "AF in this file"),
];

/// Six variants of the sample file, in a table that looks like the results explorer.
#[component]
pub fn Demo() -> Element {
    rsx! {
        figure { class: "demo",
            // Narrow screens show a part of the table, which scrolls.
            div { class: "table-scroll variants", tabindex: "0", role: "region", "aria-label": "Example of results",
                table {
                    caption { class: "visually-hidden", "Six annotated variants" }
                    thead {
                        tr {
                            for (name , label) in HEADINGS {
                                th { key: "{name}", scope: "col", class: "col-{name}", "{label}" }
                            }
                        }
                    }
                    tbody {
                        for variant in &VARIANTS {
                            tr { key: "{variant.position}", "data-position": variant.position,
                                th { scope: "row", "{CHROMOSOME}:{format::count(variant.position)}" }
                                td { class: "allele", title: variant.change, "{variant.change}" }
                                td { "{variant.gene}" }
                                td { "{variant.consequence}" }
                                td { ImpactBadge { name: variant.impact } }
                                td { title: variant.hgvs_c, "{variant.hgvs_c}" }
                                td { title: variant.hgvs_p, "{variant.hgvs_p}" }
                                td { class: "number", "{variant.frequency}" }
                            }
                        }
                    }
                }
            }
            figcaption { class: "muted",
                "Six of the 2,083 variants of a sample file of chromosome 20, as the service annotates them. "
                HelpLink { topic: HelpTopic::Columns, label: "What the columns mean" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::IMPACT;

    #[test]
    fn every_impact_has_a_badge() {
        for variant in &VARIANTS {
            let value = IMPACT.value(variant.impact);
            assert!(value.is_some_and(|value| value.tone.is_some()), "{}", variant.impact);
        }
    }
}
