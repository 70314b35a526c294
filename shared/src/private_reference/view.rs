//! What the owner of private references sees of them.

use super::{PrivateReference, PrivateReferenceState, SourceRole, UploadedSource};
use crate::reference::{OtherFormat, ReferenceId, Sha256};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A private reference, for its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PrivateReference))]
pub struct PrivateReferenceView {
    /// The id, for the option `reference` of a job.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, example = "private/GRCh38/my-genes-2")
    )]
    pub id: ReferenceId,
    /// When it was added.
    pub added_at: Timestamp,
    /// The name of the file with the sequences.
    pub fasta: String,
    /// The name of the file with the gene models.
    pub gene_models: String,
    /// The state.
    #[serde(flatten)]
    pub state: PrivateStateView,
}

/// The state of a private reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PrivateReferenceState))]
pub enum PrivateStateView {
    /// The files are being uploaded.
    Uploading,
    /// The files have arrived, and the reference is being built.
    Building,
    /// Jobs can use it.
    Ready {
        /// The digest of its manifest, which results state.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        sha256: Sha256,
        /// The size of its files in bytes.
        bytes: u64,
        /// The number of contigs.
        contigs: u64,
        /// The number of genes.
        genes: u64,
        /// The number of transcripts.
        transcripts: u64,
        /// What was left out of the gene models, and why.
        notes: Vec<String>,
    },
    /// It cannot be built, or was built for another version of the service.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
    /// It will be gone when the jobs that use it have ended.
    Deleting,
}

impl From<&PrivateReference> for PrivateReferenceView {
    fn from(reference: &PrivateReference) -> Self {
        let name = |source: &UploadedSource| source.file_name.clone();
        Self {
            id: reference.id.clone(),
            added_at: reference.added_at,
            fasta: name(&reference.fasta),
            gene_models: name(&reference.gene_models),
            state: match &reference.state {
                PrivateReferenceState::Uploading => PrivateStateView::Uploading,
                PrivateReferenceState::Building => PrivateStateView::Building,
                PrivateReferenceState::Ready(built) => match built.check_format() {
                    Ok(()) => PrivateStateView::Ready {
                        sha256: built.choice.sha256.clone(),
                        bytes: built.bytes,
                        contigs: built.choice.contig_count,
                        genes: built.choice.genes,
                        transcripts: built.choice.transcripts.all,
                        notes: built.notes.clone(),
                    },
                    Err(format) => PrivateStateView::Failed { reason: other_format(format) },
                },
                PrivateReferenceState::Failed { reason } => {
                    PrivateStateView::Failed { reason: reason.clone() }
                }
                PrivateReferenceState::Deleting => PrivateStateView::Deleting,
            },
        }
    }
}

/// Why a built reference cannot be used any more, and what to do. Clients of all versions show it, as the reason of a failure.
fn other_format(format: OtherFormat) -> String {
    let version = if format.is_earlier() { "an earlier" } else { "a newer" };
    format!("it was built for {version} version of GAS; delete it and add its files again")
}

/// The private references of a user, and the rules for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrivateReferenceList {
    /// The references, by id.
    pub references: Vec<PrivateReferenceView>,
    /// Whether this service offers private references.
    pub is_offered: bool,
    /// Whether the user can add and use private references, which needs Premium.
    pub is_usable: bool,
    /// The most references of a user.
    pub max_count: u32,
    /// The most bytes of a user's references.
    pub max_bytes: u64,
    /// The bytes of the references.
    pub bytes: u64,
    /// How long references are kept after the end of Premium, in days.
    pub keep_days: u32,
    /// When they will be deleted, if the user is not on Premium anymore.
    pub deleted_at: Option<Timestamp>,
}

/// The next parts to send of the files of a private reference: the first ones that S3 has not received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceParts {
    /// The reference.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, example = "private/GRCh38/my-genes-2")
    )]
    pub id: ReferenceId,
    /// The number of bytes that S3 has not received.
    pub missing_bytes: u64,
    /// The parts to send next. Empty if nothing is missing, so that the upload can be confirmed.
    pub parts: Vec<SourcePart>,
    /// The time from which storage rejects these parts. New ones can be requested.
    pub expires_at: Timestamp,
}

/// A part of a file: send exactly these bytes with PUT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourcePart {
    /// The file.
    pub file: SourceRole,
    /// The offset of the part in the file, in bytes.
    pub offset: u64,
    /// The length of the part in bytes.
    pub length: u64,
    /// The URL for the PUT request.
    #[cfg_attr(feature = "openapi", schema(format = "uri"))]
    pub url: String,
}
