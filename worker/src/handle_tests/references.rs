//! Tests of jobs with references and options of their own.

use super::*;
use crate::engine::Template;
use crate::testing::{GRCH37, GRCH38, TestCatalog};
use gas_backend::usecases::{confirm_upload, request_upload};
use gas_shared::upload::NewUpload;
use gas_shared::{JobOptions, Layout, Selection};

/// The size of a cache with space for both references.
const BOTH: u64 = 1 << 20;

/// Prints the id of the reference, and the options of the job, to the result.
const PRINT_REFERENCE: &str = r#"output=$2; log=$3; id=$(cat "$4/manifest.json"); shift 4
    printf '##%s %s\n#CHROM\n' "$id" "$*" > "$output"; echo 'Total: 1' > "$log"
    echo '{"event":"done","records":1,"engine":"sh 1"}'"#;

const WRONG_ASSEMBLY: &str = r#"echo '{"error":"the file looks like GRCh38","code":"wrong_assembly","found_assembly":"GRCh38"}' >&2; exit 2"#;

/// A worker with the references of a catalog, and jobs with options.
struct Catalogued {
    case: Case,
    catalog: TestCatalog,
}

impl Catalogued {
    async fn new(script: &str, cache: u64) -> Self {
        let mut case = case(script).await;
        let catalog = TestCatalog::new().await;
        case.worker.references = Arc::new(catalog.references(cache).await.unwrap());
        for id in [GRCH37, GRCH38] {
            case.test.references.add(id);
        }
        Self { case, catalog }
    }

    /// Runs a new job with these options, and returns it afterwards.
    async fn run(&self, options: JobOptions) -> Job {
        let Case { test, ada, worker, shutdown, .. } = &self.case;
        let new = NewUpload::new("a.vcf", 20).with(options);
        let id = request_upload(&test.gas, ada, &new).await.unwrap().job_id;
        test.objects.put(&test.job(id).input.file, b"##fileformat=VCFv4.2");
        confirm_upload(&test.gas, ada.id, id).await.unwrap();
        worker.handle(&message(id, 1), shutdown).await;
        test.job(id)
    }

    fn result(&self, job: &Job) -> String {
        let JobState::Completed(done) = &job.state else { panic!("{job:?}") };
        let file = &done.results.stored().unwrap().file;
        String::from_utf8(self.case.test.objects.get(file).unwrap()).unwrap()
    }
}

fn of(reference: &str) -> JobOptions {
    JobOptions { reference: Some(reference.parse().unwrap()), ..JobOptions::default() }
}

fn failure(job: &Job) -> &gas_shared::job::Failure {
    match &job.state {
        JobState::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_job_is_annotated_by_its_own_reference_and_options() {
    let set_up = Catalogued::new(PRINT_REFERENCE, BOTH).await;
    let plain = set_up.run(JobOptions::default()).await;
    let line = set_up.result(&plain);
    assert!(line.starts_with(&format!("##{GRCH37} --reference-id {GRCH37} ")), "{line}");
    let options = JobOptions { selection: Selection::Pick, hgvs: false, ..of(GRCH38) };
    let other = set_up.run(options).await;
    let line = set_up.result(&other);
    let JobState::Completed(done) = other.state else { panic!("{other:?}") };
    let provenance = done.provenance.unwrap();
    let digest = &provenance.reference_sha256;
    let expected = format!(
        "##{GRCH38} --select pick --no-hgvs --reference-id {GRCH38} --manifest-sha256 {digest} \
         --gene-set Ensembl 115\n#CHROM\n"
    );
    assert_eq!(line, expected);
    assert_eq!((provenance.reference.as_str(), provenance.assembly.as_str()), (GRCH38, "GRCh38"));
    assert_eq!(provenance.engine.as_deref(), Some("sh 1"));
    assert_eq!(provenance.gene_set.unwrap().to_string(), "Ensembl 115");
    let JobState::Completed(done) = plain.state else { panic!("{plain:?}") };
    assert_eq!(done.provenance.unwrap().reference.as_str(), GRCH37);
}

#[tokio::test]
async fn a_job_whose_reference_was_retired_after_its_upload_fails_before_it_runs_and_is_not_charged()
 {
    let set_up = Catalogued::new(&counting_runs(PRINT_REFERENCE), BOTH).await;
    set_up.catalog.retire(GRCH38).await;
    let job = set_up.run(of(GRCH38)).await;
    let failure = failure(&job);
    assert_eq!(failure.kind, FailureKind::Input);
    assert_eq!(failure.code.as_deref(), Some("reference_unavailable"));
    assert!(failure.reason.contains("is retired; run the job again"), "{}", failure.reason);
    assert!(!failure.is_charged());
    assert_eq!(set_up.case.runs(), 0);
    assert!(set_up.case.is_deleted());
}

#[tokio::test]
async fn a_job_has_the_sources_of_its_reference_unless_it_names_others() {
    let mut set_up = Catalogued::new(PRINT_REFERENCE, BOTH).await;
    let ids = ["clinvar/GRCh37/1", "clinvar/GRCh38/1"];
    set_up.case.worker.sources = Arc::new(set_up.catalog.sources(&ids, BOTH).await);
    ids.iter().for_each(|id| {
        set_up.case.test.sources.add(id);
    });
    let default = set_up.run(of(GRCH38)).await;
    let line = set_up.result(&default);
    let arguments: Vec<&str> = line.lines().next().unwrap().split(' ').collect();
    let source = arguments.iter().position(|argument| *argument == "--source").unwrap() + 1;
    let parts: Vec<&str> = arguments[source].split(',').collect();
    assert_eq!(std::fs::read_to_string(parts[0]).unwrap(), ids[1]);
    assert_eq!(parts[1], format!("id={}", ids[1]));
    let JobState::Completed(done) = default.state else { panic!("{default:?}") };
    let sources = done.provenance.unwrap().sources;
    assert_eq!(sources.iter().map(|source| source.id.as_str()).collect::<Vec<_>>(), [ids[1]]);
    let none = JobOptions { sources: Some(Vec::new()), ..of(GRCH38) };
    let without = set_up.run(none).await;
    assert!(!set_up.result(&without).contains("--source"));
}

#[tokio::test]
async fn a_job_whose_source_was_retired_after_its_upload_fails_before_it_runs_and_is_not_charged() {
    let set_up = Catalogued::new(&counting_runs(PRINT_REFERENCE), BOTH).await;
    let source = set_up.case.test.sources.add("clinvar/GRCh38/1");
    let job = set_up.run(JobOptions { sources: Some(vec![source.id]), ..of(GRCH38) }).await;
    let failure = failure(&job);
    assert_eq!(failure.code.as_deref(), Some("source_unavailable"));
    assert!(failure.reason.contains("is retired or no longer exists"), "{}", failure.reason);
    assert!(!failure.is_charged());
    assert_eq!(set_up.case.runs(), 0);
}

#[tokio::test]
async fn a_file_of_another_assembly_fails_with_the_references_that_fit() {
    let set_up = Catalogued::new(WRONG_ASSEMBLY, BOTH).await;
    let job = set_up.run(JobOptions::default()).await;
    let mismatch = failure(&job).mismatch.as_ref().unwrap();
    assert_eq!((mismatch.found.as_str(), mismatch.chosen.as_str()), ("GRCh38", GRCH37));
    assert_eq!(mismatch.fitting, [GRCH38.parse().unwrap()]);
    set_up.catalog.retire(GRCH38).await;
    let job = set_up.run(of(GRCH37)).await;
    assert_eq!(failure(&job).mismatch.as_ref().unwrap().fitting, []);
}

#[tokio::test]
async fn a_job_returns_to_the_queue_while_the_cache_has_no_space_for_its_reference() {
    let set_up = Catalogued::new(PRINT_REFERENCE, GRCH37.len() as u64).await;
    let job = set_up.run(of(GRCH38)).await;
    assert_eq!(job.status(), JobStatus::Running, "released");
    assert_eq!(set_up.case.queue.sent().len(), 1);
    assert!(set_up.case.is_deleted());
}

#[tokio::test]
async fn options_that_an_annotator_does_not_take_are_not_ignored() {
    let mut set_up = Catalogued::new(PRINT_REFERENCE, BOTH).await;
    let template = Template::parse("sh x {input}").unwrap();
    set_up.case.worker.engine.template = template;
    for options in [of(GRCH38), JobOptions { layout: Layout::Ann, ..JobOptions::default() }] {
        let job = set_up.run(options).await;
        let failure = failure(&job);
        assert!(failure.reason.contains("takes no options"), "{failure:?}");
        assert!(!failure.is_charged(), "{failure:?}");
    }
}
