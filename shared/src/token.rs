//! API tokens as their owner sees them, beside what else they have set.

use crate::TokenId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The longest life of a token that may be chosen, in days.
pub const MAX_TOKEN_DAYS: u16 = 366;

/// The longest name of a token, in characters.
pub const MAX_TOKEN_NAME_CHARS: usize = 60;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Reading jobs, logs and results.
    #[serde(rename = "jobs:read")]
    JobsRead,
    /// Submitting, cancelling and deleting jobs.
    #[serde(rename = "jobs:write")]
    JobsWrite,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 2] = [Self::JobsRead, Self::JobsWrite];

    /// The spelling in PostgreSQL and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobsRead => "jobs:read",
            Self::JobsWrite => "jobs:write",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is none of [`Scope::ALL`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown scope {0:?}; expected jobs:read or jobs:write")]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// A token that is not revoked, without its secret, which nobody has but its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    /// Names it.
    pub id: TokenId,
    /// The owner's name for it.
    pub name: String,
    /// How its secret begins, to tell which it is.
    pub prefix: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it allows nothing.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute; `None` where it never was.
    pub last_used_at: Option<Timestamp>,
}

/// What a user has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSettings {
    /// Whether they get mail about their jobs.
    pub mail_about_jobs: bool,
    /// Their tokens that are not revoked, newest first.
    pub tokens: Vec<TokenView>,
}

/// A token to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// The owner's name for it.
    pub name: String,
    /// What it is to allow.
    pub scopes: Vec<Scope>,
    /// How long, in days; at most [`MAX_TOKEN_DAYS`].
    pub days: u16,
}

/// A token that was made, with its secret, which is not told again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedToken {
    /// What goes into the header `Authorization: Bearer …`.
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
    fn the_secret_does_not_show() {
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
