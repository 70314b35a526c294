//! The timeline of a job: its states in order, with their times.

use crate::clock::use_seconds_since;
use crate::components::{
    COMPLETED_WITH_WARNINGS, Icon, IconName, JobProgress, LocalTime, RerunButton, typical_duration,
    typical_max_secs,
};
use crate::format;
use dioxus::prelude::*;
use gas_shared::job::{
    AssemblyMismatch, FailureKind, Progress, ResultsView, ShardCounts, StateView, Tier, step,
};
use gas_shared::reference::ReferenceId;
use gas_shared::{JobId, JobOptions, JobView};
use jiff::{SignedDuration, Timestamp};

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepState {
    /// The step is completed.
    Done,
    /// The job is at this step.
    Current,
    /// The job failed or was cancelled at this step.
    Failed,
    /// The step has not been reached.
    Upcoming,
}

/// Additional information about a step.
#[derive(Clone, Debug, PartialEq)]
enum Note {
    None,
    Text(String),
    /// The progress of a run, its parts if it has some, and when it began.
    Progress(Progress, Option<ShardCounts>, Timestamp),
    /// The tier of a retrieval and when it is expected to finish.
    Expected(Tier, Timestamp),
    /// Why a job failed, and the cause, which determines the next step.
    Failure(String, FailureKind),
    /// The file is of another assembly than the reference. With references that fit, the job can be run
    /// again with one of them.
    Mismatch {
        reason: String,
        mismatch: AssemblyMismatch,
        rerun: Option<(JobId, JobOptions)>,
    },
}

#[derive(Clone, Debug, PartialEq)]
struct Step {
    name: &'static str,
    state: StepState,
    at: Option<Timestamp>,
    note: Note,
}

fn step(name: &'static str, state: StepState, at: Option<Timestamp>) -> Step {
    Step { name, state, at, note: Note::None }
}

/// The past, current and upcoming steps of a job.
#[component]
pub fn Timeline(
    /// The job.
    job: JobView,
    /// Whether the owner is on the Free plan, whose results have a deadline.
    is_free: bool,
) -> Element {
    let deleted = job.input_deleted_at.map(|at| Step {
        note: Note::Text("Upload it again to run it.".to_owned()),
        ..step("Uploaded file deleted", StepState::Done, Some(at))
    });
    rsx! {
        ol { class: "timeline",
            for step in steps(&job, is_free).into_iter().chain(deleted) {
                TimelineStep { key: "{step.name}", step }
            }
        }
    }
}

#[component]
fn TimelineStep(step: Step) -> Element {
    let (class, icon, state) = match step.state {
        StepState::Done => ("done", IconName::Done, "done"),
        StepState::Current => ("now", IconName::Running, "now"),
        StepState::Failed => ("failed", IconName::Cross, "ended here"),
        StepState::Upcoming => ("ahead", IconName::Waiting, "still to come"),
    };
    rsx! {
        li { class: "timeline-step timeline-step-{class}", "data-step": class, "aria-current": (step.state == StepState::Current).then_some("step"),
            Icon { name: icon }
            div {
                p { class: "timeline-step-name",
                    strong { "{step.name}" }
                    span { class: "visually-hidden", " ({state})" }
                    if let Some(at) = step.at {
                        " "
                        LocalTime { at }
                    }
                }
                NoteText { note: step.note }
            }
        }
    }
}

#[component]
fn NoteText(note: Note) -> Element {
    match note {
        Note::None => rsx! {},
        Note::Text(text) => rsx! { p { class: "muted", "{text}" } },
        Note::Progress(progress, shards, since) => rsx! {
            p { class: "muted", {format!("Step {} of {}", step::number(&progress.step), step::COUNT)} }
            if let Some(shards) = shards {
                Parts { shards, since, permille: progress.permille, records: progress.records }
            }
            JobProgress { progress }
        },
        Note::Expected(tier, by) => rsx! {
            p { class: "muted",
                "{tier}, {typical_duration(tier)}; expected by "
                LocalTime { at: by }
            }
        },
        Note::Mismatch { reason, mismatch, rerun } => rsx! {
            p { class: "reason", "{reason}" }
            match rerun.filter(|_| !mismatch.fitting.is_empty()) {
                Some((id, options)) => rsx! {
                    for reference in mismatch.fitting {
                        RerunWith { key: "{reference}", id, options: options.clone(), reference }
                    }
                },
                None => rsx! {
                    p {
                        "No reference of {mismatch.found} can be chosen here. Lift the file over to \
                         {mismatch.chosen.assembly()} and upload it, or ask the operator to add a \
                         reference."
                    }
                },
            }
        },
        Note::Failure(reason, kind) => rsx! {
            p { class: "reason", "{reason}" }
            p {
                {match kind {
                    FailureKind::Input => "Fix the file and upload it again.",
                    FailureKind::Service => "Run it again. If it fails again, contact support with the job id.",
                }}
            }
        },
    }
}

/// The parts of a large file that are annotated and being annotated, the records a second, and the time left at that
/// rate.
#[component]
fn Parts(shards: ShardCounts, since: Timestamp, permille: u16, records: u64) -> Element {
    let elapsed = use_seconds_since(since);
    let left = elapsed.and_then(|elapsed| seconds_left(elapsed, permille));
    let rate = elapsed.and_then(|elapsed| records.checked_div(u64::try_from(elapsed).ok()?));
    rsx! {
        p { class: "muted",
            "{shards.done} of {shards.total} parts annotated"
            if shards.running > 0 {
                ", {shards.running} running"
            }
            if let Some(rate) = rate.filter(|rate| *rate > 0) {
                ", {format::count(rate)} records per second"
            }
            if let Some(left) = left {
                ", about {format::duration_of(left)} left"
            }
        }
    }
}

/// The seconds left at the rate so far; `None` before the first part is annotated.
fn seconds_left(elapsed: i64, permille: u16) -> Option<i64> {
    let done = i64::from(permille.min(1000));
    (done > 0).then(|| elapsed.max(0) * (1000 - done) / done)
}

/// A button that runs a job again with a reference.
#[component]
fn RerunWith(id: JobId, options: JobOptions, reference: ReferenceId) -> Element {
    rsx! {
        RerunButton {
            id,
            label: "Run again with {reference.assembly()} ({reference.gene_set()})",
            options: JobOptions { reference: Some(reference), sources: None, ..options },
        }
    }
}

/// The steps of a job. Steps that it will not reach are left out.
fn steps(job: &JobView, is_free: bool) -> Vec<Step> {
    use StepState::{Current, Done, Failed, Upcoming};
    let uploaded = || step("Uploaded", Done, Some(job.uploaded_at.unwrap_or(job.submitted_at)));
    let queued = || step("Queued", Done, job.uploaded_at);
    let end = [step("Completed", Upcoming, None), step("Available", Upcoming, None)];
    match &job.state {
        StateView::Uploading => {
            let note = Note::Text(match (job.copied, job.size) {
                (Some(copied), Some(size)) => {
                    let (copied, size) = (format::bytes(copied), format::bytes(size));
                    format!("Copying the file: {copied} of {size}")
                }
                _ => "Uploading the file".to_owned(),
            });
            let rest = [step("Queued", Upcoming, None), step("Running", Upcoming, None)];
            let first = Step { note, ..step("Uploading", Current, Some(job.submitted_at)) };
            [&[first], &rest[..], &end].concat()
        }
        StateView::Pending => {
            let note = Note::Text("Waiting for a worker".to_owned());
            let now = Step { note, ..step("Queued", Current, job.uploaded_at) };
            [&[uploaded(), now, step("Running", Upcoming, None)], &end[..]].concat()
        }
        StateView::Running { started_at, progress, shards } => {
            let note = Note::Progress(progress.clone(), *shards, *started_at);
            let now = Step { note, ..step("Running", Current, Some(*started_at)) };
            [&[uploaded(), with_wait(queued(), *started_at), now], &end[..]].concat()
        }
        StateView::Completed { started_at, completed_at, results, .. } => {
            let warned = job.state.has_warnings();
            let completed = if warned { COMPLETED_WITH_WARNINGS } else { "Completed" };
            let took = Note::Text(format!("Took {}", format::duration(*started_at, *completed_at)));
            let mut all = vec![
                uploaded(),
                with_wait(queued(), *started_at),
                step("Running", Done, Some(*started_at)),
                Step { note: took, ..step(completed, Done, Some(*completed_at)) },
            ];
            all.extend(result_steps(results, is_free));
            all
        }
        StateView::Failed { at, kind, reason, mismatch } => {
            let reason = reason.clone();
            let note = match mismatch.clone() {
                Some(mismatch) => {
                    let options = job.options.known().filter(|_| job.input_deleted_at.is_none());
                    let rerun = options.map(|options| (job.id, options.clone()));
                    Note::Mismatch { reason, mismatch, rerun }
                }
                None => Note::Failure(reason, *kind),
            };
            let last = Step { note, ..step("Failed", Failed, Some(*at)) };
            ended_steps(job, uploaded(), queued(), last)
        }
        StateView::Cancelled { at } => {
            ended_steps(job, uploaded(), queued(), step("Cancelled", Failed, Some(*at)))
        }
    }
}

/// The steps of a job that failed or was cancelled.
fn ended_steps(job: &JobView, uploaded: Step, queued: Step, last: Step) -> Vec<Step> {
    match job.size {
        Some(_) => vec![uploaded, queued, last],
        None => vec![step("Submitted", StepState::Done, Some(job.submitted_at)), last],
    }
}

/// Adds the time spent in the queue to the queued step.
fn with_wait(queued: Step, started_at: Timestamp) -> Step {
    let note = match queued.at {
        Some(at) => Note::Text(format!("Waited {}", format::duration(at, started_at))),
        None => Note::None,
    };
    Step { note, ..queued }
}

/// The steps of a completed job's results.
fn result_steps(results: &ResultsView, is_free: bool) -> Vec<Step> {
    use StepState::{Current, Done, Upcoming};
    let available = |until: Option<Timestamp>| match until.filter(|_| is_free) {
        Some(until) => {
            vec![step("Available until", Current, Some(until)), step("Archived", Upcoming, None)]
        }
        None => vec![step("Available", Current, None)],
    };
    let before = step("Available", Done, None);
    match results {
        ResultsView::Stored { until, restored_at: None } => available(*until),
        ResultsView::Stored { until, restored_at: Some(at) } => {
            // The results are available again, which gets its own step only if there is a deadline.
            let end = until.filter(|_| is_free);
            let state = if end.is_some() { Done } else { Current };
            let back = [before, step("Archived", Done, None), step("Restored", state, Some(*at))];
            let again = end.map(|end| step("Available until", Current, Some(end)));
            back.into_iter().chain(again).collect()
        }
        ResultsView::Archived { at } => {
            let note =
                if is_free { "Premium restores them." } else { "They will be restored soon." };
            let note = Note::Text(note.to_owned());
            vec![
                before,
                Step { note, ..step("Archived", Current, Some(*at)) },
                step("Restored", Upcoming, None),
            ]
        }
        ResultsView::Restoring { tier, since, archived_at } => {
            let by = *since + SignedDuration::from_secs(typical_max_secs(*tier));
            let note = Note::Expected(*tier, by);
            vec![
                before,
                step("Archived", Done, Some(*archived_at)),
                Step { note, ..step("Restoring", Current, Some(*since)) },
                step("Restored", Upcoming, None),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::FileName;
    use gas_shared::job::{Organization, StoredOptions};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The steps as text, each with a mark (`+` done, `>` current, `!` failed, `.` upcoming) and
    /// its time in seconds.
    fn timeline_text(state: StateView, is_free: bool) -> String {
        let job = JobView {
            id: format!("{:032x}", 1).parse().unwrap(),
            version: 1,
            file_name: FileName::parse("a.vcf").unwrap(),
            size: (state != StateView::Uploading).then_some(9),
            submitted_at: at(10),
            uploaded_at: (state != StateView::Uploading).then(|| at(12)),
            input_deleted_at: None,
            options: StoredOptions::default(),
            organization: Organization::default(),
            copied: None,
            state,
        };
        let texts = steps(&job, is_free).into_iter().map(|step| {
            let mark = match step.state {
                StepState::Done => '+',
                StepState::Current => '>',
                StepState::Failed => '!',
                StepState::Upcoming => '.',
            };
            let at = step.at.map_or(String::new(), |at| format!(" {}", at.as_second()));
            format!("{mark}{}{at}", step.name)
        });
        texts.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_time_left_follows_from_the_annotated_parts() {
        assert_eq!(seconds_left(90, 0), None);
        assert_eq!(seconds_left(90, 250), Some(270));
        assert_eq!(seconds_left(90, 1000), Some(0));
        assert_eq!(seconds_left(-5, 500), Some(0));
    }

    fn completed(results: ResultsView) -> StateView {
        let (started_at, completed_at) = (at(15), at(20));
        StateView::Completed {
            started_at,
            completed_at,
            records: 1,
            not_annotated: None,
            provenance: None,
            result_size: 1,
            results,
        }
    }

    #[test]
    fn the_copy_of_a_file_from_a_url_shows_its_progress() {
        let job = JobView {
            id: format!("{:032x}", 1).parse().unwrap(),
            version: 2,
            file_name: FileName::parse("a.vcf").unwrap(),
            size: Some(3_000_000),
            submitted_at: at(10),
            uploaded_at: None,
            input_deleted_at: None,
            options: StoredOptions::default(),
            organization: Organization::default(),
            copied: Some(1_000_000),
            state: StateView::Uploading,
        };
        let first = steps(&job, true).remove(0);
        let expected = "Copying the file: 1 MB of 3 MB";
        assert_eq!(first.note, Note::Text(expected.to_owned()));
    }

    #[test]
    fn the_current_step_follows_the_state_of_the_job() {
        let running =
            StateView::Running { started_at: at(15), progress: Progress::default(), shards: None };
        insta::assert_snapshot!(timeline_text(StateView::Uploading, true), @">Uploading 10, .Queued, .Running, .Completed, .Available");
        insta::assert_snapshot!(timeline_text(StateView::Pending, true), @"+Uploaded 12, >Queued 12, .Running, .Completed, .Available");
        insta::assert_snapshot!(timeline_text(running, true), @"+Uploaded 12, +Queued 12, >Running 15, .Completed, .Available");
    }

    #[test]
    fn failed_and_cancelled_jobs_end_with_that_step() {
        let failed = StateView::Failed {
            at: at(16),
            kind: FailureKind::Input,
            reason: "x".into(),
            mismatch: None,
        };
        insta::assert_snapshot!(timeline_text(failed, true), @"+Uploaded 12, +Queued 12, !Failed 16");
        insta::assert_snapshot!(timeline_text(StateView::Cancelled { at: at(13) }, true), @"+Uploaded 12, +Queued 12, !Cancelled 13");
    }

    #[test]
    fn results_add_steps_for_archive_and_restore() {
        let stored = |restored_at| ResultsView::Stored { until: Some(at(200)), restored_at };
        let head = "+Uploaded 12, +Queued 12, +Running 15, +Completed 20, ";
        let tail = |results, is_free| timeline_text(completed(results), is_free).replace(head, "");
        insta::assert_snapshot!(tail(stored(None), true), @">Available until 200, .Archived");
        insta::assert_snapshot!(tail(stored(None), false), @">Available");
        insta::assert_snapshot!(tail(stored(Some(at(90))), false), @"+Available, +Archived, >Restored 90");
        insta::assert_snapshot!(tail(stored(Some(at(90))), true), @"+Available, +Archived, +Restored 90, >Available until 200");
        insta::assert_snapshot!(tail(ResultsView::Archived { at: at(50) }, true), @"+Available, >Archived 50, .Restored");
        let (tier, since, archived_at) = (Tier::Expedited, at(60), at(50));
        insta::assert_snapshot!(tail(ResultsView::Restoring { tier, since, archived_at }, false), @"+Available, +Archived 50, >Restoring 60, .Restored");
    }
}
