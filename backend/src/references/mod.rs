//! Adapters of the ports of references, and the settings that choose between them.

mod bundle;
mod catalog_choices;
mod settings;

pub use crate::catalog::{FolderCatalog, ObjectCatalog, checksum};
pub use bundle::{Bundle, describe_bundle};
pub use catalog_choices::CatalogChoices;
pub use settings::ReferenceSettings;
