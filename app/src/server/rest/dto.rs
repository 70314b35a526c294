//! What the API takes and answers. These types are a promise to users' programs; what the pages use
//! (`gas_shared`) may change without them.

use gas_shared::job::{FailureKind, JobState, Results, Tier};
use gas_shared::upload::UploadTicket;
use gas_shared::{Account, Job, JobStatus, Plan};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A file to annotate.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// The file's name, which ends with `.vcf`, `.vcf.gz` or `.vcf.bgz`.
    #[schema(example = "patient-7.vcf.gz")]
    pub file_name: String,
    /// Its size in bytes.
    #[schema(minimum = 1, example = 104_857)]
    pub size_bytes: u64,
}

/// A job that was made, and how its file is uploaded.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CreatedJob {
    /// The job.
    pub job: JobDto,
    /// How to upload the file; `null` where it is uploaded already, which happens only where an
    /// idempotency key is used again.
    pub upload: Option<UploadDto>,
}

/// An upload: send one `multipart/form-data` POST with all fields in order, and then the file as
/// the last part, named `file`, with the content type given here.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub struct UploadDto {
    /// Where to send it.
    #[schema(format = "uri")]
    pub url: String,
    /// The form fields, in order.
    pub fields: Vec<FormField>,
    /// The content type of the file's part.
    #[schema(example = "text/plain")]
    pub content_type: String,
    /// From then on the upload is refused.
    pub expires_at: Timestamp,
}

/// A field of the upload's form.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FormField {
    /// Its name.
    pub name: String,
    /// Its value.
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
    /// Names it.
    pub id: Uuid,
    /// The uploaded file's name.
    pub file_name: String,
    /// The uploaded file's size in bytes; `null` until it is uploaded.
    pub size_bytes: Option<u64>,
    /// Where in its life the job is.
    pub status: StatusDto,
    /// When it was made.
    pub submitted_at: Timestamp,
    /// When the annotation began; `null` before that and where it never did.
    pub started_at: Option<Timestamp>,
    /// When it was completed, failed or cancelled; `null` before that.
    pub finished_at: Option<Timestamp>,
    /// How far the annotation is; only while it runs.
    pub progress: Option<ProgressDto>,
    /// Why it failed; only where it did.
    pub failure: Option<FailureDto>,
    /// The annotated file; only of a completed job.
    pub result: Option<ResultDto>,
}

/// Where in its life a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = JobStatus)]
#[serde(rename_all = "snake_case")]
pub enum StatusDto {
    /// The file is awaited.
    Uploading,
    /// It waits for a worker.
    Pending,
    /// It is being annotated.
    Running,
    /// It is annotated.
    Completed,
    /// It could not be annotated.
    Failed,
    /// Its owner stopped it.
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

/// How far an annotation is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Progress)]
pub struct ProgressDto {
    /// What is being done, such as `annotate`.
    pub step: String,
    /// The done part of the whole, 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    pub percent: f64,
    /// Variants annotated so far.
    pub variants: u64,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureDto {
    /// Whose move it is: `input` where the file must be mended, `service` where the same file may
    /// work later.
    pub kind: FailureKindDto,
    /// What happened, where, and what to do.
    pub reason: String,
}

/// Whose move it is after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FailureKind)]
#[serde(rename_all = "snake_case")]
pub enum FailureKindDto {
    /// The file must be mended.
    Input,
    /// GAS failed.
    Service,
}

/// An annotated file.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Result)]
pub struct ResultDto {
    /// Where it is.
    pub state: ResultState,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Variants annotated.
    pub variants: u64,
    /// Until when it can be downloaded on the Free plan; `null` where no end is set. Without meaning
    /// on Premium.
    pub downloadable_until: Option<Timestamp>,
    /// Since when it is in the archive; only while it is.
    pub archived_at: Option<Timestamp>,
    /// How fast the archive hands it out, `expedited` (minutes) or `standard` (hours); only while
    /// it is restored.
    pub restore_tier: Option<String>,
}

/// Where an annotated file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultState {
    /// It can be downloaded, on the Free plan until `downloadable_until`.
    Available,
    /// It is in the archive; Premium brings it back.
    Archived,
    /// It is on its way back.
    Restoring,
}

impl From<&Job> for JobDto {
    fn from(job: &Job) -> Self {
        let mut dto = Self {
            id: job.id.as_uuid(),
            file_name: job.input.name.to_string(),
            size_bytes: job.input.size,
            status: job.status().into(),
            submitted_at: job.submitted_at,
            started_at: None,
            finished_at: None,
            progress: None,
            failure: None,
            result: None,
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
                dto.result = Some(result(&done.results, done.result_size, done.records));
            }
            JobState::Failed(failure) => {
                dto.finished_at = Some(failure.at);
                let kind = match failure.kind {
                    FailureKind::Input => FailureKindDto::Input,
                    FailureKind::Service => FailureKindDto::Service,
                };
                dto.failure = Some(FailureDto { kind, reason: failure.reason.clone() });
            }
            JobState::Cancelled { at } => dto.finished_at = Some(*at),
            JobState::Uploading { .. } | JobState::Pending { .. } => {}
        }
        dto
    }
}

fn result(results: &Results, size_bytes: u64, variants: u64) -> ResultDto {
    let mut dto = ResultDto {
        state: ResultState::Available,
        size_bytes,
        variants,
        downloadable_until: None,
        archived_at: None,
        restore_tier: None,
    };
    match results {
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
    /// The jobs, newest first. With a filter there may be fewer than `limit`, even none, on a page
    /// that is not the last.
    pub jobs: Vec<JobDto>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// Which jobs to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Only jobs in this state.
    #[param(inline)]
    pub status: Option<StatusDto>,
    /// How many jobs at most.
    #[param(minimum = 1, maximum = 100, default = 25)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// How a result is wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ResultQuery {
    /// `false` answers the link as JSON in place of a redirect.
    #[param(default = true)]
    pub redirect: Option<bool>,
}

/// A link to a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Link {
    /// Where the file is. Do not send the token there. It works for a minute at most.
    #[schema(format = "uri")]
    pub url: String,
}

/// Whose token it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountDto {
    /// The user's id at the identity provider.
    pub id: Uuid,
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// The plan.
    pub plan: PlanDto,
    /// The largest file of the plan, in bytes.
    pub max_upload_bytes: u64,
}

/// What a user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Plan)]
#[serde(rename_all = "snake_case")]
pub enum PlanDto {
    /// Small files; results can be downloaded for a while.
    Free,
    /// Files of any size; results can always be downloaded.
    Premium,
}

impl From<Account> for AccountDto {
    fn from(account: Account) -> Self {
        Self {
            id: account.id.as_uuid(),
            max_upload_bytes: account.plan.max_upload_bytes(),
            plan: match account.plan {
                Plan::Free => PlanDto::Free,
                Plan::Premium => PlanDto::Premium,
            },
            name: account.name,
            email: account.email,
        }
    }
}

#[cfg(test)]
#[path = "dto_tests.rs"]
mod tests;
