//! The hash key of the index of pending and running jobs.
//!
//! An index takes about 1,000 writes a second with one key. A status alone would therefore limit all jobs of a deployment, so
//! that its key is divided into shards: `PENDING#2`. Rows without a shard are of earlier versions, or of a deployment that
//! has not turned shards on; readers find both.

use gas_shared::{JobId, JobStatus};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::fmt;
use std::str::FromStr;

/// The number of shards of a status.
const SHARDS: u8 = 4;

/// A status, and a shard of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SerializeDisplay, DeserializeFromStr)]
pub(super) struct ActiveKey {
    status: JobStatus,
    shard: Option<u8>,
}

/// The text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a status with a shard")]
pub(super) struct InvalidActiveKey(String);

impl ActiveKey {
    /// The key of a status without a shard.
    pub(super) const fn of(status: JobStatus) -> Self {
        Self { status, shard: None }
    }

    /// The key in the shard of a job.
    pub(super) const fn in_shard_of(self, id: JobId) -> Self {
        // The last bits are random in all versions of ids that are used.
        let [.., last] = *id.as_uuid().as_bytes();
        Self { shard: Some(last % SHARDS), ..self }
    }

    /// The status.
    pub(super) const fn status(self) -> JobStatus {
        self.status
    }

    /// All keys under which rows of a status are found.
    pub(super) fn all(status: JobStatus) -> impl Iterator<Item = Self> {
        let shards = (0..SHARDS).map(Some);
        std::iter::once(None).chain(shards).map(move |shard| Self { status, shard })
    }
}

impl fmt::Display for ActiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shard {
            None => self.status.fmt(f),
            Some(shard) => write!(f, "{}#{shard}", self.status),
        }
    }
}

impl FromStr for ActiveKey {
    type Err = InvalidActiveKey;

    fn from_str(text: &str) -> Result<Self, InvalidActiveKey> {
        let invalid = || InvalidActiveKey(text.to_owned());
        let (name, shard) = match text.split_once('#') {
            None => (text, None),
            Some((name, shard)) => (name, Some(shard.parse().map_err(|_| invalid())?)),
        };
        let status = JobStatus::ALL.into_iter().find(|status| status.as_str() == name);
        Ok(Self { status: status.ok_or_else(invalid)?, shard })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in ActiveKey::all(JobStatus::Pending) {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        let texts: Vec<_> = ActiveKey::all(JobStatus::Running).map(|key| key.to_string()).collect();
        assert_eq!(texts, ["RUNNING", "RUNNING#0", "RUNNING#1", "RUNNING#2", "RUNNING#3"]);
        // A later version may have more shards.
        assert!("PENDING#17".parse::<ActiveKey>().is_ok());
        for text in ["", "PENDING#", "PENDING#x", "WAITING#1", "#1"] {
            assert!(text.parse::<ActiveKey>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn random_ids_are_in_all_shards_that_are_read() {
        let keys: Vec<_> = ActiveKey::all(JobStatus::Pending).collect();
        let mut counts = [0; SHARDS as usize];
        for _ in 0..1_000 {
            let key = ActiveKey::of(JobStatus::Pending).in_shard_of(JobId::new(Uuid::new_v4()));
            assert!(keys.contains(&key));
            counts[usize::from(key.shard.unwrap())] += 1;
        }
        assert!(counts.iter().all(|count| (150..400).contains(count)), "{counts:?}");
    }
}
