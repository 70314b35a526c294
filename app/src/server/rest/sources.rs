//! `/api/v1/sources`: the sources that jobs can choose.

use super::caller::CanRead;
use super::problem::Problem;
use axum::Json;
use gas_backend::usecases;
use gas_shared::source::SourceChoice;
use serde::Serialize;
use utoipa::ToSchema;

/// The sources that jobs can choose.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SourceList)]
pub struct SourceListDto {
    /// All sources, in the order of their ids.
    pub sources: Vec<SourceDto>,
}

/// What a provider knows about variants, positions, regions or genes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Source)]
pub struct SourceDto {
    /// The id, for the option `sources` of a job.
    #[schema(example = "clinvar/GRCh38/2026-11")]
    pub id: String,
    /// The SHA-256 digest of its manifest, in hexadecimal digits.
    pub sha256: String,
    /// Name and release.
    #[schema(example = "ClinVar 2026-11")]
    pub label: String,
    /// The assembly; `any` for tables by gene.
    #[schema(example = "GRCh38")]
    pub assembly: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The license of the data, by name or address.
    pub license: String,
    /// What a publication that uses the source should cite.
    pub attribution: String,
    /// Whether the license forbids commercial use.
    pub noncommercial: bool,
}

impl From<&SourceChoice> for SourceDto {
    fn from(choice: &SourceChoice) -> Self {
        Self {
            id: choice.id.to_string(),
            sha256: choice.sha256.to_string(),
            label: choice.label(),
            assembly: choice.id.assembly().to_owned(),
            columns: choice.columns.iter().map(|column| column.name.clone()).collect(),
            license: choice.license.clone(),
            attribution: choice.attribution.clone(),
            noncommercial: choice.noncommercial,
        }
    }
}

/// List sources.
///
/// Returns the sources that the option `sources` of a job can have. A job without it gets all of the assembly of its
/// reference whose license permits commercial use, of several releases the newest.
#[utoipa::path(
    get, path = "/sources", tag = "references", operation_id = "list_sources",
    security(("token" = ["jobs:read"])),
    responses(
        (status = 200, description = "All sources", body = SourceListDto),
        super::NoScope, super::CommonProblems,
    ),
)]
pub async fn list(CanRead(caller): CanRead) -> Result<Json<SourceListDto>, Problem> {
    let found = usecases::sources(&caller.web.gas).await?;
    Ok(Json(SourceListDto { sources: found.choices.iter().map(SourceDto::from).collect() }))
}
