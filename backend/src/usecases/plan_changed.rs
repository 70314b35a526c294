//! What follows from a change of a user's plan.

use crate::Gas;
use crate::ports::PortResult;
use gas_shared::Account;

/// Tells the rest of GAS that a user's plan is now another. May be called again.
///
/// # Errors
/// Never yet: nothing depends on the plan but what reads it afresh.
pub async fn plan_changed(_gas: &Gas, _account: &Account) -> PortResult<()> {
    Ok(())
}
