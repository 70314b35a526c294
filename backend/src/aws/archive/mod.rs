//! The two archive back ends: a Glacier vault, and the S3 storage class GLACIER.

mod glacier_class;
mod object_stream;
mod tree_hash;
mod vault;

pub use glacier_class::GlacierClassArchive;
pub use vault::VaultArchive;
