//! Remembers unfinished multipart uploads across a reload of the page.
//!
//! A file is recognized by its name, size and modification time. The job's id is stored, with the options
//! that it was created with; the server knows which parts have arrived.

use super::queue::QueuedFile;
use crate::browser::{read_preference, write_preference};
use gas_shared::JobId;

/// The key of a file's entry. `None` if the content does not come from a file of the user's.
fn key(file: &QueuedFile) -> Option<String> {
    let modified = file.content.last_modified()?;
    Some(format!("gas-upload:{}:{modified}:{}", file.size, file.name))
}

/// The job of the file's unfinished upload, if there is one with the same options.
pub fn unfinished_job(file: &QueuedFile) -> Option<JobId> {
    let entry = read_preference(&key(file)?)?;
    let (job, options) = entry.split_once(' ')?;
    if options == options_text(file) { job.parse().ok() } else { None }
}

/// Remembers the job of the file's upload.
pub fn remember(file: &QueuedFile, job: JobId) {
    if let Some(key) = key(file) {
        write_preference(&key, Some(&format!("{job} {}", options_text(file))));
    }
}

fn options_text(file: &QueuedFile) -> String {
    serde_json::to_string(&file.options).unwrap_or_default()
}

/// Removes the entry of a file whose upload is complete or cancelled.
pub fn forget(file: &QueuedFile) {
    if let Some(key) = key(file) {
        write_preference(&key, None);
    }
}
