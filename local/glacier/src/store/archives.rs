//! Archives that are uploaded in one request.

use super::{Store, checked_description, new_id};
use crate::disk::Incoming;
use crate::error::{ApiError, ApiResult};
use crate::records::{Archive, Contents};
use crate::tree_hash::TreeHash;
use jiff::Timestamp;

/// The length of an archive id on AWS.
pub(super) const ARCHIVE_ID_LENGTH: usize = 138;

/// The largest upload in one request, in bytes: 4 GiB, as on AWS.
const MAX_UPLOAD: u64 = 4 << 30;

impl Store {
    /// Stores a received file as an archive.
    ///
    /// # Errors
    /// If the hash differs, the vault does not exist, or the disk fails.
    pub async fn upload_archive(
        &self,
        vault: &str,
        description: &str,
        declared: TreeHash,
        incoming: Incoming,
    ) -> ApiResult<Archive> {
        self.state.lock().await.vault(vault)?;
        let description = checked_description(description)?;
        if incoming.size() == 0 || incoming.size() > MAX_UPLOAD {
            let size = incoming.size();
            return Err(ApiError::invalid(format!("Invalid Content-Length: {size}")));
        }
        let tree_hash = checked_hash(declared, incoming.tree_hash())?;
        let piece = incoming.keep().await?;
        let contents = Contents { size: piece.size, pieces: vec![piece], tree_hash };
        let archive = Archive {
            id: new_id(ARCHIVE_ID_LENGTH),
            vault: vault.to_owned(),
            description,
            created: Timestamp::now(),
            upload_id: None,
            contents,
        };
        let mut state = self.state.lock().await;
        // The vault may have been deleted in the meantime.
        if let Err(error) = state.vault(vault) {
            state.discard(&self.disk, &archive.contents.pieces).await?;
            return Err(error);
        }
        self.disk.save(&archive).await?;
        state.archives.insert(archive.id.clone(), archive.clone());
        Ok(archive)
    }

    /// Removes an archive, if it exists. The output of finished retrievals is kept.
    ///
    /// # Errors
    /// If the vault does not exist, or the disk fails.
    pub async fn delete_archive(&self, vault: &str, id: &str) -> ApiResult<()> {
        let mut state = self.state.lock().await;
        state.vault(vault)?;
        let inside = state.archives.get(id).filter(|archive| archive.vault == vault);
        let Some(archive) = inside.cloned() else { return Ok(()) };
        self.disk.remove(&archive).await?;
        state.archives.remove(id);
        state.discard(&self.disk, &archive.contents.pieces).await?;
        Ok(())
    }

    /// All archives of all vaults.
    pub async fn archives(&self) -> Vec<Archive> {
        self.state.lock().await.archives.values().cloned().collect()
    }
}

/// Returns the hash if both sides agree.
pub(super) fn checked_hash(declared: TreeHash, computed: TreeHash) -> ApiResult<TreeHash> {
    if declared == computed {
        return Ok(computed);
    }
    let text = format!("Checksum mismatch: expected {declared} but the data have {computed}");
    Err(ApiError::invalid(text))
}
