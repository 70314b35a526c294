use crate::api::{self, use_doing};
use crate::browser;
use crate::components::{Confirm, Icon, Shape, sentence};
use dioxus::prelude::*;
use gas_shared::account::DELETE_CONFIRMATION;

/// Taking everything along, and leaving.
#[component]
pub fn YourData() -> Element {
    let mut open = use_signal(|| false);
    rsx! {
        section { class: "panel", "aria-labelledby": "your-data",
            h2 { id: "your-data", "Your data" }
            p {
                "One file (JSON) with your profile, settings, jobs, mails, the names of your tokens and your number at \
                 the payment provider. Annotated files are not in it; download them by job."
            }
            p { class: "actions",
                a { class: "button", href: "/account-export", download: "gas-account.json",
                    Icon { shape: Shape::Download }
                    "Download my data"
                }
            }
        }
        section { class: "panel panel-danger", "aria-labelledby": "leave",
            h2 { id: "leave", "Delete my account" }
            p { "Ends your subscription, your jobs and your tokens, and deletes your files, archived ones too. This cannot be undone." }
            p { class: "actions",
                button { class: "button button-danger", r#type: "button", onclick: move |_| open.set(true), "Delete my account" }
            }
        }
        DeleteDialog { open }
    }
}

/// Asks for the words, so that nobody leaves by a slip.
#[component]
fn DeleteDialog(open: Signal<bool>) -> Element {
    let delete = use_doing();
    let start = move |()| {
        delete.start(async move {
            api::delete_account(DELETE_CONFIRMATION.to_owned()).await?;
            // The session is over; the home page is for everybody.
            browser::go_to("/");
            Ok(())
        });
    };
    let failed = delete.failure();
    rsx! {
        Confirm {
            id: "delete-account",
            title: "Delete your account?",
            action: "Delete everything",
            open,
            word: DELETE_CONFIRMATION,
            busy: delete.is_busy(),
            failures: failed.map(|error| sentence(&error.message)).into_iter().collect::<Vec<_>>(),
            onconfirm: start,
            ul {
                li { "You are signed out everywhere, and your tokens end, at once." }
                li { "Jobs are cancelled and deleted with their files, logs and archived results. With many jobs this takes some hours; nobody can read them meanwhile." }
                li { "A Premium subscription ends now. What is paid is not given back; cancel it on the billing page and wait for its end if you want to use the rest." }
                li { "Invoices stay with the payment provider for as long as tax law wants it, and nowhere else." }
                li { "You may sign in again later and begin anew, with nothing." }
            }
        }
    }
}
