//! The tombstone of a deleted job, which remains until its files and archive copies are deleted.
//!
//! It has none of the attributes that the per-user indexes are keyed by, and nothing that describes
//! the file or its contents.

use super::job_row::due_shard;
use gas_shared::job::{ArchiveRemains, Deletion};
use gas_shared::{JobId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The attribute that distinguishes tombstones from jobs.
pub(super) const DELETION_MARK: &str = "delete_time";

/// A tombstone's item in the table. Times are seconds of the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeletionRow {
    job_id: JobId,
    version: u64,
    deleted_user_id: UserId,
    delete_time: i64,
    quiet_time: i64,
    swept: bool,
    archive: ArchiveRemains,
    due_shard: String,
    due_time: i64,
}

impl From<&Deletion> for DeletionRow {
    fn from(deletion: &Deletion) -> Self {
        Self {
            job_id: deletion.job,
            version: deletion.version,
            deleted_user_id: deletion.owner,
            delete_time: deletion.at.as_second(),
            quiet_time: deletion.quiet_at.as_second(),
            swept: deletion.swept,
            archive: deletion.archive.clone(),
            due_shard: due_shard(deletion.job),
            due_time: deletion.due().as_second(),
        }
    }
}

impl TryFrom<DeletionRow> for Deletion {
    type Error = jiff::Error;

    fn try_from(row: DeletionRow) -> Result<Self, jiff::Error> {
        Ok(Self {
            job: row.job_id,
            owner: row.deleted_user_id,
            version: row.version,
            at: Timestamp::from_second(row.delete_time)?,
            quiet_at: Timestamp::from_second(row.quiet_time)?,
            archive: row.archive,
            swept: row.swept,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::AttributeValue;
    use gas_shared::job::ObjectLocation;
    use serde_dynamo::{from_item, to_item};
    use std::collections::HashMap;
    use uuid::Uuid;

    fn deletion(archive: ArchiveRemains) -> Deletion {
        let at = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
        Deletion {
            job: JobId::new(Uuid::from_u128(1)),
            owner: UserId::new(Uuid::from_u128(2)),
            version: 9,
            at: at(0),
            quiet_at: at(3600),
            archive,
            swept: false,
        }
    }

    #[test]
    fn deletions_round_trip_and_appear_in_no_users_list() {
        let file = ObjectLocation { bucket: "b".into(), key: "k".into() };
        for archive in [
            ArchiveRemains::Nothing,
            ArchiveRemains::Upload { ticket: "t".into(), file },
            ArchiveRemains::EndedUpload { ticket: "t".into() },
            ArchiveRemains::Copy { id: "i".into() },
        ] {
            let deletion = deletion(archive);
            let item: HashMap<String, AttributeValue> =
                to_item(DeletionRow::from(&deletion)).unwrap();
            for indexed in ["user_id", "archived_user_id", "input_file_name"] {
                assert!(!item.contains_key(indexed), "{indexed}");
            }
            assert!(item.contains_key(DELETION_MARK) && item.contains_key("due_time"));
            let row: DeletionRow = from_item(item).unwrap();
            assert_eq!(Deletion::try_from(row).unwrap(), deletion);
        }
    }

    /// Stored rows must stay readable.
    #[test]
    fn the_stored_form_of_archive_remains_does_not_change() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let map = |entries: &[(&str, AttributeValue)]| {
            let entries = entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            AttributeValue::M(entries.collect())
        };
        let file = ObjectLocation { bucket: "b".into(), key: "k".into() };
        let stored = map(&[("bucket", text("b")), ("key", text("k"))]);
        let (ticket, id) = (("ticket", text("t")), ("id", text("i")));
        for (archive, expected) in [
            (ArchiveRemains::Nothing, text("Nothing")),
            (
                ArchiveRemains::Upload { ticket: "t".into(), file },
                map(&[("Upload", map(&[ticket.clone(), ("file", stored)]))]),
            ),
            (
                ArchiveRemains::EndedUpload { ticket: "t".into() },
                map(&[("EndedUpload", map(&[ticket]))]),
            ),
            (ArchiveRemains::Copy { id: "i".into() }, map(&[("Copy", map(&[id]))])),
        ] {
            let item: HashMap<String, AttributeValue> =
                to_item(DeletionRow::from(&deletion(archive))).unwrap();
            assert_eq!(item["archive"], expected);
        }
    }
}
