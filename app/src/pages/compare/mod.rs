//! The comparison of the results of two jobs.

mod choice;
mod differences;

use super::{commit_status, parse_id};
use crate::api::{self, use_api_loader};
use crate::app::Route;
use crate::components::{ErrorNote, Page};
use crate::format;
use choice::OtherJob;
use differences::Differences;
use dioxus::prelude::*;
use gas_shared::comparison::{ComparedJobs, Comparison, DifferenceKind};
use gas_shared::job::StateView;
use gas_shared::{JobId, JobView};

/// Compares the results of two jobs, or lets the user choose the second one.
#[component]
pub fn Compare(
    /// The id of the first job.
    a: String,
    /// The id of the second job; empty if it is not chosen yet.
    b: String,
    /// The kind of differences to show; empty for all.
    kind: String,
) -> Element {
    if b.is_empty() {
        return rsx! {
            OtherJob { a }
        };
    }
    rsx! {
        // Another pair is another page.
        Compared { key: "{a} {b}", a, b, kind }
    }
}

#[component]
fn Compared(a: String, b: String, kind: String) -> Element {
    let wanted = use_memo(use_reactive!(|kind| kind));
    let (first, second) = (a.clone(), b.clone());
    let compared = use_api_loader(move || {
        let (first, second, kind) = (first.clone(), second.clone(), wanted());
        async move { api::compare(parse_id(&first)?, parse_id(&second)?, kind).await }
    })?;
    match compared.read() {
        Ok(compared) => rsx! {
            Comparing { compared, kind: kind.parse().ok() }
        },
        Err(error) => {
            commit_status(&error);
            rsx! {
                Page { title: "Compare results",
                    ErrorNote { error }
                    if let (Ok(a), Ok(b)) = (parse_id(&a), parse_id(&b)) {
                        div { class: "actions",
                            TableLink { a, b }
                            Link { class: "button", to: chosen(a), "Choose another annotation" }
                        }
                    }
                }
            }
        }
    }
}

/// The page on which the second job is chosen.
fn chosen(a: JobId) -> Route {
    Route::Compare { a: a.to_string(), b: String::new(), kind: String::new() }
}

#[component]
fn TableLink(a: JobId, b: JobId) -> Element {
    rsx! {
        a {
            class: "button button-main",
            href: "/annotations-comparison/{a}?other={b}",
            download: true,
            "Download differences (TSV)"
        }
    }
}

/// A comparison that is loaded.
#[component]
fn Comparing(compared: ComparedJobs, kind: Option<DifferenceKind>) -> Element {
    let notes = compared.notes();
    let ComparedJobs { first, second, comparison } = compared;
    let title = format!("Compare {} and {}", first.shown_name(), second.shown_name());
    let (a, b) = (first.id, second.id);
    let swapped = Route::Compare { a: b.to_string(), b: a.to_string(), kind: String::new() };
    rsx! {
        Page { title, actions: rsx! { TableLink { a, b } },
            div { class: "compared",
                Side { label: "First", job: first, records: comparison.first_records }
                Side { label: "Second", job: second, records: comparison.second_records }
            }
            div { class: "actions",
                Link { class: "button", to: swapped, "Swap" }
                Link { class: "button", to: chosen(a), "Choose another annotation" }
            }
            if !notes.is_empty() {
                div { class: "note note-warn", role: "note",
                    p { "The annotations were made in different ways, which may cause differences:" }
                    ul {
                        for note in notes {
                            li { key: "{note}", "{note}" }
                        }
                    }
                }
            }
            p { {agreement(&comparison)} }
            Kinds { a, b, comparison: comparison.clone(), kind }
            Differences { a, b, comparison, kind }
        }
    }
}

/// One of the jobs.
#[component]
fn Side(label: &'static str, job: JobView, records: u64) -> Element {
    let reference = match &job.state {
        StateView::Completed { provenance: Some(provenance), .. } => Some(provenance.to_string()),
        _ => None,
    };
    rsx! {
        section { class: "panel",
            h2 { "{label}" }
            p { class: "file-name",
                Link { to: Route::JobDetails { id: job.id.to_string() }, "{job.shown_name()}" }
            }
            p { class: "muted",
                {format::counted(records, "record")}
                if let Some(reference) = reference {
                    " · {reference}"
                }
            }
        }
    }
}

/// What both results have, as a sentence.
fn agreement(comparison: &Comparison) -> String {
    let both = format::counted(comparison.both, "record");
    let changed = comparison.consequence.max(comparison.impact);
    if comparison.both > 0 && changed == 0 {
        format!("Both have {both}, with the same most severe consequence and impact.")
    } else {
        format!("Both have {both}.")
    }
}

/// The kinds of differences with their counts. Each is a link, so that it has an address.
#[component]
fn Kinds(a: JobId, b: JobId, comparison: Comparison, kind: Option<DifferenceKind>) -> Element {
    let to =
        |kind: &str| Route::Compare { a: a.to_string(), b: b.to_string(), kind: kind.to_owned() };
    let class = |is_chosen: bool| if is_chosen { "chip chip-chosen" } else { "chip" };
    rsx! {
        ul { class: "chips", "aria-label": "Differences",
            li {
                Link { class: class(kind.is_none()), to: to(""), "aria-current": if kind.is_none() { "true" }, "All" }
            }
            for one in DifferenceKind::ALL {
                li { key: "{one.as_str()}",
                    Link {
                        class: class(kind == Some(one)),
                        to: to(one.as_str()),
                        "aria-current": if kind == Some(one) { "true" },
                        "{one.label()} "
                        span { class: "muted", {format::count(comparison.count(one))} }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_annotations_are_named() {
        let mut comparison = Comparison { both: 1, ..Comparison::default() };
        assert_eq!(
            agreement(&comparison),
            "Both have 1 record, with the same most severe consequence and impact."
        );
        comparison.impact = 1;
        assert_eq!(agreement(&comparison), "Both have 1 record.");
        assert_eq!(agreement(&Comparison::default()), "Both have 0 records.");
    }
}
