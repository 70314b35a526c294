//! What the job list shows instead of an empty table.

use crate::app::Route;
use dioxus::prelude::*;
use gas_shared::job::ListQuery;

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
        div { class: "empty first-steps",
            h2 { "You have no annotations yet." }
            ol { class: "cards",
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
        }
    }
}

/// Shown when no job matches the query.
#[component]
pub fn NothingFound(query: ListQuery) -> Element {
    let cleared = ListQuery { statuses: Vec::new(), search: String::new(), page: 1, ..query };
    rsx! {
        div { class: "empty",
            p { "No annotations match." }
            Link { class: "button", to: Route::Annotations { query: cleared }, "Clear filters" }
        }
    }
}
