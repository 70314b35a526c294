//! The banner about results that are being restored from the archive.

use super::{Icon, IconName};
use crate::account::use_account;
use dioxus::prelude::*;
use gas_shared::job::{ResultsView, StateView, Tier};
use gas_shared::{JobView, Plan};

/// Shows how many of the listed results are being restored from the archive and how long that
/// takes.
#[component]
pub fn RestoreBanner(jobs: Vec<JobView>) -> Element {
    let is_premium = use_account().is_some_and(|account| account.plan == Plan::Premium);
    let lines = lines(&jobs, is_premium);
    rsx! {
        // Rendered even when empty, so that screen readers watch it.
        div { role: "status",
            if !lines.is_empty() {
                div { class: "note note-active", "data-restoring": "",
                    Icon { name: IconName::Running }
                    for line in lines {
                        p { "{line}" }
                    }
                }
            }
        }
    }
}

/// The typical duration of a retrieval in a tier.
pub const fn typical_duration(tier: Tier) -> &'static str {
    match tier {
        Tier::Expedited => "usually 1–5 minutes",
        Tier::Standard => "usually 3–5 hours",
    }
}

fn lines(jobs: &[JobView], is_premium: bool) -> Vec<String> {
    let results = jobs.iter().filter_map(|job| match &job.state {
        StateView::Completed { results, .. } => Some(results),
        _ => None,
    });
    let (mut expedited, mut standard, mut archived) = (0, 0, 0);
    for results in results {
        match results {
            ResultsView::Restoring { tier: Tier::Expedited, .. } => expedited += 1,
            ResultsView::Restoring { tier: Tier::Standard, .. } => standard += 1,
            ResultsView::Archived { .. } => archived += 1,
            ResultsView::Stored { .. } => {}
        }
    }
    let mut lines = Vec::new();
    for (tier, count) in [(Tier::Expedited, expedited), (Tier::Standard, standard)] {
        if count > 0 {
            lines.push(format!(
                "{} being restored ({tier}, {}).",
                files_are(count),
                typical_duration(tier)
            ));
        }
    }
    // All results of Premium users are restored; these have not been started yet.
    if is_premium && archived > 0 {
        lines.push(format!("{} archived and will be restored soon.", files_are(archived)));
    }
    lines
}

fn files_are(count: u32) -> String {
    match count {
        1 => "1 file is".to_owned(),
        count => format!("{count} files are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::FileName;
    use gas_shared::job::{Organization, StoredOptions};
    use jiff::Timestamp;

    fn job(results: ResultsView) -> JobView {
        let now = Timestamp::UNIX_EPOCH;
        JobView {
            id: format!("{:032x}", 1).parse().unwrap(),
            version: 1,
            file_name: FileName::parse("a.vcf").unwrap(),
            size: None,
            submitted_at: now,
            uploaded_at: None,
            input_deleted_at: None,
            options: StoredOptions::default(),
            organization: Organization::default(),
            copied: None,
            state: StateView::Completed {
                started_at: now,
                completed_at: now,
                records: 1,
                not_annotated: None,
                provenance: None,
                result_size: 1,
                results,
            },
        }
    }

    #[test]
    fn the_banner_counts_restores_by_tier() {
        let since = Timestamp::UNIX_EPOCH;
        let restoring = |tier| job(ResultsView::Restoring { tier, since, archived_at: since });
        let archived = job(ResultsView::Archived { at: since });
        let stored = job(ResultsView::Stored { until: None, restored_at: None });
        let jobs = [
            restoring(Tier::Expedited),
            restoring(Tier::Expedited),
            restoring(Tier::Standard),
            archived,
            stored.clone(),
        ];
        let restoring = [
            "2 files are being restored (Expedited, usually 1–5 minutes).",
            "1 file is being restored (Standard, usually 3–5 hours).",
        ];
        assert_eq!(lines(&jobs, false), restoring);
        assert_eq!(lines(&jobs, true)[..2], restoring);
        assert_eq!(lines(&jobs, true)[2], "1 file is archived and will be restored soon.");
        assert!(lines(&[stored], true).is_empty());
    }
}
