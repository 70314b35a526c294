//! The run log tab of a job.

use super::super::load_failure;
use super::use_job;
use crate::api::{self, use_keyed_api_loader};
use crate::browser;
use crate::components::{CopyButton, Empty, Icon, IconName, Picture};
use crate::log_search::{Hit, find, pieces};
use dioxus::prelude::*;
use gas_shared::job::LOG_CUT;
use gas_shared::{JobId, JobView};

/// The id of the element that scrolls.
const LINES_ID: &str = "log-lines";

/// Shows a job's run log, which grows while the job runs.
#[component]
pub fn JobLog(id: String) -> Element {
    // `JobLayout` loads the job of the route.
    _ = id;
    match use_job() {
        Some(job) => rsx! { Log { job } },
        None => rsx! {},
    }
}

#[component]
fn Log(job: JobView) -> Element {
    let id = job.id;
    // The worker rewrites the run log whenever it updates the job, so a new version of the job may
    // come with new lines.
    let seen = use_memo(use_reactive!(|job| (job.id, job.version)));
    let log = use_keyed_api_loader(move || {
        let (id, _) = seen();
        (id.to_string(), api::job_log(id))
    })?;
    let is_running = !job.state.status().is_final();
    match log.read() {
        Ok(text) if text.is_empty() => rsx! {
            Empty { picture: Picture::NoText, role: "status",
                p {
                    if is_running {
                        "There is no log yet. It starts when a worker picks up the job."
                    } else {
                        "This job ended before anything was logged."
                    }
                }
            }
        },
        Ok(text) => rsx! { Lines { id, text, is_running } },
        Err(error) => load_failure(error),
    }
}

/// The lines of the log with search, options and download.
#[component]
fn Lines(id: JobId, text: String, is_running: bool) -> Element {
    let mut follow = use_signal(|| is_running);
    let mut wrap = use_signal(|| true);
    let needle = use_signal(String::new);
    let current = use_signal(|| 0usize);
    use_effect(use_reactive!(|text| {
        if follow() && !text.is_empty() {
            browser::scroll_to(LINES_ID, f64::from(i32::MAX));
        }
    }));
    let hits = find(&text, &needle.read());
    let chosen = hits.get(current().min(hits.len().saturating_sub(1))).copied();
    rsx! {
        div { class: "log-bar",
            Search { needle, current, hits: hits.clone() }
            div { class: "log-tools",
                Toggle { label: "Follow new lines", on: follow(), onset: move |on| follow.set(on) }
                Toggle { label: "Wrap lines", on: wrap(), onset: move |on| wrap.set(on) }
                CopyButton { text: text.clone(), label: "the log" }
                a { class: "button", href: "/annotations-log/{id}", download: "",
                    Icon { name: IconName::Download }
                    "Download"
                }
            }
        }
        div {
            id: LINES_ID,
            class: if wrap() { "log log-wrapped" } else { "log" },
            role: "region",
            tabindex: "0",
            "aria-label": "Log",
            ol {
                for (place, line) in text.lines().enumerate() {
                    Line {
                        key: "{place}",
                        number: place + 1,
                        line: line.to_owned(),
                        hits: hits.iter().filter(|hit| hit.line == place).copied().collect::<Vec<_>>(),
                        chosen: chosen.filter(|hit| hit.line == place),
                    }
                }
            }
            if text.ends_with(LOG_CUT) {
                a { href: "/annotations-log/{id}", download: "", "Download all" }
            }
        }
    }
}

/// A line with its number, which links to it, and highlighted search matches.
#[component]
fn Line(number: usize, line: String, hits: Vec<Hit>, chosen: Option<Hit>) -> Element {
    let mut at_hit = hits.iter();
    rsx! {
        li { id: "L{number}", class: "log-line",
            a { class: "log-number", href: "#L{number}", "aria-label": "Line {number}", "{number}" }
            span { class: "log-text",
                for (piece, is_hit) in pieces(&line, &hits) {
                    if is_hit {
                        if at_hit.next().copied() == chosen {
                            mark { id: "log-hit", class: "log-hit", "{piece}" }
                        } else {
                            mark { "{piece}" }
                        }
                    } else {
                        "{piece}"
                    }
                }
            }
        }
    }
}

/// The search field with the number of matches and buttons to move between them.
#[component]
fn Search(needle: Signal<String>, current: Signal<usize>, hits: Vec<Hit>) -> Element {
    let count = hits.len();
    let mut go = move |forward: bool| {
        if count > 0 {
            let now = current().min(count - 1);
            current.set(if forward { (now + 1) % count } else { (now + count - 1) % count });
        }
    };
    // Effects run after rendering, so the match is already in the document.
    use_effect(move || {
        current();
        needle.read();
        browser::scroll_into_view("log-hit");
    });
    let matches = match (needle.read().is_empty(), count) {
        (true, _) => String::new(),
        (false, 0) => "no matches".to_owned(),
        (false, count) => format!("{} of {count}", current().min(count - 1) + 1),
    };
    rsx! {
        div { class: "log-search", role: "search",
            input {
                r#type: "search",
                "aria-label": "Search the log",
                placeholder: "Search the log",
                autocomplete: "off",
                spellcheck: "false",
                value: needle,
                oninput: move |event| {
                    needle.set(event.value());
                    current.set(0);
                },
                onkeydown: move |event| {
                    if event.key() == Key::Enter {
                        go(!event.modifiers().shift());
                    }
                },
            }
            span { class: "muted log-count", role: "status", "{matches}" }
            button {
                class: "icon-button",
                r#type: "button",
                "aria-label": "Previous match",
                disabled: count == 0,
                onclick: move |_| go(false),
                Icon { name: IconName::Up }
            }
            button {
                class: "icon-button",
                r#type: "button",
                "aria-label": "Next match",
                disabled: count == 0,
                onclick: move |_| go(true),
                Icon { name: IconName::Down }
            }
        }
    }
}

/// A labeled checkbox.
#[component]
fn Toggle(label: &'static str, on: bool, onset: EventHandler<bool>) -> Element {
    rsx! {
        label { class: "choice",
            input { r#type: "checkbox", checked: on, onchange: move |event| onset.call(event.checked()) }
            "{label}"
        }
    }
}
