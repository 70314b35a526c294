//! The signed-in user.

use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::Account;

/// How the service is run, and what the visitor may do.
#[derive(Clone, Copy)]
struct Site {
    sells_premium: bool,
    is_operator: bool,
}

/// Provides to the components below whether users can buy Premium, and whether the visitor is an operator.
pub fn use_site_provider(sells_premium: bool, is_operator: bool) {
    use_context_provider(|| Site { sells_premium, is_operator });
}

/// Whether users can buy Premium. Otherwise every user has it, and pages do not mention plans.
pub fn use_sells_premium() -> bool {
    use_context::<Site>().sells_premium
}

/// Whether the visitor is an operator.
pub fn use_is_operator() -> bool {
    use_context::<Site>().is_operator
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
