//! What the browser needs to send a file straight to S3.

use crate::JobId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
