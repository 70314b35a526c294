use super::super::commit_status;
use super::use_job;
use crate::api::{self, use_answer};
use crate::app::Route;
use crate::browser::{self, MountedGenome};
use crate::components::ErrorNote;
use crate::live::use_live;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::job::StateView;
use gas_shared::{JobId, JobView};
use std::rc::Rc;

/// The element that igv.js draws in.
const GENOME_ID: &str = "genome";

/// A job's results along the genome, with the genes of the reference.
#[component]
pub fn JobBrowser(id: String, locus: String) -> Element {
    // The layout asks for the job of the address.
    _ = id;
    match use_job() {
        Some(job) if matches!(job.state, StateView::Completed { .. }) => {
            rsx! { Browser { job, locus } }
        }
        Some(_) => rsx! {
            p { class: "empty", "The genome browser opens when the annotation is completed." }
        },
        None => rsx! {},
    }
}

#[component]
fn Browser(job: JobView, locus: String) -> Element {
    let live = use_live();
    let id = job.id;
    let shown = use_memo(use_reactive!(|id| id));
    let settings = use_answer(move || {
        // An upgrade opens what was closed.
        live.plan();
        api::genome(shown())
    })?;
    match settings.read() {
        Ok(settings) => rsx! { Genome { id, settings, locus } },
        Err(error) => {
            commit_status(&error);
            rsx! { ErrorNote { error } }
        }
    }
}

/// The browser once its code has come.
#[component]
fn Genome(id: JobId, settings: String, locus: String) -> Element {
    let mut state = use_signal(|| Mount::Loading);
    let mut loading = use_signal(|| None::<Task>);
    use_effect(use_reactive!(|id, settings, locus| {
        // The one before goes first: taking it away later would take the new one along.
        if let Some(task) = loading.take() {
            task.cancel();
        }
        state.set(Mount::Loading);
        loading.set(Some(spawn(async move {
            let base = format!("/annotations-genome/{id}");
            let mounted = browser::mount_genome(GENOME_ID, &base, &settings, &locus).await;
            state.set(match mounted {
                Some(genome) => Mount::Mounted(Rc::new(genome)),
                None => Mount::Failed,
            });
        })));
    }));
    let table = Route::Results { id: id.to_string(), filter: String::new(), sort: String::new() };
    rsx! {
        p { class: "muted",
            "Drag to move, zoom at the upper right, or type a gene or a region. The same variants as a \
             table: "
            Link { to: table, "results explorer" }
            "."
        }
        match &*state.read() {
            Mount::Loading => rsx! { p { role: "status", class: "muted", "Loading the genome browser …" } },
            Mount::Failed => rsx! {
                p { class: "note note-bad", role: "alert",
                    "The genome browser could not be loaded. Load this page again to try once more."
                }
            },
            Mount::Mounted(_) => rsx! {},
        }
        div { id: "genome", class: "genome", "data-ready": state.read().is_mounted() }
    }
}

/// Whether igv.js is on the page.
#[derive(Clone)]
enum Mount {
    Loading,
    Failed,
    /// It is, as long as this is kept.
    Mounted(#[expect(dead_code, reason = "it is dropped with the page")] Rc<MountedGenome>),
}

impl Mount {
    fn is_mounted(&self) -> bool {
        !matches!(self, Self::Loading | Self::Failed)
    }
}
