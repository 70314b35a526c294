//! The form for a file at a URL, which the service copies.

use crate::api::{self, use_api_action};
use crate::app::Route;
use crate::browser;
use crate::components::sentence;
use crate::page_modules::UrlForm;
use crate::upload::use_upload_queue;
use dioxus::prelude::*;
use gas_shared::import::{MAX_SOURCE_URL_BYTES, NewImport};

/// The id of the folded form.
const FORM_ID: &str = "from-url";

/// The folded form. Its module is loaded when it is opened for the first time.
#[component]
pub fn FromUrl() -> Element {
    let mut is_open = use_signal(|| false);
    // The element knows whether it is open: the browser opens it also before the page is hydrated, without an event.
    let mut update = move || is_open.set(browser::is_unfolded(FORM_ID));
    use_effect(update);
    rsx! {
        details { id: FORM_ID, class: "paste", ontoggle: move |_| update(),
            summary { "From a URL" }
            UrlForm { open: is_open }
        }
    }
}

/// A form that creates a job from a URL, with the options of the files that are added next, and opens its page.
#[component]
pub fn FileAtUrl() -> Element {
    let queue = use_upload_queue();
    let navigator = use_navigator();
    let mut url = use_signal(String::new);
    let mut name = use_signal(String::new);
    let create = use_api_action();
    let start = move || {
        create.start(async move {
            let new = NewImport::new(url.peek().trim()).with(queue.submission().options);
            let name = name.peek().trim().to_owned();
            let new = if name.is_empty() { new } else { new.named(name) };
            let job = api::import_file(new).await?.read()?;
            // It may be a secret, and is not needed any more.
            url.set(String::new());
            navigator.push(Route::JobDetails { id: job.id.to_string() });
            Ok(())
        });
    };
    let failed = create.error();
    let has_failed = failed.is_some();
    rsx! {
        form {
            onsubmit: move |event| {
                event.prevent_default();
                start();
            },
            p { id: "file-url-hint", class: "muted",
                "GAS copies the file itself: from a presigned URL of S3, or from another https server that supports ranges. \
                 The URL is kept secret, and deleted when the file is copied. The reference is not detected from the file: \
                 choose it in the options."
            }
            label { r#for: "file-url", "URL of the file" }
            input {
                id: "file-url",
                r#type: "url",
                required: true,
                maxlength: "{MAX_SOURCE_URL_BYTES}",
                autocomplete: "off",
                spellcheck: "false",
                placeholder: "https://lab-bucket.s3.eu-central-1.amazonaws.com/patient-7.vcf.gz?X-Amz-…",
                "aria-describedby": if has_failed { "file-url-hint file-url-problem" } else { "file-url-hint" },
                "aria-invalid": has_failed.then_some("true"),
                value: "{url}",
                oninput: move |event| url.set(event.value()),
            }
            label { r#for: "file-url-name", "File name, if the URL does not end with it" }
            input {
                id: "file-url-name",
                r#type: "text",
                autocomplete: "off",
                spellcheck: "false",
                placeholder: "patient-7.vcf.gz",
                value: "{name}",
                oninput: move |event| name.set(event.value()),
            }
            div { id: "file-url-problem", role: "alert",
                if let Some(error) = failed {
                    p { class: "note note-bad", {sentence(&error.to_string())} }
                }
            }
            button { class: "button", r#type: "submit", disabled: create.is_busy(),
                if create.is_busy() { "Checking the file …" } else { "Annotate this file" }
            }
        }
    }
}
