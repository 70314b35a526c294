//! `/api/v1/references`: the references that jobs can choose.

use super::caller::CanRead;
use super::problem::Problem;
use axum::Json;
use gas_backend::usecases;
use gas_shared::reference::{ReferenceChoice, ReferenceId, TranscriptCounts};
use serde::Serialize;
use utoipa::ToSchema;

/// The references that jobs can choose.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReferenceList)]
pub struct ReferenceListDto {
    /// All references, in the order of their ids.
    pub references: Vec<ReferenceDto>,
}

/// A genome with genes that files are annotated with.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reference)]
pub struct ReferenceDto {
    /// The id, for the option `reference` of a job.
    #[schema(example = "homo_sapiens/GRCh38/ensembl-115")]
    pub id: String,
    /// The SHA-256 digest of its manifest, in hexadecimal digits.
    pub sha256: String,
    /// The scientific name of the species; empty if it is not known.
    #[schema(example = "Homo sapiens")]
    pub species: String,
    /// The assembly.
    #[schema(example = "GRCh38")]
    pub assembly: String,
    /// The gene set with its release. `null` if it is not known.
    #[schema(example = "Ensembl 115")]
    pub gene_set: Option<String>,
    /// Whether jobs that choose no reference get this one.
    pub is_default: bool,
    /// Number of contigs.
    pub contigs: u64,
    /// Number of genes.
    pub genes: u64,
    /// Number of transcripts.
    pub transcripts: u64,
    /// Number of canonical transcripts.
    pub canonical: u64,
    /// Number of MANE Select transcripts.
    pub mane_select: u64,
    /// Number of MANE Plus Clinical transcripts.
    pub mane_plus_clinical: u64,
    /// What a publication that uses the reference should cite. `null` if it is not known.
    pub attribution: Option<String>,
    /// The license of the data. `null` if it is not known.
    pub license: Option<String>,
}

impl ReferenceDto {
    /// A reference, and whether it is the default one.
    pub fn new(choice: &ReferenceChoice, default: Option<&ReferenceId>) -> Self {
        let TranscriptCounts { all, canonical, mane_select, mane_plus_clinical } =
            choice.transcripts;
        Self {
            id: choice.id.to_string(),
            sha256: choice.sha256.to_string(),
            species: choice.species.clone(),
            assembly: choice.assembly.clone(),
            gene_set: choice.gene_set.as_ref().map(ToString::to_string),
            is_default: default == Some(&choice.id),
            contigs: choice.contig_count,
            genes: choice.genes,
            transcripts: all,
            canonical,
            mane_select,
            mane_plus_clinical,
            attribution: choice.attribution.clone(),
            license: choice.license.clone(),
        }
    }
}

/// List references.
///
/// Returns the references that the option `reference` of a job can have, with those of your own that are
/// ready. A job without it gets the one with `is_default`.
#[utoipa::path(
    get, path = "/references", tag = "references", operation_id = "list_references",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All references", body = ReferenceListDto),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(CanRead(caller): CanRead) -> Result<Json<ReferenceListDto>, Problem> {
    let found = usecases::references(&caller.web.gas, &caller.account).await?;
    let default = found.default.as_ref();
    let references = found.choices.iter();
    let references = references.map(|choice| ReferenceDto::new(choice, default)).collect();
    Ok(Json(ReferenceListDto { references }))
}
