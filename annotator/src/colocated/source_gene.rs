//! Finds a gene of the reference in a source whose rows are genes.

use crate::model::Gene;
use gas_sources::{Damaged, Matcher, StoredRow, without_version};

/// The row of a gene, by its identifier with or without version, or by its symbol.
pub(super) fn row_of_gene<'m>(
    matcher: &'m mut Matcher<'_>,
    gene: &Gene,
) -> Result<Option<StoredRow<'m>>, Damaged> {
    let id = gene.id.as_bytes();
    for key in [id, without_version(id), gene.symbol.as_bytes()] {
        if !key.is_empty() && matcher.gene(key)?.is_some() {
            return matcher.gene(key);
        }
    }
    Ok(None)
}
