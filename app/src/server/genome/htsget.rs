//! Tickets of the htsget protocol (<https://samtools.github.io/hts-specs/htsget.html>, 1.3): where
//! the records of a region are. They are an export of the results explorer, so nothing here depends
//! on how large the result is.

use crate::error::{ApiError, ErrorCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gas_backend::PublicUrl;
use gas_explorer::Explorer;
use gas_shared::JobId;
use gas_shared::explorer::{Filter, Region, url};
use serde::{Deserialize, Serialize};

/// More records than this are not drawn at once.
const MAX_RECORDS: u64 = 20_000;

/// What igv.js asks: for the header, or for a region.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    #[serde(default)]
    class: String,
    #[serde(default)]
    reference_name: String,
    /// The first base, from 0.
    #[serde(default)]
    start: u32,
    /// The base behind the last, from 0.
    #[serde(default)]
    end: u32,
}

/// The answer.
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

/// Answers a question about a result.
///
/// # Errors
/// [`ErrorCode::Invalid`] for a region that is none or has too many records; otherwise where the
/// index cannot be read.
pub async fn ticket(
    explorer: &Explorer,
    id: JobId,
    public_url: &PublicUrl,
    question: &Question,
) -> Result<Ticket, ApiError> {
    if question.class == "header" {
        let header = STANDARD.encode(explorer.header_text());
        return Ok(Ticket::of(format!("data:text/x-vcf;base64,{header}")));
    }
    let filter = question.filter()?;
    let records = explorer
        .count(&filter)
        .await
        .map_err(|error| ApiError::from(gas_backend::usecases::ExploreError::Explorer(error)))?;
    if records > MAX_RECORDS {
        let text = format!("there are {records} variants in this region; zoom in to see them");
        return Err(ApiError::new(ErrorCode::Invalid, text));
    }
    let filter = url::encode_query_value(&url::write_filter(&filter));
    let path = format!("/annotations-export/{id}?format=vcf&filter={filter}");
    Ok(Ticket::of(public_url.join(&path)))
}

impl Question {
    fn filter(&self) -> Result<Filter, ApiError> {
        if self.reference_name.is_empty() || self.end <= self.start {
            let text = "the region is none; give referenceName, start and end";
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

    fn question(start: u32, end: u32) -> Question {
        let (class, reference_name) = (String::new(), "chr1".to_owned());
        Question { class, reference_name, start, end }
    }

    #[test]
    fn intervals_of_htsget_are_half_open_and_begin_at_0() {
        let filter = question(999, 2_000).filter().unwrap();
        assert_eq!(filter.regions[0].to_string(), "chr1:1000-2000");
        assert_eq!(question(5, 5).filter().unwrap_err().code, ErrorCode::Invalid);
    }
}
