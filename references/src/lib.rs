//! Adding references and sources to their catalogs: from local files, or by a recipe that names what to download.
//!
//! The catalog itself is a port of `gas-backend`, with an adapter for a folder and one for S3.

mod build;
pub mod catalog_command;
mod checksums;
mod download;
pub mod entry_command;
mod recipe;
mod source;

pub use build::{BuildError, ReferencePlan, build};
pub use checksums::{Checksum, ChecksumFormat};
pub use download::{DownloadError, Downloader, Interruption, RemoteFile, RetryPolicy};
pub use recipe::{FileRole, Recipe, RecipeError, RecipeFile};
pub use source::{ReferenceGenome, SourceBuildError, SourcePlan, build_source_file, input_release};
