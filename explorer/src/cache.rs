//! A cache of index columns, chunks and selections with a limit of bytes.

use crate::decoded_chunk::DecodedChunk;
use crate::format::{Column, ColumnKind};
use crate::selection::Selection;
use quick_cache::Weighter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Decompressed columns, chunks and selections of all open indexes. Clones share one cache. A server has one
/// cache, so its memory is bounded for any number of users and results.
#[derive(Clone, Debug)]
pub struct Cache(Arc<quick_cache::sync::Cache<Key, Value, ByBytes>>);

/// Identifies an open index in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IndexId(u64);

impl IndexId {
    /// An ID that is unique in this process.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Column(IndexId, u32, ColumnKind),
    Chunk(IndexId, u32, u32),
    Selection(IndexId, String),
}

#[derive(Clone, Debug)]
enum Value {
    Column(Arc<Column>),
    Chunk(Arc<DecodedChunk>),
    Selection(Arc<Selection>),
}

#[derive(Clone, Debug)]
struct ByBytes;

impl Weighter<Key, Value> for ByBytes {
    fn weight(&self, key: &Key, value: &Value) -> u64 {
        match (key, value) {
            (Key::Selection(_, filter), Value::Selection(s)) => filter.len() as u64 + s.weight(),
            (_, Value::Column(column)) => column.weight(),
            (_, Value::Chunk(chunk)) => chunk.weight(),
            (_, Value::Selection(selection)) => selection.weight(),
        }
    }
}

impl Cache {
    /// Creates a cache of at most `bytes` bytes. 64 MiB hold the columns that typical queries need
    /// of three results with a million records each.
    pub fn new(bytes: u64) -> Self {
        // A column of a complete block has 64 to 256 KiB.
        let items = usize::try_from(bytes >> 17).unwrap_or(usize::MAX).max(64);
        Self(Arc::new(quick_cache::sync::Cache::with_weighter(items, bytes, ByBytes)))
    }

    /// Bytes in the cache.
    pub fn bytes(&self) -> u64 {
        self.0.weight()
    }

    pub(crate) fn column(&self, id: IndexId, block: u32, kind: ColumnKind) -> Option<Arc<Column>> {
        match self.0.get(&Key::Column(id, block, kind))? {
            Value::Column(column) => Some(column),
            Value::Chunk(_) | Value::Selection(_) => None,
        }
    }

    pub(crate) fn insert_column(
        &self,
        id: IndexId,
        block: u32,
        kind: ColumnKind,
        column: &Arc<Column>,
    ) {
        self.0.insert(Key::Column(id, block, kind), Value::Column(column.clone()));
    }

    pub(crate) fn chunk(&self, id: IndexId, block: u32, chunk: u32) -> Option<Arc<DecodedChunk>> {
        match self.0.get(&Key::Chunk(id, block, chunk))? {
            Value::Chunk(chunk) => Some(chunk),
            Value::Column(_) | Value::Selection(_) => None,
        }
    }

    pub(crate) fn insert_chunk(
        &self,
        id: IndexId,
        block: u32,
        chunk: u32,
        decoded: &Arc<DecodedChunk>,
    ) {
        self.0.insert(Key::Chunk(id, block, chunk), Value::Chunk(decoded.clone()));
    }

    pub(crate) fn selection(&self, id: IndexId, filter: &str) -> Option<Arc<Selection>> {
        match self.0.get(&Key::Selection(id, filter.to_owned()))? {
            Value::Selection(selection) => Some(selection),
            Value::Column(_) | Value::Chunk(_) => None,
        }
    }

    pub(crate) fn insert_selection(&self, id: IndexId, filter: String, selection: &Arc<Selection>) {
        self.0.insert(Key::Selection(id, filter), Value::Selection(selection.clone()));
    }
}
