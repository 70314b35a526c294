//! Erases closed accounts: first jobs and private references, then the profile.
//!
//! A deleted job disappears from all lists at once. Its files are deleted within minutes, and its
//! row within a day, when no process can be at work on it anymore
//! ([`Deletion`](gas_shared::job::Deletion)). Parts of an upload that arrive during the deletion
//! are removed by the bucket's lifecycle rule within two days. The erasure of the profile does not
//! wait for these.
//!
//! A request that was in flight when the profile was deleted may still create a job. So a closed
//! account is remembered for longer than any request takes, and its jobs are searched for until
//! then.

use super::ChangeError;
use super::delete_job::begin_deletion;
use super::private_references::erase_private_references;
use crate::ports::{ClosedAccount, ClosingAccount, PortError};
use crate::{Gas, chain};
use gas_shared::{Job, UserId};
use jiff::SignedDuration;

/// The number of accounts, or of jobs of one account, that are read at a time.
const PAGE: u16 = 100;

/// How long a profile is kept at least after its account was closed. By then, the eventually
/// consistent list of jobs contains jobs that were being created at that moment.
const SETTLE: SignedDuration = SignedDuration::from_secs(30);

/// How long a closed account is remembered; far longer than any request may take.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// The result of one round over all closed accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Jobs whose deletion began.
    pub jobs: u64,
    /// Profiles that were deleted.
    pub accounts: u32,
    /// Accounts that failed; the next round tries again.
    pub failed: u32,
}

/// The reason why an account was not erased.
#[derive(Debug, thiserror::Error)]
enum EraseError {
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Continues the erasure of all closed accounts: begins the deletion of their jobs, and deletes the
/// profiles, with mails and tokens, of accounts that were closed half a minute ago, whose billing
/// is closed, and that have no jobs left.
///
/// # Errors
/// If the accounts cannot be read.
pub async fn erase_accounts(gas: &Gas) -> Result<Erased, PortError> {
    let mut erased = Erased::default();
    sweep_closed(gas, &mut erased).await?;
    let mut after = None;
    loop {
        let page = gas.account_data.closing_accounts(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(erased) };
        after = Some(last.user);
        for one in page {
            if let Err(error) = erase(gas, one, &mut erased).await {
                tracing::error!(user_id = %one.user, error = %chain(&error), "account not erased yet");
                erased.failed += 1;
            }
        }
    }
}

#[tracing::instrument(name = "erase_account", skip_all, fields(user_id = %closing.user))]
async fn erase(gas: &Gas, closing: ClosingAccount, erased: &mut Erased) -> Result<(), EraseError> {
    let ClosingAccount { user, requested_at, billing_closed } = closing;
    let found = delete_jobs(gas, user, erased, |_| true).await?
        | erase_private_references(gas, user).await?;
    let settled = gas.now().duration_since(requested_at) >= SETTLE;
    if !found && billing_closed && settled {
        gas.account_data.purge(user, gas.now()).await?;
        tracing::info!("account erased");
        erased.accounts += 1;
    }
    Ok(())
}

/// Begins the deletion of a user's jobs that `doomed` selects. Returns whether there are any.
async fn delete_jobs(
    gas: &Gas,
    user: UserId,
    erased: &mut Erased,
    doomed: impl Fn(&Job) -> bool,
) -> Result<bool, EraseError> {
    let mut found = false;
    let mut cursor: Option<String> = None;
    loop {
        let page = gas.jobs.store.jobs_of(user, cursor.as_deref(), PAGE).await?;
        for job in page.jobs.iter().filter(|job| doomed(job)) {
            found = true;
            match begin_deletion(gas, user, job.id).await {
                Ok(begun) => erased.jobs += u64::from(begun),
                // The list is outdated: the job is deleted already.
                Err(ChangeError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// Deletes the jobs that requests in flight created for closed accounts.
async fn sweep_closed(gas: &Gas, erased: &mut Erased) -> Result<(), PortError> {
    let mut after = None;
    loop {
        let page = gas.account_data.closed_accounts(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.user);
        for closed in page {
            if let Err(error) = sweep(gas, &closed, erased).await {
                tracing::error!(user_id = %closed.user, error = %chain(&error), "closed account not swept yet");
                erased.failed += 1;
            }
        }
    }
}

async fn sweep(gas: &Gas, closed: &ClosedAccount, erased: &mut Erased) -> Result<(), EraseError> {
    let ClosedAccount { user, purged_at } = *closed;
    // A user who has signed in again has a new account, with jobs of its own.
    let is_back = gas.accounts.account(user).await?.is_some();
    let left_behind = |job: &Job| !is_back || job.submitted_at <= purged_at;
    let mut found = delete_jobs(gas, user, erased, left_behind).await?;
    if !is_back {
        found |= erase_private_references(gas, user).await?;
    }
    if !found && gas.now().duration_since(purged_at) >= REMEMBERED {
        gas.account_data.forget_closed(closed).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{TestBilling, TestGas};
    use crate::usecases::delete_account;
    use gas_shared::account::DELETE_CONFIRMATION;
    use gas_shared::{Account, Plan};

    #[tokio::test]
    async fn jobs_are_deleted_before_the_profile() {
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
        assert!(
            test.gas.jobs.store.job(kept.id).await.unwrap().is_some(),
            "jobs of other users stay"
        );
        assert_eq!(erase_accounts(&test.gas).await.unwrap(), Erased::default());
    }

    #[tokio::test]
    async fn the_profile_is_kept_until_the_billing_is_closed() {
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
    async fn an_account_that_cannot_be_erased_does_not_block_others() {
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
    async fn a_job_of_a_request_that_was_in_flight_is_deleted_after_the_profile() {
        let test = TestGas::new();
        let billing = TestBilling::new(&test);
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        let kept = test.pending_job(&eve).await;
        let closed_at = test.gas.now();
        delete_account(&billing.billing, ada.id, DELETE_CONFIRMATION).await.unwrap();
        test.clock.advance_secs(30);
        assert_eq!(erase_accounts(&test.gas).await.unwrap().accounts, 1);
        // The request had read the account before it was closed, and writes the job now.
        let late = test.ticket(&ada).await.job_id;
        assert_eq!(erase_accounts(&test.gas).await.unwrap().jobs, 1);
        assert!(test.gas.jobs.store.job(late).await.unwrap().is_none());

        // After another sign-in, only what was created before the erasure is deleted.
        let identity = crate::ports::Identity {
            id: ada.id,
            name: ada.name.clone(),
            email: ada.email.clone(),
            institution: String::new(),
        };
        let stale = test.ticket(&ada).await.job_id;
        assert!(test.gas.accounts.record_sign_in(&identity).await.unwrap().unwrap().first);
        test.clock.advance_secs(1);
        let new = test.ticket(&ada).await.job_id;
        assert_eq!(erase_accounts(&test.gas).await.unwrap().jobs, 1);
        assert!(test.gas.jobs.store.job(stale).await.unwrap().is_none());

        let remembered = || test.gas.account_data.closed_accounts(None, 10);
        test.clock.advance_secs(3598);
        erase_accounts(&test.gas).await.unwrap();
        assert_eq!(remembered().await.unwrap().len(), 1);
        test.clock.advance_secs(1);
        erase_accounts(&test.gas).await.unwrap();
        assert_eq!(remembered().await.unwrap(), []);
        assert!(test.gas.now().duration_since(closed_at).as_secs() >= 3600);
        for id in [new, kept.id] {
            assert!(test.gas.jobs.store.job(id).await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn an_interrupted_round_is_continued_by_the_next() {
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
