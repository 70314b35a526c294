//! The data of the genome browser: `/annotations-genome/{id}/…`. Not server functions, because igv.js
//! defines the requests. Every route is about one result and has the access rule of results.

mod genes;
mod htsget;

pub use genes::Genes;

use super::{Web, caller};
use crate::error::ApiError;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use dioxus::fullstack::AsStatusCode;
use gas_annotate::reference::GeneModels;
use gas_backend::usecases::{ExploreError, open_results};
use gas_explorer::Explorer;
use gas_shared::JobId;
use gas_shared::explorer::Query as TableQuery;
use genes::Feature;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;
use tower_sessions::Session;

/// Results with at most this number of records are drawn at any scale.
const FEW_RECORDS: u64 = 20_000;

/// The widest view in bases in which the variants of a larger result are drawn.
const VARIANTS_WINDOW: i64 = 1_000_000;

/// The widest view in bases in which genes are drawn.
const GENES_WINDOW: i64 = 20_000_000;

/// The most genes in one response.
const MAX_GENES: usize = 5_000;

/// Bases of the initial view on each side of the first variant.
const FIRST_VIEW: u32 = 25_000;

/// The settings of assets/js/genome.js.
#[derive(Debug, Serialize)]
pub struct Settings {
    assembly: String,
    /// The initial view around the first variant, for example `20:1-50000`.
    locus: String,
    /// The widest view in bases with variants; -1 for any.
    variants_window: i64,
    /// The widest view in bases with genes.
    genes_window: i64,
    has_genes: bool,
}

/// The settings of a result.
///
/// # Errors
/// If the result cannot be read.
pub async fn settings(
    web: &Web,
    owner: gas_shared::UserId,
    id: JobId,
) -> Result<Settings, ApiError> {
    let explorer = open_results(&web.gas, &web.explorers, owner, id).await?;
    let genes = web.genes.models().await?;
    let query = TableQuery { limit: 1, ..TableQuery::default() };
    let page = explorer.page(&query).await.map_err(ExploreError::from)?;
    let locus = page.rows.first().map(|first| {
        let from = first.pos.saturating_sub(FIRST_VIEW).max(1);
        format!("{}:{from}-{}", first.chrom, first.pos.saturating_add(FIRST_VIEW))
    });
    Ok(Settings {
        assembly: genes.as_ref().map_or_else(|| "result".to_owned(), |g| g.assembly.clone()),
        locus: locus.unwrap_or_default(),
        variants_window: if page.total <= FEW_RECORDS { -1 } else { VARIANTS_WINDOW },
        genes_window: GENES_WINDOW,
        has_genes: genes.is_some(),
    })
}

/// The routes of the genome browser.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/annotations-genome/{id}/chrom.sizes", get(chrom_sizes))
        .route("/annotations-genome/{id}/variants", get(variants))
        .route("/annotations-genome/{id}/genes", get(genes_of_region))
        .route("/annotations-genome/{id}/search", get(search))
}

async fn open(web: &Web, session: &Session, id: JobId) -> Result<Arc<Explorer>, ApiError> {
    let account = caller::account_of(web, session).await?;
    Ok(open_results(&web.gas, &web.explorers, account.id, id).await?)
}

/// A response that is not cached, because it belongs to one user.
fn uncached_response(found: Result<impl IntoResponse, ApiError>) -> Response {
    let mut response = match found {
        Ok(found) => found.into_response(),
        Err(error) => (error.as_status_code(), error.message).into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn chrom_sizes(
    Extension(web): Extension<Web>,
    session: Session,
    Path(id): Path<JobId>,
) -> Response {
    let found = async {
        let explorer = open(&web, &session, id).await?;
        let genes = web.genes.models().await?;
        Ok(sizes(&explorer, genes.as_deref()))
    };
    uncached_response(found.await)
}

/// The contigs of a result with their lengths from the reference, or else from the header. Contigs
/// without a length are left out.
fn sizes(explorer: &Explorer, genes: Option<&GeneModels>) -> String {
    let header = String::from_utf8_lossy(explorer.header_text());
    let mut text = String::new();
    for name in explorer.contigs() {
        let length = genes.and_then(|genes| genes.length(name));
        if let Some(length) = length.or_else(|| header_length(&header, name)) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}\t{length}");
        }
    }
    text
}

/// The length of a contig in the header.
fn header_length(header: &str, contig: &str) -> Option<u64> {
    let fields = header.lines().find_map(|line| {
        let fields = line.strip_prefix("##contig=<")?.trim_end().strip_suffix('>')?;
        fields.split(',').any(|field| field.strip_prefix("ID=") == Some(contig)).then_some(fields)
    })?;
    fields.split(',').find_map(|field| field.strip_prefix("length=")?.parse().ok())
}

async fn variants(
    Extension(web): Extension<Web>,
    session: Session,
    Path(id): Path<JobId>,
    Query(query): Query<htsget::TicketQuery>,
) -> Response {
    let found = async {
        let explorer = open(&web, &session, id).await?;
        htsget::ticket(&explorer, id, &web.public_url, &query).await.map(Json)
    };
    uncached_response(found.await)
}

#[derive(Deserialize)]
struct RegionQuery {
    contig: String,
    start: i32,
    end: i32,
}

async fn genes_of_region(
    Extension(web): Extension<Web>,
    session: Session,
    Path(id): Path<JobId>,
    Query(RegionQuery { contig, start, end }): Query<RegionQuery>,
) -> Response {
    let found = async {
        open(&web, &session, id).await?;
        let genes = web.genes.models().await?;
        let overlapping = genes.iter().flat_map(|genes| genes.overlapping(&contig, (start, end)));
        let features: Vec<_> =
            overlapping.take(MAX_GENES).map(|gene| Feature::new(&contig, gene)).collect();
        Ok(Json(features).into_response())
    };
    uncached_response(found.await)
}

#[derive(Deserialize)]
struct SearchQuery {
    name: String,
}

/// A location that igv.js jumps to.
#[derive(Serialize)]
struct Location<'a> {
    chromosome: &'a str,
    start: i32,
    end: i32,
}

/// Finds a gene by name. The response is a list of at most one location.
async fn search(
    Extension(web): Extension<Web>,
    session: Session,
    Path(id): Path<JobId>,
    Query(SearchQuery { name }): Query<SearchQuery>,
) -> Response {
    let found = async {
        let explorer = open(&web, &session, id).await?;
        let genes = web.genes.models().await?;
        let contigs = explorer.contigs().iter().map(String::as_str);
        let found = genes.as_ref().and_then(|genes| genes.named(&name, contigs));
        let locations: Vec<Location<'_>> = found
            .into_iter()
            .map(|(chromosome, gene)| Location { chromosome, start: gene.start, end: gene.end })
            .collect();
        Ok(Json(locations).into_response())
    };
    uncached_response(found.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contig_lengths_are_read_from_the_header() {
        let header = "##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520,assembly=b37>\n\
                      ##contig=<length=16569,ID=MT>\n##contig=<ID=2>\n#CHROM\n";
        assert_eq!(header_length(header, "20"), Some(63_025_520));
        assert_eq!(header_length(header, "MT"), Some(16_569));
        assert_eq!(header_length(header, "2"), None);
        assert_eq!(header_length(header, "0"), None);
    }
}
