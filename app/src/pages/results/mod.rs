//! The results explorer: a table of a result's variants that can be filtered and ordered.

mod drawer;
mod fields;
mod filters;
mod row;
mod table;
mod url;
mod window;

use super::{commit_status, encode, parse_id};
use crate::api::{self, ApiResult};
use crate::app::Route;
use crate::components::{ErrorNote, Icon, Page, Shape};
use crate::error::ApiError;
use crate::format;
use crate::live::use_live;
use dioxus::prelude::*;
use drawer::Drawer;
use filters::Filters;
use gas_shared::JobId;
use gas_shared::explorer::{Filter, Query, Sort};
use serde::{Deserialize, Serialize};
use table::Table;

/// Rows of one answer.
const CHUNK_ROWS: u32 = 100;

/// The name of the explorer's data type, [`gas_shared::explorer::Page`], beside the component's.
type Answer = gas_shared::explorer::Page;

/// What the address asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Question {
    id: JobId,
    filter: Filter,
    sort: Sort,
}

impl Question {
    fn read(id: &str, filter: &str, sort: &str) -> ApiResult<Self> {
        let (filter, sort) = (url::read_filter(filter)?, url::read_sort(sort));
        Ok(Self { id: parse_id(id)?, filter, sort })
    }

    /// Rows from a place on.
    async fn ask(&self, offset: u64, facets: bool) -> ApiResult<Answer> {
        let (filter, sort) = (self.filter.clone(), self.sort);
        let query = Query { filter, sort, offset, limit: CHUNK_ROWS, facets };
        api::variants(self.id, query).await
    }

    /// The page that asks it.
    fn route(&self) -> Route {
        Route::Results {
            id: self.id.to_string(),
            filter: url::write_filter(&self.filter),
            sort: url::write_sort(self.sort),
        }
    }
}

/// A question with the beginning of its answer.
type Answered = (Question, ApiResult<Answer>);

/// The results explorer of a job.
#[component]
pub fn Results(id: String, filter: String, sort: String) -> Element {
    let live = use_live();
    let address = use_memo(use_reactive!(|id, filter, sort| (id, filter, sort)));
    let answer = use_loader(move || {
        live.follow();
        // An upgrade opens what was closed.
        live.plan();
        let (id, filter, sort) = address();
        async move { Ok::<_, ApiError>(answer(&id, &filter, &sort).await) }
    })?;
    let job = Route::JobDetails { id: id.clone() };
    let content = match &*answer.read() {
        Ok((asked, found)) => {
            if let Err(error) = found {
                commit_status(error);
            }
            // The address is ahead of the answer while that is on its way.
            let question = Question::read(&id, &filter, &sort).unwrap_or_else(|_| asked.clone());
            let busy = answer.loading() || question != *asked;
            rsx! { Explorer { question, asked: asked.clone(), found: found.clone(), busy } }
        }
        Err(error) => {
            commit_status(error);
            let clear = Route::Results { id, filter: String::new(), sort: String::new() };
            rsx! {
                ErrorNote { error: error.clone() }
                if !filter.is_empty() {
                    Link { class: "button", to: clear, "Clear the filter" }
                }
            }
        }
    };
    rsx! {
        Page {
            title: "Explore results",
            actions: rsx! { Link { class: "button", to: job, "Back to the job" } },
            div { class: "explorer", {content} }
        }
    }
}

/// An address that is no question is the only error outside.
async fn answer(id: &str, filter: &str, sort: &str) -> ApiResult<Answered> {
    let question = Question::read(id, filter, sort)?;
    let answer = question.ask(0, true).await;
    Ok((question, answer))
}

/// The filters, and what they show.
#[component]
fn Explorer(
    /// What is asked for.
    question: Question,
    /// What `found` answers.
    asked: Question,
    /// The beginning of the answer.
    found: ApiResult<Answer>,
    /// Whether an answer is on its way.
    busy: bool,
) -> Element {
    let mut opened = use_signal(|| None::<u64>);
    let mut open = use_signal(|| false);
    let mut failed = use_signal(|| None::<ApiError>);
    let facets = found.as_ref().ok().and_then(|page| page.facets.clone());
    rsx! {
        Filters { question: question.clone(), facets: facets.unwrap_or_default() }
        match found {
            Err(error) => rsx! { ErrorNote { error } },
            Ok(page) => rsx! {
                div { class: "explorer-bar",
                    p { class: "count", role: "status", "aria-busy": busy,
                        strong { {format::count(page.matched)} }
                        " of {format::count(page.total)} variants"
                    }
                    Exports { id: question.id, filter: question.filter.clone() }
                }
                if let Some(error) = failed() {
                    ErrorNote { error }
                }
                if page.matched == 0 {
                    Nothing { id: question.id, is_filtered: !question.filter.is_empty() }
                } else {
                    Table {
                        question: asked,
                        page,
                        busy,
                        onopen: move |number| {
                            opened.set(Some(number));
                            open.set(true);
                        },
                        onresult: move |error| failed.set(error),
                    }
                }
                Drawer { id: question.id, number: opened, open }
            },
        }
    }
}

#[component]
fn Nothing(id: JobId, is_filtered: bool) -> Element {
    let all = Route::Results { id: id.to_string(), filter: String::new(), sort: String::new() };
    rsx! {
        div { class: "empty",
            if is_filtered {
                p { "No variant meets all of these filters." }
                Link { class: "button", to: all, "Clear filters" }
            } else {
                p { "This file has no variants." }
            }
        }
    }
}

/// Links to files of what the filter shows.
#[component]
fn Exports(id: JobId, filter: Filter) -> Element {
    const FORMATS: [(&str, &str); 3] = [("vcf", "VCF"), ("tsv", "TSV"), ("csv", "CSV")];
    let filter = encode(&url::write_filter(&filter));
    rsx! {
        div { class: "exports", role: "group", "aria-label": "Export these variants",
            span { class: "muted",
                Icon { shape: Shape::Download }
                " Export"
            }
            for (format, label) in FORMATS {
                a {
                    class: "button",
                    href: "/annotations-export/{id}?format={format}&filter={filter}",
                    download: "",
                    "{label}"
                }
            }
        }
    }
}
