//! The contract of [`ObjectStore`] with [`PartUploads`], which the in-memory fakes and S3 both fulfill.

#![expect(clippy::unwrap_used, reason = "a contract panics when it is violated")]

use crate::ports::{Download, ObjectStore, PartRule, PartUploads, UploadRule};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use gas_shared::job::{ObjectLocation, Part};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::path::Path;
use uuid::Uuid;

/// The smallest part that S3 accepts, except as the last one
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MIN_PART_BYTES: usize = 5 * 1024 * 1024;

/// More objects than a response of S3 lists.
const MANY: usize = 1_001;

const TEXT: &str = "text/plain; charset=utf-8";

/// Checks an object store and its uploads in parts against the contract of their ports. All objects are
/// in `bucket`; local files are created in `folder`. `put_part` sends a part as a browser does.
///
/// # Panics
/// If the store violates the contract.
pub async fn object_store_contract(
    objects: &dyn ObjectStore,
    uploads: &dyn PartUploads,
    bucket: &str,
    folder: &Path,
    put_part: impl AsyncFn(&PartRule<'_>, &[u8]),
) {
    let store = Store { objects, prefix: format!("contract/{}", Uuid::new_v4()), bucket };
    absent_objects_are_reported(&store).await;
    a_written_object_is_read_back_until_it_is_deleted(&store).await;
    an_overwritten_object_has_new_content_and_another_etag(&store).await;
    an_empty_object_exists(&store).await;
    ranges_are_exact(&store).await;
    local_files_are_stored_and_fetched(&store, folder).await;
    a_copy_is_independent_of_its_source(&store).await;
    a_copy_has_all_bytes_of_its_source(&store).await;
    a_list_has_the_keys_with_the_prefix(&store).await;
    erasing_a_prefix_leaves_other_objects(&store).await;
    signed_requests_name_the_object_and_their_validity(&store).await;

    let parts = PartStore { store, uploads, put_part };
    completed_parts_become_the_object(&parts).await;
    a_part_may_arrive_in_any_order_and_again(&parts).await;
    wrong_parts_are_rejected_and_the_upload_continues(&parts).await;
    an_aborted_upload_leaves_nothing(&parts).await;
    a_part_is_copied_of_a_range_of_another_object(&parts).await;
    uploads_of_the_same_object_are_independent(&parts).await;
}

struct Store<'a> {
    objects: &'a dyn ObjectStore,
    prefix: String,
    bucket: &'a str,
}

impl Store<'_> {
    fn object(&self, name: &str) -> ObjectLocation {
        let key = format!("{}/{name}", self.prefix);
        ObjectLocation { bucket: self.bucket.to_owned(), key }
    }

    async fn write(&self, name: &str, content: &'static str) -> ObjectLocation {
        let object = self.object(name);
        self.objects.write(&object, Bytes::from_static(content.as_bytes()), TEXT).await.unwrap();
        object
    }

    async fn content(&self, object: &ObjectLocation) -> Option<Vec<u8>> {
        self.objects.read_head(object, 64 * 1024 * 1024).await.unwrap()
    }
}

async fn absent_objects_are_reported(store: &Store<'_>) {
    let (objects, absent) = (store.objects, store.object("absent"));
    assert_eq!(objects.head(&absent).await.unwrap(), None);
    assert_eq!(objects.read_head(&absent, 10).await.unwrap(), None);
    assert!(objects.read_range(&absent, 0, 1).await.is_err());
    assert!(!objects.copy(&absent, &store.object("copy-of-absent")).await.unwrap());
    assert_eq!(objects.head(&store.object("copy-of-absent")).await.unwrap(), None);
    objects.delete(&absent).await.unwrap();
    assert_eq!(objects.list(store.bucket, &absent.key).await.unwrap(), []);
}

async fn a_written_object_is_read_back_until_it_is_deleted(store: &Store<'_>) {
    let object = store.write("written", "hello").await;
    let info = store.objects.head(&object).await.unwrap().unwrap();
    assert_eq!(info.size, 5);
    assert!(!info.etag.is_empty());
    assert_eq!(store.objects.read_head(&object, 4).await.unwrap().unwrap(), b"hell");
    assert_eq!(store.objects.read_head(&object, 5).await.unwrap().unwrap(), b"hello");
    assert_eq!(store.objects.read_head(&object, 6).await.unwrap().unwrap(), b"hello");
    for _ in 0..2 {
        store.objects.delete(&object).await.unwrap();
        assert_eq!(store.objects.head(&object).await.unwrap(), None);
    }
}

async fn an_overwritten_object_has_new_content_and_another_etag(store: &Store<'_>) {
    let object = store.write("overwritten", "first").await;
    let first = store.objects.head(&object).await.unwrap().unwrap();
    store.write("overwritten", "later").await;
    let second = store.objects.head(&object).await.unwrap().unwrap();
    assert_eq!(store.content(&object).await.unwrap(), b"later");
    assert_eq!(first.size, second.size);
    assert_ne!(first.etag, second.etag);
    store.write("overwritten", "later").await;
    assert_eq!(store.objects.head(&object).await.unwrap(), Some(second));
}

async fn an_empty_object_exists(store: &Store<'_>) {
    let object = store.write("empty", "").await;
    assert_eq!(store.objects.head(&object).await.unwrap().unwrap().size, 0);
    assert_eq!(store.objects.read_head(&object, 10).await.unwrap().unwrap(), b"");
    assert!(store.objects.read_range(&object, 0, 1).await.is_err());
}

async fn ranges_are_exact(store: &Store<'_>) {
    let object = store.write("ranges", "0123456789").await;
    for (offset, length, expected) in
        [(0, 1, "0"), (3, 4, "3456"), (9, 1, "9"), (0, 10, "0123456789")]
    {
        let range = store.objects.read_range(&object, offset, length).await.unwrap();
        assert_eq!(range, expected.as_bytes(), "{length} bytes at {offset}");
    }
    for (offset, length) in [(0, 11), (9, 2), (10, 1), (100, 1)] {
        let range = store.objects.read_range(&object, offset, length).await;
        assert!(range.is_err(), "{length} bytes at {offset}");
    }
}

async fn local_files_are_stored_and_fetched(store: &Store<'_>, folder: &Path) {
    let (objects, object) = (store.objects, store.object("file"));
    let (from, to) = (folder.join("from"), folder.join("to"));
    for content in ["", "a file", "another file"] {
        std::fs::write(&from, content).unwrap();
        assert_eq!(objects.store(&from, &object, TEXT).await.unwrap(), content.len() as u64);
        let fetched = objects.fetch(&object, &to).await.unwrap();
        assert_eq!(fetched.size, content.len() as u64);
        assert_eq!(Some(fetched), objects.head(&object).await.unwrap());
        assert_eq!(std::fs::read_to_string(&to).unwrap(), content);
    }
    assert!(objects.store(&folder.join("absent"), &object, TEXT).await.is_err());
    assert!(objects.fetch(&store.object("absent"), &to).await.is_err());
    assert_eq!(store.content(&object).await.unwrap(), b"another file");
}

async fn a_copy_is_independent_of_its_source(store: &Store<'_>) {
    let source = store.write("source", "original").await;
    let copy = store.write("copy", "replaced by the copy").await;
    assert!(store.objects.copy(&source, &copy).await.unwrap());
    store.write("source", "changed").await;
    assert_eq!(store.content(&copy).await.unwrap(), b"original");
    store.objects.delete(&source).await.unwrap();
    assert_eq!(store.content(&copy).await.unwrap(), b"original");
}

async fn a_copy_has_all_bytes_of_its_source(store: &Store<'_>) {
    let (source, copy) = (store.object("copies/source"), store.object("copies/copy"));
    let part = MIN_PART_BYTES;
    for size in [0, 1, part, part + 1, 2 * part, 2 * part + 7] {
        let bytes: Vec<u8> = (0u8..=250).cycle().take(size).collect();
        store.objects.write(&source, Bytes::from(bytes.clone()), TEXT).await.unwrap();
        assert!(store.objects.copy(&source, &copy).await.unwrap());
        let info = store.objects.head(&copy).await.unwrap().unwrap();
        assert_eq!(info.size, size as u64);
        assert!(store.content(&copy).await.unwrap() == bytes, "a copy of {size} bytes");
    }
}

async fn a_list_has_the_keys_with_the_prefix(store: &Store<'_>) {
    let mut expected = Vec::new();
    for name in ["list/job~a.vcf", "list/job~b.log", "list/job~c/d"] {
        expected.push(store.write(name, "x").await);
    }
    store.write("list/jab~a.vcf", "x").await;
    store.write("other/list/job~a.vcf", "x").await;
    let mut found = store.objects.list(store.bucket, &store.object("list/job~").key).await.unwrap();
    found.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(found, expected);

    // More than a page of S3.
    let writes = (0..MANY).map(|n| async move { store.write(&format!("many/{n}"), "x").await });
    stream::iter(writes).buffer_unordered(32).collect::<Vec<_>>().await;
    let many = store.objects.list(store.bucket, &store.object("many/").key).await.unwrap();
    let keys: HashSet<&str> = many.iter().map(|object| object.key.as_str()).collect();
    assert_eq!((many.len(), keys.len()), (MANY, MANY));
}

async fn erasing_a_prefix_leaves_other_objects(store: &Store<'_>) {
    let erased = ["erase/job~a.vcf", "erase/job~b.log", "erase/job~b.log"];
    for name in erased {
        store.write(name, "x").await;
    }
    let deleted = store.write("erase/job~deleted", "x").await;
    store.objects.delete(&deleted).await.unwrap();
    let kept = store.write("erase/jab~a.vcf", "x").await;
    for _ in 0..2 {
        store.objects.erase(store.bucket, &store.object("erase/job~").key).await.unwrap();
        let left = store.objects.list(store.bucket, &store.object("erase/").key).await.unwrap();
        assert_eq!(left, std::slice::from_ref(&kept));
    }
    store.write("erase/job~a.vcf", "y").await;
    assert_eq!(store.content(&store.object("erase/job~a.vcf")).await.unwrap(), b"y");
}

async fn signed_requests_name_the_object_and_their_validity(store: &Store<'_>) {
    let object = store.write("signed", "x").await;
    let valid_for = SignedDuration::from_mins(5);
    let download = Download { file: &object, save_as: "a.vcf", valid_for };
    let url = store.objects.sign_download(&download).await.unwrap();
    assert!(url.contains(&object.key) && url.contains("X-Amz-Expires=300"), "{url}");

    let signed_at = Timestamp::now();
    let expires_at = signed_at + valid_for;
    let content_type = "application/octet-stream";
    let rule = UploadRule { file: &object, content_type, max_bytes: 10, signed_at, expires_at };
    let (url, fields) = store.objects.sign_upload(&rule).await.unwrap();
    assert!(url.contains(store.bucket), "{url}");
    for field in [("key", object.key.as_str()), ("Content-Type", content_type)] {
        let field = (field.0.to_owned(), field.1.to_owned());
        assert!(fields.contains(&field), "{field:?} is not in {fields:?}");
    }
}

struct PartStore<'a, F> {
    store: Store<'a>,
    uploads: &'a dyn PartUploads,
    put_part: F,
}

impl<F: AsyncFn(&PartRule<'_>, &[u8])> PartStore<'_, F> {
    async fn begin(&self, object: &ObjectLocation) -> String {
        self.uploads.begin(object, TEXT).await.unwrap()
    }

    async fn put(&self, object: &ObjectLocation, upload_id: &str, number: u32, bytes: &[u8]) {
        let part = Part { number, offset: 0, length: bytes.len() as u64 };
        let valid_for = SignedDuration::from_mins(5);
        (self.put_part)(&PartRule { file: object, upload_id, part, valid_for }, bytes).await;
    }

    /// Numbers and sizes of the parts that have arrived; `None` if there is no such upload.
    async fn arrived(&self, object: &ObjectLocation, upload_id: &str) -> Option<Vec<(u32, u64)>> {
        let arrived = self.uploads.arrived_parts(object, upload_id).await.unwrap()?;
        Some(arrived.iter().map(|part| (part.number, part.size)).collect())
    }

    async fn exists(&self, object: &ObjectLocation) -> bool {
        self.store.objects.head(object).await.unwrap().is_some()
    }
}

async fn completed_parts_become_the_object(
    parts: &PartStore<'_, impl AsyncFn(&PartRule<'_>, &[u8])>,
) {
    let object = parts.store.object("parts/completed");
    let upload = parts.begin(&object).await;
    assert_eq!(parts.arrived(&object, &upload).await, Some(vec![]));
    let part = Part { number: 2, offset: 0, length: 4 };
    let valid_for = SignedDuration::from_mins(5);
    let rule = PartRule { file: &object, upload_id: &upload, part, valid_for };
    let url = parts.uploads.sign_part(&rule).await.unwrap();
    assert!(url.contains(&object.key) && url.contains("partNumber=2"), "{url}");

    let first = vec![b'1'; MIN_PART_BYTES];
    parts.put(&object, &upload, 1, &first).await;
    let last = parts.uploads.send(&object, &upload, 2, b"last".as_slice().into()).await.unwrap();
    let sizes = vec![(1, MIN_PART_BYTES as u64), (2, 4)];
    assert_eq!(parts.arrived(&object, &upload).await, Some(sizes));
    assert!(!parts.exists(&object).await, "the upload is not complete");

    let arrived = parts.uploads.arrived_parts(&object, &upload).await.unwrap().unwrap();
    assert_eq!(arrived.last(), Some(&last), "the process that sends a part knows its entity tag");
    parts.uploads.complete(&object, &upload, &arrived).await.unwrap();
    assert_eq!(parts.arrived(&object, &upload).await, None);
    let whole = [first.as_slice(), b"last"].concat();
    assert!(parts.store.content(&object).await.unwrap() == whole, "the parts in their order");
    parts.uploads.complete(&object, &upload, &arrived).await.unwrap();
    parts.uploads.abort(&object, &upload).await.unwrap();
    assert!(parts.exists(&object).await, "a completed upload cannot be aborted");
}

async fn a_part_may_arrive_in_any_order_and_again(
    parts: &PartStore<'_, impl AsyncFn(&PartRule<'_>, &[u8])>,
) {
    let object = parts.store.object("parts/again");
    let upload = parts.begin(&object).await;
    parts.put(&object, &upload, 2, b"last").await;
    parts.put(&object, &upload, 1, &vec![b'1'; MIN_PART_BYTES]).await;
    parts.put(&object, &upload, 2, b"the last").await;
    let sizes = vec![(1, MIN_PART_BYTES as u64), (2, 8)];
    assert_eq!(parts.arrived(&object, &upload).await, Some(sizes));
    let arrived = parts.uploads.arrived_parts(&object, &upload).await.unwrap().unwrap();
    parts.uploads.complete(&object, &upload, &arrived).await.unwrap();
    let end = parts.store.objects.read_range(&object, MIN_PART_BYTES as u64, 8).await.unwrap();
    assert_eq!(end, b"the last".as_slice());
}

async fn wrong_parts_are_rejected_and_the_upload_continues(
    parts: &PartStore<'_, impl AsyncFn(&PartRule<'_>, &[u8])>,
) {
    let object = parts.store.object("parts/wrong");
    let upload = parts.begin(&object).await;
    parts.put(&object, &upload, 1, b"first").await;
    let first = parts.uploads.arrived_parts(&object, &upload).await.unwrap().unwrap();
    parts.put(&object, &upload, 1, b"again").await;
    let outdated = parts.uploads.complete(&object, &upload, &first).await;
    assert!(outdated.is_err(), "the part has another entity tag now");

    let arrived = parts.uploads.arrived_parts(&object, &upload).await.unwrap().unwrap();
    let mut absent = arrived.clone();
    absent[0].number = 2;
    assert!(parts.uploads.complete(&object, &upload, &absent).await.is_err());
    assert!(!parts.exists(&object).await);
    assert_eq!(parts.arrived(&object, &upload).await, Some(vec![(1, 5)]));
    parts.uploads.complete(&object, &upload, &arrived).await.unwrap();
    assert_eq!(parts.store.content(&object).await.unwrap(), b"again");
}

async fn an_aborted_upload_leaves_nothing(
    parts: &PartStore<'_, impl AsyncFn(&PartRule<'_>, &[u8])>,
) {
    let object = parts.store.object("parts/aborted");
    let upload = parts.begin(&object).await;
    parts.put(&object, &upload, 1, b"only").await;
    let arrived = parts.uploads.arrived_parts(&object, &upload).await.unwrap().unwrap();
    for _ in 0..2 {
        parts.uploads.abort(&object, &upload).await.unwrap();
        assert_eq!(parts.arrived(&object, &upload).await, None);
    }
    parts.uploads.complete(&object, &upload, &arrived).await.unwrap();
    assert!(!parts.exists(&object).await);
}

async fn a_part_is_copied_of_a_range_of_another_object(
    parts: &PartStore<'_, impl AsyncFn(&PartRule<'_>, &[u8])>,
) {
    let source = parts.store.object("parts/source");
    let bytes: Vec<u8> = (0u8..=250).cycle().take(MIN_PART_BYTES + 7).collect();
    parts.store.objects.write(&source, Bytes::from(bytes.clone()), TEXT).await.unwrap();
    let object = parts.store.object("parts/copied");
    let upload = parts.begin(&object).await;
    let end = bytes.len() as u64;
    let copied = parts.uploads.copy(&source, None, 3..end, &object, &upload, 1).await.unwrap();
    assert_eq!((copied.number, copied.size), (1, end - 3));
    let etag = parts.store.objects.head(&source).await.unwrap().unwrap().etag;
    // The emulator does not compare the entity tag of a range, as S3 does.
    let same = parts.uploads.copy(&source, Some(&etag), 3..end, &object, &upload, 1).await;
    assert_eq!(same.unwrap(), copied);
    let sent = parts.uploads.send(&object, &upload, 2, Bytes::from_static(b"end")).await.unwrap();
    assert!(parts.uploads.copy(&source, None, 3..end + 1, &object, &upload, 3).await.is_err());
    let absent = parts.store.object("parts/absent");
    assert!(parts.uploads.copy(&absent, None, 0..1, &object, &upload, 3).await.is_err());
    parts.uploads.complete(&object, &upload, &[copied, sent]).await.unwrap();
    assert_eq!(parts.store.content(&object).await.unwrap(), [&bytes[3..], b"end"].concat());
}

async fn uploads_of_the_same_object_are_independent(
    parts: &PartStore<'_, impl AsyncFn(&PartRule<'_>, &[u8])>,
) {
    let object = parts.store.object("parts/two");
    let (one, other) = (parts.begin(&object).await, parts.begin(&object).await);
    assert_ne!(one, other);
    parts.put(&object, &one, 1, b"one").await;
    parts.put(&object, &other, 1, b"other").await;
    parts.uploads.abort(&object, &one).await.unwrap();
    let arrived = parts.uploads.arrived_parts(&object, &other).await.unwrap().unwrap();
    parts.uploads.complete(&object, &other, &arrived).await.unwrap();
    assert_eq!(parts.store.content(&object).await.unwrap(), b"other");
}
