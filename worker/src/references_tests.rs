//! Tests of the references of a worker, with a catalog in a folder.

use super::*;
use crate::testing::{GRCH37, GRCH38, TestCatalog};
use clap::Parser;
use gas_backend::ports::Catalog;
use gas_backend::testkit::{FakeObjects, reference_file, reference_manifest};
use gas_backend::usecases::catalog;
use gas_shared::reference::{ENGINE_FORMAT, ReferenceManifest};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    settings: WorkerReferences,
}

fn parse(arguments: &[&str]) -> Result<WorkerReferences, clap::Error> {
    Cli::try_parse_from([&["worker"], arguments].concat()).map(|cli| cli.settings)
}

/// The owner of a job.
fn user(number: u8) -> UserId {
    format!("{number:032x}").parse().unwrap()
}

const LIMIT: u64 = 1 << 20;

fn id(text: &str) -> ReferenceId {
    text.parse().unwrap()
}

fn content(reference: &OpenReference) -> String {
    std::fs::read_to_string(reference.folder().join("manifest.json")).unwrap()
}

#[tokio::test]
async fn a_worker_has_a_folder_or_a_catalog_with_one_of_its_references() {
    let catalog = ["--reference-catalog", "s3"];
    let reference = ["--reference", GRCH37];
    assert!(parse(&[catalog, reference].concat()).is_ok());
    assert!(parse(&catalog).is_err());
    // The unit of the worker names a folder, which the settings of an instance cannot unset.
    let bundle = ["--reference-bundle", "/bundle"];
    assert!(parse(&[bundle, catalog, reference].concat()).is_ok());
    for (arguments, expected) in [(&bundle[..], "is not a folder"), (&[], "GAS_REFERENCE_CATALOG")]
    {
        let error = parse(arguments).unwrap().bundle().err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn each_job_gets_its_reference_and_those_that_name_none_the_default_one() {
    let catalog = TestCatalog::new().await;
    let references = catalog.references(LIMIT).await.unwrap();
    let default = references.acquire(user(1), None).await.unwrap();
    assert_eq!((content(&default).as_str(), references.default_id()), (GRCH37, Some(&id(GRCH37))));
    let named = references.acquire(user(1), Some(&id(GRCH37))).await.unwrap();
    assert!(Arc::ptr_eq(&default, &named), "it is in use already");
    let other = references.acquire(user(1), Some(&id(GRCH38))).await.unwrap();
    assert_eq!(content(&other), GRCH38);
    let provenance = other.provenance.as_ref().unwrap();
    let entry = catalog.catalog.entry(&id(GRCH38)).await.unwrap().unwrap();
    assert_eq!(provenance.reference_sha256, entry.manifest);
    assert_eq!(provenance.to_string(), format!("GRCh38, Ensembl 115 ({GRCH38})"));

    assert_eq!(references.of_assembly("GRCh38").await, [id(GRCH38)]);
    catalog.retire(GRCH38).await;
    assert_eq!(references.of_assembly("GRCh38").await, []);
}

#[tokio::test]
async fn a_reference_that_is_retired_or_removed_is_no_longer_for_jobs() {
    let catalog = TestCatalog::new().await;
    let references = catalog.references(LIMIT).await.unwrap();
    catalog.retire(GRCH38).await;
    let retired = references.acquire(user(1), Some(&id(GRCH38))).await.unwrap_err();
    assert!(retired.is_final() && retired.to_string().contains("is retired"), "{retired}");
    catalog::remove(&*catalog.catalog, &id(GRCH38), false).await.unwrap();
    let absent = references.acquire(user(1), Some(&id(GRCH38))).await.unwrap_err();
    assert!(absent.is_final() && absent.to_string().contains("no longer exists"), "{absent}");

    // The worker started with the default one, and continues with it until it is restarted.
    catalog.retire(GRCH37).await;
    assert!(references.acquire(user(1), None).await.is_ok());
    let restarted = format!("{}", catalog.references(LIMIT).await.err().unwrap());
    assert!(restarted.contains("is retired"), "{restarted}");
}

#[tokio::test]
async fn a_reference_of_another_format_is_not_for_jobs() {
    let catalog = TestCatalog::new().await;
    let references = catalog.references(LIMIT).await.unwrap();
    let rebuild = async |id: &str, engine_format| {
        let folder = tempfile::tempdir().unwrap();
        let file = reference_file(&folder.path().join("manifest.json"), id.as_bytes());
        let manifest = reference_manifest(id, vec![file]);
        let manifest = ReferenceManifest { engine_format, ..manifest };
        catalog::add(&*catalog.catalog, folder.path(), manifest, true).await.unwrap();
    };
    rebuild(GRCH38, ENGINE_FORMAT - 1).await;
    let earlier = references.acquire(user(1), Some(&id(GRCH38))).await.unwrap_err();
    let expected = format!(
        "the reference {GRCH38} was built for another version of GAS: it has format 2, and this \
         version reads 3; run the job again with another one"
    );
    assert_eq!(earlier.to_string(), expected);
    assert!(earlier.is_final());
    assert_eq!(references.of_assembly("GRCh38").await, [], "it is not proposed");
    // During an update, a worker of the next version may take the job.
    rebuild(GRCH38, ENGINE_FORMAT + 1).await;
    assert!(!references.acquire(user(1), Some(&id(GRCH38))).await.unwrap_err().is_final());

    rebuild(GRCH37, ENGINE_FORMAT - 1).await;
    let restarted = catalog.references(LIMIT).await.err().unwrap().to_string();
    assert!(restarted.contains("format 2"), "{restarted}");
}

#[tokio::test]
async fn a_folder_with_a_reference_of_another_format_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"{"format":2,"assembly":"GRCh37","contigs":[],"genes":1,"transcripts":2,
        "sources":[],"files":[]}"#;
    std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    let error = References::bundle(folder.path()).err().unwrap();
    let text = format!("{error:#}");
    assert!(text.contains("cannot be used") && text.contains("format 2"), "{text}");
}

#[tokio::test]
async fn a_folder_is_the_only_reference() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"{"format":3,"assembly":"GRCh37","contigs":[],"genes":1,"transcripts":2,
        "sources":[],"files":[]}"#;
    std::fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    let references = References::bundle(folder.path()).unwrap();
    let own = references.default_id().unwrap().clone();
    assert!(own.as_str().starts_with("local/GRCh37/bundle-"), "{own}");
    assert!(references.acquire(user(1), Some(&own)).await.is_ok());
    assert_eq!(references.of_assembly("GRCh37").await, [own]);
    assert!(references.acquire(user(1), Some(&id(GRCH38))).await.unwrap_err().is_final());
}

#[tokio::test]
async fn a_private_reference_is_that_of_the_owner_of_the_job() {
    let (folder, catalog) = (tempfile::tempdir().unwrap(), TestCatalog::new().await);
    let catalogs = PrivateCatalogs::new(Arc::new(FakeObjects::default()), "bucket", "gas");
    let mine = id("private/GRCh38/mine");
    for owner in [user(1), user(2)] {
        let content = owner.to_string();
        let file = reference_file(&folder.path().join("manifest.json"), content.as_bytes());
        let manifest = reference_manifest(mine.as_str(), vec![file]);
        catalog::add(&*catalogs.of(owner), folder.path(), manifest, false).await.unwrap();
    }
    let references = catalog.references(LIMIT).await.unwrap();
    let without = references.acquire(user(1), Some(&mine)).await.unwrap_err();
    assert!(without.is_final(), "the deployment has no private references");
    let private = PrivateCache { catalogs, folder: folder.path().join("cache"), limit: LIMIT };
    let references = references.with_private(private);
    for owner in [user(1), user(2)] {
        let reference = references.acquire(owner, Some(&mine)).await.unwrap();
        assert_eq!(content(&reference), owner.to_string());
        assert_eq!(reference.provenance.as_ref().unwrap().reference, mine);
    }
    let error = references.acquire(user(3), Some(&mine)).await.unwrap_err();
    assert!(matches!(error, ReferenceFailure::Absent(_)), "{error}");
}
