//! Tests of private references on fakes: their life, their owner, limits, faults and the end of Premium.

use super::*;
use crate::mail::MailMessage;
use crate::messages::ReferenceBuild;
use crate::references::UnusableReference;
use crate::testkit::{Fault, TestBilling, TestGas, TestMail, reference_file, reference_manifest};
use crate::usecases::{
    Notified, OptionsError, RequestUploadError, catalog, claim_job, confirm_upload,
    default_options, delete_account, erase_accounts, notify, references, request_upload, rerun_job,
};
use gas_shared::account::DELETE_CONFIRMATION;
use gas_shared::private_reference::{
    NewPrivateReference, NewSource, PrivateStateView, SourceParts,
};
use gas_shared::reference::{ENGINE_FORMAT, ReferenceManifest};
use gas_shared::upload::{NewUpload, PART_BYTES};
use gas_shared::{Job, JobOptions};
use tempfile::TempDir;

const ID: &str = "private/GRCh38/mine";

struct Case {
    test: TestGas,
    ada: Account,
    folder: TempDir,
}

fn case() -> Case {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Premium);
    Case { test, ada, folder: tempfile::tempdir().unwrap() }
}

fn new(name: &str) -> NewPrivateReference {
    let source = |file_name: &str| NewSource { file_name: file_name.to_owned(), size_bytes: 4 };
    NewPrivateReference {
        name: name.to_owned(),
        assembly: "GRCh38".to_owned(),
        fasta: source("genome.fa"),
        gene_models: source("genes.gff3"),
    }
}

fn id() -> ReferenceId {
    ID.parse().unwrap()
}

fn using(reference: &str) -> JobOptions {
    JobOptions { reference: Some(reference.parse().unwrap()), ..JobOptions::default() }
}

impl Case {
    fn private(&self) -> &PrivateReferences {
        self.test.gas.private_references.as_ref().unwrap()
    }

    async fn row(&self, owner: &Account) -> Option<PrivateReference> {
        self.private().store.find(owner.id, &id()).await.unwrap()
    }

    async fn state(&self) -> &'static str {
        self.row(&self.ada).await.map_or("absent", |row| row.state.as_str())
    }

    /// Sends the parts of both files.
    async fn send(&self, owner: &Account, parts: &SourceParts) {
        let row = self.private().store.find(owner.id, &parts.id).await.unwrap().unwrap();
        for part in &parts.parts {
            let upload = &row.source(part.file).upload_id;
            let number = u32::try_from(part.offset / PART_BYTES).unwrap() + 1;
            let bytes = vec![b'A'; usize::try_from(part.length).unwrap()];
            assert!(self.test.parts.put(upload, number, &bytes));
        }
    }

    /// Adds a reference and sends its files.
    async fn uploaded(&self, owner: &Account) -> ReferenceBuild {
        let parts = add_private_reference(&self.test.gas, owner, &new("mine")).await.unwrap();
        self.send(owner, &parts).await;
        confirm_private_reference(&self.test.gas, owner.id, &parts.id).await.unwrap();
        serde_json::from_str(self.test.reference_builds.bodies().last().unwrap()).unwrap()
    }

    /// Does what a worker does with a message.
    async fn build(&self, message: &ReferenceBuild) -> Result<(), crate::usecases::ReferenceError> {
        let (gas, private) = (self.test.gas.annotate(), self.private());
        let Some(row) = private_reference_to_build(private, message).await? else {
            return Ok(conclude_private_build(&gas, private, message).await?);
        };
        let folder = self.folder.path();
        let content = format!("models of {}", message.user_id);
        let file = reference_file(&folder.join("models.bin"), content.as_bytes());
        let manifest = reference_manifest(row.id.as_str(), vec![file]);
        built_private_reference(&gas, private, &row, folder, manifest, vec!["note".into()]).await
    }

    /// Sends the mails of all notices, and returns their subjects.
    async fn mails(&self) -> Vec<String> {
        let mail = TestMail::new(&self.test);
        for body in self.test.notices.bodies() {
            let sent = notify(&mail.notifier, &MailMessage::parse(&body).unwrap()).await.unwrap();
            assert_ne!(sent, Notified::NotNeeded);
        }
        mail.mailer.sent().into_iter().map(|mail| mail.subject).collect()
    }

    /// A reference that jobs can use.
    async fn ready(&self, owner: &Account) {
        let message = self.uploaded(owner).await;
        self.build(&message).await.unwrap();
    }

    /// A job that waits for a worker.
    async fn pending(&self, owner: &Account) -> Job {
        let new = NewUpload::new("a.vcf", 20).with(using(ID));
        let ticket = request_upload(&self.test.gas, owner, &new).await.unwrap();
        self.test.objects.put(&self.test.job(ticket.job_id).input.file, b"##fileformat=VCFv4.2");
        confirm_upload(&self.test.gas, owner.id, ticket.job_id).await.unwrap()
    }
}

#[tokio::test]
async fn a_reference_is_uploaded_built_and_used_by_its_owner_only() {
    let case = case();
    let (gas, ada) = (&case.test.gas, &case.ada);
    let eve = case.test.user("eve", Plan::Premium);
    let parts = add_private_reference(gas, ada, &new("mine")).await.unwrap();
    assert_eq!((parts.id.as_str(), parts.missing_bytes, parts.parts.len()), (ID, 8, 2));
    let early = confirm_private_reference(gas, ada.id, &id()).await;
    assert!(matches!(early, Err(PrivateReferenceError::NotUploaded(_))), "{early:?}");
    case.send(ada, &parts).await;
    assert_eq!(next_source_parts(gas, ada.id, &id()).await.unwrap().missing_bytes, 0);
    for _ in 0..2 {
        let view = confirm_private_reference(gas, ada.id, &id()).await.unwrap();
        assert_eq!(view.state, PrivateStateView::Building);
    }
    assert!(references(gas, ada).await.unwrap().choices.is_empty(), "it is not built yet");
    let sources = || case.test.objects.with_key("/reference~").len();
    assert_eq!(sources(), 2);

    let messages = case.test.reference_builds.bodies();
    let message: ReferenceBuild = serde_json::from_str(&messages[0]).unwrap();
    case.build(&message).await.unwrap();
    case.build(&message).await.unwrap();
    assert_eq!(sources(), 0, "the uploaded files are deleted");
    let view = find_private_reference(gas, ada.id, &id()).await.unwrap();
    let PrivateStateView::Ready { sha256, notes, .. } = &view.state else { panic!("{view:?}") };
    assert_eq!(notes, &["note"]);
    let prefix = format!("gas/private/{}/references/", ada.id);
    let stored = case.test.objects.with_key(&prefix);
    assert_eq!(stored.len(), 3, "object, manifest and entry");
    assert!(stored.iter().all(|file| file.bucket == "gas-references"));

    let choices = references(gas, ada).await.unwrap();
    assert_eq!((&choices.choices[0].id, &choices.choices[0].sha256), (&id(), sha256));
    let job = case.pending(ada).await;
    assert_eq!(job.options.known(), Some(&using(ID)));
    assert_eq!(default_options(gas, ada).await.unwrap(), using(ID));

    // Nothing of it is there for another user, neither to see nor to use nor to change.
    assert!(references(gas, &eve).await.unwrap().choices.is_empty());
    assert!(list_private_references(gas, &eve).await.unwrap().references.is_empty());
    let job_of_eve = request_upload(gas, &eve, &NewUpload::new("a.vcf", 20).with(using(ID))).await;
    assert!(
        matches!(
            job_of_eve,
            Err(RequestUploadError::Options(OptionsError::UnknownReference { .. }))
        ),
        "{job_of_eve:?}"
    );
    let done = case.test.completed_job(&eve).await;
    let rerun = rerun_job(gas, &eve, done.id, Some(using(ID)), None).await.unwrap_err();
    assert!(rerun.to_string().contains("there is no reference"), "{rerun}");
    for error in [
        find_private_reference(gas, eve.id, &id()).await.map(drop),
        next_source_parts(gas, eve.id, &id()).await.map(drop),
        confirm_private_reference(gas, eve.id, &id()).await.map(drop),
        delete_private_reference(gas, eve.id, &id()).await,
    ] {
        assert!(matches!(error, Err(PrivateReferenceError::NotFound(_))), "{error:?}");
    }
    assert_eq!(case.state().await, "ready");
}

#[tokio::test]
async fn a_reference_of_another_format_is_not_for_jobs_and_its_owner_sees_why() {
    let case = case();
    let (gas, ada) = (&case.test.gas, &case.ada);
    case.ready(ada).await;
    // The row of a version that did not store the format, and the manifest of an earlier one.
    let set_format = async |of_row: Option<u32>, of_manifest: u32| {
        let catalog = case.private().catalogs.of(ada.id);
        let (_, stored) = catalog::find(&*catalog, &id()).await.unwrap();
        let manifest = ReferenceManifest { engine_format: of_manifest, ..stored.manifest };
        let folder = case.folder.path();
        let entry = catalog::add(&*catalog, folder, manifest, true).await.unwrap();
        let mut row = case.row(ada).await.unwrap();
        row.version += 1;
        let PrivateReferenceState::Ready(built) = &mut row.state else { panic!("{row:?}") };
        built.engine_format = of_row;
        built.choice.sha256 = entry.manifest;
        assert_eq!(case.private().store.replace(&row).await.unwrap(), WriteOutcome::Written);
    };
    for (of_row, of_manifest, is_readable) in [
        (None, ENGINE_FORMAT, true),
        (None, ENGINE_FORMAT - 1, false),
        (Some(ENGINE_FORMAT - 1), ENGINE_FORMAT - 1, false),
        (Some(ENGINE_FORMAT), ENGINE_FORMAT, true),
    ] {
        set_format(of_row, of_manifest).await;
        let list = list_private_references(gas, ada).await.unwrap();
        let state = &list.references[0].state;
        assert_eq!(matches!(state, PrivateStateView::Ready { .. }), is_readable, "{state:?}");
        if let PrivateStateView::Failed { reason } = state {
            assert!(reason.contains("earlier version of GAS; delete it"), "{reason}");
        }
        assert_eq!(&find_private_reference(gas, ada.id, &id()).await.unwrap().state, state);
        assert_eq!(references(gas, ada).await.unwrap().choices.len(), usize::from(is_readable));
        let new = NewUpload::new("a.vcf", 20).with(using(ID));
        let requested = request_upload(gas, ada, &new).await.map(drop);
        match requested {
            Ok(()) => assert!(is_readable),
            Err(error) => {
                assert!(!is_readable);
                assert!(error.to_string().contains("another version of GAS"), "{error}");
            }
        }
    }
    // It is deleted as any other.
    set_format(None, ENGINE_FORMAT - 1).await;
    delete_private_reference(gas, ada.id, &id()).await.unwrap();
}

#[tokio::test]
async fn the_same_id_stands_for_another_reference_of_another_user() {
    let case = case();
    let eve = case.test.user("eve", Plan::Premium);
    case.ready(&case.ada).await;
    case.ready(&eve).await;
    let digest = async |owner: &Account| {
        let catalog = case.private().catalogs.of(owner.id);
        catalog::find(&*catalog, &id()).await.unwrap().1.manifest.files[0].sha256.clone()
    };
    assert_ne!(digest(&case.ada).await, digest(&eve).await);
    delete_private_reference(&case.test.gas, eve.id, &id()).await.unwrap();
    case.test.clock.advance_secs(11);
    tend_private_references(&case.test.gas).await.unwrap();
    assert_eq!((case.state().await, case.row(&eve).await), ("ready", None));
    let catalog = case.private().catalogs.of(case.ada.id);
    assert!(catalog::verify(&*catalog, &id()).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_premium_users_have_private_references_within_limits() {
    let case = case();
    let (gas, ada) = (&case.test.gas, &case.ada);
    let free = case.test.user("eve", Plan::Free);
    let rejected = add_private_reference(gas, &free, &new("mine")).await.unwrap_err();
    assert!(matches!(rejected, PrivateReferenceError::NeedsPremium));
    let invalid = add_private_reference(gas, ada, &new("a b")).await.unwrap_err();
    assert!(matches!(invalid, PrivateReferenceError::Invalid(_)));
    let mut large = new("large");
    large.fasta.size_bytes = 999_997;
    let too_large = add_private_reference(gas, ada, &large).await.unwrap_err();
    insta::assert_snapshot!(too_large, @"your references use 0 bytes and the new files have 1000001; at most 1000000 are possible, so delete a reference first");
    for name in ["mine", "b", "c"] {
        add_private_reference(gas, ada, &new(name)).await.unwrap();
    }
    let again = add_private_reference(gas, ada, &new("mine")).await.unwrap_err();
    assert!(matches!(again, PrivateReferenceError::Exists(_)));
    let fourth = add_private_reference(gas, ada, &new("d")).await.unwrap_err();
    insta::assert_snapshot!(fourth, @"you have 3 references, the most that are possible; delete one first");
    let list = list_private_references(gas, ada).await.unwrap();
    assert_eq!((list.references.len(), list.bytes, list.max_count), (3, 24, 3));
    assert_eq!(case.test.parts.open(), 6, "rejected references have no uploads");
    delete_private_reference(gas, ada.id, &id()).await.unwrap();
    assert_eq!(case.test.parts.open(), 4);
    add_private_reference(gas, ada, &new("d")).await.unwrap();

    let mut none = gas.clone();
    none.private_references = None;
    let not_offered = add_private_reference(&none, ada, &new("e")).await.unwrap_err();
    assert!(matches!(not_offered, PrivateReferenceError::NotOffered));
    assert!(!list_private_references(&none, ada).await.unwrap().is_offered);
}

#[tokio::test]
async fn a_reference_that_cannot_be_built_says_why_and_can_be_added_again() {
    let case = case();
    let message = case.uploaded(&case.ada).await;
    let row = private_reference_to_build(case.private(), &message).await.unwrap().unwrap();
    let reason = UnusableReference::TooManyContigs("genome.fa".to_owned(), 1_000_000).to_string();
    let gas = case.test.gas.annotate();
    failed_private_reference(&gas, case.private(), &row, reason.clone()).await.unwrap();
    let view = find_private_reference(&case.test.gas, case.ada.id, &id()).await.unwrap();
    assert_eq!(view.state, PrivateStateView::Failed { reason });
    assert!(case.test.objects.with_key("/reference~").is_empty());
    assert!(private_reference_to_build(case.private(), &message).await.unwrap().is_none());

    assert_eq!(case.mails().await, [format!("Reference failed: {ID}")]);

    let next = case.uploaded(&case.ada).await;
    assert_ne!(next.build, message.build);
    assert_eq!(case.mails().await, [""; 0], "the failed reference does not exist anymore");
    case.build(&message).await.unwrap();
    assert_eq!(case.state().await, "building", "an old message has no effect");
    case.build(&next).await.unwrap();
    assert_eq!(case.state().await, "ready");
}

#[tokio::test]
async fn a_built_reference_that_exceeds_the_limit_is_not_kept() {
    let mut case = case();
    let message = case.uploaded(&case.ada).await;
    case.test.gas.private_references.as_mut().unwrap().limits.max_bytes = 10;
    case.build(&message).await.unwrap();
    assert_eq!(case.state().await, "failed");
    assert!(case.test.objects.with_key("gas/private/").is_empty());
}

#[tokio::test]
async fn a_deletion_waits_for_the_jobs_that_use_the_reference() {
    let case = case();
    let (gas, ada) = (&case.test.gas, &case.ada);
    case.ready(ada).await;
    let job = case.pending(ada).await;
    for _ in 0..2 {
        delete_private_reference(gas, ada.id, &id()).await.unwrap();
    }
    assert!(references(gas, ada).await.unwrap().choices.is_empty(), "no new job can use it");
    let tend = async || {
        case.test.clock.advance_secs(11);
        tend_private_references(gas).await.unwrap()
    };
    assert_eq!(tend().await, Tended::default());
    assert_eq!(case.state().await, "deleting");
    let catalog = case.private().catalogs.of(ada.id);
    assert!(catalog::find(&*catalog, &id()).await.is_ok(), "the job can still have it");
    claim_job(&gas.jobs, job.id, SignedDuration::from_secs(45)).await.unwrap();
    assert_eq!(tend().await, Tended::default());
    crate::usecases::cancel_job(gas, ada.id, job.id).await.unwrap();
    assert_eq!(tend().await, Tended { changed: 1, failed: 0 });
    assert_eq!(case.state().await, "absent");
    // The manifest stays, since results name it.
    let left = case.test.objects.with_key("gas/private/");
    assert!(left.len() == 1 && left[0].key.contains("/manifests/"), "{left:?}");
    let acts: Vec<_> = case.test.audit.entries().into_iter().map(|e| e.record.action).collect();
    assert_eq!(acts.iter().filter(|act| *act == "reference_deleted").count(), 1);
    assert!(acts.contains(&"reference_added".to_owned()));
}

#[tokio::test]
async fn a_reference_that_is_deleted_while_it_is_built_leaves_nothing() {
    let case = case();
    let message = case.uploaded(&case.ada).await;
    let row = private_reference_to_build(case.private(), &message).await.unwrap().unwrap();
    delete_private_reference(&case.test.gas, case.ada.id, &id()).await.unwrap();
    case.test.clock.advance_secs(11);
    tend_private_references(&case.test.gas).await.unwrap();
    assert_eq!(case.state().await, "absent");
    let file = reference_file(&case.folder.path().join("models.bin"), b"x");
    let manifest = reference_manifest(ID, vec![file]);
    let (gas, folder) = (case.test.gas.annotate(), case.folder.path());
    built_private_reference(&gas, case.private(), &row, folder, manifest, vec![]).await.unwrap();
    let left = case.test.objects.with_key("gas/private/");
    assert!(left.iter().all(|file| file.key.contains("/manifests/")), "{left:?}");
}

#[tokio::test]
async fn a_reference_whose_addition_is_interrupted_can_be_uploaded_or_added_again() {
    for fault in Fault::ALL {
        for nth in 1.. {
            let case = case();
            let (gas, ada) = (&case.test.gas, &case.ada);
            case.test.crash.inject(fault, nth);
            let first = add_private_reference(gas, ada, &new("mine")).await;
            let has_happened = case.test.crash.recover();
            let parts = match case.row(ada).await {
                Some(_) => next_source_parts(gas, ada.id, &id()).await,
                None => add_private_reference(gas, ada, &new("mine")).await,
            };
            let parts = parts.unwrap_or_else(|error| panic!("{fault:?} {nth}: {error}"));
            assert_eq!(parts.missing_bytes, 8, "{fault:?} {nth}");
            case.send(ada, &parts).await;
            confirm_private_reference(gas, ada.id, &id()).await.unwrap();
            if !has_happened {
                assert!(nth > 3 && first.is_ok(), "no fault happened");
                break;
            }
        }
    }
}

#[tokio::test]
async fn every_fault_of_a_build_is_made_up_for_when_the_message_comes_again() {
    for fault in Fault::ALL {
        for nth in 1..=20 {
            let case = case();
            let message = case.uploaded(&case.ada).await;
            case.test.crash.inject(fault, nth);
            let first = case.build(&message).await;
            let happened = case.test.crash.recover();
            assert!(happened || first.is_ok(), "{first:?}");
            case.build(&message).await.unwrap();
            assert_eq!(case.state().await, "ready", "{fault:?} {nth}");
            assert_eq!(case.mails().await, [format!("Reference ready: {ID}")], "{fault:?} {nth}");
            assert!(case.test.objects.with_key("/reference~").is_empty(), "{fault:?} {nth}");
            let catalog = case.private().catalogs.of(case.ada.id);
            let problems = catalog::verify(&*catalog, &id()).await.unwrap();
            assert!(problems.is_empty(), "{fault:?} {nth}: {problems:?}");
        }
    }
}

#[tokio::test]
async fn lost_messages_and_abandoned_uploads_are_found_by_their_deadlines() {
    let case = case();
    let gas = &case.test.gas;
    case.uploaded(&case.ada).await;
    let mut abandoned = new("abandoned");
    abandoned.gene_models.file_name = "b.gtf".to_owned();
    let abandoned = add_private_reference(gas, &case.ada, &abandoned).await.unwrap().id;
    assert_eq!(tend_private_references(gas).await.unwrap(), Tended::default());
    case.test.clock.advance_secs(6 * 3_600 + 1);
    assert_eq!(tend_private_references(gas).await.unwrap(), Tended { changed: 1, failed: 0 });
    assert_eq!(case.test.reference_builds.bodies().len(), 2, "the build is requested again");
    assert_eq!(tend_private_references(gas).await.unwrap(), Tended::default());
    case.test.clock.advance_secs(18 * 3_600);
    tend_private_references(gas).await.unwrap();
    let view = find_private_reference(gas, case.ada.id, &abandoned).await.unwrap();
    assert!(matches!(view.state, PrivateStateView::Failed { .. }), "{view:?}");
    assert_eq!(case.test.parts.open(), 0);
}

#[tokio::test]
async fn after_the_end_of_premium_references_are_kept_for_a_while_and_cannot_be_used() {
    let case = case();
    let (gas, test) = (&case.test.gas, &case.test);
    case.ready(&case.ada).await;
    let ada = test.set_plan(&case.ada, Plan::Free);
    assert!(references(gas, &ada).await.unwrap().choices.is_empty());
    let new = NewUpload::new("a.vcf", 20).with(using(ID));
    let rejected = request_upload(gas, &ada, &new).await.unwrap_err();
    insta::assert_snapshot!(rejected, @"the private reference private/GRCh38/mine can be used on the Premium plan only");
    let list = list_private_references(gas, &ada).await.unwrap();
    let until = list.deleted_at.unwrap();
    assert!(!list.is_usable);
    assert_eq!(until.duration_since(gas.now()), SignedDuration::from_hours(30 * 24));

    test.clock.advance_secs(29 * 86_400);
    tend_private_references(gas).await.unwrap();
    assert_eq!(case.state().await, "ready");
    let back = test.set_plan(&ada, Plan::Premium);
    assert_eq!(references(gas, &back).await.unwrap().choices.len(), 1);
    assert_eq!(list_private_references(gas, &back).await.unwrap().deleted_at, None);

    test.set_plan(&back, Plan::Free);
    test.clock.advance_secs(31 * 86_400);
    tend_private_references(gas).await.unwrap();
    test.clock.advance_secs(11);
    tend_private_references(gas).await.unwrap();
    assert_eq!(case.state().await, "absent");
}

#[tokio::test]
async fn closing_the_account_erases_its_references_with_all_versions() {
    let case = case();
    let test = &case.test;
    let billing = TestBilling::new(test);
    let eve = test.user("eve", Plan::Premium);
    case.ready(&case.ada).await;
    case.ready(&eve).await;
    add_private_reference(&test.gas, &case.ada, &new("b")).await.unwrap();
    delete_account(&billing.billing, case.ada.id, DELETE_CONFIRMATION).await.unwrap();
    test.clock.advance_secs(60);
    let mut accounts = 0;
    for _ in 0..3 {
        accounts += erase_accounts(&test.gas).await.unwrap().accounts;
    }
    assert_eq!(accounts, 1);
    assert_eq!(test.private_references.len(), 1);
    assert_eq!(test.objects.versions(&case.ada.id.to_string()), 0);
    assert!(test.objects.versions(&eve.id.to_string()) > 0, "those of others stay");
    assert_eq!(test.parts.open(), 0);
}
