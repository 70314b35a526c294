//! The port of what users save for the results explorer.

use super::PortResult;
use async_trait::async_trait;
use gas_shared::explorer::{Filter, Sort};
use gas_shared::{SavedId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Saved filters and gene panels. Each kind has its own names, which are unique among those of a user.
#[async_trait]
pub trait SavedItems: Send + Sync {
    /// Everything that a user has saved, by kind and name. Items of a newer version that cannot be read are left out.
    async fn saved_by(&self, owner: UserId) -> PortResult<Vec<SavedItem>>;

    /// Stores an item, or replaces the content of the one with its kind and name, which keeps its id. `false` if it is a new
    /// one and its owner already has `max` of its kind; this holds for concurrent calls too.
    ///
    /// # Errors
    /// If the owner has no profile (any longer).
    async fn save(&self, owner: UserId, item: &SavedItem, max: u16) -> PortResult<bool>;

    /// Renames an item of a user.
    async fn rename(
        &self,
        owner: UserId,
        id: SavedId,
        kind: SavedKind,
        name: &str,
        now: Timestamp,
    ) -> PortResult<Renamed>;

    /// Deletes an item of a user. `false` if the user has none of this kind with the id.
    async fn delete(&self, owner: UserId, id: SavedId, kind: SavedKind) -> PortResult<bool>;
}

/// A saved filter or gene panel.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedItem {
    /// The id.
    pub id: SavedId,
    /// The name.
    pub name: String,
    /// The filter, or the genes.
    pub content: SavedContent,
    /// When it was saved or renamed.
    pub updated_at: Timestamp,
}

/// The content of a saved item. Its JSON is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedContent {
    /// A filter with the order and the columns of the table.
    Filter {
        /// Which records.
        filter: Box<Filter>,
        /// The sort order.
        sort: Sort,
        /// The columns; `None` for those of the user.
        columns: Option<String>,
    },
    /// The symbols of genes.
    Panel {
        /// Each once.
        genes: Vec<String>,
    },
}

/// The kinds of what is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SavedKind {
    /// A filter.
    Filter,
    /// A gene panel.
    Panel,
}

impl SavedKind {
    /// The spelling in PostgreSQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Panel => "panel",
        }
    }
}

impl SavedContent {
    /// The kind.
    pub const fn kind(&self) -> SavedKind {
        match self {
            Self::Filter { .. } => SavedKind::Filter,
            Self::Panel { .. } => SavedKind::Panel,
        }
    }
}

/// The outcome of [`SavedItems::rename`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// The item has the name.
    Done,
    /// Another item of its kind has the name.
    Taken,
    /// The user has no such item.
    NotFound,
}
