//! The account's data: export and deletion.

use crate::account::use_sells_premium;
use crate::api::{self, use_api_action};
use crate::browser;
use crate::components::{Confirm, Icon, IconName, failures};
use dioxus::prelude::*;
use gas_shared::account::DELETE_CONFIRMATION;

/// The panels for exporting the user's data and for deleting the account.
#[component]
pub fn YourData() -> Element {
    let mut open = use_signal(|| false);
    let sells_premium = use_sells_premium();
    rsx! {
        section { class: "panel", "aria-labelledby": "your-data",
            h2 { id: "your-data", "Your data" }
            p {
                "Download a JSON file with your profile, settings, jobs, emails and token names"
                if sells_premium {
                    ", and your customer ID at the payment provider"
                }
                ". It does not contain annotated files; download those from each job."
            }
            p { class: "actions",
                a { class: "button", href: "/account-export", download: "gas-account.json",
                    Icon { name: IconName::Download }
                    "Download my data"
                }
            }
        }
        section { class: "panel panel-danger", "aria-labelledby": "leave",
            h2 { id: "leave", "Delete my account" }
            p {
                if sells_premium {
                    "Cancels your subscription. "
                }
                "Revokes your tokens, and deletes your jobs and files, including archived results. This can't be undone."
            }
            p { class: "actions",
                button { class: "button button-danger", r#type: "button", onclick: move |_| open.set(true), "Delete my account" }
            }
        }
        DeleteDialog { open }
    }
}

/// Confirms the deletion. The user must type a phrase, so that it does not happen by accident.
#[component]
fn DeleteDialog(open: Signal<bool>) -> Element {
    let delete = use_api_action();
    let sells_premium = use_sells_premium();
    let start = move |()| {
        delete.start(async move {
            api::delete_account(DELETE_CONFIRMATION.to_owned()).await?;
            // The session has ended, and the home page needs none.
            browser::go_to("/");
            Ok(())
        });
    };
    rsx! {
        Confirm {
            id: "delete-account",
            title: "Delete your account?",
            action: "Delete everything",
            open,
            word: DELETE_CONFIRMATION,
            busy: delete.is_busy(),
            failures: failures(delete),
            onconfirm: start,
            ul {
                li { "You are signed out everywhere, and your tokens stop working immediately." }
                li { "Jobs are cancelled and deleted with their files, logs and archived results. With many jobs, this can take a few hours; no one can access them in the meantime." }
                if sells_premium {
                    li { "A Premium subscription ends now, without a refund. To use the rest of the paid period, cancel it on the billing page and wait until it ends." }
                    li { "The payment provider keeps invoices for as long as tax law requires; no other copies are kept." }
                }
                li { "You can sign in again later and start with an empty account." }
            }
        }
    }
}
