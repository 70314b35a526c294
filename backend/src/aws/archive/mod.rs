//! The two archives, and the bytes on their way there and back.

mod glacier_class;
mod objects;
mod tree_hash;
mod vault;

pub use glacier_class::GlacierClassArchive;
pub use vault::VaultArchive;

use super::Sdk;
use crate::deployment::{ArchiveBackEnd, ArchiveSettings};
use crate::ports::Archive;
use std::sync::Arc;

impl Sdk {
    /// The archive of a deployment.
    pub fn archive(&self, settings: &ArchiveSettings, path_style: bool) -> Arc<dyn Archive> {
        let s3 = self.s3(path_style);
        match settings.archive_back_end {
            ArchiveBackEnd::Vault => Arc::new(VaultArchive {
                client: self.glacier(),
                s3,
                vault: settings.archive_vault.clone(),
                topic_arn: settings.complete_thaw_topic_arn.clone(),
            }),
            ArchiveBackEnd::S3 => Arc::new(GlacierClassArchive {
                client: s3,
                bucket: settings.archive_bucket.clone(),
                completions: self.topic(&settings.complete_thaw_topic_arn),
            }),
        }
    }
}
