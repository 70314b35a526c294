//! The help pages, which need no sign-in.

mod code;
mod columns;
mod consequences;
mod inputs;
mod plans;
mod programs;

use crate::account::use_sells_premium;
use crate::app::Route;
use crate::browser;
use crate::components::{Page, Tabs};
use crate::help_topic::HelpTopic;
use columns::Columns;
use consequences::Consequences;
use dioxus::prelude::*;
use inputs::Inputs;
use plans::Plans;
use programs::Programs;
use std::time::Duration;

/// The list of help pages.
#[component]
pub fn HelpIndex() -> Element {
    rsx! {
        Page { title: "Help",
            ul { class: "cards help-cards",
                for topic in topics(use_sells_premium()) {
                    li { key: "{topic}", class: "card",
                        h2 { Link { to: page(topic), {topic.title()} } }
                        p { {about(topic)} }
                    }
                }
            }
            h2 { "More" }
            ul {
                li { a { href: "/api/docs", "API reference" } }
                li { Link { to: Route::Changelog {}, "What is new" } }
                li { "Press " kbd { "?" } " on a page for its keyboard shortcuts, and " kbd { "Ctrl K" } " or " kbd { "⌘ K" } " to jump anywhere." }
            }
        }
    }
}

/// A help page, with links to the others.
#[component]
pub fn Help(topic: HelpTopic, entry: String) -> Element {
    let topics = topics(use_sells_premium());
    let tabs = topics.iter().map(|other| (other.title(), page(*other))).collect::<Vec<_>>();
    let here = topics.iter().position(|other| *other == topic).unwrap_or_default();
    let shown = entry.clone();
    use_effect(use_reactive!(|shown| {
        if !shown.is_empty() {
            spawn(async move {
                // After the page has the focus, which scrolls to its top.
                browser::sleep(SCROLL_DELAY).await;
                browser::scroll_into_view(&entry_id(&shown));
            });
        }
    }));
    rsx! {
        Page { title: topic.title(),
            Tabs { label: "Help pages", tabs, here }
            div { class: "help",
                match topic {
                    HelpTopic::Inputs => rsx! { Inputs {} },
                    HelpTopic::Columns => rsx! { Columns { entry } },
                    HelpTopic::Consequences => rsx! { Consequences { entry } },
                    HelpTopic::Plans => rsx! { Plans {} },
                    HelpTopic::Programs => rsx! { Programs {} },
                }
            }
        }
    }
}

/// The time after which the browser has focused the heading of a new page.
const SCROLL_DELAY: Duration = Duration::from_millis(150);

/// The id of the element of an entry of a page.
fn entry_id(entry: &str) -> String {
    format!("help-{entry}")
}

/// The class of an entry, which is marked if the address names it.
const fn entry_class(is_named: bool) -> &'static str {
    if is_named { "help-entry help-named" } else { "help-entry" }
}

/// The pages of a service. One that sells nothing has no plans.
fn topics(sells_premium: bool) -> Vec<HelpTopic> {
    let is_offered = |topic: &HelpTopic| sells_premium || *topic != HelpTopic::Plans;
    HelpTopic::ALL.into_iter().filter(is_offered).collect()
}

fn page(topic: HelpTopic) -> Route {
    Route::Help { topic, entry: String::new() }
}

const fn about(topic: HelpTopic) -> &'static str {
    match topic {
        HelpTopic::Inputs => {
            "Which files can be annotated, how to write variants as text, and the limits of a file."
        }
        HelpTopic::Columns => {
            "What each column of the results explorer means, and where its values come from."
        }
        HelpTopic::Consequences => {
            "Each Sequence Ontology term with its definition, and the impacts from HIGH to MODIFIER."
        }
        HelpTopic::Plans => "Free and Premium compared, and how long files and results are kept.",
        HelpTopic::Programs => {
            "Annotate from scripts: the command-line client gas-cli, the REST API and the Python client."
        }
    }
}
