//! API tokens and account settings, as the account page shows them.

use crate::audit::Activity;
use crate::{JobMails, TokenId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The maximum lifetime of a token, in days.
pub const MAX_TOKEN_DAYS: u16 = 366;

/// The maximum length of a token's name, in characters.
pub const MAX_TOKEN_NAME_CHARS: usize = 60;

/// A permission of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Reading jobs, logs and results.
    #[serde(rename = "jobs:read")]
    JobsRead,
    /// Submitting, cancelling and deleting jobs.
    #[serde(rename = "jobs:write")]
    JobsWrite,
    /// What operators can do, for as long as the owner is one.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::JobsRead, Self::JobsWrite, Self::Admin];

    /// The scopes of a new token, unless others are chosen.
    pub const OF_JOBS: [Self; 2] = [Self::JobsRead, Self::JobsWrite];

    /// The spelling in PostgreSQL and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobsRead => "jobs:read",
            Self::JobsWrite => "jobs:write",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not the name of a scope.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown scope {0:?}; expected jobs:read, jobs:write or admin")]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// A token that is not revoked, without its secret, which only its owner has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    /// The token's id.
    pub id: TokenId,
    /// The owner's name for it.
    pub name: String,
    /// The first characters of its secret, to recognize it by.
    pub prefix: String,
    /// Its permissions.
    pub scopes: Vec<Scope>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute; `None` if never.
    pub last_used_at: Option<Timestamp>,
}

/// The settings of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSettings {
    /// Whether the user receives any mail about jobs, for pages that were loaded before there were kinds.
    pub mail_about_jobs: bool,
    /// The mails about jobs that the user receives.
    pub job_mails: JobMails,
    /// The tokens that are not revoked, newest first.
    pub tokens: Vec<TokenView>,
    /// The number of browsers in which the user is signed in.
    pub sessions: u64,
    /// The newest entries of the audit log, newest first.
    pub activity: Vec<Activity>,
}

/// The request for a new token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// The owner's name for it.
    pub name: String,
    /// The permissions.
    pub scopes: Vec<Scope>,
    /// The lifetime in days; at most [`MAX_TOKEN_DAYS`].
    pub days: u16,
}

/// A new token with its secret, which is shown only once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedToken {
    /// The value for the header `Authorization: Bearer …`.
    pub secret: String,
    /// The token.
    pub token: TokenView,
}

impl fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedToken").field("token", &self.token).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn scopes_round_trip_in_text_and_json() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse::<Scope>().unwrap(), scope);
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert!("jobs:*".parse::<Scope>().is_err());
    }

    #[test]
    fn debug_output_omits_the_secret() {
        let token = TokenView {
            id: TokenId::new(Uuid::nil()),
            name: "laptop".into(),
            prefix: "gas_AbCd".into(),
            scopes: vec![Scope::JobsRead],
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            last_used_at: None,
        };
        let created = CreatedToken { secret: "gas_AbCdS3cret".into(), token };
        assert!(!format!("{created:?}").contains("S3cret"));
    }
}
