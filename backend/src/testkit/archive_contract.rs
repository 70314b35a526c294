//! The contract of [`Archive`], which the in-memory fake, a Glacier vault and the S3 storage class
//! GLACIER all fulfill.

use crate::ports::{Archive, CopiedObject, ObjectStore, RetrievalStarted, UploadOutcome};
use bytes::Bytes;
use gas_shared::JobId;
use gas_shared::job::{ObjectLocation, Tier};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Emulated retrievals take seconds.
const RETRIEVAL_TIMEOUT: Duration = Duration::from_secs(30);

const CONTENT: &[u8] = b"##fileformat=VCFv4.2\n";

/// Checks an archive against the contract of its port. The objects are in `bucket` of `objects`.
///
/// # Panics
/// If the archive violates the contract.
pub async fn archive_contract(archive: &dyn Archive, objects: &dyn ObjectStore, bucket: &str) {
    let case = Case { archive, objects, bucket };
    case.preparing_again_succeeds().await;
    case.an_upload_with_one_ticket_stores_one_copy().await;
    case.uploads_with_two_tickets_are_two_copies().await;
    case.an_aborted_upload_leaves_no_copy().await;
    case.aborting_a_complete_upload_keeps_or_deletes_its_copy().await;
    case.a_copy_is_readable_after_its_retrieval().await;
    case.a_retrieval_may_be_requested_again().await;
    case.a_deleted_copy_cannot_be_restored().await;
}

/// Checks that an archive without capacity for expedited retrievals offers the slower tier.
/// `set_capacity` says whether there is capacity.
///
/// # Panics
/// If the archive violates the contract.
pub async fn archive_capacity_contract(
    archive: &dyn Archive,
    objects: &dyn ObjectStore,
    bucket: &str,
    set_capacity: impl AsyncFn(bool),
) {
    let case = Case { archive, objects, bucket };
    let (id, copy) = case.archived("capacity").await;
    set_capacity(false).await;
    let rejected = case.start_retrieval(&id, Tier::Expedited).await;
    let retrieval = case.started(&id, Tier::Standard).await;
    set_capacity(true).await;
    assert_eq!(rejected, RetrievalStarted::TierUnavailable);
    assert_eq!(case.restored(&id, &retrieval, "capacity").await, copy);
    case.started(&id, Tier::Expedited).await;
}

struct Case<'a> {
    archive: &'a dyn Archive,
    objects: &'a dyn ObjectStore,
    bucket: &'a str,
}

#[expect(clippy::unwrap_used, clippy::panic, reason = "for tests only")]
impl Case<'_> {
    fn object(&self, name: &str) -> ObjectLocation {
        // Keys of the S3 archive name the job: see `ObjectKeys`.
        let key = format!("contract/{}/{}~{name}", Uuid::new_v4(), Uuid::new_v4());
        ObjectLocation { bucket: self.bucket.to_owned(), key }
    }

    /// A new object, and a ticket for its upload.
    async fn begun(&self, name: &str) -> (ObjectLocation, String) {
        let object = self.object(name);
        self.objects.write(&object, Bytes::from_static(CONTENT), "text/plain").await.unwrap();
        let job = JobId::new(Uuid::new_v4());
        let ticket = self.archive.begin_upload(job, &object).await.unwrap();
        (object, ticket)
    }

    async fn stored(&self, ticket: &str, object: &ObjectLocation) -> (String, CopiedObject) {
        match self.archive.upload(ticket, object).await.unwrap() {
            UploadOutcome::Stored { archive_id, copy } => (archive_id, copy),
            UploadOutcome::TicketGone => panic!("ticket {ticket} is gone"),
        }
    }

    /// The ID of a new copy, and its size and hash.
    async fn archived(&self, name: &str) -> (String, CopiedObject) {
        let (object, ticket) = self.begun(name).await;
        self.stored(&ticket, &object).await
    }

    async fn start_retrieval(&self, archive_id: &str, tier: Tier) -> RetrievalStarted {
        let job = JobId::new(Uuid::new_v4());
        self.archive.start_retrieval(job, archive_id, tier).await.unwrap()
    }

    async fn started(&self, archive_id: &str, tier: Tier) -> String {
        match self.start_retrieval(archive_id, tier).await {
            RetrievalStarted::Started { retrieval_id } => retrieval_id,
            RetrievalStarted::TierUnavailable => panic!("no capacity for {tier:?}"),
        }
    }

    /// Restores a copy as soon as it is readable, and checks the content.
    async fn restored(&self, archive_id: &str, retrieval_id: &str, name: &str) -> CopiedObject {
        let to = self.object(name);
        let begun = Instant::now();
        loop {
            match self.archive.restore(archive_id, retrieval_id, &to).await {
                Ok(copy) => {
                    let content = self.objects.read_head(&to, 1_000).await.unwrap();
                    assert_eq!(content.unwrap(), CONTENT);
                    return copy;
                }
                Err(error) if begun.elapsed() > RETRIEVAL_TIMEOUT => panic!("{error:?}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Whether there is no copy to retrieve.
    async fn is_gone(&self, archive_id: &str) -> bool {
        let job = JobId::new(Uuid::new_v4());
        self.archive.start_retrieval(job, archive_id, Tier::Expedited).await.is_err()
    }

    async fn preparing_again_succeeds(&self) {
        self.archive.prepare().await.unwrap();
        self.archive.prepare().await.unwrap();
    }

    async fn an_upload_with_one_ticket_stores_one_copy(&self) {
        let (object, ticket) = self.begun("idempotent").await;
        let (id, copy) = self.stored(&ticket, &object).await;
        // The tree hash of up to 1 MiB is the SHA-256.
        let tree_hash = hex::encode(Sha256::digest(CONTENT));
        assert_eq!(copy, CopiedObject { size: CONTENT.len() as u64, tree_hash });
        assert_eq!(self.stored(&ticket, &object).await, (id, copy));
    }

    async fn uploads_with_two_tickets_are_two_copies(&self) {
        let (one, _) = self.archived("two").await;
        let (object, ticket) = self.begun("two").await;
        let job = JobId::new(Uuid::new_v4());
        let again = self.archive.begin_upload(job, &object).await.unwrap();
        assert_ne!(ticket, again);
        let (other, _) = self.stored(&ticket, &object).await;
        let (third, _) = self.stored(&again, &object).await;
        assert!(one != other && other != third && third != one);
        self.archive.delete(&other).await.unwrap();
        let retrieval = self.started(&third, Tier::Expedited).await;
        self.restored(&third, &retrieval, "two").await;
    }

    async fn an_aborted_upload_leaves_no_copy(&self) {
        let (_, ticket) = self.begun("aborted").await;
        assert!(self.archive.abort_upload(&ticket).await.unwrap());
        self.archive.abort_upload(&ticket).await.unwrap();
    }

    /// A vault keeps the copy, the S3 archive deletes it.
    async fn aborting_a_complete_upload_keeps_or_deletes_its_copy(&self) {
        let (object, ticket) = self.begun("complete").await;
        let (id, _) = self.stored(&ticket, &object).await;
        if self.archive.abort_upload(&ticket).await.unwrap() {
            assert!(self.is_gone(&id).await);
        } else {
            let retrieval = self.started(&id, Tier::Expedited).await;
            self.restored(&id, &retrieval, "complete").await;
        }
    }

    async fn a_copy_is_readable_after_its_retrieval(&self) {
        let (id, copy) = self.archived("retrieved").await;
        let early = self.archive.restore(&id, "unknown", &self.object("early")).await;
        assert!(early.is_err(), "no retrieval was started");
        let retrieval = self.started(&id, Tier::Expedited).await;
        for _ in 0..2 {
            assert_eq!(self.restored(&id, &retrieval, "retrieved").await, copy);
        }
    }

    async fn a_retrieval_may_be_requested_again(&self) {
        let (id, copy) = self.archived("again").await;
        self.started(&id, Tier::Expedited).await;
        let retrieval = self.started(&id, Tier::Expedited).await;
        assert_eq!(self.restored(&id, &retrieval, "again").await, copy);
        let late = self.started(&id, Tier::Standard).await;
        assert_eq!(self.restored(&id, &late, "again").await, copy);
    }

    async fn a_deleted_copy_cannot_be_restored(&self) {
        let (id, _) = self.archived("deleted").await;
        for _ in 0..2 {
            self.archive.delete(&id).await.unwrap();
        }
        assert!(self.is_gone(&id).await);
    }
}
