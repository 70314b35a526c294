//! The sample files of the service.

use crate::api::use_api_action;
use crate::browser::{self, ChosenFile};
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::Plan;

/// The sample files: the name in `assets/samples`, and a description.
const SAMPLES: [(&str, &str); 3] = [
    ("free.vcf", "chromosome 20, 2,083 variants"),
    ("mitochondrial.vcf", "mitochondrial, 1,736 variants"),
    ("premium.vcf", "chromosome 20, 6,000 variants"),
];

/// The Free plan allows the first ones.
const FREE_SAMPLES: usize = 2;

/// Buttons that annotate a sample file.
#[component]
pub fn Samples(
    plan: Plan,
    /// Receives the file.
    onfile: Callback<Vec<ChosenFile>>,
) -> Element {
    let toasts = use_toasts();
    let fetching = use_api_action();
    let fetch = move |name: &'static str| {
        fetching.start(async move {
            match browser::fetch_file(&format!("/samples/{name}"), name).await {
                Some(file) => onfile.call(vec![file]),
                None => toasts.error(format!("The sample {name} could not be loaded. Try again.")),
            }
            Ok(())
        });
    };
    let count = if plan == Plan::Free { FREE_SAMPLES } else { SAMPLES.len() };
    rsx! {
        p { class: "samples",
            span { "Try with a sample: " }
            for (name, description) in &SAMPLES[..count] {
                button { class: "button button-quiet", r#type: "button", onclick: move |_| fetch(name), "{description}" }
            }
        }
    }
}
