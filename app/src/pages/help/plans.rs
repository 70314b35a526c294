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
            "On Free, the results of a job can be explored, downloaded and exported for a short time; the page of the job \
             shows the time left. Then they are archived. Charts and summary stay available for longer. On Premium, results stay available."
        }
        p {
            "After an upgrade, all archived results are restored: the {EXPEDITED_A_DAY} newest usually within 5 minutes, \
             the others within 5 hours. You get an email when they are available. Without an upgrade, upload the file \
             again to annotate it again."
        }
        h2 { "Start and end of Premium" }
        ul {
            li { "Premium is a subscription, paid by card in the application. The price and any tax are shown before you pay." }
            li { "It can be cancelled at any time and lasts until the end of the paid period. Until then, it can be resumed." }
            li { "If a renewal fails, Premium continues for {PAST_DUE_GRACE_DAYS} days while the payment is retried." }
            li { "When Premium ends, stored results can be downloaded for a notice period, then they are archived. Nothing is deleted immediately." }
        }
        p {
            "Your plan, the download window and the periods of this service are on "
            Link { to: Route::Billing {}, "Billing" }
            "."
        }
    }
}
