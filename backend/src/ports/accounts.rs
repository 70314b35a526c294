//! Where the users' profiles are kept.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::{Account, UserId};

/// The profiles.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Notes that a user signed in: makes their profile at the first time, and takes over what
    /// the identity provider says of them. The plan is left as it is.
    async fn signed_in(&self, identity: &Identity) -> PortResult<SignIn>;

    /// A user's profile, read afresh.
    async fn account(&self, id: UserId) -> PortResult<Option<Account>>;
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
