//! Share links: whoever has one may read one result.

use crate::{FileName, JobId, Provenance, ShareLinkId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most share links of one job that have not expired.
pub const MAX_SHARE_LINKS: u16 = 20;

/// How long a share link is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum ShareTerm {
    /// One day.
    Day,
    /// 7 days.
    #[default]
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
}

impl ShareTerm {
    /// All terms, the shortest first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Quarter];

    /// The days, which are also the form in JSON.
    pub const fn days(self) -> u16 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
        }
    }

    /// The end of the term.
    pub fn end(self, start: Timestamp) -> Timestamp {
        start + SignedDuration::from_hours(24 * i64::from(self.days()))
    }
}

/// A number of days that is no term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share link is valid for 1, 7, 30 or 90 days, not {0}")]
pub struct UnknownTerm(u16);

impl TryFrom<u16> for ShareTerm {
    type Error = UnknownTerm;

    fn try_from(days: u16) -> Result<Self, UnknownTerm> {
        Self::ALL.into_iter().find(|term| term.days() == days).ok_or(UnknownTerm(days))
    }
}

impl From<ShareTerm> for u16 {
    fn from(term: ShareTerm) -> Self {
        term.days()
    }
}

/// A share link to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewShareLink {
    /// The days until it expires: 1, 7, 30 or 90. 7 without it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = u16, example = 30))]
    pub days: ShareTerm,
    /// Whether variants and charts can be downloaded through it, and shown in the genome browser. They can without it.
    #[serde(default = "allowed")]
    pub allows_downloads: bool,
}

const fn allowed() -> bool {
    true
}

impl Default for NewShareLink {
    fn default() -> Self {
        Self { days: ShareTerm::default(), allows_downloads: true }
    }
}

/// A share link that was not revoked, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShareLink {
    /// The id, with which it is revoked. It grants no access.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub id: ShareLinkId,
    /// The job whose result it opens.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub job_id: JobId,
    /// Whether variants and charts can be downloaded through it.
    pub allows_downloads: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// How often its page was opened.
    pub opened: u64,
    /// When its page was last opened; `null` if never.
    pub last_opened_at: Option<Timestamp>,
}

/// A new share link with its address, which is shown only once: the secret in it is not stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedShareLink {
    /// The address to pass on. It contains the secret of the link and is not shown again.
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    pub url: String,
    /// The link.
    pub link: ShareLink,
}

impl fmt::Debug for CreatedShareLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedShareLink").field("link", &self.link).finish_non_exhaustive()
    }
}

/// What the page of a share link shows of a result besides its variants and charts: nothing of its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedResult {
    /// The name of the annotated file.
    pub file_name: FileName,
    /// The number of records.
    pub records: u64,
    /// When it was annotated.
    pub completed_at: Timestamp,
    /// What it was annotated with; `None` if unknown.
    pub provenance: Option<Provenance>,
    /// Whether variants and charts can be downloaded.
    pub allows_downloads: bool,
    /// When the link expires.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_days_in_json() {
        for term in ShareTerm::ALL {
            assert_eq!(serde_json::to_value(term).unwrap(), term.days());
            assert_eq!(ShareTerm::try_from(term.days()), Ok(term));
        }
        let error = serde_json::from_str::<NewShareLink>(r#"{"days":8}"#).unwrap_err().to_string();
        assert!(error.contains("1, 7, 30 or 90 days, not 8"), "{error}");
        let new: NewShareLink = serde_json::from_str("{}").unwrap();
        assert_eq!((new.days.days(), new.allows_downloads), (7, true));
        let end = ShareTerm::Day.end(Timestamp::UNIX_EPOCH);
        assert_eq!(end.as_second(), 86_400);
    }

    #[test]
    fn debug_output_omits_the_address() {
        let link = ShareLink {
            id: ShareLinkId::new(uuid::Uuid::nil()),
            job_id: JobId::new(uuid::Uuid::nil()),
            allows_downloads: true,
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            opened: 0,
            last_opened_at: None,
        };
        let created = CreatedShareLink { url: "https://gas.example/s/S3cret".into(), link };
        assert!(!format!("{created:?}").contains("S3cret"));
    }
}
