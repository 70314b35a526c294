//! Imports in memory, servers of users whose files tests choose, and the contract of the store, which PostgreSQL
//! fulfills, too.

use super::{Crash, FakeAccounts, lock};
use crate::Secret;
use crate::ports::{
    DueImport, FileSource, FileVersion, ImportInsertion, ImportOrigin, ImportStore, NewImportRow,
    PortError, PortResult, SourceError, SourceFile,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use gas_shared::{JobId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Imports in memory.
#[derive(Debug)]
pub struct FakeImports {
    accounts: Arc<FakeAccounts>,
    crash: Crash,
    rows: Mutex<Vec<Row>>,
}

#[derive(Clone, Debug)]
struct Row {
    due: DueImport,
    next_attempt: Timestamp,
}

impl FakeImports {
    /// A store for the users of these profiles.
    pub fn new(accounts: Arc<FakeAccounts>, crash: Crash) -> Self {
        Self { accounts, crash, rows: Mutex::default() }
    }

    /// Deletes the imports of a user.
    pub(super) fn remove_all(&self, owner: UserId) {
        lock(&self.rows).retain(|row| row.due.owner != owner);
    }

    /// The jobs that have an import.
    pub fn jobs(&self) -> Vec<JobId> {
        lock(&self.rows).iter().map(|row| row.due.job).collect()
    }

    /// Changes the row of a claim. Returns `false` if the row does not exist or the claim is lost.
    fn change(&self, due: &DueImport, change: impl FnOnce(&mut Row)) -> bool {
        let mut rows = lock(&self.rows);
        let row = rows.iter_mut().find(|row| row.due.job == due.job);
        row.filter(|row| row.due.attempt == due.attempt).map(change).is_some()
    }
}

#[async_trait]
impl ImportStore for FakeImports {
    async fn insert(&self, new: &NewImportRow, max: u16) -> PortResult<ImportInsertion> {
        self.crash.before_call()?;
        {
            let mut rows = lock(&self.rows);
            if !self.accounts.is_active(new.owner) {
                return Err(PortError::permanent("store an import", "no active owner"));
            }
            if rows.iter().any(|row| row.due.job == new.job) {
                return Ok(ImportInsertion::Exists);
            }
            let own = rows.iter().filter(|row| row.due.owner == new.owner).count();
            if own >= usize::from(max) {
                return Ok(ImportInsertion::TooMany);
            }
            let NewImportRow { job, owner, origin, version, created_at } = new.clone();
            let due =
                DueImport { job, owner, origin, version, created_at, attempt: 0, failures: 0 };
            rows.push(Row { due, next_attempt: created_at });
        }
        self.crash.after_effect()?;
        Ok(ImportInsertion::Stored)
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        limit: u16,
        busy: &[UserId],
    ) -> PortResult<Vec<DueImport>> {
        self.crash.before_call()?;
        let claimed = {
            let mut rows = lock(&self.rows);
            let mut due: Vec<&mut Row> =
                rows.iter_mut().filter(|row| row.next_attempt <= now).collect();
            due.sort_by_key(|Row { due, next_attempt }| {
                (due.attempt == 0, *next_attempt, due.created_at, due.job)
            });
            let mut seen: HashSet<UserId> = busy.iter().copied().collect();
            due.retain(|Row { due, .. }| {
                self.accounts.is_active(due.owner) && seen.insert(due.owner)
            });
            due.sort_by_key(|row| row.next_attempt);
            let mut claimed = Vec::new();
            for row in due.into_iter().take(usize::from(limit)) {
                row.due.attempt += 1;
                row.next_attempt = now + lease;
                claimed.push(row.due.clone());
            }
            claimed
        };
        if !claimed.is_empty() {
            self.crash.after_effect()?;
        }
        Ok(claimed)
    }

    async fn extend(&self, due: &DueImport, until: Timestamp) -> PortResult<bool> {
        self.crash.before_call()?;
        let is_held = self.change(due, |row| {
            row.next_attempt = until;
            row.due.failures = 0;
        });
        self.crash.after_effect()?;
        Ok(is_held)
    }

    async fn retry(&self, due: &DueImport, failures: u32, at: Timestamp) -> PortResult<()> {
        self.crash.before_call()?;
        self.change(due, |row| {
            row.next_attempt = at;
            row.due.failures = failures;
        });
        self.crash.after_effect()
    }

    async fn delete(&self, job: JobId) -> PortResult<()> {
        self.crash.before_call()?;
        lock(&self.rows).retain(|row| row.due.job != job);
        self.crash.after_effect()
    }

    async fn prune(&self, before: Timestamp) -> PortResult<u64> {
        let mut rows = lock(&self.rows);
        let count = rows.len();
        rows.retain(|row| row.due.created_at >= before);
        Ok((count - rows.len()) as u64)
    }
}

/// Servers with files, by URL. Requests for other URLs get 404.
#[derive(Debug, Default)]
pub struct FakeFileSource {
    state: Mutex<SourceState>,
}

#[derive(Debug, Default)]
struct SourceState {
    files: HashMap<String, (Vec<u8>, u32)>,
    /// How many reads succeed, and the error of those after them.
    failing: Option<(u32, SourceError)>,
    reads: Vec<Range<u64>>,
    stalls: bool,
}

impl FakeFileSource {
    /// Stores a file, as a new version if there is one at the URL.
    pub fn put(&self, url: &str, content: &[u8]) {
        let mut state = lock(&self.state);
        let version = state.files.get(url).map_or(1, |(_, version)| version + 1);
        state.files.insert(url.to_owned(), (content.to_vec(), version));
    }

    /// Makes all reads fail after `reads` more that succeed.
    pub fn fail_after(&self, reads: u32, error: SourceError) {
        lock(&self.state).failing = Some((reads, error));
    }

    /// Makes reads take forever.
    pub fn stall(&self) {
        lock(&self.state).stalls = true;
    }

    /// Makes reads succeed again.
    pub fn recover(&self) {
        lock(&self.state).failing = None;
    }

    /// The ranges that were read, in order.
    pub fn reads(&self) -> Vec<Range<u64>> {
        lock(&self.state).reads.clone()
    }
}

#[async_trait]
impl FileSource for FakeFileSource {
    fn name(&self, url: &Secret) -> Option<String> {
        let path = url.expose().split('?').next().unwrap_or_default();
        path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
    }

    async fn probe(&self, url: &Secret) -> Result<SourceFile, SourceError> {
        let state = lock(&self.state);
        let (content, version) = state.files.get(url.expose()).ok_or(SourceError::Missing(404))?;
        if content.is_empty() {
            return Err(SourceError::Empty);
        }
        let name = self.name(url);
        let version = FileVersion::Etag(format!("\"{version}\""));
        Ok(SourceFile { name, size: content.len() as u64, version })
    }

    async fn read(
        &self,
        url: &Secret,
        version: &FileVersion,
        size: u64,
        range: Range<u64>,
    ) -> Result<Bytes, SourceError> {
        // Lets other tasks run, as a network call would.
        tokio::task::yield_now().await;
        if lock(&self.state).stalls {
            std::future::pending::<()>().await;
        }
        let mut state = lock(&self.state);
        match &mut state.failing {
            Some((0, error)) => return Err(error.clone()),
            Some((reads, _)) => *reads -= 1,
            None => {}
        }
        let (content, number) = state.files.get(url.expose()).ok_or(SourceError::Missing(404))?;
        let is_same = *version == FileVersion::Etag(format!("\"{number}\""));
        if !is_same || content.len() as u64 != size {
            return Err(SourceError::Changed);
        }
        let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let bytes = bounds.and_then(|(start, end)| content.get(start..end));
        let bytes = Bytes::copy_from_slice(bytes.ok_or(SourceError::Rejected(416))?);
        state.reads.push(range);
        Ok(bytes)
    }
}

const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Checks an empty store of imports, which no other process uses, against the contract of its port. Both users must have
/// profiles.
///
/// # Panics
/// If the store violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn imports_contract(store: &dyn ImportStore, user: UserId, other: UserId) {
    let start = Timestamp::from_second(1_700_000_000).unwrap();
    let at = |secs: i64| start + SignedDuration::from_secs(secs);
    let url = |text: &str| ImportOrigin::Url(Secret::from(text.to_owned()));
    let new = |owner, secs| NewImportRow {
        job: JobId::new(Uuid::new_v4()),
        owner,
        origin: url("https://lab.example.org/a.vcf?signature=1"),
        version: FileVersion::Etag("\"one\"".to_owned()),
        created_at: at(secs),
    };
    let claim =
        async |secs: i64, busy: &[UserId]| store.claim(at(secs), LEASE, 100, busy).await.unwrap();
    let jobs = |claimed: &[DueImport]| claimed.iter().map(|due| due.job).collect::<Vec<_>>();

    // Creation, once for each job and up to a limit.
    let (first, second) = (new(user, 10), new(user, 11));
    for one in [&first, &second] {
        assert_eq!(store.insert(one, 2).await.unwrap(), ImportInsertion::Stored);
    }
    let third = store.insert(&new(user, 12), 2).await.unwrap();
    assert_eq!(third, ImportInsertion::TooMany);
    let other_url = url("https://lab.example.org/b.vcf");
    let repeated = NewImportRow { origin: other_url, ..first.clone() };
    for max in [2, 9] {
        let repeated = store.insert(&repeated, max).await.unwrap();
        assert_eq!(repeated, ImportInsertion::Exists, "the job has one, which is unchanged");
    }
    let dated = FileVersion::LastModified("Mon, 02 Nov 2026 10:00:00 GMT".to_owned());
    // Of another kind: the file of an earlier job.
    let earlier = JobId::new(Uuid::new_v4());
    let origin = ImportOrigin::Job(earlier);
    let foreign = NewImportRow { version: dated, origin, ..new(other, 12) };
    assert_eq!(store.insert(&foreign, 2).await.unwrap(), ImportInsertion::Stored);

    // Of concurrent callers, one gets an import, and of each user the one that is due first.
    assert_eq!(jobs(&claim(9, &[]).await), [], "nothing is due");
    assert_eq!(jobs(&claim(20, &[user, other]).await), [], "the users are busy");
    assert_eq!(jobs(&store.claim(at(20), LEASE, 0, &[]).await.unwrap()), []);
    let busy = [other];
    let claimed = join_all((0..8).map(|_| claim(20, &busy))).await;
    let mut claimed: Vec<DueImport> = claimed.into_iter().flatten().collect();
    claimed.extend(claim(20, &[other]).await);
    assert_eq!(jobs(&claimed), [first.job, second.job], "each is claimed once");
    let one = claimed[0].clone();
    let url_of = |origin: &ImportOrigin| match origin {
        ImportOrigin::Url(url) => url.expose().to_owned(),
        ImportOrigin::Job(job) => panic!("the job {job} instead of a URL"),
    };
    assert_eq!((one.owner, url_of(&one.origin)), (user, url_of(&first.origin)));
    assert_eq!((&one.version, one.created_at), (&first.version, at(10)));
    assert_eq!((one.attempt, one.failures), (1, 0));
    let theirs = claim(20, &[]).await.remove(0);
    assert_eq!((theirs.job, &theirs.version), (foreign.job, &foreign.version));
    assert!(matches!(theirs.origin, ImportOrigin::Job(job) if job == earlier));
    store.delete(second.job).await.unwrap();
    store.delete(second.job).await.unwrap();

    // After the lease of a dead process, its import is due again, and the dead process changes nothing.
    assert_eq!(jobs(&claim(79, &[]).await), []);
    let again = claim(80, &[other]).await.remove(0);
    assert_eq!((again.job, again.attempt), (first.job, 2));
    assert!(!store.extend(&one, at(500)).await.unwrap());
    store.retry(&one, 7, at(81)).await.unwrap();
    assert_eq!(jobs(&claim(90, &[other]).await), []);

    // A failure is tried again at its time; a part that arrives ends the failures and extends the claim.
    store.retry(&again, 3, at(200)).await.unwrap();
    assert_eq!(jobs(&claim(199, &[other]).await), []);
    let third = claim(200, &[other]).await.remove(0);
    assert_eq!((third.attempt, third.failures), (3, 3));
    assert!(store.extend(&third, at(900)).await.unwrap());
    assert_eq!(jobs(&claim(899, &[other]).await), []);
    let fourth = claim(900, &[other]).await.remove(0);
    assert_eq!((fourth.job, fourth.failures), (first.job, 0));

    // A deleted import is gone for the process that copies it, and old ones are deleted.
    store.delete(first.job).await.unwrap();
    assert!(!store.extend(&fourth, at(2_000)).await.unwrap());
    assert_eq!(store.insert(&new(user, 5), 2).await.unwrap(), ImportInsertion::Stored);
    assert_eq!(store.prune(at(6)).await.unwrap(), 1);
    assert_eq!(jobs(&claim(10_000, &[]).await), [foreign.job]);

    // A copy that has begun comes before the user's other files, although they are due for longer.
    let (begun, waiting) = (new(user, 20_000), new(user, 20_001));
    assert_eq!(store.insert(&begun, 2).await.unwrap(), ImportInsertion::Stored);
    let claimed = claim(20_000, &[other]).await.remove(0);
    assert_eq!(store.insert(&waiting, 2).await.unwrap(), ImportInsertion::Stored);
    store.retry(&claimed, 0, at(20_010)).await.unwrap();
    assert_eq!(jobs(&claim(20_020, &[other]).await), [begun.job]);
    assert_eq!(jobs(&claim(20_020, &[other]).await), [waiting.job]);
    for one in [begun.job, waiting.job] {
        store.delete(one).await.unwrap();
    }

    let many: Vec<NewImportRow> = (0..8).map(|_| new(user, 700)).collect();
    let stored = join_all(many.iter().map(|one| store.insert(one, 3))).await;
    let is_stored = |stored: PortResult<_>| stored.unwrap() == ImportInsertion::Stored;
    let stored = stored.into_iter().map(is_stored).filter(|is_stored| *is_stored).count();
    assert_eq!(stored, 3, "the limit holds for concurrent calls");

    let one = new(other, 800);
    let stored = join_all((0..8).map(|_| store.insert(&one, 9))).await;
    let stored = stored.into_iter().map(is_stored).filter(|is_stored| *is_stored).count();
    assert_eq!(stored, 1, "of concurrent calls for a job, one stores its import");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn the_fake_fulfills_the_contract() {
        let test = TestGas::new();
        let [user, other] = ["ada", "eve"].map(|name| test.user(name, Plan::Free).id);
        imports_contract(&*test.imports, user, other).await;
    }
}
