//! The project and the labels of a job, which lead to the jobs that have them too.

use crate::app::Route;
use dioxus::prelude::*;
use gas_shared::job::{Label, ListQuery, Organization};

/// Shows the project and the labels of a job as links.
#[component]
pub fn JobChips(
    /// What the owner has added to the job.
    organization: Organization,
    /// The query that a link adds its filter to.
    #[props(default)]
    query: ListQuery,
) -> Element {
    let Organization { project, labels, .. } = organization;
    if project.is_none() && labels.is_empty() {
        return rsx! {};
    }
    rsx! {
        ul { class: "job-chips",
            if let Some(project) = project {
                li {
                    Link {
                        class: "tag tag-project",
                        to: Route::Annotations { query: query.of_project(Some(project.clone())) },
                        span { class: "visually-hidden", "Project " }
                        "{project}"
                    }
                }
            }
            for label in labels.iter() {
                li { key: "{label}",
                    Link { class: "tag", to: Route::Annotations { query: with(&query, label) },
                        span { class: "visually-hidden", "Label " }
                        "{label}"
                    }
                }
            }
        }
    }
}

/// A query with a label added.
fn with(query: &ListQuery, label: &Label) -> ListQuery {
    if query.labels.contains(label) { query.clone() } else { query.toggle_label(label) }
}
