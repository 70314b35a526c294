//! Programs that users can download from the service.

use crate::sha256::Sha256;
use serde::{Deserialize, Serialize};

/// A program that users can download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramDownload {
    /// The name of the file, with the processors and the system that run it, such as `gas-cli-x86_64-linux`.
    pub file_name: String,
    /// The path at this service. With `.sha256` at its end, it is that of the digest in the form of `sha256sum`.
    pub path: String,
    /// The size in bytes.
    pub bytes: u64,
    /// The digest of the file.
    pub sha256: Sha256,
}
