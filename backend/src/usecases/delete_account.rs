//! A user leaves, and nothing of them stays.
//!
//! The profile notes that the account is being deleted; from then on nobody can sign in to it or use
//! a token of it. Then the web process, which has the key, deletes the customer at the payment
//! provider, the utility node deletes the jobs, and when none is left, the profile. Files follow their
//! jobs as when a user deletes a job, within minutes, and have no need of the profile. Each step
//! may be repeated, so whatever dies on the way, the next round goes on.

use crate::ports::PortError;
use crate::{Billing, chain};
use gas_shared::UserId;
use gas_shared::account::DELETE_CONFIRMATION;

/// Accounts read at a time.
const PAGE: u16 = 100;

/// Why an account is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAccountError {
    /// The user did not say so.
    #[error("type \"{DELETE_CONFIRMATION}\" to delete your account")]
    NotConfirmed,
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Begins to delete a user's account. Sessions and tokens are over when this returns; the rest
/// follows by itself ([`close_accounts`], and the utility node).
///
/// # Errors
/// [`DeleteAccountError`]; nothing is deleted then.
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
    tracing::info!(%user, "account is being deleted");
    // Now, so that nothing is charged meanwhile; where it fails, the next round does it.
    if let Err(error) = close_billing(billing, user).await {
        tracing::error!(%user, error = %chain(&error), "billing is not closed yet");
    }
    Ok(())
}

/// Closes the billing of accounts that are being deleted and where it is still open. Returns how
/// many were closed; one that fails is logged and stays open.
///
/// # Errors
/// Where the accounts cannot be read.
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
                    tracing::error!(user = %one.user, error = %chain(&error), "billing is not closed yet");
                }
            }
        }
    }
}

/// Deletes a user's customer at the payment provider, which ends what they pay at once. Invoices
/// stay there, since the law wants them kept.
async fn close_billing(billing: &Billing, user: UserId) -> Result<(), PortError> {
    let row = billing.store.billing_of(user).await?;
    if let Some(customer) = row.and_then(|row| row.customer) {
        billing.payments.delete_customer(&customer).await?;
    }
    billing.store.close_billing(user).await
}

#[cfg(test)]
#[path = "delete_account_tests.rs"]
mod tests;
