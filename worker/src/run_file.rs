//! A file that a child process has written.

use rustix::fs::{FallocateFlags, OFlags};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The first bytes of a gzip file.
const GZIP_START: [u8; 2] = [0x1f, 0x8b];

/// An open regular file of a run.
///
/// The engine decides what is at the path of its output: a link would make the worker read a file
/// that the engine itself cannot read, and a pipe would block it. A process that outlives its run may
/// even replace the file between the check and the read, so what is checked is the open file.
#[derive(Debug)]
pub(crate) struct RunFile(File);

impl RunFile {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// If it is missing, or is not a regular file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        if file.metadata()?.is_file() {
            Ok(Self(file))
        } else {
            Err(io::Error::other("not a regular file"))
        }
    }

    /// Whether the file begins as gzip and BGZF do (RFC 1952, section 2.3.1).
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn is_gzip(&self) -> io::Result<bool> {
        let mut start = [0; 2];
        Ok(self.0.read_at(&mut start, 0)? == start.len() && start == GZIP_START)
    }

    /// The content type of an annotated file, which tells programs its form.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn content_type(&self) -> io::Result<&'static str> {
        Ok(if self.is_gzip()? { "application/gzip" } else { "text/plain; charset=utf-8" })
    }

    /// The size in bytes.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    /// Reads `length` bytes from `offset`.
    ///
    /// # Errors
    ///
    /// If the file ends before, or cannot be read.
    pub(crate) fn read(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.0.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Gives the space of the first `length` bytes back to the disk. They read as zeros afterwards.
    ///
    /// # Errors
    ///
    /// If the file system cannot do that, or if the file cannot be opened for writing.
    pub(crate) fn release(&self, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.path())?;
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        Ok(rustix::fs::fallocate(file, flags, 0, length)?)
    }

    /// A path that leads to the open file (proc(5)), for readers that take a path. It is valid as long
    /// as this value.
    pub(crate) fn path(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn compressed_files_are_recognized_by_their_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (content, expected) in [
            (&b"\x1f\x8b\x08\x04"[..], true),
            (b"##fileformat", false),
            (b"\x1f", false),
            (b"", false),
        ] {
            fs::write(&path, content).unwrap();
            assert_eq!(RunFile::open(&path).unwrap().is_gzip().unwrap(), expected, "{content:?}");
        }
    }

    #[test]
    fn a_file_stays_the_same_when_its_path_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (path, secret) = (folder.path().join("out.vcf"), folder.path().join("secret"));
        fs::write(&path, "annotated").unwrap();
        fs::write(&secret, "secret").unwrap();
        let file = RunFile::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&secret, &path).unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "annotated");
        assert!(RunFile::open(&path).is_err());
    }

    #[test]
    fn released_bytes_take_no_space_and_the_others_stay() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.vcf");
        fs::write(&path, vec![b'x'; 1 << 20]).unwrap();
        let blocks = || fs::metadata(&path).unwrap().blocks();
        let before = blocks();
        let file = RunFile::open(&path).unwrap();
        assert_eq!(file.read((1 << 20) - 3, 3).unwrap(), b"xxx");
        assert!(file.read((1 << 20) - 3, 4).is_err());
        file.release(1 << 19).unwrap();
        assert!(blocks() <= before / 2 + 8, "{} of {before}", blocks());
        assert_eq!(
            (file.size().unwrap(), file.read(1 << 19, 2).unwrap()),
            (1 << 20, b"xx".to_vec())
        );
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), folder.path(), Path::new("/dev/null")] {
            assert!(RunFile::open(path).is_err(), "{}", path.display());
        }
    }
}
