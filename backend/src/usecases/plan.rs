//! Reads a user's plan.

use crate::Gas;
use crate::ports::PortResult;
use gas_shared::{Plan, UserId};

/// Reads a user's current plan. A user without a profile is on Free.
pub(super) async fn plan_of(gas: &Gas, user: UserId) -> PortResult<Plan> {
    let account = gas.accounts.account(user).await?;
    Ok(account.map_or(Plan::Free, |account| account.plan))
}
