//! The results explorer: a table of the variants of a result, which can be filtered and sorted.

mod columns;
mod draft;
mod drawer;
mod entry;
mod fields;
mod filters;
mod presets;
mod row;
mod saved;
mod table;
mod window;

use super::{commit_status, parse_id};
use crate::api::{self, ApiResult, RawJson, use_keyed_api_loader};
use crate::app::Route;
use crate::components::{ErrorNote, Icon, IconName};
use crate::error::{ApiError, ErrorCode};
use crate::format;
use crate::live::use_live;
use columns::{ColumnChooser, Columns, use_columns};
use dioxus::prelude::*;
use drawer::Drawer;
use filters::Filters;
use gas_shared::JobId;
use gas_shared::explorer::{CLINVAR, ExportFormat, Filter, Page, Query, Sort, url};
use presets::Presets;
use saved::SavedFilters;
use table::Table;

/// Rows of one page of the table.
const CHUNK_ROWS: u32 = 100;

/// The query in the address.
#[derive(Clone, Debug, PartialEq)]
struct TableQuery {
    id: JobId,
    filter: Filter,
    sort: Sort,
}

impl TableQuery {
    fn read(id: &str, filter: &str, sort: &str) -> ApiResult<Self> {
        let filter = url::read_filter(filter).map_err(|_| {
            ApiError::new(ErrorCode::Invalid, "the filter in the address cannot be read; clear it")
        })?;
        Ok(Self { id: parse_id(id)?, filter, sort: url::read_sort(sort) })
    }

    /// Parses an address.
    fn of(address: &str) -> ApiResult<Self> {
        match address.parse() {
            Ok(Route::Results { id, filter, sort }) => Self::read(&id, &filter, &sort),
            _ => Err(ApiError::new(ErrorCode::NotFound, "there are no results at this address")),
        }
    }

    /// The samples that the table shows: those that the filter names.
    fn samples(&self) -> Vec<String> {
        let mut samples: Vec<String> = Vec::new();
        for name in self.filter.sample_names() {
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
        api::variants(self.id, query).await
    }

    /// The address of the query.
    fn route(&self) -> Route {
        Route::Results {
            id: self.id.to_string(),
            filter: url::write_filter(&self.filter),
            sort: url::write_sort(&self.sort),
        }
    }
}

/// The results explorer of a job.
#[component]
pub fn Results(id: String, filter: String, sort: String) -> Element {
    let live = use_live();
    let clear = Route::Results { id: id.clone(), filter: String::new(), sort: String::new() };
    let is_filtered = !filter.is_empty();
    let here = Route::Results { id, filter, sort }.to_string();
    let address = use_memo(use_reactive!(|here| here));
    let answer = use_keyed_api_loader(move || {
        live.refetch_on_reconnect();
        // An upgrade may give access to the result.
        live.plan();
        let address = address();
        let query = TableQuery::of(&address);
        (address, async move { query?.fetch(0, true).await })
    })?;
    let content = match TableQuery::of(&answer.key()) {
        Ok(answered) => {
            let found = answer.read();
            if let Err(error) = &found {
                commit_status(error);
            }
            // While a page is loading, the address is ahead of the response.
            let query = TableQuery::of(&address()).unwrap_or_else(|_| answered.clone());
            let busy = answer.is_loading() || query != answered;
            rsx! { Explorer { query, answered, found, busy } }
        }
        Err(error) => {
            commit_status(&error);
            rsx! {
                ErrorNote { error }
                if is_filtered {
                    Link { class: "button", to: clear, "Clear the filter" }
                }
            }
        }
    };
    rsx! {
        div { class: "explorer", {content} }
    }
}

/// The filters and the table.
#[component]
fn Explorer(
    /// The query of the address.
    query: TableQuery,
    /// The query that `found` answers.
    answered: TableQuery,
    /// The first page.
    found: ApiResult<Page>,
    /// Whether another page is loading.
    busy: bool,
) -> Element {
    let toggled = use_columns();
    let mut opened = use_signal(|| None::<u64>);
    let mut open = use_signal(|| false);
    let mut failed = use_signal(|| None::<ApiError>);
    let facets = found.as_ref().ok().and_then(|page| page.facets.clone());
    let columns = found.as_ref().map(|page| page.columns.clone()).unwrap_or_default();
    let shown = Columns::shown(&columns, &toggled.read(), facets.as_ref());
    let has_clinvar = facets.as_ref().is_some_and(|facets| !facets.of(&CLINVAR).is_empty());
    // An error while scrolling belongs to the query that was scrolled.
    use_effect(use_reactive!(|answered| {
        let _ = answered;
        failed.set(None);
    }));
    rsx! {
        Filters { query: query.clone(), facets, columns: columns.clone() }
        match found {
            Err(error) => rsx! { ErrorNote { error } },
            Ok(page) => rsx! {
                div { class: "explorer-bar",
                    p { class: "count", role: "status", "aria-busy": busy,
                        strong { {format::count(page.matched)} }
                        " of {format::count(page.total)} variants"
                    }
                    div { class: "explorer-tools",
                        Presets { query: query.clone(), samples: page.samples.clone(), columns: columns.clone(), has_clinvar }
                        SavedFilters { query: query.clone() }
                        ColumnChooser { columns: columns.clone(), toggled }
                        Exports { id: query.id, filter: query.filter.clone() }
                    }
                }
                if let Some(error) = failed() {
                    ErrorNote { error }
                }
                if page.matched == 0 {
                    NoVariants { id: query.id, is_filtered: !query.filter.is_empty() }
                } else {
                    Table {
                        query: query.clone(),
                        answered,
                        page,
                        columns: shown,
                        busy,
                        onopen: move |number| {
                            opened.set(Some(number));
                            open.set(true);
                        },
                        onresult: move |error| failed.set(error),
                    }
                }
                Drawer { id: query.id, number: opened, open, columns }
            },
        }
    }
}

#[component]
fn NoVariants(id: JobId, is_filtered: bool) -> Element {
    let all = Route::Results { id: id.to_string(), filter: String::new(), sort: String::new() };
    rsx! {
        div { class: "empty",
            if is_filtered {
                p { "No variants match these filters." }
                Link { class: "button", to: all, "Clear filters" }
            } else {
                p { "This file has no variants." }
            }
        }
    }
}

/// Links that export the matching variants.
#[component]
fn Exports(id: JobId, filter: Filter) -> Element {
    let filter = url::encode_query_value(&url::write_filter(&filter));
    rsx! {
        div { class: "exports", role: "group", "aria-label": "Export these variants",
            span { class: "muted",
                Icon { name: IconName::Download }
                " Export"
            }
            for format in ExportFormat::ALL {
                a {
                    key: "{format.name()}",
                    class: "button",
                    href: "/annotations-export/{id}?format={format.name()}&filter={filter}",
                    {format.label()}
                }
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
        let id = "0193d7a0-0000-7000-8000-000000000000".parse().unwrap();
        let query = TableQuery { id, filter, sort };
        assert_eq!(TableQuery::of(&query.route().to_string()).unwrap(), query);
    }

    #[test]
    fn an_address_with_an_unreadable_filter_is_invalid() {
        let id = "0193d7a0-0000-7000-8000-000000000000";
        assert_eq!(TableQuery::read(id, "nonsense", "").unwrap_err().code, ErrorCode::Invalid);
    }
}
