//! The signed-in user's profile.

use crate::{Plan, UserId};
use serde::{Deserialize, Serialize};

/// The text that a user types to confirm the deletion of the account.
pub const DELETE_CONFIRMATION: &str = "delete my account";

/// What every page shows: who is signed in, and how the service is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The signed-in user. `None` if nobody is signed in.
    pub account: Option<Account>,
    /// Whether users can buy Premium. Otherwise every user has it.
    pub sells_premium: bool,
    /// Whether the user is an operator.
    pub is_operator: bool,
    /// A text of the operators for everyone, such as an announced maintenance.
    pub banner: Option<String>,
}

/// A user's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The OpenID subject.
    pub id: UserId,
    /// Full name, from the identity provider.
    pub name: String,
    /// Email address, from the identity provider. It cannot be edited, so that no mail is sent to
    /// strangers.
    pub email: String,
    /// Institution; empty if the provider gives none.
    pub institution: String,
    /// The current plan, as read from PostgreSQL.
    pub plan: Plan,
    /// Name of the time zone in the tz database, such as `America/Chicago`; `None` until a
    /// browser has reported it.
    pub time_zone: Option<String>,
}
