//! Reads and writes the data folder.
//!
//! Every file is written to a temporary path, synced, and renamed, so that it is either complete or
//! missing. The records determine what exists; a data file without a record is left over from a
//! crash.

use crate::records::{ByteRange, Contents, Piece, Record};
use crate::tree_hash::{TreeHash, TreeHasher};
use axum::body::Bytes;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use std::collections::HashSet;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

/// The subfolder of data files.
const DATA: &str = "data";

/// The subfolder of files that are being written.
const TEMPORARY: &str = "tmp";

/// The buffer size for reading, in bytes.
const READ_BYTES: usize = 256 * 1024;

const LEAF_HASH_BYTES: usize = 32;

/// The data folder of a server.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Opens the data folder, and creates it if it is missing. Incomplete files of an earlier
    /// server are deleted.
    ///
    /// # Errors
    /// If the folder cannot be created or read.
    /// Where the folder cannot be made or read.
    pub fn open(root: &Path) -> io::Result<Self> {
        let temporary = root.join(TEMPORARY);
        if temporary.exists() {
            std::fs::remove_dir_all(&temporary)?;
        }
        for folder in [TEMPORARY, DATA] {
            std::fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Reads all records of a kind.
    ///
    /// # Errors
    /// If a record cannot be read or parsed.
    pub fn load<R: Record>(&self) -> io::Result<Vec<R>> {
        let folder = self.root.join(R::FOLDER);
        std::fs::create_dir_all(&folder)?;
        let read = |entry: io::Result<std::fs::DirEntry>| {
            let path = entry?.path();
            let record = serde_json::from_slice(&std::fs::read(&path)?);
            record.map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
        };
        std::fs::read_dir(folder)?.map(read).collect()
    }

    /// Writes a record and replaces its earlier version.
    ///
    /// # Errors
    /// If the record cannot be written; the earlier version is then kept.
    pub async fn save<R: Record>(&self, record: &R) -> io::Result<()> {
        let mut incoming = self.incoming().await?;
        incoming.file.write_all(&serde_json::to_vec(record)?).await?;
        incoming.place(self.record(record)).await
    }

    /// Removes a record, if it exists.
    ///
    /// # Errors
    /// If the record cannot be removed.
    pub async fn remove<R: Record>(&self, record: &R) -> io::Result<()> {
        remove_if_there(&self.record(record)).await
    }

    /// Creates a data file for writing.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub async fn incoming(&self) -> io::Result<Incoming> {
        let name = Uuid::new_v4().to_string();
        let path = self.root.join(TEMPORARY).join(&name);
        let file = File::create(&path).await?;
        let place = self.root.join(DATA).join(&name);
        Ok(Incoming { file, path, name, place, hasher: TreeHasher::default(), size: 0 })
    }

    /// Removes a data file, if it exists.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub async fn discard(&self, piece: &Piece) -> io::Result<()> {
        remove_if_there(&self.data(piece)).await
    }

    /// Removes all data files except these.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn keep_only(&self, files: &HashSet<&str>) -> io::Result<()> {
        for entry in std::fs::read_dir(self.root.join(DATA))? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| files.contains(name)) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Streams a range of bytes from the disk.
    pub fn read(
        &self,
        contents: &Contents,
        range: ByteRange,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let mut spans = Vec::new();
        let mut begin = 0;
        for piece in &contents.pieces {
            let end = begin + piece.size;
            let (from, to) = (range.start.max(begin), (range.end + 1).min(end));
            if from < to {
                spans.push((self.data(piece), from - begin, to - from));
            }
            begin = end;
        }
        let open = |(path, offset, length)| async move {
            let mut file = File::open(path).await?;
            file.seek(SeekFrom::Start(offset)).await?;
            io::Result::Ok(ReaderStream::with_capacity(file.take(length), READ_BYTES))
        };
        stream::iter(spans).then(open).try_flatten()
    }

    /// Reads the leaves of an archive's tree hash.
    ///
    /// # Errors
    /// If a data file cannot be read.
    pub async fn leaves(&self, contents: &Contents) -> io::Result<Vec<TreeHash>> {
        let mut leaves = Vec::new();
        for piece in &contents.pieces {
            let mut file = File::open(self.data(piece)).await?;
            file.seek(SeekFrom::Start(piece.size)).await?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await?;
            let hashes = bytes.chunks_exact(LEAF_HASH_BYTES);
            leaves.extend(hashes.filter_map(|hash| hash.try_into().ok()).map(TreeHash::from_bytes));
        }
        Ok(leaves)
    }

    fn data(&self, piece: &Piece) -> PathBuf {
        self.root.join(DATA).join(&piece.file)
    }

    fn record<R: Record>(&self, record: &R) -> PathBuf {
        self.root.join(R::FOLDER).join(format!("{}.json", record.id()))
    }
}

/// A file that is being written. It is deleted if it is dropped before [`finish`](Self::finish).
#[derive(Debug)]
pub struct Incoming {
    file: File,
    path: PathBuf,
    name: String,
    place: PathBuf,
    hasher: TreeHasher,
    size: u64,
}

impl Incoming {
    /// Appends bytes.
    ///
    /// # Errors
    /// If they cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// The number of bytes received.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tree hash of the bytes received.
    pub fn tree_hash(&self) -> TreeHash {
        TreeHash::root(&self.hasher.clone().finish())
    }

    /// Moves the file to its final path.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn keep(mut self) -> io::Result<Piece> {
        let leaves = std::mem::take(&mut self.hasher).finish();
        let leaves: Vec<u8> = leaves.iter().flat_map(TreeHash::as_bytes).copied().collect();
        self.file.write_all(&leaves).await?;
        let piece = Piece { file: self.name.clone(), size: self.size };
        let place = self.place.clone();
        self.place(place).await?;
        Ok(piece)
    }

    async fn place(mut self, place: PathBuf) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        fs::rename(&self.path, &place).await?;
        // A new name is durable after its folder is synced.
        if let Some(folder) = place.parent() {
            File::open(folder).await?.sync_all().await?;
        }
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // After the rename, the temporary path no longer exists. The next start removes files that
        // remain.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
