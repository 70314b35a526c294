//! The menu of gene panels: named lists of genes for the filter.

use super::draft::Draft;
use super::popover::Popover;
use super::saved_lists::SavedLists;
use super::saved_row::SavedRow;
use crate::api;
use crate::browser;
use crate::components::ErrorNote;
use dioxus::prelude::*;
use gas_shared::saved::{GenePanel, NewGenePanel};

/// The id of the menu.
const MENU: &str = "explorer-panels";

/// Lists the panels, and saves the genes of the filter as one.
#[component]
pub fn GenePanels(draft: Draft, saved: SavedLists) -> Element {
    let mut name = use_signal(String::new);
    let panels = saved.read().map(|saved| saved.panels);
    let genes = draft.filter().genes;
    let count = genes.len();
    // Not a form, since the menu is within that of the filters.
    let save = move || {
        let chosen = name.peek().trim().to_owned();
        if !chosen.is_empty() {
            let new = NewGenePanel { name: chosen, genes: draft.peek().genes };
            saved.change(api::save_panel(new), move || name.set(String::new()));
        }
    };
    rsx! {
        Popover { id: MENU, label: "Gene panels",
            match panels {
                None => rsx! {
                    p { class: "muted", role: "status", "Loading…" }
                },
                Some(panels) if panels.is_empty() => rsx! {
                    p { class: "muted",
                        "No gene panels yet. Enter genes in the filter, and save them here under a name."
                    }
                },
                Some(panels) => rsx! {
                    ul { class: "plain",
                        for panel in panels {
                            PanelRow { key: "{panel.id}", panel, draft, saved }
                        }
                    }
                },
            }
            if let Some(error) = saved.error() {
                ErrorNote { error }
            }
            if count > 0 {
                div { class: "field",
                    label { r#for: "panel-name", "Save as panel ({count})" }
                    input {
                        id: "panel-name",
                        r#type: "text",
                        maxlength: "60",
                        autocomplete: "off",
                        value: name,
                        oninput: move |event| name.set(event.value()),
                        onkeydown: move |event| {
                            if event.key() == Key::Enter {
                                event.prevent_default();
                                save();
                            }
                        },
                    }
                    button {
                        class: "button",
                        r#type: "button",
                        disabled: saved.is_busy(),
                        onclick: move |_| save(),
                        "Save panel"
                    }
                }
            }
        }
    }
}

/// A panel: a button that filters by its genes.
#[component]
fn PanelRow(panel: GenePanel, draft: Draft, saved: SavedLists) -> Element {
    let GenePanel { id, name, genes, .. } = panel;
    let count = genes.len();
    let onrename = move |name: String| saved.change(api::rename_panel(id, name), || ());
    let ondelete = move |()| saved.change(api::delete_panel(id), || ());
    rsx! {
        SavedRow { name: name.clone(), onrename, ondelete,
            button {
                class: "button",
                r#type: "button",
                onclick: move |_| {
                    draft.edit(|filter| filter.genes.clone_from(&genes));
                    browser::hide_popover(MENU);
                },
                "{name}"
                span { class: "muted", " {count}" }
            }
        }
    }
}
