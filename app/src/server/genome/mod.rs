//! The data of the genome browser: `/annotations-genome/{id}/…`, and `/s/{secret}/genome/…` through a share link. Not
//! server functions, because igv.js defines the requests. Every route is about one result and has the access rule of
//! results. The browser draws complete records, so links without downloads do not have it.

mod genes;
mod htsget;

pub use genes::{Genes, ReferenceSource};

use super::Web;
use super::errors;
use super::file_response::error_response;
use super::named_result::NamedResult;
use crate::error::ApiError;
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use gas_annotate::reference::{GeneModel, GeneModels};
use gas_backend::usecases::{
    DownloadError, ExploreError, ResultAccess, outline_result, query_results,
};
use gas_explorer::Explorer;
use gas_shared::explorer::{Query as TableQuery, Sort};
use genes::Feature;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;

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
struct Settings {
    assembly: String,
    /// The initial view around the first variant, for example `20:1-50000`.
    locus: String,
    /// The widest view in bases with variants; -1 for any.
    variants_window: i64,
    /// The widest view in bases with genes.
    genes_window: i64,
    has_genes: bool,
}

/// The settings of a result, as JSON.
///
/// # Errors
/// If the result cannot be read.
pub async fn settings(web: &Web, access: &ResultAccess) -> Result<String, ApiError> {
    check(access)?;
    let query = TableQuery { limit: 1, sort: Sort::POSITION, ..TableQuery::default() };
    let page = query_results(&web.gas, &web.explorers, access, |explorer| async move {
        Ok(explorer.page(&query).await?)
    });
    let page = page.await?;
    let genes = genes_of(web, access).await?;
    let locus = page.rows.first().map(|first| {
        let from = first.pos.saturating_sub(FIRST_VIEW).max(1);
        format!("{}:{from}-{}", first.chrom, first.pos.saturating_add(FIRST_VIEW))
    });
    let settings = Settings {
        assembly: genes.as_ref().map_or_else(|| "result".to_owned(), |g| g.assembly.clone()),
        locus: locus.unwrap_or_default(),
        variants_window: if page.total <= FEW_RECORDS { -1 } else { VARIANTS_WINDOW },
        genes_window: GENES_WINDOW,
        has_genes: genes.is_some(),
    };
    serde_json::to_string(&settings).map_err(|error| errors::internal(&error))
}

/// Whether complete records may be read.
fn check(access: &ResultAccess) -> Result<(), ApiError> {
    if access.allows_downloads() { Ok(()) } else { Err(DownloadError::NoDownloads.into()) }
}

/// The access to the result of a request.
async fn access_of(web: &Web, result: &NamedResult) -> Result<ResultAccess, ApiError> {
    let access = result.access(web).await?;
    check(&access)?;
    Ok(access)
}

/// The genes of the reference that a result was made with.
async fn genes_of(web: &Web, access: &ResultAccess) -> Result<Option<Arc<GeneModels>>, ApiError> {
    let provenance = outline_result(&web.gas, access).await?.provenance;
    web.genes.of(access, provenance.as_ref()).await
}

/// The routes of the genome browser.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/annotations-genome/{id}/chrom.sizes", get(chrom_sizes))
        .route("/annotations-genome/{id}/variants", get(variants))
        .route("/annotations-genome/{id}/genes", get(genes_of_region))
        .route("/annotations-genome/{id}/search", get(search))
        .route("/s/{secret}/genome/chrom.sizes", get(chrom_sizes))
        .route("/s/{secret}/genome/variants", get(variants))
        .route("/s/{secret}/genome/genes", get(genes_of_region))
        .route("/s/{secret}/genome/search", get(search))
}

/// Answers a query about a result on the explorer's pool.
async fn run<T, F>(
    web: &Web,
    access: &ResultAccess,
    query: impl FnOnce(Arc<Explorer>) -> F + Send + 'static,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, ExploreError>> + Send + 'static,
{
    Ok(query_results(&web.gas, &web.explorers, access, query).await?)
}

/// A response that is not cached, because it belongs to one user.
fn uncached_response(found: Result<impl IntoResponse, ApiError>) -> Response {
    let mut response = match found {
        Ok(found) => found.into_response(),
        Err(error) => error_response(error),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn chrom_sizes(Extension(web): Extension<Web>, result: NamedResult) -> Response {
    let found = async {
        let access = access_of(&web, &result).await?;
        let genes = genes_of(&web, &access).await?;
        run(&web, &access, |explorer| async move { Ok(sizes(&explorer, genes.as_deref())) }).await
    };
    uncached_response(found.await)
}

/// The contigs of a result with their lengths from the reference, or else from the header. Contigs
/// without a length are left out.
fn sizes(explorer: &Explorer, genes: Option<&GeneModels>) -> String {
    let mut text = String::new();
    for (name, stated) in explorer.contig_lengths() {
        let length = genes.and_then(|genes| genes.length(name));
        if let Some(length) = length.or(stated) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}\t{length}");
        }
    }
    text
}

async fn variants(
    Extension(web): Extension<Web>,
    result: NamedResult,
    Query(query): Query<htsget::TicketQuery>,
) -> Response {
    let found = async {
        let export = web.public_url.join(&result.address().export_path());
        let access = access_of(&web, &result).await?;
        let ticket = run(&web, &access, move |explorer| async move {
            Ok(htsget::ticket(&explorer, &export, &query).await)
        });
        ticket.await?.map(Json)
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
    result: NamedResult,
    Query(RegionQuery { contig, start, end }): Query<RegionQuery>,
) -> Response {
    let found = async {
        let access = access_of(&web, &result).await?;
        run(&web, &access, |_| async { Ok(()) }).await?;
        let genes = genes_of(&web, &access).await?;
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
struct Location {
    chromosome: String,
    start: i32,
    end: i32,
}

/// Finds a gene by name. The response is a list of at most one location.
async fn search(
    Extension(web): Extension<Web>,
    result: NamedResult,
    Query(SearchQuery { name }): Query<SearchQuery>,
) -> Response {
    let found = async {
        let access = access_of(&web, &result).await?;
        let genes = genes_of(&web, &access).await?;
        let locations = run(&web, &access, |explorer| async move {
            let contigs = explorer.contigs().iter().map(String::as_str);
            let found = genes.as_ref().and_then(|genes| genes.named(&name, contigs));
            let location = |(chromosome, gene): (&str, &GeneModel)| Location {
                chromosome: chromosome.to_owned(),
                start: gene.start,
                end: gene.end,
            };
            Ok(found.map(location).into_iter().collect::<Vec<_>>())
        });
        Ok(Json(locations.await?).into_response())
    };
    uncached_response(found.await)
}
