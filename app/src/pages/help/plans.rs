//! The help page about the plans.

use crate::app::Route;
use crate::components::PlanComparison;
use dioxus::prelude::*;
use gas_shared::billing::PAST_DUE_GRACE_DAYS;
use gas_shared::plan::EXPEDITED_A_DAY;

/// The plans, and how long files and results are kept.
#[component]
pub fn Plans() -> Element {
    rsx! {
        PlanComparison {}
        h2 { "What happens to results" }
        p {
            "On Free, the results of a job can be explored, downloaded and exported for a short time, which the page of the \
             job counts down. Then they are archived. Charts and summary stay open. On Premium, results stay available."
        }
        p {
            "After an upgrade, all archived results are restored: the {EXPEDITED_A_DAY} newest usually within 5 minutes, \
             the others within 5 hours. A mail and the page tell you when they are back. Without an upgrade, upload the \
             file again: it is annotated again."
        }
        h2 { "Start and end of Premium" }
        ul {
            li { "Premium is a subscription, paid by card in the application. The price and any tax are shown before you pay." }
            li { "It can be cancelled at any time and lasts until the end of the paid period. Until then, it can be resumed." }
            li { "If a renewal fails, Premium continues for {PAST_DUE_GRACE_DAYS} days while the card is tried again." }
            li { "When Premium ends, stored results can be downloaded for a notice period, then they are archived. Nothing is deleted at once." }
        }
        p {
            "Your plan, the download window and the periods of this service are on "
            Link { to: Route::Billing {}, "Billing" }
            "."
        }
    }
}
