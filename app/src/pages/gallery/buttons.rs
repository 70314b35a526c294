//! The gallery's buttons.

use super::example::Example;
use super::samples::{job, job_id, use_now};
use crate::api::use_api_action;
use crate::components::{
    ActionButton, CopyButton, DeleteButton, Icon, IconName, RerunButton, ThemeButton, UpgradeButton,
};
use crate::error::{ApiError, ErrorCode};
use dioxus::prelude::*;
use gas_shared::job::StateView;

/// The kinds of buttons by their classes.
const KINDS: [(&str, &str); 4] = [
    ("Plain", "button"),
    ("Main", "button button-main"),
    ("Danger", "button button-danger"),
    ("Quiet", "button button-quiet"),
];

/// Buttons of every kind and the button components.
#[component]
pub fn Buttons() -> Element {
    let now = use_now();
    rsx! {
        for (name, class) in KINDS {
            Example { key: "{name}", name, Kind { class } }
        }
        Example { name: "Icon button", IconButtons {} }
        Example { name: "ActionButton", ActionButtons {} }
        Example { name: "UpgradeButton",
            UpgradeButton { main: true }
            UpgradeButton { label: "Upgrade" }
        }
        Example { name: "RerunButton",
            RerunButton { id: job_id(), main: true }
            RerunButton { id: job_id() }
        }
        Example { name: "DeleteButton", DeleteButton { job: job(now, StateView::Pending) } }
    }
}

/// A kind of button in its states. Busy buttons are disabled while an action runs.
#[component]
fn Kind(class: &'static str) -> Element {
    rsx! {
        button { class, r#type: "button", "Enabled" }
        button { class, r#type: "button",
            Icon { name: IconName::Upload }
            "With an icon"
        }
        a { class, href: "#buttons", "A link" }
        button { class, r#type: "button", disabled: true, "Disabled" }
        button { class, r#type: "button", disabled: true, "aria-busy": "true",
            Icon { name: IconName::Running }
            "Busy"
        }
    }
}

#[component]
fn IconButtons() -> Element {
    rsx! {
        button { class: "icon-button", r#type: "button", "aria-label": "Enabled",
            Icon { name: IconName::More }
        }
        button { class: "icon-button", r#type: "button", "aria-label": "Disabled", disabled: true,
            Icon { name: IconName::More }
        }
        CopyButton { text: "GAS", label: "the text" }
        ThemeButton {}
    }
}

/// An action that never ends and one that fails.
#[component]
fn ActionButtons() -> Element {
    let (endless, failing) = (use_api_action(), use_api_action());
    rsx! {
        ActionButton {
            doing: endless,
            class: "button button-main",
            label: "Start without end",
            icon: IconName::Running,
            onstart: move |()| endless.start(std::future::pending()),
        }
        ActionButton {
            doing: failing,
            class: "button button-danger",
            label: "Fail",
            onstart: move |()| {
                failing.start(async {
                    Err(ApiError::new(ErrorCode::Unavailable, "the server is busy; try again"))
                });
            },
        }
    }
}
