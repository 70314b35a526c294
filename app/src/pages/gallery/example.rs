//! The frame around the gallery's components: a label, a choice of states, and the viewing user.

use super::samples::{self, use_time_reset};
use crate::account::use_site_provider;
use crate::live::{StreamState, use_fixed_live};
use dioxus::prelude::*;
use gas_shared::{Account, Plan};

/// A component, or one state of it, with its name.
#[component]
pub fn Example(name: String, children: Element) -> Element {
    rsx! {
        div { class: "example",
            h3 { class: "example-name", "{name}" }
            div { class: "example-body", {children} }
        }
    }
}

/// Shows one state at a time, for components with ids that must be unique on the page.
#[component]
pub fn OneOf(
    /// The name of the radio group, unique on the page.
    id: &'static str,
    /// The names of the states.
    names: Vec<String>,
    /// Renders the state with an index.
    show: Callback<usize, Element>,
) -> Element {
    let mut chosen = use_signal(|| 0);
    let reset_time = use_time_reset();
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
                            reset_time.call(());
                            chosen.set(place);
                        },
                    }
                    "{name}"
                }
            }
        }
        // A key per state, so that a new state does not inherit signals of the previous one.
        for place in [chosen()] {
            div { key: "{place}", class: "example-case", {show.call(place)} }
        }
    }
}

/// Shows components as seen by a user of a plan with a given state of the event stream.
#[component]
pub fn Viewer(
    plan: Plan,
    #[props(default = StreamState::Live)] link: StreamState,
    children: Element,
) -> Element {
    use_viewer(plan, link);
    children
}

/// Provides the account and the live state to the components.
pub fn use_viewer(plan: Plan, link: StreamState) {
    use_fixed_live(link);
    use_context_provider(|| Signal::new(Some(account(plan))));
    use_site_provider(true, false);
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
