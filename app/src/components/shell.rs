//! The shell around every page: navigation, account, live connection, dialogs and toasts.

use super::{
    DropAnywhere, ErrorNote, Icon, IconName, LiveDot, Shortcuts, Skeleton, ThemeButton, ToastArea,
    UpgradeButton, UpgradeDialog, use_theme_provider, use_upgrade_provider,
};
use crate::account::{
    use_account, use_account_provider, use_is_operator, use_sells_premium, use_site_provider,
};
use crate::announcer::use_announcer_provider;
use crate::api::{use_api_loader, visit};
use crate::app::{Route, login_path};
use crate::browser;
use crate::deletions::use_deletions_provider;
use crate::live::{StreamState, use_live_provider};
use crate::page_modules::{CommandPalette, module_name};
use crate::toasts::use_toasts_provider;
use crate::upload::use_upload_queue_provider;
use dioxus::prelude::*;
use gas_shared::{Account, Plan, Visit};

/// The layout of every page. It provides the account, the theme, live events, uploads, the upgrade
/// dialog and toasts to the pages.
#[component]
pub fn Shell() -> Element {
    let toasts = use_toasts_provider();
    let announcer = use_announcer_provider();
    use_upgrade_provider();
    use_theme_provider();
    use_focus_on_new_pages();
    let (visit, failed) = match use_api_loader(visit)?.read() {
        Ok(visit) => (visit, None),
        Err(error) => {
            let unknown =
                Visit { account: None, sells_premium: false, is_operator: false, banner: None };
            (unknown, Some(error))
        }
    };
    let Visit { account: known, sells_premium, is_operator, banner } = visit;
    use_site_provider(sells_premium, is_operator);
    let account = use_account_provider(known.clone());
    use_time_zone(account);
    let live = use_live_provider(known.as_ref().map(|account| account.id), toasts, announcer);
    use_upload_queue_provider();
    use_deletions_provider(live, toasts);
    let (palette, shortcuts) = (use_signal(|| false), use_signal(|| false));
    rsx! {
        a { class: "skip-link", href: "#content", "Skip to content" }
        header { class: "top",
            Link { class: "brand", to: Route::Home {}, "GAS" }
            if known.is_some() {
                SignedInBar { palette }
            } else {
                nav { class: "account", "aria-label": "Account",
                    Link { to: Route::HelpIndex {}, "Help" }
                    ThemeButton {}
                    a { class: "button", href: login_path("/annotations"), "Sign in" }
                }
            }
        }
        // Also without a banner, so that screen readers announce one that appears.
        div { role: "status",
            if let Some(text) = live.banner().unwrap_or(banner) {
                p { class: "note note-warn site-banner", "{text}" }
            }
        }
        main {
            id: "content",
            tabindex: "-1",
            "data-page-module": module_name(&use_route::<Route>()),
            if live.stream_state() == StreamState::SignedOut {
                SessionExpired {}
            }
            if let Some(error) = failed {
                ErrorNote { error }
            } else {
                SuspenseBoundary { fallback: |_| rsx! { Skeleton {} }, Outlet::<Route> {} }
            }
        }
        footer { class: "bottom",
            p { {concat!("Genomics Annotation Service ", env!("CARGO_PKG_VERSION"))} }
            nav { "aria-label": "About",
                Link { to: Route::HelpIndex {}, "Help" }
                Link { to: Route::Changelog {}, "What is new" }
                a { href: "/api/docs", "API" }
            }
        }
        div { id: "announcer", class: "visually-hidden", "aria-live": "polite",
            for announcement in announcer.current() {
                p { key: "{announcement.id}", "{announcement.text}" }
            }
        }
        if known.is_some() {
            if sells_premium {
                UpgradeDialog {}
            }
            Shortcuts { open: shortcuts, palette }
            CommandPalette { open: palette, shortcuts }
            DropAnywhere {}
        }
        ToastArea {}
    }
}

/// Moves the focus to the heading of a new page after navigation, which screen readers announce. A different query
/// is the same page.
fn use_focus_on_new_pages() {
    let here = use_route::<Route>().to_string();
    let path = here.split('?').next().unwrap_or_default().to_owned();
    let mut last = use_signal(|| path.clone());
    use_effect(use_reactive!(|path| {
        if *last.peek() != path {
            last.set(path);
            // Read now: the new page may set its title before the task starts.
            let before = browser::page_title();
            spawn(async move { browser::focus_new_page(&before).await });
        }
    }));
}

/// Sends the browser's time zone to the server if it differs from the stored one. Mails use it.
fn use_time_zone(account: Signal<Option<Account>>) {
    use_effect(move || {
        let mut account = account;
        let known = account.peek().as_ref().map(|account| account.time_zone.clone());
        let here = browser::time_zone();
        let (Some(known), Some(zone)) = (known, here) else { return };
        if known.as_ref() == Some(&zone) {
            return;
        }
        spawn(async move {
            // After a failure, mails keep the old zone, and the next page load tries again.
            if crate::api::set_time_zone(zone.clone()).await.is_ok()
                && let Some(account) = account.write().as_mut()
            {
                account.time_zone = Some(zone);
            }
        });
    });
}

#[component]
fn SignedInBar(
    /// Whether the command palette is open.
    palette: Signal<bool>,
) -> Element {
    let mut palette = palette;
    let here = use_route::<Route>();
    let sells_premium = use_sells_premium();
    let Some(account) = use_account() else { return rsx! {} };
    let is_billing = matches!(here, Route::Billing {} | Route::BillingReturn { .. });
    let is_list =
        matches!(here, Route::Annotations { .. } | Route::Compare { .. }) || here.job().is_some();
    rsx! {
        nav { "aria-label": "Main",
            NavLink {
                to: Route::annotations(),
                is_here: is_list,
                icon: IconName::List,
                label: "Annotations",
            }
            NavLink {
                to: Route::Annotate {},
                is_here: matches!(here, Route::Annotate {}),
                icon: IconName::Upload,
                label: "New",
            }
            if sells_premium {
                NavLink { to: Route::Billing {}, is_here: is_billing, icon: IconName::Card, label: "Billing" }
            }
            NavLink {
                to: Route::Account {},
                is_here: matches!(here, Route::Account {}),
                icon: IconName::Person,
                label: "Account",
            }
            if use_is_operator() {
                NavLink {
                    to: Route::Admin {},
                    is_here: matches!(here, Route::Admin {}),
                    icon: IconName::Running,
                    label: "Operations",
                }
            }
        }
        div { class: "account",
            Link { class: "help-top", to: Route::HelpIndex {}, "Help" }
            LiveDot {}
            button {
                class: "icon-button",
                r#type: "button",
                "aria-label": "Search",
                "aria-keyshortcuts": "Control+K Meta+K",
                title: "Find a page, job, gene or action (Ctrl K)",
                onclick: move |_| palette.set(true),
                Icon { name: IconName::Search }
            }
            ThemeButton {}
            if sells_premium {
                PlanBadge { plan: account.plan }
            }
            span { class: "user", title: "{account.email}", "{account.name}" }
            form { method: "post", action: "/logout",
                button { class: "button button-quiet", r#type: "submit", "Sign out" }
            }
        }
    }
}

/// The plan, with a button to upgrade.
#[component]
fn PlanBadge(plan: Plan) -> Element {
    rsx! {
        Link { class: "plan", to: Route::Billing {}, "aria-label": "Your plan: {plan}", "{plan}" }
        if plan == Plan::Free {
            UpgradeButton { label: "Upgrade" }
        }
    }
}

/// A link of the main navigation. Sets `aria-current` itself, since the router's own check also
/// compares queries.
#[component]
fn NavLink(to: Route, is_here: bool, icon: IconName, label: &'static str) -> Element {
    rsx! {
        Link {
            class: if is_here { "active" } else { "" },
            "aria-current": if is_here { "page" },
            to,
            Icon { name: icon }
            "{label}"
        }
    }
}

#[component]
fn SessionExpired() -> Element {
    let here = use_route::<Route>().to_string();
    rsx! {
        div { class: "note note-warn", role: "alert",
            p { "Your session has expired. Sign in again to continue where you left off." }
            a { class: "button", href: login_path(&here), "Sign in" }
        }
    }
}
