//! The signed-in user.

use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::Account;

#[derive(Clone, Copy)]
struct SellsPremium(bool);

/// Provides to the components below whether users can buy Premium.
pub fn use_sells_premium_provider(sells_premium: bool) {
    use_context_provider(|| SellsPremium(sells_premium));
}

/// Whether users can buy Premium. Otherwise every user has it, and pages do not mention plans.
pub fn use_sells_premium() -> bool {
    use_context::<SellsPremium>().0
}

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
