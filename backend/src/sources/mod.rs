//! Adapters of the ports of sources, and the settings that choose between them.

mod catalog_sources;
mod settings;

pub use catalog_sources::{CatalogSources, NoSources};
pub use settings::SourceSettings;
