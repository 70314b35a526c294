//! The jobs of users who leave are deleted, and then their profiles.
//!
//! A deleted job is in no list any more, but what it leaves behind stays for a while: its files for
//! minutes, until the utility node has got to them; its row for a day at most, until nobody can be at
//! work on it ([`Deletion`](gas_shared::job::Deletion)); parts of an upload that was under way, which arrive
//! just then, for two days at most, until the bucket's lifecycle rule throws them away. Nothing of
//! that needs the profile, which does not wait for it.

use super::{ChangeError, delete_job};
use crate::ports::{ClosingAccount, PortError};
use crate::{Gas, chain};
use jiff::SignedDuration;

/// Accounts, or jobs of one, read at a time.
const PAGE: u16 = 100;

/// How long after the request a profile stays at least: what was under way then, such as a job that
/// was being made, is seen by that time, though the list of jobs may be a little behind.
const SETTLE: SignedDuration = SignedDuration::from_secs(30);

/// What one round did with all accounts that are being deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Jobs whose deletion was begun.
    pub jobs: u64,
    /// Profiles that were deleted.
    pub accounts: u32,
    /// Accounts that could not be worked on; the next round tries again.
    pub failed: u32,
}

/// Why an account was not worked on.
#[derive(Debug, thiserror::Error)]
enum EraseError {
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Goes on with all accounts that are being deleted: begins to delete their jobs, whose files and rows
/// follow by themselves, and deletes the profiles, with mails and tokens, of those who have no job
/// in their list any more, whose billing is closed, and who asked for it half a minute ago.
///
/// # Errors
/// Where the accounts cannot be read.
pub async fn erase_accounts(gas: &Gas) -> Result<Erased, PortError> {
    let (mut erased, mut after) = (Erased::default(), None);
    loop {
        let page = gas.account_data.closing_accounts(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(erased) };
        after = Some(last.user);
        for one in page {
            if let Err(error) = erase(gas, one, &mut erased).await {
                tracing::error!(user = %one.user, error = %chain(&error), "an account is not deleted yet");
                erased.failed += 1;
            }
        }
    }
}

async fn erase(gas: &Gas, closing: ClosingAccount, erased: &mut Erased) -> Result<(), EraseError> {
    let ClosingAccount { user, requested_at, billing_closed } = closing;
    let mut found = false;
    let mut cursor: Option<String> = None;
    loop {
        let page = gas.jobs.store.jobs_of(user, cursor.as_deref(), PAGE).await?;
        for job in page.jobs {
            found = true;
            match delete_job(gas, user, job.id).await {
                Ok(()) => erased.jobs += 1,
                // The list is behind: it is gone already.
                Err(ChangeError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let settled = gas.now().duration_since(requested_at) >= SETTLE;
    if !found && billing_closed && settled {
        gas.account_data.purge(user).await?;
        tracing::info!(%user, "account deleted");
        erased.accounts += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{TestBilling, TestGas};
    use crate::usecases::delete_account;
    use gas_shared::account::DELETE_CONFIRMATION;
    use gas_shared::{Account, Plan, UserId};

    #[tokio::test]
    async fn jobs_go_first_and_the_profile_last() {
        let test = TestGas::new();
        let billing = TestBilling::new(&test);
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        for _ in 0..120 {
            test.pending_job(&ada).await;
        }
        let done = test.completed_job(&ada).await;
        let kept = test.completed_job(&eve).await;
        delete_account(&billing.billing, ada.id, DELETE_CONFIRMATION).await.unwrap();
        let mut jobs = 0;
        for _ in 0..2 {
            let round = erase_accounts(&test.gas).await.unwrap();
            assert_eq!((round.accounts, round.failed), (0, 0));
            jobs += round.jobs;
        }
        assert_eq!(jobs, 121);
        assert_eq!(test.gas.jobs.store.job(done.id).await.unwrap(), None);
        assert!(test.accounts.account_even_closing(ada.id).is_some(), "it is too early");
        test.clock.advance_secs(30);
        let last = erase_accounts(&test.gas).await.unwrap();
        assert_eq!(last, Erased { jobs: 0, accounts: 1, failed: 0 });
        assert!(test.accounts.account_even_closing(ada.id).is_none());
        assert!(test.gas.jobs.store.job(kept.id).await.unwrap().is_some(), "others keep theirs");
        assert_eq!(erase_accounts(&test.gas).await.unwrap(), Erased::default());
    }

    #[tokio::test]
    async fn the_profile_waits_for_the_payment_provider() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        test.gas.account_data.request_deletion(ada.id, test.gas.now()).await.unwrap();
        test.clock.advance_secs(3600);
        erase_accounts(&test.gas).await.unwrap();
        assert!(test.accounts.account_even_closing(ada.id).is_some());
        test.accounts.billing_closed(ada.id);
        erase_accounts(&test.gas).await.unwrap();
        assert!(test.accounts.account_even_closing(ada.id).is_none());
    }

    #[tokio::test]
    async fn accounts_that_cannot_be_finished_do_not_keep_others() {
        let test = TestGas::new();
        let leave = async |user: UserId| {
            let now = test.gas.now();
            assert!(test.gas.account_data.request_deletion(user, now).await.unwrap());
        };
        for _ in 0..PAGE {
            leave(test.user("waits for the payment provider", Plan::Free).id).await;
        }
        let ada = UserId::new(uuid::Uuid::max());
        test.accounts.put(Account { id: ada, ..test.user("ada", Plan::Free) });
        leave(ada).await;
        test.accounts.billing_closed(ada);
        test.clock.advance_secs(30);
        assert_eq!(erase_accounts(&test.gas).await.unwrap().accounts, 1);
        assert!(test.accounts.account_even_closing(ada).is_none());
    }

    #[tokio::test]
    async fn a_round_that_dies_is_gone_on_with() {
        let test = TestGas::new();
        let billing = TestBilling::new(&test);
        let ada = test.user("ada", Plan::Free);
        for _ in 0..3 {
            test.pending_job(&ada).await;
        }
        delete_account(&billing.billing, ada.id, DELETE_CONFIRMATION).await.unwrap();
        test.clock.advance_secs(30);
        test.crash.after(2);
        erase_accounts(&test.gas).await.unwrap();
        assert!(test.crash.recover(), "it died");
        erase_accounts(&test.gas).await.unwrap();
        erase_accounts(&test.gas).await.unwrap();
        assert!(test.accounts.account_even_closing(ada.id).is_none());
    }
}
