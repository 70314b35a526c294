//! Adapters of the ports of references, and the settings that choose between them.

mod bundle;
mod catalog_choices;
mod engine_manifest;
mod private;
mod private_manifest;
mod settings;

pub use bundle::{Bundle, BundleError, describe_bundle};
pub use catalog_choices::CatalogChoices;
pub use private::{PrivateCatalogs, PrivateReferenceLimits, PrivateReferences};
pub use private_manifest::{UnusableReference, private_manifest};
pub use settings::ReferenceSettings;
