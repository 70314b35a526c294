//! The gallery's panels and cards.

use super::example::{Example, OneOf, Viewer};
use super::samples::{job_id, moment, results, use_now};
use crate::components::{CoverageBar, ManageSubscription, ResultsPanel, StatusBadge};
use dioxus::prelude::*;
use gas_shared::billing::RenewalStatus;
use gas_shared::job::{NotAnnotated, ResultForm, ResultsView};
use gas_shared::{JobStatus, Plan};

/// Panels, cards, details and figures.
#[component]
pub fn Panels() -> Element {
    rsx! {
        Example { name: "ResultsPanel", ResultsPanels {} }
        Example { name: "CoverageBar",
            CoverageBar {
                id: job_id(),
                records: 512_340,
                not_annotated: NotAnnotated {
                    outside_reference: 94_000,
                    ref_mismatch: 1,
                    not_a_variant: 20_400,
                    ..NotAnnotated::default()
                },
            }
        }
        Example { name: "ManageSubscription", Subscriptions {} }
        Example { name: "Cards",
            ul { class: "cards",
                for name in ["Genes and consequences", "Results explorer", "Live progress"] {
                    li { key: "{name}", class: "card",
                        h4 { "{name}" }
                        p { "The card's text, one or two sentences." }
                    }
                }
            }
        }
        Example { name: "Details",
            dl { class: "details",
                dt { "File" }
                dd { "exome_trio_2026.vcf.gz" }
                dt { "Status" }
                dd { StatusBadge { status: JobStatus::Completed } }
                dt { "Request id" }
                dd { code { "{job_id()}" } }
            }
        }
        Example { name: "Strip",
            dl { class: "strip",
                for (name, count) in [("Running", 1), ("Queued", 3), ("Done", 1204), ("Archived", 88)] {
                    div { key: "{name}",
                        dt { "{name}" }
                        dd { "{count}" }
                    }
                }
            }
        }
    }
}

/// The panel in every state on Free, and in those states that differ on Premium.
#[component]
fn ResultsPanels() -> Element {
    let now = use_now();
    let name = |plan, name: &str| format!("{plan}: {name}");
    let of = |plan| results(now).into_iter().map(move |(state, results)| (plan, state, results));
    let differs =
        |(_, state, _): &(Plan, &str, ResultsView)| ["Stored", "Archived"].contains(state);
    let states: Vec<_> = of(Plan::Free).chain(of(Plan::Premium).filter(differs)).collect();
    let names = states.iter().map(|(plan, state, _)| name(*plan, state)).collect::<Vec<_>>();
    let show = use_callback(move |place: usize| {
        let (plan, _, results) = states[place].clone();
        rsx! {
            Viewer { plan,
                ResultsPanel {
                    id: job_id(),
                    completed_at: moment(now, -5000),
                    results,
                    form: ResultForm::Bgzf,
                }
            }
        }
    });
    rsx! {
        OneOf { id: "results-panel", names, show }
    }
}

/// The subscription panel in every state.
#[component]
fn Subscriptions() -> Element {
    let at = moment(use_now(), 20 * 86_400);
    let states = [
        ("Renews", RenewalStatus::Renews { at }),
        ("Ends", RenewalStatus::Ends { at }),
        ("Past due", RenewalStatus::PastDue { premium_until: at }),
        ("Unpaid", RenewalStatus::Unpaid),
    ];
    let names = states.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    let show = use_callback(move |place: usize| {
        let renewal_status = states[place].1.clone();
        rsx! {
            ManageSubscription { renewal_status, notice: "7 days", onchange: |_| {} }
        }
    });
    rsx! {
        OneOf { id: "subscription", names, show }
    }
}
