//! The help page about the columns of the results explorer.

use super::{entry_class, entry_id};
use crate::app::Route;
use crate::components::ScrollTable;
use crate::help_topic::HelpTopic;
use dioxus::prelude::*;

/// The columns that every result has: the name as in the table's settings, the heading, and what it says.
const COLUMNS: [(&str, &str, &str); 16] = [
    (
        "position",
        "Position",
        "Chromosome and position of the record, as in your file. Click it to open the details of the variant.",
    ),
    ("change", "Change", "The reference allele and the alternative alleles."),
    (
        "id",
        "ID",
        "Identifiers of the record in your file, and those of its alleles in a source such as dbSNP.",
    ),
    ("gene", "Gene", "The gene of the most severe consequence."),
    (
        "consequence",
        "Consequence",
        "The most severe consequence of any allele for any transcript, as a Sequence Ontology term.",
    ),
    (
        "impact",
        "Impact",
        "The impact of the most severe consequence: HIGH, MODERATE, LOW or MODIFIER.",
    ),
    (
        "hgvs_c",
        "HGVS c.",
        "The change in the transcript in HGVS nomenclature: c. for coding, n. for non-coding transcripts.",
    ),
    (
        "hgvs_p",
        "HGVS p.",
        "The change of the protein in HGVS nomenclature. Empty if no protein changes.",
    ),
    (
        "transcript",
        "Transcript",
        "The transcript to which gene, consequence and HGVS descriptions refer.",
    ),
    (
        "mane",
        "MANE",
        "Whether the transcript is MANE Select or MANE Plus Clinical, which NCBI and EMBL-EBI have agreed on, or else the \
         canonical transcript of its gene.",
    ),
    ("exon", "Exon", "The number of the exon or intron, and how many the transcript has."),
    (
        "file_frequency",
        "AF in this file",
        "The allele frequency among the samples of your file: INFO/AF, or AC divided by AN. It is not a population frequency.",
    ),
    (
        "quality",
        "QUAL",
        "The variant caller's quality of the record, phred-scaled: 30 means an error probability of 1 in 1,000.",
    ),
    (
        "clinvar",
        "ClinVar",
        "The clinical significance in ClinVar, if the annotation or your file states it. Check its review status in ClinVar.",
    ),
    ("filter", "FILTER", "PASS, or the filters of the variant caller that the record failed."),
    (
        "sample",
        "Samples",
        "The genotype of each sample; DP is the number of reads, GQ the genotype quality, AB the share of reads with the \
         alternative allele.",
    ),
];

/// The columns that every result has, and those of sources.
#[component]
pub fn Columns(
    /// The column that the address names.
    entry: String,
) -> Element {
    let consequences = Route::Help { topic: HelpTopic::Consequences, entry: String::new() };
    rsx! {
        p {
            "The menu "
            strong { "Columns" }
            " of the results explorer chooses which columns are shown. A record has one row; its details have every allele and \
             every transcript."
        }
        ScrollTable {
            label: "Columns of the results explorer",
            caption: "Columns of the results explorer",
            class: "help-table",
            columns: ["Column", "Meaning"].map(str::to_owned).to_vec(),
            for (name , label , text) in COLUMNS {
                tr { key: "{name}", id: entry_id(name), class: entry_class(entry == name),
                    th { scope: "row", "{label}" }
                    td { "{text}" }
                }
            }
        }
        p { "The terms of the column Consequence are explained in " Link { to: consequences, "Consequences and impact" } "." }
        h2 { "Columns of sources" }
        p {
            "Each source that a job was annotated with adds columns: population frequencies, scores, clinical significance, \
             regions. Their headings name the source, as in “AF (gnomAD exomes 4.1)”, and fields that your file already had are \
             kept apart. An empty cell means that the source does not have the allele; it does not mean zero."
        }
        ul {
            li { "Frequencies are from 0 to 1. A filter “at most 0.01” also keeps alleles that the source does not have, because an allele that was never observed is rare." }
            li { "If several sources have a frequency, the view “Clinical” shows the highest in any population." }
            li { "Scores are shown as the source publishes them. What a high score means differs from score to score." }
        }
        h2 { "Filters by samples" }
        p {
            "A filter by genotype compares the calls of the samples. The inheritance presets require reliable calls: \
             read depth and genotype quality above a threshold, if the file has them. Roles come from the names of the samples, \
             from your choice, or from a PED file."
        }
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;
    use crate::pages::results::Column;
    use gas_shared::explorer::{CLINVAR, ColumnSet};

    #[test]
    fn every_column_of_every_result_is_explained() {
        let explained = |name: &str, label: &str| {
            COLUMNS.iter().any(|column| (column.0, column.1) == (name, label))
        };
        for column in Column::all(&ColumnSet::default()) {
            assert!(explained(column.name(), column.label()), "{column:?}");
        }
        assert!(explained(&CLINVAR.row_name, &CLINVAR.label));
    }
}
