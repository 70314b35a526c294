//! Waiting for a payment to change the plan.

use crate::api;
use crate::live::Live;
use gas_shared::Plan;
use gloo_timers::future::TimeoutFuture;

const TRIES: u32 = 15;
const PAUSE_MILLIS: u32 = 2000;

/// Waits until the plan is Premium, for 30 s at most, and says whether it is. Stripe tells the
/// server, and the server tells the live stream; asking is for a stream that is down.
pub async fn await_premium(live: Live) -> bool {
    for _ in 0..TRIES {
        // Without an answer, the next one counts.
        if let Ok(Some(account)) = api::current_account().await.and_then(|account| account.read()) {
            live.learn_plan(account.plan);
        }
        if live.latest_plan() == Some(Plan::Premium) {
            return true;
        }
        TimeoutFuture::new(PAUSE_MILLIS).await;
    }
    false
}
