use super::{commit_status, parse_id};
use crate::api::{self, ApiResult};
use crate::app::Route;
use crate::components::{ErrorNote, Page};
use crate::error::ApiError;
use dioxus::prelude::*;

/// The count log of a finished job.
#[component]
pub fn JobLog(id: String) -> Element {
    let back = Route::JobDetails { id: id.clone() };
    let id = use_memo(use_reactive!(|id| id));
    let log = use_loader(move || {
        let id = id();
        async move { Ok::<_, ApiError>(fetch(&id).await) }
    })?;
    let content = match &*log.read() {
        Ok(text) => rsx! {
            pre { class: "log", tabindex: "0", "aria-label": "Log", "{text}" }
        },
        Err(error) => {
            commit_status(error);
            rsx! { ErrorNote { error: error.clone() } }
        }
    };
    rsx! {
        Page {
            title: "Annotation log",
            actions: rsx! { Link { class: "button", to: back, "Back to the job" } },
            {content}
        }
    }
}

async fn fetch(id: &str) -> ApiResult<String> {
    api::job_log(parse_id(id)?).await
}
