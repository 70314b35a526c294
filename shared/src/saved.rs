//! What users save for the results explorer: filters with the order and the columns of the table, and gene panels.

use crate::SavedId;
use crate::explorer::{Filter, MAX_FILTER_VALUES, Sort};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most filters that a user can save.
pub const MAX_SAVED_FILTERS: u16 = 100;

/// The most gene panels that a user can save.
pub const MAX_GENE_PANELS: u16 = 100;

/// The most characters of a name.
pub const MAX_SAVED_NAME_CHARS: usize = 60;

/// The most genes of a panel, which are those of a filter.
pub const MAX_PANEL_GENES: usize = MAX_FILTER_VALUES;

/// The most bytes of a saved filter in JSON.
pub const MAX_SAVED_FILTER_BYTES: usize = 16 * 1024;

/// The most bytes of the columns of a saved filter.
pub const MAX_SAVED_COLUMNS_BYTES: usize = 4 * 1024;

/// A filter to save. It replaces one of the same name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSavedFilter {
    /// The name, of 1 to 60 characters.
    #[cfg_attr(feature = "openapi", schema(example = "rare and high"))]
    pub name: String,
    /// Which records: the JSON that the address of the results explorer has after `filter=`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub filter: Filter,
    /// The sort order: a key, and `ascending` or `descending`. The most severe records first without it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub sort: Sort,
    /// The columns of the table: `clinical`, `population`, `samples`, `all`, or `own:` and names separated by commas.
    /// Without it, those of the user.
    #[serde(default)]
    pub columns: Option<String>,
}

/// A saved filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedFilter {
    /// The id.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub id: SavedId,
    /// The name, which no other saved filter of the user has.
    pub name: String,
    /// Which records.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub filter: Filter,
    /// The sort order.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub sort: Sort,
    /// The columns of the table; `null` for those of the user.
    pub columns: Option<String>,
    /// When it was saved or renamed.
    pub updated_at: Timestamp,
}

/// A gene panel to save. It replaces one of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewGenePanel {
    /// The name, of 1 to 60 characters.
    #[cfg_attr(feature = "openapi", schema(example = "epilepsy"))]
    pub name: String,
    /// Symbols of genes, at most 1,000.
    #[cfg_attr(feature = "openapi", schema(example = json!(["SCN1A", "KCNQ2"])))]
    pub genes: Vec<String>,
}

/// A gene panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GenePanel {
    /// The id.
    #[cfg_attr(feature = "openapi", schema(value_type = uuid::Uuid))]
    pub id: SavedId,
    /// The name, which no other panel of the user has.
    pub name: String,
    /// The symbols of the genes, each once.
    pub genes: Vec<String>,
    /// When it was saved or renamed.
    pub updated_at: Timestamp,
}

/// Everything that a user has saved, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Saved {
    /// The filters.
    pub filters: Vec<SavedFilter>,
    /// The gene panels.
    pub panels: Vec<GenePanel>,
}
