//! The choice of the job to compare with.

use super::super::{commit_status, parse_id};
use crate::api::{self, use_api_loader};
use crate::app::Route;
use crate::components::{Empty, ErrorNote, JobChips, LocalTime, Page, Picture, ScrollTable};
use dioxus::prelude::*;
use gas_shared::JobView;
use gas_shared::job::{JobList, ResultsView, StateView};

/// Lists the user's newest completed jobs, each with a link to the comparison with a job.
#[component]
pub fn OtherJob(
    /// The id of the first job.
    a: String,
) -> Element {
    let id = a.clone();
    let job = use_api_loader(move || {
        let id = id.clone();
        async move { api::job(parse_id(&id)?).await }
    })?;
    let list = use_api_loader(|| api::jobs("status=COMPLETED&size=100".to_owned()))?;
    let (job, list) = match (job.read(), list.read()) {
        (Ok(job), Ok(list)) => (job, list),
        (Err(error), _) | (_, Err(error)) => {
            commit_status(&error);
            return rsx! {
                Page { title: "Compare results", ErrorNote { error } }
            };
        }
    };
    let is_long = list.matched > list.jobs.len() as u64;
    let others = others(&job, list);
    rsx! {
        Page { title: "Compare {job.shown_name()} with…",
            if others.is_empty() {
                Empty { picture: Picture::NoMatch,
                    p { "There is no other annotation with available results." }
                    Link { class: "button", to: Route::Annotate {}, "New annotation" }
                }
            } else {
                if is_long {
                    p { class: "muted", "These are your newest completed annotations." }
                }
                ScrollTable {
                    label: "Annotations to compare with",
                    caption: "Annotations to compare with",
                    columns: vec!["Annotation".to_owned(), "Submitted".to_owned(), "Reference".to_owned()],
                    for other in others {
                        tr { key: "{other.id}",
                            th { scope: "row", class: "file",
                                Link {
                                    class: "file-name",
                                    to: Route::Compare { a: a.clone(), b: other.id.to_string(), kind: String::new() },
                                    "{other.shown_name()}"
                                }
                                JobChips { organization: other.organization.clone() }
                            }
                            td { "data-label": "Submitted", LocalTime { at: other.submitted_at } }
                            td { "data-label": "Reference", {reference(&other)} }
                        }
                    }
                }
            }
        }
    }
}

/// The jobs whose results are stored, without the first one.
fn others(job: &JobView, list: JobList) -> Vec<JobView> {
    let is_stored = |other: &JobView| {
        matches!(other.state, StateView::Completed { results: ResultsView::Stored { .. }, .. })
    };
    list.jobs.into_iter().filter(|other| other.id != job.id && is_stored(other)).collect()
}

fn reference(job: &JobView) -> String {
    match &job.state {
        StateView::Completed { provenance: Some(provenance), .. } => provenance.to_string(),
        _ => "–".to_owned(),
    }
}
