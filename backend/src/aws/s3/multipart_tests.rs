//! Tests of multipart uploads against a server that records requests.

use super::*;
use crate::aws::testing::serve;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex};

/// The recorded requests: method with query, and body.
type Requests = Arc<Mutex<Vec<(String, String)>>>;

/// An S3 server that accepts every request.
async fn s3() -> (Client, Requests) {
    let requests = Requests::default();
    let seen = requests.clone();
    let answer = async move |request: Request| -> Response {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let call = format!("{} {}", head.method, head.uri.query().unwrap_or_default());
        seen.lock().unwrap().push((call.clone(), String::from_utf8_lossy(&body).into_owned()));
        if call.starts_with("POST uploads") {
            let text = "<InitiateMultipartUploadResult><UploadId>u7</UploadId></InitiateMultipartUploadResult>";
            return text.into_response();
        }
        let headers = [("etag", "\"tag\""), ("x-amz-checksum-crc32", "AAAAAA==")];
        (headers, "<CompleteMultipartUploadResult/>").into_response()
    };
    let config = serve(Router::new().fallback(answer)).await;
    let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    (Client::from_conf(config), requests)
}

fn file() -> ObjectLocation {
    ObjectLocation { bucket: "b".into(), key: "k".into() }
}

/// The recorded calls, without the query parameter by which the SDK names its operation.
fn calls(requests: &Requests) -> Vec<String> {
    let requests = requests.lock().unwrap();
    let calls = requests.iter().filter_map(|(call, _)| {
        let (method, query) = call.split_once(' ')?;
        let query: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("x-id=")).collect();
        Some(format!("{method} {}", query.join("&")))
    });
    calls.collect()
}

#[tokio::test]
async fn parts_become_an_object_with_their_tags_and_checksums() {
    let ((client, requests), file) = (s3().await, file());
    let upload = Multipart::begin(&client, &file, "text/plain", None).await.unwrap();
    let one = upload.send(1, ByteStream::from_static(b"one")).await.unwrap();
    let two = upload.send(2, ByteStream::from_static(b"two")).await.unwrap();
    let done = upload.complete(vec![one, two]).await;
    upload.or_abort(done).await.unwrap();
    let expected = [
        "POST uploads",
        "PUT partNumber=1&uploadId=u7",
        "PUT partNumber=2&uploadId=u7",
        "POST uploadId=u7",
    ];
    assert_eq!(calls(&requests), expected);
    let list = requests.lock().unwrap()[3].1.clone();
    assert_eq!(list.matches("<ETag>").count(), 2, "{list}");
    assert_eq!(list.matches("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>").count(), 2, "{list}");
}

#[tokio::test]
async fn an_upload_is_aborted_if_a_step_fails() {
    let ((client, requests), file) = (s3().await, file());
    let upload = Multipart::begin(&client, &file, "text/plain", None).await.unwrap();
    let failed: PortResult<()> = Err(PortError::new("read a file", "no such file"));
    let error = upload.or_abort(failed).await.unwrap_err();
    assert!(error.to_string().contains("read a file"), "{error}");
    assert_eq!(calls(&requests), ["POST uploads", "DELETE uploadId=u7"]);
}
