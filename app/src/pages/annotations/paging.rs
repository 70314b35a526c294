//! Paging and view options below the job list.

use super::density::Density;
use crate::app::Route;
use crate::format;
use dioxus::prelude::*;
use gas_shared::job::{ListQuery, PAGE_SIZES, pages};

/// The shown range, the page size, the row height and links to the adjacent pages.
#[component]
pub fn Paging(
    /// The query of the URL.
    query: ListQuery,
    /// The number of the shown page, from 1.
    page: u32,
    /// The number of jobs that match the query.
    matched: u64,
    /// Whether rows are compact.
    compact: Signal<bool>,
) -> Element {
    let size = query.size;
    let first = u64::from(page - 1) * u64::from(size) + 1;
    let last = (first + u64::from(size) - 1).min(matched);
    let range = match matched {
        0 => "None".to_owned(),
        _ => format!(
            "{}–{} of {}",
            format::count(first),
            format::count(last),
            format::count(matched)
        ),
    };
    let current = query.clone();
    let to = move |page| Route::Annotations { query: ListQuery { page, ..current.clone() } };
    rsx! {
        nav { class: "paging", "aria-label": "Pages",
            p { class: "range", role: "status", "{range}" }
            label { class: "page-size",
                span { "Rows per page" }
                select {
                    onchange: move |event| {
                        let size = event.value().parse().unwrap_or(PAGE_SIZES[0]);
                        let query = ListQuery { size, page: 1, ..query.clone() };
                        navigator().push(Route::Annotations { query });
                    },
                    for choice in PAGE_SIZES {
                        option { key: "{choice}", value: "{choice}", selected: choice == size, "{choice}" }
                    }
                }
            }
            Density { compact }
            if page > 1 {
                Link { class: "button", to: to(page - 1), "Previous" }
            }
            if page < pages(matched, size) {
                Link { class: "button", to: to(page + 1), "Next" }
            }
        }
    }
}
