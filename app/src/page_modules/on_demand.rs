//! The page modules, and the components that load and show them.
//!
//! The functions with `wasm_split` are where `./gas bundle` splits the compiled module: what only they
//! reach is not in the first load. On the server they are ordinary functions, so it renders every page.

use crate::app::Route;
use crate::browser;
use crate::components::{OrganizeForm, Page, Palette, RenameForm, ShareLinks, Skeleton};
use crate::help_topic::HelpTopic;
use crate::pages;
use crate::shared_part::SharedPart;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use futures::FutureExt;
use gas_shared::{JobId, JobView};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Renders a page of a module.
type Render = fn(Route) -> Element;

/// A WASM module with the code of some pages, which is loaded on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageModule {
    /// The page "New annotation".
    Annotate,
    /// The results explorer, and the comparison of two results.
    Explorer,
    /// The charts, the genome browser and the log of a job.
    Analysis,
    /// What share links show.
    Shared,
    /// Billing, the account, references, and the end of mails.
    Account,
    /// The page of operators.
    Admin,
    /// The home page.
    Welcome,
    /// The help pages.
    Help,
    /// The changes of each version.
    Changelog,
}

impl PageModule {
    /// The module of a page. `None` for pages of the first load.
    const fn of(page: &Route) -> Option<Self> {
        match page {
            Route::Annotate {} => Some(Self::Annotate),
            Route::Results { .. } | Route::Compare { .. } => Some(Self::Explorer),
            Route::JobCharts { .. } | Route::JobBrowser { .. } | Route::JobLog { .. } => {
                Some(Self::Analysis)
            }
            Route::Shared { .. } => Some(Self::Shared),
            Route::Billing {}
            | Route::BillingReturn { .. }
            | Route::Account {}
            | Route::References {}
            | Route::Unsubscribe { .. } => Some(Self::Account),
            Route::Admin {} => Some(Self::Admin),
            Route::Home {} => Some(Self::Welcome),
            Route::HelpIndex {} | Route::Help { .. } => Some(Self::Help),
            Route::Changelog {} => Some(Self::Changelog),
            _ => None,
        }
    }

    /// The name of the module in the bundle.
    const fn name(self) -> &'static str {
        match self {
            Self::Annotate => "annotate",
            Self::Explorer => "explorer",
            Self::Analysis => "analysis",
            Self::Shared => "shared",
            Self::Account => "account",
            Self::Admin => "admin",
            Self::Welcome => "welcome",
            Self::Help => "help",
            Self::Changelog => "changelog",
        }
    }

    /// Loads the module unless it is loaded. After an error, the next call tries again.
    async fn load(self) -> Result<Render, SplitLoaderError> {
        match self {
            Self::Annotate => annotate().await,
            Self::Explorer => explorer().await,
            Self::Analysis => analysis().await,
            Self::Shared => shared().await,
            Self::Account => account().await,
            Self::Admin => admin().await,
            Self::Welcome => welcome().await,
            Self::Help => help().await,
            Self::Changelog => changelog().await,
        }
    }

    /// The module if it is loaded, as it always is on the server. Otherwise this starts to load it.
    fn loaded(self) -> Option<Render> {
        self.load().now_or_never().and_then(Result::ok)
    }
}

#[wasm_split(annotate, fallible)]
fn annotate() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::Annotate {} => rsx! { pages::Annotate {} },
        _ => rsx! {},
    })
}

#[wasm_split(explorer, fallible)]
fn explorer() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::Results { id, filter, sort } => rsx! { pages::Results { id, filter, sort } },
        Route::Compare { a, b, kind } => rsx! { pages::Compare { a, b, kind } },
        _ => rsx! {},
    })
}

#[wasm_split(analysis, fallible)]
fn analysis() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::JobCharts { id } => rsx! { pages::JobCharts { id } },
        Route::JobBrowser { id, locus } => rsx! { pages::JobBrowser { id, locus } },
        Route::JobLog { id } => rsx! { pages::JobLog { id } },
        _ => rsx! {},
    })
}

#[wasm_split(shared, fallible)]
fn shared() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::Shared { secret, part, filter, sort, locus } => {
            rsx! { pages::Shared { secret, part, filter, sort, locus } }
        }
        _ => rsx! {},
    })
}

#[wasm_split(account, fallible)]
fn account() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::Billing {} => rsx! { pages::Billing {} },
        Route::BillingReturn { session_id } => rsx! { pages::BillingReturn { session_id } },
        Route::Account {} => rsx! { pages::Account {} },
        Route::References {} => rsx! { pages::References {} },
        Route::Unsubscribe { token, done } => rsx! { pages::Unsubscribe { token, done } },
        _ => rsx! {},
    })
}

#[wasm_split(admin, fallible)]
fn admin() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::Admin {} => rsx! { pages::Admin {} },
        _ => rsx! {},
    })
}

#[wasm_split(welcome, fallible)]
fn welcome() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::Home {} => rsx! { pages::Home {} },
        _ => rsx! {},
    })
}

#[wasm_split(help, fallible)]
fn help() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::HelpIndex {} => rsx! { pages::HelpIndex {} },
        Route::Help { topic, entry } => rsx! { pages::Help { topic, entry } },
        _ => rsx! {},
    })
}

#[wasm_split(changelog, fallible)]
fn changelog() -> Result<Render, SplitLoaderError> {
    Ok(|page| match page {
        Route::Changelog {} => rsx! { pages::Changelog {} },
        _ => rsx! {},
    })
}

/// Renders the command palette, given whether it and the dialog of shortcuts are open.
type RenderPalette = fn(Signal<bool>, Signal<bool>) -> Element;

#[wasm_split(palette, fallible)]
fn palette() -> Result<RenderPalette, SplitLoaderError> {
    Ok(|open, shortcuts| rsx! { Palette { open, shortcuts } })
}

/// Renders the dialog with the share links of a job, given whether it is open.
type RenderShareLinks = fn(JobId, Signal<bool>) -> Element;

#[wasm_split(links, fallible)]
fn links() -> Result<RenderShareLinks, SplitLoaderError> {
    Ok(|id, open| rsx! { ShareLinks { id, open } })
}

/// Renders the form for a file at a URL.
type RenderUrlForm = fn() -> Element;

#[wasm_split(from_url, fallible)]
fn from_url() -> Result<RenderUrlForm, SplitLoaderError> {
    Ok(|| rsx! { pages::FileAtUrl {} })
}

/// What an editor of a job changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditedPart {
    /// The title.
    Title,
    /// The project, the labels and the note.
    Organization,
}

/// Renders an editor, given its job and what closes it.
type RenderEditor = fn(EditedPart, JobView, Callback<()>) -> Element;

#[wasm_split(organize, fallible)]
fn organize() -> Result<RenderEditor, SplitLoaderError> {
    Ok(|part, job, onclose| match part {
        EditedPart::Title => rsx! { RenameForm { job, onclose } },
        EditedPart::Organization => rsx! { OrganizeForm { job, onclose } },
    })
}

/// Loads the module of the page at an address, if it has one. Hydration requires it, since the server has
/// rendered the page.
///
/// # Errors
/// If the module cannot be loaded.
#[cfg(not(feature = "server"))]
pub async fn load_page_at(address: String) -> Result<(), SplitLoaderError> {
    match address.parse().ok().as_ref().and_then(PageModule::of) {
        Some(module) => module.load().await.map(|_| ()),
        None => Ok(()),
    }
}

/// Whether a page is below the header of a job.
const fn is_tab_of_job(page: &Route) -> bool {
    matches!(
        page,
        Route::Results { .. }
            | Route::JobCharts { .. }
            | Route::JobBrowser { .. }
            | Route::JobLog { .. }
    )
}

/// Shows a page once its module is loaded.
#[component]
fn OnDemand(module: PageModule, page: Route) -> Element {
    let mut loaded = use_signal(|| module.loaded());
    let mut failed = use_signal(|| false);
    let load = use_callback(move |()| {
        failed.set(false);
        spawn(async move {
            match module.load().await {
                Ok(render) => loaded.set(Some(render)),
                Err(_) => {
                    // After a deployment, the modules of the old version are gone.
                    browser::reload_if_outdated();
                    failed.set(true);
                }
            }
        });
    });
    use_hook(|| {
        if loaded.peek().is_none() {
            load(());
        }
    });
    match loaded() {
        Some(render) => render(page),
        None if failed() => {
            let note = rsx! {
                div { class: "note note-bad", role: "alert",
                    p { "This page could not be loaded. Check your connection." }
                    button { class: "button", r#type: "button", onclick: move |_| load(()), "Try again" }
                }
            };
            // The tabs of a job have the heading of the job.
            if is_tab_of_job(&page) {
                note
            } else {
                rsx! { Page { title: "Page not loaded", {note} } }
            }
        }
        None => rsx! { Skeleton {} },
    }
}

/// The command palette, whose module is loaded when it is opened for the first time. The server does not render it.
#[component]
pub fn CommandPalette(
    /// Whether the palette is open.
    open: Signal<bool>,
    /// Whether the dialog with the keyboard shortcuts is open.
    shortcuts: Signal<bool>,
) -> Element {
    match use_module_when_open(open, palette, "The search") {
        Some(render) => render(open, shortcuts),
        None => rsx! {},
    }
}

/// The dialog with the share links of a job, whose module is loaded when it is opened for the first time.
#[component]
pub fn ShareDialog(
    id: JobId,
    /// Whether the dialog is open.
    open: Signal<bool>,
) -> Element {
    match use_module_when_open(open, links, "The dialog") {
        Some(render) => render(id, open),
        None => rsx! {},
    }
}

/// The form for a file at a URL, whose module is loaded when it is opened for the first time. The server does not render it.
#[component]
pub fn UrlForm(
    /// Whether the form was opened.
    open: Signal<bool>,
) -> Element {
    match use_module_when_open(open, from_url, "The form") {
        Some(render) => render(),
        None => rsx! {},
    }
}

/// What renders a dialog, once its module is loaded, which starts when it is opened for the first time. If that fails, the
/// dialog is closed.
fn use_module_when_open<R, F>(open: Signal<bool>, load: fn() -> F, what: &'static str) -> Option<R>
where
    R: Copy + 'static,
    F: Future<Output = Result<R, SplitLoaderError>> + 'static,
{
    let mut open = open;
    use_module(open, load, what, Callback::new(move |()| open.set(false)))
}

/// What a module renders, once it is loaded, which starts when it is `wanted`. If that fails, `failed` is called, and a toast
/// says that `what` could not be loaded.
fn use_module<R, F>(
    wanted: Signal<bool>,
    load: fn() -> F,
    what: &'static str,
    failed: Callback<()>,
) -> Option<R>
where
    R: Copy + 'static,
    F: Future<Output = Result<R, SplitLoaderError>> + 'static,
{
    let toasts = use_toasts();
    let mut loaded = use_signal(|| None::<R>);
    use_effect(move || {
        if !wanted() || loaded.peek().is_some() {
            return;
        }
        spawn(async move {
            match load().await {
                Ok(render) => loaded.set(Some(render)),
                Err(_) => {
                    // After a deployment, the module of the old version is gone.
                    browser::reload_if_outdated();
                    failed.call(());
                    toasts.error(format!("{what} could not be loaded. Check your connection."));
                }
            }
        });
    });
    loaded()
}

/// An editor of a job, whose module is loaded when it is opened for the first time. The server does not render it.
#[component]
pub fn JobEditor(
    /// What it changes.
    part: EditedPart,
    /// The job.
    job: JobView,
    /// Closes the editor.
    onclose: Callback<()>,
) -> Element {
    match use_module(use_signal(|| true), organize, "The form", onclose) {
        Some(render) => render(part, job, onclose),
        None => rsx! {},
    }
}

/// The name of the module of a page, if it has one. The script that starts the application reads it in the
/// page, and requests the module at the same time as the main module.
pub fn module_name(page: &Route) -> Option<&'static str> {
    PageModule::of(page).map(PageModule::name)
}

/// Shows a page that has a module.
fn on_demand(page: Route) -> Element {
    match PageModule::of(&page) {
        Some(module) => rsx! { OnDemand { module, page } },
        None => rsx! {},
    }
}

/// [`pages::Annotate`], on demand.
#[component]
pub fn Annotate() -> Element {
    on_demand(Route::Annotate {})
}

/// [`pages::Results`], on demand.
#[component]
pub fn Results(id: String, filter: String, sort: String) -> Element {
    on_demand(Route::Results { id, filter, sort })
}

/// [`pages::Compare`], on demand.
#[component]
pub fn Compare(a: String, b: String, kind: String) -> Element {
    on_demand(Route::Compare { a, b, kind })
}

/// [`pages::JobCharts`], on demand.
#[component]
pub fn JobCharts(id: String) -> Element {
    on_demand(Route::JobCharts { id })
}

/// [`pages::JobBrowser`], on demand.
#[component]
pub fn JobBrowser(id: String, locus: String) -> Element {
    on_demand(Route::JobBrowser { id, locus })
}

/// [`pages::JobLog`], on demand.
#[component]
pub fn JobLog(id: String) -> Element {
    on_demand(Route::JobLog { id })
}

/// [`pages::Billing`], on demand.
#[component]
pub fn Billing() -> Element {
    on_demand(Route::Billing {})
}

/// [`pages::BillingReturn`], on demand.
#[component]
pub fn BillingReturn(session_id: String) -> Element {
    on_demand(Route::BillingReturn { session_id })
}

/// [`pages::Account`], on demand.
#[component]
pub fn Account() -> Element {
    on_demand(Route::Account {})
}

/// [`pages::Admin`], on demand.
#[component]
pub fn Admin() -> Element {
    on_demand(Route::Admin {})
}

/// [`pages::References`], on demand.
#[component]
pub fn References() -> Element {
    on_demand(Route::References {})
}

/// [`pages::Unsubscribe`], on demand.
#[component]
pub fn Unsubscribe(token: String, done: bool) -> Element {
    on_demand(Route::Unsubscribe { token, done })
}

/// [`pages::Shared`], on demand.
#[component]
pub fn Shared(
    secret: String,
    part: SharedPart,
    filter: String,
    sort: String,
    locus: String,
) -> Element {
    on_demand(Route::Shared { secret, part, filter, sort, locus })
}

/// [`pages::Home`], on demand.
#[component]
pub fn Home() -> Element {
    on_demand(Route::Home {})
}

/// [`pages::HelpIndex`], on demand.
#[component]
pub fn HelpIndex() -> Element {
    on_demand(Route::HelpIndex {})
}

/// [`pages::Help`], on demand.
#[component]
pub fn Help(topic: HelpTopic, entry: String) -> Element {
    on_demand(Route::Help { topic, entry })
}

/// [`pages::Changelog`], on demand.
#[component]
pub fn Changelog() -> Element {
    on_demand(Route::Changelog {})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_has_all_modules() {
        use PageModule::{Account, Admin, Analysis, Changelog, Explorer, Help, Shared, Welcome};
        for module in [Explorer, Analysis, Shared, Account, Admin, Welcome, Help, Changelog] {
            assert!(module.loaded().is_some(), "{module:?}");
        }
    }

    #[test]
    fn the_module_of_a_page_follows_from_its_address() {
        let module = |address: &str| PageModule::of(&address.parse().unwrap());
        assert_eq!(module("/annotate"), Some(PageModule::Annotate));
        assert_eq!(module("/annotations/1/results?filter=a&sort="), Some(PageModule::Explorer));
        assert_eq!(module("/compare?a=1&b=&kind="), Some(PageModule::Explorer));
        assert_eq!(module("/annotations/1/charts"), Some(PageModule::Analysis));
        assert_eq!(module("/billing/return?session_id=cs_1"), Some(PageModule::Account));
        assert_eq!(module("/s/abc/charts"), Some(PageModule::Shared));
        assert_eq!(module("/s/abc/results?filter=a"), Some(PageModule::Shared));
        assert_eq!(module("/annotations/1/log"), Some(PageModule::Analysis));
        assert_eq!(module("/unsubscribe?token=a&done=false"), Some(PageModule::Account));
        assert_eq!(module("/references"), Some(PageModule::Account));
        assert_eq!(module("/admin"), Some(PageModule::Admin));
        assert_eq!(module("/"), Some(PageModule::Welcome));
        assert_eq!(module("/help"), Some(PageModule::Help));
        assert_eq!(module("/help/columns?entry=gene"), Some(PageModule::Help));
        assert_eq!(module("/changelog"), Some(PageModule::Changelog));
        for first_load in
            ["/help/unknown", "/annotations?page=2", "/annotations/1", "/s/abc/log", "/nowhere"]
        {
            assert_eq!(module(first_load), None, "{first_load}");
        }
    }
}
