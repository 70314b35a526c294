//! Adding references to the catalog: from local files, or by a recipe that names what to download.
//!
//! The catalog itself is a port of `gas-backend`, with an adapter for a folder and one for S3.

mod build;
mod checksums;
mod download;
mod recipe;

pub use build::{BuildError, ReferencePlan, build};
pub use checksums::{Checksum, ChecksumFormat};
pub use download::{DownloadError, Downloader, Interruption, RetryPolicy};
pub use recipe::{FileRole, Recipe, RecipeError, RecipeFile};
