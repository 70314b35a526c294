//! Loads the data of a result, at the job or at a share link.

use super::{
    ApiResult, RawJson, charts, genome, shared_charts, shared_genome, shared_variant,
    shared_variants, variant, variants,
};
use crate::charts::Figure;
use crate::result_address::ResultAddress;
use gas_shared::explorer::{Page, Query, RowDetails};

impl ResultAddress {
    /// Loads a page of the table of variants.
    pub async fn variants(self, query: Query) -> ApiResult<RawJson<Page>> {
        match self {
            Self::Job(id) => variants(id, query).await,
            Self::Link(secret) => shared_variants(secret, query).await,
        }
    }

    /// Loads the details of a variant, by its number in the file.
    pub async fn variant(self, number: u64) -> ApiResult<RawJson<RowDetails>> {
        match self {
            Self::Job(id) => variant(id, number).await,
            Self::Link(secret) => shared_variant(secret, number).await,
        }
    }

    /// Loads the charts.
    pub async fn charts(self) -> ApiResult<RawJson<Vec<Figure>>> {
        match self {
            Self::Job(id) => charts(id).await,
            Self::Link(secret) => shared_charts(secret).await,
        }
    }

    /// Loads the settings of the genome browser.
    pub async fn genome(self) -> ApiResult<RawJson<String>> {
        match self {
            Self::Job(id) => genome(id).await,
            Self::Link(secret) => shared_genome(secret).await,
        }
    }
}
