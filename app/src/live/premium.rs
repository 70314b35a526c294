//! Waits for a payment to change the plan.

use super::Live;
use crate::{api, browser};
use gas_shared::Plan;
use std::time::Duration;

const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_secs(2);

/// Waits until the plan is Premium, for at most 30 s, and returns whether it is. Stripe notifies the
/// server, which sends the new plan over the live stream. Polling covers a stream that is down.
pub async fn wait_for_premium(live: Live) -> bool {
    for _ in 0..TRIES {
        // A failed request is repeated in the next round.
        if let Ok(Some(account)) = api::current_account().await.and_then(|account| account.read()) {
            live.set_plan(account.plan);
        }
        if live.latest_plan() == Some(Plan::Premium) {
            return true;
        }
        browser::sleep(PAUSE).await;
    }
    false
}
