//! The table of private references in memory, and the contract of its port.

use super::{Crash, lock};
use crate::ports::{PortResult, PrivateReferenceStore, WriteOutcome};
use async_trait::async_trait;
use gas_shared::UserId;
use gas_shared::private_reference::{
    PrivateReference, PrivateReferenceChange, PrivateReferenceState, UploadedSource,
};
use gas_shared::reference::ReferenceId;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Mutex;
use uuid::Uuid;

/// Private references in memory.
#[derive(Debug, Default)]
pub struct FakePrivateReferences {
    rows: Mutex<BTreeMap<(UserId, ReferenceId), PrivateReference>>,
    crash: Crash,
}

impl FakePrivateReferences {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// The number of references of all users.
    pub fn len(&self) -> usize {
        lock(&self.rows).len()
    }

    /// Whether the store has no references.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes a row if the stored one fulfills a condition, or is identical.
    fn write(
        &self,
        reference: &PrivateReference,
        condition: impl FnOnce(Option<&PrivateReference>) -> bool,
    ) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let mut rows = lock(&self.rows);
            let key = (reference.owner, reference.id.clone());
            let stored = rows.get(&key);
            if stored != Some(reference) {
                if !condition(stored) {
                    return Ok(WriteOutcome::Conflict);
                }
                rows.insert(key, reference.clone());
            }
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }
}

#[async_trait]
impl PrivateReferenceStore for FakePrivateReferences {
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<PrivateReference>> {
        self.crash.before_call()?;
        let rows = lock(&self.rows);
        Ok(rows.values().filter(|reference| reference.owner == owner).cloned().collect())
    }

    async fn find(&self, owner: UserId, id: &ReferenceId) -> PortResult<Option<PrivateReference>> {
        self.crash.before_call()?;
        Ok(lock(&self.rows).get(&(owner, id.clone())).cloned())
    }

    async fn insert(&self, reference: &PrivateReference) -> PortResult<WriteOutcome> {
        self.write(reference, |stored| stored.is_none())
    }

    async fn replace(&self, reference: &PrivateReference) -> PortResult<WriteOutcome> {
        self.write(reference, |stored| {
            stored.is_some_and(|stored| stored.version + 1 == reference.version)
        })
    }

    async fn delete(&self, reference: &PrivateReference) -> PortResult<WriteOutcome> {
        self.crash.before_call()?;
        {
            let mut rows = lock(&self.rows);
            let key = (reference.owner, reference.id.clone());
            if rows.get(&key).is_some_and(|stored| stored.version != reference.version) {
                return Ok(WriteOutcome::Conflict);
            }
            rows.remove(&key);
        }
        self.crash.after_effect()?;
        Ok(WriteOutcome::Written)
    }

    async fn overdue(&self, now: Timestamp) -> PortResult<Vec<(UserId, ReferenceId)>> {
        self.crash.before_call()?;
        let rows = lock(&self.rows);
        let mut overdue: Vec<_> =
            rows.values().filter(|one| one.due().is_some_and(|due| due < now)).collect();
        overdue.sort_by_key(|reference| reference.due());
        Ok(overdue.into_iter().map(|one| (one.owner, one.id.clone())).collect())
    }
}

/// A private reference of a new user, whose files are being uploaded.
///
/// # Panics
/// If `name` cannot be a part of an id.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub fn private_reference(name: &str) -> PrivateReference {
    let source = |file_name: &str| UploadedSource {
        file_name: file_name.to_owned(),
        size: 10,
        upload_id: "upload".to_owned(),
    };
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000_000);
    PrivateReference {
        owner: UserId::new(Uuid::new_v4()),
        id: format!("private/GRCh38/{name}").parse().unwrap(),
        build: Uuid::new_v4(),
        version: 1,
        added_at: now,
        changed_at: now,
        fasta: source("genome.fa"),
        gene_models: source("genes.gff3"),
        state: PrivateReferenceState::Uploading,
    }
}

/// Checks that an adapter fulfills the contract of the port.
///
/// # Panics
/// If it does not.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn private_references_contract(store: &dyn PrivateReferenceStore) {
    let one = private_reference("one");
    let other = PrivateReference { owner: one.owner, ..private_reference("other") };
    let of_eve = PrivateReference { owner: UserId::new(Uuid::new_v4()), ..one.clone() };
    for new in [&other, &one, &of_eve] {
        assert_eq!(store.insert(new).await.unwrap(), WriteOutcome::Written);
    }
    assert_eq!(store.insert(&one).await.unwrap(), WriteOutcome::Written, "a repetition");
    let again = PrivateReference { build: Uuid::new_v4(), ..one.clone() };
    assert_eq!(store.insert(&again).await.unwrap(), WriteOutcome::Conflict);
    assert_eq!(store.of_user(one.owner).await.unwrap(), [one.clone(), other.clone()]);
    assert_eq!(store.find(of_eve.owner, &of_eve.id).await.unwrap(), Some(of_eve.clone()));
    assert_eq!(store.find(of_eve.owner, &other.id).await.unwrap(), None);

    let later = |secs| one.changed_at + SignedDuration::from_secs(secs);
    let building = one.apply(PrivateReferenceChange::Uploaded, later(1)).unwrap();
    assert_eq!(store.replace(&building).await.unwrap(), WriteOutcome::Written);
    assert_eq!(store.replace(&building).await.unwrap(), WriteOutcome::Written, "a repetition");
    let stale = one.apply(PrivateReferenceChange::Delete, later(2)).unwrap();
    assert_eq!(store.replace(&stale).await.unwrap(), WriteOutcome::Conflict);
    assert_eq!(store.find(one.owner, &one.id).await.unwrap(), Some(building.clone()));
    assert_eq!(store.find(of_eve.owner, &one.id).await.unwrap(), Some(of_eve.clone()));

    let failed = PrivateReferenceChange::Failed("x".to_owned());
    let failed = of_eve.apply(failed, later(3)).unwrap();
    assert_eq!(store.replace(&failed).await.unwrap(), WriteOutcome::Written);
    let overdue = async |at| {
        let overdue = store.overdue(at).await.unwrap();
        let is_ours =
            |(owner, _): &(UserId, ReferenceId)| [one.owner, of_eve.owner].contains(owner);
        overdue.into_iter().filter(is_ours).map(|(_, id)| id).collect::<Vec<_>>()
    };
    assert!(overdue(later(60)).await.is_empty());
    assert_eq!(overdue(later(100_000)).await, [building.id.clone(), other.id.clone()]);

    assert_eq!(store.delete(&one).await.unwrap(), WriteOutcome::Conflict);
    for row in [&building, &other, &failed] {
        assert_eq!(store.delete(row).await.unwrap(), WriteOutcome::Written);
        assert_eq!(store.delete(row).await.unwrap(), WriteOutcome::Written, "a repetition");
    }
    assert!(store.of_user(one.owner).await.unwrap().is_empty());
    assert!(overdue(later(100_000)).await.is_empty());
}

#[tokio::test]
async fn the_in_memory_table_fulfills_the_contract() {
    private_references_contract(&FakePrivateReferences::default()).await;
}
