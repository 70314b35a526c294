//! Checksum files of providers.

use base64::Engine;
use md5::{Digest, Md5};
use serde::Deserialize;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Enough to make system calls cheap.
const BUFFER_BYTES: usize = 1 << 18;

/// The format of a provider's checksum file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChecksumFormat {
    /// Output of `md5sum`, as of GENCODE (`MD5SUMS`) and NCBI (`md5checksums.txt`).
    Md5,
    /// Output of `sum` (BSD algorithm), as of Ensembl (`CHECKSUMS`).
    Sum,
}

/// The checksum of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// MD5.
    Md5([u8; 16]),
    /// The 16-bit checksum of `sum`, and the number of blocks of 1,024 bytes.
    Sum {
        /// The checksum.
        sum: u16,
        /// The number of blocks, the last one included.
        blocks: u64,
    },
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Md5(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Sum { sum, blocks } => write!(f, "{sum} {blocks}"),
        }
    }
}

impl Checksum {
    /// The MD5 of its form in base64, as HTTP headers have it.
    pub(crate) fn from_base64_md5(text: &str) -> Option<Self> {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        bytes.try_into().ok().map(Self::Md5)
    }
}

impl ChecksumFormat {
    /// The checksum of a file in the text of a checksum file, if it is listed there. Some providers list the file with the
    /// absolute path that it has on their machine.
    pub fn find(self, text: &str, name: &str) -> Option<Checksum> {
        let exact = self.find_by(text, |listed| listed == name);
        exact.or_else(|| {
            let is_file = |listed: &str| listed.strip_suffix(name).is_some_and(is_folder);
            self.find_by(text, is_file)
        })
    }

    fn find_by(self, text: &str, is_file: impl Fn(&str) -> bool) -> Option<Checksum> {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let checksum = match self {
                Self::Md5 => Checksum::Md5(md5_digest(words.next()?)?),
                Self::Sum => Checksum::Sum {
                    sum: words.next()?.parse().ok()?,
                    blocks: words.next()?.parse().ok()?,
                },
            };
            // `md5sum` marks binary files with a star, and NCBI's names begin with "./".
            let listed = words.next()?.trim_start_matches('*').trim_start_matches("./");
            is_file(listed).then_some(checksum)
        })
    }

    /// The checksum of a local file. Blocks the thread.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of_file(self, path: &Path) -> io::Result<Checksum> {
        let file = File::open(path)?;
        match self {
            Self::Md5 => {
                let mut hash = Md5::new();
                read_all(file, |bytes| hash.update(bytes))?;
                Ok(Checksum::Md5(hash.finalize().into()))
            }
            Self::Sum => {
                let (mut sum, mut length) = (0u16, 0u64);
                read_all(file, |bytes| {
                    length = length.saturating_add(bytes.len() as u64);
                    for byte in bytes {
                        sum = sum.rotate_right(1).wrapping_add(u16::from(*byte));
                    }
                })?;
                Ok(Checksum::Sum { sum, blocks: length.div_ceil(1024) })
            }
        }
    }
}

/// Whether a text is the absolute path of a folder.
fn is_folder(text: &str) -> bool {
    text.starts_with('/') && text.ends_with('/')
}

fn read_all(mut file: File, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            n => take(&buffer[..n]),
        }
    }
}

fn md5_digest(hex: &str) -> Option<[u8; 16]> {
    let mut digest = [0; 16];
    if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..32).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_files_of_all_providers_are_read() {
        let ncbi = "d41d8cd98f00b204e9800998ecf8427e  ./a/other.gz\n\
                    900150983cd24fb0d6963f7d28e17f72  ./genomic.gff.gz\n";
        let found = ChecksumFormat::Md5.find(ncbi, "genomic.gff.gz").unwrap();
        assert_eq!(found.to_string(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(ChecksumFormat::Md5.find(ncbi, "other.gz"), None, "of another folder");
        assert_eq!(ChecksumFormat::Md5.find("<html>not found</html>", "a"), None);
        let ensembl = "04893 12 README\n16556 1 Homo_sapiens.GRCh38.115.gff3.gz\n";
        let found = ChecksumFormat::Sum.find(ensembl, "Homo_sapiens.GRCh38.115.gff3.gz");
        assert_eq!(found, Some(Checksum::Sum { sum: 16556, blocks: 1 }));
    }

    #[test]
    fn local_files_have_the_checksums_of_md5sum_and_sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let of = |format: ChecksumFormat| format.of_file(&path).unwrap();
        assert_eq!(of(ChecksumFormat::Md5).to_string(), "900150983cd24fb0d6963f7d28e17f72");
        // `printf abc | sum`
        assert_eq!(of(ChecksumFormat::Sum), Checksum::Sum { sum: 16556, blocks: 1 });
    }
}
