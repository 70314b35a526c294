//! Uploads in parts, in memory.

use super::{Crash, FakeObjects, lock};
use crate::ports::{ArrivedPart, PartRule, PartUploads, PortError, PortResult};
use async_trait::async_trait;
use gas_shared::job::ObjectLocation;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// Uploads in parts, which become objects of [`FakeObjects`].
#[derive(Debug)]
pub struct FakeParts {
    objects: Arc<FakeObjects>,
    /// The parts of each upload under way, by their numbers.
    uploads: Mutex<HashMap<String, BTreeMap<u32, Vec<u8>>>>,
    refuses: Mutex<bool>,
    crash: Crash,
}

impl FakeParts {
    pub(super) fn new(objects: Arc<FakeObjects>, crash: Crash) -> Self {
        Self { objects, uploads: Mutex::default(), refuses: Mutex::default(), crash }
    }

    /// Sends a part, as a browser does; `false` where there is no such upload.
    pub fn put(&self, upload_id: &str, number: u32, bytes: &[u8]) -> bool {
        let mut uploads = lock(&self.uploads);
        uploads.get_mut(upload_id).map(|parts| parts.insert(number, bytes.to_vec())).is_some()
    }

    /// Whether no part can be signed, as without credentials.
    pub fn refuse_to_sign(&self, on: bool) {
        *lock(&self.refuses) = on;
    }

    /// How many uploads are under way.
    pub fn open(&self) -> usize {
        lock(&self.uploads).len()
    }
}

fn etag(bytes: &[u8]) -> String {
    format!("{}-{}", bytes.len(), bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>())
}

#[async_trait]
impl PartUploads for FakeParts {
    async fn begin(&self, file: &ObjectLocation, _type: &str) -> PortResult<String> {
        self.crash.before_call()?;
        let id = format!("upload of {}", file.key);
        lock(&self.uploads).insert(id.clone(), BTreeMap::new());
        self.crash.after_effect()?;
        Ok(id)
    }

    async fn sign_part(&self, rule: &PartRule<'_>) -> PortResult<String> {
        if *lock(&self.refuses) {
            return Err(PortError::new("sign a part", "no credentials"));
        }
        let (key, number) = (&rule.file.key, rule.part.number);
        Ok(format!("https://s3.example/{key}?partNumber={number}&uploadId={}", rule.upload_id))
    }

    async fn arrived_parts(
        &self,
        _file: &ObjectLocation,
        upload_id: &str,
    ) -> PortResult<Option<Vec<ArrivedPart>>> {
        self.crash.before_call()?;
        let arrived = |(number, bytes): (&u32, &Vec<u8>)| ArrivedPart {
            number: *number,
            size: bytes.len() as u64,
            etag: etag(bytes),
        };
        Ok(lock(&self.uploads).get(upload_id).map(|parts| parts.iter().map(arrived).collect()))
    }

    async fn complete(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
        parts: &[ArrivedPart],
    ) -> PortResult<()> {
        self.crash.before_call()?;
        {
            let mut uploads = lock(&self.uploads);
            let Some(sent) = uploads.get(upload_id) else { return Ok(()) };
            let mut whole = Vec::new();
            for part in parts {
                match sent.get(&part.number) {
                    Some(bytes) if etag(bytes) == part.etag => whole.extend_from_slice(bytes),
                    _ => return Err(PortError::new("complete an upload", "InvalidPart")),
                }
            }
            self.objects.put(file, &whole);
            uploads.remove(upload_id);
        }
        self.crash.after_effect()
    }

    async fn abort(&self, _file: &ObjectLocation, upload_id: &str) -> PortResult<()> {
        self.crash.before_call()?;
        lock(&self.uploads).remove(upload_id);
        self.crash.after_effect()
    }
}
