use super::pace::Pace;
use super::queue::{Card, use_uploads};
use super::state::State;
use crate::app::Route;
use crate::components::{Icon, JobProgress, Meter, Shape, StatusBadge, UpgradeButton, sentence};
use crate::error::ApiError;
use crate::format;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::job::StateView;
use gas_shared::{JobView, Plan};

/// A file of the queue: what it is, where it is, and what can be done about it.
#[component]
pub fn UploadCard(card: Card, plan: Plan) -> Element {
    let (id, state) = (card.id, &card.state);
    let uploads = use_uploads();
    let limit = plan.max_upload_bytes();
    let is_over = card.size > limit;
    let measured = matches!(state, State::Checking | State::Waiting | State::OverLimit);
    let has_problem = matches!(
        state,
        State::OverLimit | State::Refused(_) | State::Failed(_) | State::Unconfirmed(..)
    );
    let used = format!("{} of {} on {plan}", format::bytes(card.size), format::bytes(limit));
    rsx! {
        li {
            class: "upload",
            "data-upload": state.name(),
            "aria-labelledby": "upload-{id}-name",
            "aria-describedby": has_problem.then(|| format!("upload-{id}-error")),
            div { class: "upload-head",
                p { id: "upload-{id}-name", class: "file-name", "{card.name}" }
                span { class: "muted", {format::bytes(card.size)} }
                if state.is_at_rest() {
                    button {
                        class: "icon-button",
                        r#type: "button",
                        "aria-label": "Remove {card.name}",
                        onclick: move |_| uploads.remove(id),
                        Icon { shape: Shape::Failed }
                    }
                }
            }
            if let Some(found) = &card.found {
                p { class: "muted upload-found", {found.summary()} }
                if let Some(warning) = &found.warning {
                    p { class: "upload-warning", Icon { shape: Shape::Warning } {sentence(warning)} }
                }
            }
            if measured {
                Meter { label: "Size against the plan's limit", value: card.size, max: limit, text: used, is_over }
            }
            Stage { id, state: card.state.clone(), size: card.size }
        }
    }
}

/// What is said of a file's state, and the buttons that belong to it.
#[component]
fn Stage(id: u32, state: State, size: u64) -> Element {
    let uploads = use_uploads();
    let stop = rsx! {
        button { class: "button button-danger", r#type: "button", onclick: move |_| uploads.stop(id), "Cancel" }
    };
    match state {
        State::Checking => rsx! { p { class: "upload-line", "Checking the file …" } },
        State::Waiting => rsx! { p { class: "upload-line", "Waits for its turn." } },
        State::Stopping => rsx! { p { class: "upload-line", "Cancelling …" } },
        State::Confirming(_) => rsx! { p { class: "upload-line", "Uploaded. Queueing the job …" } },
        State::Sending(pace) => rsx! {
            div { class: "upload-line", Progress { pace } {stop} }
        },
        State::Paused(pace, seconds) => rsx! {
            Progress { pace }
            div { class: "upload-line",
                p { role: "status", "The connection broke. Trying again in about {seconds} s." }
                Resume { id }
                {stop}
            }
        },
        State::OverLimit => rsx! { OverLimit { id, size } },
        State::Refused(error) => rsx! { Problem { id, error } },
        State::Stopped => rsx! {
            div { class: "upload-line",
                p { "Cancelled; nothing of it is kept." }
                TryAgain { id, label: "Send again" }
            }
        },
        State::Failed(error) | State::Unconfirmed(_, error) => rsx! {
            Problem { id, error, TryAgain { id, label: "Try again" } }
        },
        State::Submitted(job) => rsx! { Submitted { job: *job } },
    }
}

/// How much is sent, how fast, and how long the rest takes.
#[component]
fn Progress(pace: Pace) -> Element {
    rsx! {
        Meter { label: "Upload", value: pace.sent, max: pace.size, text: describe(&pace) }
    }
}

/// In a line: `42 %, 4.2 MB of 10 MB, 1 MB a second, 6 seconds left`.
fn describe(pace: &Pace) -> String {
    let (sent, size) = (format::bytes(pace.sent), format::bytes(pace.size));
    let mut text = format!("{} %, {sent} of {size}", pace.percent());
    if let (Some(speed), Some(left)) = (pace.bytes_per_second(), pace.seconds_left()) {
        let left = match left {
            0..60 => format!("{left} s"),
            60..3600 => format!("{} min", left.div_ceil(60)),
            _ => format!("{} h {} min", left / 3600, left / 60 % 60),
        };
        text.push_str(&format!(", {} a second, {left} left", format::bytes(speed)));
    }
    text
}

/// What is wrong with a file, tied to its card for who hears it.
#[component]
fn Problem(id: u32, error: ApiError, children: Element) -> Element {
    rsx! {
        div { id: "upload-{id}-error", class: "note note-bad upload-error", role: "alert",
            p { {sentence(&error.message)} }
            {children}
        }
    }
}

/// The file stays, and goes on after the upgrade.
#[component]
fn OverLimit(id: u32, size: u64) -> Element {
    let (size, free) = (format::bytes(size), format::bytes(Plan::Free.max_upload_bytes()));
    let premium = format::bytes(Plan::Premium.max_upload_bytes());
    rsx! {
        div { id: "upload-{id}-error", class: "note note-warn upload-error", role: "alert",
            p {
                "The file has {size}, and the Free plan allows {free}. Premium takes files up to {premium}. \
                 It stays chosen on this page and is sent once you are on Premium."
            }
            UpgradeButton { main: true }
        }
    }
}

#[component]
fn TryAgain(id: u32, label: &'static str) -> Element {
    let uploads = use_uploads();
    rsx! {
        button { class: "button", r#type: "button", onclick: move |_| uploads.try_again(id), "{label}" }
    }
}

#[component]
fn Resume(id: u32) -> Element {
    let uploads = use_uploads();
    rsx! {
        button { class: "button", r#type: "button", onclick: move |_| uploads.resume(id), "Try now" }
    }
}

/// The job, live.
#[component]
fn Submitted(job: JobView) -> Element {
    let job = use_live().newest(job);
    rsx! {
        div { class: "upload-line",
            StatusBadge { status: job.state.status() }
            if let StateView::Running { progress, .. } = job.state.clone() {
                JobProgress { progress }
            }
            Link { to: Route::JobDetails { id: job.id.to_string() }, "Open the annotation" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_with_speed_and_time_once_they_are_known() {
        let pace = Pace::new(10_000_000).after(0, 0.0);
        assert_eq!(describe(&pace), "0 %, 0 bytes of 10 MB");
        let pace = pace.after(4_200_000, 4200.0);
        assert_eq!(describe(&pace), "42 %, 4.2 MB of 10 MB, 1 MB a second, 6 s left");
        let slow = Pace::new(5_000_000_000).after(0, 0.0).after(1_000_000, 1000.0);
        assert!(describe(&slow).ends_with("1 h 23 min left"), "{}", describe(&slow));
    }
}
