//! The help page about files and variants.

use crate::account::use_sells_premium;
use crate::app::Route;
use crate::components::ScrollTable;
use crate::format;
use crate::help_topic::HelpTopic;
use crate::upload::MAX_FILES;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::vcf::InputLimits;

/// How a variant can be written: the notation, and examples.
const NOTATIONS: [(&str, &str); 5] = [
    ("Alleles at a position", "chr1:12345 A>G, 1-12345-A-G, chr1 12345 A G"),
    ("Line of a VCF file", "chr1 12345 rs7 A G . PASS DP=3"),
    ("SPDI", "NC_000001.11:12344:A:G"),
    ("HGVS, genomic", "NC_000001.11:g.12345A>G, chr1:g.12345_12347del, MT:m.3243A>G"),
    ("HGVS, transcript", "ENST00000357654.9:c.68_69del, NM_007294.4:c.68_69del"),
];

/// Which files can be annotated, and their limits.
#[component]
pub fn Inputs() -> Element {
    let limits = InputLimits::DEFAULT;
    let number = |number: usize| format::count(number as u64);
    rsx! {
        h2 { "Files" }
        ul {
            li { "VCF 3.3 and 4.0 to 4.5, plain (.vcf), gzip (.vcf.gz) or bgzip (.vcf.bgz), and BCF. Whole genomes are better compressed with bgzip." }
            li { "Text files (.txt) with one variant a line, in the notations below; or paste the lines on the page." }
            li { "Up to {MAX_FILES} files at a time. Choose them, or drop them anywhere in the application." }
        }
        p {
            "The beginning of each file is checked in your browser before it is sent: a problem is reported with its line and \
             column. "
            if use_sells_premium() {
                "How large a file may be depends on the "
                Link { to: Route::Help { topic: HelpTopic::Plans, entry: String::new() }, "plan" }
                "."
            } else {
                "A file may have {format::bytes(Plan::Premium.max_upload_bytes())}."
            }
        }
        h2 { "Assembly and reference" }
        p {
            "Positions mean something only for one assembly, such as GRCh37 or GRCh38. It is detected from the contigs and \
             the header of the file, and the reference is chosen that fits. A file that no reference fits is not sent. Where \
             the file does not say, you choose the reference before the file is sent. Contig names may have the prefix chr \
             or not, and may be accessions."
        }
        p {
            "After the run, the page of the job says how many records were annotated, how many are outside of the reference, \
             and how many have a REF that differs from it."
        }
        h2 { "Variants as a text" }
        ScrollTable {
            label: "Notations of variants",
            caption: "How a variant can be written",
            class: "help-table",
            columns: ["Notation", "Examples"].map(str::to_owned).to_vec(),
            for (notation , examples) in NOTATIONS {
                tr { key: "{notation}",
                    th { scope: "row", "{notation}" }
                    td { code { "{examples}" } }
                }
            }
        }
        ul {
            li { "Changes are substitutions, del, dup, ins, delins and inv; positions may be in exons, introns (c.68+5) and untranslated regions (c.-5, c.*7)." }
            li { "Bases that you state must agree with the reference. Gene names and p. descriptions do not name one change of DNA, and are reported." }
        }
        h2 { "Limits of a file" }
        ul {
            li { "{format::count(limits.records)} records, {number(limits.samples)} samples, {number(limits.contigs)} contigs" }
            li { "{number(limits.alleles)} alternative alleles and {number(limits.info_fields)} INFO fields in a record" }
            li { "{format::bytes(limits.text_bytes)} of text after decompression" }
        }
        p { class: "muted", "The operator may have raised some of them. A file over a limit is reported with the place." }
    }
}
