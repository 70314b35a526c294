//! The part of a row that says where the annotated file is.
//!
//! The names that the mission gives: `results_file_archive_id` is there exactly while the file is
//! in the archive, and `s3_key_result_file` while it is in S3. Which state the two and the rest
//! make up is read from which are there.

use super::row::{Row, RowError};
use gas_shared::UserId;
use gas_shared::job::{Archived, Results, Retrieval, Stored, Tier};
use serde::{Deserialize, Serialize};

/// The attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResultsAttributes {
    /// [`Stored::until`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    results_expire_time: Option<i64>,
    /// [`Stored::restored_at`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restore_time: Option<i64>,
    /// The ticket of an upload to the archive under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    results_file_archive_ticket: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    results_file_archive_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    results_file_tree_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive_time: Option<i64>,
    /// The owner once more, in rows whose file is in the archive: the hash key of a sparse index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archived_user_id: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thaw_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thaw_tier: Option<Tier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thaw_time: Option<i64>,
}

impl Row {
    pub(super) fn set_results(&mut self, results: &Results) -> Result<(), RowError> {
        match results {
            Results::Stored(stored) => self.set_stored(stored),
            Results::Archiving { stored, ticket } => {
                self.results.results_file_archive_ticket = Some(ticket.clone());
                self.set_stored(stored)
            }
            Results::Archived { archived, leftover } => {
                self.set_archived(archived);
                leftover.as_ref().map_or(Ok(()), |file| self.set_result_file(file))
            }
            Results::Thawing { archived, retrieval } => {
                self.set_archived(archived);
                self.results.thaw_id = Some(retrieval.id.clone());
                self.results.thaw_tier = Some(retrieval.tier);
                self.results.thaw_time = Some(retrieval.since.as_second());
                Ok(())
            }
        }
    }

    fn set_stored(&mut self, stored: &Stored) -> Result<(), RowError> {
        self.results.results_expire_time = stored.until.map(|until| until.as_second());
        self.results.restore_time = stored.restored_at.map(|at| at.as_second());
        self.set_result_file(&stored.file)
    }

    fn set_result_file(&mut self, file: &gas_shared::job::ObjectLocation) -> Result<(), RowError> {
        if self.s3_results_bucket.as_ref() != Some(&file.bucket) {
            return Err(RowError::SplitResults { job: self.job_id });
        }
        self.s3_key_result_file = Some(file.key.clone());
        Ok(())
    }

    fn set_archived(&mut self, archived: &Archived) {
        self.results.results_file_archive_id = Some(archived.id.clone());
        self.results.results_file_tree_hash = Some(archived.tree_hash.clone());
        self.results.archive_time = Some(archived.at.as_second());
        self.results.archived_user_id = Some(self.user_id);
    }

    pub(super) fn read_results(&self) -> Result<Results, RowError> {
        let Some(archive_id) = self.results.results_file_archive_id.clone() else {
            let stored = self.read_stored()?;
            return Ok(match self.results.results_file_archive_ticket.clone() {
                Some(ticket) => Results::Archiving { stored, ticket },
                None => Results::Stored(stored),
            });
        };
        let archived = self.read_archived(archive_id)?;
        let Some(thaw_id) = self.results.thaw_id.clone() else {
            let leftover = self.s3_key_result_file.clone();
            let leftover = leftover.map(|key| self.in_results_bucket(key)).transpose()?;
            return Ok(Results::Archived { archived, leftover });
        };
        let retrieval = Retrieval {
            id: thaw_id,
            tier: self.need("thaw_tier", self.results.thaw_tier)?,
            since: self.time("thaw_time", self.results.thaw_time)?,
        };
        Ok(Results::Thawing { archived, retrieval })
    }

    fn read_stored(&self) -> Result<Stored, RowError> {
        let time = |name, seconds: Option<i64>| {
            seconds.map(|second| self.time(name, Some(second))).transpose()
        };
        let key = self.need("s3_key_result_file", self.s3_key_result_file.clone())?;
        Ok(Stored {
            file: self.in_results_bucket(key)?,
            until: time("results_expire_time", self.results.results_expire_time)?,
            restored_at: time("restore_time", self.results.restore_time)?,
        })
    }

    fn read_archived(&self, id: String) -> Result<Archived, RowError> {
        let tree_hash = self.results.results_file_tree_hash.clone();
        Ok(Archived {
            id,
            tree_hash: self.need("results_file_tree_hash", tree_hash)?,
            at: self.time("archive_time", self.results.archive_time)?,
        })
    }
}
