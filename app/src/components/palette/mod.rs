//! The command palette: a dialog that finds pages, jobs, genes and actions.

mod commands;
mod found;

use super::Modal;
use crate::account::{use_account, use_is_operator, use_sells_premium};
use crate::api::{jobs, variants};
use crate::app::Route;
use crate::browser;
use crate::components::{use_theme, use_upgrade};
use commands::{Command, Group, Offer, commands, operations};
use dioxus::core::Task;
use dioxus::prelude::*;
use found::{genes_of, jobs_of};
use gas_shared::Plan;
use gas_shared::explorer::{Filter, Query};
use gas_shared::job::ListQuery;
use std::time::Duration;

/// The pause after a keystroke before the server is asked.
const DEBOUNCE: Duration = Duration::from_millis(150);

/// The most jobs and the most genes.
const MAX_ENTRIES: usize = 8;

/// Rows of the open result that are searched for genes.
const GENE_ROWS: u32 = 100;

/// An entry of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it is listed.
    group: Group,
    /// Its text.
    label: String,
    /// More about it.
    detail: String,
    /// What it does.
    command: Command,
}

/// The dialog. It stays in the page while it is closed, because it finishes what was chosen.
#[component]
pub fn Palette(
    /// Whether the dialog is open.
    open: Signal<bool>,
    /// Whether the dialog with the keyboard shortcuts is open.
    shortcuts: Signal<bool>,
) -> Element {
    let mut open = open;
    let (theme, choose_theme) = use_theme();
    let upgrade = use_upgrade();
    let choose = use_callback(move |command: Command| {
        open.set(false);
        spawn(async move {
            let mut shortcuts = shortcuts;
            // The browser returns the focus while it closes the dialog. What follows would interrupt that.
            browser::sleep(Duration::ZERO).await;
            match command {
                Command::Open(route) => _ = navigator().push(route),
                Command::Visit(path) => browser::go_to(path),
                Command::ChangeTheme => choose_theme.call(theme.next()),
                Command::ShowShortcuts => shortcuts.set(true),
                Command::Upgrade => upgrade.open(),
            }
        });
    });
    rsx! {
        Modal { id: "palette", title: "Go to", open,
            Search { onchoose: choose }
        }
    }
}

/// The field and the list. A separate component, so that closing the dialog clears the field.
#[component]
fn Search(onchoose: Callback<Command>) -> Element {
    let here = use_route::<Route>();
    let mut text = use_signal(String::new);
    let mut active = use_signal(|| 0_usize);
    let mut found = use_signal(Vec::<Entry>::new);
    let mut searching = use_signal(|| None::<Task>);
    let job = here.job().map(|(id, _)| id.to_owned());
    let ask = use_callback(move |typed: String| {
        if let Some(task) = searching.take() {
            task.cancel();
        }
        let job = job.clone();
        searching.set(Some(spawn(async move {
            browser::sleep(DEBOUNCE).await;
            let entries = search(&typed, job).await;
            // The entries that the user sees may move, so the choice starts again.
            found.set(entries);
            active.set(0);
        })));
    });
    use_hook(|| ask.call(String::new()));
    let offer = match (use_sells_premium(), use_account().map(|account| account.plan)) {
        (false, _) => Offer::Nothing,
        (true, Some(Plan::Premium)) => Offer::Billing,
        (true, _) => Offer::Upgrade,
    };
    let mut entries = commands(&here, text.read().trim(), offer);
    if use_is_operator() {
        entries.extend(operations(text.read().trim()));
    }
    entries.extend(found());
    let groups: Vec<(Group, Vec<(usize, Entry)>)> = Group::ALL
        .into_iter()
        .map(|group| {
            let of_group = |entry: &&Entry| entry.group == group;
            (group, entries.iter().filter(of_group).cloned().collect::<Vec<_>>())
        })
        .filter(|(_, entries)| !entries.is_empty())
        .scan(0, |next, (group, entries)| {
            let first = *next;
            *next += entries.len();
            Some((group, (first..).zip(entries).collect()))
        })
        .collect();
    let shown: Vec<Entry> = groups
        .iter()
        .flat_map(|(_, entries)| entries.iter().map(|(_, entry)| entry.clone()))
        .collect();
    let count = shown.len();
    let chosen = active().min(count.saturating_sub(1));
    let onkeydown = move |event: KeyboardEvent| {
        let next = match event.key() {
            Key::ArrowDown if count > 0 => (chosen + 1) % count,
            Key::ArrowUp if count > 0 => (chosen + count - 1) % count,
            Key::Enter => {
                event.prevent_default();
                if let Some(entry) = shown.get(chosen) {
                    onchoose.call(entry.command.clone());
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        active.set(next);
        browser::scroll_into_view(&option_id(next));
    };
    rsx! {
        div { class: "palette",
            label { class: "visually-hidden", r#for: "palette-text", "Page, job, gene or action" }
            input {
                id: "palette-text",
                r#type: "text",
                role: "combobox",
                autofocus: true,
                autocomplete: "off",
                autocapitalize: "none",
                spellcheck: "false",
                placeholder: "Page, job, gene or action",
                "aria-autocomplete": "list",
                "aria-expanded": "true",
                "aria-controls": "palette-list",
                "aria-activedescendant": (count > 0).then(|| option_id(chosen)),
                value: "{text}",
                oninput: move |event| {
                    text.set(event.value());
                    active.set(0);
                    ask.call(event.value());
                },
                onkeydown,
            }
            div { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": "Results", tabindex: "-1",
                for (group , entries) in groups {
                    div { key: "{group.title()}", role: "group", "aria-labelledby": "palette-{group.title()}",
                        p { id: "palette-{group.title()}", class: "palette-group", role: "presentation", {group.title()} }
                        for (index , entry) in entries {
                            Choice {
                                key: "{entry.label}{entry.detail}",
                                index,
                                is_active: index == chosen,
                                entry: entry.clone(),
                                onchoose: move |()| onchoose.call(entry.command.clone()),
                            }
                        }
                    }
                }
            }
            p { class: "palette-count muted", role: "status",
                match count {
                    0 => rsx! { "Nothing found." },
                    1 => rsx! { "1 entry" },
                    _ => rsx! { "{count} entries" },
                }
            }
        }
    }
}

#[component]
fn Choice(index: usize, is_active: bool, entry: Entry, onchoose: EventHandler<()>) -> Element {
    rsx! {
        div {
            id: option_id(index),
            class: if is_active { "palette-entry palette-active" } else { "palette-entry" },
            role: "option",
            "aria-selected": is_active,
            // The field keeps the focus.
            onmousedown: move |event| event.prevent_default(),
            onclick: move |_| onchoose.call(()),
            span { class: "palette-label", "{entry.label}" }
            if !entry.detail.is_empty() {
                span { class: "muted", " {entry.detail}" }
            }
        }
    }
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

/// The jobs and, if a result is open, its genes that a text finds. What cannot be loaded is not listed.
async fn search(text: &str, open_job: Option<String>) -> Vec<Entry> {
    let query = ListQuery { search: text.trim().to_owned(), ..ListQuery::default() };
    let of_jobs = async {
        let list = jobs(query.to_string()).await.and_then(|list| list.read());
        list.map(jobs_of).unwrap_or_default()
    };
    let of_genes = async {
        let job = open_job.as_ref().filter(|_| !text.trim().is_empty());
        let Some((job, id)) = job.and_then(|job| Some((job, job.parse().ok()?))) else {
            return Vec::new();
        };
        let filter = Filter { text: text.trim().to_owned(), ..Filter::default() };
        let query = Query { filter, limit: GENE_ROWS, ..Query::default() };
        let page = variants(id, query).await.and_then(|page| page.read());
        page.map(|page| genes_of(job, text.trim(), &page.rows)).unwrap_or_default()
    };
    let (mut entries, genes) = futures::future::join(of_jobs, of_genes).await;
    entries.extend(genes);
    entries
}
