//! Compares two results: which records only one of them has, and which are annotated differently.
//!
//! Both indexes are read once, contig by contig and in the order of positions, so memory does not grow with the results.
//! A record is that of the other result if it has the same contig, in any spelling, the same position, the same REF and the
//! same ALT alleles in any order. A site that one result has as one record and the other as several is different.

mod cursor;
mod differences;
mod merge;

use crate::Error;
use crate::explorer::Explorer;
use bytes::Bytes;
use differences::DifferenceTable;
use futures::{Stream, TryStreamExt, stream};
use gas_shared::comparison::{Comparison, Difference, DifferenceKind, MAX_DIFFERENCES};
use merge::Merge;
use std::sync::Arc;

/// Counts the differences of two results, and returns the first ones: those of a kind, or of all.
///
/// # Errors
/// [`Error::Incomparable`] if the records of a result are not sorted, or its index is of an earlier version; or [`Error`] if
/// an index cannot be read.
pub async fn compare(
    first: Arc<Explorer>,
    second: Arc<Explorer>,
    kind: Option<DifferenceKind>,
) -> Result<Comparison, Error> {
    let mut comparison = Comparison {
        first_records: first.records(),
        second_records: second.records(),
        ..Comparison::default()
    };
    let mut merge = Merge::begin(first, second).await?;
    while let Some(position) = merge.next().await? {
        for pair in position {
            comparison.both += u64::from(pair.first.is_some() && pair.second.is_some());
            pair.kinds().for_each(|kind| *comparison.count_mut(kind) += 1);
            if is_wanted(&pair, kind) && comparison.differences.len() < MAX_DIFFERENCES {
                comparison.differences.push(pair);
            }
        }
    }
    Ok(comparison)
}

/// Streams the differences of two results, those of a kind or all, as TSV, with the names of the columns in the first line. Pieces can be empty:
/// they tell that the work goes on. An error ends the stream.
pub fn export_differences(
    first: Arc<Explorer>,
    second: Arc<Explorer>,
    kind: Option<DifferenceKind>,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
    let begin = async move {
        let table = DifferenceTable::begin(Merge::begin(first, second).await?, kind)?;
        Ok::<_, Error>(stream::try_unfold(table, |mut table| async move {
            Ok(table.next().await?.map(|bytes| (bytes, table)))
        }))
    };
    stream::once(begin).try_flatten()
}

/// Whether a pair of records is a difference of a kind, or of any kind without one.
fn is_wanted(pair: &Difference, kind: Option<DifferenceKind>) -> bool {
    kind.map_or(!pair.is_none(), |kind| pair.is(kind))
}
