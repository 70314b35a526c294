//! The gallery's notes, errors and empty states.

use super::example::{Example, Viewer};
use super::samples::{completed, job, references, results, use_now};
use crate::components::{Empty, ErrorList, ErrorNote, PartialReferences, Picture, RestoreBanner};
use crate::error::{ApiError, ErrorCode};
use dioxus::prelude::*;
use gas_shared::Plan;

/// The tones of notes with their CSS classes.
const TONES: [(&str, &str); 3] =
    [("Active", "note-active"), ("Warning", "note-warn"), ("Bad", "note-bad")];

/// Notes, errors and empty states.
#[component]
pub fn Notes() -> Element {
    rsx! {
        Example { name: "Note",
            for (name, class) in TONES {
                div { key: "{class}", class: "note {class}",
                    p { "{name}: the first sentence." }
                    p { "A second sentence, long enough to wrap on a phone." }
                }
            }
        }
        for code in ErrorCode::ALL {
            Example { key: "{code:?}", name: "ErrorNote: {code:?}",
                ErrorNote { error: ApiError::new(code, "the file has no header line") }
            }
        }
        Example { name: "ErrorList",
            ErrorList { failures: vec!["One could not be deleted.".to_owned()] }
            ErrorList {
                failures: vec![
                    "trio.vcf could not be deleted.".to_owned(),
                    "exome.vcf.gz is already deleted.".to_owned(),
                ],
            }
        }
        Example { name: "PartialReferences",
            PartialReferences { references: references(1) }
            PartialReferences { references: references(2) }
        }
        for (name, plan) in [("RestoreBanner on Free", Plan::Free), ("RestoreBanner on Premium", Plan::Premium)] {
            Example { key: "{name}", name, Viewer { plan, Banner {} } }
        }
        Example { name: "Empty",
            for picture in Picture::ALL {
                Empty { key: "{picture:?}", picture,
                    p { "No annotations match." }
                    a { class: "button", href: "#notes", "Clear filters" }
                }
            }
        }
    }
}

#[component]
fn Banner() -> Element {
    let now = use_now();
    let jobs: Vec<_> =
        results(now).into_iter().map(|(_, results)| job(now, completed(now, results))).collect();
    rsx! {
        RestoreBanner { jobs }
    }
}
