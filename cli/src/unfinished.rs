//! Remembers unfinished uploads in parts, so that the same command continues them.
//!
//! An upload is recognized by the service, the path, the size and the modification time of the file, and the options of
//! the job. Its record has the idempotency key that the job was created with; GAS knows which parts have arrived.

use gas_shared::upload::NewUpload;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// After this time, no record is of use: GAS ends a job whose file does not arrive after a day.
const MAX_AGE: Duration = Duration::from_hours(7 * 24);

/// The folder of the records if none is given: that of the state of programs of the XDG base directory specification, or
/// of local application data on Windows. `None` if the user has no home folder.
pub fn default_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute())
    };
    let state = folder("XDG_STATE_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/state")))
        .or_else(|| folder("LOCALAPPDATA"))?;
    Some(state.join("gas-cli"))
}

/// A file as it was when its upload began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// The size in bytes.
    pub size: u64,
    modified: Option<SystemTime>,
}

impl FileVersion {
    /// The current version of a file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let about = fs::metadata(path)?;
        Ok(Self { size: about.len(), modified: about.modified().ok() })
    }
}

#[derive(Serialize, Deserialize)]
struct Content {
    /// What is uploaded, as text.
    upload: String,
    /// The idempotency key of the job.
    key: Uuid,
}

/// The record of one upload, which other processes cannot use at the same time.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    file: File,
    upload: String,
}

impl Record {
    /// Opens the record of an upload. `None` if it cannot be remembered: the folder cannot be written, or another process
    /// uploads the same file.
    pub fn open(
        folder: &Path,
        service: &str,
        path: &Path,
        version: &FileVersion,
        new: &NewUpload,
    ) -> Option<Self> {
        let modified = version.modified?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let options = serde_json::to_string(&new.options).ok()?;
        let path = path.canonicalize().ok()?;
        let upload = format!(
            "{service} {} {} {} {options}",
            path.display(),
            version.size,
            modified.as_nanos()
        );
        let mut hasher = DefaultHasher::new();
        upload.hash(&mut hasher);
        fs::create_dir_all(folder).ok()?;
        remove_old(folder);
        let path = folder.join(format!("{:016x}.upload", hasher.finish()));
        let mut options = OpenOptions::new();
        let file = options.create(true).read(true).write(true).truncate(false).open(&path).ok()?;
        file.try_lock().ok()?;
        Some(Self { path, file, upload })
    }

    /// The idempotency key of an earlier attempt to upload the file.
    pub fn key(&mut self) -> Option<Uuid> {
        let mut text = String::new();
        self.file.rewind().ok()?;
        self.file.read_to_string(&mut text).ok()?;
        let content: Content = serde_json::from_str(&text).ok()?;
        (content.upload == self.upload).then_some(content.key)
    }

    /// Remembers the key of a new upload.
    ///
    /// # Errors
    /// If the record cannot be written.
    pub fn remember(&mut self, key: Uuid) -> io::Result<()> {
        let content = Content { upload: self.upload.clone(), key };
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&serde_json::to_vec(&content)?)?;
        self.file.sync_all()
    }

    /// Removes the record of an upload that is complete or cannot be continued.
    pub fn forget(self) {
        // What remains is removed after some days.
        _ = fs::remove_file(&self.path);
    }
}

/// Removes records that are of no use any more.
fn remove_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_record = path.extension().is_some_and(|ending| ending == "upload");
        let modified = fs::metadata(&path).and_then(|about| about.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        if is_record && age.is_some_and(|age| age > MAX_AGE) {
            _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::JobOptions;

    #[test]
    fn an_upload_is_remembered_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let (records, path) = (folder.path().join("records"), folder.path().join("a.vcf"));
        fs::write(&path, "abc").unwrap();
        let new = NewUpload::new("a.vcf", 3);
        let open_with = |new: &NewUpload| {
            let version = FileVersion::of(&path).unwrap();
            Record::open(&records, "https://gas.example.org", &path, &version, new)
        };
        let open = || open_with(&new);
        let key = Uuid::from_u128(7);
        let mut record = open().unwrap();
        assert_eq!(record.key(), None);
        record.remember(Uuid::nil()).unwrap();
        record.remember(key).unwrap();
        assert_eq!(record.key(), Some(key));
        assert!(open().is_none(), "it is used by one process at a time");
        drop(record);
        assert_eq!(open().unwrap().key(), Some(key));
        let other = new.clone().with(JobOptions { hgvs: false, ..JobOptions::default() });
        assert_eq!(open_with(&other).unwrap().key(), None, "other options are another upload");

        fs::write(&path, "abcd").unwrap();
        assert_eq!(open().unwrap().key(), None, "another content is another upload");
        fs::write(&path, "abc").unwrap();
        let mut again = open().unwrap();
        again.remember(key).unwrap();
        again.forget();
        assert_eq!(open().unwrap().key(), None);
    }

    #[test]
    fn old_records_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - MAX_AGE - Duration::from_hours(1);
        for (name, modified) in
            [("old.upload", old), ("new.upload", SystemTime::now()), ("old.txt", old)]
        {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(modified).unwrap();
        }
        remove_old(folder.path());
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, ["new.upload", "old.txt"]);
    }
}
