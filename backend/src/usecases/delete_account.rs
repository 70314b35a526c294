//! Closes an account. The data of closed accounts is erased asynchronously.
//!
//! The profile is marked as closed, which ends all sessions and tokens. Then a web process, which
//! may have the key of Stripe, deletes the customer there ([`close_accounts`]), and the utility node
//! deletes the jobs and finally the profile ([`erase_accounts`](super::erase_accounts)). Files are
//! deleted with their jobs, within minutes. Every step is idempotent, so an interrupted erasure
//! resumes in the next round.

use crate::audit::{Act, Actor};
use crate::ports::PortError;
use crate::{Billing, chain};
use gas_shared::UserId;
use gas_shared::account::DELETE_CONFIRMATION;

/// Accounts read at a time.
const PAGE: u16 = 100;

/// The reason why an account was not closed.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAccountError {
    /// The user did not type the confirmation.
    #[error("type \"{DELETE_CONFIRMATION}\" to delete your account")]
    NotConfirmed,
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Closes a user's account. Sessions and tokens have ended when this returns; the data is erased
/// afterwards.
///
/// # Errors
/// [`DeleteAccountError`]; nothing is changed then.
pub async fn delete_account(
    billing: &Billing,
    user: UserId,
    confirmation: &str,
) -> Result<(), DeleteAccountError> {
    if !confirmation.trim().eq_ignore_ascii_case(DELETE_CONFIRMATION) {
        return Err(DeleteAccountError::NotConfirmed);
    }
    let data = &billing.gas.account_data;
    data.request_deletion(user, billing.gas.now()).await?;
    tracing::info!(user_id = %user, "account closed");
    billing.gas.audit.record(Actor::User, user, Act::AccountClosed).await;
    // Done at once, so that nothing is charged anymore; if it fails, the next round repeats it.
    if let Err(error) = close_billing(billing, user).await {
        tracing::error!(user_id = %user, error = %chain(&error), "billing not closed yet");
    }
    Ok(())
}

/// Closes the billing of closed accounts where it is still open, and returns for how many accounts.
/// A failure is logged and left to the next round.
///
/// # Errors
/// If the accounts cannot be read.
pub async fn close_accounts(billing: &Billing) -> Result<usize, PortError> {
    let (mut closed, mut after) = (0, None);
    loop {
        let page = billing.gas.account_data.closing_accounts(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(closed) };
        after = Some(last.user);
        for one in page.into_iter().filter(|one| !one.billing_closed) {
            match close_billing(billing, one.user).await {
                Ok(()) => closed += 1,
                Err(error) => {
                    tracing::error!(user_id = %one.user, error = %chain(&error), "billing not closed yet");
                }
            }
        }
    }
}

/// Deletes a user's customer at Stripe, which ends their subscriptions at once. Stripe keeps the
/// invoices, as the law requires.
async fn close_billing(billing: &Billing, user: UserId) -> Result<(), PortError> {
    let row = billing.store.billing_of(user).await?;
    if let Some(customer) = row.and_then(|row| row.customer) {
        match billing.sales() {
            Some(sales) => sales.payments.delete_customer(&customer).await?,
            // The deployment sold Premium before.
            None => tracing::error!(
                alert = "payment",
                user_id = %user,
                customer,
                "an account with a customer at Stripe was closed; delete the customer there"
            ),
        }
    }
    billing.store.close_billing(user).await
}

#[cfg(test)]
#[path = "delete_account_tests.rs"]
mod tests;
