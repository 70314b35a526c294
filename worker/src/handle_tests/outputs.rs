//! Tests of what a run stores in addition to its result: index, run log and summary.

use super::failures::FailingStore;
use super::*;
use crate::engine::Template;
use gas_backend::RegionIndex;
use gas_shared::job::NotAnnotated;

/// An engine that writes a result of two records.
const TWO_RECORDS: &str = r#"
    printf '##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n' > "$2"
    for pos in 5 7; do printf "1\t$pos\t.\tA\tG\t.\tPASS\t.\n" >> "$2"; done; echo x > "$3"
    echo '{"event":"done","records":2,"summary":"x"}'"#;

#[tokio::test]
async fn the_index_of_the_explorer_is_stored_with_the_result() {
    let case = case(TWO_RECORDS).await;
    case.receive(1).await;
    let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
    let objects = &case.test.objects;
    let index = case.test.gas.object_keys.index(case.ada.id, case.job.id, &case.job.input.name);
    let result = objects.get(&done.results.stored().unwrap().file).unwrap();
    // The index builder of the tests copies the result.
    assert_eq!(objects.get(&index).unwrap(), result);
}

#[tokio::test]
async fn the_run_log_and_the_summary_of_a_run_are_stored() {
    let script =
        format!(r#"{GOOD}; echo '{{"records":1}}' > "$2.summary.json"; echo 'warning: odd' >&2"#);
    let case = case(&script).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    let (object_keys, name) = (&case.test.gas.object_keys, &case.job.input.name);
    let summary = object_keys.summary(case.ada.id, case.job.id, name);
    assert_eq!(case.test.objects.get(&summary).unwrap(), b"{\"records\":1}\n");
    let log = case.run_log();
    let lines: Vec<_> = log.lines().filter_map(|line| line.split_once("  ")).map(|l| l.1).collect();
    let steps = ["attempt 1 started", "download", "warning: odd", "store", "index"];
    assert_eq!(lines[..5], steps, "{log}");
    assert_eq!(lines.last(), Some(&"result stored; records: 1, annotated: 1"));
}

#[tokio::test]
async fn the_region_index_is_stored_beside_the_result() {
    for format in RegionIndex::ALL {
        let case = case(&format!(r#"{GOOD}; echo index > "$2.{}""#, format.ending())).await;
        case.receive(1).await;
        assert_eq!(case.status(), JobStatus::Completed);
        let (keys, name) = (&case.test.gas.object_keys, &case.job.input.name);
        let stored = keys.region_index(case.ada.id, case.job.id, name, format);
        assert_eq!(case.test.objects.get(&stored).unwrap(), b"index\n");
    }
}

#[tokio::test]
async fn the_row_has_the_records_without_annotation() {
    let gaps = r#""records":2,"not_annotated":{"outside_reference":1,"a_new_reason":9}"#;
    let case = case(&TWO_RECORDS.replace(r#""records":2"#, gaps)).await;
    case.receive(1).await;
    let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
    let expected = NotAnnotated { outside_reference: 1, other: 9, ..NotAnnotated::default() };
    assert_eq!(done.not_annotated, Some(expected));
    assert!(done.has_warnings());
    // The engine is not trusted: its counts may be wrong.
    assert_eq!((done.records, done.annotated()), (2, 0));
    assert!(case.run_log().ends_with("  result stored; records: 2, annotated: 0\n"));
}

#[tokio::test]
async fn the_run_log_of_a_failure_has_the_reason_and_no_paths_of_this_machine() {
    let reason =
        r#"echo "in $PWD" >&2; echo '{"error":"line 3: no REF","code":"ref"}' >&2; exit 2"#;
    let case = case(reason).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Failed);
    let log = case.run_log();
    assert!(log.ends_with("  failed: line 3: no REF\n") && !log.contains("/run-"), "{log}");
}

#[tokio::test]
async fn a_job_is_completed_even_if_its_result_cannot_be_indexed() {
    let case = case(GOOD).await;
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(case.test.objects.with_key("annot.idx").is_empty());
    assert!(case.run_log().contains("warning: no index for the results explorer"));
}

#[tokio::test]
async fn the_index_builder_ends_at_the_deadline_of_the_attempt() {
    let mut case = case(TWO_RECORDS).await;
    let folder = case.folder.path();
    let sleep = format!("sh -c 'touch {}/began; sleep 60' {{input}}", folder.display());
    case.worker.engine.indexer = Template::parse(&sleep).unwrap();
    case.worker.engine.sandbox.limits.wall = Duration::from_secs(2);
    let began = std::time::Instant::now();
    case.receive(1).await;
    assert!(folder.join("began").exists() && began.elapsed() < Duration::from_secs(20));
    assert_eq!(case.status(), JobStatus::Completed);
    assert!(case.run_log().contains("warning: no index for the results explorer"));
}

#[tokio::test]
async fn a_link_in_place_of_an_output_is_not_followed() {
    for (output, linked) in [("$2", "annotated file"), ("$3", "count log")] {
        let script = format!(
            r#"{GOOD}; echo secret > "$(dirname "$0")/secret"
            ln -sf "$(dirname "$0")/secret" "{output}""#
        );
        let case = case(&script).await;
        case.receive(MAX_ATTEMPTS).await;
        assert_ne!(case.status(), JobStatus::Completed, "{linked}");
        for stored in case.test.objects.with_key("annot") {
            assert_ne!(case.test.objects.get(&stored).unwrap(), b"secret\n");
        }
    }
}

#[tokio::test]
async fn an_index_that_could_not_be_stored_is_stored_in_place() {
    let mut case = case(TWO_RECORDS).await;
    let inner = case.test.gas.objects.clone();
    // The transfers: the input, the result, the count log, the index.
    case.worker.gas.objects = Arc::new(FailingStore::nth(4, inner));
    case.receive(1).await;
    assert_eq!(case.status(), JobStatus::Completed);
    assert_eq!(case.test.objects.with_key("annot.idx").len(), 1);
}

#[tokio::test]
async fn a_compressed_result_is_stored_under_the_same_key() {
    let packing = r#"gzip -c "$1" > "$2"; echo x > "$3"
        echo '{"event":"done","records":1,"summary":"x"}'"#;
    let case = case(packing).await;
    case.receive(1).await;
    let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
    let file = &done.results.stored().unwrap().file;
    assert!(file.key.ends_with("~a.annot.vcf"), "{}", file.key);
    let stored = case.test.objects.get(file).unwrap();
    assert!(stored.starts_with(&[0x1f, 0x8b]));
    assert_eq!(done.result_size, stored.len() as u64);
}

/// AnnTools takes no argument but the input, prints its steps but not its end, and writes both
/// files next to the input.
const ANNTOOLS: &str = r#"
    for step in getSnpsFromDbSnp getBigRefGene getGenes cytoBand gadAll gwasCatalog targetScanS \
        hugo dgv_Cnv abParts mcCarroll_Cnv conrad_Cnv genomicSuperDups tfbsConsSites
    do echo "$step - done."; done
    { cat "$1"; printf '20\t1\t.\tA\tG\t.\t.\tDB\n'; } > "${1%.vcf}.annot.vcf"
    echo 'Total: 1' > "$1.count.log""#;

#[tokio::test]
async fn a_program_with_the_interface_of_anntools_can_replace_the_engine() {
    let mut case = case(ANNTOOLS).await;
    let script = case.folder.path().join("engine.sh");
    let template = format!("sh '{}' {{input}}", script.display());
    case.worker.engine.template = Template::parse(&template).unwrap();
    case.receive(1).await;
    let JobState::Completed(done) = case.now().state else { panic!("{:?}", case.now()) };
    assert_eq!(done.records, 1, "counted in the annotated file");
    let result = case.test.objects.get(&done.results.stored().unwrap().file).unwrap();
    assert!(result.ends_with(b"\tDB\n"));
    assert_eq!(case.test.objects.get(&done.log).unwrap(), b"Total: 1\n");
}
