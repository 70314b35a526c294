//! The button that runs a job again.

use super::{ActionButton, IconName};
use crate::api::{self, use_api_action};
use crate::app::Route;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::JobId;

/// Annotates a job's file again as a new job and opens that job.
#[component]
pub fn RerunButton(
    /// The job.
    id: JobId,
    /// Whether it is the page's main action.
    #[props(default)]
    main: bool,
) -> Element {
    let live = use_live();
    let rerun = use_api_action();
    let start = move |()| {
        rerun.start(async move {
            let job = api::rerun_job(id, None).await?.read()?;
            let new = Route::JobDetails { id: job.id.to_string() };
            live.upsert(job);
            navigator().push(new);
            Ok(())
        });
    };
    let class = if main { "button button-main" } else { "button" };
    rsx! {
        ActionButton {
            doing: rerun,
            class,
            label: "Run again",
            icon: IconName::Running,
            onstart: start,
        }
    }
}
