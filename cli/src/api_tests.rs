//! Tests of the REST client: retries, rejections, deletion and time limits.

use super::*;
use crate::fake::{FAST, client, start};
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::response::IntoResponse;
use futures::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const ACCOUNT: &str = "GET /api/v1/account";

#[tokio::test]
async fn a_busy_server_is_retried_after_its_retry_after_time() {
    let busy = || (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response();
    let (api, fake) =
        start(Box::new(move |call, earlier| (call == ACCOUNT && earlier == 0).then(busy))).await;
    let id = Uuid::nil();
    // The rejected request is the next one; no other request is sent in between.
    let (account, job) = tokio::join!(api.account(), api.job(id));
    assert_eq!((account.unwrap().name.as_str(), job.unwrap().id), ("Ada", id));
    let attempts = fake.times(ACCOUNT, "");
    assert_eq!(attempts.len(), 2);
    assert!(attempts[1] - attempts[0] >= Duration::from_secs(1));
    assert!(fake.times("GET /api/v1/jobs/", "")[0] > attempts[1]);
}

#[tokio::test]
async fn a_rejection_is_reported_at_once_and_a_redirect_is_not_followed() {
    let (api, fake) = start(Box::new(|_, earlier| {
        Some(match earlier {
            0 => {
                let text = r#"{"code":"invalid_token","detail":"the token is unknown"}"#;
                (StatusCode::UNAUTHORIZED, text).into_response()
            }
            _ => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "/elsewhere")]).into_response(),
        })
    }))
    .await;
    assert_eq!(api.account().await.unwrap_err().to_string(), "the token is unknown");
    assert_eq!(fake.times("", "").len(), 1);
    let error = api.account().await.unwrap_err();
    assert!(matches!(error, CliError::Unexpected { status: 307 }), "{error:?}");
    assert_eq!(fake.times("", "elsewhere").len(), 0);
}

#[tokio::test]
async fn deleting_succeeds_if_an_attempt_without_response_deleted_the_job() {
    let gone = r#"{"code":"not_found","detail":"there is no job"}"#;
    let gone = move || (StatusCode::NOT_FOUND, gone).into_response();
    let lost = || StatusCode::BAD_GATEWAY.into_response();
    let (api, _) =
        start(Box::new(move |_, earlier| Some(if earlier == 0 { lost() } else { gone() }))).await;
    api.delete(Uuid::nil()).await.unwrap();
    let error = api.delete(Uuid::nil()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no job", "the first attempt found no job");
}

const MIB: usize = 1024 * 1024;

/// The size of the upload, in bytes: far more than the buffers of a connection hold.
const SIZE: usize = 48 * MIB;

/// Uploads to a server that handles the connection with `serve`. Returns the result and the time.
async fn upload<F>(serve: fn(TcpStream) -> F) -> (Result<(), CliError>, Duration)
where
    F: Future<Output = ()> + Send + 'static,
{
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let api = client(&listener);
    let ticket = Upload {
        url: format!("http://{}/", listener.local_addr().unwrap()),
        fields: Vec::new(),
        content_type: "text/plain".to_owned(),
    };
    tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    let piece = Bytes::from_static(&[b'x'; MIB / 16]);
    let pieces = stream::iter((0..SIZE / piece.len()).map(move |_| Ok(piece.clone())));
    let begun = Instant::now();
    let done = api.upload(&ticket, pieces, SIZE as u64).await;
    (done, begun.elapsed())
}

#[tokio::test]
async fn a_slow_upload_has_no_time_limit() {
    let (done, took) = upload(|mut connection| async move {
        let mut piece = vec![0; MIB / 8];
        let mut size = 0;
        while size < SIZE {
            size += connection.read(&mut piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        // The rest of the request is read, so that the response arrives.
        while connection.read(&mut piece).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    done.unwrap();
    assert!(took > FAST.idle_timeout * 3 / 2, "the server was slow, {took:?}");
}

#[tokio::test]
async fn an_upload_without_progress_is_aborted() {
    let (done, took) = upload(|connection| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(connection);
    })
    .await;
    assert!(matches!(done, Err(CliError::Stalled(_))), "{done:?}");
    assert!(took >= FAST.idle_timeout && took < Duration::from_secs(30), "{took:?}");
}
