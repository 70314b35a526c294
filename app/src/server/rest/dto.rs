//! Request and response types of jobs in the API. As all types of the API, they change compatibly only, because users'
//! programs depend on them; the types that the pages use (`gas_shared`) may change independently.

use gas_shared::job::{
    AssemblyMismatch, Completion, CoverageWarning, FailureKind, JobState, Organization, Parts,
    Results, Tier,
};
use gas_shared::upload::{PartsTicket, UploadTicket};
use gas_shared::{Job, JobOptions, JobStatus, Provenance, UsedSource};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A created job and the upload of its file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CreatedJob {
    /// The job.
    pub job: JobDto,
    /// How to upload the file. `null` if the file is already submitted, which only happens when an
    /// idempotency key is used again, and with `in_parts=true`.
    pub upload: Option<UploadDto>,
    /// The first parts to send, with `in_parts=true`. `null` if the file is already submitted.
    pub parts: Option<JobPartsDto>,
}

/// The next parts of a file to send: the first ones that storage has not received. Send the bytes of each part with
/// one PUT to its `url` before `expires_at`, several at the same time if you like. Then call `parts` again, until none
/// is missing, and `submit`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobParts)]
pub struct JobPartsDto {
    /// The file's size in bytes.
    pub size_bytes: u64,
    /// The number of bytes that storage has not received.
    pub missing_bytes: u64,
    /// The parts to send next. Empty if nothing is missing.
    pub parts: Vec<JobPartDto>,
    /// The time from which storage rejects the parts. `parts` then returns new URLs.
    pub expires_at: Timestamp,
}

/// A part of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobPart)]
pub struct JobPartDto {
    /// The part's offset in the file, in bytes.
    pub offset: u64,
    /// The part's length in bytes. Storage rejects any other length.
    pub length: u64,
    /// The URL for the PUT request. Do not send the token there.
    #[schema(format = "uri")]
    pub url: String,
}

impl From<PartsTicket> for JobPartsDto {
    fn from(ticket: PartsTicket) -> Self {
        let parts = ticket.parts.into_iter().map(|part| JobPartDto {
            offset: part.offset,
            length: part.length,
            url: part.url,
        });
        Self {
            size_bytes: ticket.size,
            missing_bytes: ticket.missing,
            parts: parts.collect(),
            expires_at: ticket.expires_at,
        }
    }
}

/// How to upload a file: send one `multipart/form-data` POST to `url` with all `fields` in order,
/// then the file as the last part, named `file`, with `content_type`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub struct UploadDto {
    /// The URL to send the form to.
    #[schema(format = "uri")]
    pub url: String,
    /// The form fields, in order.
    pub fields: Vec<FormField>,
    /// The content type of the part with the file.
    #[schema(example = "text/plain")]
    pub content_type: String,
    /// The time from which storage rejects the upload.
    pub expires_at: Timestamp,
}

/// A field of the upload form.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FormField {
    /// The field's name.
    pub name: String,
    /// The field's value.
    pub value: String,
}

impl From<UploadTicket> for UploadDto {
    fn from(ticket: UploadTicket) -> Self {
        let fields = ticket.fields.into_iter().map(|(name, value)| FormField { name, value });
        Self {
            url: ticket.url,
            fields: fields.collect(),
            content_type: ticket.content_type,
            expires_at: ticket.expires_at,
        }
    }
}

/// An annotation job.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobDto {
    /// The job's id.
    pub id: Uuid,
    /// The uploaded file's name.
    pub file_name: String,
    /// The title that you gave the job. `null` if it has none, and pages show the file's name.
    pub title: Option<String>,
    /// The labels that you gave the job, sorted.
    pub labels: Vec<String>,
    /// The project that you assigned the job to. `null` if it has none.
    pub project: Option<String>,
    /// Your note about the job. `null` if there is none.
    pub note: Option<String>,
    /// The uploaded file's size in bytes. `null` until it is uploaded.
    pub size_bytes: Option<u64>,
    /// What the file is annotated with, and what is written. `null` if the options are of a newer version
    /// of GAS.
    pub options: Option<JobOptions>,
    /// The status of the job.
    pub status: StatusDto,
    /// When the job was created.
    pub submitted_at: Timestamp,
    /// When the annotation started. `null` unless the job is running or completed.
    pub started_at: Option<Timestamp>,
    /// When the job was completed, failed or was cancelled. `null` before that.
    pub finished_at: Option<Timestamp>,
    /// When the uploaded file was deleted, as the Free plan keeps it for a limited time. `null` before
    /// that.
    pub input_deleted_at: Option<Timestamp>,
    /// The progress of the annotation, or of the copy of its file. `null` unless the job is running or its
    /// file is copied.
    pub progress: Option<ProgressDto>,
    /// Why the job failed. `null` unless it failed.
    pub failure: Option<FailureDto>,
    /// The annotated file. `null` unless the job is completed.
    pub result: Option<ResultDto>,
    /// Why variants of a completed job are not annotated. Empty if all are, and for jobs that were
    /// completed before these were counted.
    pub warnings: Vec<WarningDto>,
}

/// A reason why variants of a completed job are not annotated.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Warning)]
pub struct WarningDto {
    /// The reason: `outside_reference` (the reference does not have the contig), `beyond_contig` (the
    /// position is beyond the end of the contig), `ref_mismatch` (REF differs from the reference),
    /// `unreadable_line` (a line of a list is no variant) or `not_annotated` (INFO/GAS_NOTE says why). There may
    /// be more in the future.
    #[schema(example = "outside_reference")]
    pub code: String,
    /// Number of VCF records.
    pub count: u64,
    /// The warning as a sentence.
    pub message: String,
}

/// The status of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = JobStatus)]
#[serde(rename_all = "snake_case")]
pub enum StatusDto {
    /// Waiting for the file to be uploaded and submitted.
    Uploading,
    /// Waiting for a worker.
    Pending,
    /// A worker is annotating the file.
    Running,
    /// The file is annotated.
    Completed,
    /// The file could not be annotated.
    Failed,
    /// The owner cancelled the job.
    Cancelled,
}

impl From<JobStatus> for StatusDto {
    fn from(status: JobStatus) -> Self {
        match status {
            JobStatus::Uploading => Self::Uploading,
            JobStatus::Pending => Self::Pending,
            JobStatus::Running => Self::Running,
            JobStatus::Completed => Self::Completed,
            JobStatus::Failed => Self::Failed,
            JobStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<StatusDto> for JobStatus {
    fn from(status: StatusDto) -> Self {
        match status {
            StatusDto::Uploading => Self::Uploading,
            StatusDto::Pending => Self::Pending,
            StatusDto::Running => Self::Running,
            StatusDto::Completed => Self::Completed,
            StatusDto::Failed => Self::Failed,
            StatusDto::Cancelled => Self::Cancelled,
        }
    }
}

/// The step of a job whose file is copied, from a URL or for another run.
const COPY: &str = "copy";

/// The progress of an annotation, or of the copy of a file from a URL or for another run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Progress)]
pub struct ProgressDto {
    /// The current step, such as `annotate`; `copy` while the file is copied.
    pub step: String,
    /// The completed share of the whole run or of the copy, from 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    pub percent: f64,
    /// Number of VCF records annotated so far.
    pub variants: u64,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureDto {
    /// Whether to fix the file (`input`) or to run the same file again later (`service`).
    pub kind: FailureKindDto,
    /// What happened, where, and what to do.
    pub reason: String,
    /// A stable code of the problem of the file, such as `bad_position` or `nothing_annotated`, or
    /// `reference_unavailable` and `source_unavailable`. `null` for other failures.
    pub code: Option<String>,
    /// The assemblies, if the file is of another one than the reference (`wrong_assembly`): run the job
    /// again with one of the fitting references. `null` for other failures.
    pub assembly_mismatch: Option<AssemblyMismatch>,
}

/// The cause of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FailureKind)]
#[serde(rename_all = "snake_case")]
pub enum FailureKindDto {
    /// The file must be fixed.
    Input,
    /// GAS failed. The same file may work later.
    Service,
}

/// An annotated file.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Result)]
pub struct ResultDto {
    /// Whether the file can be downloaded.
    pub state: ResultState,
    /// The file's size in bytes.
    pub size_bytes: u64,
    /// Number of annotated VCF records.
    pub variants: u64,
    /// Number of VCF records in the file.
    pub records: u64,
    /// The end of the download window of the Free plan. `null` if no end is set. Does not apply to
    /// Premium.
    pub downloadable_until: Option<Timestamp>,
    /// When the file was archived. `null` unless `state` is `archived`.
    pub archived_at: Option<Timestamp>,
    /// The speed of the restore: `expedited` (minutes) or `standard` (hours). `null` unless `state`
    /// is `restoring`.
    pub restore_tier: Option<String>,
    /// The reference and the engine that the file was annotated with. `null` for jobs that were completed
    /// before this was recorded.
    pub provenance: Option<ProvenanceDto>,
}

/// What a file was annotated with, besides the options of its job.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Provenance)]
pub struct ProvenanceDto {
    /// The reference.
    #[schema(example = "homo_sapiens/GRCh38/ensembl-115")]
    pub reference: String,
    /// The SHA-256 digest of the reference's manifest, in hexadecimal digits. The content of a reference
    /// with the same digest is the same.
    pub reference_sha256: String,
    /// The assembly.
    #[schema(example = "GRCh38")]
    pub assembly: String,
    /// The gene set with its release. `null` if it is not known.
    #[schema(example = "Ensembl 115")]
    pub gene_set: Option<String>,
    /// Name and version of the engine. `null` if it is not known.
    #[schema(example = "gas-annotate 0.1.0")]
    pub engine: Option<String>,
    /// The sources, in the order of their columns.
    pub sources: Vec<UsedSourceDto>,
}

/// A source that a file was annotated with.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = UsedSource)]
pub struct UsedSourceDto {
    /// The source.
    #[schema(example = "clinvar/GRCh38/2026-11")]
    pub id: String,
    /// Name and release.
    #[schema(example = "ClinVar 2026-11")]
    pub label: String,
    /// The SHA-256 digest of its manifest, in hexadecimal digits.
    pub sha256: String,
}

impl From<&UsedSource> for UsedSourceDto {
    fn from(source: &UsedSource) -> Self {
        let UsedSource { id, label, sha256 } = source;
        Self { id: id.to_string(), label: label.clone(), sha256: sha256.to_string() }
    }
}

impl From<&Provenance> for ProvenanceDto {
    fn from(provenance: &Provenance) -> Self {
        Self {
            reference: provenance.reference.to_string(),
            reference_sha256: provenance.reference_sha256.to_string(),
            assembly: provenance.assembly.clone(),
            gene_set: provenance.gene_set.as_ref().map(ToString::to_string),
            engine: provenance.engine.clone(),
            sources: provenance.sources.iter().map(UsedSourceDto::from).collect(),
        }
    }
}

/// The body of a request to run a job again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RerunRequest {
    /// The options of the new job. Without them, it has those of the old one.
    pub options: Option<JobOptions>,
}

/// The storage state of an annotated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultState {
    /// The file can be downloaded; on the Free plan until `downloadable_until`.
    Available,
    /// The file is archived. Upgrading to Premium restores it.
    Archived,
    /// The file is being restored from the archive.
    Restoring,
}

impl From<&Job> for JobDto {
    fn from(job: &Job) -> Self {
        let Organization { title, labels, project, note } = &job.organization;
        let mut dto = Self {
            id: job.id.as_uuid(),
            file_name: job.input.name.to_string(),
            title: title.clone().map(String::from),
            labels: labels.iter().map(ToString::to_string).collect(),
            project: project.clone().map(String::from),
            note: note.clone().map(String::from),
            size_bytes: job.input.size,
            options: job.options.known().cloned(),
            status: job.status().into(),
            submitted_at: job.submitted_at,
            started_at: None,
            finished_at: None,
            input_deleted_at: job.input_deleted_at(),
            progress: None,
            failure: None,
            result: None,
            warnings: Vec::new(),
        };
        match &job.state {
            JobState::Running(run) => {
                dto.started_at = Some(run.started_at);
                dto.progress = Some(ProgressDto {
                    step: run.progress.step.clone(),
                    percent: f64::from(run.progress.permille) / 10.0,
                    variants: run.progress.records,
                });
            }
            JobState::Completed(done) => {
                dto.started_at = Some(done.started_at);
                dto.finished_at = Some(done.completed_at);
                dto.result = Some(result(done));
                let warnings = done.not_annotated.unwrap_or_default().warnings();
                dto.warnings = warnings.map(WarningDto::from).collect();
            }
            JobState::Failed(failure) => {
                dto.finished_at = Some(failure.at);
                let kind = match failure.kind {
                    FailureKind::Input => FailureKindDto::Input,
                    FailureKind::Service => FailureKindDto::Service,
                };
                let (reason, code) = (failure.reason.clone(), failure.code.clone());
                let assembly_mismatch = failure.mismatch.clone();
                dto.failure = Some(FailureDto { kind, reason, code, assembly_mismatch });
            }
            JobState::Cancelled { at } => dto.finished_at = Some(*at),
            JobState::Uploading { parts: Some(Parts { copied: Some(copied), size, .. }) } => {
                let percent = *copied as f64 * 100.0 / (*size).max(1) as f64;
                dto.progress = Some(ProgressDto { step: COPY.to_owned(), percent, variants: 0 });
            }
            JobState::Uploading { .. } | JobState::Pending { .. } => {}
        }
        dto
    }
}

impl From<CoverageWarning> for WarningDto {
    fn from(warning: CoverageWarning) -> Self {
        Self {
            code: warning.problem.code().to_owned(),
            count: warning.records,
            message: warning.to_string(),
        }
    }
}

fn result(done: &Completion) -> ResultDto {
    let mut dto = ResultDto {
        state: ResultState::Available,
        size_bytes: done.result_size,
        variants: done.annotated(),
        records: done.records,
        downloadable_until: None,
        archived_at: None,
        restore_tier: None,
        provenance: done.provenance.as_ref().map(ProvenanceDto::from),
    };
    match &done.results {
        Results::Stored(stored) | Results::Archiving { stored, .. } => {
            dto.downloadable_until = stored.until;
        }
        Results::Archived { archived, .. } => {
            dto.state = ResultState::Archived;
            dto.archived_at = Some(archived.at);
        }
        Results::Thawing { retrieval, .. } => {
            dto.state = ResultState::Restoring;
            dto.restore_tier = Some(tier(retrieval.tier).to_owned());
        }
    }
    dto
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Expedited => "expedited",
        Tier::Standard => "standard",
    }
}

/// A page of jobs.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobList)]
pub struct JobListDto {
    /// The jobs, newest first. With a filter, a page may have fewer than `limit` jobs, or none,
    /// even if it is not the last.
    pub jobs: Vec<JobDto>,
    /// Pass this as `cursor` to get the next page. `null` on the last page.
    pub next_cursor: Option<String>,
}

/// The query of a new job.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CreateQuery {
    /// Set to `true` to upload the file in parts, which files of more than 5 GiB need, and which an interrupted upload
    /// continues from.
    #[param(default = false)]
    pub in_parts: Option<bool>,
}

/// The query of the job list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Return only jobs with this status.
    #[param(inline)]
    pub status: Option<StatusDto>,
    /// Return only jobs with this label, or with all of several, separated by commas.
    #[param(example = "exome,urgent")]
    pub label: Option<String>,
    /// Return only jobs of this project.
    pub project: Option<String>,
    /// The maximum number of jobs on a page.
    #[param(minimum = 1, maximum = 100, default = 25)]
    pub limit: Option<u16>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

#[cfg(test)]
#[path = "dto_tests.rs"]
mod tests;
