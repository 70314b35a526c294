use crate::app::Route;
use dioxus::prelude::*;
use gas_shared::job::ListQuery;

/// What somebody sees who has no job yet: how it goes, and how to begin.
#[component]
pub fn FirstSteps() -> Element {
    const STEPS: [(&str, &str); 3] = [
        (
            "Upload",
            "Choose a VCF file. It is checked here before it is sent, and stored encrypted.",
        ),
        (
            "Watch",
            "Your file is annotated while you look on, or while you do something else: a mail tells you.",
        ),
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
                Link { class: "button", to: Route::Annotate {}, "Try with a sample" }
            }
        }
    }
}

/// What stands in place of the list where the query finds nothing.
#[component]
pub fn NothingFound(query: ListQuery) -> Element {
    let cleared = ListQuery { statuses: Vec::new(), search: String::new(), page: 1, ..query };
    rsx! {
        div { class: "empty",
            p { "No annotation matches." }
            Link { class: "button", to: Route::Annotations { query: cleared }, "Clear filters" }
        }
    }
}
