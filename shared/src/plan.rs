//! The two plans and their limits.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, str::FromStr};

/// The largest file that a Free user may upload, in bytes.
pub const FREE_MAX_UPLOAD_BYTES: u64 = 150_000;

const GIB: u64 = 1024 * 1024 * 1024;

/// The largest file that a Premium user may upload unless the operator sets another limit, in bytes.
pub const PREMIUM_MAX_UPLOAD_BYTES: u64 = 500 * GIB;

/// The largest object that one S3 POST can create, in bytes (S3 quota for a single upload: 5 GiB). Larger
/// files are uploaded in parts.
pub const S3_MAX_POST_BYTES: u64 = 5 * GIB;

/// The largest object of S3, in bytes.
pub const S3_MAX_OBJECT_BYTES: u64 = 5 * 1024 * GIB;

/// The least that a Premium user may store, in bytes.
const PREMIUM_STORED_BYTES: u64 = 500_000_000_000;

/// The limit of this deployment. It is one number of a process, so that every text and check has the same.
static PREMIUM_LIMIT: AtomicU64 = AtomicU64::new(PREMIUM_MAX_UPLOAD_BYTES);

/// Sets the largest file that a Premium user may upload, in bytes, for this process: at its start, before anything reads it.
pub fn set_premium_max_upload_bytes(bytes: u64) {
    PREMIUM_LIMIT.store(bytes.min(S3_MAX_OBJECT_BYTES), Ordering::Relaxed);
}

/// How many of a user's archived results are restored at the Expedited tier in a day. It costs a multiple
/// of the Standard tier, at which the others are restored.
pub const EXPEDITED_A_DAY: u32 = 20;

/// A user's plan. Stored in the column `role` of the profile, in the spelling of the original service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Plan {
    /// Small files; results can be downloaded for a limited time.
    #[default]
    #[serde(rename = "free_user")]
    Free,
    /// Large files; results can always be downloaded.
    #[serde(rename = "premium_user")]
    Premium,
}

/// How much a user may use the service on a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// New jobs in an hour, including reruns.
    pub jobs_per_hour: u32,
    /// New jobs in a day, including reruns.
    pub jobs_per_day: u32,
    /// Jobs that wait or run.
    pub active_jobs: u32,
    /// Jobs that are with the workers at the same time; the others wait for one of them to end.
    pub dispatched_jobs: u16,
    /// Bytes of all inputs and results, including archived ones.
    pub stored_bytes: u64,
}

impl Plan {
    /// The quota of the plan.
    pub fn quota(self) -> Quota {
        match self {
            Self::Free => Quota {
                jobs_per_hour: 30,
                jobs_per_day: 100,
                active_jobs: 20,
                dispatched_jobs: 3,
                stored_bytes: 200_000_000,
            },
            Self::Premium => Quota {
                jobs_per_hour: 600,
                jobs_per_day: 5_000,
                active_jobs: 1_000,
                dispatched_jobs: 10,
                // The largest file and its result.
                stored_bytes: PREMIUM_STORED_BYTES.max(2 * self.max_upload_bytes()),
            },
        }
    }

    /// The largest file that may be uploaded on this plan, in bytes. S3 itself rejects larger files: the POST
    /// policy has the limit, and the length of each part is signed.
    pub fn max_upload_bytes(self) -> u64 {
        match self {
            Self::Free => FREE_MAX_UPLOAD_BYTES,
            Self::Premium => PREMIUM_LIMIT.load(Ordering::Relaxed),
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

/// A role that is not the name of a plan.
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

    #[test]
    fn a_premium_user_may_store_the_largest_file_and_its_result() {
        let limit = Plan::Premium.max_upload_bytes();
        assert_eq!(limit, PREMIUM_MAX_UPLOAD_BYTES);
        assert!(Plan::Premium.quota().stored_bytes >= 2 * limit);
    }
}
