//! What users save, in memory, and the contract of its port, which PostgreSQL fulfills, too.

use super::lock;
use crate::ports::{PortResult, Renamed, SavedContent, SavedItem, SavedItems, SavedKind};
use async_trait::async_trait;
use futures::future::join_all;
use gas_shared::explorer::{Filter, Sort};
use gas_shared::{SavedId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::sync::Mutex;
use uuid::Uuid;

/// What users save, in memory.
#[derive(Debug, Default)]
pub struct FakeSavedItems(Mutex<Vec<(UserId, SavedItem)>>);

impl FakeSavedItems {
    /// Deletes everything that a user has saved.
    pub(super) fn remove_all(&self, owner: UserId) {
        lock(&self.0).retain(|(of, _)| *of != owner);
    }
}

fn key(item: &SavedItem) -> (SavedKind, &str) {
    (item.content.kind(), &item.name)
}

#[async_trait]
impl SavedItems for FakeSavedItems {
    async fn saved_by(&self, owner: UserId) -> PortResult<Vec<SavedItem>> {
        let items = lock(&self.0);
        let mut own: Vec<SavedItem> =
            items.iter().filter(|(of, _)| *of == owner).map(|(_, item)| item.clone()).collect();
        own.sort_by(|one, other| key(one).cmp(&key(other)));
        Ok(own)
    }

    async fn save(&self, owner: UserId, item: &SavedItem, max: u16) -> PortResult<bool> {
        let mut items = lock(&self.0);
        let same = |(of, known): &&mut (UserId, SavedItem)| *of == owner && key(known) == key(item);
        if let Some((_, known)) = items.iter_mut().find(same) {
            *known = SavedItem { id: known.id, ..item.clone() };
            return Ok(true);
        }
        let kind = item.content.kind();
        let of_kind =
            items.iter().filter(|(of, known)| *of == owner && known.content.kind() == kind);
        let fits = of_kind.count() < usize::from(max);
        if fits {
            items.push((owner, item.clone()));
        }
        Ok(fits)
    }

    async fn rename(
        &self,
        owner: UserId,
        id: SavedId,
        kind: SavedKind,
        name: &str,
        now: Timestamp,
    ) -> PortResult<Renamed> {
        let mut items = lock(&self.0);
        let is_taken = |(of, known): &(UserId, SavedItem)| {
            *of == owner && key(known) == (kind, name) && known.id != id
        };
        let is_own = |(of, known): &(UserId, SavedItem)| {
            *of == owner && known.id == id && known.content.kind() == kind
        };
        if !items.iter().any(is_own) {
            return Ok(Renamed::NotFound);
        }
        if items.iter().any(is_taken) {
            return Ok(Renamed::Taken);
        }
        if let Some((_, item)) = items.iter_mut().find(|entry| is_own(entry)) {
            *item = SavedItem { name: name.to_owned(), updated_at: now, ..item.clone() };
        }
        Ok(Renamed::Done)
    }

    async fn delete(&self, owner: UserId, id: SavedId, kind: SavedKind) -> PortResult<bool> {
        let mut items = lock(&self.0);
        let before = items.len();
        items.retain(|(of, item)| *of != owner || item.id != id || item.content.kind() != kind);
        Ok(items.len() < before)
    }
}

/// Checks a store of saved items against the contract of its port. Both users must have profiles and nothing saved.
///
/// # Panics
/// If the store violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn saved_items_contract(store: &dyn SavedItems, user: UserId, other: UserId) {
    let start = Timestamp::from_second(1_700_000_000).unwrap();
    let at = |secs: i64| start + SignedDuration::from_secs(secs);
    let filter = |gene: &str| SavedContent::Filter {
        filter: Box::new(Filter { genes: vec![gene.to_owned()], ..Filter::default() }),
        sort: Sort::POSITION,
        columns: Some("all".to_owned()),
    };
    let panel = || SavedContent::Panel { genes: vec!["SCN1A".to_owned()] };
    let item = |name: &str, content, secs| SavedItem {
        id: SavedId::new(Uuid::new_v4()),
        name: name.to_owned(),
        content,
        updated_at: at(secs),
    };
    let saved = async |owner| store.saved_by(owner).await.unwrap();

    let (rare, same) = (item("rare", filter("A"), 0), item("rare", panel(), 1));
    for one in [&same, &rare, &item("Ärzte", panel(), 2)] {
        assert!(store.save(user, one, 2).await.unwrap());
    }
    assert_eq!(saved(user).await[..2], [rare.clone(), same.clone()], "by kind and name");
    assert_eq!(saved(user).await.len(), 3);
    assert!(saved(other).await.is_empty());

    // The same name replaces, also at the limit, and the id stays.
    let newer = item("rare", filter("B"), 5);
    assert!(store.save(user, &newer, 1).await.unwrap());
    assert_eq!(saved(user).await[0], SavedItem { id: rare.id, ..newer });
    assert!(!store.save(user, &item("third", panel(), 6), 2).await.unwrap(), "it is one too many");
    assert!(store.save(other, &item("third", panel(), 6), 1).await.unwrap(), "of another user");

    let rename = async |owner, id, kind, name: &str| {
        store.rename(owner, id, kind, name, at(9)).await.unwrap()
    };
    let (filters, panels) = (SavedKind::Filter, SavedKind::Panel);
    assert_eq!(rename(user, rare.id, filters, "rare").await, Renamed::Done, "it has the name");
    assert_eq!(rename(user, same.id, panels, "Ärzte").await, Renamed::Taken);
    assert_eq!(rename(user, rare.id, filters, "Ärzte").await, Renamed::Done, "of another kind");
    assert_eq!(rename(other, rare.id, filters, "mine").await, Renamed::NotFound);
    assert_eq!(rename(user, rare.id, panels, "x").await, Renamed::NotFound, "it is a filter");
    let renamed = &saved(user).await[0];
    assert_eq!((renamed.name.as_str(), renamed.updated_at), ("Ärzte", at(9)));

    assert!(!store.delete(other, rare.id, filters).await.unwrap());
    assert!(!store.delete(user, rare.id, panels).await.unwrap());
    assert!(store.delete(user, rare.id, filters).await.unwrap());
    assert!(!store.delete(user, rare.id, filters).await.unwrap(), "it is deleted");
    assert_eq!(saved(user).await.len(), 2);

    let many: Vec<SavedItem> = (0..8).map(|n| item(&format!("f{n}"), filter("C"), 10)).collect();
    let stored = join_all(many.iter().map(|one| store.save(user, one, 3))).await;
    let stored = stored.into_iter().filter(|stored| *stored.as_ref().unwrap()).count();
    assert_eq!(stored, 3, "the limit holds for concurrent calls");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fake_fulfills_the_contract() {
        let [user, other] = [0, 1].map(|_| UserId::new(Uuid::new_v4()));
        saved_items_contract(&FakeSavedItems::default(), user, other).await;
    }
}
