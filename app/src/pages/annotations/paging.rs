use super::density::Density;
use crate::app::Route;
use crate::format;
use dioxus::prelude::*;
use gas_shared::job::{ListQuery, PAGE_SIZES, pages};

/// Which part of the list is shown, and the ways to the others.
#[component]
pub fn Paging(
    /// What is asked for.
    query: ListQuery,
    /// The page that is shown, from 1.
    page: u32,
    /// How many jobs the query finds.
    matched: u64,
    /// Whether a row is one line.
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
    let turned = query.clone();
    let to = move |page| Route::Annotations { query: ListQuery { page, ..turned.clone() } };
    rsx! {
        nav { class: "paging", "aria-label": "Pages",
            p { class: "range", role: "status", "{range}" }
            label { class: "page-size",
                span { "Rows" }
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
