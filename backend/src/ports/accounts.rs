//! The port of users' profiles.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::{Account, JobOptions, Plan, UserId};
use jiff::Timestamp;

/// The profiles. Users whose account is being closed are treated as unknown.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Records a sign-in: creates the profile on the first one and updates it with the identity
    /// provider's claims. Plan and time zone are unchanged. `None` if the account is blocked or being closed.
    async fn record_sign_in(&self, identity: &Identity) -> PortResult<Option<SignIn>>;

    /// A user's current profile.
    async fn account(&self, id: UserId) -> PortResult<Option<Account>>;

    /// A user's current plan, and since when they have had it.
    async fn current_plan(&self, id: UserId) -> PortResult<Option<CurrentPlan>>;

    /// Stores a user's time zone, a name of the tz database. Does nothing if the user is unknown.
    async fn set_time_zone(&self, id: UserId, name: &str) -> PortResult<()>;

    /// The options that a user chose last. `None` if they chose none yet, or if the options are of a
    /// newer version.
    async fn job_options(&self, id: UserId) -> PortResult<Option<JobOptions>>;

    /// Stores the options that a user chose. Does nothing if the user is unknown.
    async fn set_job_options(&self, id: UserId, options: &JobOptions) -> PortResult<()>;
}

/// A user's plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentPlan {
    /// The plan.
    pub plan: Plan,
    /// When it last changed, to the second; `None` if it never did.
    pub since: Option<Timestamp>,
}

/// The outcome of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The profile after the sign-in.
    pub account: Account,
    /// Whether this sign-in created the profile.
    pub first: bool,
}

/// A user's claims from the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The `sub` claim.
    pub id: UserId,
    /// The `name` claim.
    pub name: String,
    /// The `email` claim.
    pub email: String,
    /// The `organization` claim; empty if absent.
    pub institution: String,
}
