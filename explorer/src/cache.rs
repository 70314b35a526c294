//! What was read of indexes, kept within a limit of bytes.

use crate::format::{Column, ColumnKind};
use crate::query::Selection;
use quick_cache::Weighter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Unpacked columns and selections of all open indexes. Clones share one cache: a server has one,
/// and its memory stays within the limit however many users look at however many results.
#[derive(Clone, Debug)]
pub struct Cache(Arc<quick_cache::sync::Cache<Key, Value, Weigh>>);

/// Names an open index in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IndexId(u64);

impl IndexId {
    /// An id that no other index of this process has.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Column(IndexId, u32, ColumnKind),
    Selection(IndexId, String),
}

#[derive(Clone, Debug)]
enum Value {
    Column(Arc<Column>),
    Selection(Arc<Selection>),
}

#[derive(Clone, Debug)]
struct Weigh;

impl Weighter<Key, Value> for Weigh {
    fn weight(&self, key: &Key, value: &Value) -> u64 {
        match (key, value) {
            (Key::Selection(_, filter), Value::Selection(s)) => filter.len() as u64 + s.weight(),
            (_, Value::Column(column)) => column.weight(),
            (_, Value::Selection(selection)) => selection.weight(),
        }
    }
}

impl Cache {
    /// A cache of at most so many bytes. 64 MiB hold the columns of ordinary questions to three
    /// results of a million records.
    pub fn new(bytes: u64) -> Self {
        // A column of a full block has 64 to 256 KiB.
        let items = usize::try_from(bytes >> 17).unwrap_or(usize::MAX).max(64);
        Self(Arc::new(quick_cache::sync::Cache::with_weighter(items, bytes, Weigh)))
    }

    /// Bytes kept now.
    pub fn bytes(&self) -> u64 {
        self.0.weight()
    }

    pub(crate) fn column(&self, id: IndexId, block: u32, kind: ColumnKind) -> Option<Arc<Column>> {
        match self.0.get(&Key::Column(id, block, kind))? {
            Value::Column(column) => Some(column),
            Value::Selection(_) => None,
        }
    }

    pub(crate) fn keep_column(
        &self,
        id: IndexId,
        block: u32,
        kind: ColumnKind,
        column: &Arc<Column>,
    ) {
        self.0.insert(Key::Column(id, block, kind), Value::Column(column.clone()));
    }

    pub(crate) fn selection(&self, id: IndexId, filter: &str) -> Option<Arc<Selection>> {
        match self.0.get(&Key::Selection(id, filter.to_owned()))? {
            Value::Selection(selection) => Some(selection),
            Value::Column(_) => None,
        }
    }

    pub(crate) fn keep_selection(&self, id: IndexId, filter: String, selection: &Arc<Selection>) {
        self.0.insert(Key::Selection(id, filter), Value::Selection(selection.clone()));
    }
}
