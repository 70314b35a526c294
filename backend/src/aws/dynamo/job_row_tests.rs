//! Tests of the mapping between jobs and rows.

use super::*;
use aws_sdk_dynamodb::types::AttributeValue;
use gas_shared::job::{
    Archived, MAX_SHARDS, OrganizationRequest, Results, Retention, Retrieval, ShardProgress,
    Stored, Tier,
};
use gas_shared::job_options::{JobOptions, Layout, Selection, Transcripts};
use gas_shared::reference::{GeneSet, ReferenceId, Sha256};
use gas_shared::source::SourceId;
use gas_shared::{TraceId, UsedSource};
use proptest::prelude::*;
use serde_dynamo::{from_item, to_item};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

type Item = HashMap<String, AttributeValue>;

fn any_time() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64).prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn any_uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn any_upload() -> impl Strategy<Value = (Option<u64>, Option<Timestamp>)> {
    (any::<Option<u64>>(), proptest::option::of(any_time()))
}

fn any_progress() -> impl Strategy<Value = Progress> {
    (".{0,20}", 0..=1000_u16, any::<u64>()).prop_map(|(step, permille, records)| Progress {
        step,
        permille,
        records,
    })
}

fn any_shards() -> impl Strategy<Value = Option<ShardedRun>> {
    let done = proptest::collection::btree_set(0..MAX_SHARDS, 0..9);
    let running = proptest::collection::vec((0..MAX_SHARDS, 0..1000u16, any::<u32>()), 0..4);
    let parts = (any::<u32>(), done, running, any_time());
    proptest::option::of(parts.prop_map(|(total, done, running, at)| {
        let mut run = ShardedRun::new(total);
        done.into_iter().for_each(|shard| run.set_done(shard, 7));
        for (shard, permille, records) in running {
            run.set_running(shard, ShardProgress { permille, records: records.into() }, at);
        }
        run
    }))
}

fn any_run() -> impl Strategy<Value = JobState> {
    (any_uuid(), any_time(), any_time(), any::<u32>(), any_progress(), any_shards()).prop_map(
        |(claim, started_at, heartbeat_at, engine_failures, progress, shards)| {
            let claim = ClaimId(claim);
            JobState::Running(Run {
                claim,
                started_at,
                heartbeat_at,
                engine_failures,
                progress,
                shards,
            })
        },
    )
}

fn result(key: &str) -> ObjectLocation {
    ObjectLocation { bucket: "results".into(), key: key.into() }
}

fn any_stored() -> impl Strategy<Value = Stored> {
    let time = || proptest::option::of(any_time());
    (".{1,20}", time(), time()).prop_map(|(key, until, restored_at)| Stored {
        file: result(&key),
        until,
        restored_at,
    })
}

fn any_archived() -> impl Strategy<Value = Archived> {
    (".{1,20}", "[0-9a-f]{64}", any_time()).prop_map(|(id, tree_hash, at)| Archived {
        id,
        tree_hash,
        at,
    })
}

fn any_retrieval() -> impl Strategy<Value = Retrieval> {
    let tier = prop_oneof![Just(Tier::Expedited), Just(Tier::Standard)];
    (".{1,20}", tier, any_time()).prop_map(|(id, tier, since)| Retrieval { id, tier, since })
}

fn any_results() -> impl Strategy<Value = Results> {
    let leftover = proptest::option::of(".{1,20}".prop_map(|key| result(&key)));
    prop_oneof![
        any_stored().prop_map(Results::Stored),
        (any_stored(), ".{1,20}")
            .prop_map(|(stored, ticket)| Results::Archiving { stored, ticket }),
        (any_archived(), leftover)
            .prop_map(|(archived, leftover)| Results::Archived { archived, leftover }),
        (any_archived(), any_retrieval())
            .prop_map(|(archived, retrieval)| Results::Thawing { archived, retrieval }),
    ]
}

fn any_gaps() -> impl Strategy<Value = NotAnnotated> {
    any::<[u64; 6]>().prop_map(
        |[
            outside_reference,
            beyond_contig,
            ref_mismatch,
            not_a_variant,
            unreadable_line,
            other,
        ]| {
            NotAnnotated {
                outside_reference,
                beyond_contig,
                ref_mismatch,
                not_a_variant,
                unreadable_line,
                other,
            }
        },
    )
}

fn any_reference() -> impl Strategy<Value = ReferenceId> {
    "[a-z]{1,9}/[A-Z][0-9a-zA-Z.]{0,9}/[a-z]{1,9}-[0-9]{1,3}".prop_map(|id| id.parse().unwrap())
}

fn any_source() -> impl Strategy<Value = SourceId> {
    "[a-z]{1,9}/[A-Z][0-9a-zA-Z.]{0,9}/[0-9]{1,3}".prop_map(|id| id.parse().unwrap())
}

fn any_provenance() -> impl Strategy<Value = Provenance> {
    let gene_set = (".{1,9}", ".{1,5}").prop_map(|(name, release)| GeneSet { name, release });
    let texts = (".{1,9}", proptest::option::of(gene_set), proptest::option::of(".{1,20}"));
    let source = (any_source(), ".{1,20}", any::<[u8; 32]>()).prop_map(|(id, label, digest)| {
        UsedSource { id, label, sha256: Sha256::from_bytes(digest) }
    });
    let sources = proptest::collection::vec(source, 0..3);
    (any_reference(), any::<[u8; 32]>(), texts, sources).prop_map(
        |(reference, digest, (assembly, gene_set, engine), sources)| Provenance {
            reference,
            reference_sha256: Sha256::from_bytes(digest),
            assembly,
            gene_set,
            engine,
            sources,
        },
    )
}

fn any_mismatch() -> impl Strategy<Value = AssemblyMismatch> {
    (".{1,9}", any_reference(), proptest::collection::vec(any_reference(), 0..3))
        .prop_map(|(found, chosen, fitting)| AssemblyMismatch { found, chosen, fitting })
}

fn any_options() -> impl Strategy<Value = StoredOptions> {
    let reference = proptest::option::of(any_reference());
    let sources = proptest::option::of(proptest::collection::vec(any_source(), 0..3));
    let choices = (
        prop_oneof![Just(Transcripts::All), Just(Transcripts::ManeCanonical)],
        prop_oneof![Just(Selection::All), Just(Selection::FlagPick)],
        prop_oneof![Just(Layout::Csq), Just(Layout::Bcsq)],
        any::<bool>(),
    );
    prop_oneof![
        9 => (reference, choices, sources).prop_map(
            |(reference, (transcripts, selection, layout, hgvs), sources)| StoredOptions::Known(
                JobOptions { reference, transcripts, selection, layout, hgvs, sources }
            )
        ),
        1 => Just(StoredOptions::Newer(json!({ "selection": "newest", "plugins": ["a", 1, null] }))),
    ]
}

fn any_completion() -> impl Strategy<Value = JobState> {
    let provenance = proptest::option::of(any_provenance());
    let counts = (any::<u64>(), proptest::option::of(any_gaps()), provenance);
    (any_time(), any_time(), counts, ".{1,20}", any::<u64>(), any_results()).prop_map(
        |(
            started_at,
            completed_at,
            (records, not_annotated, provenance),
            log,
            result_size,
            results,
        )| {
            let log = result(&log);
            JobState::Completed(Completion {
                started_at,
                completed_at,
                records,
                not_annotated,
                provenance,
                results,
                result_size,
                log,
            })
        },
    )
}

fn any_failure() -> impl Strategy<Value = JobState> {
    let kind = prop_oneof![Just(FailureKind::Input), Just(FailureKind::Service)];
    let mismatch = proptest::option::of(any_mismatch());
    (any_time(), kind, ".{0,80}", proptest::option::of("[a-z_]{1,20}"), mismatch).prop_map(
        |(at, kind, reason, code, mismatch)| {
            JobState::Failed(Failure { at, kind, reason, code, mismatch })
        },
    )
}

fn any_parts() -> impl Strategy<Value = Parts> {
    let copied = proptest::option::of(any::<u64>());
    (".{1,60}", any::<u64>(), any::<u64>(), copied).prop_map(
        |(upload_id, size, part_bytes, copied)| Parts { upload_id, size, part_bytes, copied },
    )
}

fn any_organization() -> impl Strategy<Value = Organization> {
    let text = || proptest::option::of("[ -~é\n]{0,30}");
    let labels = proptest::option::of(proptest::collection::vec("[a-zé ]{0,9}", 0..5));
    (text(), labels, text(), text()).prop_map(|(title, labels, project, note)| {
        let request = OrganizationRequest { title, labels, project, note };
        Organization::default().with(request.check().unwrap())
    })
}

fn any_job() -> impl Strategy<Value = Job> {
    let state = prop_oneof![
        proptest::option::of(any_parts()).prop_map(|parts| JobState::Uploading { parts }),
        any_time().prop_map(|since| JobState::Pending { since }),
        any_run(),
        any_completion(),
        any_failure(),
        any_time().prop_map(|at| JobState::Cancelled { at }),
    ];
    let input = ("[a-zé ]{0,9}x\\.vcf(\\.gz)?", ".{3,20}", ".{1,40}", any_upload());
    let maybe_time = || proptest::option::of(any_time());
    let times = (any_time(), maybe_time(), (maybe_time(), maybe_time(), maybe_time()));
    let chosen = (any_options(), any_organization());
    (any_uuid(), any_uuid(), (input, chosen), times, 1..u64::MAX, state).prop_map(
        |(
            id,
            owner,
            ((name, bucket, key, upload), (options, organization)),
            (submitted_at, reconciled_at, (input_deleted_at, logs_deleted_at, check_at)),
            version,
            state,
        )| Job {
            id: JobId::new(id),
            owner: UserId::new(owner),
            input: Input {
                name: FileName::parse(&name).unwrap(),
                file: ObjectLocation { bucket, key },
                size: upload.0,
                etag: upload.0.map(|size| format!("\"{size:x}\"")),
                uploaded_at: upload.1,
            },
            options,
            organization,
            submitted_at,
            version,
            reconciled_at,
            retention: Retention { input_deleted_at, logs_deleted_at, check_at },
            trace: TraceId::new(owner.as_u128()),
            state,
        },
    )
}

fn item_of(job: &Job) -> Item {
    to_item(JobRow::try_from(job).unwrap()).unwrap()
}

fn job_of(item: Item) -> Result<Job, RowError> {
    Job::try_from(from_item::<_, JobRow>(item).unwrap())
}

fn job_in(state: JobState) -> Job {
    let at = Timestamp::from_second(1_790_000_000).unwrap();
    let file = ObjectLocation { bucket: "inputs".into(), key: "gas/u/j~a.vcf".into() };
    let name = FileName::parse("a.vcf").unwrap();
    let job = Job::new(JobId::new(Uuid::nil()), UserId::new(Uuid::max()), name, file, at);
    Job { state, ..job }
}

fn run() -> Run {
    let at = Timestamp::from_second(1_790_000_009).unwrap();
    let progress = Progress { step: "annotate".into(), permille: 420, records: 7 };
    let claim = ClaimId(Uuid::nil());
    Run { claim, started_at: at, heartbeat_at: at, engine_failures: 0, progress, shards: None }
}

proptest! {
    #[test]
    fn every_job_round_trips_through_its_row(job in any_job()) {
        prop_assert_eq!(job_of(item_of(&job)).unwrap(), job);
    }

    #[test]
    fn every_attribute_of_a_row_is_known_by_name(job in any_job()) {
        let known = JobRow::attributes();
        prop_assert!(item_of(&job).keys().all(|name| known.contains(&name.as_str())));
    }
}

#[test]
fn attributes_of_a_newer_version_are_ignored() {
    let job = job_in(JobState::Running(run()));
    let mut item = item_of(&job);
    item.insert("newer".to_owned(), AttributeValue::S("value".to_owned()));
    assert_eq!(job_of(item).unwrap(), job);
    assert!(!JobRow::attributes().contains(&"newer"));
}

#[test]
fn an_organized_row_is_readable_in_every_state_and_an_empty_one_has_no_attributes() {
    let at = Timestamp::from_second(1_790_000_009).unwrap();
    for state in [JobState::Running(run()), JobState::Cancelled { at }] {
        let job = job_in(state);
        let mut item = item_of(&job);
        assert!(!item.keys().any(|name| name.starts_with("job_t") || name.starts_with("job_l")));
        let label = AttributeValue::L(vec![AttributeValue::S("exome".to_owned())]);
        item.insert("job_labels".to_owned(), label);
        item.insert("job_title".to_owned(), AttributeValue::S("Patient 7".to_owned()));
        let read = job_of(item).unwrap();
        assert_eq!(read.organization.title.unwrap().as_str(), "Patient 7");
        assert_eq!(read.organization.labels, Labels::parse(["exome"]).unwrap());
    }
}

#[test]
fn rows_without_the_keys_of_the_queue_index_are_readable() {
    let job = job_in(JobState::Running(run()));
    let mut item = item_of(&job);
    assert!(item.remove("active_status").is_some() && item.remove("active_time").is_some());
    assert_eq!(job_of(item).unwrap(), job);
}

#[test]
fn rows_with_and_without_a_shard_of_the_queue_index_are_readable() {
    for job in [
        job_in(JobState::Running(run())),
        job_in(JobState::Cancelled { at: Timestamp::UNIX_EPOCH }),
    ] {
        let row = JobRow::try_from(&job).unwrap().with_active_shard();
        assert_eq!(Job::try_from(row).unwrap(), job);
    }
    let mut item = item_of(&job_in(JobState::Running(run())));
    assert_eq!(item["active_status"].as_s().unwrap(), "RUNNING");
    item.insert("active_status".to_owned(), AttributeValue::S("RUNNING#9".to_owned()));
    assert!(job_of(item.clone()).is_ok());
    item.insert("active_status".to_owned(), AttributeValue::S("PENDING#1".to_owned()));
    assert!(job_of(item).is_err(), "the row is not pending");
}

#[test]
fn rows_of_ended_jobs_without_a_deadline_are_readable_and_get_one() {
    let at = Timestamp::from_second(1_790_000_009).unwrap();
    let job = job_in(JobState::Cancelled { at });
    let mut item = item_of(&job);
    assert_eq!(item["due_time"].as_n().unwrap(), &(1_790_000_009 + 24 * 3600).to_string());
    assert!(item.remove("due_shard").is_some() && item.remove("due_time").is_some());
    let read = job_of(item).unwrap();
    assert_eq!(read, job);
    assert!(item_of(&read).contains_key("due_time"), "the next write gives it a deadline");
}

#[test]
fn what_retention_deleted_is_stored_in_the_row() {
    let at = Timestamp::from_second(1_790_000_009).unwrap();
    let mut job = job_in(JobState::Cancelled { at });
    job.retention = Retention { input_deleted_at: Some(at), check_at: Some(at), ..job.retention };
    let item = item_of(&job);
    for name in ["input_delete_time", "retention_time", "due_time"] {
        assert_eq!(item[name].as_n().unwrap(), "1790000009", "{name}");
    }
    job.retention.logs_deleted_at = Some(at);
    let item = item_of(&job);
    assert_eq!(item["logs_delete_time"].as_n().unwrap(), "1790000009");
    assert!(!item.contains_key("due_time"), "nothing follows");
}

#[test]
fn attributes_have_the_original_names_and_types() {
    let item = item_of(&job_in(JobState::Pending { since: Timestamp::UNIX_EPOCH }));
    let text = |name: &str| item[name].as_s().unwrap().as_str();
    assert_eq!(text("job_id"), "00000000-0000-0000-0000-000000000000");
    assert_eq!(text("user_id"), "ffffffff-ffff-ffff-ffff-ffffffffffff");
    assert_eq!(text("input_file_name"), "a.vcf");
    assert_eq!(text("s3_inputs_bucket"), "inputs");
    assert_eq!(text("s3_key_input_file"), "gas/u/j~a.vcf");
    assert_eq!(text("job_status"), "PENDING");
    assert_eq!(item["submit_time"].as_n().unwrap(), "1790000000");
    assert_eq!(item["version"].as_n().unwrap(), "1");
    assert_eq!(item["queue_time"].as_n().unwrap(), "0");
    assert_eq!(item["due_time"].as_n().unwrap(), "120");
    assert_eq!(text("due_shard"), "0");
    assert_eq!(text("active_status"), "PENDING");
    assert_eq!(item["active_time"].as_n().unwrap(), "0");
    assert_eq!(item.len(), 13, "a pending job has no other attributes: {item:?}");
}

#[test]
fn a_running_row_without_claim_is_rejected() {
    let mut item = item_of(&job_in(JobState::Running(run())));
    item.remove("claim_id");
    let error = job_of(item).unwrap_err().to_string();
    let id = Uuid::nil();
    assert_eq!(error, format!("job {id}: a row in state RUNNING needs attribute claim_id"));
}

#[test]
fn a_row_with_attributes_of_another_state_is_rejected() {
    let mut item = item_of(&job_in(JobState::Running(run())));
    item.insert("complete_time".into(), AttributeValue::N("1790000010".into()));
    let error = job_of(item).unwrap_err();
    assert_eq!(
        error,
        RowError::Surplus { job: JobId::new(Uuid::nil()), status: JobStatus::Running }
    );
}

#[test]
fn a_time_out_of_range_is_rejected() {
    let mut item = item_of(&job_in(JobState::Pending { since: Timestamp::UNIX_EPOCH }));
    item.insert("submit_time".into(), AttributeValue::N(i64::MAX.to_string()));
    assert!(matches!(job_of(item), Err(RowError::Time { name: "submit_time", .. })));
}

#[test]
fn an_invalid_file_name_is_rejected() {
    let mut item = item_of(&job_in(JobState::Pending { since: Timestamp::UNIX_EPOCH }));
    item.insert("input_file_name".into(), AttributeValue::S("a.exe".into()));
    assert!(matches!(job_of(item), Err(RowError::FileName { .. })));
}

#[test]
fn an_unknown_status_is_rejected() {
    let mut item = item_of(&job_in(JobState::Pending { since: Timestamp::UNIX_EPOCH }));
    item.insert("job_status".into(), AttributeValue::S("DONE".into()));
    assert!(from_item::<_, JobRow>(item).is_err());
}

#[test]
fn a_result_and_a_log_in_different_buckets_are_rejected() {
    let elsewhere = ObjectLocation { bucket: "elsewhere".into(), key: "k".into() };
    let job = completed(Results::fresh(elsewhere, None));
    assert_eq!(JobRow::try_from(&job), Err(RowError::SplitResults { job: job.id }));
}

fn completed(results: Results) -> Job {
    let at = run().started_at;
    job_in(JobState::Completed(Completion {
        started_at: at,
        completed_at: at,
        records: 1,
        not_annotated: None,
        provenance: None,
        results,
        result_size: 1,
        log: result("log"),
    }))
}

#[test]
fn a_row_without_counts_of_unannotated_records_is_readable_and_new_reasons_do_not_break_it() {
    let stored = Stored { file: result("r"), until: None, restored_at: None };
    let mut job = completed(Results::Stored(stored));
    let item = item_of(&job);
    assert!(!item.contains_key("not_annotated"));
    assert_eq!(job_of(item).unwrap(), job);
    let JobState::Completed(done) = &mut job.state else { panic!("not completed") };
    done.not_annotated = Some(NotAnnotated { ref_mismatch: 2, ..NotAnnotated::default() });
    let mut item = item_of(&job);
    let AttributeValue::M(map) = item.get_mut("not_annotated").unwrap() else { panic!("no map") };
    assert_eq!(map.len(), 1, "counts of zero are left out: {map:?}");
    map.insert("a_new_reason".into(), AttributeValue::N("3".into()));
    assert_eq!(job_of(item).unwrap(), job);
}

/// The sparse index must contain archived rows only.
#[test]
fn only_archived_rows_have_the_key_of_the_archived_index() {
    let at = run().started_at;
    let archived = Archived { id: "A".into(), tree_hash: "00".into(), at };
    let in_archive = Results::Archived { archived: archived.clone(), leftover: None };
    let item = item_of(&completed(in_archive));
    assert_eq!(item["archived_user_id"], item["user_id"]);
    assert_eq!(item["results_file_archive_id"].as_s().unwrap(), "A");
    assert!(!item.contains_key("s3_key_result_file"), "the S3 object is deleted");
    let tomorrow = (at + jiff::SignedDuration::from_hours(24)).as_second().to_string();
    assert_eq!(item["due_time"].as_n().unwrap(), &tomorrow, "only retention is due");

    let restored = Stored { file: result("r"), until: None, restored_at: Some(at) };
    let item = item_of(&completed(Results::Stored(restored)));
    assert!(!item.contains_key("archived_user_id"));
    assert!(!item.contains_key("results_file_archive_id"));
    assert_eq!(item["s3_key_result_file"].as_s().unwrap(), "r");
}

#[test]
fn an_archived_row_without_tree_hash_is_rejected() {
    let archived = Archived { id: "A".into(), tree_hash: "00".into(), at: run().started_at };
    let mut item = item_of(&completed(Results::Archived { archived, leftover: None }));
    item.remove("results_file_tree_hash");
    let error = job_of(item).unwrap_err();
    assert!(matches!(error, RowError::Missing { name: "results_file_tree_hash", .. }));
}

#[test]
fn rows_without_options_have_the_default_ones_and_options_of_newer_versions_are_kept() {
    let job = job_in(JobState::Pending { since: Timestamp::from_second(5).unwrap() });
    let item = item_of(&job);
    assert!(!item.contains_key("options"), "rows of older versions have none");
    assert_eq!(job_of(item.clone()).unwrap().options, StoredOptions::default());

    let chosen = JobOptions { selection: Selection::Pick, ..JobOptions::default() };
    let mut item = item_of(&job.with(chosen));
    let Some(AttributeValue::M(options)) = item.get_mut("options") else { panic!("no map") };
    assert_eq!(options["selection"], AttributeValue::S("pick".to_owned()));
    options.insert("selection".to_owned(), AttributeValue::S("newest".to_owned()));
    let newer = job_of(item.clone()).unwrap();
    assert_eq!(newer.options.known(), None);
    assert_eq!(item_of(&newer), item, "a change of the job keeps them");
}
