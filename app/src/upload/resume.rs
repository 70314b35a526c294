//! Remembers unfinished multipart uploads across a reload of the page.
//!
//! A file is recognized by its name, size and modification time. Only the job's id is stored; the
//! server knows which parts have arrived.

use super::queue::QueuedFile;
use crate::browser::{read_preference, write_preference};
use gas_shared::JobId;

/// The key of a file's entry. `None` if the content does not come from a file of the user's.
fn key(file: &QueuedFile) -> Option<String> {
    let modified = file.content.last_modified()?;
    Some(format!("gas-upload:{}:{modified}:{}", file.size, file.name))
}

/// The job of the file's unfinished upload, if there is one.
pub fn unfinished_job(file: &QueuedFile) -> Option<JobId> {
    read_preference(&key(file)?)?.parse().ok()
}

/// Remembers the job of the file's upload.
pub fn remember(file: &QueuedFile, job: JobId) {
    if let Some(key) = key(file) {
        write_preference(&key, Some(&job.to_string()));
    }
}

/// Removes the entry of a file whose upload is complete or cancelled.
pub fn forget(file: &QueuedFile) {
    if let Some(key) = key(file) {
        write_preference(&key, None);
    }
}
