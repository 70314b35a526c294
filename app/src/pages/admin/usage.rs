//! How much the service is used.

use crate::api::{self, use_api_loader};
use crate::components::{ErrorNote, ScrollTable};
use crate::format;
use dioxus::prelude::*;
use gas_shared::cost::JobCosts;
use gas_shared::operations::{DayOfJobs, UsageReport};

/// Users, stored bytes, and the jobs of the last 30 days with their costs.
#[component]
pub fn Usage() -> Element {
    let loaded = use_api_loader(api::statistics)?;
    let count = format::count;
    rsx! {
        section { class: "panel", "aria-labelledby": "usage",
            h2 { id: "usage", "Usage" }
            match loaded.read() {
                Err(error) => rsx! { ErrorNote { error } },
                Ok(UsageReport { statistics: all, costs }) => rsx! {
                    dl { class: "details details-plain",
                        dt { "Users" }
                        dd { "{count(all.users)}, {count(all.premium_users)} on Premium, {count(all.blocked_users)} blocked" }
                        dt { "Stored" }
                        dd { {format::bytes(all.stored_bytes)} }
                    }
                    if all.days.is_empty() {
                        p { class: "muted", "No job has ended in the last 30 days." }
                    } else {
                        Costs { costs }
                        ScrollTable {
                            label: "Jobs by day",
                            caption: "The jobs that ended in the last 30 days, by day and outcome, newest first",
                            columns: ["Day", "Outcome", "Jobs", "Input", "Results", "Mean run"].map(str::to_owned).to_vec(),
                            for day in all.days {
                                Row { key: "{day.day}{day.outcome}", day }
                            }
                        }
                    }
                },
            }
        }
    }
}

/// What the jobs cost, with the arithmetic.
#[component]
fn Costs(costs: JobCosts) -> Element {
    let dollars = format::dollars;
    let JobCosts { prices, jobs, run_secs, bytes, workers, storage, requests, total, per_job } =
        costs;
    let jobs = format::counted(jobs, "job");
    let hours = format::duration_of(i64::try_from(run_secs).unwrap_or(i64::MAX));
    rsx! {
        h3 { "Costs of the last 30 days" }
        dl { class: "details details-plain", "data-costs": "",
            dt { "Workers" }
            dd { "{hours} × ${prices.worker_hour} an hour = {dollars(workers)}" }
            dt { "Storage" }
            dd { "{format::bytes(bytes)} × ${prices.gb_month} per GB and month = {dollars(storage)}" }
            dt { "Requests" }
            dd { "{jobs} × ${prices.job_requests} = {dollars(requests)}" }
            dt { "Total" }
            dd { "{dollars(total)}, {dollars(per_job)} a job" }
        }
        p { class: "muted",
            "Estimated from prices that are settings of the web servers (GAS_PRICE_…). Files count for one month. The runs of failed and cancelled jobs are not timed, and a file that several workers annotate counts as one worker; idle machines, downloads and archives are not included."
        }
    }
}

#[component]
fn Row(day: DayOfJobs) -> Element {
    let date = format::utc(day.day);
    let date = date.split(' ').next().unwrap_or_default();
    let mean = i64::try_from(day.run_secs / day.jobs.max(1)).unwrap_or(i64::MAX);
    rsx! {
        tr {
            td { "data-label": "Day", "{date}" }
            td { "data-label": "Outcome", "{day.outcome}" }
            td { "data-label": "Jobs", {format::count(day.jobs)} }
            td { "data-label": "Input", {format::bytes(day.input_bytes)} }
            td { "data-label": "Results", {format::bytes(day.result_bytes)} }
            td { "data-label": "Mean run",
                // Runs of other jobs are not timed.
                if day.outcome == "completed" {
                    {format::duration_of(mean)}
                } else {
                    "–"
                }
            }
        }
    }
}
