//! Downloads from a local HTTP server that breaks off, stalls, lies, ignores ranges and changes the file.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_references::{
    ChecksumFormat, DownloadError, Downloader, FileRole, RecipeFile, RemoteFile, RetryPolicy,
};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const RETRY: RetryPolicy = RetryPolicy {
    idle_timeout: Duration::from_millis(500),
    first_backoff: Duration::from_millis(1),
    max_backoff: Duration::from_millis(5),
    attempts: 3,
};

/// The response to a request for the file.
#[derive(Clone, Debug)]
struct Reply {
    status: &'static str,
    headers: Vec<String>,
    body: Vec<u8>,
    /// How many bytes of the body are sent.
    sent: usize,
    /// Then the connection stays open instead of being closed.
    stalls: bool,
}

impl Reply {
    fn status(status: &'static str) -> Self {
        Self { status, headers: vec![], body: vec![], sent: 0, stalls: false }
    }

    /// The response of a correct server that has a version of the file.
    fn correct(content: &[u8], tag: &str, request: &str) -> Self {
        let header = |name: &str| {
            let lines = request.lines().map(|line| line.split_once(": ").unwrap_or_default());
            let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.to_owned())
        };
        let range = header("range").filter(|_| header("if-range").as_deref() == Some(tag));
        let start = range.and_then(|range| {
            range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok()
        });
        let mut headers = vec![format!("ETag: {tag}")];
        let total = content.len();
        let (status, start) = match start {
            None => ("200 OK", 0),
            Some(start) if start >= total => {
                headers.push(format!("Content-Range: bytes */{total}"));
                return Self { headers, ..Self::status("416 Range Not Satisfiable") };
            }
            Some(start) => {
                headers.push(format!("Content-Range: bytes {start}-{}/{total}", total - 1));
                ("206 Partial Content", start)
            }
        };
        let body = content[start..].to_vec();
        Self { status, headers, sent: body.len(), body, stalls: false }
    }

    fn cut(self, sent: usize) -> Self {
        Self { sent: sent.min(self.sent), ..self }
    }
}

/// A server with one file, `/genome.fa.gz`, and its checksum file, `/MD5SUMS`.
struct Server {
    address: String,
    /// The requests for the file.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `reply` gets the number of the request for the file, from 0, and its head.
    fn start(
        checksums: String,
        reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let reply = Arc::new(reply);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (checksums, reply, seen) = (checksums.clone(), reply.clone(), seen.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &checksums, &*reply, &seen));
            }
        });
        Self { address, requests }
    }

    fn file(&self) -> RecipeFile {
        RecipeFile {
            role: FileRole::Fasta,
            url: format!("{}/genome.fa.gz", self.address),
            checksums: format!("{}/MD5SUMS", self.address),
            checksum_format: ChecksumFormat::Md5,
        }
    }

    /// The ranges of the requests for the file so far.
    fn ranges(&self) -> Vec<Option<String>> {
        let range = |request: &String| {
            let lines = request.lines().map(str::to_ascii_lowercase);
            lines.filter_map(|line| line.strip_prefix("range: ").map(str::to_owned)).next()
        };
        self.requests.lock().unwrap().iter().map(range).collect()
    }
}

fn serve(
    mut stream: TcpStream,
    checksums: &str,
    reply: &dyn Fn(usize, &str) -> Reply,
    seen: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let reply = if head.starts_with("GET /MD5SUMS ") {
        let body = checksums.as_bytes().to_vec();
        Reply { sent: body.len(), body, ..Reply::status("200 OK") }
    } else {
        let mut seen = seen.lock().unwrap();
        seen.push(head.clone());
        reply(seen.len() - 1, &head)
    };
    let headers: String = reply.headers.iter().map(|header| format!("{header}\r\n")).collect();
    let (status, length) = (reply.status, reply.body.len());
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    // The client may be gone.
    let _ = stream.write_all(text.as_bytes());
    let _ = stream.write_all(&reply.body[..reply.sent]);
    if reply.stalls {
        std::thread::sleep(Duration::from_secs(5));
    }
}

/// Content that differs everywhere from the one of another seed.
fn content(seed: u8) -> Vec<u8> {
    (0..200_000usize).map(|n| (n % 199) as u8 ^ seed).collect()
}

fn md5sums(content: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("content");
    std::fs::write(&path, content).unwrap();
    format!("{}  ./genome.fa.gz\n", ChecksumFormat::Md5.of_file(&path).unwrap())
}

fn downloader(folder: &TempDir) -> Downloader {
    Downloader::new(folder.path(), RETRY).unwrap()
}

async fn fetched(server: &Server, folder: &TempDir) -> Vec<u8> {
    let path = downloader(folder).fetch(&server.file()).await.unwrap();
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn a_download_that_breaks_off_continues_where_it_ended() {
    let whole = content(1);
    let server = Server::start(md5sums(&whole), {
        let whole = whole.clone();
        move |_, head| Reply::correct(&whole, "\"1\"", head).cut(70_000)
    });
    let folder = tempfile::tempdir().unwrap();
    assert!(fetched(&server, &folder).await == whole);
    let ranges = server.ranges();
    assert_eq!(ranges[0], None);
    assert_eq!(ranges[1].as_deref(), Some("bytes=70000-"));
    assert_eq!(ranges.len(), 3);
    // A file that is complete and verified is not requested again.
    assert!(fetched(&server, &folder).await == whole);
    assert_eq!(server.ranges().len(), 3);
}

#[tokio::test]
async fn a_later_call_continues_the_download_of_an_earlier_one() {
    let whole = content(1);
    let server = Server::start(md5sums(&whole), {
        let whole = whole.clone();
        move |n, head| match n {
            0 => Reply::correct(&whole, "\"1\"", head).cut(50_000),
            1..=3 => Reply::status("503 Service Unavailable"),
            _ => Reply::correct(&whole, "\"1\"", head),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let error = downloader(&folder).fetch(&server.file()).await.unwrap_err();
    assert!(matches!(error, DownloadError::GaveUp { attempts: 3, .. }), "{error:?}");
    assert!(!folder.path().join("genome.fa.gz").exists());
    assert!(fetched(&server, &folder).await == whole);
    assert_eq!(server.ranges().last().unwrap().as_deref(), Some("bytes=50000-"));
}

#[tokio::test]
async fn a_server_that_stalls_is_asked_again() {
    let whole = content(1);
    let server = Server::start(md5sums(&whole), {
        let whole = whole.clone();
        move |n, head| {
            let reply = Reply::correct(&whole, "\"1\"", head);
            if n == 0 { Reply { stalls: true, ..reply.cut(1_000) } } else { reply }
        }
    });
    assert!(fetched(&server, &tempfile::tempdir().unwrap()).await == whole);
    assert_eq!(server.ranges()[1].as_deref(), Some("bytes=1000-"));
}

#[tokio::test]
async fn a_file_that_changes_between_two_requests_is_never_mixed() {
    let (before, after) = (content(1), content(2));
    let server = Server::start(md5sums(&after), {
        let after = after.clone();
        move |n, head| match n {
            0 => Reply::correct(&before, "\"1\"", head).cut(90_000),
            _ => Reply::correct(&after, "\"2\"", head),
        }
    });
    assert!(fetched(&server, &tempfile::tempdir().unwrap()).await == after);
    assert_eq!(server.ranges().len(), 2);
}

#[tokio::test]
async fn a_server_that_ignores_ranges_or_names_no_version_sends_the_whole_file_again() {
    let whole = content(1);
    for has_tag in [false, true] {
        let server = Server::start(md5sums(&whole), {
            let whole = whole.clone();
            move |n, _| {
                let mut reply = Reply::correct(&whole, "\"1\"", "");
                if !has_tag {
                    reply.headers.clear();
                }
                if n == 0 { reply.cut(30_000) } else { reply }
            }
        });
        assert!(fetched(&server, &tempfile::tempdir().unwrap()).await == whole);
        let range = has_tag.then(|| "bytes=30000-".to_owned());
        assert_eq!(server.ranges(), [None, range]);
    }
}

#[tokio::test]
async fn a_server_that_sends_another_range_does_not_spoil_the_file() {
    let whole = content(1);
    let server = Server::start(md5sums(&whole), {
        let whole = whole.clone();
        move |n, head| match n {
            0 => Reply::correct(&whole, "\"1\"", head).cut(30_000),
            1 => {
                let mut reply = Reply::correct(&whole, "\"1\"", head);
                reply.headers = vec!["Content-Range: bytes 10000-199999/200000".to_owned()];
                reply
            }
            _ => Reply::correct(&whole, "\"1\"", head),
        }
    });
    assert!(fetched(&server, &tempfile::tempdir().unwrap()).await == whole);
}

#[tokio::test]
async fn a_complete_part_of_a_killed_process_is_taken() {
    let whole = content(1);
    let server = Server::start(md5sums(&whole), {
        let whole = whole.clone();
        move |_, head| Reply::correct(&whole, "\"1\"", head)
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("genome.fa.gz.part"), &whole).unwrap();
    std::fs::write(folder.path().join("genome.fa.gz.part.version"), "\"1\"").unwrap();
    assert!(fetched(&server, &folder).await == whole);
    assert_eq!(server.ranges(), [Some("bytes=200000-".to_owned())]);
}

#[tokio::test]
async fn a_file_that_differs_from_its_checksum_is_downloaded_once_more_and_then_rejected() {
    let (wrong, right) = (content(1), content(2));
    let server = Server::start(md5sums(&right), {
        let wrong = wrong.clone();
        move |_, head| Reply::correct(&wrong, "\"1\"", head)
    });
    let folder = tempfile::tempdir().unwrap();
    let error = downloader(&folder).fetch(&server.file()).await.unwrap_err();
    assert!(matches!(error, DownloadError::Differs { .. }), "{error:?}");
    assert!(error.to_string().contains("MD5SUMS says"), "{error}");
    assert_eq!(server.ranges(), [None, None]);
    assert!(!folder.path().join("genome.fa.gz").exists());
    assert!(!folder.path().join("genome.fa.gz.part").exists());
}

#[tokio::test]
async fn what_cannot_be_verified_or_does_not_exist_is_rejected_at_once() {
    let whole = content(1);
    let other = md5sums(&whole).replace("genome", "transcripts");
    let unlisted = Server::start(other, |_, _| Reply::status("200 OK"));
    let folder = tempfile::tempdir().unwrap();
    let error = downloader(&folder).fetch(&unlisted.file()).await.unwrap_err();
    assert!(matches!(error, DownloadError::NotListed { .. }), "{error:?}");
    assert!(unlisted.ranges().is_empty());
    let absent = Server::start(md5sums(&whole), |_, _| Reply::status("404 Not Found"));
    let error = downloader(&folder).fetch(&absent.file()).await.unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    assert_eq!(absent.ranges().len(), 1);
}

/// A server that states the MD5 of another content, or of the right one, as Google Cloud Storage does, and has no checksum
/// file.
fn stating(whole: &[u8], stated: &[u8]) -> Server {
    use md5::Digest;
    let hash = base64(&md5::Md5::digest(stated));
    let whole = whole.to_vec();
    Server::start(String::new(), move |n, head| {
        let header = format!("x-goog-hash: crc32c=n03x6A==,md5={hash}");
        if head.starts_with("HEAD ") {
            let body = whole.clone();
            return Reply { headers: vec![header], body, ..Reply::status("200 OK") };
        }
        // The first response breaks off.
        let sent = if n < 2 { 70_000 } else { usize::MAX };
        Reply::correct(&whole, "\"1\"", head).cut(sent)
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn without_a_checksum_file_the_md5_that_the_server_states_is_verified() {
    let whole = content(1);
    let server = stating(&whole, &whole);
    let folder = tempfile::tempdir().unwrap();
    let file = RemoteFile { url: server.file().url, checksums: None };
    let path = downloader(&folder).fetch_remote(&file).await.unwrap();
    assert!(std::fs::read(path).unwrap() == whole);
    let server = stating(&whole, &content(2));
    let folder = tempfile::tempdir().unwrap();
    let file = RemoteFile { url: server.file().url, checksums: None };
    let failed = downloader(&folder).fetch_remote(&file).await;
    assert!(matches!(failed, Err(DownloadError::Differs { .. })), "{failed:?}");
    assert!(!folder.path().join("genome.fa.gz").exists());
}

#[tokio::test]
async fn a_file_that_breaks_off_is_complete_also_without_any_checksum() {
    let whole = content(1);
    let server = Server::start(String::new(), {
        let whole = whole.clone();
        move |_, head| match head.starts_with("HEAD ") {
            true => Reply::status("405 Method Not Allowed"),
            false => Reply::correct(&whole, "\"1\"", head).cut(70_000),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let file = RemoteFile { url: server.file().url, checksums: None };
    let path = downloader(&folder).fetch_remote(&file).await.unwrap();
    assert!(std::fs::read(path).unwrap() == whole);
}

#[test]
fn a_checksum_file_may_list_the_path_on_the_machine_of_the_provider() {
    let text = "900150983cd24fb0d6963f7d28e17f72  /panfs/pan1/clinvar/vcf_GRCh38/clinvar.vcf.gz\n";
    assert!(ChecksumFormat::Md5.find(text, "clinvar.vcf.gz").is_some());
    assert_eq!(ChecksumFormat::Md5.find(text, "vcf.gz"), None);
}
