//! Tests of copies against a server that records requests.

use super::*;
use crate::aws::testing::serve;
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const GIB: u64 = 1024 * 1024 * 1024;

/// What the server does with the second part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Second {
    Copied,
    Rejected,
    Stalled,
}

type Calls = Arc<Mutex<Vec<String>>>;

/// An S3 server with one object of `size` bytes, or none.
async fn s3(size: Option<u64>, second: Second) -> (Copies, Calls) {
    let calls = Calls::default();
    let seen = calls.clone();
    let answer = async move |request: Request| -> Response {
        let query = request.uri().query().unwrap_or_default();
        let query: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("x-id=")).collect();
        let mut call = format!("{} {}", request.method(), query.join("&"));
        for name in ["x-amz-copy-source-range", "x-amz-copy-source-if-match"] {
            if let Some(value) = request.headers().get(name) {
                call = format!("{call} {}", value.to_str().unwrap());
            }
        }
        let call = call.trim_end().to_owned();
        seen.lock().unwrap().push(call.clone());
        if *request.method() == Method::HEAD {
            return match size {
                Some(size) => [("content-length", size.to_string()), ("etag", "\"v1\"".into())]
                    .into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            };
        }
        if call.starts_with("POST uploads") {
            return "<InitiateMultipartUploadResult><UploadId>u7</UploadId></InitiateMultipartUploadResult>"
                .into_response();
        }
        if call.contains("partNumber=2") {
            match second {
                Second::Copied => {}
                Second::Rejected => return StatusCode::PRECONDITION_FAILED.into_response(),
                Second::Stalled => pending().await,
            }
        }
        let result = match *request.method() {
            Method::DELETE => return StatusCode::NO_CONTENT.into_response(),
            Method::POST => "CompleteMultipartUploadResult",
            _ if call.contains("partNumber") => "CopyPartResult",
            _ => "CopyObjectResult",
        };
        format!("<{result}><ETag>\"tag\"</ETag></{result}>").into_response()
    };
    let config = serve(Router::new().fallback(answer)).await;
    let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    (Copies::new(&Client::from_conf(config)), calls)
}

fn object(key: &str) -> ObjectLocation {
    ObjectLocation { bucket: "b".into(), key: key.into() }
}

fn sorted(calls: &Calls) -> Vec<String> {
    let mut calls = calls.lock().unwrap().clone();
    calls.sort();
    calls
}

#[tokio::test]
async fn a_large_object_is_copied_in_parts_of_one_version() {
    let (copies, calls) = s3(Some(25), Second::Copied).await;
    assert!(copies.in_parts_of(10).copy(&object("from"), &object("to")).await.unwrap());
    let expected = [
        "HEAD",
        "POST uploadId=u7",
        "POST uploads",
        "PUT partNumber=1&uploadId=u7 bytes=0-9 \"v1\"",
        "PUT partNumber=2&uploadId=u7 bytes=10-19 \"v1\"",
        "PUT partNumber=3&uploadId=u7 bytes=20-24 \"v1\"",
    ];
    assert_eq!(sorted(&calls), expected);
}

#[tokio::test]
async fn a_small_object_is_copied_in_one_request_and_an_absent_one_not_at_all() {
    let (copies, calls) = s3(Some(10), Second::Copied).await;
    assert!(copies.in_parts_of(10).copy(&object("from"), &object("to")).await.unwrap());
    assert_eq!(sorted(&calls), ["HEAD", "PUT"]);
    let (copies, calls) = s3(None, Second::Copied).await;
    assert!(!copies.copy(&object("from"), &object("to")).await.unwrap());
    assert_eq!(sorted(&calls), ["HEAD"]);
}

#[tokio::test]
async fn a_copy_is_aborted_if_a_part_fails() {
    let (copies, calls) = s3(Some(25), Second::Rejected).await;
    copies.in_parts_of(10).copy(&object("from"), &object("to")).await.unwrap_err();
    let calls = sorted(&calls);
    assert!(calls.contains(&"DELETE uploadId=u7".to_owned()), "{calls:?}");
    assert!(!calls.contains(&"POST uploadId=u7".to_owned()), "{calls:?}");
}

#[tokio::test]
async fn a_copy_is_aborted_if_its_request_is_given_up() {
    let (copies, calls) = s3(Some(25), Second::Stalled).await;
    let copies = copies.in_parts_of(10);
    let (from, to) = (object("from"), object("to"));
    let given_up = timeout(Duration::from_millis(500), copies.copy(&from, &to)).await;
    assert!(given_up.is_err());
    let is_aborted = async {
        while !sorted(&calls).contains(&"DELETE uploadId=u7".to_owned()) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), is_aborted).await.unwrap();
}

#[test]
fn parts_cover_an_object_without_gap_or_overlap_within_the_limits_of_s3() {
    for size in [PART_BYTES + 1, 2 * PART_BYTES, 6 * GIB, 50 * GIB, 5 * 1024 * GIB] {
        let mut end = 0;
        let mut count = 0;
        for (number, range) in parts(size, PART_BYTES) {
            count += 1;
            assert_eq!(number, count);
            assert_eq!(range.start, end);
            assert!(!range.is_empty() && range.end - range.start <= 5 * GIB);
            end = range.end;
        }
        assert_eq!(end, size);
        assert!(u64::from(count) <= MAX_PARTS, "{count} parts of {size} bytes");
    }
}
