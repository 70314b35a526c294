//! Adapters of the port of catalogs: a folder, and an object store.

mod active;
mod checksum;
mod folder;
mod objects;

pub use active::ActiveList;
#[cfg(test)]
pub(crate) use active::MAX_AGE;
pub use checksum::checksum;
pub use folder::FolderCatalog;
pub use objects::ObjectCatalog;

/// The setting of a catalog that stands for the bucket of the deployment.
pub(crate) const S3: &str = "s3";
