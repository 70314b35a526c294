use super::login_path;
use crate::app::Route;
use crate::components::{Page, use_account};
use crate::format;
use dioxus::prelude::*;
use gas_shared::Plan;

/// The home page: the only one for someone not signed in.
#[component]
pub fn Home() -> Element {
    let signed_in = use_account().is_some();
    rsx! {
        Page { title: "Genomics Annotation Service",
            p { class: "lead",
                "Upload a VCF file and get it back with the gene, transcript, region and consequence \
                 of every variant. Watch it happen; nothing to install."
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
                    h2 { "Straight to storage" }
                    p { "Files go from your browser to encrypted storage, with progress and cancel." }
                }
                li { class: "card",
                    h2 { "Live" }
                    p { "Queue, progress and results change on the page as they happen." }
                }
                li { class: "card",
                    h2 { "Standard terms" }
                    p { "Sequence Ontology consequences in a CSQ field that your tools already read." }
                }
            }
            p { class: "muted",
                "Free: files up to {format::bytes(Plan::Free.max_upload_bytes())}. Premium: files up to \
                 {format::bytes(Plan::Premium.max_upload_bytes())}."
            }
        }
    }
}
