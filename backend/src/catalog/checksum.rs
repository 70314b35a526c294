//! Size and SHA-256 of files.

use gas_shared::catalog::CatalogFile;
use gas_shared::reference::Sha256;
use sha2::Digest;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Enough to make system calls cheap.
const BUFFER_BYTES: usize = 1 << 18;

/// The size in bytes and the SHA-256 of a file. Blocks the thread.
///
/// # Errors
/// If the file cannot be read.
pub fn checksum(path: &Path) -> io::Result<(u64, Sha256)> {
    let mut file = File::open(path)?;
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut bytes: u64 = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, Sha256::from_bytes(hash.finalize().into()))),
            n => {
                hash.update(&buffer[..n]);
                bytes = bytes.saturating_add(n as u64);
            }
        }
    }
}

/// Checks that a file is the one that a manifest describes. Blocks the thread.
pub(super) fn verify(path: &Path, file: &CatalogFile) -> io::Result<()> {
    let (bytes, sha256) = checksum(path)?;
    differs(file, bytes, &sha256).map_or(Ok(()), Err)
}

/// The error for content that is not that of a file, if it is not.
pub(super) fn differs(file: &CatalogFile, bytes: u64, sha256: &Sha256) -> Option<io::Error> {
    if (bytes, sha256) == (file.bytes, &file.sha256) {
        return None;
    }
    let (name, expected) = (&file.name, &file.sha256);
    let (size, digest) = (file.bytes, sha256);
    Some(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{name} has {bytes} bytes and digest {digest}; expected {size} and {expected}"),
    ))
}
