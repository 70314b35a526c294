//! The signed-in user as the browser sees them.

use crate::{Plan, UserId};
use serde::{Deserialize, Serialize};

/// What a user types to delete their account.
pub const DELETE_CONFIRMATION: &str = "delete my account";

/// A user's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The OpenID subject.
    pub id: UserId,
    /// Full name, as the identity provider gave it.
    pub name: String,
    /// E-mail address, as the identity provider gave it; not editable, so that mail cannot be
    /// sent to strangers.
    pub email: String,
    /// Institution; empty where the provider gave none.
    pub institution: String,
    /// The plan, read afresh from PostgreSQL.
    pub plan: Plan,
    /// Name of the time zone in the tz database, such as `America/Chicago`; `None` until a browser
    /// has told it.
    pub time_zone: Option<String>,
}
