//! Links to the help pages, where a question arises.

use super::{Icon, IconName};
use crate::app::Route;
use crate::help_topic::HelpTopic;
use dioxus::prelude::*;

/// A link to a help page.
#[component]
pub fn HelpLink(
    /// The page.
    topic: HelpTopic,
    /// The entry of the page to which the browser scrolls, such as a Sequence Ontology term.
    #[props(default)]
    entry: String,
    /// The text of the link.
    #[props(into)]
    label: String,
) -> Element {
    rsx! {
        Link { class: "help-link", to: Route::Help { topic, entry },
            Icon { name: IconName::Help }
            "{label}"
        }
    }
}
