//! The gene models of the reference.

use crate::error::ApiError;
use crate::server::errors;
use gas_annotate::reference::{GeneModel, GeneModels};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The gene models. They are loaded on first use and kept in memory.
#[derive(Clone, Debug)]
pub struct Genes {
    folder: Option<PathBuf>,
    models: Arc<OnceCell<Arc<GeneModels>>>,
}

impl Genes {
    /// The genes of the reference in a folder; no genes without a folder.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, models: Arc::default() }
    }

    /// The models; `None` if the web servers of this deployment have no reference.
    ///
    /// # Errors
    /// If the reference cannot be read; the next request tries again.
    pub async fn models(&self) -> Result<Option<Arc<GeneModels>>, ApiError> {
        let Some(folder) = self.folder.clone() else { return Ok(None) };
        let open = || async {
            let opened = tokio::task::spawn_blocking(move || GeneModels::open(&folder)).await;
            let opened = opened.map_err(|error| errors::internal(&error))?;
            Ok(Arc::new(opened.map_err(|error| errors::internal(&error))?))
        };
        self.models.get_or_try_init(open).await.cloned().map(Some)
    }
}

/// A gene as igv.js draws it, with half-open, 0-based intervals
/// (<https://igv.org/doc/igvjs/#Feature-Annotations>).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Feature<'a> {
    chr: &'a str,
    start: i32,
    end: i32,
    name: &'a str,
    strand: &'static str,
    /// Shown in the popover.
    transcript: &'a str,
    biotype: &'a str,
    cd_start: i32,
    cd_end: i32,
    exons: Vec<Span>,
}

#[derive(Debug, Serialize)]
struct Span {
    start: i32,
    end: i32,
}

impl<'a> Feature<'a> {
    /// A gene on a contig, spelled as in the result.
    pub fn new(chr: &'a str, gene: &'a GeneModel) -> Self {
        // Without a coding region, all exons are drawn thin, as UTRs are.
        let (first, last) = gene.coding.unwrap_or((gene.end + 1, gene.end));
        let span = |(start, end): &(i32, i32)| Span { start: start - 1, end: *end };
        Self {
            chr,
            start: gene.start - 1,
            end: gene.end,
            name: &gene.name,
            strand: gene.strand.sign(),
            transcript: &gene.transcript,
            biotype: &gene.biotype,
            cd_start: first - 1,
            cd_end: last,
            exons: gene.exons.iter().map(span).collect(),
        }
    }
}
