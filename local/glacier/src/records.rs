//! The stored records. Each one is a JSON file.

use crate::tree_hash::TreeHash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A record with its own file.
pub trait Record: Serialize + for<'de> Deserialize<'de> {
    /// The folder of this kind of record.
    const FOLDER: &'static str;

    /// The name of the file. The server generates it, so it is a safe file name.
    fn id(&self) -> &str;
}

/// A vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vault {
    /// The name of the file. It differs from the vault's name, which may be "..".
    pub id: String,
    /// The vault's name in the API.
    pub name: String,
    /// When the vault was created.
    pub created: Timestamp,
}

impl Record for Vault {
    const FOLDER: &'static str = "vaults";

    fn id(&self) -> &str {
        &self.id
    }
}

/// A data file. Its content is followed by the leaves of its tree hash, 32 bytes each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Piece {
    /// The name of the file.
    pub file: String,
    /// The length of the content, in bytes.
    pub size: u64,
}

/// The content of an archive: one data file, or the parts of a multipart upload in order, which are
/// never copied. All data files except the last are a multiple of 1 MiB long.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contents {
    /// The data files.
    pub pieces: Vec<Piece>,
    /// The total length, in bytes.
    pub size: u64,
    /// The tree hash of the content.
    pub tree_hash: TreeHash,
}

/// An archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Archive {
    /// The archive id.
    pub id: String,
    /// The name of the archive's vault.
    pub vault: String,
    /// The description by the uploader.
    pub description: String,
    /// When the upload was completed.
    pub created: Timestamp,
    /// The multipart upload that created the archive. Such an upload is complete, regardless of
    /// other files, because this file commits it.
    pub upload_id: Option<String>,
    /// The archive's content.
    pub contents: Contents,
}

impl Record for Archive {
    const FOLDER: &'static str = "archives";

    fn id(&self) -> &str {
        &self.id
    }
}

/// An open multipart upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upload {
    /// The upload id.
    pub id: String,
    /// The name of its vault.
    pub vault: String,
    /// The description of the future archive.
    pub description: String,
    /// When the upload was started.
    pub created: Timestamp,
    /// The size of every part except the last, in bytes: a power of two times 1 MiB.
    pub part_size: u64,
    /// The parts by their first byte.
    pub parts: BTreeMap<u64, Part>,
}

impl Record for Upload {
    const FOLDER: &'static str = "uploads";

    fn id(&self) -> &str {
        &self.id
    }
}

/// A part of a multipart upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The part's content.
    pub piece: Piece,
    /// The part's tree hash.
    pub tree_hash: TreeHash,
}

/// The retrieval tier of an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// Takes minutes on AWS, if capacity is available.
    Expedited,
    /// Takes hours on AWS.
    #[default]
    Standard,
    /// Takes half a day on AWS.
    Bulk,
}

/// A range of bytes of an archive; both ends are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The last byte; not less than the first.
    pub end: u64,
}

impl ByteRange {
    /// The length of the range, in bytes.
    #[allow(clippy::len_without_is_empty, reason = "a range has one byte at least")]
    pub fn len(&self) -> u64 {
        self.end - self.start + 1
    }
}

/// An archive retrieval job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The job id.
    pub id: String,
    /// The name of the vault.
    pub vault: String,
    /// The archive's id.
    pub archive_id: String,
    /// The size of the complete archive, in bytes.
    pub archive_size: u64,
    /// The tree hash of the complete archive.
    pub archive_tree_hash: TreeHash,
    /// The description by the caller.
    pub description: Option<String>,
    /// The topic that is notified when the job finishes.
    pub sns_topic: Option<String>,
    /// The job's tier.
    pub tier: Tier,
    /// The range to retrieve.
    pub range: ByteRange,
    /// When the job was created.
    pub created: Timestamp,
    /// When the job finishes.
    pub due: Timestamp,
    /// The job's outcome; `None` while it runs.
    pub end: Option<End>,
}

/// The end of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    /// When the job finished.
    pub at: Timestamp,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether the topic was notified.
    pub announced: bool,
}

/// The outcome of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// The output is available. It stays readable if the archive is deleted.
    Succeeded {
        /// The complete archive.
        contents: Contents,
        /// The tree hash of the job's range, if the range is aligned to the tree.
        tree_hash: Option<TreeHash>,
    },
    /// The job failed.
    Failed {
        /// The reason.
        message: String,
    },
}

impl Record for Job {
    const FOLDER: &'static str = "jobs";

    fn id(&self) -> &str {
        &self.id
    }
}
