//! The results explorer: a table of the variants of a result, which can be filtered and sorted.

mod columns;
mod draft;
mod drawer;
mod entry;
mod exports;
mod field_labels;
mod fields;
mod filters;
mod gene_panels;
mod links;
mod opened;
mod popover;
mod presets;
mod row;
mod sample_filters;
mod sample_number;
mod saved;
mod saved_lists;
mod saved_row;
mod table;
mod window;

use super::job::{NoResult, use_job};
use super::{commit_status, parse_id};
use crate::api::{ApiResult, RawJson, use_keyed_api_loader};
use crate::app::Route;
use crate::browser;
use crate::components::{Empty, ErrorNote, Picture};
use crate::error::{ApiError, ErrorCode};
use crate::format;
use crate::live::use_live;
use crate::record_access::{RecordAccess, use_record_access};
use crate::result_address::ResultAddress;
use crate::upload::is_transient;
#[cfg(test)]
pub use columns::Column;
use columns::{ColumnChooser, Columns, use_columns};
use dioxus::prelude::*;
use drawer::Drawer;
use exports::Exports;
use filters::{FILTERS_ID, Filters};
use gas_shared::Provenance;
use gas_shared::explorer::{CLINVAR, Filter, Page, Query, Sort, url};
use gas_shared::job::StateView;
use opened::{Opened, use_opened};
use presets::Presets;
use saved::SavedFilters;
use saved_lists::use_saved;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use table::{SCROLL_ID, Table};

/// Rows of one page of the table: a few more than are in the document at first, because the rendered page has them
/// as data, too.
const CHUNK_ROWS: u32 = 50;

/// The most samples that the table shows besides those that the filter names.
const MAX_SHOWN_SAMPLES: usize = 12;

/// What separates the address and the samples in a key. Names of samples have none, as it separates the columns of
/// a VCF file.
const KEY_SEPARATOR: char = '\t';

/// The query of the table: that of the address, and the samples that the chosen columns have.
#[derive(Clone, Debug, PartialEq)]
struct TableQuery {
    /// The result.
    at: ResultAddress,
    filter: Filter,
    sort: Sort,
    shown_samples: Vec<String>,
}

impl TableQuery {
    fn read(at: ResultAddress, filter: &str, sort: &str) -> ApiResult<Self> {
        let filter = url::read_filter(filter).map_err(|_| {
            ApiError::new(ErrorCode::Invalid, "the filter in the address cannot be read; clear it")
        })?;
        let sort = url::read_sort(sort);
        Ok(Self { at, filter, sort, shown_samples: Vec::new() })
    }

    /// Parses an address.
    fn of(address: &str) -> ApiResult<Self> {
        match address.parse() {
            Ok(Route::Results { id, filter, sort }) => {
                Self::read(ResultAddress::Job(parse_id(&id)?), &filter, &sort)
            }
            Ok(Route::Shared { secret, filter, sort, .. }) => {
                Self::read(ResultAddress::Link(secret), &filter, &sort)
            }
            _ => Err(ApiError::new(ErrorCode::NotFound, "there are no results at this address")),
        }
    }

    /// Parses a key.
    fn of_key(key: &str) -> ApiResult<Self> {
        let mut parts = key.split(KEY_SEPARATOR);
        let query = Self::of(parts.next().unwrap_or_default())?;
        Ok(Self { shown_samples: parts.map(str::to_owned).collect(), ..query })
    }

    /// A text that identifies the query.
    fn key(&self) -> String {
        key_of(&self.route().to_string(), &self.shown_samples)
    }

    /// The samples that the table shows: those that the filter names, then the others.
    fn samples(&self) -> Vec<String> {
        let mut samples: Vec<String> = Vec::new();
        for name in self.filter.sample_names().chain(&self.shown_samples) {
            if !samples.contains(name) {
                samples.push(name.clone());
            }
        }
        samples
    }

    /// Loads a page, starting at row `offset`.
    async fn fetch(&self, offset: u64, facets: bool) -> ApiResult<RawJson<Page>> {
        let (filter, sort) = (self.filter.clone(), self.sort.clone());
        let query =
            Query { filter, sort, offset, limit: CHUNK_ROWS, facets, samples: self.samples() };
        self.at.clone().variants(query).await
    }

    /// The address of the query.
    fn route(&self) -> Route {
        self.at.explorer(url::write_filter(&self.filter), url::write_sort(&self.sort))
    }
}

/// The key of an address and samples.
fn key_of(address: &str, samples: &[String]) -> String {
    let parts: Vec<&str> =
        [address].into_iter().chain(samples.iter().map(String::as_str)).collect();
    parts.join(&KEY_SEPARATOR.to_string())
}

/// The results explorer of a job.
#[component]
pub fn Results(id: String, filter: String, sort: String) -> Element {
    let job = use_job();
    let access = use_record_access(job.as_ref().map(|job| &job.state));
    let here = Route::Results { id, filter, sort }.to_string();
    match job.map(|job| job.state) {
        Some(StateView::Completed { provenance, .. }) => rsx! {
            ResultsExplorer { here, access, provenance, allows_downloads: true }
        },
        Some(state) => rsx! { NoResult { status: state.status(), what: "Results are" } },
        None => rsx! {},
    }
}

/// The results explorer of the result at an address: of a job, or of a share link.
#[component]
pub fn ResultsExplorer(
    /// The address of the page, with filter and sort order.
    here: String,
    /// Whether the records can be read. They are loaded again when it changes.
    #[props(default)]
    access: RecordAccess,
    /// What the result was made with.
    provenance: Option<Provenance>,
    /// Whether variants can be exported.
    allows_downloads: bool,
) -> Element {
    let live = use_live();
    let current = use_memo(use_reactive!(|access| access));
    let columns = use_columns();
    let known_samples = use_signal(Vec::<String>::new);
    let key = use_memo(use_reactive!(|here| {
        let samples = known_samples.read();
        let shown =
            if columns.read().has_samples() { samples.len().min(MAX_SHOWN_SAMPLES) } else { 0 };
        key_of(&here, &samples[..shown])
    }));
    // Why the records of an address cannot be read, if the last answer says so.
    let closed = use_hook(|| Rc::new(RefCell::new(None::<(ResultAddress, ApiError)>)));
    // Whether the table was shown, which may have had the focus.
    let was_shown = use_hook(|| Rc::new(Cell::new(false)));
    let answer = use_keyed_api_loader(move || {
        live.refetch_on_reconnect();
        // An upgrade may give access to the result.
        live.plan();
        current.read();
        let key = key();
        let query = TableQuery::of_key(&key);
        (key, async move { query?.fetch(0, true).await })
    })?;
    let content = match TableQuery::of_key(&answer.key()) {
        Ok(answered) => {
            let found = match answer.read() {
                // A request that fails for a moment does not change that the result is closed.
                Err(error) if is_transient(&error) => {
                    let closed = closed.borrow().clone().filter(|(at, _)| *at == answered.at);
                    Err(closed.map_or(error, |(_, reason)| reason))
                }
                found => {
                    let reason = found.as_ref().err().filter(|error| is_closed(error));
                    *closed.borrow_mut() =
                        reason.map(|reason| (answered.at.clone(), reason.clone()));
                    found
                }
            };
            if let Err(error) = &found {
                commit_status(error);
            }
            // While a page is loading, the address is ahead of the response.
            let query = TableQuery::of_key(&key()).unwrap_or_else(|_| answered.clone());
            let busy = answer.is_loading() || query != answered;
            match found {
                // Without a way to clear the filter, which would not help.
                Err(error) if is_closed(&error) => rsx! {
                    Closed {
                        at: query.at.clone(),
                        is_filtered: !query.filter.is_empty(),
                        access,
                        takes_focus: was_shown.get(),
                        error,
                    }
                },
                found => {
                    was_shown.set(true);
                    rsx! {
                        Explorer { query, answered, found, busy, columns, known_samples, provenance, allows_downloads }
                    }
                }
            }
        }
        Err(error) => {
            commit_status(&error);
            rsx! {
                ErrorNote { error }
                ClearFilter { here }
            }
        }
    };
    rsx! {
        div { class: "explorer", {content} }
    }
}

/// The way back from a filter that leads to an error.
#[component]
fn ClearFilter(
    /// The address of the page.
    here: String,
) -> Element {
    let clear = match here.parse() {
        Ok(Route::Results { id, filter, .. }) if !filter.is_empty() => {
            Route::Results { id, filter: String::new(), sort: String::new() }
        }
        Ok(Route::Shared { secret, filter, .. }) if !filter.is_empty() => {
            ResultAddress::Link(secret).explorer(String::new(), String::new())
        }
        _ => return rsx! {},
    };
    rsx! {
        Link { class: "button", to: clear, "Clear the filter" }
    }
}

/// Whether an error says that the records of the result cannot be read now, whatever the filter is.
const fn is_closed(error: &ApiError) -> bool {
    matches!(error.code, ErrorCode::UpgradeNeeded | ErrorCode::Conflict | ErrorCode::NotFound)
}

/// Says why the records cannot be read, and what can.
#[component]
fn Closed(
    at: ResultAddress,
    /// Whether the address has a filter.
    is_filtered: bool,
    /// What the page knows about the records.
    access: RecordAccess,
    /// Whether the content gets the focus if it was in the table.
    takes_focus: bool,
    /// Why the records cannot be read.
    error: ApiError,
) -> Element {
    let is_restoring = access == RecordAccess::Restoring && error.code == ErrorCode::Conflict;
    let has_summary = match error.code {
        ErrorCode::UpgradeNeeded => true,
        // Through a link, the records of an archived result are closed in this way.
        ErrorCode::Conflict => !at.is_own() || is_restoring,
        _ => false,
    };
    use_effect(move || {
        if takes_focus {
            spawn(browser::focus_content_if_lost());
        }
    });
    rsx! {
        ErrorNote { error }
        if has_summary {
            p {
                "The "
                Link { to: at.charts_page(), "charts" }
                " of this result stay available."
            }
        }
        if is_restoring {
            p { "The variants appear on this page as soon as they are restored." }
        }
        if has_summary && is_filtered && at.is_own() {
            p { class: "muted", "Your filters are kept." }
        }
    }
}

/// The filters and the table.
#[component]
fn Explorer(
    /// The current query.
    query: TableQuery,
    /// The query that `found` answers.
    answered: TableQuery,
    /// The first page.
    found: ApiResult<Page>,
    /// Whether another page is loading.
    busy: bool,
    /// The columns to show.
    columns: Signal<Columns>,
    /// The samples of the result.
    known_samples: Signal<Vec<String>>,
    /// What the result was made with.
    provenance: Option<Provenance>,
    /// Whether variants can be exported.
    allows_downloads: bool,
) -> Element {
    let opened = use_opened();
    let saved = use_saved(query.at.is_own());
    let mut failed = use_signal(|| None::<ApiError>);
    let page = found.as_ref().ok();
    let facets = page.and_then(|page| page.facets.clone());
    let set = page.map(|page| page.columns.clone()).unwrap_or_default();
    let shown = columns.read().shown(&set, facets.as_ref());
    let has_clinvar = facets.as_ref().is_some_and(|facets| !facets.of(&CLINVAR).is_empty());
    // The samples of a result stay, whatever the next page is.
    let samples = page.map(|page| page.samples.clone());
    use_effect(use_reactive!(|samples| {
        if let Some(samples) = samples.filter(|samples| *known_samples.peek() != *samples) {
            known_samples.set(samples);
        }
    }));
    // An error while scrolling belongs to the query that was scrolled.
    use_effect(use_reactive!(|answered| {
        let _ = answered;
        failed.set(None);
    }));
    let samples = known_samples();
    let unknown = page.map(|page| page.unknown.clone()).unwrap_or_default();
    let has_table = page.is_some_and(|page| page.matched > 0);
    rsx! {
        if has_table {
            a {
                class: "skip-link skip-filters",
                href: "#{SCROLL_ID}",
                onclick: move |event| {
                    // The address is that of the query.
                    event.prevent_default();
                    browser::focus_element(SCROLL_ID);
                },
                "Skip the filters"
            }
        }
        Filters { query: query.clone(), facets, columns: set.clone(), samples: samples.clone(), unknown, saved }
        div { class: "explorer-main",
            match found {
                Err(error) => rsx! { ErrorNote { error } },
                Ok(page) => rsx! {
                    div { class: "explorer-bar",
                        p { class: "count", role: "status", "aria-busy": busy,
                            strong { {format::count(page.matched)} }
                            " of {format::counted(page.total, \"variant\")}"
                        }
                        div { class: "explorer-tools",
                            button {
                                class: "button filters-open",
                                r#type: "button",
                                "popovertarget": FILTERS_ID,
                                "Filters"
                            }
                            Presets { query: query.clone(), samples: samples.clone(), columns: set.clone(), has_clinvar }
                            if let Some(saved) = saved {
                                SavedFilters {
                                    query: query.clone(),
                                    set: set.clone(),
                                    samples: samples.clone(),
                                    columns,
                                    saved,
                                }
                            }
                            ColumnChooser { columns, set: set.clone(), has_samples: !samples.is_empty() }
                            if allows_downloads {
                                Exports { at: query.at.clone(), filter: query.filter.clone(), matched: page.matched }
                            }
                        }
                    }
                    if let Some(error) = failed() {
                        ErrorNote { error }
                    }
                    if page.matched == 0 {
                        NoVariants { at: query.at.clone(), is_filtered: !query.filter.is_empty() }
                    } else {
                        Table {
                            query: query.clone(),
                            answered,
                            page: page.clone(),
                            columns: shown,
                            busy,
                            opened,
                            onresult: move |error| failed.set(error),
                        }
                    }
                    Drawer { at: query.at.clone(), rows: page.matched, opened, columns: set, provenance }
                },
            }
        }
    }
}

#[component]
fn NoVariants(at: ResultAddress, is_filtered: bool) -> Element {
    let all = at.explorer(String::new(), String::new());
    rsx! {
        Empty { picture: Picture::NoMatch,
            if is_filtered {
                p { "No variants match these filters." }
                Link { class: "button", to: all, "Clear filters" }
            } else {
                p { "This file has no variants." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::explorer::{Direction, IMPACT, QUALITY, SortKey};

    #[test]
    fn a_query_survives_its_address() {
        let filter = Filter {
            genes: vec!["A&B=100%25+#?".to_owned(), "é\"\\".to_owned()],
            regions: vec!["chr1:5-9".parse().unwrap()],
            ..Filter::of_range(&QUALITY, QUALITY.filter.range(30.0)).with_values(&IMPACT, &["high"])
        };
        let key = SortKey::Column(QUALITY.name.clone());
        let sort = Sort { key, direction: Direction::Descending };
        let at = ResultAddress::Job("0193d7a0-0000-7000-8000-000000000000".parse().unwrap());
        let query = TableQuery { at, filter, sort, shown_samples: Vec::new() };
        assert_eq!(TableQuery::of(&query.route().to_string()).unwrap(), query);
        let shared = TableQuery { at: ResultAddress::Link("S3cret".to_owned()), ..query.clone() };
        assert_eq!(TableQuery::of(&shared.route().to_string()).unwrap(), shared);
        let with_samples = TableQuery { shown_samples: vec!["a b".to_owned()], ..query };
        assert_eq!(TableQuery::of_key(&with_samples.key()).unwrap(), with_samples);
        assert_eq!(with_samples.samples(), ["a b"]);
    }

    #[test]
    fn an_address_with_an_unreadable_filter_is_invalid() {
        let at = ResultAddress::Link("S3cret".to_owned());
        assert_eq!(TableQuery::read(at, "nonsense", "").unwrap_err().code, ErrorCode::Invalid);
    }
}
