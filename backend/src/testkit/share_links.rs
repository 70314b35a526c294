//! The share links in memory, and the contract of their port, which PostgreSQL fulfills, too.

use super::lock;
use crate::ports::{ActiveShareLink, PortResult, ShareLinkRow, ShareLinks};
use async_trait::async_trait;
use futures::future::join_all;
use gas_shared::share_link::ShareLink;
use gas_shared::{JobId, ShareLinkId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::sync::Mutex;
use uuid::Uuid;

/// Share links in memory.
#[derive(Debug, Default)]
pub struct FakeShareLinks(Mutex<Vec<ShareLinkRow>>);

impl FakeShareLinks {
    /// Deletes all links of a user.
    pub(super) fn remove_all(&self, owner: UserId) {
        lock(&self.0).retain(|row| row.owner != owner);
    }
}

#[async_trait]
impl ShareLinks for FakeShareLinks {
    async fn insert(&self, row: &ShareLinkRow, max: u16) -> PortResult<bool> {
        let mut rows = lock(&self.0);
        let of_job = |one: &&ShareLinkRow| {
            one.owner == row.owner
                && one.link.job_id == row.link.job_id
                && one.link.expires_at > row.link.created_at
        };
        let fits = rows.iter().filter(of_job).count() < usize::from(max);
        if fits {
            rows.push(row.clone());
        }
        Ok(fits)
    }

    async fn links_of(&self, owner: UserId, job: Option<JobId>) -> PortResult<Vec<ShareLink>> {
        let rows = lock(&self.0);
        let is_wanted = |row: &&ShareLinkRow| {
            row.owner == owner && job.is_none_or(|job| row.link.job_id == job)
        };
        let mut links: Vec<_> = rows.iter().filter(is_wanted).map(|row| row.link.clone()).collect();
        links.sort_by_key(|link| (Reverse(link.created_at), link.id));
        Ok(links)
    }

    async fn revoke(&self, owner: UserId, job: JobId, id: ShareLinkId) -> PortResult<bool> {
        let mut rows = lock(&self.0);
        let before = rows.len();
        rows.retain(|row| row.owner != owner || row.link.job_id != job || row.link.id != id);
        Ok(rows.len() < before)
    }

    async fn find_by_hash(
        &self,
        hash: &str,
        now: Timestamp,
    ) -> PortResult<Option<ActiveShareLink>> {
        let rows = lock(&self.0);
        let found = rows.iter().find(|row| row.hash == hash && row.link.expires_at > now);
        Ok(found.map(|row| ActiveShareLink {
            id: row.link.id,
            owner: row.owner,
            job: row.link.job_id,
            allows_downloads: row.link.allows_downloads,
            expires_at: row.link.expires_at,
        }))
    }

    async fn count_opening(&self, id: ShareLinkId, now: Timestamp) -> PortResult<()> {
        if let Some(row) = lock(&self.0).iter_mut().find(|row| row.link.id == id) {
            row.link.opened += 1;
            row.link.last_opened_at = Some(now);
        }
        Ok(())
    }

    async fn delete_of_job(&self, job: JobId) -> PortResult<()> {
        lock(&self.0).retain(|row| row.link.job_id != job);
        Ok(())
    }

    async fn delete_expired(&self, at: Timestamp) -> PortResult<u64> {
        let mut rows = lock(&self.0);
        let before = rows.len();
        rows.retain(|row| row.link.expires_at > at);
        Ok((before - rows.len()) as u64)
    }
}

/// Checks a store of share links against the contract of its port. Both users must have profiles and no links.
///
/// # Panics
/// If the store violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn share_links_contract(store: &dyn ShareLinks, user: UserId, other: UserId) {
    // In the future, so that nobody else deletes these as expired.
    let start = Timestamp::from_second(10_000_000_000).unwrap();
    let at = |secs: i64| start + SignedDuration::from_secs(secs);
    let [job, second] = [0, 1].map(|_| JobId::new(Uuid::new_v4()));
    let row = |owner, job_id, created: i64| ShareLinkRow {
        owner,
        hash: Uuid::new_v4().to_string(),
        link: ShareLink {
            id: ShareLinkId::new(Uuid::new_v4()),
            job_id,
            allows_downloads: created == 0,
            created_at: at(created),
            expires_at: at(created + 100),
            opened: 0,
            last_opened_at: None,
        },
    };
    let links = async |owner, job| store.links_of(owner, job).await.unwrap();
    let find = async |hash: &str, secs| store.find_by_hash(hash, at(secs)).await.unwrap();

    let (one, two) = (row(user, job, 0), row(user, job, 1));
    let (elsewhere, foreign) = (row(user, second, 2), row(other, job, 3));
    for link in [&one, &two, &elsewhere, &foreign] {
        assert!(store.insert(link, 2).await.unwrap());
    }
    assert!(!store.insert(&row(user, job, 4), 2).await.unwrap(), "the job has two");
    assert_eq!(links(user, Some(job)).await, [two.link.clone(), one.link.clone()], "newest first");
    let all = [elsewhere.link.clone(), two.link.clone(), one.link.clone()];
    assert_eq!(links(user, None).await, all);
    assert_eq!(links(other, Some(second)).await, []);

    let found = find(&one.hash, 99).await.unwrap();
    assert_eq!((found.id, found.owner, found.job), (one.link.id, user, job));
    assert_eq!((found.allows_downloads, found.expires_at), (true, at(100)));
    assert!(!find(&two.hash, 99).await.unwrap().allows_downloads);
    assert_eq!(find(&one.hash, 100).await, None, "it has expired");
    assert_eq!(find(&Uuid::new_v4().to_string(), 0).await, None);
    assert!(store.insert(&row(user, job, 101), 2).await.unwrap(), "expired ones do not count");

    let opened = join_all((0..8).map(|_| store.count_opening(one.link.id, at(50)))).await;
    assert!(opened.into_iter().all(|opened| opened.is_ok()));
    let counted = links(user, Some(job)).await.pop().unwrap();
    assert_eq!((counted.id, counted.opened), (one.link.id, 8), "no opening is lost");
    assert_eq!(counted.last_opened_at, Some(at(50)));
    store.count_opening(ShareLinkId::new(Uuid::new_v4()), at(50)).await.unwrap();

    assert!(!store.revoke(other, job, one.link.id).await.unwrap(), "it is another user's");
    assert!(!store.revoke(user, second, one.link.id).await.unwrap(), "it is of another job");
    assert!(store.revoke(user, job, one.link.id).await.unwrap());
    assert!(!store.revoke(user, job, one.link.id).await.unwrap(), "it is revoked already");
    assert_eq!(find(&one.hash, 50).await, None);

    store.delete_of_job(second).await.unwrap();
    assert_eq!(links(user, Some(second)).await, []);
    assert_eq!(links(other, Some(job)).await, std::slice::from_ref(&foreign.link));

    let old = ShareLinkRow {
        link: ShareLink { expires_at: Timestamp::UNIX_EPOCH, ..row(user, second, 0).link },
        ..row(user, second, 0)
    };
    assert!(store.insert(&old, 1).await.unwrap());
    assert!(store.delete_expired(Timestamp::UNIX_EPOCH).await.unwrap() >= 1);
    assert_eq!(links(user, Some(second)).await, []);
    assert!(find(&two.hash, 50).await.is_some(), "it has not expired");

    let many: Vec<ShareLinkRow> = (0..8).map(|_| row(user, second, 5)).collect();
    let stored = join_all(many.iter().map(|link| store.insert(link, 3))).await;
    let stored = stored.into_iter().filter(|stored| *stored.as_ref().unwrap()).count();
    assert_eq!(stored, 3, "the limit holds for concurrent calls");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fake_fulfills_the_contract() {
        let [user, other] = [0, 1].map(|_| UserId::new(Uuid::new_v4()));
        share_links_contract(&FakeShareLinks::default(), user, other).await;
    }
}
