//! Creates a job for an API client, once per idempotency key.

use super::request_upload::{admit, request_upload_as, sign_upload};
use super::upload_in_parts::{begin_parts_as, next_parts};
use super::{FindError, PartsError, RequestUploadError, find_job};
use crate::Gas;
use crate::ports::PortError;
use gas_shared::job::JobState;
use gas_shared::upload::{NewUpload, PartsTicket, UploadTicket};
use gas_shared::{Account, FileName, Job, JobId, JobStatus, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The longest idempotency key, in characters.
const MAX_KEY_CHARS: usize = 200;

/// Identifies repetitions of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text is not a valid idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to {MAX_KEY_CHARS} visible ASCII characters")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// Parses a client's key.
    ///
    /// # Errors
    /// [`InvalidIdempotencyKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        let fits = (1..=MAX_KEY_CHARS).contains(&text.len());
        let key = fits && text.bytes().all(|byte| byte.is_ascii_graphic());
        key.then(|| Self(text.to_owned())).ok_or(InvalidIdempotencyKey)
    }

    /// The id of the job that this key creates for a user. It depends only on the two, so the job's
    /// row is the only record of the key. It is taken from a SHA-256 hash, which does not reveal
    /// the key and does not collide with ids of other users.
    pub(super) fn job_id(&self, owner: UserId) -> JobId {
        let mut hash = Sha256::new_with_prefix(owner.as_uuid().as_bytes());
        hash.update(self.0.as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        // UUID version 8, for custom ids (RFC 9562, section 5.8).
        JobId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// A job that this call or an earlier one with the same key created. `T` is [`UploadTicket`] or [`PartsTicket`].
#[derive(Clone, Debug)]
pub struct CreatedJob<T> {
    /// The job.
    pub job: Job,
    /// How to upload its file; `None` if the file is uploaded.
    pub ticket: Option<T>,
    /// Whether this call created the job.
    pub is_new: bool,
}

/// The reason why no job was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateJobError {
    /// The file is not accepted, or a service failed.
    #[error(transparent)]
    Request(#[from] RequestUploadError),
    /// The job of this key has another file.
    #[error("the idempotency key was used for {0}; use another for another file")]
    OtherFile(FileName),
    /// The job of this key has other options.
    #[error("the idempotency key was used for {0} with other options; use another")]
    OtherOptions(FileName),
    /// The file of the job of this key is uploaded in parts.
    #[error("the idempotency key was used for {0}, which is uploaded in parts; use another")]
    InParts(FileName),
    /// The file of the job of this key is uploaded, and nothing copies it from a URL.
    #[error("the idempotency key was used for {0}, which waits for its upload; use another")]
    Uploaded(FileName),
    /// The next parts of the job of this key cannot be signed.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// The job of this key was deleted.
    #[error("the job of that idempotency key was deleted; use another key")]
    Deleted,
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Creates a job and signs the upload of its file in one request, or finds the job that `key` created before.
///
/// # Errors
/// [`CreateJobError`].
pub async fn create_job(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
    key: Option<&IdempotencyKey>,
) -> Result<CreatedJob<UploadTicket>, CreateJobError> {
    let id = id_of(account, key);
    if !is_known(gas, account, new, key, id).await?
        && let Some(ticket) = request_upload_as(gas, account, new, id).await?
    {
        let job = found(gas, account.id, id).await?.ok_or(CreateJobError::Deleted)?;
        return Ok(CreatedJob { job, ticket: Some(ticket), is_new: true });
    }
    let job = known_job(gas, account, new, id).await?;
    let ticket = match &job.state {
        JobState::Uploading { parts: Some(_) } => {
            return Err(CreateJobError::InParts(job.input.name));
        }
        JobState::Uploading { parts: None } => Some(sign_upload(gas, account, &job).await?),
        _ => None,
    };
    Ok(CreatedJob { job, ticket, is_new: false })
}

/// Creates a job whose file is uploaded in parts and signs the first ones, or finds the job that `key` created before
/// and signs the next ones.
///
/// # Errors
/// [`CreateJobError`].
pub async fn create_job_in_parts(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
    key: Option<&IdempotencyKey>,
) -> Result<CreatedJob<PartsTicket>, CreateJobError> {
    let id = id_of(account, key);
    if !is_known(gas, account, new, key, id).await?
        && let Some(ticket) = begin_parts_as(gas, account, new, id).await?
    {
        let job = found(gas, account.id, id).await?.ok_or(CreateJobError::Deleted)?;
        return Ok(CreatedJob { job, ticket: Some(ticket), is_new: true });
    }
    let job = known_job(gas, account, new, id).await?;
    let waits = job.status() == JobStatus::Uploading;
    let ticket = if waits { Some(next_parts(gas, account.id, id).await?) } else { None };
    Ok(CreatedJob { job, ticket, is_new: false })
}

/// The id of the job of a key, or a random one.
pub(super) fn id_of(account: &Account, key: Option<&IdempotencyKey>) -> JobId {
    key.map_or_else(|| JobId::new(Uuid::new_v4()), |key| key.job_id(account.id))
}

/// Checks that the file may be uploaded, and returns whether the key was used before.
///
/// The lookup comes before the insertion, because the store treats an equal row of the same second as a retry of its
/// own write.
async fn is_known(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
    key: Option<&IdempotencyKey>,
    id: JobId,
) -> Result<bool, CreateJobError> {
    admit(account, new).map_err(CreateJobError::from)?;
    Ok(key.is_some() && found(gas, account.id, id).await?.is_some())
}

/// The job of a key that was used before, which must be for the same file and options.
async fn known_job(
    gas: &Gas,
    account: &Account,
    new: &NewUpload,
    id: JobId,
) -> Result<Job, CreateJobError> {
    let job = found(gas, account.id, id).await?.ok_or(CreateJobError::Deleted)?;
    let is_another_size = job.input.size.is_some_and(|known| known != new.size_bytes);
    if is_another_size || FileName::parse(&new.file_name).as_ref() != Ok(&job.input.name) {
        return Err(CreateJobError::OtherFile(job.input.name));
    }
    if job.options.known() != Some(&new.options) {
        return Err(CreateJobError::OtherOptions(job.input.name));
    }
    Ok(job)
}

pub(super) async fn found(gas: &Gas, owner: UserId, id: JobId) -> Result<Option<Job>, PortError> {
    match find_job(gas, owner, id).await {
        Ok(job) => Ok(Some(job)),
        Err(FindError::NotFound(_)) => Ok(None),
        Err(FindError::Port(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::TestGas;
    use crate::usecases::{confirm_upload, default_options, delete_job};
    use gas_shared::upload::PART_BYTES;
    use gas_shared::{JobOptions, Plan};

    fn key(text: &str) -> IdempotencyKey {
        IdempotencyKey::parse(text).unwrap()
    }

    #[tokio::test]
    async fn a_key_creates_one_job_per_user() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
        let one = key("one");
        let first =
            create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 20), Some(&one)).await.unwrap();
        assert!(first.is_new);
        let again =
            create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 20), Some(&one)).await.unwrap();
        assert_eq!((again.job.id, again.is_new), (first.job.id, false));
        assert_eq!(again.ticket.unwrap().fields, first.ticket.unwrap().fields);
        assert_eq!(test.jobs.len(), 1);

        let other = create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 20), Some(&key("two")))
            .await
            .unwrap();
        let foreign =
            create_job(&test.gas, &eve, &NewUpload::new("a.vcf", 20), Some(&one)).await.unwrap();
        let none = create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 20), None).await.unwrap();
        assert!([other, foreign, none].iter().all(|made| made.is_new));
        assert_eq!(test.jobs.len(), 4);
    }

    #[tokio::test]
    async fn a_key_is_valid_for_one_file() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let one = key("one");
        create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 20), Some(&one)).await.unwrap();
        let rejected = create_job(&test.gas, &ada, &NewUpload::new("b.vcf", 20), Some(&one))
            .await
            .unwrap_err();
        assert_eq!(
            rejected.to_string(),
            "the idempotency key was used for a.vcf; use another for another file"
        );
    }

    #[tokio::test]
    async fn a_key_is_valid_for_the_same_options() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let one = key("one");
        let options = JobOptions { hgvs: false, ..JobOptions::default() };
        let new = NewUpload::new("a.vcf", 20).with(options.clone());
        let first = create_job(&test.gas, &ada, &new, Some(&one)).await.unwrap();
        assert_eq!(first.job.options.known(), Some(&options));
        assert!(!create_job(&test.gas, &ada, &new, Some(&one)).await.unwrap().is_new);
        let plain = NewUpload::new("a.vcf", 20);
        let rejected = create_job(&test.gas, &ada, &plain, Some(&one)).await.unwrap_err();
        assert!(rejected.to_string().contains("for a.vcf with other options"), "{rejected}");
        let remembered = default_options(&test.gas, &ada).await.unwrap();
        assert_eq!(remembered, JobOptions::default(), "programs do not change what pages offer");
    }

    #[tokio::test]
    async fn a_submitted_job_is_not_uploaded_again() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let one = key("one");
        let made =
            create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 21), Some(&one)).await.unwrap();
        test.objects.put(&made.job.input.file, b"##fileformat=VCFv4.2\n");
        confirm_upload(&test.gas, ada.id, made.job.id).await.unwrap();
        let again =
            create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 21), Some(&one)).await.unwrap();
        assert_eq!((again.job.status(), again.ticket), (JobStatus::Pending, None));
        let changed = create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 22), Some(&one))
            .await
            .unwrap_err();
        assert!(matches!(changed, CreateJobError::OtherFile(_)), "{changed}");
    }

    #[tokio::test]
    async fn the_key_of_a_deleted_job_cannot_be_used_again() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let one = key("one");
        let made =
            create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 20), Some(&one)).await.unwrap();
        delete_job(&test.gas, ada.id, made.job.id).await.unwrap();
        let rejected = create_job(&test.gas, &ada, &NewUpload::new("a.vcf", 20), Some(&one))
            .await
            .unwrap_err();
        assert!(matches!(rejected, CreateJobError::Deleted), "{rejected}");
    }

    #[tokio::test]
    async fn a_key_creates_one_job_in_parts_and_finds_its_next_parts() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Premium);
        let one = key("one");
        let new = NewUpload::new("a.vcf", PART_BYTES + 5);
        let create = || create_job_in_parts(&test.gas, &ada, &new, Some(&one));
        let first = create().await.unwrap();
        assert!(first.is_new);
        assert_eq!(first.ticket.unwrap().parts.len(), 2);
        let JobState::Uploading { parts: Some(parts) } = first.job.state else {
            panic!("no parts")
        };
        assert!(test.parts.put(&parts.upload_id, 1, &vec![0; PART_BYTES as usize]));
        let again = create().await.unwrap();
        assert_eq!((again.job.id, again.is_new), (first.job.id, false));
        assert_eq!(again.ticket.unwrap().missing, 5);
        assert_eq!((test.jobs.len(), test.parts.open()), (1, 1), "no second upload is begun");

        let in_one = create_job(&test.gas, &ada, &new, Some(&one)).await.unwrap_err();
        assert!(matches!(in_one, CreateJobError::InParts(_)), "{in_one}");
        assert!(test.parts.put(&parts.upload_id, 2, b"12345"));
        confirm_upload(&test.gas, ada.id, first.job.id).await.unwrap();
        let last = create().await.unwrap();
        assert_eq!((last.job.status(), last.ticket), (JobStatus::Pending, None));
    }

    #[tokio::test]
    async fn the_key_of_a_job_in_one_request_has_no_parts() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let (one, new) = (key("one"), NewUpload::new("a.vcf", 20));
        create_job(&test.gas, &ada, &new, Some(&one)).await.unwrap();
        let rejected = create_job_in_parts(&test.gas, &ada, &new, Some(&one)).await.unwrap_err();
        let CreateJobError::Parts(PartsError::NotInParts { .. }) = rejected else {
            panic!("{rejected}");
        };
        assert_eq!(test.parts.open(), 0);
        let programs_remember_nothing = default_options(&test.gas, &ada).await.unwrap();
        assert_eq!(programs_remember_nothing, JobOptions::default());
    }

    #[test]
    fn keys_consist_of_visible_ascii() {
        assert_eq!(key("a").job_id(UserId::new(Uuid::nil())).as_uuid().get_version_num(), 8);
        for text in ["", "a b", "a\n", "é", &"x".repeat(201)] {
            assert_eq!(IdempotencyKey::parse(text), Err(InvalidIdempotencyKey), "{text:?}");
        }
    }
}
