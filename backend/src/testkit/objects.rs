//! The object store in memory.

use super::{Crash, lock};
use crate::ports::{Download, ObjectInfo, ObjectStore, PortError, PortResult, UploadRule};
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::job::ObjectLocation;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

/// An object store in memory.
#[derive(Debug, Default)]
pub struct FakeObjects {
    files: Mutex<HashMap<ObjectLocation, Vec<u8>>>,
    /// The keys of previous versions, as in a versioned bucket.
    previous: Mutex<Vec<ObjectLocation>>,
    /// The sizes that objects state instead of their own.
    stated: Mutex<HashMap<ObjectLocation, u64>>,
    crash: Crash,
}

impl FakeObjects {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// Stores an object.
    pub fn put(&self, file: &ObjectLocation, bytes: &[u8]) {
        let before = lock(&self.files).insert(file.clone(), bytes.to_vec());
        lock(&self.previous).extend(before.map(|_| file.clone()));
    }

    /// Makes the metadata of an object state a size, as if it were a large one.
    pub fn state_size(&self, file: &ObjectLocation, bytes: u64) {
        lock(&self.stated).insert(file.clone(), bytes);
    }

    /// The number of objects whose keys contain a text, with their previous versions.
    pub fn versions(&self, part: &str) -> usize {
        let previous = lock(&self.previous).iter().filter(|file| file.key.contains(part)).count();
        self.with_key(part).len() + previous
    }

    /// The objects whose keys contain a text.
    pub fn with_key(&self, part: &str) -> Vec<ObjectLocation> {
        lock(&self.files).keys().filter(|file| file.key.contains(part)).cloned().collect()
    }

    /// The bytes of an object.
    pub fn get(&self, file: &ObjectLocation) -> Option<Vec<u8>> {
        lock(&self.files).get(file).cloned()
    }
}

fn etag(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[async_trait]
impl ObjectStore for FakeObjects {
    async fn head(&self, file: &ObjectLocation) -> PortResult<Option<ObjectInfo>> {
        self.crash.before_call()?;
        let stated = lock(&self.stated).get(file).copied();
        Ok(self.get(file).map(|bytes| ObjectInfo {
            size: stated.unwrap_or(bytes.len() as u64),
            etag: etag(&bytes),
        }))
    }

    async fn fetch(&self, file: &ObjectLocation, to: &Path) -> PortResult<ObjectInfo> {
        self.crash.before_call()?;
        let bytes =
            self.get(file).ok_or_else(|| PortError::new("fetch an object", "no such key"))?;
        std::fs::write(to, &bytes).map_err(|error| PortError::new("write a file", error))?;
        Ok(ObjectInfo { size: bytes.len() as u64, etag: etag(&bytes) })
    }

    async fn store(&self, from: &Path, file: &ObjectLocation, _type: &str) -> PortResult<u64> {
        self.crash.before_call()?;
        let bytes = std::fs::read(from).map_err(|error| PortError::new("read a file", error))?;
        self.put(file, &bytes);
        Ok(bytes.len() as u64)
    }

    async fn copy(&self, from: &ObjectLocation, to: &ObjectLocation) -> PortResult<bool> {
        self.crash.before_call()?;
        let Some(bytes) = self.get(from) else { return Ok(false) };
        self.put(to, &bytes);
        self.crash.after_effect()?;
        Ok(true)
    }

    async fn write(&self, file: &ObjectLocation, content: Bytes, _type: &str) -> PortResult<()> {
        self.crash.before_call()?;
        self.put(file, &content);
        Ok(())
    }

    async fn read_head(&self, file: &ObjectLocation, limit: u64) -> PortResult<Option<Vec<u8>>> {
        self.crash.before_call()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.get(file).map(|bytes| bytes[..bytes.len().min(limit)].to_vec()))
    }

    async fn read_range(
        &self,
        file: &ObjectLocation,
        offset: u64,
        length: u64,
    ) -> PortResult<Bytes> {
        self.crash.before_call()?;
        let range = offset as usize..offset.saturating_add(length) as usize;
        let bytes = self.get(file).and_then(|bytes| Some(bytes.get(range)?.to_vec().into()));
        bytes.ok_or_else(|| PortError::new("read a part of an object", "no such key or bytes"))
    }

    async fn delete(&self, file: &ObjectLocation) -> PortResult<()> {
        self.crash.before_call()?;
        let before = lock(&self.files).remove(file);
        lock(&self.previous).extend(before.map(|_| file.clone()));
        self.crash.after_effect()
    }

    async fn erase(&self, bucket: &str, prefix: &str) -> PortResult<()> {
        self.crash.before_call()?;
        let stays = |file: &ObjectLocation| file.bucket != bucket || !file.key.starts_with(prefix);
        lock(&self.files).retain(|file, _| stays(file));
        lock(&self.previous).retain(stays);
        self.crash.after_effect()
    }

    async fn list(&self, bucket: &str, prefix: &str) -> PortResult<Vec<ObjectLocation>> {
        self.crash.before_call()?;
        let mut files = self.with_key(prefix);
        files.retain(|file| file.bucket == bucket && file.key.starts_with(prefix));
        files.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(files)
    }

    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String> {
        let Download { file, save_as, valid_for } = download;
        let seconds = valid_for.as_secs();
        let name = format!("{}/{}?save_as={save_as}", file.bucket, file.key);
        Ok(format!("https://s3.example/{name}&X-Amz-Expires={seconds}"))
    }

    async fn sign_upload(
        &self,
        rule: &UploadRule<'_>,
    ) -> PortResult<(String, Vec<(String, String)>)> {
        let max = rule.max_bytes.to_string();
        let fields = [
            ("key", rule.file.key.as_str()),
            ("Content-Type", rule.content_type),
            ("x-max-bytes", &max),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ok((format!("https://s3.example/{}", rule.file.bucket), fields))
    }
}
