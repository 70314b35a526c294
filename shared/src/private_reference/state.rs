//! The states of a private reference, and which change leads from one to another.

use super::SourceRole;
use crate::UserId;
use crate::job::Parts;
use crate::reference::{OtherFormat, ReferenceChoice, ReferenceId};
use crate::upload::part_bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most notes about the gene models that are kept.
pub const MAX_NOTES: usize = 20;

/// How long the files of a new reference may take to arrive. The bucket deletes the parts of an upload
/// after a day.
const UPLOAD_TIME: SignedDuration = SignedDuration::from_hours(24);

/// After this time without an end, a build is requested again.
const BUILD_TIME: SignedDuration = SignedDuration::from_hours(6);

/// The interval at which the plan of the owner of a finished reference is checked.
const PLAN_CHECKS: SignedDuration = SignedDuration::from_hours(24);

/// The interval at which a deletion that waits for jobs is continued.
const DELETION_CHECKS: SignedDuration = SignedDuration::from_secs(10);

/// A private reference, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateReference {
    /// The owner.
    pub owner: UserId,
    /// The id, unique among the references of the owner.
    pub id: ReferenceId,
    /// Distinguishes references that had this id one after the other.
    pub build: Uuid,
    /// The number of changes.
    pub version: u64,
    /// When it was added.
    pub added_at: Timestamp,
    /// When the state last changed, or was last checked.
    pub changed_at: Timestamp,
    /// The sequences.
    pub fasta: UploadedSource,
    /// The gene models.
    pub gene_models: UploadedSource,
    /// The state.
    pub state: PrivateReferenceState,
}

/// A file that a private reference is built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedSource {
    /// The name that the user's file has.
    pub file_name: String,
    /// The size in bytes.
    pub size: u64,
    /// S3's id of the multipart upload.
    pub upload_id: String,
}

impl UploadedSource {
    /// The multipart upload of the file.
    pub fn parts(&self) -> Parts {
        Parts {
            upload_id: self.upload_id.clone(),
            size: self.size,
            part_bytes: part_bytes(self.size),
            copied: None,
        }
    }
}

/// The state of a private reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PrivateReferenceState {
    /// The files are being uploaded.
    Uploading,
    /// The files have arrived; a worker builds the reference, or will.
    Building,
    /// Jobs can use it.
    Ready(Box<BuiltReference>),
    /// It was not built.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
    /// Its owner, or the end of their subscription, has deleted it. Jobs that have it as their reference
    /// end first.
    Deleting,
}

/// A private reference that was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltReference {
    /// What jobs can choose.
    pub choice: ReferenceChoice,
    /// The size of its files in bytes.
    pub bytes: u64,
    /// The version of the engine's reference format. `None` in rows of versions that did not store it: the manifest has it.
    #[serde(default)]
    pub engine_format: Option<u32>,
    /// What was left out of the gene models and why, at most [`MAX_NOTES`] lines.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl BuiltReference {
    /// Checks that the engine of this version reads it, as far as its row says.
    ///
    /// # Errors
    /// [`OtherFormat`].
    pub fn check_format(&self) -> Result<(), OtherFormat> {
        self.engine_format.map_or(Ok(()), OtherFormat::check)
    }
}

/// A change of a private reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateReferenceChange {
    /// The files have arrived.
    Uploaded,
    /// It was built.
    Built(Box<BuiltReference>),
    /// It cannot be built, for this reason.
    Failed(String),
    /// It is to be deleted.
    Delete,
    /// The reconciler has looked at it.
    Checked,
}

/// A change that the state does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reference {id} is {status}")]
pub struct RejectedChange {
    /// The reference.
    pub id: ReferenceId,
    /// Its state.
    pub status: &'static str,
}

impl PrivateReferenceState {
    /// The state as a word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Building => "building",
            Self::Ready(_) => "ready",
            Self::Failed { .. } => "failed",
            Self::Deleting => "deleting",
        }
    }

    /// Whether its build has ended.
    pub const fn is_built_or_failed(&self) -> bool {
        matches!(self, Self::Ready(_) | Self::Failed { .. })
    }
}

impl PrivateReference {
    /// A file by its role.
    pub const fn source(&self, role: SourceRole) -> &UploadedSource {
        match role {
            SourceRole::Fasta => &self.fasta,
            SourceRole::GeneModels => &self.gene_models,
        }
    }

    /// The bytes that count towards the limit of the owner: those of the uploaded files until the reference
    /// is built, then its own.
    pub fn bytes(&self) -> u64 {
        match &self.state {
            PrivateReferenceState::Uploading | PrivateReferenceState::Building => {
                self.fasta.size.saturating_add(self.gene_models.size)
            }
            PrivateReferenceState::Ready(built) => built.bytes,
            PrivateReferenceState::Failed { .. } | PrivateReferenceState::Deleting => 0,
        }
    }

    /// Whether it counts towards the number of references that the owner may have.
    pub const fn counts(&self) -> bool {
        !matches!(
            self.state,
            PrivateReferenceState::Failed { .. } | PrivateReferenceState::Deleting
        )
    }

    /// When the reconciler has to look at it; `None` if never.
    pub fn due(&self) -> Option<Timestamp> {
        let after = match self.state {
            PrivateReferenceState::Uploading => UPLOAD_TIME,
            PrivateReferenceState::Building => BUILD_TIME,
            PrivateReferenceState::Ready(_) => PLAN_CHECKS,
            PrivateReferenceState::Deleting => DELETION_CHECKS,
            PrivateReferenceState::Failed { .. } => return None,
        };
        Some(self.changed_at.checked_add(after).unwrap_or(Timestamp::MAX))
    }

    /// The next version.
    ///
    /// # Errors
    /// [`RejectedChange`] if the state does not allow the change.
    pub fn apply(
        &self,
        change: PrivateReferenceChange,
        now: Timestamp,
    ) -> Result<Self, RejectedChange> {
        use PrivateReferenceChange as Change;
        use PrivateReferenceState as State;
        let state = match (&self.state, change) {
            (State::Uploading, Change::Uploaded) => State::Building,
            (State::Building, Change::Built(built)) => State::Ready(built),
            (State::Uploading | State::Building, Change::Failed(reason)) => {
                State::Failed { reason }
            }
            (
                State::Uploading | State::Building | State::Ready(_) | State::Failed { .. },
                Change::Delete,
            ) => State::Deleting,
            (state, Change::Checked) => state.clone(),
            (state, _) => {
                return Err(RejectedChange { id: self.id.clone(), status: state.as_str() });
            }
        };
        Ok(Self { version: self.version + 1, changed_at: now, state, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{Sha256, TranscriptCounts};

    fn source(size: u64) -> UploadedSource {
        UploadedSource { file_name: "a".to_owned(), size, upload_id: "u".to_owned() }
    }

    fn new() -> PrivateReference {
        PrivateReference {
            owner: UserId::new(Uuid::from_u128(1)),
            id: "private/GRCh38/mine".parse().unwrap(),
            build: Uuid::from_u128(2),
            version: 1,
            added_at: Timestamp::UNIX_EPOCH,
            changed_at: Timestamp::UNIX_EPOCH,
            fasta: source(10),
            gene_models: source(5),
            state: PrivateReferenceState::Uploading,
        }
    }

    fn built() -> PrivateReferenceChange {
        let choice = ReferenceChoice {
            id: "private/GRCh38/mine".parse().unwrap(),
            sha256: Sha256::from_bytes([1; 32]),
            species: String::new(),
            assembly: "GRCh38".to_owned(),
            gene_set: None,
            genes: 1,
            transcripts: TranscriptCounts::default(),
            contig_count: 0,
            contigs: vec![],
            attribution: None,
            license: None,
        };
        PrivateReferenceChange::Built(Box::new(BuiltReference {
            choice,
            bytes: 99,
            engine_format: None,
            notes: vec![],
        }))
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
    }

    #[test]
    fn a_reference_is_uploaded_built_used_and_deleted() {
        let uploading = new();
        assert_eq!((uploading.bytes(), uploading.counts()), (15, true));
        let building = uploading.apply(PrivateReferenceChange::Uploaded, at(1)).unwrap();
        let ready = building.apply(built(), at(2)).unwrap();
        assert_eq!((ready.bytes(), ready.version, ready.changed_at), (99, 3, at(2)));
        let deleting = ready.apply(PrivateReferenceChange::Delete, at(3)).unwrap();
        assert_eq!((deleting.bytes(), deleting.counts()), (0, false));
        let json = serde_json::to_string(&ready).unwrap();
        assert_eq!(serde_json::from_str::<PrivateReference>(&json).unwrap(), ready);
    }

    #[test]
    fn what_a_state_does_not_allow_is_rejected() {
        let failed = new().apply(PrivateReferenceChange::Failed("x".to_owned()), at(1)).unwrap();
        let building = new().apply(PrivateReferenceChange::Uploaded, at(1)).unwrap();
        let ready = building.apply(built(), at(2)).unwrap();
        let deleting = building.apply(PrivateReferenceChange::Delete, at(2)).unwrap();
        let failure = || PrivateReferenceChange::Failed("x".to_owned());
        for (state, changes) in [
            (&new(), vec![built()]),
            (&building, vec![PrivateReferenceChange::Uploaded]),
            (&ready, vec![PrivateReferenceChange::Uploaded, built(), failure()]),
            (&failed, vec![PrivateReferenceChange::Uploaded, built(), failure()]),
            (&deleting, vec![built(), failure(), PrivateReferenceChange::Delete]),
        ] {
            for change in changes {
                let rejected = state.apply(change.clone(), at(9)).unwrap_err();
                assert_eq!(rejected.status, state.state.as_str(), "{change:?}");
            }
        }
    }

    #[test]
    fn every_state_that_is_not_final_has_a_deadline_which_a_check_postpones() {
        let states = [
            (PrivateReferenceState::Uploading, Some(UPLOAD_TIME)),
            (PrivateReferenceState::Building, Some(BUILD_TIME)),
            (PrivateReferenceState::Deleting, Some(DELETION_CHECKS)),
            (PrivateReferenceState::Failed { reason: String::new() }, None),
        ];
        for (state, after) in states {
            let reference = PrivateReference { state, ..new() };
            assert_eq!(reference.due(), after.map(|after| Timestamp::UNIX_EPOCH + after));
            let checked = reference.apply(PrivateReferenceChange::Checked, at(60)).unwrap();
            assert_eq!(checked.due(), after.map(|after| at(60) + after));
        }
    }
}
