//! Tests of failures and retries.

use super::*;
use async_trait::async_trait;
use bytes::Bytes;
use gas_backend::ports::{Download, ObjectInfo, ObjectStore, PortError, Topic, UploadRule};
use gas_shared::job::ObjectLocation;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

#[tokio::test]
async fn bad_input_fails_the_job_with_the_engines_reason() {
    let case = case(r#"echo '{"error":"line 3: no REF","code":"ref"}' >&2; exit 2"#).await;
    case.receive(1).await;
    let JobState::Failed(failure) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::Input, "line 3: no REF"));
    assert_eq!(failure.code.as_deref(), Some("ref"));
    assert_eq!(case.test.job_results.len(), 1);
    assert!(case.is_deleted());
}

#[tokio::test]
async fn a_file_that_was_replaced_after_its_confirmation_is_not_annotated() {
    let case = case(GOOD).await;
    case.test.objects.put(&case.job.input.file, b"##fileformat=VCFv4.2\n#another file");
    case.receive(1).await;
    let JobState::Failed(failure) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!(failure.kind, FailureKind::Input);
    assert!(failure.reason.contains("was replaced after it was submitted"), "{}", failure.reason);
}

#[tokio::test]
async fn a_crashing_engine_is_retried_until_the_last_attempt() {
    let case = case(&counting_runs("exit 1")).await;
    for count in 1..MAX_ATTEMPTS {
        // However often the message was received before.
        case.receive(9).await;
        assert_eq!(case.failures(), count);
    }
    assert!(!case.is_deleted());
    case.receive(9).await;
    assert_eq!(case.runs(), MAX_ATTEMPTS as usize);
    let JobState::Failed(failure) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!((failure.kind, failure.reason.as_str()), (FailureKind::Service, SERVICE_FAILURE));
    assert!(case.is_deleted());
}

#[tokio::test]
async fn an_engine_that_writes_no_count_log_has_failed() {
    let case = case(r#"echo x > "$2"; echo '{"event":"done","records":1}'"#).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Running);
    assert!(!case.is_deleted());
}

/// A topic whose first publication fails.
struct FailsOnce {
    failed: AtomicBool,
    inner: Arc<dyn Topic>,
}

#[async_trait]
impl Topic for FailsOnce {
    async fn publish(&self, body: &str) -> PortResult<()> {
        if self.failed.swap(true, Ordering::SeqCst) {
            return self.inner.publish(body).await;
        }
        Err(PortError::new("publish", "injected"))
    }
}

#[tokio::test]
async fn a_result_that_could_not_be_announced_is_announced_in_place() {
    let mut case = case(GOOD).await;
    let inner = case.test.gas.job_results.clone();
    case.worker.gas.job_results = Arc::new(FailsOnce { failed: AtomicBool::new(false), inner });
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert_eq!(case.test.job_results.len(), 1);
    assert!(case.is_deleted());
}

/// An object store in which the nth transfer fails.
pub(super) struct FailingStore {
    pub(super) inner: Arc<dyn ObjectStore>,
    pub(super) calls_left: AtomicU32,
    pub(super) cause: fn() -> Box<dyn Error + Send + Sync>,
}

impl FailingStore {
    /// A store whose `nth` transfer fails, as in an outage.
    pub(super) fn nth(nth: u32, inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, calls_left: nth.into(), cause: || "injected".into() }
    }

    fn step(&self, what: &str) -> PortResult<()> {
        if self.calls_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            return Err(PortError::new(what, (self.cause)()));
        }
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for FailingStore {
    async fn fetch(&self, file: &ObjectLocation, to: &Path) -> PortResult<ObjectInfo> {
        self.step("fetch")?;
        self.inner.fetch(file, to).await
    }

    async fn store(
        &self,
        from: &Path,
        file: &ObjectLocation,
        content_type: &str,
    ) -> PortResult<u64> {
        self.step("store")?;
        self.inner.store(from, file, content_type).await
    }

    async fn copy(&self, from: &ObjectLocation, to: &ObjectLocation) -> PortResult<bool> {
        self.inner.copy(from, to).await
    }

    async fn write(&self, file: &ObjectLocation, content: Bytes, kind: &str) -> PortResult<()> {
        self.inner.write(file, content, kind).await
    }

    async fn head(&self, file: &ObjectLocation) -> PortResult<Option<ObjectInfo>> {
        self.inner.head(file).await
    }

    async fn read_head(&self, file: &ObjectLocation, limit: u64) -> PortResult<Option<Vec<u8>>> {
        self.inner.read_head(file, limit).await
    }

    async fn read_range(
        &self,
        file: &ObjectLocation,
        offset: u64,
        length: u64,
    ) -> PortResult<Bytes> {
        self.inner.read_range(file, offset, length).await
    }

    async fn delete(&self, file: &ObjectLocation) -> PortResult<()> {
        self.inner.delete(file).await
    }

    async fn erase(&self, bucket: &str, prefix: &str) -> PortResult<()> {
        self.inner.erase(bucket, prefix).await
    }

    async fn list(&self, bucket: &str, prefix: &str) -> PortResult<Vec<ObjectLocation>> {
        self.inner.list(bucket, prefix).await
    }

    async fn sign_download(&self, download: &Download<'_>) -> PortResult<String> {
        self.inner.sign_download(download).await
    }

    async fn sign_upload(
        &self,
        rule: &UploadRule<'_>,
    ) -> PortResult<(String, Vec<(String, String)>)> {
        self.inner.sign_upload(rule).await
    }
}

#[tokio::test]
async fn a_transfer_that_failed_is_repeated_without_another_run() {
    // The transfers: the input, the result, the count log.
    for nth in 1..=3 {
        let mut case = case(&counting_runs(GOOD)).await;
        let inner = case.test.gas.objects.clone();
        case.worker.gas.objects = Arc::new(FailingStore::nth(nth, inner));
        case.receive(1).await;
        assert_eq!(case.runs(), 1, "transfer {nth}");
        assert_eq!(case.status(), JobStatus::Completed, "transfer {nth}");
        assert_eq!(case.test.job_results.len(), 1, "transfer {nth}");
    }
}
