//! The billing page: the plan, the subscription and invoices.

use super::load_failure;
use crate::account::use_account;
use crate::api::{self, RawJson, use_steady_api_loader};
use crate::components::{
    HelpLink, Invoices, LocalTime, ManageSubscription, Page, PlanComparison, UpgradeButton,
};
use crate::format;
use crate::help_topic::HelpTopic;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::billing::{BillingOverview, RenewalStatus, SubscriptionView};

/// The user's plan, subscription and invoices.
#[component]
pub fn Billing() -> Element {
    let live = use_live();
    let loaded = use_steady_api_loader(move || {
        live.refetch_on_reconnect();
        // Reload when the plan changes.
        live.plan();
        api::billing_overview()
    })?;
    let content = match loaded.read() {
        Err(error) => load_failure(error),
        Ok(overview) => rsx! {
            Overview { overview: overview.clone(), onchange: move |fresh| loaded.set(fresh) }
            section { class: "panel", "aria-labelledby": "plans",
                h2 { id: "plans", "Plans compared" }
                PlanComparison {
                    free_window_secs: overview.free_window_secs,
                    price: overview.price.to_string(),
                }
                p { HelpLink { topic: HelpTopic::Plans, label: "Plans and limits in detail" } }
            }
            Invoices { invoices: overview.invoices }
        },
    };
    rsx! {
        Page { title: "Billing", {content} }
    }
}

#[component]
fn Overview(
    overview: BillingOverview,
    onchange: EventHandler<RawJson<BillingOverview>>,
) -> Element {
    let plan = use_account().map_or(overview.plan, |account| account.plan);
    let notice = format::span(overview.downgrade_notice_secs.into());
    rsx! {
        section { class: "panel", "aria-labelledby": "your-plan",
            h2 { id: "your-plan", "Your plan" }
            if let Some(subscription) = &overview.subscription {
                RenewalNote { renewal_status: subscription.renewal_status.clone() }
            }
            dl { class: "details details-plain",
                dt { "Plan" }
                dd { "data-plan": "{plan}",
                    strong { "{plan}" }
                    if let Some(since) = overview.plan_since {
                        span { class: "muted", " since " LocalTime { at: since } }
                    }
                }
                match &overview.subscription {
                    Some(subscription) => rsx! {
                        dt { "Price" }
                        dd { "{overview.price}" }
                        Subscription { subscription: subscription.clone() }
                    },
                    None => rsx! {
                        dt { "Premium" }
                        dd { "{overview.price}" }
                    },
                }
            }
            p { class: "muted",
                "Tax, if any, is shown before you pay. When Premium ends, available results can be downloaded \
                 for another {notice}, then they are archived."
            }
            p { class: "muted", "{overview.retention}" }
            match overview.subscription {
                Some(subscription) => rsx! {
                    ManageSubscription { renewal_status: subscription.renewal_status, notice, onchange }
                },
                None if plan == Plan::Free => rsx! { UpgradeButton { main: true } },
                None => rsx! {},
            }
        }
    }
}

#[component]
fn Subscription(subscription: SubscriptionView) -> Element {
    rsx! {
        match subscription.renewal_status {
            RenewalStatus::Renews { at } => rsx! {
                dt { "Next charge" }
                dd { LocalTime { at } }
            },
            RenewalStatus::Ends { at } => rsx! {
                dt { "Ends" }
                dd { LocalTime { at } }
            },
            RenewalStatus::PastDue { premium_until } => rsx! {
                dt { "Premium until" }
                dd { LocalTime { at: premium_until } }
            },
            RenewalStatus::Unpaid => rsx! {},
        }
        if let Some(card) = subscription.card {
            dt { "Card" }
            dd { class: "card-name", "{card.brand} ending in {card.last4}" }
        }
    }
}

/// A notice about a subscription that ends or has a failed payment.
#[component]
fn RenewalNote(renewal_status: RenewalStatus) -> Element {
    match renewal_status {
        RenewalStatus::Renews { .. } => rsx! {},
        RenewalStatus::Ends { at } => rsx! {
            p { class: "note note-warn", role: "status",
                "Your subscription is cancelled. Premium lasts until "
                LocalTime { at }
                "."
            }
        },
        RenewalStatus::PastDue { premium_until } => rsx! {
            p { class: "note note-bad", role: "alert",
                "The last payment failed and will be tried again. Update your card to keep Premium after "
                LocalTime { at: premium_until }
                "."
            }
        },
        RenewalStatus::Unpaid => rsx! {
            p { class: "note note-bad", role: "alert",
                "The last payment failed, so you are on the Free plan. Pay the open invoice to get Premium \
                 back; you can use another card."
            }
        },
    }
}
