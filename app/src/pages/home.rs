//! The home page.

use crate::account::{use_account, use_sells_premium};
use crate::app::{Route, login_path};
use crate::components::Page;
use crate::format;
use dioxus::prelude::*;
use gas_shared::Plan;

/// The home page, the only page that needs no sign-in.
#[component]
pub fn Home() -> Element {
    let signed_in = use_account().is_some();
    rsx! {
        Page { title: "Genomics Annotation Service",
            p { class: "lead",
                "Upload a VCF file to find the gene, transcript, region and consequence of every \
                 variant. Explore the results in your browser; nothing to install."
            }
            p { class: "actions",
                if signed_in {
                    Link { class: "button button-main", to: Route::Annotate {}, "New annotation" }
                    Link { class: "button", to: Route::annotations(), "Your annotations" }
                } else {
                    a { class: "button button-main", href: login_path("/annotations"), "Sign in to start" }
                }
            }
            ul { class: "cards",
                li { class: "card",
                    h2 { "Genes and consequences" }
                    p { "Genes, transcripts, HGVS names and Sequence Ontology consequences, in a CSQ field that your tools already read." }
                }
                li { class: "card",
                    h2 { "Results explorer" }
                    p { "Filter and sort your variants, see them in charts and in the genome browser, and export what you need." }
                }
                li { class: "card",
                    h2 { "Live progress" }
                    p { "Follow the upload, the queue and the annotation on the page. Files are stored encrypted." }
                }
            }
            p { class: "muted",
                if use_sells_premium() {
                    "Free: files up to {format::bytes(Plan::Free.max_upload_bytes())}. Premium: files up to \
                     {format::bytes(Plan::Premium.max_upload_bytes())}."
                } else {
                    "Files up to {format::bytes(Plan::Premium.max_upload_bytes())}."
                }
            }
        }
    }
}
