//! What components stand on: a label, a choice among states, and who looks at them.

use super::samples::{self, use_renewal};
use crate::live::{Link as StreamLink, use_still_live};
use dioxus::prelude::*;
use gas_shared::{Account, Plan};

/// One component, or one state of it, with its name.
#[component]
pub fn Exhibit(name: String, children: Element) -> Element {
    rsx! {
        div { class: "exhibit",
            h3 { class: "exhibit-name", "{name}" }
            div { class: "exhibit-stand", {children} }
        }
    }
}

/// One state at a time, for components whose ids a page can hold only once.
#[component]
pub fn OneOf(
    /// The name of the group of choices, unique in the page.
    id: &'static str,
    /// The states.
    names: Vec<String>,
    /// Shows the state at a place.
    show: Callback<usize, Element>,
) -> Element {
    let mut chosen = use_signal(|| 0);
    let renew = use_renewal();
    rsx! {
        fieldset { class: "choices",
            legend { "State" }
            for (place, name) in names.into_iter().enumerate() {
                label { key: "{name}", class: "choice",
                    input {
                        r#type: "radio",
                        name: id,
                        checked: chosen() == place,
                        onchange: move |_| {
                            renew.call(());
                            chosen.set(place);
                        },
                    }
                    "{name}"
                }
            }
        }
        // A key of its own, so that a state begins without what the one before it remembers.
        for place in [chosen()] {
            div { key: "{place}", class: "exhibit-one", {show.call(place)} }
        }
    }
}

/// Shows components to a user of a plan, whose stream is in a state.
#[component]
pub fn Viewer(
    plan: Plan,
    #[props(default = StreamLink::Live)] link: StreamLink,
    children: Element,
) -> Element {
    use_viewer(plan, link);
    children
}

/// Makes the account and the live state for the components below.
pub fn use_viewer(plan: Plan, link: StreamLink) {
    use_still_live(link);
    use_context_provider(|| Signal::new(Some(account(plan))));
}

fn account(plan: Plan) -> Account {
    Account {
        id: samples::user(),
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.org".to_owned(),
        institution: String::new(),
        plan,
        time_zone: None,
    }
}
