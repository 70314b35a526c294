//! Adapters of the ports of references, and the settings that choose between them.

mod bundle;
mod catalog_choices;
mod checksum;
mod folder;
mod objects;
mod settings;

pub use bundle::{Bundle, describe_bundle};
pub use catalog_choices::CatalogChoices;
pub use checksum::checksum;
pub use folder::FolderCatalog;
pub use objects::ObjectCatalog;
pub use settings::ReferenceSettings;
