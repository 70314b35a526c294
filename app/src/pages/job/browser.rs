//! The genome browser tab of a job.

use super::super::load_failure;
use super::genome_click::{ClickDrawer, Clicked};
use super::{NoResult, use_job};
use crate::announcer::use_announcer;
use crate::api::use_api_loader;
use crate::browser::{self, GenomeError, MountedGenome};
use crate::live::use_live;
use crate::record_access::{RecordAccess, use_record_access};
use crate::result_address::ResultAddress;
use dioxus::core::Task;
use dioxus::prelude::*;
use gas_shared::job::StateView;
use std::rc::Rc;

/// The id of the element in which igv.js draws.
const GENOME_ID: &str = "genome";

/// Shows a job's results along the genome with the genes of the reference.
#[component]
pub fn JobBrowser(id: String, locus: String) -> Element {
    // `JobLayout` loads the job of the route.
    _ = id;
    let job = use_job();
    let access = use_record_access(job.as_ref().map(|job| &job.state));
    match job {
        Some(job) if matches!(job.state, StateView::Completed { .. }) => {
            rsx! { Browser { at: ResultAddress::Job(job.id), locus, access } }
        }
        Some(job) => rsx! {
            NoResult { status: job.state.status(), what: "The genome browser is" }
        },
        None => rsx! {},
    }
}

/// The genome browser of the result at an address: of a job, or of a share link.
#[component]
pub fn Browser(
    at: ResultAddress,
    locus: String,
    /// Whether the records can be read. The settings are loaded again when it changes.
    #[props(default)]
    access: RecordAccess,
) -> Element {
    let live = use_live();
    let shown = use_memo(use_reactive!(|at, access| (at, access)));
    let settings = use_api_loader(move || {
        // Reload when the plan changes: an upgrade may give access.
        live.plan();
        shown().0.genome()
    })?;
    match settings.read() {
        Ok(settings) => rsx! { Genome { at, settings, locus } },
        Err(error) => load_failure(error),
    }
}

/// The genome browser, once igv.js is loaded.
#[component]
fn Genome(at: ResultAddress, settings: String, locus: String) -> Element {
    let announcer = use_announcer();
    let mut state = use_signal(|| Mount::Loading);
    let mut loading = use_signal(|| None::<Task>);
    let mut clicked = use_signal(|| None::<Clicked>);
    let mut open = use_signal(|| false);
    let base = at.genome_path();
    use_effect(use_reactive!(|base, settings, locus| {
        // Remove the previous browser first: removing it later would also remove the new one.
        if let Some(task) = loading.take() {
            task.cancel();
        }
        state.set(Mount::Loading);
        loading.set(Some(spawn(async move {
            let onclick = move |json: String| {
                if let Some(hit) = Clicked::read(&json) {
                    clicked.set(Some(hit));
                    open.set(true);
                }
            };
            let mounted = browser::mount_genome(GENOME_ID, &base, &settings, &locus, onclick).await;
            state.set(match mounted {
                Ok(genome) => {
                    announcer.say("The genome browser is loaded".to_owned());
                    Mount::Mounted(Rc::new(genome))
                }
                Err(GenomeError::NoContig(contig)) => Mount::NoContig(contig),
                Err(GenomeError::NotLoaded) => Mount::Failed,
            });
        })));
    }));
    let table = at.explorer(String::new(), String::new());
    rsx! {
        p { class: "muted",
            "Drag to move, zoom with the controls at the upper right, or enter a gene or a region. Click a variant or a \
             gene for its details. To see the variants as a table, open the "
            Link { to: table, "results explorer" }
            "."
        }
        match &*state.read() {
            // In the frame of the browser, so that nothing moves when it is loaded.
            Mount::Loading => rsx! { p { class: "muted genome-loading", "Loading the genome browser …" } },
            Mount::Failed => rsx! {
                p { class: "note note-bad", role: "alert",
                    "The genome browser could not be loaded. Reload the page to try again."
                }
            },
            Mount::NoContig(contig) => rsx! {
                p { class: "note note-warn", role: "alert",
                    "The reference has no contig {contig}, so its variants cannot be drawn. The results explorer lists them."
                }
            },
            Mount::Mounted(_) => rsx! {},
        }
        div { id: "genome", class: "genome", role: "group", "aria-label": "Genome browser", "data-ready": state.read().is_mounted() }
        ClickDrawer { at, clicked, open }
    }
}

/// Whether igv.js is on the page.
#[derive(Clone)]
enum Mount {
    Loading,
    Failed,
    /// The contig to be shown is not in the reference.
    NoContig(String),
    /// The browser is on the page until the value is dropped.
    Mounted(#[expect(dead_code, reason = "only dropped, never read")] Rc<MountedGenome>),
}

impl Mount {
    fn is_mounted(&self) -> bool {
        matches!(self, Self::Mounted(_))
    }
}
