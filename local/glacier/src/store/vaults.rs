//! Vaults.

use super::Store;
use crate::error::{ApiError, ApiResult};
use crate::records::Vault;
use jiff::Timestamp;
use uuid::Uuid;

/// A vault and its statistics.
#[derive(Clone, Debug)]
pub struct VaultSummary {
    /// The vault.
    pub vault: Vault,
    /// The number of its archives.
    pub archives: usize,
    /// The total size of its archives, in bytes.
    pub size: u64,
}

impl Store {
    /// Creates a vault, if it does not exist.
    ///
    /// # Errors
    /// If the name is not valid, or the disk fails.
    pub async fn create_vault(&self, name: &str) -> ApiResult<()> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > 255 || !name.bytes().all(allowed) {
            return Err(ApiError::invalid(format!("Invalid vault name: {name}")));
        }
        let mut state = self.state.lock().await;
        if !state.vaults.contains_key(name) {
            let id = Uuid::new_v4().to_string();
            let vault = Vault { id, name: name.to_owned(), created: Timestamp::now() };
            self.disk.save(&vault).await?;
            state.vaults.insert(name.to_owned(), vault);
        }
        Ok(())
    }

    /// Removes an empty vault, if it exists.
    ///
    /// # Errors
    /// If the vault contains archives, or the disk fails.
    pub async fn delete_vault(&self, name: &str) -> ApiResult<()> {
        let mut state = self.state.lock().await;
        let Some(vault) = state.vaults.get(name) else { return Ok(()) };
        if state.archives.values().any(|archive| archive.vault == name) {
            let arn = self.vault_arn(name);
            return Err(ApiError::invalid(format!(
                "Vault not empty or recently written to: {arn}"
            )));
        }
        self.disk.remove(vault).await?;
        state.vaults.remove(name);
        Ok(())
    }

    /// Returns a vault. Its statistics are current, unlike on AWS, which updates them once a day.
    ///
    /// # Errors
    /// If the vault does not exist.
    pub async fn vault(&self, name: &str) -> ApiResult<VaultSummary> {
        let vaults = self.vaults().await.into_iter();
        let mut named = vaults.filter(|summary| summary.vault.name == name);
        named.next().ok_or_else(|| ApiError::not_found("vault", name))
    }

    /// All vaults, sorted by name.
    pub async fn vaults(&self) -> Vec<VaultSummary> {
        let state = self.state.lock().await;
        let summary = |vault: &Vault| {
            let inside = state.archives.values().filter(|archive| archive.vault == vault.name);
            let sizes: Vec<u64> = inside.map(|archive| archive.contents.size).collect();
            VaultSummary { vault: vault.clone(), archives: sizes.len(), size: sizes.iter().sum() }
        };
        state.vaults.values().map(summary).collect()
    }
}
