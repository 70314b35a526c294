//! The signed-in user.

use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::Account;

/// Provides the account to the components below. `None` if nobody is signed in.
pub fn use_account_provider(account: Option<Account>) -> Signal<Option<Account>> {
    use_context_provider(|| Signal::new(account))
}

/// The signed-in user with the current plan. `None` if nobody is signed in.
pub fn use_account() -> Option<Account> {
    let account = use_context::<Signal<Option<Account>>>().read().clone()?;
    let plan = use_live().plan().unwrap_or(account.plan);
    Some(Account { plan, ..account })
}
