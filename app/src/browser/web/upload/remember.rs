//! Uploads in parts that were under way, kept by the browser over a reload of the page.
//!
//! A file is known again by its name, its size and its time of change. Only the job's id is kept;
//! what of the file has arrived is asked of the server.

use crate::browser::{read_preference, write_preference};
use crate::pages::Card;
use gas_shared::JobId;
use wasm_bindgen::JsCast;
use web_sys::File;

/// Where the id is kept, or `None` for content that is no file of the user's.
fn key(card: &Card) -> Option<String> {
    let file: &File = card.content.dyn_ref()?;
    Some(format!("gas-upload:{}:{}:{}", card.size, file.last_modified(), card.name))
}

/// The job that this file was being sent for.
pub fn recall(card: &Card) -> Option<JobId> {
    read_preference(&key(card)?)?.parse().ok()
}

/// Keeps the job that a file is being sent for.
pub fn remember(card: &Card, job: JobId) {
    if let Some(key) = key(card) {
        write_preference(&key, Some(&job.to_string()));
    }
}

/// Forgets it: the file is sent, or will not be.
pub fn forget(card: &Card) {
    if let Some(key) = key(card) {
        write_preference(&key, None);
    }
}
