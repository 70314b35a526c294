//! Creates a job whose file is copied from a URL of the user.
//!
//! The server of the file is asked for its size and its version first, so the job begins as an upload in parts of exactly
//! this size, and all limits of uploads hold. Then [`super::copy_import`] sends the parts. The URL is a secret: it is
//! stored until the copy ends, and nothing returns or logs it.

use super::choose_options::{check_options, remember_options};
use super::create_job::{found, id_of};
use super::limits::{LimitError, count_import, count_new_job};
use super::request_upload::{MAKE_JOB, admit, content_type, new_job};
use super::upload_in_parts::{abort_parts, insert_in_parts};
use super::{CreateJobError, IdempotencyKey, RequestUploadError};
use crate::ports::{
    FileSource, FileVersion, ImportInsertion, ImportOrigin, NewImportRow, PortError, PortResult,
    SourceError,
};
use crate::{Gas, Secret};
use gas_shared::byte_size::{Rounding, format_bytes, format_limit};
use gas_shared::import::{MAX_IMPORT_BYTES, MAX_IMPORTS, NewImport};
use gas_shared::job::{JobState, Parts};
use gas_shared::upload::{NewUpload, part_bytes};
use gas_shared::{Account, FileName, FileNameError, Job, JobId};
use tracing::Span;
use tracing::field::display;

/// Why a request with a key finds an import without a job: another request is about to store the job, or has failed to.
const UNFINISHED: &str =
    "another request with the same idempotency key has not ended; try again in two minutes";

/// Why no job was created for a file at a URL.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file has no name that is accepted.
    #[error("{0}; give the file a name if its URL has none")]
    Name(FileNameError),
    /// The file is too large to be copied.
    #[error(
        "the file has {}, and files of at most {} are copied from a URL. Download the file and upload it",
        format_bytes(*size, Rounding::Up), format_limit(*limit)
    )]
    TooLarge {
        /// The file's size in bytes.
        size: u64,
        /// The largest file that is copied, in bytes.
        limit: u64,
    },
    /// The user has too many imports.
    #[error("{MAX_IMPORTS} of your files are being copied; wait until one is complete")]
    TooMany,
    /// The job cannot be created.
    #[error(transparent)]
    Create(#[from] CreateJobError),
    /// The user has reached a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A job that this call or an earlier one with the same key created.
#[derive(Clone, Debug)]
pub struct ImportedFile {
    /// The job.
    pub job: Job,
    /// Whether this call created the job.
    pub is_new: bool,
}

/// Creates a job whose file is copied from a URL, or finds the job that `key` created before, for whose file nothing is
/// requested again.
///
/// # Errors
/// [`ImportError`].
pub async fn import_file(
    gas: &Gas,
    source: &dyn FileSource,
    account: &Account,
    new: &NewImport,
    key: Option<&IdempotencyKey>,
) -> Result<ImportedFile, ImportError> {
    let id = id_of(account, key);
    Span::current().record("job_id", display(id));
    if key.is_some()
        && let Some(known) = known(gas, source, account, new, id).await?
    {
        return Ok(known);
    }
    count_import(gas, account.id).await?;
    let url = url_of(new);
    let file = source.probe(&url).await?;
    let name = new.file_name.clone().or(file.name).unwrap_or_default();
    let upload = NewUpload::new(name, file.size).with(new.options.clone());
    let name = admit(account, &upload).map_err(|error| match error {
        RequestUploadError::Name(error) => ImportError::Name(error),
        error => CreateJobError::from(error).into(),
    })?;
    if file.size > MAX_IMPORT_BYTES {
        return Err(ImportError::TooLarge { size: file.size, limit: MAX_IMPORT_BYTES });
    }
    let rejected = |error: RequestUploadError| CreateJobError::from(error);
    check_options(gas, account, &upload.options).await.map_err(|error| rejected(error.into()))?;
    count_new_job(gas, account, file.size).await?;
    let job = new_job(gas, account, &upload, name, id);
    let content_type = content_type(&job.input.name);
    let upload_id = gas.part_uploads.begin(&job.input.file, content_type).await?;
    let part_bytes = part_bytes(file.size);
    let job = job.in_parts(Parts { upload_id, size: file.size, part_bytes, copied: Some(0) });
    match insert_copied(gas, &job, ImportOrigin::Url(url), file.version).await? {
        CopiedInsertion::Stored => Ok(ImportedFile { job, is_new: true }),
        CopiedInsertion::TooMany => Err(ImportError::TooMany),
        CopiedInsertion::Unfinished => {
            let known = known(gas, source, account, new, id).await?;
            known.ok_or_else(|| unfinished().into())
        }
        CopiedInsertion::Exists => {
            let known = known(gas, source, account, new, id).await?;
            known.ok_or_else(|| CreateJobError::Deleted.into())
        }
    }
}

/// The result of the insertion of a job whose file is copied.
pub(super) enum CopiedInsertion {
    /// This call has stored the job, and its file will be copied.
    Stored,
    /// The owner has too many files that are copied.
    TooMany,
    /// A concurrent or earlier request with the same key has stored the import, and perhaps the job.
    Unfinished,
    /// The job exists already, or was deleted.
    Exists,
}

/// Inserts a job whose upload in parts has begun, and whose file the service copies.
///
/// The import is stored before the job, so that there is no job that nothing copies. The copy waits for a job that is not
/// there yet, and deletes the import if there never is one.
///
/// # Errors
/// If a service fails. The job may exist.
pub(super) async fn insert_copied(
    gas: &Gas,
    job: &Job,
    origin: ImportOrigin,
    version: FileVersion,
) -> PortResult<CopiedInsertion> {
    let created_at = gas.now();
    let row = NewImportRow { job: job.id, owner: job.owner, origin, version, created_at };
    let inserted = gas.imports.insert(&row, MAX_IMPORTS).await;
    if !matches!(inserted, Ok(ImportInsertion::Stored)) {
        // No job will name the upload: even if the import is stored, its job is not.
        abort_parts(gas, job).await;
    }
    Ok(match inserted? {
        ImportInsertion::TooMany => CopiedInsertion::TooMany,
        ImportInsertion::Exists => CopiedInsertion::Unfinished,
        ImportInsertion::Stored if insert_in_parts(gas, job).await? => CopiedInsertion::Stored,
        ImportInsertion::Stored => CopiedInsertion::Exists,
    })
}

/// The error of a request whose import another request with the same key has stored, but not its job.
pub(super) fn unfinished() -> PortError {
    PortError::new(MAKE_JOB, UNFINISHED)
}

/// Does the same for a page, whose options are the default of the user's next file.
///
/// # Errors
/// [`ImportError`].
pub async fn import_file_of_page(
    gas: &Gas,
    source: &dyn FileSource,
    account: &Account,
    new: &NewImport,
) -> Result<Job, ImportError> {
    let imported = import_file(gas, source, account, new, None).await?;
    remember_options(gas, account.id, &new.options).await;
    Ok(imported.job)
}

fn url_of(new: &NewImport) -> Secret {
    Secret::from(new.url.trim().to_owned())
}

/// The job that an earlier request with the same key created, if there is one.
async fn known(
    gas: &Gas,
    source: &dyn FileSource,
    account: &Account,
    new: &NewImport,
    id: JobId,
) -> Result<Option<ImportedFile>, ImportError> {
    let Some(job) = found(gas, account.id, id).await? else { return Ok(None) };
    check_known(&job, source, new)?;
    Ok(Some(ImportedFile { job, is_new: false }))
}

/// Checks that a repeated request is for a file of the same name and for the same options. The URL itself differs each time
/// it is signed, and is not kept.
fn check_known(job: &Job, source: &dyn FileSource, new: &NewImport) -> Result<(), CreateJobError> {
    let name = new.file_name.clone().or_else(|| source.name(&url_of(new)));
    let name = name.as_deref().map(FileName::parse);
    if name.is_some_and(|name| name.as_ref() != Ok(&job.input.name)) {
        return Err(CreateJobError::OtherFile(job.input.name.clone()));
    }
    if job.options.known() != Some(&new.options) {
        return Err(CreateJobError::OtherOptions(job.input.name.clone()));
    }
    let is_copied = |parts: &Parts| parts.copied.is_some();
    match &job.state {
        JobState::Uploading { parts } if !parts.as_ref().is_some_and(is_copied) => {
            Err(CreateJobError::Uploaded(job.input.name.clone()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "import_file_tests.rs"]
mod tests;
