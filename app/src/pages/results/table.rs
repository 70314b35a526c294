//! The table: of its rows only those in sight are in the document, and of its answers only those
//! around them are in memory.

use super::columns::{Column, Columns};
use super::row::Place;
use super::window::{Window, scroll_of, window};
use super::{Answer, CHUNK_ROWS, Question};
use crate::browser;
use crate::error::ApiError;
use crate::format;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::explorer::{Direction, Row, Sort};
use std::collections::BTreeMap;
use std::time::Duration;

/// The element that scrolls.
pub const SCROLL_ID: &str = "variants";

/// While somebody scrolls, the rows passed are not asked for.
const PAUSE: Duration = Duration::from_millis(80);

/// So many answers are kept, those next to the window.
const MAX_CHUNKS: usize = 30;

/// Rows that Page Up and Page Down pass over.
const PAGE_ROWS: u64 = 15;

/// The variants that a question shows.
#[component]
pub fn Table(
    /// What is asked for: another order is one of this.
    question: Question,
    /// What the answer is for.
    asked: Question,
    /// Its beginning.
    page: Answer,
    /// The columns to show.
    columns: Columns,
    /// Whether another answer is on its way.
    busy: bool,
    /// Is called with the number of a record to open.
    onopen: EventHandler<u64>,
    /// Is called when further rows came, or did not.
    onresult: EventHandler<Option<ApiError>>,
) -> Element {
    let mut scrolled = use_signal(|| 0.0);
    let matched = page.matched;
    let key = asked.route().to_string();
    // Another question is looked at from its beginning.
    let address = key.clone();
    use_effect(use_reactive!(|address| {
        let _ = address;
        scrolled.set(0.0);
        browser::scroll_to(SCROLL_ID, 0.0);
    }));
    rsx! {
        div {
            id: SCROLL_ID,
            class: if busy { "table-scroll variants busy" } else { "table-scroll variants" },
            tabindex: "0",
            role: "region",
            "aria-label": "Variants",
            onscroll: move |event| scrolled.set(event.scroll_top()),
            table { "aria-rowcount": matched + 1,
                caption { class: "visually-hidden",
                    "{format::count(matched)} variants. Arrow keys move between rows, Enter opens one."
                }
                thead {
                    tr { "aria-rowindex": "1",
                        for column in columns.shown() {
                            Heading { key: "{column.name()}", column, question: question.clone() }
                        }
                    }
                }
                // A key counts only at the root of a template.
                {rsx! { Rows { key: "{key}", asked, page, columns, scrolled, onopen, onresult } }}
            }
        }
    }
}

/// The heading of a column, with the button that orders by it.
#[component]
fn Heading(column: Column, question: Question) -> Element {
    let name = column.name();
    let class = format!("col-{}", name.to_lowercase());
    let Some(key) = column.sort() else {
        return rsx! {
            th { scope: "col", class: "{class}", "{name}" }
        };
    };
    let direction = (question.sort.key == key).then_some(question.sort.direction);
    let (order, mark) = match direction {
        None => ("none", ""),
        Some(Direction::Ascending) => ("ascending", " ↑"),
        Some(Direction::Descending) => ("descending", " ↓"),
    };
    let next = match direction {
        Some(Direction::Ascending) => Direction::Descending,
        _ => Direction::Ascending,
    };
    let by = Question { sort: Sort { key, direction: next }, ..question };
    rsx! {
        th { scope: "col", class: "{class}", "aria-sort": order,
            button {
                class: "sort",
                r#type: "button",
                onclick: move |_| {
                    navigator().replace(by.route());
                },
                "{name}"
                span { "aria-hidden": "true", "{mark}" }
            }
        }
    }
}

/// Answers by their place: rows from `place * CHUNK_ROWS` on.
type Chunks = BTreeMap<u64, Vec<Row>>;

/// The rows of one question.
#[component]
fn Rows(
    asked: Question,
    page: Answer,
    columns: Columns,
    scrolled: Signal<f64>,
    onopen: EventHandler<u64>,
    onresult: EventHandler<Option<ApiError>>,
) -> Element {
    let matched = page.matched;
    let mut active = use_signal(|| 0_u64);
    let shown = use_memo(use_reactive!(|matched| window(matched, scrolled())));
    let chunks = use_chunks(asked, shown, onresult);
    let Window { first, end, before, after } = shown();
    // The one row in the order of Tab is in the document at any time.
    let tab_stop = if (first..end).contains(&active()) { active() } else { first };
    let onkeydown = move |event: KeyboardEvent| {
        if let Some(next) = moved(&event.key(), tab_stop, matched) {
            event.prevent_default();
            active.set(next);
            browser::focus_row(SCROLL_ID, &row_id(next), scroll_of(matched, next));
        }
    };
    rsx! {
        tbody { onkeydown,
            Spacer { pixels: before, columns: columns.len() }
            for index in first..end {
                Place {
                    key: "{index}",
                    id: row_id(index),
                    row: row(&page.rows, &chunks.read(), index).cloned(),
                    index,
                    columns,
                    in_tab_order: index == tab_stop,
                    onopen: move |number| {
                        active.set(index);
                        onopen.call(number);
                    },
                }
            }
            Spacer { pixels: after, columns: columns.len() }
        }
    }
}

/// Rows that are not there.
#[component]
fn Spacer(pixels: f64, columns: usize) -> Element {
    rsx! {
        tr { class: "spacer", "aria-hidden": "true",
            // The attribute: a style would be refused by the Content Security Policy.
            td { colspan: columns as i64, "height": "{pixels}" }
        }
    }
}

fn row_id(index: u64) -> String {
    format!("variant-{index}")
}

fn row<'a>(beginning: &'a [Row], chunks: &'a Chunks, index: u64) -> Option<&'a Row> {
    let (chunk, place) = (index / u64::from(CHUNK_ROWS), index % u64::from(CHUNK_ROWS));
    let rows = if chunk == 0 { beginning } else { chunks.get(&chunk)? };
    rows.get(place as usize)
}

/// Where a key leads to from a row.
fn moved(key: &Key, from: u64, rows: u64) -> Option<u64> {
    let last = rows.saturating_sub(1);
    Some(match key {
        Key::ArrowDown => (from + 1).min(last),
        Key::ArrowUp => from.saturating_sub(1),
        Key::PageDown => (from + PAGE_ROWS).min(last),
        Key::PageUp => from.saturating_sub(PAGE_ROWS),
        Key::Home => 0,
        Key::End => last,
        _ => return None,
    })
}

/// Fetches what the window shows. A window that is scrolled past before its answer came takes the
/// question with it, so no answer comes too late.
fn use_chunks(
    question: Question,
    shown: Memo<Window>,
    onresult: EventHandler<Option<ApiError>>,
) -> Signal<Chunks> {
    let mut chunks = use_signal(Chunks::new);
    let mut asking = use_signal(|| None::<Task>);
    let wanted = use_memo(move || {
        let (rows, Window { first, end, .. }) = (u64::from(CHUNK_ROWS), shown());
        (first / rows, end.saturating_sub(1) / rows)
    });
    use_effect(move || {
        let (from, to) = wanted();
        if let Some(task) = asking.take() {
            task.cancel();
        }
        let missing: Vec<u64> =
            (from.max(1)..=to).filter(|chunk| !chunks.peek().contains_key(chunk)).collect();
        if missing.is_empty() {
            return;
        }
        let question = question.clone();
        asking.set(Some(spawn(async move {
            browser::sleep(PAUSE).await;
            for chunk in missing {
                let found = question.ask(chunk * u64::from(CHUNK_ROWS), false).await;
                let found = found.and_then(|found| found.read());
                onresult.call(found.as_ref().err().cloned());
                let Ok(page) = found else { return };
                keep(&mut chunks.write(), chunk, page.rows);
            }
        })));
    });
    chunks
}

/// Adds an answer, and lets go of the ones farthest from it.
fn keep(chunks: &mut Chunks, chunk: u64, rows: Vec<Row>) {
    chunks.insert(chunk, rows);
    while chunks.len() > MAX_CHUNKS {
        let farthest = chunks.keys().copied().max_by_key(|known| known.abs_diff(chunk));
        farthest.and_then(|farthest| chunks.remove(&farthest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_through_the_rows_and_no_further() {
        assert_eq!(moved(&Key::ArrowDown, 0, 3), Some(1));
        assert_eq!(moved(&Key::ArrowDown, 2, 3), Some(2));
        assert_eq!(moved(&Key::ArrowUp, 0, 3), Some(0));
        assert_eq!(moved(&Key::PageDown, 1, 3), Some(2));
        assert_eq!(moved(&Key::PageUp, 20, 30), Some(5));
        assert_eq!((moved(&Key::Home, 5, 9), moved(&Key::End, 5, 9)), (Some(0), Some(8)));
        assert_eq!(moved(&Key::Enter, 0, 3), None);
    }

    #[test]
    fn the_answers_farthest_away_are_let_go() {
        let mut chunks = Chunks::new();
        for chunk in 1..=200 {
            keep(&mut chunks, chunk, Vec::new());
        }
        assert_eq!(chunks.len(), MAX_CHUNKS);
        assert_eq!(chunks.keys().next(), Some(&171));
        keep(&mut chunks, 5, Vec::new());
        assert!(chunks.contains_key(&5) && !chunks.contains_key(&200));
    }
}
