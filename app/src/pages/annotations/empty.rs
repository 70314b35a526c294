//! What the job list shows instead of an empty table.

use crate::app::Route;
use crate::components::{Empty, HelpLink, Picture};
use crate::help_topic::HelpTopic;
use dioxus::prelude::*;
use gas_shared::job::{Labels, ListQuery};

/// The first steps, shown to users without jobs.
#[component]
pub fn FirstSteps() -> Element {
    const STEPS: [(&str, &str); 3] = [
        (
            "Upload",
            "Choose a VCF file. It is checked in your browser, then uploaded and stored encrypted.",
        ),
        ("Watch", "Watch progress live, or we'll email you when the annotation is done."),
        ("Explore", "Filter the annotated variants in the browser, or download the file."),
    ];
    rsx! {
        Empty { picture: Picture::FirstFile,
            h2 { "You have no annotations yet." }
            ol { class: "cards first-steps",
                for (title, text) in STEPS {
                    li { key: "{title}", class: "card",
                        h3 { "{title}" }
                        p { "{text}" }
                    }
                }
            }
            div { class: "actions",
                Link { class: "button button-main", to: Route::Annotate {}, "Annotate your first file" }
                Link { class: "button", to: Route::Annotate {}, "Try a sample file" }
            }
            p { HelpLink { topic: HelpTopic::Inputs, label: "Which files can be annotated" } }
        }
    }
}

/// Shown when no job matches the query.
#[component]
pub fn NothingFound(query: ListQuery) -> Element {
    let cleared = ListQuery {
        statuses: Vec::new(),
        archived: false,
        labels: Labels::default(),
        project: None,
        search: String::new(),
        page: 1,
        ..query
    };
    rsx! {
        Empty { picture: Picture::NoMatch,
            p { "No annotations match." }
            Link { class: "button", to: Route::Annotations { query: cleared }, "Clear filters" }
        }
    }
}
