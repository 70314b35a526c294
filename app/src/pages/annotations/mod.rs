//! The list of the user's jobs, with filters, paging and bulk actions.

mod actions;
mod density;
mod empty;
mod overview_strip;
mod paging;
mod table;
mod toolbar;

use super::commit_status;
use crate::account::use_account;
use crate::api::{jobs, use_api_loader};
use crate::app::Route;
use crate::components::{ErrorNote, Page, ReferenceBanner, RestoreBanner, use_refresh_tick};
use crate::live::use_live;
use actions::{ActionDialog, BulkBar, PendingAction};
use density::use_compact;
use dioxus::prelude::*;
use empty::{FirstSteps, NothingFound};
use gas_shared::JobId;
use gas_shared::job::{JobList, ListQuery};
use jiff::Timestamp;
use overview_strip::OverviewStrip;
use paging::Paging;
use std::collections::HashSet;
use table::JobTable;
use toolbar::Toolbar;

/// The list of the user's jobs. The query is part of the URL.
#[component]
pub fn Annotations(query: ListQuery) -> Element {
    let live = use_live();
    let is_signed_in = use_account().is_some();
    let tick = use_refresh_tick();
    let mut waits = use_signal(|| false);
    // Queue positions depend on other users' jobs, for which the browser gets no events, so the
    // list is reloaded periodically while jobs are queued.
    let reload_tick = use_memo(move || if waits() { tick() } else { 0 });
    let requested = use_memo(use_reactive!(|query| query));
    let list = use_api_loader(move || {
        live.refetch_on_reconnect();
        live.refetch_on_changes();
        reload_tick.read();
        jobs(requested().to_string())
    })?;
    let mut last = use_signal(|| None::<JobList>);
    use_effect(move || {
        if let Ok(list) = list.read() {
            if list.is_partial {
                live.refetch_soon();
            }
            let is_waiting = !list.queue.is_empty();
            if *waits.peek() != is_waiting {
                waits.set(is_waiting);
            }
            last.set(Some(list));
        }
    });
    // If the list cannot be reloaded, the last one stays, including its selection.
    let (found, failed) = match list.read() {
        Ok(list) => (Some(list), None),
        Err(error) => (last.read().clone(), Some(error)),
    };
    if let (None, Some(error)) = (&found, &failed) {
        commit_status(error);
    }
    let new = rsx! {
        if is_signed_in {
            Link { class: "button button-main", to: Route::Annotate {}, "New annotation" }
        }
    };
    rsx! {
        Page { title: "Annotations", actions: new,
            ReferenceBanner {}
            if let Some(error) = failed {
                ErrorNote { error }
            }
            if let Some(found) = found {
                // While a request is pending, the URL's query differs from that of the shown list.
                List { busy: found.query != query.to_string(), query, found }
            }
        }
    }
}

/// The list with its filters, actions and paging.
#[component]
fn List(
    /// The query of the URL.
    query: ListQuery,
    /// The last loaded list.
    found: JobList,
    /// Whether the list is still that of an earlier query.
    busy: bool,
) -> Element {
    let live = use_live();
    let now = use_now();
    let selected = use_signal(HashSet::<JobId>::new);
    let action = use_signal(|| None::<PendingAction>);
    let compact = use_compact();
    let rows = live.newest_list(&found.jobs, &ListQuery::from(found.query.as_str()));
    if rows.is_empty() && found.overview.total <= live.hidden_jobs() && !query.is_filtered() {
        return rsx! { FirstSteps {} };
    }
    let chosen = rows.iter().filter(|row| selected.read().contains(&row.job.id));
    let chosen: Vec<_> = chosen.map(|row| row.job.clone()).collect();
    let shown: Vec<_> = rows.iter().map(|row| row.job.clone()).collect();
    rsx! {
        OverviewStrip { overview: found.overview }
        if found.is_partial {
            p { class: "muted", role: "status", "These are your newest jobs. Counting all of them …" }
        }
        RestoreBanner { jobs: shown.clone() }
        Toolbar {
            query: query.clone(),
            counts: found.counts.to_vec(),
            archived: found.archived,
            labels: found.labels.clone(),
            projects: found.projects.clone(),
        }
        if rows.is_empty() {
            NothingFound { query: query.clone() }
        } else {
            BulkBar { chosen, page: shown, selected, action }
            JobTable {
                rows,
                queue: found.queue.clone(),
                query: query.clone(),
                now,
                busy,
                compact: compact(),
                selected,
                action,
            }
        }
        Paging { query, page: found.page, matched: found.matched, compact }
        ActionDialog { action, selected }
    }
}

/// The server's time, updated every 15 seconds. `None` until the page is live.
fn use_now() -> Option<Timestamp> {
    let live = use_live();
    let tick = use_refresh_tick();
    let mut now = use_signal(|| None::<Timestamp>);
    use_effect(move || {
        tick.read();
        // The server's time is known once the event stream is open.
        live.refetch_on_reconnect();
        now.set(Some(live.now()));
    });
    now()
}
