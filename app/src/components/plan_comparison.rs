//! The comparison of the plans.

use crate::format;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::plan::EXPEDITED_A_DAY;

/// What the two plans have, side by side. The limits are those of [`Plan`].
#[component]
pub fn PlanComparison(
    /// How long results of Free users can be downloaded, in seconds, if the page knows it.
    #[props(default)]
    free_window_secs: Option<u32>,
    /// The price of Premium, if the page knows it.
    #[props(default)]
    price: Option<String>,
) -> Element {
    rsx! {
        div { class: "plans-scroll",
            table { class: "plans",
                caption { class: "visually-hidden", "The plans compared" }
                thead {
                    tr {
                        td {}
                        th { scope: "col", "{Plan::Free}" }
                        th { scope: "col", class: "plans-premium", "{Plan::Premium}" }
                    }
                }
                tbody {
                    for (name , free , premium) in rows(free_window_secs, price) {
                        tr { key: "{name}",
                            th { scope: "row", "{name}" }
                            td { "{free}" }
                            td { class: "plans-premium", "{premium}" }
                        }
                    }
                }
            }
        }
    }
}

/// The rows of the table: what is compared, on Free, and on Premium.
fn rows(
    free_window_secs: Option<u32>,
    price: Option<String>,
) -> Vec<(&'static str, String, String)> {
    let window = free_window_secs.map_or_else(
        || "for a short time".to_owned(),
        |seconds| format!("for {}", format::span(seconds.into())),
    );
    let of_both = |text: fn(Plan) -> String| (text(Plan::Free), text(Plan::Premium));
    let (free_size, premium_size) = of_both(|plan| format::limit(plan.max_upload_bytes()));
    let (free_jobs, premium_jobs) = of_both(|plan| {
        let quota = plan.quota();
        let (day, active) = (quota.jobs_per_day.into(), quota.active_jobs.into());
        format!("{} a day, {} at a time", format::count(day), format::count(active))
    });
    let (free_stored, premium_stored) = of_both(|plan| format::limit(plan.quota().stored_bytes));
    vec![
        ("Price", "Free".to_owned(), price.unwrap_or_else(|| "Shown before you pay".to_owned())),
        ("File size", format!("up to {free_size}"), format!("up to {premium_size}")),
        ("Jobs", free_jobs, premium_jobs),
        ("Files and results stored", free_stored, premium_stored),
        (
            "Explorer, genome browser, download, export",
            format!("{window}, then the results are archived"),
            "at any time".to_owned(),
        ),
        (
            "Uploaded file, log, charts",
            "deleted after a retention period".to_owned(),
            "kept until you delete them".to_owned(),
        ),
        (
            "Archived results",
            "kept until you delete them".to_owned(),
            format!("restored: the {EXPEDITED_A_DAY} newest in minutes, the others in hours"),
        ),
        ("References of your own", "–".to_owned(), "yes".to_owned()),
        ("REST API and command-line client", "yes".to_owned(), "yes".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_the_plans() {
        let rows = rows(Some(180), Some("$9.99 a month".to_owned()));
        let row = |name: &str| rows.iter().find(|row| row.0 == name).cloned().unwrap();
        assert_eq!(row("Price").2, "$9.99 a month");
        let size = |plan: Plan| format!("up to {}", format::limit(plan.max_upload_bytes()));
        assert_eq!(row("File size"), ("File size", size(Plan::Free), size(Plan::Premium)));
        assert!(row("Explorer, genome browser, download, export").1.starts_with("for 3 minutes"));
        assert!(row("Jobs").2.starts_with("5,000 a day"), "{:?}", row("Jobs"));
    }

    #[test]
    fn unknown_terms_are_not_promised() {
        let rows = rows(None, None);
        assert!(rows.iter().any(|row| row.2 == "Shown before you pay"));
        assert!(rows.iter().any(|row| row.1.starts_with("for a short time")));
    }
}
