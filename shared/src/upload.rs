//! Uploads straight to S3: the presigned requests that a client gets.

use crate::JobId;
use crate::job_options::JobOptions;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// The largest file that browsers send in one request, in bytes. Larger files are sent in parts, so
/// that an interrupted upload need not restart from the beginning.
pub const ONE_REQUEST_MAX_BYTES: u64 = 64 * MIB;

/// The smallest part of an upload but the last, in bytes: small enough to repeat.
pub const PART_BYTES: u64 = 8 * MIB;

/// The most parts that S3 accepts (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MAX_PARTS: u64 = 10_000;

/// The size of the parts of a file, in bytes: [`PART_BYTES`], or more if the file would have over 10,000 parts.
pub const fn part_bytes(size: u64) -> u64 {
    let bytes = size.div_ceil(MAX_PARTS).next_multiple_of(MIB);
    if bytes > PART_BYTES { bytes } else { PART_BYTES }
}

/// A file to annotate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = NewJob))]
pub struct NewUpload {
    /// The file's name. Must end with `.vcf`, `.vcf.gz`, `.vcf.bgz` or `.bcf`.
    #[cfg_attr(feature = "openapi", schema(example = "patient-7.vcf.gz"))]
    pub file_name: String,
    /// The file's size in bytes.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, example = 104_857))]
    pub size_bytes: u64,
    /// What to annotate the file with, and what to write. All options have defaults.
    // Servers of older versions reject fields that they do not know.
    #[serde(default, skip_serializing_if = "JobOptions::is_default")]
    pub options: JobOptions,
}

impl NewUpload {
    /// Describes a file that is annotated with the default options; the server validates the
    /// description.
    pub fn new(file_name: impl Into<String>, size_bytes: u64) -> Self {
        Self { file_name: file_name.into(), size_bytes, options: JobOptions::default() }
    }

    /// Sets the options.
    #[must_use]
    pub fn with(self, options: JobOptions) -> Self {
        Self { options, ..self }
    }
}

/// The settings of this deployment that concern uploaded files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadSettings {
    /// The AWS region in which files are stored.
    pub region: String,
    /// The download window of Free users, after which a result is archived, in seconds.
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
    /// The form fields that the signed policy requires, in order.
    pub fields: Vec<(String, String)>,
    /// The content type of the file part; the policy pins it.
    pub content_type: String,
    /// When the policy expires. S3 rejects the POST afterwards.
    pub expires_at: Timestamp,
}

/// The next parts to send of a multipart upload: the first ones that S3 has not received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartsTicket {
    /// The job that waits for this file.
    pub job_id: JobId,
    /// The file's size in bytes.
    pub size: u64,
    /// The number of bytes that S3 has not received.
    pub missing: u64,
    /// The parts to send next. Empty if nothing is missing and the upload can be confirmed.
    pub parts: Vec<PartTicket>,
    /// When the tickets expire. New ones can be requested.
    pub expires_at: Timestamp,
}

/// A presigned PUT: send exactly these bytes of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartTicket {
    /// The part's offset in the file, in bytes.
    pub offset: u64,
    /// The part's length in bytes. S3 rejects a request body of any other length.
    pub length: u64,
    /// The URL for the PUT request.
    pub url: String,
}
