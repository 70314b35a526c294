use crate::api::use_doing;
use crate::components::DroppedFile;
#[cfg(feature = "web")]
use crate::components::use_toasts;
use dioxus::prelude::*;
use gas_shared::Plan;

/// The project's own files: the name in `assets/samples`, and what is in it.
const SAMPLES: [(&str, &str); 3] = [
    ("free.vcf", "chromosome 20, 2,083 variants"),
    ("mitochondrial.vcf", "mitochondrial, 1,736 variants"),
    ("premium.vcf", "chromosome 20, 6,000 variants"),
];

/// How many of them the Free plan takes.
const FREE_SAMPLES: usize = 2;

/// Files to try the service with.
#[component]
pub fn Samples(
    plan: Plan,
    /// Gets the file.
    onfile: Callback<Vec<DroppedFile>>,
) -> Element {
    #[cfg(feature = "web")]
    let toasts = use_toasts();
    let fetching = use_doing();
    let fetch = move |name: &'static str| {
        fetching.start(async move {
            #[cfg(feature = "web")]
            match crate::browser::fetch_file(&format!("/samples/{name}"), name).await {
                Some(file) => onfile.call(vec![file]),
                None => toasts.error(format!("The sample {name} could not be fetched; try again")),
            }
            #[cfg(not(feature = "web"))]
            let _ = (name, onfile);
            Ok(())
        });
    };
    let count = if plan == Plan::Free { FREE_SAMPLES } else { SAMPLES.len() };
    rsx! {
        p { class: "samples",
            span { "Try with a sample: " }
            for (name, what) in &SAMPLES[..count] {
                button { class: "button button-quiet", r#type: "button", onclick: move |_| fetch(name), "{what}" }
            }
        }
    }
}
