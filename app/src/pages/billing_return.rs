//! The page that Stripe returns to after a checkout.

use super::commit_status;
use crate::account::use_account;
use crate::api::{self, use_api_loader};
use crate::app::Route;
use crate::components::{ErrorNote, PAYMENT_DELAYED, Page, UpgradeButton};
use crate::error::ErrorCode;
use crate::live::{use_live, wait_for_premium};
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::billing::CheckoutStatus;

/// The page after a checkout. It does not change the plan itself; it waits until Stripe has
/// confirmed the payment to the server.
#[component]
pub fn BillingReturn(session_id: String) -> Element {
    let live = use_live();
    let is_premium = use_account().is_some_and(|account| account.plan == Plan::Premium);
    let mut is_late = use_signal(|| false);
    let status = use_api_loader(move || api::checkout_status(session_id.clone()))?;
    use_effect(move || {
        spawn(async move {
            let confirmed = wait_for_premium(live).await;
            is_late.set(!confirmed);
        });
    });
    let status = match status.read() {
        Ok(status) => Some(status),
        Err(error) if matches!(error.code, ErrorCode::NotFound | ErrorCode::SignInRequired) => {
            commit_status(&error);
            return rsx! {
                Page { title: "Your payment", ErrorNote { error } }
            };
        }
        // Stripe may be unavailable. The plan alone decides what is shown then.
        Err(_) => None,
    };
    let is_paid = status != Some(CheckoutStatus::Open) && status != Some(CheckoutStatus::Expired);
    rsx! {
        Page { title: "Your payment",
            div { role: "status",
                if is_premium {
                    p { class: "lead", "Thank you. You are now on Premium." }
                    p { "Your archived results are being restored. New results stay available." }
                } else if !is_paid {
                    p { class: "lead", "You were not charged." }
                    p { "The checkout was not completed. You can start it again." }
                } else if is_late() {
                    p { {PAYMENT_DELAYED} }
                } else {
                    p { class: "lead", "Confirming your payment …" }
                    p { class: "muted", "This usually takes a few seconds." }
                }
            }
            p { class: "actions",
                if !is_paid && !is_premium {
                    UpgradeButton { main: true }
                }
                Link { class: "button", to: Route::annotations(), "Your annotations" }
                Link { class: "button", to: Route::Billing {}, "Billing" }
            }
        }
    }
}
