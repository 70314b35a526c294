//! The ports in memory.

use crate::clock::Clock;
use crate::ports::{
    Accounts, Download, Identity, JobPage, JobStore, ObjectInfo, ObjectStore, PortError,
    PortResult, SignIn, Topic, UploadRule, WriteOutcome,
};
use async_trait::async_trait;
use gas_shared::job::StoredFile;
use gas_shared::{Account, Job, JobId, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl Default for TestClock {
    fn default() -> Self {
        let start = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_790_000_000);
        Self(Mutex::new(start))
    }
}

impl TestClock {
    /// Moves the clock.
    pub fn advance_secs(&self, seconds: i64) {
        *lock(&self.0) += SignedDuration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

/// A table of jobs.
#[derive(Debug, Default)]
pub struct FakeJobs(Mutex<HashMap<JobId, Job>>);

impl FakeJobs {
    /// A job's row.
    pub fn get(&self, id: JobId) -> Option<Job> {
        lock(&self.0).get(&id).cloned()
    }

    /// How many jobs there are.
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }

    /// Whether there is no job.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl JobStore for FakeJobs {
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome> {
        let mut rows = lock(&self.0);
        if rows.contains_key(&job.id) {
            return Ok(WriteOutcome::Conflict);
        }
        rows.insert(job.id, job.clone());
        Ok(WriteOutcome::Written)
    }

    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome> {
        let mut rows = lock(&self.0);
        match rows.get_mut(&job.id) {
            Some(row) if row.version + 1 == job.version => {
                *row = job.clone();
                Ok(WriteOutcome::Written)
            }
            _ => Ok(WriteOutcome::Conflict),
        }
    }

    async fn job(&self, id: JobId) -> PortResult<Option<Job>> {
        Ok(self.get(id))
    }

    async fn jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        let mut jobs: Vec<Job> =
            lock(&self.0).values().filter(|job| job.owner == owner).cloned().collect();
        jobs.sort_by_key(|job| std::cmp::Reverse((job.submitted_at, job.id)));
        let start = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let end = start + usize::from(limit);
        let next = (end < jobs.len()).then(|| end.to_string());
        Ok(JobPage { jobs: jobs.into_iter().skip(start).take(usize::from(limit)).collect(), next })
    }
}

/// Files in memory.
#[derive(Debug, Default)]
pub struct FakeObjects(Mutex<HashMap<StoredFile, Vec<u8>>>);

impl FakeObjects {
    /// Stores an object.
    pub fn put(&self, file: &StoredFile, bytes: &[u8]) {
        lock(&self.0).insert(file.clone(), bytes.to_vec());
    }

    /// An object's bytes.
    pub fn get(&self, file: &StoredFile) -> Option<Vec<u8>> {
        lock(&self.0).get(file).cloned()
    }
}

#[async_trait]
impl ObjectStore for FakeObjects {
    async fn head(&self, file: &StoredFile) -> PortResult<Option<ObjectInfo>> {
        Ok(self
            .get(file)
            .map(|bytes| ObjectInfo { size: bytes.len() as u64, etag: bytes.len().to_string() }))
    }

    async fn fetch(&self, file: &StoredFile, to: &Path) -> PortResult<u64> {
        let bytes =
            self.get(file).ok_or_else(|| PortError::new("fetch an object", "no such key"))?;
        std::fs::write(to, &bytes).map_err(|error| PortError::new("write a file", error))?;
        Ok(bytes.len() as u64)
    }

    async fn store(&self, from: &Path, file: &StoredFile, _type: &str) -> PortResult<u64> {
        let bytes = std::fs::read(from).map_err(|error| PortError::new("read a file", error))?;
        self.put(file, &bytes);
        Ok(bytes.len() as u64)
    }

    async fn read_head(&self, file: &StoredFile, limit: u64) -> PortResult<Option<Vec<u8>>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.get(file).map(|bytes| bytes[..bytes.len().min(limit)].to_vec()))
    }

    async fn delete(&self, file: &StoredFile) -> PortResult<()> {
        lock(&self.0).remove(file);
        Ok(())
    }

    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String> {
        Ok(format!("https://s3.example/{}/{}", download.file.bucket, download.file.key))
    }

    async fn sign_upload(
        &self,
        rule: &UploadRule<'_>,
    ) -> PortResult<(String, Vec<(String, String)>)> {
        let fields = vec![("key".to_owned(), rule.file.key.clone())];
        Ok((format!("https://s3.example/{}", rule.file.bucket), fields))
    }
}

/// A topic that remembers.
#[derive(Debug, Default)]
pub struct FakeTopic(Mutex<Vec<String>>);

impl FakeTopic {
    /// Everything published, in order.
    pub fn bodies(&self) -> Vec<String> {
        lock(&self.0).clone()
    }

    /// How many messages were published.
    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }

    /// Whether nothing was published.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl Topic for FakeTopic {
    async fn publish(&self, body: &str) -> PortResult<()> {
        lock(&self.0).push(body.to_owned());
        Ok(())
    }
}

/// Profiles in memory.
#[derive(Debug, Default)]
pub struct FakeAccounts(Mutex<HashMap<UserId, Account>>);

impl FakeAccounts {
    /// Stores a profile.
    pub fn put(&self, account: Account) {
        lock(&self.0).insert(account.id, account);
    }
}

#[async_trait]
impl Accounts for FakeAccounts {
    async fn signed_in(&self, identity: &Identity) -> PortResult<SignIn> {
        let mut rows = lock(&self.0);
        let known = rows.get(&identity.id);
        let account = Account {
            id: identity.id,
            name: identity.name.clone(),
            email: identity.email.clone(),
            institution: identity.institution.clone(),
            plan: known.map_or(Plan::Free, |account| account.plan),
        };
        let first = known.is_none();
        rows.insert(identity.id, account.clone());
        Ok(SignIn { account, first })
    }

    async fn account(&self, id: UserId) -> PortResult<Option<Account>> {
        Ok(lock(&self.0).get(&id).cloned())
    }
}
