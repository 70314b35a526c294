//! The opaque cursor between the pages of a user's jobs.

use super::Item;
use crate::ports::{PortError, PortResult};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gas_shared::{JobId, UserId};
use serde::{Deserialize, Serialize};
use serde_dynamo::from_item;

/// The position of the last row of a page: the key attributes of all indexes that are paged.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    user_id: UserId,
    submit_time: i64,
    job_id: JobId,
}

impl Cursor {
    /// The cursor behind a row, if the row has the key attributes.
    pub(super) fn after(item: &Item) -> Option<Self> {
        from_item(item.clone()).ok()
    }

    /// The cursor as URL-safe text.
    pub(super) fn to_text(&self) -> String {
        // Numbers and UUIDs always have a JSON form.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Parses a cursor and accepts it only for the user it was made for.
    pub(super) fn parse(text: &str, owner: UserId) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let cursor: Self = serde_json::from_slice(&json).ok()?;
        (cursor.user_id == owner).then_some(cursor)
    }

    /// Like [`Cursor::parse`], with an error instead of `None`: a reader that silently started from
    /// the first page again would never finish.
    pub(super) fn require(text: &str, owner: UserId) -> PortResult<Self> {
        Self::parse(text, owner).ok_or_else(|| {
            let action = format!("continue the job list of {owner}");
            PortError::new(action, "the cursor does not belong to this list")
        })
    }

    /// The start key of the next page of the index by owner and submission time.
    pub(super) fn into_owner_key(self) -> Item {
        let time = AttributeValue::N(self.submit_time.to_string());
        let mut key = self.key("user_id");
        key.insert("submit_time".to_owned(), time);
        key
    }

    /// The start key of the next page of the index of archived results.
    pub(super) fn into_archived_key(self) -> Item {
        self.key("archived_user_id")
    }

    fn key(&self, user_attribute: &str) -> Item {
        Item::from([
            ("job_id".to_owned(), AttributeValue::S(self.job_id.to_string())),
            (user_attribute.to_owned(), AttributeValue::S(self.user_id.to_string())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn owner(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    fn cursor() -> Cursor {
        let job_id = JobId::new(Uuid::from_u128(7));
        Cursor { user_id: owner(1), submit_time: 1_790_000_000, job_id }
    }

    #[test]
    fn a_cursor_works_for_its_owner_only() {
        let text = cursor().to_text();
        assert_eq!(Cursor::parse(&text, owner(1)), Some(cursor()));
        assert_eq!(Cursor::parse(&text, owner(2)), None);
    }

    #[test]
    fn a_broken_cursor_is_an_error() {
        for text in ["", "%%%", "AAAA", "eyJ9"] {
            assert!(Cursor::require(text, owner(1)).is_err(), "{text:?}");
        }
    }
}
