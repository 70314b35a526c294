//! The table. Only the visible rows are in the document, and only the pages around them in memory.

use super::columns::Column;
use super::row::TableRow;
use super::window::{Window, first_whole_row, scroll_of, window};
use super::{CHUNK_ROWS, Opened, TableQuery};
use crate::browser;
use crate::error::ApiError;
use crate::format;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::explorer::{Direction, Page, Row, Sort};
use std::collections::BTreeMap;
use std::time::Duration;

/// The id of the element that scrolls.
pub const SCROLL_ID: &str = "variants";

/// The pause after scrolling, so that rows that are scrolled past are not requested.
const PAUSE: Duration = Duration::from_millis(80);

/// The most pages in memory; those closest to the window are kept.
const MAX_CHUNKS: usize = 30;

/// Rows that Page Up and Page Down skip.
const PAGE_ROWS: u64 = 15;

/// Rows that stay visible above the row whose details are open.
const CONTEXT_ROWS: u64 = 5;

/// The table of variants.
#[component]
pub fn Table(
    /// The query of the address, to which the headings apply sort orders.
    query: TableQuery,
    /// The query that `page` answers.
    answered: TableQuery,
    /// The first page.
    page: Page,
    /// The columns to show.
    columns: Vec<Column>,
    /// Whether another page is loading.
    busy: bool,
    /// The row whose details are open.
    opened: Opened,
    /// Called when further rows were loaded, or failed to load.
    onresult: EventHandler<Option<ApiError>>,
) -> Element {
    let mut scrolled = use_signal(|| 0.0);
    let mut active = use_signal(|| 0_u64);
    let matched = page.matched;
    let key = answered.key();
    // Another query starts at the top.
    let address = key.clone();
    use_effect(use_reactive!(|address| {
        let _ = address;
        scrolled.set(0.0);
        active.set(0);
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
            // From the table or a heading to the rows, which handle further keys.
            onkeydown: move |event: KeyboardEvent| {
                if event.key() == Key::ArrowDown {
                    event.prevent_default();
                    let row = first_whole_row(matched, scrolled());
                    active.set(row);
                    focus_row(matched, row);
                }
            },
            table { "aria-rowcount": matched + 1,
                caption { class: "visually-hidden",
                    "{format::counted(matched, \"variant\")}. Use the arrow keys to move between rows and Enter to open one."
                }
                thead {
                    tr { "aria-rowindex": "1",
                        for column in columns.iter().cloned() {
                            Heading { key: "{column.name()}", column: column.clone(), query: query.clone() }
                        }
                        for name in answered.samples() {
                            th { key: "sample-{name}", scope: "col", class: "col-sample", "{name}" }
                        }
                    }
                }
                // Dioxus uses keys only at the root of a template.
                {rsx! { Rows { key: "{key}", answered, page, columns, scrolled, active, opened, onresult } }}
            }
        }
    }
}

/// The heading of a column, with a button that sorts by it.
#[component]
fn Heading(column: Column, query: TableQuery) -> Element {
    let label = column.label().to_owned();
    let class = match column {
        Column::Number(_) => format!("col-number col-{}", column.name()),
        _ => format!("col-{}", column.name()),
    };
    let Some(key) = column.sort() else {
        return rsx! {
            th { scope: "col", class: "{class}", title: "{label}",
                span { class: "heading", "{label}" }
            }
        };
    };
    let direction = (query.sort.key == key).then_some(query.sort.direction);
    let (order, mark) = match direction {
        None => ("none", ""),
        Some(Direction::Ascending) => ("ascending", "↑"),
        Some(Direction::Descending) => ("descending", "↓"),
    };
    let next = match direction {
        Some(Direction::Ascending) => Direction::Descending,
        _ => Direction::Ascending,
    };
    let by = TableQuery { sort: Sort { key, direction: next }, ..query };
    rsx! {
        th { scope: "col", class: "{class}", "aria-sort": order, title: "{label}",
            button {
                class: "sort",
                r#type: "button",
                onclick: move |_| {
                    navigator().replace(by.route());
                },
                // Before the label, whose end is cut off if it is long.
                span { class: "sort-order", "aria-hidden": "true", {mark} }
                span { class: "heading", "{label}" }
            }
        }
    }
}

/// Pages by index; a page starts at row `index * CHUNK_ROWS`.
type Chunks = BTreeMap<u64, Vec<Row>>;

/// The rows of one query.
#[component]
fn Rows(
    answered: TableQuery,
    page: Page,
    columns: Vec<Column>,
    scrolled: Signal<f64>,
    /// The row in the tab order.
    active: Signal<u64>,
    opened: Opened,
    onresult: EventHandler<Option<ApiError>>,
) -> Element {
    let matched = page.matched;
    let mut active = active;
    let shown = use_memo(use_reactive!(|matched| window(matched, scrolled())));
    let samples = answered.samples().len();
    let chunks = use_chunks(answered, shown, onresult);
    // Once the row whose details are open is loaded, its number is known.
    let rows = page.rows.clone();
    use_effect(move || {
        if let Some(index) = opened.row().filter(|_| (opened.is_open)()) {
            active.set(index);
            opened.set_number(row(&rows, &chunks.read(), index).map(|row| row.number));
        }
    });
    let Window { first, end, before, after } = shown();
    // One row is always in the tab order, so it must be in the document.
    let tab_stop = if (first..end).contains(&active()) { active() } else { first };
    let onkeydown = move |event: KeyboardEvent| {
        if let Some(next) = moved(&event.key(), tab_stop, matched) {
            event.prevent_default();
            event.stop_propagation();
            active.set(next);
            focus_row(matched, next);
        }
    };
    rsx! {
        tbody { onkeydown,
            Spacer { pixels: before, columns: columns.len() + samples }
            for index in first..end {
                TableRow {
                    key: "{index}",
                    id: row_id(index),
                    row: row(&page.rows, &chunks.read(), index).cloned(),
                    index,
                    columns: columns.clone(),
                    samples,
                    in_tab_order: index == tab_stop,
                    onopen: move |()| opened.open(index),
                }
            }
            Spacer { pixels: after, columns: columns.len() + samples }
        }
    }
}

/// Takes the space of rows that are not in the document.
#[component]
fn Spacer(pixels: f64, columns: usize) -> Element {
    rsx! {
        tr { class: "spacer", "aria-hidden": "true",
            // An attribute, because the Content Security Policy blocks inline styles.
            td { colspan: columns as i64, "height": "{pixels}" }
        }
    }
}

fn row_id(index: u64) -> String {
    format!("variant-{index}")
}

/// Scrolls the table to a row, so that it is loaded.
pub fn show_row(rows: u64, index: u64) {
    browser::scroll_to(SCROLL_ID, scroll_of(rows, index.saturating_sub(CONTEXT_ROWS)));
}

/// Focuses a row.
pub fn focus_row(rows: u64, index: u64) {
    browser::focus_row(SCROLL_ID, &row_id(index), scroll_of(rows, index));
}

fn row<'a>(beginning: &'a [Row], chunks: &'a Chunks, index: u64) -> Option<&'a Row> {
    let (chunk, row) = (index / u64::from(CHUNK_ROWS), index % u64::from(CHUNK_ROWS));
    let rows = if chunk == 0 { beginning } else { chunks.get(&chunk)? };
    rows.get(row as usize)
}

/// The row that a key moves to.
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

/// Loads the rows of the window. If the window moves before they arrive, the request is canceled, so
/// outdated rows never arrive.
fn use_chunks(
    query: TableQuery,
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
        let query = query.clone();
        asking.set(Some(spawn(async move {
            browser::sleep(PAUSE).await;
            for chunk in missing {
                let found = query.fetch(chunk * u64::from(CHUNK_ROWS), false).await;
                let found = found.and_then(|found| found.read());
                onresult.call(found.as_ref().err().cloned());
                let Ok(page) = found else { return };
                keep(&mut chunks.write(), chunk, page.rows);
            }
        })));
    });
    chunks
}

/// Adds a page, and drops the pages that are farthest from it.
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
    fn keys_move_between_the_first_and_the_last_row() {
        assert_eq!(moved(&Key::ArrowDown, 0, 3), Some(1));
        assert_eq!(moved(&Key::ArrowDown, 2, 3), Some(2));
        assert_eq!(moved(&Key::ArrowUp, 0, 3), Some(0));
        assert_eq!(moved(&Key::PageDown, 1, 3), Some(2));
        assert_eq!(moved(&Key::PageUp, 20, 30), Some(5));
        assert_eq!((moved(&Key::Home, 5, 9), moved(&Key::End, 5, 9)), (Some(0), Some(8)));
        assert_eq!(moved(&Key::Enter, 0, 3), None);
    }

    #[test]
    fn the_farthest_pages_are_dropped() {
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
