//! A file of the upload queue.

use crate::app::Route;
use crate::components::{
    HelpLink, Icon, IconName, JobProgress, Meter, OptionsForm, StatusBadge, UpgradeButton, sentence,
};
use crate::error::ApiError;
use crate::format;
use crate::help_topic::HelpTopic;
use crate::live::use_live;
use crate::upload::{
    FilePreview, QueuedFile, Submission, TransferRate, UploadState, use_upload_queue,
};
use dioxus::prelude::*;
use gas_shared::assembly::AssemblyDetection;
use gas_shared::job::StateView;
use gas_shared::vcf::CompressionFormat;
use gas_shared::{JobView, Plan};

/// A file of the queue: its properties, the state of its upload, and the actions for that state.
#[component]
pub fn UploadCard(file: QueuedFile, plan: Plan) -> Element {
    let (id, state) = (file.id, &file.state);
    let queue = use_upload_queue();
    let limit = plan.max_upload_bytes();
    let is_over = file.size > limit;
    let measured = matches!(
        state,
        UploadState::Checking | UploadState::Review | UploadState::Waiting | UploadState::OverLimit
    );
    let submission = queue.submission();
    let problem = match state {
        UploadState::Review => file.problem(&submission),
        _ => None,
    };
    let has_problem = matches!(
        state,
        UploadState::OverLimit
            | UploadState::Rejected(_)
            | UploadState::Failed(_)
            | UploadState::Unconfirmed(..)
    ) || problem.is_some();
    let used = format!("{} of {} on {plan}", format::bytes(file.size), format::limit(limit));
    rsx! {
        li {
            class: "upload",
            "data-upload": state.name(),
            "aria-labelledby": "upload-{id}-name",
            "aria-describedby": has_problem.then(|| format!("upload-{id}-error")),
            div { class: "upload-head",
                p { id: "upload-{id}-name", class: "file-name", "{file.name}" }
                span { class: "muted", {format::bytes(file.size)} }
                if state.is_removable() {
                    button {
                        class: "icon-button",
                        r#type: "button",
                        "aria-label": "Remove {file.name}",
                        onclick: move |_| queue.remove(id),
                        Icon { name: IconName::Cross }
                    }
                }
            }
            if let Some(preview) = &file.preview {
                p { class: "muted upload-found", {preview.summary()} }
                p { class: "muted upload-found", {describe_assembly(preview, &file, &submission)} }
                if let Some(contradiction) = preview.assembly.detection.contradiction() {
                    p { class: "upload-warning", Icon { name: IconName::Warning } {sentence(&contradiction)} }
                }
                if let Some(warning) = &preview.warning {
                    p { class: "upload-warning", Icon { name: IconName::Warning } {sentence(warning)} }
                }
            }
            if measured {
                Meter { label: "Size against the plan's limit", value: file.size, max: limit, text: used, is_over }
            }
            Stage { file: file.clone(), submission, problem }
        }
    }
}

/// One line about the assembly of the file, with its evidence, and the reference that annotates the file.
fn describe_assembly(preview: &FilePreview, file: &QueuedFile, submission: &Submission) -> String {
    let detected = match &preview.assembly.detection {
        // The browser could not read the header.
        AssemblyDetection::NotStated if preview.version.is_none() && !preview.is_list => {
            "Assembly not read".to_owned()
        }
        AssemblyDetection::NotStated => "Assembly not stated in the file".to_owned(),
        AssemblyDetection::Conflicting(_) => "Assembly unclear".to_owned(),
        AssemblyDetection::Stated { evidence, .. } => match evidence.of_contigs() {
            Some(contigs) => format!("{} (from {contigs})", evidence.assembly.name),
            None => format!("{} (named in the header)", evidence.assembly.name),
        },
    };
    let is_rejected = matches!(file.state, UploadState::Rejected(_));
    match submission.references.find(file.options.reference.as_ref()) {
        Some(reference) if !is_rejected => {
            format!("{detected} · annotated with {}", reference.label())
        }
        _ => detected,
    }
}

/// The options of a file, which the user checks before the file is sent.
#[component]
fn Review(file: QueuedFile, submission: Submission, problem: Option<String>) -> Element {
    let queue = use_upload_queue();
    let id = file.id;
    let Some(preview) = file.preview else { return rsx! {} };
    let is_undecided = preview.assembly.detection.assembly().is_none();
    let asks = is_undecided && submission.references.choices.len() > 1 && problem.is_none();
    rsx! {
        div { class: "upload-review",
            if asks {
                p { "Choose the reference that the variants of this file were called on." }
            }
            OptionsForm {
                id: "upload-{id}",
                options: file.options,
                references: submission.references,
                file: preview.assembly,
                folded: true,
                onchange: move |options| queue.set_options(id, options),
            }
            if let Some(problem) = problem.clone() {
                div { id: "upload-{id}-error", class: "note note-bad upload-error", role: "alert",
                    p { "{problem}" }
                }
            }
            div { class: "upload-line",
                button {
                    class: "button button-main",
                    r#type: "button",
                    disabled: problem.is_some(),
                    onclick: move |_| queue.submit(id),
                    "Annotate"
                }
            }
        }
    }
}

/// The state of a file's upload, with the buttons for that state.
#[component]
fn Stage(file: QueuedFile, submission: Submission, problem: Option<String>) -> Element {
    let queue = use_upload_queue();
    let (id, size) = (file.id, file.size);
    let stop = rsx! {
        button { class: "button button-danger", r#type: "button", onclick: move |_| queue.stop(id), "Cancel" }
    };
    match file.state.clone() {
        UploadState::Review => rsx! { Review { file, submission, problem } },
        UploadState::Checking => rsx! { p { class: "upload-line", "Checking the file …" } },
        UploadState::Waiting => rsx! { p { class: "upload-line", "Waiting to upload" } },
        UploadState::Stopping => rsx! { p { class: "upload-line", "Cancelling …" } },
        UploadState::Confirming(_) => {
            rsx! { p { class: "upload-line", "Uploaded. Queueing the job …" } }
        }
        UploadState::Sending(rate) => rsx! {
            div { class: "upload-line", Progress { rate } {stop} }
        },
        UploadState::Paused(rate, seconds) => rsx! {
            Progress { rate }
            div { class: "upload-line",
                p { "Connection lost. Retrying in about {seconds} s." }
                Resume { id }
                {stop}
            }
        },
        UploadState::OverLimit => {
            rsx! { OverLimit { id, size, is_compressible: may_fit_compressed(&file) } }
        }
        UploadState::Rejected(error) => rsx! { Problem { id, error } },
        UploadState::Stopped => rsx! {
            div { class: "upload-line",
                p { "Cancelled. Nothing was kept." }
                Retry { id, label: "Upload again" }
            }
        },
        UploadState::Failed(error) | UploadState::Unconfirmed(_, error) => rsx! {
            Problem { id, error, Retry { id, label: "Try again" } }
        },
        UploadState::Submitted(job) => rsx! { Submitted { job: *job } },
    }
}

/// The progress, speed and remaining time of a transfer.
#[component]
fn Progress(rate: TransferRate) -> Element {
    rsx! {
        Meter { label: "Upload", value: rate.sent, max: rate.size, text: describe(&rate) }
    }
}

/// One line, such as `42 %, 4.2 MB of 10 MB, 1 MB/s, 6 s left`.
fn describe(rate: &TransferRate) -> String {
    let (sent, size) = (format::bytes(rate.sent), format::bytes(rate.size));
    let mut text = format!("{} %, {sent} of {size}", rate.percent());
    if let (Some(speed), Some(left)) = (rate.bytes_per_second(), rate.seconds_left()) {
        let left = match left {
            0..60 => format!("{left} s"),
            60..3600 => format!("{} min", left.div_ceil(60)),
            _ => format!("{} h {} min", left / 3600, left / 60 % 60),
        };
        text.push_str(&format!(", {}/s, {left} left", format::bytes(speed)));
    }
    text
}

/// An error of a file. The card refers to it by id, so that screen readers read it.
#[component]
fn Problem(id: u32, error: ApiError, children: Element) -> Element {
    rsx! {
        div { id: "upload-{id}-error", class: "note note-bad upload-error", role: "alert",
            p { {sentence(&error.message)} }
            {children}
        }
    }
}

/// How much smaller than its text a VCF file is at least, compressed with gzip.
const GZIP_RATIO: u64 = 4;

/// Whether a file that is over the limit of Free would probably fit if the user compressed it. The limit is about the
/// file as it is sent.
fn may_fit_compressed(file: &QueuedFile) -> bool {
    let is_text =
        file.preview.as_ref().is_some_and(|found| found.compression == CompressionFormat::Plain);
    is_text && file.size <= GZIP_RATIO * Plan::Free.max_upload_bytes()
}

/// The offer to upgrade, after which the file uploads automatically.
#[component]
fn OverLimit(
    id: u32,
    size: u64,
    /// Whether to say that compressing the file is another way.
    is_compressible: bool,
) -> Element {
    let (size, free) = (format::bytes(size), format::limit(Plan::Free.max_upload_bytes()));
    rsx! {
        div { id: "upload-{id}-error", class: "note note-warn upload-error", role: "alert",
            p { "This file is {size}; Free allows {free}. Upgrade and it uploads automatically." }
            if is_compressible {
                p { "It may also fit if you compress it with gzip or bgzip and choose the .gz file." }
            }
            div { class: "upload-line",
                UpgradeButton { main: true }
                HelpLink { topic: HelpTopic::Plans, label: "Compare the plans" }
            }
        }
    }
}

/// A button that retries the step that failed.
#[component]
fn Retry(id: u32, label: &'static str) -> Element {
    let queue = use_upload_queue();
    rsx! {
        button { class: "button", r#type: "button", onclick: move |_| queue.retry(id), "{label}" }
    }
}

/// A button that ends the pause before the next attempt.
#[component]
fn Resume(id: u32) -> Element {
    let queue = use_upload_queue();
    rsx! {
        button { class: "button", r#type: "button", onclick: move |_| queue.resume(id), "Try now" }
    }
}

/// The live state of the job.
#[component]
fn Submitted(job: JobView) -> Element {
    let job = use_live().newest(job);
    rsx! {
        div { class: "upload-line",
            StatusBadge { status: job.state.status(), warned: job.state.has_warnings() }
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
    fn progress_includes_speed_and_remaining_time_once_known() {
        let rate = TransferRate::new(10_000_000).after(0, 0.0);
        assert_eq!(describe(&rate), "0 %, 0 bytes of 10 MB");
        let rate = rate.after(4_200_000, 4200.0);
        assert_eq!(describe(&rate), "42 %, 4.2 MB of 10 MB, 1 MB/s, 6 s left");
        let slow = TransferRate::new(5_000_000_000).after(0, 0.0).after(1_000_000, 1000.0);
        assert!(describe(&slow).ends_with("1 h 23 min left"), "{}", describe(&slow));
    }
}
