//! Tests of jobs from URLs: limits, names, idempotency keys, and what is left after a rejection.

use super::*;
use crate::ports::{FileVersion, SourceFile};
use crate::testkit::{FakeFileSource, Fault, TestGas};
use crate::usecases::{
    cancel_job, create_job, create_job_in_parts, default_options, delete_job, next_parts,
};
use async_trait::async_trait;
use bytes::Bytes;
use gas_shared::plan::FREE_MAX_UPLOAD_BYTES;
use gas_shared::{JobOptions, JobStatus, JobView, Plan};
use std::ops::Range;

const URL: &str = "https://lab.example.org/cohort/a.vcf.gz?X-Amz-Signature=s3cret";

struct Case {
    test: TestGas,
    source: FakeFileSource,
    ada: Account,
}

impl Case {
    fn new() -> Self {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let source = FakeFileSource::default();
        source.put(URL, &[b'#'; 100]);
        Self { test, source, ada }
    }

    async fn import(&self, new: &NewImport) -> Result<ImportedFile, ImportError> {
        import_file(&self.test.gas, &self.source, &self.ada, new, None).await
    }

    async fn import_with_key(
        &self,
        new: &NewImport,
        key: &str,
    ) -> Result<ImportedFile, ImportError> {
        let key = IdempotencyKey::parse(key).unwrap();
        import_file(&self.test.gas, &self.source, &self.ada, new, Some(&key)).await
    }

    /// The numbers of jobs, imports and uploads.
    fn counts(&self) -> (usize, usize, usize) {
        (self.test.jobs.len(), self.test.imports.jobs().len(), self.test.parts.open())
    }
}

#[tokio::test]
async fn a_file_at_a_url_is_a_job_that_waits_for_its_copy() {
    let case = Case::new();
    let made = case.import(&NewImport::new(format!(" {URL}\n"))).await.unwrap();
    assert!(made.is_new);
    let job = case.test.job(made.job.id);
    assert_eq!((job.status(), job.input.name.as_str()), (JobStatus::Uploading, "a.vcf.gz"));
    assert_eq!((job.input.size, job.copied_bytes()), (Some(100), Some(0)));
    assert_eq!(case.test.imports.jobs(), [job.id]);
    let rejected = next_parts(&case.test.gas, case.ada.id, job.id).await;
    assert!(rejected.is_err(), "no program sends parts of it");

    let named = NewImport::new(URL).named("patient-7.vcf.gz");
    assert_eq!(case.import(&named).await.unwrap().job.input.name.as_str(), "patient-7.vcf.gz");
}

#[tokio::test]
async fn the_url_is_in_no_view_row_or_event() {
    let case = Case::new();
    let job = case.import(&NewImport::new(URL)).await.unwrap().job;
    let view = serde_json::to_string(&JobView::from(&job)).unwrap();
    let row = format!("{:?}{:?}", case.test.job(job.id), case.test.imports);
    let events = format!("{:?}", case.test.job_events.bodies());
    assert!(events.contains("a.vcf.gz"), "{events}");
    for text in [view, row, events] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_is_rejected_leaves_nothing() {
    let case = Case::new();
    let put = |path: &str, size: u64| {
        let url = format!("https://lab.example.org/{path}");
        case.source.put(&url, &vec![b'#'; size as usize]);
        url
    };
    let free = FREE_MAX_UPLOAD_BYTES;
    for (url, part) in [
        (put("b.vcf", free + 1), "the Free plan allows 150000"),
        (put("empty.vcf", 0), "the file is empty"),
        (put("b.exe", 5), "give the file a name"),
        (put("", 5), "give the file a name"),
        ("https://lab.example.org/none.vcf".to_owned(), "there is no file at the URL"),
    ] {
        let error = case.import(&NewImport::new(url)).await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(case.import(&NewImport::new(put("c.vcf", free))).await.is_ok());
    assert_eq!(case.counts(), (1, 1, 1));
}

#[tokio::test]
async fn a_user_has_a_limited_number_of_imports() {
    let case = Case::new();
    for _ in 0..MAX_IMPORTS {
        case.import(&NewImport::new(URL)).await.unwrap();
    }
    let rejected = case.import(&NewImport::new(URL)).await.unwrap_err();
    assert!(matches!(rejected, ImportError::TooMany), "{rejected}");
    let most = usize::from(MAX_IMPORTS);
    assert_eq!(case.counts(), (most, most, most));
}

#[tokio::test]
async fn a_key_creates_one_job_although_the_url_has_expired() {
    let case = Case::new();
    let new = NewImport::new(URL);
    let first = case.import_with_key(&new, "one").await.unwrap();
    case.source.fail_after(0, SourceError::Denied(403));
    let again = case.import_with_key(&new, "one").await.unwrap();
    assert_eq!((again.job.id, again.is_new), (first.job.id, false));
    let other = case.import_with_key(&new.clone().named("b.vcf"), "one").await.unwrap_err();
    assert!(other.to_string().contains("was used for a.vcf.gz"), "{other}");
    let other_url = NewImport::new("https://lab.example.org/cohort/b.vcf.gz?X-Amz-Signature=other");
    let other = case.import_with_key(&other_url, "one").await.unwrap_err();
    assert!(other.to_string().contains("was used for a.vcf.gz"), "{other}");
    let signed_again = NewImport::new("https://lab.example.org/cohort/a.vcf.gz?X-Amz-Signature=2");
    assert!(!case.import_with_key(&signed_again, "one").await.unwrap().is_new);
    let options = JobOptions { hgvs: false, ..JobOptions::default() };
    let other = case.import_with_key(&new.clone().with(options), "one").await.unwrap_err();
    assert!(other.to_string().contains("other options"), "{other}");
    let key = IdempotencyKey::parse("one").unwrap();
    let upload = NewUpload::new("a.vcf.gz", 100);
    let upload = create_job(&case.test.gas, &case.ada, &upload, Some(&key)).await.unwrap_err();
    assert!(matches!(upload, CreateJobError::InParts(_)), "{upload}");

    delete_job(&case.test.gas, case.ada.id, first.job.id).await.unwrap();
    assert_eq!(case.test.imports.jobs(), []);
    case.source.recover();
    let deleted = case.import_with_key(&new, "one").await.unwrap_err();
    assert!(matches!(deleted, ImportError::Create(CreateJobError::Deleted)), "{deleted}");
    assert_eq!(case.counts().2, 0, "its upload is aborted");
    assert_eq!(case.test.imports.jobs(), []);
}

#[tokio::test]
async fn the_key_of_an_upload_creates_no_import() {
    let case = Case::new();
    let (gas, upload) = (&case.test.gas, NewUpload::new("a.vcf.gz", 100));
    let [one, parts] = ["one", "parts"].map(|key| IdempotencyKey::parse(key).unwrap());
    create_job(gas, &case.ada, &upload, Some(&one)).await.unwrap();
    create_job_in_parts(gas, &case.ada, &upload, Some(&parts)).await.unwrap();
    for key in ["one", "parts"] {
        let error = case.import_with_key(&NewImport::new(URL), key).await.unwrap_err();
        let is_upload = matches!(error, ImportError::Create(CreateJobError::Uploaded(_)));
        assert!(is_upload, "nothing would ever copy the file: {error}");
    }
    assert_eq!(case.test.imports.jobs(), []);
}

/// A server that is asked for the size by a request whose key another request uses in the meantime.
struct Interleaved<'a> {
    case: &'a Case,
    /// The other request.
    other: NewImport,
    /// Whether the file of the other request is copied before this one continues.
    is_copied: bool,
}

#[async_trait]
impl FileSource for Interleaved<'_> {
    fn name(&self, url: &Secret) -> Option<String> {
        self.case.source.name(url)
    }

    async fn probe(&self, url: &Secret) -> Result<SourceFile, SourceError> {
        let other = self.case.import_with_key(&self.other, "one").await.unwrap();
        assert!(other.is_new);
        if self.is_copied {
            self.case.test.gas.imports.delete(other.job.id).await.unwrap();
        }
        self.case.source.probe(url).await
    }

    async fn read(
        &self,
        url: &Secret,
        version: &FileVersion,
        size: u64,
        range: Range<u64>,
    ) -> Result<Bytes, SourceError> {
        self.case.source.read(url, version, size, range).await
    }
}

impl Case {
    /// Imports a file with a key that another request uses between the lookup of the key and the insertion.
    async fn import_interleaved(
        &self,
        other: NewImport,
        is_copied: bool,
    ) -> Result<ImportedFile, ImportError> {
        let source = Interleaved { case: self, other, is_copied };
        let key = IdempotencyKey::parse("one").unwrap();
        import_file(&self.test.gas, &source, &self.ada, &NewImport::new(URL), Some(&key)).await
    }

    /// Checks that there is one job, whose upload is in progress, and returns its id.
    async fn assert_one_upload(&self) -> JobId {
        let jobs = self.test.gas.jobs.store.jobs_of(self.ada.id, None, 10).await.unwrap().jobs;
        assert_eq!((jobs.len(), self.test.parts.open()), (1, 1));
        let job = self.test.job(jobs[0].id);
        let JobState::Uploading { parts: Some(parts) } = &job.state else { panic!("{job:?}") };
        let arrived = self.test.gas.part_uploads.arrived_parts(&job.input.file, &parts.upload_id);
        assert!(arrived.await.unwrap().is_some(), "its upload is not aborted");
        job.id
    }
}

#[tokio::test]
async fn concurrent_requests_with_one_key_leave_one_job_with_its_import() {
    let case = Case::new();
    let second = case.import_interleaved(NewImport::new(URL), false).await.unwrap();
    let id = case.assert_one_upload().await;
    assert_eq!((second.job.id, second.is_new), (id, false));
    assert_eq!(case.test.imports.jobs(), [id]);

    let case = Case::new();
    let second = case.import_interleaved(NewImport::new(URL), true).await.unwrap();
    let id = case.assert_one_upload().await;
    assert_eq!((second.job.id, second.is_new), (id, false));
    assert_eq!(case.test.imports.jobs(), [], "the import of the second request is deleted");

    for is_copied in [false, true] {
        let case = Case::new();
        let other = NewImport::new(URL).named("b.vcf.gz");
        let second = case.import_interleaved(other, is_copied).await.unwrap_err();
        let ImportError::Create(CreateJobError::OtherFile(_)) = second else { panic!("{second}") };
        case.assert_one_upload().await;
    }
}

#[tokio::test]
async fn a_request_does_not_delete_the_import_of_another_one_over_the_limit() {
    let case = Case::new();
    for _ in 1..MAX_IMPORTS {
        case.import(&NewImport::new(URL)).await.unwrap();
    }
    let second = case.import_interleaved(NewImport::new(URL), false).await.unwrap();
    assert!(!second.is_new);
    let most = usize::from(MAX_IMPORTS);
    assert_eq!(case.counts(), (most, most, most));
}

#[tokio::test]
async fn a_request_that_is_interrupted_leaves_no_job_without_an_import() {
    for fault in Fault::ALL {
        for nth in 1.. {
            let case = Case::new();
            let new = NewImport::new(URL);
            case.test.crash.inject(fault, nth);
            let first = case.import_with_key(&new, "one").await;
            let has_happened = case.test.crash.recover();
            match case.import_with_key(&new, "one").await {
                Ok(again) => {
                    let jobs = case.test.imports.jobs();
                    assert_eq!(jobs, [again.job.id], "{fault:?} {nth}");
                    let JobState::Uploading { parts: Some(parts) } = &again.job.state else {
                        panic!("{fault:?} {nth}")
                    };
                    let file = &again.job.input.file;
                    let uploads = &case.test.gas.part_uploads;
                    let arrived = uploads.arrived_parts(file, &parts.upload_id).await.unwrap();
                    assert!(arrived.is_some(), "{fault:?} {nth}: the upload is aborted");
                }
                // The import waits for a job that never comes, and is deleted after some minutes.
                Err(ImportError::Port(_)) => assert_eq!(case.test.jobs.len(), 0),
                Err(error) => panic!("{fault:?} {nth}: {error}"),
            }
            if !has_happened {
                assert!(nth > 3 && first.is_ok(), "no fault happened");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_cancelled_job_has_no_import_any_more() {
    let case = Case::new();
    let job = case.import(&NewImport::new(URL)).await.unwrap().job;
    cancel_job(&case.test.gas, case.ada.id, job.id).await.unwrap();
    assert_eq!((case.test.imports.jobs(), case.test.parts.open()), (vec![], 0));
}

#[tokio::test]
async fn users_who_close_their_account_or_are_blocked_have_no_imports() {
    let case = Case::new();
    case.import(&NewImport::new(URL)).await.unwrap();
    let now = case.test.gas.now();
    case.test.gas.administration.set_blocked(case.ada.id, Some(now)).await.unwrap();
    assert_eq!(case.test.imports.jobs(), []);

    let case = Case::new();
    case.import(&NewImport::new(URL)).await.unwrap();
    case.test.gas.account_data.request_deletion(case.ada.id, case.test.gas.now()).await.unwrap();
    assert_eq!(case.test.imports.jobs(), []);
}

#[tokio::test]
async fn a_page_remembers_the_options() {
    let case = Case::new();
    let options = JobOptions { hgvs: false, ..JobOptions::default() };
    let new = NewImport::new(URL).with(options.clone());
    import_file_of_page(&case.test.gas, &case.source, &case.ada, &new).await.unwrap();
    assert_eq!(default_options(&case.test.gas, &case.ada).await.unwrap(), options);
}

#[tokio::test]
async fn requests_to_servers_are_limited() {
    let mut case = Case::new();
    case.test.gas.limit_factor = 1;
    let missing = NewImport::new("https://lab.example.org/none.vcf");
    for _ in 0..30 {
        let error = case.import(&missing).await.unwrap_err();
        assert!(matches!(error, ImportError::Source(_)), "{error}");
    }
    let error = case.import(&missing).await.unwrap_err();
    assert!(matches!(error, ImportError::Limit(LimitError::TooMany(_))), "{error}");
}

#[tokio::test]
async fn a_repeated_request_sends_none_and_does_not_count() {
    let mut case = Case::new();
    case.test.gas.limit_factor = 1;
    let new = NewImport::new(URL);
    for repeat in 0..40 {
        let made = case.import_with_key(&new, "one").await.unwrap();
        assert_eq!(made.is_new, repeat == 0);
    }
}
