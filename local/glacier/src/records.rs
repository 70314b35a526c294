//! What is kept: one JSON file for each of these, written whole.

use crate::tree_hash::TreeHash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something with a file of its own.
pub trait Record: Serialize + for<'de> Deserialize<'de> {
    /// The folder that its kind has.
    const FOLDER: &'static str;

    /// The file's name: made by this server, so that it is safe as one.
    fn id(&self) -> &str;
}

/// A vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vault {
    /// The file's name; a vault may be named "..".
    pub id: String,
    /// Its name in the API.
    pub name: String,
    /// Since when it exists.
    pub created: Timestamp,
}

impl Record for Vault {
    const FOLDER: &'static str = "vaults";

    fn id(&self) -> &str {
        &self.id
    }
}

/// A data file. Behind its content stand the leaves of its tree hash, 32 bytes each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Piece {
    /// The name of the file.
    pub file: String,
    /// The length of the content, in bytes.
    pub size: u64,
}

/// The content of an archive: one piece, or the parts of a multipart upload in their order, which
/// are therefore never copied. All pieces but the last are whole MiB.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contents {
    /// The data files.
    pub pieces: Vec<Piece>,
    /// The length of all, in bytes.
    pub size: u64,
    /// The hash of all.
    pub tree_hash: TreeHash,
}

/// An archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Archive {
    /// The archive id.
    pub id: String,
    /// The name of its vault.
    pub vault: String,
    /// What the uploader said of it.
    pub description: String,
    /// When the upload was complete.
    pub created: Timestamp,
    /// The multipart upload that made it. An upload that stands here is complete, whatever else
    /// the disk says: this file is the one that commits it.
    pub upload_id: Option<String>,
    /// Its content.
    pub contents: Contents,
}

impl Record for Archive {
    const FOLDER: &'static str = "archives";

    fn id(&self) -> &str {
        &self.id
    }
}

/// A multipart upload under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Upload {
    /// The upload id.
    pub id: String,
    /// The name of its vault.
    pub vault: String,
    /// The description of the archive to be.
    pub description: String,
    /// When it was begun.
    pub created: Timestamp,
    /// The size of every part but the last, in bytes; a power of two MiB.
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
    /// Its content.
    pub piece: Piece,
    /// Its hash.
    pub tree_hash: TreeHash,
}

/// How fast, and at what price, an archive is retrieved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// Minutes on AWS, where there is capacity.
    Expedited,
    /// Hours on AWS.
    #[default]
    Standard,
    /// Half a day on AWS.
    Bulk,
}

/// Bytes of an archive, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The last byte, not before the first.
    pub end: u64,
}

impl ByteRange {
    /// How many bytes it holds.
    #[allow(clippy::len_without_is_empty)] // A range has one byte at least.
    pub fn len(&self) -> u64 {
        self.end - self.start + 1
    }
}

/// An archive retrieval.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The job id.
    pub id: String,
    /// The name of the vault.
    pub vault: String,
    /// The archive.
    pub archive_id: String,
    /// The size of the whole archive, in bytes.
    pub archive_size: u64,
    /// The hash of the whole archive.
    pub archive_tree_hash: TreeHash,
    /// What the caller said of the job.
    pub description: Option<String>,
    /// The topic that hears of its end.
    pub sns_topic: Option<String>,
    /// Its tier.
    pub tier: Tier,
    /// The bytes to retrieve.
    pub range: ByteRange,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it will be done.
    pub due: Timestamp,
    /// How it ended.
    pub end: Option<End>,
}

/// The end of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether the topic has heard of it.
    pub announced: bool,
}

/// What came of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// There is output. It stays readable when the archive is deleted.
    Succeeded {
        /// The whole archive.
        contents: Contents,
        /// The hash of the job's range, where that is aligned to the tree.
        tree_hash: Option<TreeHash>,
    },
    /// There is none.
    Failed {
        /// Why.
        message: String,
    },
}

impl Record for Job {
    const FOLDER: &'static str = "jobs";

    fn id(&self) -> &str {
        &self.id
    }
}
