//! The panel with a completed job's results.

use super::restore_banner::typical_duration;
use super::{
    ActionButton, Countdown, Icon, IconName, LocalTime, UpgradeButton, use_time_announcements,
};
use crate::account::use_account;
use crate::api::{self, use_api_action};
use crate::app::Route;
use crate::browser;
use crate::clock::{use_seconds_left, use_seconds_since};
use crate::format;
use dioxus::prelude::*;
use gas_shared::job::{ResultForm, ResultsView, Tier};
use gas_shared::plan::EXPEDITED_A_DAY;
use gas_shared::{JobId, Plan};
use jiff::Timestamp;

/// The storage state of a completed job's results and the available actions. It follows the live
/// state, the plan and the clock.
#[component]
pub fn ResultsPanel(
    id: JobId,
    completed_at: Timestamp,
    results: ResultsView,
    form: ResultForm,
) -> Element {
    let is_free = use_account().is_none_or(|account| account.plan == Plan::Free);
    let name = match &results {
        ResultsView::Stored { .. } => "stored",
        ResultsView::Archived { .. } => "archived",
        ResultsView::Restoring { .. } => "restoring",
    };
    let until = match &results {
        ResultsView::Stored { until, .. } => until.filter(|_| is_free),
        _ => None,
    };
    let left = use_seconds_left(until);
    use_time_announcements(left, "to download");
    // From the end of the time on. They stay when the results are archived, since the user may be about to click one.
    let has_options = match &results {
        ResultsView::Stored { .. } => until.is_some() && left == Some(0),
        ResultsView::Archived { .. } => is_free,
        ResultsView::Restoring { .. } => false,
    };
    rsx! {
        section { class: "panel", "aria-labelledby": "results", "data-results-state": name,
            div { class: "panel-head",
                h2 { id: "results", "Results" }
                Link { to: Route::JobLog { id: id.to_string() }, "View log" }
            }
            match results {
                ResultsView::Stored { restored_at, .. } => rsx! {
                    if let Some(at) = restored_at {
                        p {
                            Icon { name: IconName::Done }
                            " Restored from the archive "
                            LocalTime { at }
                        }
                    }
                    Stored {
                        id,
                        since: restored_at.unwrap_or(completed_at),
                        until,
                        left,
                        form,
                    }
                },
                ResultsView::Archived { at } => rsx! {
                    p {
                        Icon { name: IconName::Archive }
                        " Archived "
                        LocalTime { at }
                    }
                    if is_free {
                        p {
                            "On the Free plan, results can be downloaded for a short time, then they are \
                             archived. There are two ways to get them:"
                        }
                    } else {
                        p { "The results will be restored soon. This page updates automatically." }
                    }
                },
                ResultsView::Restoring { tier, since, .. } => rsx! { Restoring { tier, since } },
            }
            if has_options {
                ArchiveOptions {}
            }
        }
    }
}

/// Results that can be downloaded, until a deadline if there is one.
#[component]
fn Stored(
    id: JobId,
    since: Timestamp,
    until: Option<Timestamp>,
    /// Seconds left until the deadline, once they are known.
    left: Option<i64>,
    form: ResultForm,
) -> Element {
    if until.is_some() && left == Some(0) {
        return rsx! {
            p {
                "The time to download the results is over, and they are being archived. There are two ways to get them:"
            }
        };
    }
    // With and without a deadline, the same elements: an upgrade must not replace a button that the user is about to click.
    rsx! {
        if let Some(until) = until {
            Deadline { since, until, left }
        }
        div { class: "actions",
            DownloadResults { id }
            Explore { id }
            if until.is_some() {
                UpgradeButton { label: "Keep with Premium" }
            }
        }
        OtherForms { id, form }
    }
}

/// Links to the text of a compressed result, and to its index.
#[component]
fn OtherForms(id: JobId, form: ResultForm) -> Element {
    if form == ResultForm::Text {
        return rsx! {};
    }
    rsx! {
        p { class: "muted",
            "The results are compressed (.vcf.gz). You can also download "
            a { href: "/annotations-result/{id}?file=plain", "them uncompressed" }
            ", and "
            a { href: "/annotations-result/{id}?file=index", "the index" }
            " for tabix, bcftools and IGV."
        }
    }
}

#[component]
fn Deadline(since: Timestamp, until: Timestamp, left: Option<i64>) -> Element {
    let total = until.duration_since(since).as_secs();
    rsx! {
        div { class: "deadline",
            if let Some(left) = left {
                Countdown { left, total, purpose: "to download" }
            }
            p { class: "muted",
                "Available until "
                LocalTime { at: until }
                ". After that, the results are archived. Premium restores them at any time."
            }
        }
    }
}

/// Downloads the results, or shows the error if that is not possible.
#[component]
pub fn DownloadResults(id: JobId) -> Element {
    let download = use_api_action();
    let start = move |()| {
        download.start(async move {
            browser::go_to(&api::result_link(id).await?);
            Ok(())
        });
    };
    rsx! {
        ActionButton {
            doing: download,
            id: "download",
            class: "button button-main",
            label: "Download results",
            icon: IconName::Download,
            onstart: start,
        }
    }
}

#[component]
fn Explore(id: JobId) -> Element {
    let to = Route::Results { id: id.to_string(), filter: String::new(), sort: String::new() };
    rsx! {
        Link { class: "button", to, "Explore results" }
    }
}

/// The options of a Free user with archived results.
#[component]
fn ArchiveOptions() -> Element {
    rsx! {
        ul { class: "archive-options",
            li {
                p {
                    "Upgrade to restore all your archived results: the {EXPEDITED_A_DAY} newest usually within 5 minutes, the others within 5 hours."
                }
                UpgradeButton { main: true }
            }
            li {
                p { "Upload the same file. It will be annotated again." }
                Link { class: "button", to: Route::Annotate {}, "Upload again" }
            }
        }
    }
}

#[component]
fn Restoring(tier: Tier, since: Timestamp) -> Element {
    let elapsed = use_seconds_since(since).unwrap_or(0);
    rsx! {
        p {
            Icon { name: IconName::Running }
            " The results are being restored from the archive."
        }
        dl { class: "details details-plain",
            dt { "Speed" }
            dd { "{tier}, {typical_duration(tier)}" }
            dt { "Started" }
            dd { LocalTime { at: since } }
            dt { "Progress" }
            dd { class: "job-progress",
                progress {
                    max: "100",
                    value: "{restored_percent(elapsed, tier)}",
                    "aria-label": "Time elapsed, relative to the usual duration",
                }
                span { class: "muted",
                    if elapsed > typical_max_secs(tier) {
                        "{format::countdown(elapsed)} elapsed, longer than usual"
                    } else {
                        "{format::countdown(elapsed)} elapsed"
                    }
                }
            }
        }
    }
}

/// The longest typical duration of a retrieval in a tier, in seconds.
pub const fn typical_max_secs(tier: Tier) -> i64 {
    match tier {
        Tier::Expedited => 5 * 60,
        Tier::Standard => 5 * 3600,
    }
}

/// The progress of a restore, estimated from the elapsed time, since the archive reports none. It
/// stays below 100 until the file is restored.
fn restored_percent(elapsed: i64, tier: Tier) -> i64 {
    (elapsed * 100 / typical_max_secs(tier)).min(95)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimated_progress_follows_the_time_and_stays_below_100() {
        assert_eq!(restored_percent(0, Tier::Expedited), 0);
        assert_eq!(restored_percent(150, Tier::Expedited), 50);
        assert_eq!(restored_percent(150, Tier::Standard), 0);
        assert_eq!(restored_percent(100_000, Tier::Standard), 95);
    }
}
