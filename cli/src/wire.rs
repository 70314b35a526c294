//! What the API answers, as far as this program looks at it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// A job that was made.
#[derive(Debug, Deserialize)]
pub struct CreatedJob {
    /// The job.
    pub job: Job,
    /// How to upload its file.
    pub upload: Option<Upload>,
}

/// How to upload a file.
#[derive(Debug, Deserialize)]
pub struct Upload {
    /// Where.
    pub url: String,
    /// The fields of the form, in order.
    pub fields: Vec<Field>,
    /// The content type of the file's part.
    pub content_type: String,
}

/// A field of a form.
#[derive(Debug, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A job.
#[derive(Clone, Debug, Deserialize)]
pub struct Job {
    /// Names it.
    pub id: Uuid,
    /// The uploaded file's name.
    pub file_name: String,
    /// Where in its life it is.
    pub status: Status,
    /// When it was made.
    pub submitted_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// How far it is.
    pub progress: Option<Progress>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The annotated file.
    pub result: Option<JobResult>,
}

/// Where in its life a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Status {
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
    /// It was stopped.
    Cancelled,
}

impl Status {
    /// Whether nothing comes after it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
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
        };
        // Pads, as tables need it.
        f.pad(name)
    }
}

/// How far a job is.
#[derive(Clone, Debug, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub step: String,
    /// The done part, 0 to 100.
    pub percent: f64,
}

/// Why a job failed.
#[derive(Clone, Debug, Deserialize)]
pub struct Failure {
    /// In words.
    pub reason: String,
}

/// An annotated file.
#[derive(Clone, Debug, Deserialize)]
pub struct JobResult {
    /// Where it is: `available`, `archived`, `restoring`.
    pub state: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Variants annotated.
    pub variants: u64,
    /// Until when it can be downloaded on the Free plan.
    pub downloadable_until: Option<Timestamp>,
}

/// A page of jobs.
#[derive(Debug, Deserialize)]
pub struct JobList {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// A link to a file.
#[derive(Debug, Deserialize)]
pub struct Link {
    /// Where it is.
    pub url: String,
}

/// Whose token it is.
#[derive(Debug, Deserialize)]
pub struct Account {
    /// Full name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// The plan.
    pub plan: String,
    /// The largest file, in bytes.
    pub max_upload_bytes: u64,
}

/// An error (RFC 9457).
#[derive(Debug, Deserialize)]
pub struct Problem {
    /// Its kind.
    pub code: String,
    /// What happened and what to do.
    pub detail: String,
    /// Names the request in the server's log.
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
