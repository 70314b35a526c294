//! Saves filters of the results explorer and gene panels for their user.

use crate::Gas;
use crate::ports::{PortError, PortResult, Renamed, SavedContent, SavedItem, SavedKind};
use gas_shared::explorer::{FilterError, MAX_FILTER_TEXT_BYTES};
use gas_shared::saved::{
    GenePanel, MAX_GENE_PANELS, MAX_PANEL_GENES, MAX_SAVED_COLUMNS_BYTES, MAX_SAVED_FILTER_BYTES,
    MAX_SAVED_FILTERS, MAX_SAVED_NAME_CHARS, NewGenePanel, NewSavedFilter, Saved, SavedFilter,
};
use gas_shared::{SavedId, UserId};
use uuid::Uuid;

/// Why something is not saved, renamed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The name is empty, too long, or contains control characters.
    #[error("a name has 1 to {MAX_SAVED_NAME_CHARS} characters")]
    Name,
    /// The filter is over a limit of filters.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The filter is too long.
    #[error("the filter has {found} bytes; at most {MAX_SAVED_FILTER_BYTES} can be saved")]
    LongFilter {
        /// Its bytes in JSON.
        found: usize,
    },
    /// The text with the columns is too long.
    #[error("the columns have {found} bytes; at most {MAX_SAVED_COLUMNS_BYTES} can be saved")]
    LongColumns {
        /// Its bytes.
        found: usize,
    },
    /// The text with the columns has control characters.
    #[error("the columns have control characters; remove them")]
    Columns,
    /// The panel has no gene.
    #[error("a panel needs a gene")]
    NoGenes,
    /// The panel has too many genes.
    #[error("the panel has {found} genes; at most {MAX_PANEL_GENES} can be saved")]
    TooManyGenes {
        /// The number of genes.
        found: usize,
    },
    /// A gene is no symbol.
    #[error(
        "{0:?} is not the symbol of a gene: it is too long or has characters that no symbol has"
    )]
    Gene(String),
    /// The user has too many filters.
    #[error("you already have {MAX_SAVED_FILTERS} saved filters; delete one that you do not need")]
    TooManyFilters,
    /// The user has too many panels.
    #[error("you already have {MAX_GENE_PANELS} gene panels; delete one that you do not need")]
    TooManyPanels,
    /// Another one has the name.
    #[error("you already have {what} named {name:?}", what = described(*.kind))]
    Taken {
        /// What.
        kind: SavedKind,
        /// The name.
        name: String,
    },
    /// The user has none with the id.
    #[error("you have no {} {id}", noun(*.kind))]
    NotFound {
        /// What.
        kind: SavedKind,
        /// The id.
        id: SavedId,
    },
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

const fn noun(kind: SavedKind) -> &'static str {
    match kind {
        SavedKind::Filter => "saved filter",
        SavedKind::Panel => "gene panel",
    }
}

const fn described(kind: SavedKind) -> &'static str {
    match kind {
        SavedKind::Filter => "a saved filter",
        SavedKind::Panel => "a gene panel",
    }
}

/// Lists everything that a user has saved, by name.
///
/// # Errors
/// If the store fails.
pub async fn list_saved(gas: &Gas, owner: UserId) -> PortResult<Saved> {
    let mut saved = Saved::default();
    for item in gas.saved.saved_by(owner).await? {
        let SavedItem { id, name, content, updated_at } = item;
        match content {
            SavedContent::Filter { filter, sort, columns } => {
                let filter = *filter;
                saved.filters.push(SavedFilter { id, name, filter, sort, columns, updated_at });
            }
            SavedContent::Panel { genes } => {
                saved.panels.push(GenePanel { id, name, genes, updated_at });
            }
        }
    }
    Ok(saved)
}

/// Saves a filter, which replaces one of the same name.
///
/// # Errors
/// [`SavedError`].
pub async fn save_filter(gas: &Gas, owner: UserId, new: NewSavedFilter) -> Result<(), SavedError> {
    let name = checked_name(&new.name)?;
    new.filter.check()?;
    let found = serde_json::to_string(&new.filter).map_or(usize::MAX, |json| json.len());
    if found > MAX_SAVED_FILTER_BYTES {
        return Err(SavedError::LongFilter { found });
    }
    let found = new.columns.as_ref().map_or(0, String::len);
    if found > MAX_SAVED_COLUMNS_BYTES {
        return Err(SavedError::LongColumns { found });
    }
    if new.columns.as_ref().is_some_and(|columns| columns.chars().any(char::is_control)) {
        return Err(SavedError::Columns);
    }
    let (filter, sort, columns) = (Box::new(new.filter), new.sort, new.columns);
    let content = SavedContent::Filter { filter, sort, columns };
    save(gas, owner, name, content, MAX_SAVED_FILTERS, SavedError::TooManyFilters).await
}

/// Saves a gene panel, which replaces one of the same name. A gene that is listed twice is saved once.
///
/// # Errors
/// [`SavedError`].
pub async fn save_panel(gas: &Gas, owner: UserId, new: NewGenePanel) -> Result<(), SavedError> {
    let name = checked_name(&new.name)?;
    let mut genes: Vec<String> = Vec::new();
    let found = new.genes.len();
    if found > MAX_PANEL_GENES {
        return Err(SavedError::TooManyGenes { found });
    }
    for gene in new.genes {
        let symbol = gene.trim();
        let is_symbol = !symbol.is_empty() && symbol.len() <= MAX_FILTER_TEXT_BYTES;
        if !is_symbol || symbol.chars().any(char::is_control) {
            return Err(SavedError::Gene(gene.chars().take(MAX_SAVED_NAME_CHARS).collect()));
        }
        // As filters compare them.
        if !genes.iter().any(|known| known.eq_ignore_ascii_case(symbol)) {
            genes.push(symbol.to_owned());
        }
    }
    if genes.is_empty() {
        return Err(SavedError::NoGenes);
    }
    let content = SavedContent::Panel { genes };
    save(gas, owner, name, content, MAX_GENE_PANELS, SavedError::TooManyPanels).await
}

async fn save(
    gas: &Gas,
    owner: UserId,
    name: String,
    content: SavedContent,
    max: u16,
    too_many: SavedError,
) -> Result<(), SavedError> {
    let id = SavedId::new(Uuid::new_v4());
    let item = SavedItem { id, name, content, updated_at: gas.now() };
    if gas.saved.save(owner, &item, max).await? { Ok(()) } else { Err(too_many) }
}

/// Renames a saved filter or a gene panel.
///
/// # Errors
/// [`SavedError`]; also [`SavedError::NotFound`] for one of another user.
pub async fn rename_saved(
    gas: &Gas,
    owner: UserId,
    id: SavedId,
    kind: SavedKind,
    name: &str,
) -> Result<(), SavedError> {
    let name = checked_name(name)?;
    match gas.saved.rename(owner, id, kind, &name, gas.now()).await? {
        Renamed::Done => Ok(()),
        Renamed::Taken => Err(SavedError::Taken { kind, name }),
        Renamed::NotFound => Err(SavedError::NotFound { kind, id }),
    }
}

/// Deletes a saved filter or a gene panel.
///
/// # Errors
/// [`SavedError::NotFound`] also for one of another user.
pub async fn delete_saved(
    gas: &Gas,
    owner: UserId,
    id: SavedId,
    kind: SavedKind,
) -> Result<(), SavedError> {
    if gas.saved.delete(owner, id, kind).await? {
        Ok(())
    } else {
        Err(SavedError::NotFound { kind, id })
    }
}

fn checked_name(name: &str) -> Result<String, SavedError> {
    let name = name.trim();
    let is_named = (1..=MAX_SAVED_NAME_CHARS).contains(&name.chars().count());
    if is_named && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(SavedError::Name)
    }
}

#[cfg(test)]
#[path = "saved_tests.rs"]
mod tests;
