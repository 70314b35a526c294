use crate::components::{ErrorNote, FilePicker, Page, use_account};
use crate::error::{ApiError, ErrorCode};
use crate::format;
use dioxus::html::FileData;
use dioxus::prelude::*;
use gas_shared::{Account, FileName, JobId};

/// Where an upload is.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "web"), expect(dead_code, reason = "only browsers upload"))]
pub enum Step {
    /// Nothing chosen.
    Choose,
    /// The beginning of the file is being checked.
    Checking,
    /// On its way to S3.
    Sending {
        /// Bytes sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
    /// S3 has it; the job is being queued.
    Confirming,
    /// Stopped by an error; the file can be sent again.
    Failed(ApiError),
    /// S3 has the file, but the job could not be queued; that can be tried again.
    Unconfirmed(JobId, ApiError),
}

/// The page that submits a file.
#[component]
pub fn Annotate() -> Element {
    let Some(account) = use_account() else {
        let error = ApiError::new(ErrorCode::SignInRequired, "sign in to annotate a file");
        super::commit_status(&error);
        return rsx! {
            Page { title: "New annotation", ErrorNote { error } }
        };
    };
    rsx! {
        Page { title: "New annotation",
            p { class: "muted",
                "Your plan is {account.plan}: files up to {format::bytes(account.plan.max_upload_bytes())}. \
                 Files are stored encrypted and only you can read them."
            }
            Submit { account }
        }
    }
}

#[component]
fn Submit(account: Account) -> Element {
    let mut step = use_signal(|| Step::Choose);
    let mut chosen = use_signal(|| None::<FileData>);
    let plan = account.plan;
    let upload = use_callback(move |file: FileData| {
        chosen.set(Some(file.clone()));
        if let Err(error) = check(&account, &file.name(), file.size()) {
            step.set(Step::Failed(error));
            return;
        }
        step.set(Step::Checking);
        #[cfg(feature = "web")]
        crate::browser::submit(file, step);
    });
    // A file that was too large for the plan goes on its way once the plan takes it.
    use_effect(use_reactive!(|plan| {
        let was_too_large =
            matches!(&*step.peek(), Step::Failed(error) if error.code == ErrorCode::OverLimit);
        let file = chosen.peek().clone().filter(|file| file.size() <= plan.max_upload_bytes());
        if let (true, Some(file)) = (was_too_large, file) {
            upload.call(file);
        }
    }));
    // A callback of this component: the button goes away at the first step, and its tasks with it.
    let queue = use_callback(move |id: JobId| {
        #[cfg(feature = "web")]
        crate::browser::confirm(id, step);
        #[cfg(not(feature = "web"))]
        let _ = (id, step);
    });
    let busy = !matches!(*step.read(), Step::Choose | Step::Failed(_) | Step::Unconfirmed(..));
    rsx! {
        FilePicker { enabled: !busy, onfile: move |file| upload.call(file) }
        if let Some(file) = chosen() {
            div { class: "upload", "aria-live": "polite",
                p { class: "file-name", "{file.name()} " span { class: "muted", "{format::bytes(file.size())}" } }
                match step() {
                    Step::Choose => rsx! {},
                    Step::Checking => rsx! { p { "Checking the file …" } },
                    Step::Sending { sent, total } => rsx! { Sending { sent, total } },
                    Step::Confirming => rsx! { p { "Uploaded. Queueing the job …" } },
                    Step::Failed(error) => rsx! {
                        ErrorNote { error: error.clone() }
                        if error.code == ErrorCode::OverLimit {
                            p { class: "muted", "The file stays chosen and is sent once you are on Premium." }
                        } else {
                            button { class: "button", r#type: "button", onclick: move |_| upload.call(file.clone()), "Try again" }
                        }
                    },
                    Step::Unconfirmed(id, error) => rsx! {
                        ErrorNote { error }
                        button { class: "button", r#type: "button", onclick: move |_| queue.call(id), "Try again" }
                    },
                }
            }
        }
    }
}

#[component]
fn Sending(sent: u64, total: u64) -> Element {
    let percent = sent * 100 / total.max(1);
    rsx! {
        p { class: "job-progress",
            progress { max: "{total}", value: "{sent}", "aria-label": "Upload" }
            span { class: "muted", "{percent} %, {format::bytes(sent)} of {format::bytes(total)}" }
        }
        button {
            class: "button button-danger",
            r#type: "button",
            onclick: move |_| {
                #[cfg(feature = "web")]
                crate::browser::cancel_upload();
            },
            "Cancel"
        }
    }
}

/// What can be said before anything is sent. The server and S3 check again.
fn check(account: &Account, name: &str, size: u64) -> Result<(), ApiError> {
    let invalid = |text: String| ApiError::new(ErrorCode::Invalid, text);
    FileName::parse(name).map_err(|error| invalid(error.to_string()))?;
    let limit = account.plan.max_upload_bytes();
    if size == 0 {
        return Err(invalid(
            "the file is empty; choose a VCF file with at least one record".into(),
        ));
    }
    if size > limit {
        let text = format!(
            "the file has {}, and the {} plan allows {}; Premium takes files of any size",
            format::bytes(size),
            account.plan,
            format::bytes(limit)
        );
        return Err(ApiError::new(ErrorCode::OverLimit, text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::Plan;

    fn account(plan: Plan) -> Account {
        Account {
            id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            name: "Ada".into(),
            email: "ada@example.org".into(),
            institution: String::new(),
            plan,
        }
    }

    #[test]
    fn files_are_checked_before_anything_is_sent() {
        let free = account(Plan::Free);
        assert_eq!(check(&free, "a.vcf", 150_000), Ok(()));
        assert_eq!(check(&free, "a.vcf", 150_001).unwrap_err().code, ErrorCode::OverLimit);
        assert_eq!(check(&account(Plan::Premium), "a.vcf", 150_001), Ok(()));
        assert_eq!(check(&free, "a.txt", 1).unwrap_err().code, ErrorCode::Invalid);
        assert_eq!(check(&free, "a.vcf", 0).unwrap_err().code, ErrorCode::Invalid);
    }
}
