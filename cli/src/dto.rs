//! The responses of the REST API, reduced to the fields that this program uses.

use crate::output::WithJson;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// A new job.
#[derive(Debug, Deserialize)]
pub struct CreatedJob {
    /// The job.
    pub job: Job,
    /// How to upload its file in one request; `None` if the file is uploaded already, or in parts.
    pub upload: Option<Upload>,
    /// The next parts of its file; `None` if the file is uploaded already, or in one request.
    #[serde(default)]
    pub parts: Option<JobParts>,
}

impl CreatedJob {
    /// Whether GAS waits for the file.
    pub const fn is_waiting(&self) -> bool {
        self.upload.is_some() || self.parts.is_some()
    }
}

/// The next parts of a file: the first ones that storage has not received.
#[derive(Debug, Deserialize)]
pub struct JobParts {
    /// The file's size in bytes.
    pub size_bytes: u64,
    /// The bytes that storage has not received.
    pub missing_bytes: u64,
    /// The next parts; empty if nothing is missing.
    pub parts: Vec<JobPart>,
}

/// A part of a file.
#[derive(Debug, Deserialize)]
pub struct JobPart {
    /// The offset in the file, in bytes.
    pub offset: u64,
    /// The length in bytes.
    pub length: u64,
    /// Where to PUT it.
    pub url: String,
}

/// A presigned upload of a file to storage.
#[derive(Debug, Deserialize)]
pub struct Upload {
    /// Where to POST the form.
    pub url: String,
    /// The form fields, in order.
    pub fields: Vec<Field>,
    /// The content type of the file part.
    pub content_type: String,
}

/// A form field.
#[derive(Debug, Deserialize)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// The field's value.
    pub value: String,
}

/// A share link.
#[derive(Clone, Debug, Deserialize)]
pub struct ShareLink {
    /// The link's id.
    pub id: Uuid,
    /// Whether variants and charts can be downloaded through it.
    pub allows_downloads: bool,
    /// When it expires.
    pub expires_at: Timestamp,
    /// How often its page was opened.
    pub opened: u64,
    /// When its page was last opened.
    pub last_opened_at: Option<Timestamp>,
}

/// A webhook.
#[derive(Clone, Debug, Deserialize)]
pub struct Webhook {
    /// The webhook's id.
    pub id: Uuid,
    /// The URL that GAS calls.
    pub url: String,
    /// What it reports, such as `job.completed`.
    pub events: Vec<String>,
    /// Whether it works.
    pub health: WebhookHealth,
    /// The newest messages, newest first.
    pub deliveries: Vec<WithJson<Delivery>>,
}

/// Whether a webhook works.
#[derive(Clone, Debug, Deserialize)]
pub struct WebhookHealth {
    /// `active`, `failing` or `disabled`. There may be more in the future.
    pub state: String,
    /// Since when, for all but `active`.
    pub since: Option<Timestamp>,
}

/// A message to a webhook.
#[derive(Clone, Debug, Deserialize)]
pub struct Delivery {
    /// The event, or `webhook.test`.
    pub event: String,
    /// When the event was recorded.
    pub created_at: Timestamp,
    /// The number of attempts so far.
    pub attempts: u32,
    /// How it went.
    pub outcome: DeliveryOutcome,
}

/// How the delivery of a message went.
#[derive(Clone, Debug, Deserialize)]
pub struct DeliveryOutcome {
    /// `pending`, `delivered` or `failed`. There may be more in the future.
    pub state: String,
    /// When the next attempt of a pending message is due.
    pub next_attempt_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// A new webhook.
#[derive(Deserialize)]
pub struct CreatedWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret that signs its messages.
    pub secret: String,
}

/// A saved filter.
#[derive(Clone, Debug, Deserialize)]
pub struct SavedFilter {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// Which records. It may have fields that this version does not know.
    pub filter: serde_json::Value,
}

/// A gene panel.
#[derive(Clone, Debug, Deserialize)]
pub struct GenePanel {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The symbols of the genes.
    pub genes: Vec<String>,
}

/// How the results of two jobs differ.
#[derive(Clone, Debug, Deserialize)]
pub struct ComparedResults {
    /// In what the runs of the jobs differ, as sentences.
    pub notes: Vec<String>,
    /// The records of the first result.
    pub first_records: u64,
    /// The records of the second result.
    pub second_records: u64,
    /// The records that both have.
    pub both: u64,
    /// The records that only the first result has.
    pub only_first: u64,
    /// The records that only the second result has.
    pub only_second: u64,
    /// The records with different most severe consequences.
    pub consequence: u64,
    /// The records with different highest impacts.
    pub impact: u64,
    /// The first differences.
    pub differences: Vec<Difference>,
}

/// A record that is not the same in two results.
#[derive(Clone, Debug, Deserialize)]
pub struct Difference {
    /// CHROM.
    pub chrom: String,
    /// POS.
    pub pos: u32,
    /// REF, shortened.
    pub reference: String,
    /// ALT, shortened.
    pub alt: String,
    /// The record in the first result.
    pub first: Option<AnnotatedRecord>,
    /// The record in the second result.
    pub second: Option<AnnotatedRecord>,
}

/// How a result annotates a record.
#[derive(Clone, Debug, Deserialize)]
pub struct AnnotatedRecord {
    /// The most severe consequence.
    pub consequence: Option<String>,
    /// The highest impact.
    pub impact: Option<String>,
    /// The gene.
    pub gene: Option<String>,
}

/// A new share link.
#[derive(Deserialize)]
pub struct CreatedShareLink {
    /// The address, which contains the secret of the link.
    pub url: String,
}

/// A job with the JSON that it was read from.
pub type Job = WithJson<JobFields>;

/// A job.
#[derive(Clone, Debug, Deserialize)]
pub struct JobFields {
    /// The job's id.
    pub id: Uuid,
    /// The name of the input.
    pub file_name: String,
    /// The title. Older versions of GAS have none, nor the next three.
    pub title: Option<String>,
    /// The labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The project.
    pub project: Option<String>,
    /// The note, of one or more lines.
    pub note: Option<String>,
    /// The job's status.
    pub status: Status,
    /// When the job was created.
    pub submitted_at: Timestamp,
    /// When the job reached a final status.
    pub finished_at: Option<Timestamp>,
    /// The progress of a running job.
    pub progress: Option<Progress>,
    /// Why the job failed.
    pub failure: Option<Failure>,
    /// The result of a completed job.
    pub result: Option<JobResult>,
    /// Why variants of a completed job are not annotated. Older versions of GAS do not say so.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// The options, which may have fields that this version does not know.
    #[serde(default)]
    pub options: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A reason why variants are not annotated.
#[derive(Clone, Debug, Deserialize)]
pub struct Warning {
    /// The warning as a sentence.
    pub message: String,
}

impl JobFields {
    /// Whether the job has its file, and has not failed.
    pub const fn is_submitted(&self) -> bool {
        matches!(self.status, Status::Pending | Status::Running | Status::Completed)
    }

    /// Whether the job has reached a final status. If this program does not know the status, the time
    /// at which the job finished decides.
    pub fn is_finished(&self) -> bool {
        match self.status {
            Status::Completed | Status::Failed | Status::Cancelled => true,
            Status::Uploading | Status::Pending | Status::Running => false,
            Status::Unknown(_) => self.finished_at.is_some(),
        }
    }
}

/// The status of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// GAS waits for the file.
    Uploading,
    /// The job waits for a worker.
    Pending,
    /// A worker annotates the file.
    Running,
    /// The result is complete.
    Completed,
    /// The file could not be annotated.
    Failed,
    /// The job was cancelled by its owner.
    Cancelled,
    /// A status of a newer GAS that this program does not know.
    #[value(skip)]
    #[serde(untagged)]
    Unknown(String),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Uploading => "uploading",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown(name) => name,
        };
        // Tables pad the status to a fixed width.
        f.pad(name)
    }
}

/// The progress of a running job.
#[derive(Clone, Debug, Deserialize)]
pub struct Progress {
    /// The current step of the annotation.
    pub step: String,
    /// The completed part of the whole annotation, 0 to 100.
    pub percent: f64,
}

/// Why a job failed.
#[derive(Clone, Debug, Deserialize)]
pub struct Failure {
    /// The reason, as text for the user.
    pub reason: String,
    /// The assemblies, if they differ. Older versions of GAS do not say so.
    pub assembly_mismatch: Option<AssemblyMismatch>,
}

/// The result of a completed job.
#[derive(Clone, Debug, Deserialize)]
pub struct JobResult {
    /// Where the result is: `available`, `archived` or `restoring`.
    pub state: String,
    /// The result's size in bytes.
    pub size_bytes: u64,
    /// The number of annotated records.
    pub variants: u64,
    /// The end of the download window on the Free plan.
    pub downloadable_until: Option<Timestamp>,
    /// What it was annotated with. Older versions of GAS do not say so.
    pub provenance: Option<Provenance>,
}

/// A page of jobs.
#[derive(Debug, Deserialize)]
pub struct JobList {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The cursor of the next page; `None` on the last page.
    pub next_cursor: Option<String>,
}

/// The sources that files can be annotated with.
#[derive(Debug, Deserialize)]
pub struct SourceList {
    /// All sources.
    pub sources: Vec<WithJson<Source>>,
}

/// What a provider knows about variants, positions, regions or genes.
#[derive(Debug, Deserialize)]
pub struct Source {
    /// The id.
    pub id: String,
    /// Name and release.
    pub label: String,
    /// The license of the data.
    pub license: String,
    /// Whether the license forbids commercial use, so that only jobs that name the source get it.
    pub noncommercial: bool,
}

/// The references that files can be annotated with.
#[derive(Debug, Deserialize)]
pub struct ReferenceList {
    /// All references.
    pub references: Vec<WithJson<Reference>>,
}

/// The private references of a user.
#[derive(Debug, Deserialize)]
pub struct PrivateReferenceList {
    /// All.
    pub references: Vec<WithJson<PrivateReference>>,
}

/// A reference of the user's own.
#[derive(Debug, Deserialize)]
pub struct PrivateReference {
    /// The id, for `--reference`.
    pub id: String,
    /// `uploading`, `building`, `ready`, `failed` or `deleting`. There may be more in the future.
    pub status: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// Counts of left-out gene models with their reasons, and other notes of the build.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// The next parts to send of the files of a private reference.
#[derive(Debug, Deserialize)]
pub struct ReferenceParts {
    /// The id of the reference.
    pub id: String,
    /// The bytes that storage has not received.
    pub missing_bytes: u64,
    /// The next parts; empty if nothing is missing.
    pub parts: Vec<ReferencePart>,
}

/// A part of a file.
#[derive(Debug, Deserialize)]
pub struct ReferencePart {
    /// `fasta` or `gene_models`.
    pub file: String,
    /// The offset in the file, in bytes.
    pub offset: u64,
    /// The length in bytes.
    pub length: u64,
    /// Where to PUT it.
    pub url: String,
}

/// A genome with genes.
#[derive(Debug, Deserialize)]
pub struct Reference {
    /// The id, for `--reference`.
    pub id: String,
    /// The scientific name of the species; empty if it is not known.
    pub species: String,
    /// The assembly.
    pub assembly: String,
    /// The gene set with its release.
    pub gene_set: Option<String>,
    /// Whether jobs without `--reference` get it.
    pub is_default: bool,
}

/// What a file was annotated with.
#[derive(Clone, Debug, Deserialize)]
pub struct Provenance {
    /// The reference.
    pub reference: String,
    /// The SHA-256 digest of its manifest.
    pub reference_sha256: String,
    /// The assembly.
    pub assembly: String,
    /// The gene set with its release.
    pub gene_set: Option<String>,
    /// Name and version of the engine.
    pub engine: Option<String>,
    /// The sources. Older services do not state them.
    #[serde(default)]
    pub sources: Vec<UsedSource>,
}

/// A source that a file was annotated with.
#[derive(Clone, Debug, Deserialize)]
pub struct UsedSource {
    /// The source.
    pub id: String,
    /// Name and release.
    pub label: String,
}

/// The references to use instead, if the file is of another assembly.
#[derive(Clone, Debug, Deserialize)]
pub struct AssemblyMismatch {
    /// The references of the file's assembly.
    pub fitting: Vec<String>,
}

/// A link to a file.
#[derive(Debug, Deserialize)]
pub struct Link {
    /// The file's URL.
    pub url: String,
}

/// The account that the token belongs to.
#[derive(Debug, Deserialize)]
pub struct Account {
    /// The user's full name.
    pub name: String,
    /// The user's email address.
    pub email: String,
    /// The user's plan.
    pub plan: String,
    /// How users get Premium: `none` if every user has it. `None` for an older version of GAS.
    pub billing: Option<String>,
    /// The size of the largest file that the plan allows, in bytes.
    pub max_upload_bytes: u64,
}

/// An error of the API (RFC 9457).
#[derive(Debug, Deserialize)]
pub struct Problem {
    /// The error code.
    pub code: String,
    /// What happened and what to do.
    pub detail: String,
    /// The request's id in the server's log.
    pub request_id: Option<Uuid>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        match self.request_id {
            Some(id) if self.code == "internal" => write!(f, " (request {id})"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_statuses_are_read_and_printed() {
        for (json, status) in [
            (r#""running""#, Status::Running),
            (r#""on_hold""#, Status::Unknown("on_hold".to_owned())),
        ] {
            assert_eq!(serde_json::from_str::<Status>(json).unwrap(), status);
            assert_eq!(format!("\"{status}\""), json);
        }
        assert!(serde_json::from_str::<Status>("7").is_err());
    }
}
