//! Archives that are uploaded in parts.

use super::archives::{ARCHIVE_ID_LENGTH, checked_hash};
use super::{State, Store, checked_description, new_id};
use crate::disk::Incoming;
use crate::error::{ApiError, ApiResult};
use crate::records::{Archive, ByteRange, Contents, Part, Upload};
use crate::tree_hash::{LEAF_BYTES, TreeHash};
use jiff::Timestamp;

/// The length of an upload id on AWS.
const UPLOAD_ID_LENGTH: usize = 92;

/// The largest part, in bytes: 4 GiB.
const MAX_PART: u64 = 4 << 30;

const MAX_PARTS: u64 = 10_000;

impl Store {
    /// Starts a multipart upload.
    ///
    /// # Errors
    /// If the part size is not 1 MiB times a power of two up to 4 GiB, the vault does not exist, or
    /// the disk fails.
    pub async fn initiate_upload(
        &self,
        vault: &str,
        description: &str,
        part_size: u64,
    ) -> ApiResult<Upload> {
        let mut state = self.state.lock().await;
        state.vault(vault)?;
        if !part_size.is_power_of_two() || !(LEAF_BYTES..=MAX_PART).contains(&part_size) {
            return Err(ApiError::invalid(format!(
                "Invalid part size: {part_size}. Part size must be not null, must be a power of \
                 two and be between 1048576 and 4294967296 bytes."
            )));
        }
        let upload = Upload {
            id: new_id(UPLOAD_ID_LENGTH),
            vault: vault.to_owned(),
            description: checked_description(description)?,
            created: Timestamp::now(),
            part_size,
            parts: Default::default(),
        };
        self.disk.save(&upload).await?;
        state.uploads.insert(upload.id.clone(), upload.clone());
        Ok(upload)
    }

    /// Stores a received file as a part, and replaces an earlier part of the same range.
    ///
    /// # Errors
    /// If the range, size or hash is not valid, the upload does not exist, or the disk fails.
    pub async fn upload_part(
        &self,
        vault: &str,
        id: &str,
        range: ByteRange,
        declared: TreeHash,
        incoming: Incoming,
    ) -> ApiResult<TreeHash> {
        let part_size = self.state.lock().await.upload(vault, id)?.part_size;
        let begins = range.start.is_multiple_of(part_size);
        if !begins || range.len() > part_size || range.start / part_size >= MAX_PARTS {
            return Err(ApiError::invalid(format!(
                "Content-Range: bytes {}-{}/* is incompatible with part size {part_size}",
                range.start, range.end
            )));
        }
        if incoming.size() != range.len() {
            let (size, length) = (incoming.size(), range.len());
            return Err(ApiError::invalid(format!("{size} bytes came for a range of {length}")));
        }
        let tree_hash = checked_hash(declared, incoming.tree_hash())?;
        let piece = incoming.keep().await?;
        let mut state = self.state.lock().await;
        // The upload may have ended in the meantime.
        let mut upload = match state.upload(vault, id) {
            Ok(upload) => upload.clone(),
            Err(error) => {
                state.discard(&self.disk, &[piece]).await?;
                return Err(error);
            }
        };
        let replaced = upload.parts.insert(range.start, Part { piece, tree_hash });
        self.disk.save(&upload).await?;
        state.uploads.insert(upload.id.clone(), upload);
        if let Some(part) = replaced {
            state.discard(&self.disk, &[part.piece]).await?;
        }
        Ok(tree_hash)
    }

    /// Creates an archive from the parts. A repeated call with the same values returns the same
    /// archive while it exists; AWS guarantees this for a short time.
    ///
    /// # Errors
    /// If parts are missing, the size or hash differs, the upload does not exist, or the disk
    /// fails.
    pub async fn complete_upload(
        &self,
        vault: &str,
        id: &str,
        size: u64,
        declared: TreeHash,
    ) -> ApiResult<Archive> {
        let mut state = self.state.lock().await;
        if let Some(archive) = state.archive_of_upload(vault, id) {
            checked_size(size, archive.contents.size)?;
            checked_hash(declared, archive.contents.tree_hash)?;
            return Ok(archive.clone());
        }
        let upload = state.upload(vault, id)?;
        let archive = Archive {
            id: new_id(ARCHIVE_ID_LENGTH),
            vault: vault.to_owned(),
            description: upload.description.clone(),
            created: Timestamp::now(),
            upload_id: Some(id.to_owned()),
            contents: joined(upload, size, declared)?,
        };
        self.disk.save(&archive).await?;
        state.archives.insert(archive.id.clone(), archive.clone());
        if let Some(upload) = state.uploads.remove(id) {
            self.disk.remove(&upload).await?;
        }
        Ok(archive)
    }

    /// Deletes an upload and its parts. Aborting an upload again is not an error.
    ///
    /// # Errors
    /// If the upload is complete or never existed, or the disk fails.
    pub async fn abort_upload(&self, vault: &str, id: &str) -> ApiResult<()> {
        let mut state = self.state.lock().await;
        state.vault(vault)?;
        if state.aborted.contains(id) {
            return Ok(());
        }
        let upload = state.upload(vault, id)?.clone();
        self.disk.remove(&upload).await?;
        state.uploads.remove(id);
        state.aborted.insert(id.to_owned());
        let pieces: Vec<_> = upload.parts.into_values().map(|part| part.piece).collect();
        state.discard(&self.disk, &pieces).await?;
        Ok(())
    }

    /// Returns an open upload.
    ///
    /// # Errors
    /// If the upload does not exist.
    pub async fn upload(&self, vault: &str, id: &str) -> ApiResult<Upload> {
        self.state.lock().await.upload(vault, id).cloned()
    }

    /// Returns the open uploads of a vault.
    ///
    /// # Errors
    /// If the vault does not exist.
    pub async fn uploads(&self, vault: &str) -> ApiResult<Vec<Upload>> {
        let state = self.state.lock().await;
        state.vault(vault)?;
        Ok(state.uploads.values().filter(|upload| upload.vault == vault).cloned().collect())
    }
}

impl State {
    fn upload(&self, vault: &str, id: &str) -> ApiResult<&Upload> {
        self.vault(vault)?;
        let upload = self.uploads.get(id).filter(|upload| upload.vault == vault);
        upload.ok_or_else(|| ApiError::not_found("upload ID", id))
    }

    fn archive_of_upload(&self, vault: &str, id: &str) -> Option<&Archive> {
        let mut archives = self.archives.values();
        archives.find(|archive| archive.vault == vault && archive.upload_id.as_deref() == Some(id))
    }
}

/// Concatenates the parts.
fn joined(upload: &Upload, size: u64, declared: TreeHash) -> ApiResult<Contents> {
    let mut end = 0;
    for (start, part) in &upload.parts {
        // All parts start at multiples of the part size, so this detects gaps and short parts in
        // the middle.
        if *start != end {
            return Err(ApiError::invalid(format!("The bytes from {end} to {start} are missing")));
        }
        end += part.piece.size;
    }
    checked_size(size, end)?;
    let hashes: Vec<_> = upload.parts.values().map(|part| part.tree_hash).collect();
    let tree_hash = checked_hash(declared, TreeHash::root(&hashes))?;
    let pieces = upload.parts.values().map(|part| part.piece.clone()).collect();
    Ok(Contents { pieces, size, tree_hash })
}

fn checked_size(declared: u64, actual: u64) -> ApiResult<()> {
    if declared == actual && actual > 0 {
        return Ok(());
    }
    Err(ApiError::invalid(format!("The archive size is {actual} bytes, not {declared}")))
}
