//! The help page about files and variants.

use super::code::Code;
use crate::account::use_sells_premium;
use crate::app::Route;
use crate::components::ScrollTable;
use crate::format;
use crate::help_topic::HelpTopic;
use crate::upload::MAX_FILES;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::import::MAX_IMPORT_BYTES;
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
            li { "VCF 3.3 and 4.0 to 4.5, plain (.vcf), gzip (.vcf.gz) or bgzip (.vcf.bgz), and BCF. Compress whole genomes with bgzip." }
            li { "Text files (.txt) with one variant per line, in the notations below; or paste the lines on the page." }
            li { "Up to {MAX_FILES} files at a time. Choose them, or drop them anywhere in the application." }
        }
        p {
            "The beginning of each file is checked in your browser before it is uploaded. Problems are reported with line and \
             column. "
            if use_sells_premium() {
                "The maximum size depends on the "
                Link { to: Route::Help { topic: HelpTopic::Plans, entry: String::new() }, "plan" }
                "."
            } else {
                "The maximum size is {format::limit(Plan::Premium.max_upload_bytes())}."
            }
        }
        h2 { "Files from a URL" }
        p {
            "A file in an S3 bucket or on a web server need not pass through your computer: GAS copies it itself. Open \
             “From a URL” on the page New annotation and enter a presigned URL, which this command makes for 12 hours:"
        }
        Code { name: "the command", text: "aws s3 presign --expires-in 43200 s3://BUCKET/KEY" }
        ul {
            li { "Other https URLs work if the server is on the internet, supports ranges (requests for parts of a file), and sends an ETag or Last-Modified. Redirects are not followed." }
            li { "The size is checked before anything is copied; a file may have up to {format::limit(MAX_IMPORT_BYTES)}, and what your plan allows." }
            li { "The page of the job shows how much is copied. Cancelling the job stops the copy." }
            li { "The URL must be valid until the file is copied, and the file must not change meanwhile; otherwise the job fails with the reason. A URL that was signed with temporary credentials expires when they do, often after an hour." }
            li { "The URL is kept secret, never shown again, and deleted when the copy ends." }
            li { "The assembly is not detected before the copy: choose the reference in the options." }
        }
        h2 { "Assembly and reference" }
        p {
            "A position is meaningful only together with its assembly, such as GRCh37 or GRCh38. GAS detects the assembly from \
             the contigs and the header of the file, and uses the reference that matches. If the file does not state its \
             assembly, you choose the reference before the upload. A file that matches no reference is not uploaded. Contig \
             names may have the prefix chr or not, and may be accessions."
        }
        p {
            "After the run, the page of the job shows how many records were annotated, how many are outside of the \
             reference, and how many have a REF that differs from it."
        }
        h2 { "Variants as text" }
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
            li { "Stated bases must match the reference. A gene name or a p. description does not identify one change of DNA; such lines are reported." }
        }
        h2 { "Limits of a file" }
        ul {
            li { "{format::count(limits.records)} records, {number(limits.samples)} samples, {number(limits.contigs)} contigs" }
            li { "{number(limits.alleles)} alternative alleles and {number(limits.info_fields)} INFO fields in a record" }
            li { "{format::bytes(limits.text_bytes)} of text after decompression" }
        }
        p { class: "muted", "The operator may have raised some of these limits. If a file is over a limit, the error says where." }
    }
}
