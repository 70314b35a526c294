//! Adapters of the port [`ReferenceCatalog`](crate::ports::ReferenceCatalog).

mod checksum;
mod folder;
mod objects;

pub use checksum::checksum;
pub use folder::FolderCatalog;
pub use objects::ObjectCatalog;
