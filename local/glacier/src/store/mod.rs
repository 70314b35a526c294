//! The state of the server: all records in memory, written through to the [`Disk`].
//!
//! One lock guards the records. Bodies are received and hashed before the lock is taken, so that it
//! is held only while a record is written.

mod archives;
mod jobs;
mod multipart;
mod vaults;

pub use jobs::JobParameters;
pub use vaults::VaultSummary;

use crate::disk::Disk;
use crate::error::{ApiError, ApiResult, Code};
use crate::records::{Archive, Job, Outcome, Piece, Record, Upload, Vault};
use crate::settings::Settings;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Mutex as SyncMutex;
use tokio::sync::{Mutex, Notify};

/// The state of one server.
#[derive(Debug)]
pub struct Store {
    settings: Settings,
    disk: Disk,
    state: Mutex<State>,
    expedited: SyncMutex<Option<Code>>,
    /// Notified of new jobs.
    pub(crate) job_begun: Notify,
}

#[derive(Debug, Default)]
struct State {
    vaults: BTreeMap<String, Vault>,
    archives: BTreeMap<String, Archive>,
    uploads: BTreeMap<String, Upload>,
    /// Uploads that were aborted since the start. Aborting them again is not an error.
    aborted: HashSet<String>,
    jobs: BTreeMap<String, Job>,
}

impl Store {
    /// Reads the data folder, and completes interrupted operations of an earlier server.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub async fn open(settings: Settings) -> io::Result<Self> {
        let disk = Disk::open(&settings.data_dir)?;
        let vaults: Vec<Vault> = disk.load()?;
        let mut state = State {
            vaults: vaults.into_iter().map(|vault| (vault.name.clone(), vault)).collect(),
            archives: by_id(disk.load()?),
            uploads: by_id(disk.load()?),
            aborted: HashSet::new(),
            jobs: by_id(disk.load()?),
        };
        let made: Vec<_> =
            state.archives.values().filter_map(|archive| archive.upload_id.clone()).collect();
        for upload in made.iter().filter_map(|id| state.uploads.remove(id)) {
            disk.remove(&upload).await?;
        }
        disk.keep_only(&state.pieces().map(|piece| piece.file.as_str()).collect())?;
        Ok(Self {
            settings,
            disk,
            state: Mutex::new(state),
            expedited: SyncMutex::new(None),
            job_begun: Notify::new(),
        })
    }

    /// The settings of the server.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The data folder.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The ARN of a vault.
    pub fn vault_arn(&self, vault: &str) -> String {
        let Settings { region, account_id, .. } = &self.settings;
        format!("arn:aws:glacier:{region}:{account_id}:vaults/{vault}")
    }

    /// Makes expedited retrievals fail with this code, or succeed again. This is not stored.
    pub fn set_expedited(&self, rejection: Option<Code>) {
        *self.expedited.lock().unwrap_or_else(|broken| broken.into_inner()) = rejection;
    }

    fn expedited_rejection(&self) -> Option<Code> {
        *self.expedited.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl State {
    fn vault(&self, name: &str) -> ApiResult<&Vault> {
        self.vaults.get(name).ok_or_else(|| ApiError::not_found("vault", name))
    }

    /// All data files to which a record refers.
    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let archives = self.archives.values().flat_map(|archive| &archive.contents.pieces);
        let parts = self.uploads.values().flat_map(|upload| upload.parts.values());
        let outputs = self.jobs.values().filter_map(|job| match &job.end.as_ref()?.outcome {
            Outcome::Succeeded { contents, .. } => Some(&contents.pieces),
            Outcome::Failed { .. } => None,
        });
        archives.chain(parts.map(|part| &part.piece)).chain(outputs.flatten())
    }

    /// Removes those of the data files to which no record refers.
    async fn discard(&self, disk: &Disk, pieces: &[Piece]) -> io::Result<()> {
        let named: HashSet<_> = self.pieces().map(|piece| piece.file.as_str()).collect();
        for piece in pieces.iter().filter(|piece| !named.contains(piece.file.as_str())) {
            disk.discard(piece).await?;
        }
        Ok(())
    }
}

fn by_id<R: Record>(records: Vec<R>) -> BTreeMap<String, R> {
    records.into_iter().map(|record| (record.id().to_owned(), record)).collect()
}

/// Generates a random id as long as on AWS, from the alphabet of base64url.
fn new_id(length: usize) -> String {
    use base64::Engine as _;
    let bytes: Vec<u8> =
        (0..length.div_ceil(16)).flat_map(|_| uuid::Uuid::new_v4().into_bytes()).collect();
    let mut id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    id.truncate(length);
    id
}

/// Validates a description: at most 1,024 printable ASCII characters.
fn checked_description(text: &str) -> ApiResult<String> {
    let printable = text.bytes().all(|byte| (32..127).contains(&byte));
    if text.len() <= 1024 && printable {
        return Ok(text.to_owned());
    }
    Err(ApiError::invalid("Invalid description: at most 1024 printable ASCII characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_long_and_safe_as_names_of_files() {
        let id = new_id(138);
        assert_eq!(id.len(), 138);
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_ne!(id, new_id(138));
    }

    #[test]
    fn descriptions_are_printable() {
        assert!(checked_description("job 5 <a@b>").is_ok());
        assert!(checked_description(&"x".repeat(1025)).is_err());
        assert!(checked_description("é").is_err());
    }
}
