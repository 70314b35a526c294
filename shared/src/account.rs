//! The signed-in user as the browser sees them.

use crate::{Plan, UserId};
use serde::{Deserialize, Serialize};

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
}
