//! Uploads in parts, in memory.

use super::{Crash, FakeObjects, lock};
use crate::ports::{ArrivedPart, ObjectStore, PartRule, PartUploads, PortError, PortResult};
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::job::ObjectLocation;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Uploads in parts that become objects of [`FakeObjects`].
#[derive(Debug)]
pub struct FakeParts {
    objects: Arc<FakeObjects>,
    state: Mutex<State>,
    crash: Crash,
}

#[derive(Debug, Default)]
struct State {
    /// The parts of each upload in progress, by number.
    uploads: HashMap<String, BTreeMap<u32, Vec<u8>>>,
    /// The number of uploads begun.
    begun: u32,
    /// Whether signing fails.
    rejects: bool,
}

impl FakeParts {
    pub(super) fn new(objects: Arc<FakeObjects>, crash: Crash) -> Self {
        Self { objects, state: Mutex::default(), crash }
    }

    /// Sends a part, as a browser does; `false` if there is no such upload.
    pub fn put(&self, upload_id: &str, number: u32, bytes: &[u8]) -> bool {
        let mut state = lock(&self.state);
        let upload = state.uploads.get_mut(upload_id);
        upload.map(|parts| parts.insert(number, bytes.to_vec())).is_some()
    }

    /// Whether signing fails, as it does without credentials.
    pub fn reject_to_sign(&self, on: bool) {
        lock(&self.state).rejects = on;
    }

    /// The number of uploads in progress.
    pub fn open(&self) -> usize {
        lock(&self.state).uploads.len()
    }
}

fn etag(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[async_trait]
impl PartUploads for FakeParts {
    async fn begin(&self, file: &ObjectLocation, _type: &str) -> PortResult<String> {
        self.crash.before_call()?;
        let id = {
            let mut state = lock(&self.state);
            state.begun += 1;
            let id = format!("upload {} of {}", state.begun, file.key);
            state.uploads.insert(id.clone(), BTreeMap::new());
            id
        };
        self.crash.after_effect()?;
        Ok(id)
    }

    async fn sign_part(&self, rule: &PartRule<'_>) -> PortResult<String> {
        if lock(&self.state).rejects {
            return Err(PortError::new("sign a part", "no credentials"));
        }
        let (key, number) = (&rule.file.key, rule.part.number);
        Ok(format!("https://s3.example/{key}?partNumber={number}&uploadId={}", rule.upload_id))
    }

    async fn send(
        &self,
        _file: &ObjectLocation,
        upload_id: &str,
        number: u32,
        bytes: Bytes,
    ) -> PortResult<ArrivedPart> {
        self.crash.before_call()?;
        if !self.put(upload_id, number, &bytes) {
            return Err(PortError::new("send a part", "NoSuchUpload"));
        }
        self.crash.after_effect()?;
        Ok(ArrivedPart { number, size: bytes.len() as u64, etag: etag(&bytes) })
    }

    async fn copy(
        &self,
        from: &ObjectLocation,
        version: Option<&str>,
        range: Range<u64>,
        to: &ObjectLocation,
        upload_id: &str,
        number: u32,
    ) -> PortResult<ArrivedPart> {
        let length = range.end.saturating_sub(range.start);
        let found = self.objects.head(from).await?.map(|found| found.etag);
        if version.is_some() && found.as_deref() != version {
            return Err(PortError::new("copy a range", "PreconditionFailed"));
        }
        let bytes = self.objects.read_range(from, range.start, length).await?;
        self.send(to, upload_id, number, bytes).await
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
        let state = lock(&self.state);
        Ok(state.uploads.get(upload_id).map(|parts| parts.iter().map(arrived).collect()))
    }

    async fn complete(
        &self,
        file: &ObjectLocation,
        upload_id: &str,
        parts: &[ArrivedPart],
    ) -> PortResult<()> {
        self.crash.before_call()?;
        {
            let mut state = lock(&self.state);
            let Some(sent) = state.uploads.get(upload_id) else { return Ok(()) };
            let mut whole = Vec::new();
            for part in parts {
                match sent.get(&part.number) {
                    Some(bytes) if etag(bytes) == part.etag => whole.extend_from_slice(bytes),
                    _ => return Err(PortError::new("complete an upload", "InvalidPart")),
                }
            }
            self.objects.put(file, &whole);
            state.uploads.remove(upload_id);
        }
        self.crash.after_effect()
    }

    async fn abort(&self, _file: &ObjectLocation, upload_id: &str) -> PortResult<()> {
        self.crash.before_call()?;
        lock(&self.state).uploads.remove(upload_id);
        self.crash.after_effect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::object_store_contract;
    use tempfile::tempdir;

    #[tokio::test]
    async fn the_fakes_fulfill_the_contract_of_the_object_store() {
        let objects = Arc::new(FakeObjects::default());
        let uploads = FakeParts::new(objects.clone(), Crash::default());
        let put_part = async |rule: &PartRule<'_>, bytes: &[u8]| {
            assert!(uploads.put(rule.upload_id, rule.part.number, bytes));
        };
        let folder = tempdir().unwrap();
        object_store_contract(&*objects, &uploads, "bucket", folder.path(), put_part).await;
    }
}
