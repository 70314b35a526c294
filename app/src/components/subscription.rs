//! Managing a subscription, and its invoices.

use super::{ErrorNote, LocalTime, Modal, ScrollTable, sentence};
use crate::api::{self, RawJson, use_api_action};
use crate::browser;
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::billing::{BillingOverview, InvoiceStatus, InvoiceView, RenewalStatus};
use jiff::Timestamp;

/// The actions for a subscription: cancel, resume, and the billing portal.
#[component]
pub fn ManageSubscription(
    /// Whether and when the subscription renews.
    renewal_status: RenewalStatus,
    /// How long stored results stay available after Premium ends, as text.
    notice: String,
    /// Called with the new state after a change.
    onchange: EventHandler<RawJson<BillingOverview>>,
) -> Element {
    let toasts = use_toasts();
    let mut asking = use_signal(|| false);
    let (portal, resume) = (use_api_action(), use_api_action());
    let open_portal = move |_| {
        portal.start(async move {
            match api::open_billing_portal().await {
                Ok(url) => browser::go_to(&url),
                Err(error) => toasts.error(sentence(&error.message)),
            }
            Ok(())
        });
    };
    let start_resume = move |_| {
        resume.start(async move {
            match api::resume_subscription().await {
                Ok(fresh) => {
                    onchange.call(fresh);
                    toasts.success("Your subscription is resumed".to_owned());
                }
                Err(error) => toasts.error(sentence(&error.message)),
            }
            Ok(())
        });
    };
    rsx! {
        div { class: "actions",
            match renewal_status {
                RenewalStatus::Renews { .. } => rsx! {
                    button {
                        class: "button button-danger",
                        r#type: "button",
                        onclick: move |_| asking.set(true),
                        "Cancel subscription"
                    }
                },
                RenewalStatus::Ends { .. } => rsx! {
                    button {
                        class: "button button-main",
                        r#type: "button",
                        disabled: resume.is_busy(),
                        onclick: start_resume,
                        "Resume subscription"
                    }
                },
                RenewalStatus::PastDue { .. } | RenewalStatus::Unpaid => rsx! {},
            }
            button {
                class: "button",
                r#type: "button",
                disabled: portal.is_busy(),
                onclick: open_portal,
                "Card and billing details"
            }
        }
        if let RenewalStatus::Renews { at } | RenewalStatus::Ends { at } = renewal_status {
            CancelDialog { at, notice, asking, onchange }
        }
    }
}

/// Confirms a cancellation. It also exists for a cancelled subscription, so that the dialog can
/// close after the change.
#[component]
fn CancelDialog(
    at: Timestamp,
    notice: String,
    asking: Signal<bool>,
    onchange: EventHandler<RawJson<BillingOverview>>,
) -> Element {
    let toasts = use_toasts();
    let cancel = use_api_action();
    let start = move |_| {
        cancel.start(async move {
            let fresh = api::cancel_subscription().await?;
            asking.set(false);
            onchange.call(fresh);
            toasts.success("Your subscription is cancelled".to_owned());
            Ok(())
        });
    };
    rsx! {
        Modal { id: "cancel-subscription", title: "Cancel your subscription?", open: asking,
            CancellationEffects { at, notice }
            if let Some(error) = cancel.error() {
                ErrorNote { error }
            }
            div { class: "actions",
                button {
                    class: "button button-main",
                    r#type: "button",
                    onclick: move |_| asking.set(false),
                    "Keep Premium"
                }
                button {
                    class: "button button-danger",
                    r#type: "button",
                    disabled: cancel.is_busy(),
                    onclick: start,
                    "Cancel at the end of the period"
                }
            }
        }
    }
}

/// The effects of a cancellation on results, and when they occur.
#[component]
fn CancellationEffects(at: Timestamp, notice: String) -> Element {
    rsx! {
        ul {
            li {
                "Premium lasts until "
                LocalTime { at }
                ". You will not be charged again, and you can resume until then."
            }
            li { "Results available at that time can be downloaded for another {notice}, then they are archived." }
            li { "Results of later jobs can be downloaded for a short time, as on the Free plan." }
            li { "Nothing is deleted. Premium restores archived results at any time." }
        }
    }
}

/// The latest invoices.
#[component]
pub fn Invoices(invoices: Vec<InvoiceView>) -> Element {
    rsx! {
        section { class: "panel", "aria-labelledby": "invoices",
            h2 { id: "invoices", "Invoices" }
            if invoices.is_empty() {
                p { class: "muted", "There are no invoices yet." }
            } else {
                ScrollTable {
                    label: "Invoices",
                    caption: "Your latest invoices, newest first",
                    columns: ["Date", "Number", "Total", "Status"].map(str::to_owned).to_vec(),
                    for (index , invoice) in invoices.into_iter().enumerate() {
                        InvoiceRow { key: "{index}", invoice }
                    }
                }
            }
        }
    }
}

#[component]
fn InvoiceRow(invoice: InvoiceView) -> Element {
    let number = invoice.number.unwrap_or_else(|| "–".to_owned());
    let (word, tone) = match invoice.status {
        InvoiceStatus::Draft => ("Draft", "quiet"),
        InvoiceStatus::Open => ("Open", "bad"),
        InvoiceStatus::Paid => ("Paid", "good"),
        InvoiceStatus::Closed => ("Closed", "quiet"),
    };
    rsx! {
        tr {
            td { "data-label": "Date", LocalTime { at: invoice.created } }
            td { "data-label": "Number",
                match invoice.url {
                    Some(url) => rsx! { a { href: url, target: "_blank", rel: "noreferrer", "{number}" } },
                    None => rsx! { "{number}" },
                }
            }
            td { "data-label": "Total", "{invoice.total}" }
            td { "data-label": "Status", span { class: "badge badge-{tone}", "{word}" } }
        }
    }
}
