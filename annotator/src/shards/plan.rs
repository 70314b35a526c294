//! The plan of a job in shards, and its files. `docs/large-jobs.md` documents their format.

use crate::vcf::{InputRange, TextPosition, TextRange};
use crate::{Error, InputError};
use gas_shared::reference::Sha256;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::Path;

/// The version of the format.
const VERSION: u32 = 1;

/// The names of the files of a plan in its folder.
const HEAD_FILE: &str = "head.json";
const SHARDS_FILE: &str = "shards.jsonl";

/// How many shards a plan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardCount {
    /// A number of shards.
    Exactly(u32),
    /// Shards of about this number of bytes of the file.
    Bytes(u64),
}

/// What all shards of a plan have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanHead {
    /// The version of the format.
    pub version: u32,
    /// Bytes of the input.
    pub input_bytes: u64,
    /// The entity tag of the input, if it is an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Where the header of the input ends.
    pub header_end: TextPosition,
    /// Whether the end of the input is marked as its format demands.
    pub has_end_mark: bool,
    /// A digest of the header of the result and of all options of the run.
    pub run: Sha256,
    /// The number of shards.
    pub shards: u32,
}

/// A shard: a part of the records of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// The number of the shard, from 0.
    pub shard: u32,
    /// Where its text begins.
    pub start: TextPosition,
    /// Where its text ends; `None` at the end of the file.
    pub end: Option<TextPosition>,
    /// The contig of its first record; `None` if the file has no records.
    pub contig: Option<String>,
    /// The position of its first record.
    pub pos: Option<u64>,
    /// About how many records it has.
    pub records: u64,
}

impl Shard {
    /// The text of the shard in a file.
    pub(crate) fn text(&self, head: &PlanHead) -> InputRange {
        InputRange {
            range: TextRange { start: self.start, end: self.end },
            // Only the last one reads up to the end of the file.
            has_end_mark: self.end.is_some() || head.has_end_mark,
        }
    }
}

impl PlanHead {
    /// The header in a file.
    pub(crate) fn header_text(&self) -> InputRange {
        InputRange { range: TextRange::up_to(self.header_end), has_end_mark: true }
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What all shards have in common.
    pub head: PlanHead,
    /// The shards in the order of the file.
    pub shards: Vec<Shard>,
}

/// Why a file is not annotated in shards.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// The run of a shard, or of the file in one piece, fails.
    #[error(transparent)]
    Run(#[from] Error),
    /// The compression of the file has no blocks.
    #[error("a gzip file cannot be cut; compress it with bgzip, or with gas-annotate reblock")]
    Gzip,
    /// The file is BCF.
    #[error("a BCF file cannot be cut; make a bgzipped VCF file of it with gas-annotate reblock")]
    Bcf,
    /// A file of a plan, or of an annotated shard, has another form.
    #[error("{file}: {reason}")]
    Invalid {
        /// The file.
        file: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// The plan does not have the shard.
    #[error("the plan has no shard {0}")]
    NoShard(u32),
    /// The input is not the planned one.
    #[error("the input has {found} bytes, and that of the plan {planned}; plan it again")]
    OtherInput {
        /// Bytes of the input.
        found: u64,
        /// Bytes of the planned input.
        planned: u64,
    },
    /// The plan or an annotated shard was made with another input, reference, version or options.
    #[error(
        "{made} was made with another header, reference, version or options than this run has; use the same \
         arguments everywhere, or plan again"
    )]
    OtherRun {
        /// What the other run made: "the plan", or the path of an annotated shard.
        made: String,
    },
    /// The mitochondrion is not that of the reference, which only all records show.
    #[error(
        "{}; annotate the shards with its records again with this exclusion: {}", .exclusion.warning,
        .shards.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
    )]
    Exclude {
        /// What the shards must not annotate.
        exclusion: Exclusion,
        /// Their numbers.
        shards: Vec<u32>,
    },
}

/// Contigs that must not be annotated, because all records together show that the reference has other sequences
/// of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The names in the input.
    pub contigs: Vec<String>,
    /// The warning for the result.
    pub warning: String,
}

impl From<InputError> for ShardError {
    fn from(error: InputError) -> Self {
        Self::Run(error.into())
    }
}

impl PlanHead {
    pub(super) const VERSION: u32 = VERSION;
}

impl Plan {
    /// Writes the plan to a folder, which is created.
    ///
    /// # Errors
    /// [`ShardError::Run`] if it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ShardError> {
        let write = |name: &str, lines: Vec<String>| {
            let path = folder.join(name);
            let mut file = fs::File::create(&path).map_err(Error::file(&path))?;
            file.write_all((lines.join("\n") + "\n").as_bytes()).map_err(Error::file(&path))
        };
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let shards = self.shards.iter().map(|shard| json(SHARDS_FILE, shard));
        write(SHARDS_FILE, shards.collect::<Result<_, _>>()?)?;
        Ok(write(HEAD_FILE, vec![json(HEAD_FILE, &self.head)?])?)
    }

    /// Reads a plan of a folder, which may have some of its shards only.
    ///
    /// # Errors
    /// [`ShardError`] if it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, ShardError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(Error::file(path))
        };
        let head: PlanHead = parse(HEAD_FILE, &read(HEAD_FILE)?)?;
        if head.version != VERSION {
            let reason = format!("version {} is not known, only {VERSION}", head.version);
            return Err(ShardError::Invalid { file: HEAD_FILE.to_owned(), reason });
        }
        let shards = read(SHARDS_FILE)?;
        let shards = shards.lines().map(|line| parse(SHARDS_FILE, line));
        Ok(Self { head, shards: shards.collect::<Result<_, _>>()? })
    }

    /// The shard with a number.
    ///
    /// # Errors
    /// [`ShardError::NoShard`] if the plan has no shard with this number.
    pub fn shard(&self, number: u32) -> Result<&Shard, ShardError> {
        let found = self.shards.iter().find(|shard| shard.shard == number);
        found.ok_or(ShardError::NoShard(number))
    }
}

fn json(file: &str, value: &impl Serialize) -> Result<String, ShardError> {
    serde_json::to_string(value)
        .map_err(|error| ShardError::Invalid { file: file.to_owned(), reason: error.to_string() })
}

fn parse<T: for<'de> Deserialize<'de>>(file: &str, text: &str) -> Result<T, ShardError> {
    serde_json::from_str(text)
        .map_err(|error| ShardError::Invalid { file: file.to_owned(), reason: error.to_string() })
}
