use super::{
    ErrorNote, LiveDot, Skeleton, ToastArea, UpgradeButton, UpgradeDialog, use_toasts_provider,
    use_upgrade_provider,
};
use crate::api::current_account;
use crate::app::Route;
use crate::error::ApiError;
use crate::live::{Link as StreamLink, use_live, use_live_provider};
use crate::pages::login_path;
use dioxus::prelude::*;
use gas_shared::{Account, Plan};

/// What surrounds every page: navigation, the account, and whether the page is live.
#[component]
pub fn Shell() -> Element {
    let toasts = use_toasts_provider();
    use_upgrade_provider();
    let account = use_loader(|| async { Ok::<_, ApiError>(current_account().await) })?;
    let known = account.read().clone().unwrap_or_default();
    use_context_provider(|| Signal::new(known.clone()));
    let live = use_live_provider(known.is_some(), toasts);
    let failed = account.read().as_ref().err().cloned();
    rsx! {
        a { class: "skip-link", href: "#content", "Skip to the content" }
        header { class: "top",
            Link { class: "brand", to: Route::Home {}, "GAS" }
            if known.is_some() {
                SignedInBar {}
            } else {
                nav { "aria-label": "Account",
                    a { class: "button", href: login_path("/annotations"), "Sign in" }
                }
            }
        }
        main { id: "content", tabindex: "-1",
            if live.link() == StreamLink::SignedOut {
                SessionOver {}
            }
            if let Some(error) = failed {
                ErrorNote { error }
            } else {
                SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Outlet::<Route> {} }
            }
        }
        footer { class: "bottom", "Genomics Annotation Service" }
        if known.is_some() {
            UpgradeDialog {}
        }
        ToastArea {}
    }
}

/// The signed-in user with the plan as it is by now, or `None`.
pub fn use_account() -> Option<Account> {
    let account = use_context::<Signal<Option<Account>>>().read().clone()?;
    let plan = use_live().plan().unwrap_or(account.plan);
    Some(Account { plan, ..account })
}

#[component]
fn SignedInBar() -> Element {
    let here = use_route::<Route>();
    let Some(account) = use_account() else { return rsx! {} };
    let is_billing = matches!(here, Route::Billing {} | Route::BillingReturn { .. });
    let is_list = matches!(
        here,
        Route::Annotations { .. }
            | Route::JobDetails { .. }
            | Route::JobLog { .. }
            | Route::Results { .. }
    );
    rsx! {
        nav { "aria-label": "Main",
            NavLink { to: Route::Annotations { cursor: String::new() }, is_here: is_list, "Annotations" }
            NavLink { to: Route::Annotate {}, is_here: matches!(here, Route::Annotate {}), "New annotation" }
            NavLink { to: Route::Billing {}, is_here: is_billing, "Billing" }
        }
        div { class: "account",
            LiveDot {}
            PlanBadge { plan: account.plan }
            span { class: "user", title: "{account.email}", "{account.name}" }
            form { method: "post", action: "/logout",
                button { class: "button button-quiet", r#type: "submit", "Sign out" }
            }
        }
    }
}

/// The plan, and the way to change it.
#[component]
fn PlanBadge(plan: Plan) -> Element {
    rsx! {
        Link { class: "plan", to: Route::Billing {}, "aria-label": "Your plan: {plan}", "{plan}" }
        if plan == Plan::Free {
            UpgradeButton { label: "Upgrade" }
        }
    }
}

/// A link of the navigation; the router's own mark compares queries, too.
#[component]
fn NavLink(to: Route, is_here: bool, children: Element) -> Element {
    rsx! {
        Link { class: if is_here { "active" } else { "" }, to, {children} }
    }
}

#[component]
fn SessionOver() -> Element {
    let here = use_route::<Route>().to_string();
    rsx! {
        div { class: "note note-warn", role: "alert",
            p { "Your session is over. Sign in again to go on where you were." }
            a { class: "button", href: login_path(&here), "Sign in" }
        }
    }
}
