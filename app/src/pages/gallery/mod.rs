//! The gallery: every shared component in every state, for developing components. It sends no
//! requests, needs no account, and exists only in debug builds (feature `gallery`).
//!
//! The frame of pages ([`crate::components::Shell`], `JobHeader`) is not part of it, since every
//! page shows it.

mod badges;
mod buttons;
mod dialogs;
mod example;
mod fields;
mod files;
mod icons;
mod menus;
mod notes;
mod panels;
mod progress;
mod samples;
mod tables;
#[cfg(all(test, feature = "server"))]
mod tests;
mod times;

use crate::announcer::use_announcer_provider;
use crate::components::{
    Page, Shortcuts, ThemeButton, ToastArea, UpgradeDialog, use_theme_provider,
    use_upgrade_provider,
};
use crate::deletions::use_deletions_provider;
use crate::live::{StreamState, use_live};
use crate::toasts::{use_toasts, use_toasts_provider};
use dioxus::prelude::*;
use example::use_viewer;
use gas_shared::Plan;
use samples::use_now_provider;

/// The groups of components: the id and heading of each section.
const GROUPS: [(&str, &str); 11] = [
    ("icons", "Icons"),
    ("buttons", "Buttons"),
    ("badges", "Badges and chips"),
    ("progress", "Progress"),
    ("times", "Times"),
    ("notes", "Notes and errors"),
    ("dialogs", "Dialogs and toasts"),
    ("menus", "Menus and tabs"),
    ("fields", "Fields and files"),
    ("panels", "Panels and cards"),
    ("tables", "Tables"),
];

/// The gallery page.
#[component]
pub fn Gallery() -> Element {
    use_toasts_provider();
    use_announcer_provider();
    use_upgrade_provider();
    use_theme_provider();
    use_now_provider();
    use_viewer(Plan::Free, StreamState::Live);
    use_deletions_provider(use_live(), use_toasts());
    let (closed, palette) = (use_signal(|| false), use_signal(|| false));
    rsx! {
        main { id: "content", tabindex: "-1",
            Page { title: "Components", actions: rsx! { ThemeButton {} },
                p { class: "lead",
                    "All shared components in every state. Press "
                    kbd { "?" }
                    " for keyboard shortcuts."
                }
                nav { "aria-label": "Groups",
                    ul { class: "gallery-groups",
                        for (id, name) in GROUPS {
                            li { key: "{id}", a { href: "#{id}", "{name}" } }
                        }
                    }
                }
                for (id, name) in GROUPS {
                    section { key: "{id}", id, class: "gallery-group", "aria-labelledby": "{id}-title",
                        h2 { id: "{id}-title", "{name}" }
                        {group(id)}
                    }
                }
            }
        }
        UpgradeDialog {}
        Shortcuts { open: closed, palette }
        ToastArea {}
    }
}

/// The components of a group.
fn group(id: &str) -> Element {
    match id {
        "icons" => rsx! { icons::Icons {} },
        "buttons" => rsx! { buttons::Buttons {} },
        "badges" => rsx! { badges::Badges {} },
        "progress" => rsx! { progress::Progresses {} },
        "times" => rsx! { times::Times {} },
        "notes" => rsx! { notes::Notes {} },
        "dialogs" => rsx! { dialogs::Dialogs {} },
        "menus" => rsx! { menus::Menus {} },
        "fields" => rsx! {
            fields::Fields {}
            files::Files {}
        },
        "panels" => rsx! { panels::Panels {} },
        _ => rsx! { tables::Tables {} },
    }
}
