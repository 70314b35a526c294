//! Tests of builds of private references, with scripts instead of the engine.

use super::*;
use crate::dead_letters::DeadLetters;
use crate::engine::{Confinement, Limits, Sandbox};
use crate::testing::{FakeDisk, FakeQueue, TIMING};
use gas_backend::mail::{MailMessage, Notice};
use gas_backend::testkit::TestGas;
use gas_backend::usecases::{
    add_private_reference, catalog, confirm_private_reference, delete_private_reference,
    find_private_reference,
};
use gas_runtime::LogCapture;
use gas_shared::private_reference::{NewPrivateReference, NewSource, PrivateStateView, SourceRole};
use gas_shared::reference::ReferenceId;
use gas_shared::{Account, Plan, TraceId};
use tempfile::TempDir;

const FASTA: &[u8] = b">chr1\nACGT\n";

/// Writes a reference as the engine does: $2, $4 and $8 are FASTA, gene models and the folder.
const BUILDS: &str = r#"mkdir "$8" && tr -d '\n' < "$2" > "$8/sequence.bin" && test -s "$4"
    sum=$(sha256sum "$8/sequence.bin" | cut -d ' ' -f 1); size=$(stat -c %s "$8/sequence.bin")
    none=0000000000000000000000000000000000000000000000000000000000000000
    cat > "$8/manifest.json" <<END
    {"format":3,"assembly":"GRCh38","contigs":[{"name":"chr1","length":4}],"genes":1,"transcripts":2,"left_out":{"a reason":3},
     "sources":[{"role":"fasta","file":"fasta","sha256":"$none"}],
     "files":[{"file":"sequence.bin","bytes":$size,"sha256":"$sum"}]}
END"#;

const REJECTS: &str = r#"echo '{"error":"gene_models, line 3: strand \"x\" is unknown","code":"unusable_file"}' >&2; exit 2"#;

struct Case {
    test: TestGas,
    ada: Account,
    builder: ReferenceBuilder,
    queue: Arc<FakeQueue>,
    disk: Arc<FakeDisk>,
    folder: TempDir,
}

fn id() -> ReferenceId {
    "private/GRCh38/mine".parse().unwrap()
}

/// A service in which a reference is to be built by a script, and the message.
async fn case(script: &str) -> (Case, Message) {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Premium);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("builder.sh");
    std::fs::write(&file, script).unwrap();
    let limits = Limits {
        wall: Duration::from_secs(20),
        cpu_secs: 10,
        memory_bytes: 1024 * MIB,
        tasks: 100,
    };
    let sandbox = Sandbox { confinement: Confinement::Limits, cgroup: None, limits };
    let disk = Arc::new(FakeDisk::default());
    let queue = Arc::new(FakeQueue::default());
    let builder = ReferenceBuilder {
        gas: test.gas.annotate(),
        private: test.gas.private_references.clone().unwrap(),
        queue: queue.clone(),
        program: ReferenceBuilderProgram {
            command: vec!["sh".into(), file.into_os_string()],
            sandbox,
        },
        scratch: ScratchRoot::open(&folder.path().join("work"), disk.clone()).unwrap(),
    };
    let source = |file_name: &str, size_bytes: usize| NewSource {
        file_name: file_name.to_owned(),
        size_bytes: size_bytes as u64,
    };
    let new = NewPrivateReference {
        name: "mine".to_owned(),
        assembly: "GRCh38".to_owned(),
        fasta: source("genome.fa", FASTA.len()),
        gene_models: source("genes.gff3", 7),
    };
    let parts = add_private_reference(&test.gas, &ada, &new).await.unwrap();
    let private = test.gas.private_references.as_ref().unwrap();
    let row = private.store.find(ada.id, &id()).await.unwrap().unwrap();
    for part in &parts.parts {
        let bytes = if part.file == SourceRole::Fasta { FASTA } else { b"##gff-v" };
        assert!(test.parts.put(&row.source(part.file).upload_id, 1, bytes));
    }
    confirm_private_reference(&test.gas, ada.id, &id()).await.unwrap();
    let body = test.reference_builds.bodies().pop().unwrap();
    let message = Message { body, receipt: "r".to_owned(), receive_count: 1, trace: None };
    (Case { test, ada, builder, queue, disk, folder }, message)
}

impl Case {
    async fn state(&self) -> PrivateStateView {
        find_private_reference(&self.test.gas, self.ada.id, &id()).await.unwrap().state
    }

    /// The notices about the end of the build.
    fn notices(&self) -> usize {
        let bodies = self.test.notices.bodies();
        let of_build = |body: &&String| {
            let message = MailMessage::parse(body).unwrap();
            matches!(message, MailMessage::Notice(Notice::ReferenceBuilt { user_id, .. }) if user_id == self.ada.id)
        };
        bodies.iter().filter(of_build).count()
    }

    /// The files of runs that are left.
    fn left(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("work")).unwrap().count()
    }
}

#[tokio::test]
async fn a_reference_is_built_verified_and_stored_once() {
    let (case, message) = case(BUILDS).await;
    for deliveries in 1..=2 {
        assert_eq!(case.builder.handle(&message).await.unwrap(), Handled::Done);
        assert_eq!(case.notices(), deliveries, "one may get lost, and one mail is sent of all");
    }
    let PrivateStateView::Ready { contigs, transcripts, notes, .. } = case.state().await else {
        panic!("{:?}", case.state().await)
    };
    assert_eq!((contigs, transcripts, &*notes[0]), (1, 2, "3 left out: a reason"));
    let catalog = case.builder.private.catalogs.of(case.ada.id);
    let (_, stored) = catalog::find(&*catalog, &id()).await.unwrap();
    assert_eq!(stored.manifest.sources[0].file, "genome.fa");
    let sequence = stored.manifest.files.iter().find(|file| file.name == "sequence.bin").unwrap();
    let bytes = catalog.read_object(&sequence.sha256, 0, sequence.bytes).await.unwrap();
    assert_eq!(bytes, ">chr1ACGT");
    assert!(case.test.objects.with_key("/reference~").is_empty(), "the sources are deleted");
    assert_eq!(case.left(), 0);
}

#[tokio::test]
async fn a_problem_of_a_file_is_reported_with_the_name_that_the_user_knows() {
    let (case, message) = case(REJECTS).await;
    assert_eq!(case.builder.handle(&message).await.unwrap(), Handled::Done);
    let reason = "genes.gff3, line 3: strand \"x\" is unknown".to_owned();
    assert_eq!(case.state().await, PrivateStateView::Failed { reason });
    assert_eq!(case.left(), 0);
}

#[tokio::test]
async fn a_build_that_exceeds_a_limit_says_which() {
    let (mut case, message) = case("sleep 20").await;
    case.builder.program.sandbox.limits.wall = Duration::from_millis(200);
    case.builder.handle(&message).await.unwrap();
    let PrivateStateView::Failed { reason } = case.state().await else { panic!("not failed") };
    assert!(reason.contains("takes longer than the limit"), "{reason}");
}

#[tokio::test]
async fn a_crash_leaves_the_message_and_the_last_dead_letter_fails_the_reference() {
    let (case, message) = case("exit 9").await;
    assert!(case.builder.handle(&message).await.is_err());
    assert_eq!(case.state().await, PrivateStateView::Building);
    let ReferenceBuilder { gas, private, queue, .. } = case.builder.clone();
    let (visibility, handler) = (TIMING.visibility, BuildLetters { gas, private });
    let letters = DeadLetters { queue, visibility, handler };
    let (capture, trace) = (LogCapture::start(), TraceId::new(7).unwrap());
    let message = Message { trace: Some(trace), ..message };
    letters.handle(&message).await.unwrap();
    let lines = capture.lines();
    assert!(lines.iter().all(|line| line.contains(&trace.to_string())), "{lines:?}");
    assert_eq!(case.notices(), 1);
    let PrivateStateView::Failed { reason } = case.state().await else { panic!("not failed") };
    assert_eq!(reason, SERVICE_FAILURE);
    assert_eq!(case.queue.deleted().len(), 1);
}

#[tokio::test]
async fn files_that_lead_out_of_the_folder_or_differ_from_their_digest_are_not_stored() {
    let link = r#"mkdir "$8"; ln -s /etc/passwd "$8/manifest.json""#;
    let link_to_file = BUILDS.to_owned()
        + "\nmv \"$8/sequence.bin\" \"$8/../moved\"; ln -s ../moved \"$8/sequence.bin\"";
    let other = BUILDS.to_owned() + "\necho x >> \"$8/sequence.bin\"";
    for script in [link, &link_to_file, &other, "mkdir \"$8\"; echo '{}' > \"$8/manifest.json\""] {
        let (case, message) = case(script).await;
        assert!(case.builder.handle(&message).await.is_err(), "{script}");
        assert_eq!(case.state().await, PrivateStateView::Building);
        assert!(case.test.objects.with_key("gas/private/").iter().all(|file| {
            // The manifest of the engine may be stored already; nothing refers to it.
            file.key.contains("/objects/")
        }));
    }
}

#[tokio::test]
async fn a_build_waits_for_space_on_the_disk() {
    let (case, message) = case(BUILDS).await;
    case.disk.set_free(crate::disk::RESERVE_BYTES);
    assert_eq!(case.builder.handle(&message).await.unwrap(), Handled::Done);
    assert_eq!(
        (case.queue.sent(), case.queue.delays()),
        (vec![message.body], vec![NO_SPACE_DELAY])
    );
    assert_eq!(case.state().await, PrivateStateView::Building);
}

#[tokio::test]
async fn a_reference_without_its_files_fails_and_a_deleted_one_is_not_built() {
    let (case, message) = self::case(BUILDS).await;
    for file in case.test.objects.with_key("~gene_models") {
        case.builder.gas.objects.delete(&file).await.unwrap();
    }
    case.builder.handle(&message).await.unwrap();
    let PrivateStateView::Failed { reason } = case.state().await else { panic!("not failed") };
    assert!(reason.contains("file with gene models is not stored anymore"), "{reason}");

    let (case, message) = self::case(BUILDS).await;
    delete_private_reference(&case.test.gas, case.ada.id, &id()).await.unwrap();
    assert_eq!(case.builder.handle(&message).await.unwrap(), Handled::Done);
    assert_eq!(case.state().await, PrivateStateView::Deleting);
    assert!(case.test.objects.with_key("gas/private/").is_empty());
}
