//! The pages of a result at a share link: its explorer, charts and genome browser, without signing in and without anything
//! of its owner.

use super::commit_status;
use super::job::{Browser, Charts};
use super::results::ResultsExplorer;
use crate::api::{self, use_api_loader};
use crate::app::Route;
use crate::components::{LocalTime, Page, Skeleton, Tabs, sentence};
use crate::format;
use crate::result_address::ResultAddress;
use crate::shared_part::SharedPart;
use dioxus::prelude::*;
use gas_shared::share_link::SharedResult;

/// The page of a share link.
#[component]
pub fn Shared(
    secret: String,
    part: SharedPart,
    filter: String,
    sort: String,
    locus: String,
) -> Element {
    let link = use_memo(use_reactive!(|secret| secret));
    // Once for all parts, since an opening is counted with it.
    let found = use_api_loader(move || api::shared_result(link()))?;
    let here = Route::Shared { secret: secret.clone(), part, filter, sort, locus: locus.clone() };
    match found.read() {
        Ok(result) => rsx! {
            SharedHeader { secret: secret.clone(), part, result: result.clone(),
                SuspenseBoundary { fallback: |_| rsx! { Skeleton {} },
                    SharedContent {
                        at: ResultAddress::Link(secret),
                        part,
                        here: here.to_string(),
                        locus,
                        result,
                    }
                }
            }
        },
        Err(error) => {
            commit_status(&error);
            rsx! {
                Page { title: "Shared result",
                    div { class: "note note-warn", role: "alert",
                        p { {sentence(&error.message)} }
                        p { "Ask the person who sent it to you for a new one." }
                    }
                }
            }
        }
    }
}

/// What the page calls a part.
const fn label(part: SharedPart) -> &'static str {
    match part {
        SharedPart::Results => "Results",
        SharedPart::Charts => "Charts",
        SharedPart::Browser => "Genome browser",
    }
}

/// The heading, what the result is, and the tabs. The genome browser draws complete records, so links without downloads do
/// not have it.
#[component]
fn SharedHeader(
    secret: String,
    part: SharedPart,
    result: SharedResult,
    children: Element,
) -> Element {
    let shown = |part: &SharedPart| *part != SharedPart::Browser || result.allows_downloads;
    let parts: Vec<SharedPart> = SharedPart::ALL.into_iter().filter(shown).collect();
    let tab = |part: &SharedPart| {
        let to = Route::Shared {
            secret: secret.clone(),
            part: *part,
            filter: String::new(),
            sort: String::new(),
            locus: String::new(),
        };
        (label(*part), to)
    };
    let tabs: Vec<_> = parts.iter().map(tab).collect();
    let here = parts.iter().position(|one| *one == part).unwrap_or(parts.len());
    rsx! {
        Page { title: format!("{} of {}", label(part), result.file_name),
            div { class: "job-line",
                p { class: "shared-line muted",
                    "Shared with you, read only. "
                    {format::counted(result.records, "variant")}
                    if let Some(provenance) = &result.provenance {
                        ", annotated with {provenance}"
                    }
                    ". Shared until "
                    LocalTime { at: result.expires_at }
                    "."
                }
            }
            Tabs { label: "Parts of this result", tabs, here }
            {children}
        }
    }
}

/// The part of the result.
#[component]
fn SharedContent(
    at: ResultAddress,
    part: SharedPart,
    /// The address of the page.
    here: String,
    locus: String,
    result: SharedResult,
) -> Element {
    let SharedResult { file_name, provenance, allows_downloads, .. } = result;
    match part {
        SharedPart::Results => rsx! {
            ResultsExplorer { here, provenance, allows_downloads }
        },
        SharedPart::Charts => rsx! {
            Charts { at, stem: file_name.stem().to_owned(), allows_downloads }
        },
        SharedPart::Browser => rsx! {
            Browser { at, locus }
        },
    }
}
