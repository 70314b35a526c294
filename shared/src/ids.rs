//! Identifiers. Each has its own type, so a job id cannot be passed as a user id.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The wrapped UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id! {
    /// The id of an annotation job: random (UUID v4), or derived from user and idempotency key (UUID
    /// v8). It cannot be guessed, and access is checked nevertheless.
    JobId
}

uuid_id! {
    /// The id of a user: the `sub` claim of the OpenID provider (in Globus Auth, the identity id).
    UserId
}

uuid_id! {
    /// The id of an API token. It grants no access; only the token's secret does.
    TokenId
}

uuid_id! {
    /// The id of a saved filter or gene panel: random (UUID v4).
    SavedId
}

uuid_id! {
    /// The id of a share link: random (UUID v4). It grants no access; only the link's secret does.
    ShareLinkId
}

uuid_id! {
    /// The id of a webhook: random (UUID v4).
    WebhookId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_in_text_and_json() {
        let id = JobId::new(Uuid::from_u128(0x1234));
        assert_eq!(id.to_string().parse::<JobId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"00000000-0000-0000-0000-000000001234\"");
        assert_eq!(serde_json::from_str::<JobId>(&json).unwrap(), id);
    }

    #[test]
    fn text_that_is_not_a_uuid_is_rejected() {
        assert!("job-1".parse::<JobId>().is_err());
        assert!("".parse::<UserId>().is_err());
    }
}
