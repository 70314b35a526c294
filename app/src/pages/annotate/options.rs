//! The options of the files that are added next.

use crate::app::Route;
use crate::browser;
use crate::components::{OptionsForm, describe_options};
use crate::upload::use_upload_queue;
use dioxus::prelude::*;

/// Whether each file is reviewed, in the browser's storage.
const REVIEW_PREFERENCE: &str = "gas-review-files";

/// The options of the files that are added next, and whether each file is reviewed before it is sent. The
/// form is folded: most users need it once.
#[component]
pub fn SubmissionOptions() -> Element {
    let queue = use_upload_queue();
    use_effect(move || {
        let reviews_all = browser::read_preference(REVIEW_PREFERENCE).is_some();
        queue.edit_submission(|submission| submission.reviews_all = reviews_all);
    });
    let submission = queue.submission();
    let references = submission.references.clone();
    let chosen = submission.options.reference.as_ref();
    let reference = match references.choices.as_slice() {
        [] => String::new(),
        [only] => format!("{} · ", only.label()),
        _ => match chosen.and_then(|id| references.find(Some(id))) {
            Some(chosen) => format!("{} · ", chosen.label()),
            None => "reference detected from each file · ".to_owned(),
        },
    };
    let review = move |event: Event<FormData>| {
        let reviews_all = event.checked();
        browser::write_preference(REVIEW_PREFERENCE, reviews_all.then_some("on"));
        queue.edit_submission(|submission| submission.reviews_all = reviews_all);
    };
    rsx! {
        details { class: "submission",
            summary {
                "Options: "
                span { class: "muted", "{reference}{describe_options(&submission.options)}" }
            }
            OptionsForm {
                id: "new",
                options: submission.options.clone(),
                references,
                automatic: "Detected from each file",
                onchange: move |options| queue.edit_submission(|submission| submission.options = options),
            }
            p { class: "muted options-order",
                "Your genome is not in the list? "
                Link { to: Route::References {}, "Add a reference of your own" }
            }
            label { class: "choice",
                input {
                    id: "review-files",
                    r#type: "checkbox",
                    checked: submission.reviews_all,
                    onchange: review,
                }
                "Review each file before it is uploaded"
            }
        }
    }
}
