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
use gas_shared::comparison::{Comparison, DifferenceKind, MAX_DIFFERENCES};
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
            let kinds = DifferenceKind::ALL.into_iter().filter(|kind| pair.is(*kind));
            let kinds: Vec<DifferenceKind> = kinds.collect();
            kinds.iter().for_each(|kind| *comparison.count_mut(*kind) += 1);
            let is_wanted = kind.map_or(!kinds.is_empty(), |kind| kinds.contains(&kind));
            if is_wanted && comparison.differences.len() < MAX_DIFFERENCES {
                comparison.differences.push(pair);
            }
        }
    }
    Ok(comparison)
}

/// Streams all differences of two results as TSV, with the names of the columns in the first line. Pieces can be empty:
/// they tell that the work goes on. An error ends the stream.
pub fn export_differences(
    first: Arc<Explorer>,
    second: Arc<Explorer>,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
    let begin = async move {
        let table = DifferenceTable::begin(Merge::begin(first, second).await?)?;
        Ok::<_, Error>(stream::try_unfold(table, |mut table| async move {
            Ok(table.next().await?.map(|bytes| (bytes, table)))
        }))
    };
    stream::once(begin).try_flatten()
}
