//! Entries of the audit log, as their user sees them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An entry as the account page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, for the user.
    pub text: String,
}

/// An act that concerned an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When it happened.
    pub at: Timestamp,
    /// Whether the user acted, not GAS itself.
    pub by_user: bool,
    /// The act, such as `signed_in`.
    pub action: String,
    /// The id of the job or token, or the new plan.
    pub target: Option<String>,
}
