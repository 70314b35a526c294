//! The home page: what the service does, shown by its own components.

mod demo;

use crate::account::{use_account, use_sells_premium};
use crate::app::{Route, login_path};
use crate::components::{HelpLink, Page, PlanComparison};
use crate::help_topic::HelpTopic;
use demo::Demo;
use dioxus::prelude::*;

/// The cards about annotations: their headings and texts.
const ANNOTATED: [(&str, &str); 6] = [
    (
        "Consequences",
        "Sequence Ontology terms and impact for every allele and transcript, as Ensembl VEP writes them. Haplotype-aware \
         consequences on request.",
    ),
    (
        "Genes and HGVS",
        "Genes, transcripts with MANE and canonical marks, exons, c. and p. descriptions.",
    ),
    (
        "Frequencies and ClinVar",
        "Population frequencies, clinical significance, dbSNP identifiers, scores and regions, from the sources of this service.",
    ),
    (
        "Results explorer",
        "Filter, sort and count a million variants in milliseconds. Presets for rare and damaging variants, and for families.",
    ),
    (
        "Charts and genome browser",
        "See where the variants are and what they do. Click a bar to list its variants.",
    ),
    (
        "Files for other tools",
        "Annotated VCF with its index, Excel, Parquet, MAF and TSV. A REST API, a command-line client and a Python client.",
    ),
];

/// How files are kept safe.
const SECURITY: [&str; 5] = [
    "Files are sent directly to encrypted storage. Only you can read them.",
    "The annotation engine runs in a sandbox without a network.",
    "Sign in with your institution; the service never sees your password.",
    "Delete a job, or your account with everything in it, at any time.",
    "API tokens have scopes and an expiry date; your account lists its recent activity.",
];

/// How results state what they are made from.
const SOURCES: [&str; 4] = [
    "Each result names the reference, the gene set, the engine and every source with its version.",
    "The assembly of a file is detected before it is sent; a file that fits no reference is not annotated by mistake.",
    "Records that were not annotated are counted, with the reason.",
    "The license of each source is shown where you choose it.",
];

/// The home page, which needs no sign-in.
#[component]
pub fn Home() -> Element {
    let signed_in = use_account().is_some();
    let sells_premium = use_sells_premium();
    rsx! {
        Page { title: "Genomics Annotation Service",
            p { class: "lead",
                "Find out what the variants in a VCF file do: genes, transcripts, HGVS, consequences, population frequency and \
                 clinical significance. Explore the results in your browser; there is nothing to install."
            }
            Start { signed_in }
            Demo {}
            ul { class: "cards home-cards",
                for (title , text) in ANNOTATED {
                    li { key: "{title}", class: "card",
                        h2 { "{title}" }
                        p { "{text}" }
                    }
                }
            }
            if sells_premium {
                section { class: "home-section", "aria-labelledby": "home-plans",
                    h2 { id: "home-plans", "Plans" }
                    PlanComparison {}
                    p { class: "muted", HelpLink { topic: HelpTopic::Plans, label: "Plans and limits in detail" } }
                }
            }
            div { class: "home-facts",
                Facts { id: "home-security", title: "Security", facts: &SECURITY }
                Facts { id: "home-sources", title: "Sources you can cite", facts: &SOURCES }
            }
            section { class: "home-section home-end", "aria-labelledby": "home-start",
                h2 { id: "home-start", "Try it with a sample file" }
                p { class: "muted", "From upload to explorer in seconds." }
                Start { signed_in }
            }
        }
    }
}

/// The ways into the application.
#[component]
fn Start(signed_in: bool) -> Element {
    rsx! {
        p { class: "actions",
            if signed_in {
                Link { class: "button button-main", to: Route::Annotate {}, "New annotation" }
                Link { class: "button", to: Route::annotations(), "Your annotations" }
            } else {
                a { class: "button button-main", href: login_path("/annotations"), "Sign in to start" }
                Link { class: "button", to: Route::HelpIndex {}, "Read the help" }
            }
        }
    }
}

#[component]
fn Facts(id: &'static str, title: &'static str, facts: &'static [&'static str]) -> Element {
    rsx! {
        section { class: "home-section", "aria-labelledby": id,
            h2 { id, "{title}" }
            ul {
                for fact in facts {
                    li { key: "{fact}", "{fact}" }
                }
            }
        }
    }
}
