//! The two plans and what each allows.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The largest file a free user may submit, in bytes.
pub const FREE_MAX_UPLOAD_BYTES: u64 = 150_000;

/// The largest object that one S3 POST can make, in bytes (S3 quota for a single upload: 5 GiB).
/// Uploads in parts could make larger ones, for which the workers' disks have no room.
pub const S3_MAX_POST_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// What a user has: stored as the `role` of the profile under the names of the original service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Plan {
    /// Small files; results downloadable for a while.
    #[default]
    #[serde(rename = "free_user")]
    Free,
    /// Large files; results always downloadable.
    #[serde(rename = "premium_user")]
    Premium,
}

impl Plan {
    /// The largest file this plan may upload, in bytes. It is written into the S3 POST policy, so
    /// that S3 itself refuses more.
    pub const fn max_upload_bytes(self) -> u64 {
        match self {
            Self::Free => FREE_MAX_UPLOAD_BYTES,
            Self::Premium => S3_MAX_POST_BYTES,
        }
    }

    /// The spelling in PostgreSQL.
    pub const fn as_role(self) -> &'static str {
        match self {
            Self::Free => "free_user",
            Self::Premium => "premium_user",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Free => "Free",
            Self::Premium => "Premium",
        })
    }
}

/// A role that is neither of the two plans.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown role {0:?}; expected free_user or premium_user")]
pub struct UnknownRole(String);

impl FromStr for Plan {
    type Err = UnknownRole;

    fn from_str(role: &str) -> Result<Self, Self::Err> {
        match role {
            "free_user" => Ok(Self::Free),
            "premium_user" => Ok(Self::Premium),
            other => Err(UnknownRole(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_round_trip_in_text_and_json() {
        for plan in [Plan::Free, Plan::Premium] {
            assert_eq!(plan.as_role().parse::<Plan>().unwrap(), plan);
            assert_eq!(serde_json::to_value(plan).unwrap(), plan.as_role());
        }
        assert!("admin".parse::<Plan>().is_err());
    }
}
