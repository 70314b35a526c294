//! What the browser needs to send a file straight to S3.

use crate::JobId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// The largest file that browsers send in one request, in bytes. What broke off in the middle of a
/// larger one would take too long to send again from its beginning, so those are sent in parts.
pub const ONE_REQUEST_MAX_BYTES: u64 = 64 * MIB;

/// The size of a part, in bytes: little to send again, and still few parts for the largest file. S3
/// takes parts of 5 MiB or more, and 10,000 of them
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
pub const PART_BYTES: u64 = 8 * MIB;

/// What becomes of files that are uploaded, in this deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSettings {
    /// The AWS region where they are stored.
    pub region: String,
    /// How long a Free user may download a result before it is archived, in seconds.
    pub free_window_secs: u32,
}

/// A presigned POST: send a `multipart/form-data` request with all [`fields`](Self::fields) in
/// order and then the file as the last part, named `file`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UploadTicket {
    /// The job that waits for this file.
    pub job_id: JobId,
    /// Where to POST.
    pub url: String,
    /// Form fields that the signed policy demands, in order.
    pub fields: Vec<(String, String)>,
    /// The content type of the file part; the policy pins it.
    pub content_type: String,
    /// S3 refuses the POST from this moment on.
    pub expires_at: Timestamp,
}

/// The next parts of a file that is sent in parts: those that S3 has not got yet, from the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartsTicket {
    /// The job that waits for this file.
    pub job_id: JobId,
    /// The file's size in bytes.
    pub size: u64,
    /// How many bytes of it S3 has not got.
    pub missing: u64,
    /// What to send next; none where nothing is missing, and the upload can be confirmed.
    pub parts: Vec<PartTicket>,
    /// S3 refuses these parts from this moment on; more tickets can be asked for.
    pub expires_at: Timestamp,
}

/// A presigned PUT: send exactly these bytes of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartTicket {
    /// Where the part begins in the file, in bytes.
    pub offset: u64,
    /// How many bytes it has; S3 refuses another number.
    pub length: u64,
    /// Where to PUT them.
    pub url: String,
}
