//! Tests of `gas-cli annotate` against a fake of the REST API.

use super::*;
use crate::args::{DownloadOptions, OrganizeOptions, UploadOptions};
use crate::fake::{FAST, Fake, Hook, start};
use crate::job_options::JobOptionArgs;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::stream;
use gas_shared::job::Labels;
use gas_shared::{Layout, Selection, Transcripts};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const VCF: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n20\t5\t.\tA\tC\t.\t.\t.\n";

const CREATE: &str = "POST /api/v1/jobs";
const POLL: &str = "GET /api/v1/jobs/";

/// Creates a folder with these files, and returns it with their paths.
fn files<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = names.into_iter().map(|name| {
        let path = folder.path().join(name.as_ref());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut content = VCF.as_bytes().to_vec();
        if name.as_ref().ends_with(".gz") {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(&content).unwrap();
            content = gzip.finish().unwrap();
        }
        std::fs::write(&path, content).unwrap();
        path
    });
    let paths = paths.collect();
    (folder, paths)
}

/// Annotates files and waits for their jobs.
async fn run(
    hook: Hook,
    files: Vec<PathBuf>,
    output: Option<PathBuf>,
) -> (Result<ExitCode, CliError>, Arc<Fake>) {
    let (api, fake) = start(hook).await;
    let job = JobOptionArgs {
        reference: None,
        transcripts: Transcripts::All,
        select: Selection::Pick,
        layout: Layout::Csq,
        no_hgvs: false,
        sources: None,
        no_sources: false,
    };
    let options = AnnotateOptions {
        files,
        wait: true,
        output,
        downloads: DownloadOptions::default(),
        upload: UploadOptions { parallel_parts: 4, state_dir: None },
        organize: OrganizeOptions {
            labels: Some(Labels::parse(["exome"]).unwrap()),
            project: None,
        },
        force: false,
        job,
    };
    (annotate(&api, &options, OutputFormat::Text).await, fake)
}

fn is_success(done: Result<ExitCode, CliError>) -> bool {
    // `ExitCode` does not implement `PartialEq`.
    format!("{:?}", done.unwrap()) == format!("{:?}", ExitCode::SUCCESS)
}

#[tokio::test]
async fn many_jobs_are_polled_one_at_a_time() {
    let (_folder, paths) = files((0..40).map(|number| format!("{number}.vcf")));
    let (done, fake) = run(Box::new(|_, _| None), paths, None).await;
    assert!(is_success(done));
    let polls = fake.times(POLL, "");
    assert_eq!(polls.len(), 80, "each job is seen running and completed");
    let took = polls[79] - polls[0];
    assert!(took >= FAST.poll_spacing * 70, "{took:?} for 80 polls");
}

#[tokio::test]
async fn nothing_is_uploaded_if_no_result_can_be_saved() {
    let (_folder, paths) = files(["a.vcf"]);
    // Not even root makes a folder there.
    let output = PathBuf::from("/proc/gas-cli/results");
    let (done, fake) = run(Box::new(|_, _| None), paths, Some(output)).await;
    let error = done.unwrap_err();
    assert!(matches!(error, CliError::Folder { .. }), "{error}");
    assert!(fake.times(CREATE, "").is_empty());
}

/// Fails the first polls of the first three jobs, each in a different way.
fn busy() -> Hook {
    let seen = Mutex::new(Vec::new());
    let broken = || Body::from_stream(stream::iter([Ok("{"), Err(io::Error::other("broken"))]));
    Box::new(move |call, earlier| {
        if !call.starts_with(POLL) || call.ends_with("/result") || call.ends_with("/log") {
            return None;
        }
        let mut seen = seen.lock().unwrap();
        if !seen.contains(&call.to_owned()) {
            seen.push(call.to_owned());
        }
        let limited = r#"{"code":"rate_limited","detail":"wait"}"#;
        let response: Response = match seen.iter().position(|other| other == call) {
            Some(0) => (StatusCode::TOO_MANY_REQUESTS, limited).into_response(),
            Some(1) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Some(2) => broken().into_response(),
            _ => return None,
        };
        (earlier < 6).then_some(response)
    })
}

#[tokio::test]
async fn polling_continues_while_gas_is_busy() {
    let (folder, paths) = files((0..5).map(|number| format!("{number}.vcf")));
    let out = folder.path().join("out");
    let (done, fake) = run(busy(), paths, Some(out.clone())).await;
    assert!(is_success(done));
    for (number, id) in fake.ids().iter().enumerate() {
        for ending in ["annot.vcf", "log"] {
            let text = std::fs::read_to_string(out.join(format!("{number}.{ending}")));
            assert_eq!(text.unwrap(), id.to_string());
        }
    }
    assert_eq!(std::fs::read_dir(out).unwrap().count(), 10, "nothing incomplete is left");
}

/// The download window may be only minutes long, and uploads may take longer.
#[tokio::test]
async fn results_are_downloaded_while_files_are_still_uploaded() {
    let (folder, paths) = files((0..20).map(|number| format!("{number}.vcf")));
    // Each upload takes a while because it needs three attempts.
    let hook: Hook = Box::new(|call, earlier| {
        let again = call == "POST /upload" && earlier % 3 < 2;
        again.then(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    });
    let (done, fake) = run(hook, paths, Some(folder.path().join("out"))).await;
    assert!(is_success(done));
    let (results, uploads) = (fake.times(POLL, "/result"), fake.times("POST", "/upload"));
    assert_eq!((results.len(), uploads.len()), (20, 60));
    assert!(results[0] < uploads[57], "before the upload of the last file began");
}

#[tokio::test]
async fn nothing_is_uploaded_if_a_result_could_not_be_saved() {
    let clashes = [["a/x.vcf", "b/x.vcf"], ["x.vcf", "x.vcf.gz"]];
    for names in clashes {
        let (folder, paths) = files(names);
        let (done, fake) = run(Box::new(|_, _| None), paths, Some(folder.path().into())).await;
        let error = done.unwrap_err().to_string();
        let error = error.replace(&format!("{}/", folder.path().display()), "");
        let begin =
            format!("{} and {} would both be saved as x.annot.vcf; rename", names[0], names[1]);
        assert!(error.starts_with(&begin), "{error}");
        assert_eq!(fake.times("POST", "").len(), 0);
    }
    let (folder, paths) = files(["a.vcf", "x.vcf"]);
    std::fs::write(folder.path().join("x.log"), "").unwrap();
    let (done, fake) = run(Box::new(|_, _| None), paths, Some(folder.path().into())).await;
    let error = done.unwrap_err().to_string();
    assert!(error.contains("x.log exists; give --force"), "{error}");
    assert_eq!(fake.times("POST", "").len(), 0);
}

#[tokio::test]
async fn an_upload_is_retried_with_a_new_ticket_for_the_same_job() {
    let (_folder, paths) = files(["x.vcf"]);
    let hook: Hook = Box::new(|call, earlier| match (call, earlier) {
        ("POST /upload", 0) => Some((StatusCode::FORBIDDEN, "Policy expired.").into_response()),
        ("POST /upload", 1) => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        _ => None,
    });
    let (done, fake) = run(hook, paths, None).await;
    assert!(is_success(done));
    assert_eq!((fake.times(CREATE, "/jobs").len(), fake.ids().len()), (3, 1));
    assert_eq!(fake.times("POST", "/submit").len(), 1);
}

#[tokio::test]
async fn new_jobs_get_labels_and_a_failure_of_that_loses_no_result() {
    for (status, is_labelled) in [(StatusCode::OK, true), (StatusCode::BAD_REQUEST, false)] {
        let (folder, paths) = files(["x.vcf", "y.vcf"]);
        let hook: Hook = Box::new(move |call, _| {
            let is_rejected = call.starts_with("PATCH") && status != StatusCode::OK;
            is_rejected
                .then(|| (status, r#"{"code":"invalid_request","detail":"no"}"#).into_response())
        });
        let (done, fake) = run(hook, paths, Some(folder.path().join("out"))).await;
        assert_eq!(is_success(done), is_labelled);
        assert_eq!(fake.times("PATCH /api/v1/jobs/", "").len(), 2);
        assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 4);
    }
}

#[tokio::test]
async fn the_job_of_a_file_that_storage_rejects_is_cancelled() {
    let (_folder, paths) = files(["x.vcf", "y.vcf"]);
    let hook: Hook = Box::new(|call, earlier| {
        let first = call == "POST /upload" && earlier == 0;
        first.then(|| (StatusCode::BAD_REQUEST, "EntityTooLarge").into_response())
    });
    let (done, fake) = run(hook, paths, None).await;
    assert!(!is_success(done));
    assert_eq!((fake.times("POST", "/cancel").len(), fake.times("POST", "/submit").len()), (1, 1));
}

#[tokio::test]
async fn a_compressed_result_is_saved_with_the_ending_gz_and_not_replaced() {
    let (folder, paths) = files(["x.vcf"]);
    let out = folder.path().join("out");
    let packed = || -> Hook {
        let packed = b"\x1f\x8b\x08\x04packed";
        Box::new(move |call, _| call.contains("/stored/").then(|| packed.into_response()))
    };
    let (done, _) = run(packed(), paths.clone(), Some(out.clone())).await;
    assert!(is_success(done));
    assert_eq!(std::fs::read(out.join("x.annot.vcf.gz")).unwrap()[..2], [0x1f, 0x8b]);
    assert!(!out.join("x.annot.vcf").exists());
    std::fs::remove_file(out.join("x.log")).unwrap();
    let (again, fake) = run(packed(), paths, Some(out.clone())).await;
    assert!(
        matches!(again.unwrap_err(), CliError::Exists(path) if path.ends_with("x.annot.vcf.gz"))
    );
    assert_eq!(fake.times(POLL, "/result").len(), 0);
}

/// Returns a job in the status `paused`, which this program does not know, at the first two polls and
/// then whatever the fake returns. With `finished`, the job has ended with that status.
fn paused(finished: bool) -> Hook {
    Box::new(move |call, earlier| {
        let id = call.strip_prefix(POLL).filter(|id| !id.contains('/'))?;
        let finished_at = finished.then_some("2026-09-21T14:15:00Z");
        let job = serde_json::json!({"id": id, "file_name": "x.vcf", "status": "paused",
            "submitted_at": "2026-09-21T14:13:20Z", "finished_at": finished_at});
        (finished || earlier < 2).then(|| job.to_string().into_response())
    })
}

#[tokio::test]
async fn a_job_with_an_unknown_status_is_polled_until_it_finishes() {
    let (folder, paths) = files(["x.vcf"]);
    let (done, fake) = run(paused(false), paths, Some(folder.path().join("out"))).await;
    assert!(is_success(done));
    let id = fake.ids()[0];
    assert_eq!(fake.times(POLL, &id.to_string()).len(), 3);
    let result = std::fs::read_to_string(folder.path().join("out/x.annot.vcf"));
    assert_eq!(result.unwrap(), id.to_string());
}

#[tokio::test]
async fn a_job_that_finishes_with_an_unknown_status_is_an_error() {
    let (folder, paths) = files(["x.vcf"]);
    let (done, fake) = run(paused(true), paths, Some(folder.path().join("out"))).await;
    assert!(!is_success(done));
    assert_eq!(fake.times(POLL, &fake.ids()[0].to_string()).len(), 1);
    assert_eq!(fake.times(POLL, "/result").len(), 0, "nothing is downloaded");
}
