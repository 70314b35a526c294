//! Tests of the API's job representation.

use super::*;
use gas_shared::job::{ClaimId, Progress};
use gas_shared::job::{Completion, Failure, NotAnnotated, ObjectLocation, Run, Stored};
use gas_shared::{FileName, JobId, UserId};

fn job(state: JobState) -> Job {
    let at = Timestamp::from_second(1_790_000_000).unwrap();
    let file = ObjectLocation { bucket: "secret-bucket".into(), key: "secret-key".into() };
    let name = FileName::parse("a.vcf").unwrap();
    let (id, owner) = (JobId::new(Uuid::nil()), UserId::new(Uuid::max()));
    Job { state, ..Job::new(id, owner, name, file, at) }
}

fn json(state: JobState) -> String {
    let text = serde_json::to_string(&JobDto::from(&job(state))).unwrap();
    assert!(!text.contains("secret") && !text.contains("ffffffff"), "{text}");
    text
}

#[test]
fn the_copy_of_a_file_from_a_url_has_its_progress() {
    let parts = |copied| {
        let parts = Parts { upload_id: "secret".into(), size: 200, part_bytes: 50, copied };
        JobDto::from(&job(JobState::Uploading { parts: Some(parts) })).progress
    };
    let step = "copy".to_owned();
    assert_eq!(parts(Some(50)), Some(ProgressDto { step, percent: 25.0, variants: 0 }));
    assert_eq!(parts(None), None, "the client knows what it has sent");
}

#[test]
fn a_job_is_serialized_without_internal_fields() {
    let at = Timestamp::from_second(1_790_000_100).unwrap();
    insta::assert_snapshot!(json(JobState::Uploading { parts: None }), @r#"{"id":"00000000-0000-0000-0000-000000000000","file_name":"a.vcf","title":null,"labels":[],"project":null,"note":null,"size_bytes":null,"options":{"transcripts":"all","selection":"all","layout":"csq","hgvs":true},"status":"uploading","submitted_at":"2026-09-21T14:13:20Z","started_at":null,"finished_at":null,"input_deleted_at":null,"progress":null,"failure":null,"result":null,"warnings":[]}"#);
    let running = JobState::Running(Run {
        claim: ClaimId(Uuid::max()),
        started_at: at,
        heartbeat_at: at,
        engine_failures: 0,
        progress: Progress { step: "annotate".into(), permille: 421, records: 7 },
        shards: None,
    });
    insta::assert_snapshot!(json(running), @r#"{"id":"00000000-0000-0000-0000-000000000000","file_name":"a.vcf","title":null,"labels":[],"project":null,"note":null,"size_bytes":null,"options":{"transcripts":"all","selection":"all","layout":"csq","hgvs":true},"status":"running","submitted_at":"2026-09-21T14:13:20Z","started_at":"2026-09-21T14:15:00Z","finished_at":null,"input_deleted_at":null,"progress":{"step":"annotate","percent":42.1,"variants":7},"failure":null,"result":null,"warnings":[]}"#);
    let failed = JobState::Failed(Failure {
        at,
        kind: FailureKind::Input,
        reason: "line 3, POS: \"12a\" is not a position".into(),
        code: Some("bad_position".into()),
        mismatch: None,
    });
    insta::assert_snapshot!(json(failed), @r#"{"id":"00000000-0000-0000-0000-000000000000","file_name":"a.vcf","title":null,"labels":[],"project":null,"note":null,"size_bytes":null,"options":{"transcripts":"all","selection":"all","layout":"csq","hgvs":true},"status":"failed","submitted_at":"2026-09-21T14:13:20Z","started_at":null,"finished_at":"2026-09-21T14:15:00Z","input_deleted_at":null,"progress":null,"failure":{"kind":"input","reason":"line 3, POS: \"12a\" is not a position","code":"bad_position","assembly_mismatch":null},"result":null,"warnings":[]}"#);
}

#[test]
fn a_result_includes_the_end_of_its_download_window() {
    let at = Timestamp::from_second(1_790_000_100).unwrap();
    let file = ObjectLocation { bucket: "secret-bucket".into(), key: "secret-key".into() };
    let stored = Stored { file: file.clone(), until: Some(at), restored_at: None };
    let done = JobState::Completed(Completion {
        started_at: at,
        completed_at: at,
        records: 7,
        provenance: None,
        not_annotated: Some(NotAnnotated {
            outside_reference: 2,
            ref_mismatch: 1,
            not_a_variant: 1,
            ..NotAnnotated::default()
        }),
        results: Results::Stored(stored),
        result_size: 900,
        log: file,
    });
    let text = json(done);
    assert!(text.ends_with(r#""result":{"state":"available","size_bytes":900,"variants":3,"records":7,"downloadable_until":"2026-09-21T14:15:00Z","archived_at":null,"restore_tier":null,"provenance":null},"warnings":[{"code":"outside_reference","count":2,"message":"2 records are on contigs that the reference does not have, and are not annotated."},{"code":"ref_mismatch","count":1,"message":"1 record has a REF that differs from the reference, and is not annotated."}]}"#), "{text}");
}

#[test]
fn states_are_spelled_in_lower_case() {
    for status in JobStatus::ALL {
        let dto = StatusDto::from(status);
        assert_eq!(serde_json::to_value(dto).unwrap(), status.as_str().to_lowercase());
        assert_eq!(JobStatus::from(dto), status);
    }
}
