//! Where the users' profiles are kept.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::{Account, UserId};

/// The profiles.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Notes that a user signed in: makes their profile at the first time, and takes over what
    /// the identity provider says of them. Plan and time zone are left as they are. `None` where the account is
    /// being deleted.
    async fn record_sign_in(&self, identity: &Identity) -> PortResult<Option<SignIn>>;

    /// A user's profile, read afresh; `None` also where the account is being deleted.
    async fn account(&self, id: UserId) -> PortResult<Option<Account>>;

    /// Notes a user's time zone, by its name in the tz database. Nothing happens where there is no
    /// such user, or the account is being deleted.
    async fn set_time_zone(&self, id: UserId, name: &str) -> PortResult<()>;
}

/// The outcome of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The profile as it is now.
    pub account: Account,
    /// Whether this sign-in made it.
    pub first: bool,
}

/// What the identity provider says of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The `sub` claim.
    pub id: UserId,
    /// The `name` claim.
    pub name: String,
    /// The `email` claim.
    pub email: String,
    /// The `organization` claim; empty where there is none.
    pub institution: String,
}
