//! The ports in memory.

use crate::clock::Clock;
use crate::ports::{
    Accounts, Download, Identity, JobPage, JobStore, ObjectInfo, ObjectStore, PortError,
    PortResult, SignIn, Topic, UploadRule, WriteOutcome,
};
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::job::{JobState, StoredFile};
use gas_shared::{Account, Job, JobId, Plan, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Makes a process die in the middle: after a number of effects on the outside world, every call
/// fails, until it is told to live again.
#[derive(Clone, Debug, Default)]
pub struct Crash(Arc<Mutex<CrashState>>);

#[derive(Debug, Default)]
struct CrashState {
    /// How many more effects take place before the death; `None` for a long life.
    effects_left: Option<u32>,
    dead: bool,
}

impl Crash {
    /// The process dies right after that many more effects.
    pub fn after(&self, effects: u32) {
        *lock(&self.0) = CrashState { effects_left: Some(effects), dead: false };
    }

    /// The process is started again and lives. Says whether it had died.
    pub fn recover(&self) -> bool {
        std::mem::take(&mut *lock(&self.0)).dead
    }

    /// To be called before a call reaches the outside world.
    pub(super) fn before_call(&self) -> PortResult<()> {
        if lock(&self.0).dead { Err(died()) } else { Ok(()) }
    }

    /// To be called after an effect on the outside world.
    pub(super) fn after_effect(&self) -> PortResult<()> {
        let mut state = lock(&self.0);
        match &mut state.effects_left {
            None => Ok(()),
            Some(0) | Some(1) => {
                state.dead = true;
                Err(died())
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

fn died() -> PortError {
    PortError::new("go on", "the process died")
}

/// A table of jobs.
#[derive(Debug, Default)]
pub struct FakeJobs {
    rows: Mutex<HashMap<JobId, Job>>,
    crash: Crash,
}

impl FakeJobs {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    fn page(
        &self,
        cursor: Option<&str>,
        limit: u16,
        keep: impl Fn(&Job) -> bool,
    ) -> PortResult<JobPage> {
        self.crash.before_call()?;
        let mut jobs: Vec<Job> =
            lock(&self.rows).values().filter(|job| keep(job)).cloned().collect();
        jobs.sort_by_key(|job| std::cmp::Reverse((job.submitted_at, job.id)));
        let start = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let end = start + usize::from(limit);
        let next = (end < jobs.len()).then(|| end.to_string());
        Ok(JobPage { jobs: jobs.into_iter().skip(start).take(usize::from(limit)).collect(), next })
    }

    /// A job's row.
    pub fn get(&self, id: JobId) -> Option<Job> {
        lock(&self.rows).get(&id).cloned()
    }

    /// How many jobs there are.
    pub fn len(&self) -> usize {
        lock(&self.rows).len()
    }

    /// Whether there is no job.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl JobStore for FakeJobs {
    async fn insert(&self, job: &Job) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let mut rows = lock(&self.rows);
            if rows.contains_key(&job.id) {
                return Ok(WriteOutcome::Conflict);
            }
            rows.insert(job.id, job.clone());
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    async fn replace(&self, job: &Job) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        match lock(&self.rows).get_mut(&job.id) {
            Some(row) if row.version + 1 == job.version => *row = job.clone(),
            _ => return Ok(WriteOutcome::Conflict),
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    async fn job(&self, id: JobId) -> PortResult<Option<Job>> {
        self.crash.before_call()?;
        Ok(self.get(id))
    }

    async fn jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        self.page(cursor, limit, |job| job.owner == owner)
    }

    async fn archived_jobs_of(
        &self,
        owner: UserId,
        cursor: Option<&str>,
        limit: u16,
    ) -> PortResult<JobPage> {
        self.page(cursor, limit, |job| job.owner == owner && is_archived(job))
    }

    async fn overdue_jobs(&self, now: Timestamp) -> PortResult<Vec<JobId>> {
        let page = self.page(None, u16::MAX, |job| job.due().is_some_and(|due| due <= now))?;
        Ok(page.jobs.into_iter().map(|job| job.id).collect())
    }
}

fn is_archived(job: &Job) -> bool {
    matches!(&job.state, JobState::Completed(done) if done.results.archived().is_some())
}

/// Files in memory.
#[derive(Debug, Default)]
pub struct FakeObjects {
    files: Mutex<HashMap<StoredFile, Vec<u8>>>,
    crash: Crash,
}

impl FakeObjects {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// Stores an object.
    pub fn put(&self, file: &StoredFile, bytes: &[u8]) {
        lock(&self.files).insert(file.clone(), bytes.to_vec());
    }

    /// The files whose keys contain a text.
    pub fn with_key(&self, part: &str) -> Vec<StoredFile> {
        lock(&self.files).keys().filter(|file| file.key.contains(part)).cloned().collect()
    }

    /// An object's bytes.
    pub fn get(&self, file: &StoredFile) -> Option<Vec<u8>> {
        lock(&self.files).get(file).cloned()
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

    async fn read_range(&self, file: &StoredFile, offset: u64, length: u64) -> PortResult<Bytes> {
        let range = offset as usize..offset.saturating_add(length) as usize;
        let bytes = self.get(file).and_then(|bytes| Some(bytes.get(range)?.to_vec().into()));
        bytes.ok_or_else(|| PortError::new("read a part of an object", "no such key or bytes"))
    }

    async fn delete(&self, file: &StoredFile) -> PortResult<()> {
        self.crash.before_call()?;
        lock(&self.files).remove(file);
        self.crash.after_effect()
    }

    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String> {
        let file = download.file;
        let seconds = download.valid_for.as_secs();
        Ok(format!("https://s3.example/{}/{}?X-Amz-Expires={seconds}", file.bucket, file.key))
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
pub struct FakeTopic {
    published: Mutex<Vec<String>>,
    crash: Crash,
}

impl FakeTopic {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// Everything published, in order.
    pub fn bodies(&self) -> Vec<String> {
        lock(&self.published).clone()
    }

    /// How many messages were published.
    pub fn len(&self) -> usize {
        lock(&self.published).len()
    }

    /// Whether nothing was published.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl Topic for FakeTopic {
    async fn publish(&self, body: &str) -> PortResult<()> {
        self.crash.before_call()?;
        lock(&self.published).push(body.to_owned());
        self.crash.after_effect()
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

    /// A stored profile.
    pub fn get(&self, id: UserId) -> Account {
        lock(&self.0)[&id].clone()
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
