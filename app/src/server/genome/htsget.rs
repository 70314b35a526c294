//! Tickets of the htsget protocol (<https://samtools.github.io/hts-specs/htsget.html>, 1.3), which
//! refer to the records of a region. The records are an export of the results explorer, so the cost
//! of a ticket does not depend on the size of the result.

use crate::error::{ApiError, ErrorCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gas_backend::usecases::ExploreError;
use gas_explorer::Explorer;
use gas_shared::explorer::{Filter, Region, url};
use serde::{Deserialize, Serialize};

/// The largest header that a ticket contains.
const MAX_HEADER_BYTES: u64 = 10 << 20;

/// The most records of a ticket.
const MAX_RECORDS: u64 = 20_000;

/// A request of igv.js, for the header or for a region.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketQuery {
    #[serde(default)]
    class: String,
    #[serde(default)]
    reference_name: String,
    /// The first base, 0-based.
    #[serde(default)]
    start: u32,
    /// The base after the last one, 0-based.
    #[serde(default)]
    end: u32,
}

/// A ticket.
#[derive(Debug, Serialize)]
pub struct Ticket {
    htsget: Content,
}

#[derive(Debug, Serialize)]
struct Content {
    format: &'static str,
    urls: [Block; 1],
}

#[derive(Debug, Serialize)]
struct Block {
    url: String,
}

impl Ticket {
    fn of(url: String) -> Self {
        Self { htsget: Content { format: "VCF", urls: [Block { url }] } }
    }
}

/// Creates the ticket of a query. `export` is the URL of exports of the result, without a query.
///
/// # Errors
/// [`ErrorCode::Invalid`] if the region is empty or has too many records; [`ErrorCode::Conflict`] if the
/// header is too large; other codes if the index
/// cannot be read.
pub async fn ticket(
    explorer: &Explorer,
    export: &str,
    query: &TicketQuery,
) -> Result<Ticket, ApiError> {
    if query.class == "header" {
        let header = explorer.header_text(MAX_HEADER_BYTES).await.map_err(ExploreError::from)?;
        let header = STANDARD.encode(header);
        return Ok(Ticket::of(format!("data:text/x-vcf;base64,{header}")));
    }
    let filter = query.filter()?;
    let records = explorer.count(&filter).await.map_err(ExploreError::from)?;
    if records > MAX_RECORDS {
        let text = format!("This region has {records} variants. Zoom in to see them.");
        return Err(ApiError::new(ErrorCode::Invalid, text));
    }
    let filter = url::encode_query_value(&url::write_filter(&filter));
    Ok(Ticket::of(format!("{export}?format=vcf&filter={filter}")))
}

impl TicketQuery {
    fn filter(&self) -> Result<Filter, ApiError> {
        if self.reference_name.is_empty() || self.end <= self.start {
            let text = "the region is empty; send referenceName, start and end";
            return Err(ApiError::new(ErrorCode::Invalid, text));
        }
        let span = Some((self.start.saturating_add(1), self.end));
        let region = Region { contig: self.reference_name.clone(), span };
        Ok(Filter { regions: vec![region], ..Filter::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(start: u32, end: u32) -> TicketQuery {
        let (class, reference_name) = (String::new(), "chr1".to_owned());
        TicketQuery { class, reference_name, start, end }
    }

    #[test]
    fn htsget_intervals_are_half_open_and_0_based() {
        let filter = query(999, 2_000).filter().unwrap();
        assert_eq!(filter.regions[0].to_string(), "chr1:1000-2000");
        assert_eq!(query(5, 5).filter().unwrap_err().code, ErrorCode::Invalid);
    }
}
