//! Tests of the requests to servers with files: ranges, versions, and hosts that are not allowed.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::get;
use futures::{StreamExt, stream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const FILE: &[u8] = b"##fileformat=VCFv4.2\n#CHROM\n";

/// The entity tag of the file now, and the number of requests.
type Shared = Arc<Mutex<(String, u32)>>;

/// Answers as S3 does: ranges, `If-Match`, and an entity tag.
async fn ranged(State(shared): State<Shared>, headers: HeaderMap) -> Answer {
    let tag = {
        let mut shared = shared.lock().unwrap();
        shared.1 += 1;
        shared.0.clone()
    };
    if headers.get(IF_MATCH).is_some_and(|wanted| *wanted != *tag) {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    assert_eq!(headers[ACCEPT_ENCODING], "identity");
    let range = headers[RANGE].to_str().unwrap().strip_prefix("bytes=").unwrap();
    let (start, last) = range.split_once('-').unwrap();
    let (start, last): (usize, usize) = (start.parse().unwrap(), last.parse().unwrap());
    let last = last.min(FILE.len() - 1);
    let range = format!("bytes {start}-{last}/{}", FILE.len());
    let headers = [(ETAG, tag), (CONTENT_RANGE, range)];
    (StatusCode::PARTIAL_CONTENT, headers, FILE[start..=last].to_vec()).into_response()
}

fn fixed(code: u16) -> axum::routing::MethodRouter<Shared> {
    get(move || std::future::ready(StatusCode::from_u16(code).unwrap()))
}

/// A server on this machine, and its state.
async fn server() -> (String, Shared) {
    let shared = Shared::new(Mutex::new(("\"one\"".to_owned(), 0)));
    let partial = |headers: [(HeaderName, &'static str); 2], body: &'static str| {
        get(move || std::future::ready((StatusCode::PARTIAL_CONTENT, headers.clone(), body)))
    };
    let dated = [(CONTENT_RANGE, "bytes 0-0/9"), (LAST_MODIFIED, "Mon, 02 Nov 2026 10:00:00 GMT")];
    let weak = [(CONTENT_RANGE, "bytes 0-0/9"), (ETAG, "W/\"a\"")];
    let unknown = [(CONTENT_RANGE, "bytes 0-0/*"), (ETAG, "\"a\"")];
    let short = [(CONTENT_RANGE, "bytes 0-8/9"), (ETAG, "\"a\"")];
    let empty =
        || std::future::ready((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, "bytes */0")]));
    let away = || std::future::ready((StatusCode::FOUND, [("location", "/lab/a%20b.vcf")]));
    let stalled = || {
        let sent = stream::iter([Ok::<_, std::io::Error>("###")]).chain(stream::pending());
        let headers = [(CONTENT_RANGE, "bytes 0-8/9"), (ETAG, "\"a\"")];
        std::future::ready((StatusCode::PARTIAL_CONTENT, headers, Body::from_stream(sent)))
    };
    let app = Router::new()
        .route("/lab/{name}", get(ranged))
        .route("/whole", get(|| std::future::ready(FILE)))
        .route("/dated", partial(dated, "#"))
        .route("/weak", partial(weak, "#"))
        .route("/unknown", partial(unknown, "#"))
        .route("/short", partial(short, "###"))
        .route("/empty", get(empty))
        .route("/away", get(away))
        .route("/denied", fixed(403))
        .route("/missing", fixed(404))
        .route("/busy", fixed(503))
        .route("/odd", fixed(418))
        .route("/bad", fixed(400))
        .route("/stalled", get(stalled))
        .route("/slow", get(std::future::pending::<String>))
        .with_state(shared.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, shared)
}

fn secret(text: impl Into<String>) -> Secret {
    Secret::from(text.into())
}

fn source(targets: Targets) -> HttpFileSource {
    let probe = Duration::from_millis(500);
    let read = Duration::from_mins(5);
    let timeouts = Timeouts { probe, read, start: read, idle: probe };
    HttpFileSource::with_timeouts(targets, timeouts).unwrap()
}

#[tokio::test]
async fn a_file_is_read_in_ranges_of_one_version() {
    let (base, shared) = server().await;
    let source = source(Targets::Any);
    let url = secret(format!("{base}/lab/a%20b.vcf?X-Amz-Signature=abc"));
    let file = source.probe(&url).await.unwrap();
    assert_eq!((file.name.as_deref(), file.size), (Some("a b.vcf"), FILE.len() as u64));
    assert_eq!(file.version, FileVersion::Etag("\"one\"".to_owned()));
    let read = async |range| source.read(&url, &file.version, file.size, range).await;
    assert_eq!(read(0..10).await.unwrap(), FILE[..10]);
    assert_eq!(read(10..file.size).await.unwrap(), FILE[10..]);

    shared.lock().unwrap().0 = "\"two\"".to_owned();
    assert_eq!(read(0..10).await, Err(SourceError::Changed));
    let other_size = source.read(&url, &source.probe(&url).await.unwrap().version, 99, 0..10).await;
    assert_eq!(other_size, Err(SourceError::Changed));
}

#[tokio::test]
async fn a_server_that_is_too_slow_for_the_size_of_a_part_keeps_no_slot() {
    let (base, _) = server().await;
    let (start, long) = (Duration::from_millis(300), Duration::from_mins(5));
    let timeouts = Timeouts { probe: long, read: long, start, idle: long };
    let source = HttpFileSource::with_timeouts(Targets::Any, timeouts).unwrap();
    let version = FileVersion::Etag("\"a\"".to_owned());
    let url = secret(format!("{base}/stalled"));
    let read = source.read(&url, &version, 9, 0..9);
    let read = timeout(Duration::from_secs(5), read).await.unwrap();
    assert_eq!(read, Err(SourceError::TimedOut));

    let times = HttpFileSource::new(Targets::Public).unwrap();
    for (bytes, secs) in [(1, 30), (150_000, 34), (8 << 20, 294), (52 << 20, 300)] {
        assert_eq!(times.time_of_part(bytes).as_secs(), secs, "{bytes}");
    }
}

#[tokio::test]
async fn servers_that_cannot_be_copied_from_are_rejected_with_a_reason() {
    let (base, _) = server().await;
    let source = source(Targets::Any);
    let probe = async |path: &str| source.probe(&secret(format!("{base}{path}"))).await;
    for (path, problem) in [
        ("/whole", SourceError::NoRanges),
        ("/weak", SourceError::NoVersion),
        ("/unknown", SourceError::NoSize),
        ("/empty", SourceError::Empty),
        ("/away", SourceError::Redirect(302)),
        ("/denied", SourceError::Denied(403)),
        ("/missing", SourceError::Missing(404)),
        ("/busy", SourceError::Busy(503)),
        ("/odd", SourceError::Rejected(418)),
        ("/bad", SourceError::Rejected(400)),
        ("/slow", SourceError::TimedOut),
    ] {
        assert_eq!(probe(path).await, Err(problem), "{path}");
    }
    let time = "Mon, 02 Nov 2026 10:00:00 GMT".to_owned();
    assert_eq!(probe("/dated").await.unwrap().version, FileVersion::LastModified(time));
    let nobody = source.probe(&secret("http://127.0.0.1:1/a.vcf")).await;
    assert_eq!(nobody, Err(SourceError::NotReached));
    let version = FileVersion::Etag("\"a\"".to_owned());
    let short = source.read(&secret(format!("{base}/short")), &version, 9, 0..9).await;
    assert_eq!(short, Err(SourceError::Interrupted));
}

#[tokio::test]
async fn a_server_that_stops_sending_is_given_up_before_the_limit_of_the_request() {
    let (base, _) = server().await;
    let source = source(Targets::Any);
    let version = FileVersion::Etag("\"a\"".to_owned());
    for path in ["/stalled", "/slow"] {
        let url = secret(format!("{base}{path}"));
        let read = source.read(&url, &version, 9, 0..9);
        let read = tokio::time::timeout(Duration::from_secs(30), read).await.unwrap();
        assert_eq!(read, Err(SourceError::TimedOut), "{path}");
    }
}

/// S3 answers 400 `ExpiredToken` when the credentials that signed a URL have expired.
#[tokio::test]
async fn a_url_whose_credentials_have_expired_says_what_to_do() {
    let (base, _) = server().await;
    let source = source(Targets::Any);
    let url = secret(format!("{base}/bad"));
    let version = FileVersion::Etag("\"a\"".to_owned());
    let read = source.read(&url, &version, 9, 0..9).await.unwrap_err();
    assert_eq!(read, SourceError::Denied(400));
    assert!(read.to_string().contains("the URL has expired"), "{read}");
    let probe = source.probe(&url).await.unwrap_err().to_string();
    assert!(probe.contains("create a new one if it has expired"), "{probe}");
}

#[tokio::test]
async fn a_url_that_is_not_allowed_gets_no_request() {
    let (base, shared) = server().await;
    let source = source(Targets::Public);
    let port = base.rsplit_once(':').unwrap().1;
    for (url, problem) in [
        ("no url".to_owned(), SourceError::NotAUrl),
        ("S3://lab/a.vcf".to_owned(), SourceError::S3Address),
        (format!("{base}/lab/a.vcf"), SourceError::Scheme),
        ("ftp://lab.example.org/a.vcf".to_owned(), SourceError::Scheme),
        ("https://ada@lab.example.org/a.vcf".to_owned(), SourceError::Extra),
        (format!("https://localhost:{port}/lab/a.vcf"), SourceError::NotPublic),
        (format!("https://127.0.0.1:{port}/lab/a.vcf"), SourceError::NotPublic),
        ("https://169.254.169.254/latest/meta-data/".to_owned(), SourceError::NotPublic),
        ("https://[fd00:ec2::254]/latest/meta-data/".to_owned(), SourceError::NotPublic),
        (format!("https://a.example/{}", "a".repeat(8192)), SourceError::TooLong(8192)),
    ] {
        assert_eq!(source.probe(&secret(url.clone())).await, Err(problem.clone()), "{url}");
        let version = FileVersion::Etag("\"one\"".to_owned());
        let read = source.read(&secret(url.clone()), &version, 9, 0..9).await;
        assert_eq!(read, Err(problem), "{url}");
    }
    assert_eq!(shared.lock().unwrap().1, 0);
}
