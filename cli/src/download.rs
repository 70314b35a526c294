//! Downloads results, their indexes, and run logs.

use crate::api::Api;
use crate::args::DownloadOptions;
use crate::dto::Job;
use crate::error::CliError;
use crate::file_names::{VERSION_ENDING, partial_path, short_stem};
use crate::result_stream::{ResultStream, ResumePoint};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use gas_shared::FileName;
use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tokio::fs;
use uuid::Uuid;

/// Where the files of a job are saved.
#[derive(Debug)]
pub struct OutputPaths {
    /// The result, if it is plain text. A compressed one has `.gz` after this name.
    pub result: PathBuf,
    /// The run log.
    pub log: PathBuf,
}

impl OutputPaths {
    /// The paths in `folder` for an input of this name.
    pub fn new(folder: &Path, name: &FileName) -> Self {
        let stem = short_stem(name.stem());
        let path = |extension| folder.join(format!("{stem}.{extension}"));
        Self { result: path("annot.vcf"), log: path("log") }
    }

    /// Checks that none of the files exists, unless `force` allows replacing them.
    pub fn check(&self, force: bool) -> Result<(), CliError> {
        let all = self.paths().map(Path::to_owned).chain([self.compressed_result()]);
        for path in all.chain(INDEX_ENDINGS.map(|ending| self.index(ending))) {
            if !force && path.try_exists().map_err(CliError::io(&path))? {
                return Err(CliError::Exists(path));
            }
        }
        Ok(())
    }

    fn compressed_result(&self) -> PathBuf {
        self.result.with_added_extension("gz")
    }

    fn index(&self, ending: &str) -> PathBuf {
        self.compressed_result().with_added_extension(ending)
    }

    /// Both paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        [self.result.as_path(), self.log.as_path()].into_iter()
    }
}

/// Checks that results can be saved in a folder, which is created if necessary.
pub fn check_folder(folder: &Path) -> Result<(), CliError> {
    let unusable = |source| CliError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(unusable)?;
    let probe = folder.join(format!(".gas-cli.{}.part", Uuid::new_v4()));
    File::create_new(&probe).map_err(unusable)?;
    std::fs::remove_file(&probe).map_err(unusable)
}

/// The ends of the names of indexes: of tabix, and of CSI.
const INDEX_ENDINGS: [&str; 2] = ["tbi", "csi"];

/// Downloads the result and the run log of a job, and the index of the result if `files` says so, and returns
/// their paths. The folder is created if necessary. A file gets its final name when it is complete.
pub async fn download(
    api: &Api,
    job: &Job,
    output: &OutputPaths,
    files: DownloadOptions,
    force: bool,
) -> Result<Vec<PathBuf>, CliError> {
    output.check(force)?;
    let OutputPaths { result, log } = output;
    if let Some(folder) = result.parent() {
        fs::create_dir_all(folder).await.map_err(CliError::io(folder))?;
    }
    let result = save_result(api, job, output, files).await?;
    let text = api.log(job.id).await?;
    let part = partial_path(log, job.id);
    fs::write(&part, text).await.map_err(CliError::io(&part))?;
    fs::rename(&part, log).await.map_err(CliError::io(log))?;
    let mut saved = vec![result, log.clone()];
    if files.index && saved[0] != output.result {
        saved.push(save_index(api, job, output).await?);
    }
    Ok(saved)
}

/// The first bytes of a gzip file (RFC 1952, section 2.3.1), and of BGZF.
const GZIP_START: &[u8] = &[0x1f, 0x8b];

/// Saves the result at the path for its form, which its first bytes tell, or as plain text in any case.
///
/// An incomplete file of an earlier command is continued if storage still has the same file. Text that was decompressed is
/// not, since its place in the stored file is not known.
async fn save_result(
    api: &Api,
    job: &Job,
    output: &OutputPaths,
    files: DownloadOptions,
) -> Result<PathBuf, CliError> {
    let part = partial_path(&output.result, job.id);
    let incomplete = Incomplete::lock(&part).map_err(CliError::io(&part))?;
    let from = if files.plain { None } else { incomplete.resume_point() };
    let mut result = ResultStream::start(api, job.id, from).await?;
    let opened = incomplete.open(&result, files).map_err(CliError::io(&part))?;
    let (mut file, mut is_gzip) = opened;
    loop {
        let is_first = result.offset() == 0;
        let piece = match result.next().await {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) if error.is_transient() && !files.plain => {
                return Err(CliError::Interrupted(Box::new(error)));
            }
            Err(error) => return Err(error),
        };
        if is_first {
            // Pieces of a download have more than one byte.
            is_gzip = piece.starts_with(GZIP_START);
            file = file.of_form(is_gzip && files.plain);
        }
        file = write(file, piece).await.map_err(CliError::io(&part))?;
    }
    let finished = tokio::task::spawn_blocking(move || file.finish()).await;
    finished.map_err(io::Error::other).flatten().map_err(CliError::io(&part))?;
    incomplete.forget_version();
    let (size, expected) = (result.offset(), job.result.as_ref().map(|result| result.size_bytes));
    if expected.is_some_and(|expected| expected != size) {
        let text = format!("the download was interrupted after {size} bytes; try again");
        return Err(CliError::Storage { status: 200, text });
    }
    let is_plain = files.plain || !is_gzip;
    let path = if is_plain { output.result.clone() } else { output.compressed_result() };
    fs::rename(&part, &path).await.map_err(CliError::io(&path))?;
    Ok(path)
}

/// An incomplete file, which no other process can continue at the same time, and beside it the entity tag of the stored
/// file that it is of.
struct Incomplete {
    version: PathBuf,
    /// Has the lock until it is dropped.
    file: File,
}

impl Incomplete {
    /// Opens the file, which is made if there is none.
    fn lock(part: &Path) -> io::Result<Self> {
        let busy = || io::Error::other("another process downloads this result");
        let mut options = File::options();
        let file = options.create(true).truncate(false).read(true).write(true).open(part)?;
        match file.try_lock() {
            // Some file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(busy()),
        }
        if !part.try_exists()? {
            // That process has completed the file in the meantime.
            return Err(busy());
        }
        Ok(Self { version: part.with_added_extension(VERSION_ENDING), file })
    }

    /// Where an earlier download of the stored file stopped.
    fn resume_point(&self) -> Option<ResumePoint> {
        let etag = std::fs::read_to_string(&self.version).ok()?;
        let offset = self.file.metadata().ok()?.len();
        (offset >= GZIP_START.len() as u64).then_some(ResumePoint { offset, etag })
    }

    /// Opens the file at the place where the download goes on, and returns whether the bytes before it are those of a
    /// compressed result.
    fn open(
        &self,
        result: &ResultStream<'_>,
        files: DownloadOptions,
    ) -> io::Result<(Writer, bool)> {
        let mut file = self.file.try_clone()?;
        if result.offset() > 0 {
            let mut start = [0; GZIP_START.len()];
            file.read_exact(&mut start)?;
            file.seek(SeekFrom::Start(result.offset()))?;
            return Ok((Writer::Stored(file), start == GZIP_START));
        }
        self.forget_version();
        // The file is emptied before its version is stated, so that the version is never that of other bytes.
        file.set_len(0)?;
        if let Some(etag) = result.etag().filter(|_| !files.plain) {
            std::fs::write(&self.version, etag)?;
        }
        Ok((Writer::Stored(file), false))
    }

    /// From now on, the file cannot be continued.
    fn forget_version(&self) {
        // There is none if storage does not state it.
        _ = std::fs::remove_file(&self.version);
    }
}

/// Saves the index of a compressed result. Its first bytes, in BGZF, tell its format.
async fn save_index(api: &Api, job: &Job, output: &OutputPaths) -> Result<PathBuf, CliError> {
    let bytes = api.result_index(job.id).await?.bytes().await?;
    let mut magic = [0; 4];
    let is_csi = flate2::read::MultiGzDecoder::new(&*bytes).read_exact(&mut magic).is_ok()
        && magic == *b"CSI\x01";
    let path = output.index(INDEX_ENDINGS[usize::from(is_csi)]);
    let part = partial_path(&path, job.id);
    fs::write(&part, bytes).await.map_err(CliError::io(&part))?;
    fs::rename(&part, &path).await.map_err(CliError::io(&path))?;
    Ok(path)
}

/// Writes a result as it is stored, or its text.
enum Writer {
    Stored(File),
    Text(Box<MultiGzDecoder<BufWriter<File>>>),
}

impl Writer {
    /// Decompresses what follows if the result is compressed and its text is wanted.
    fn of_form(self, decompress: bool) -> Self {
        match self {
            Self::Stored(file) if decompress => {
                Self::Text(Box::new(MultiGzDecoder::new(BufWriter::new(file))))
            }
            other => other,
        }
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::Stored(file) => file.write_all(piece),
            Self::Text(decoder) => decoder.write_all(piece),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Stored(file) => file.sync_all(),
            Self::Text(decoder) => decoder.finish()?.into_inner()?.sync_all(),
        }
    }
}

/// Writes a piece on a thread that may block.
async fn write(mut file: Writer, piece: Bytes) -> io::Result<Writer> {
    let written = tokio::task::spawn_blocking(move || file.write(&piece).map(|()| file));
    written.await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, start};
    use axum::body::Body;
    use axum::http::HeaderMap;
    use axum::response::{IntoResponse, Response};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures::{StreamExt, stream};
    use serde_json::json;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn packed(parts: &[&[u8]]) -> Vec<u8> {
        let member = |part: &&[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        };
        parts.iter().flat_map(member).collect()
    }

    /// Downloads a stored result and index, and returns the names and the contents of the saved files.
    async fn downloaded(
        stored: &'static [&'static [u8]],
        index: &'static [u8],
        downloads: DownloadOptions,
    ) -> Vec<(String, Vec<u8>)> {
        let result = match stored {
            [plain] => plain.to_vec(),
            parts => packed(parts),
        };
        let (api, _) = start(Box::new(move |call, _| {
            let body = match call {
                _ if call.starts_with("GET /stored/") => result.clone(),
                _ if call.starts_with("GET /stored-index/") => packed(&[index]),
                _ => return None,
            };
            Some(body.into_response())
        }))
        .await;
        let folder = tempfile::tempdir().unwrap();
        let output = OutputPaths::new(folder.path(), &FileName::parse("a.vcf").unwrap());
        let job = api.job(Uuid::nil()).await.unwrap();
        let saved = download(&api, &job, &output, downloads, false).await.unwrap();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            assert!(saved.contains(&path), "{}", path.display());
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push((name, std::fs::read(path).unwrap()));
        }
        found.retain(|(name, _)| name != "a.log");
        found.sort();
        found
    }

    const BLOCKS: &[&[u8]] = &[b"##fileformat", b"=VCFv4.2\n", b""];
    const TEXT: &[u8] = b"##fileformat=VCFv4.2\n";

    #[tokio::test]
    async fn the_name_of_a_saved_result_says_its_form() {
        let stored = DownloadOptions::default();
        let plain = DownloadOptions { plain: true, ..stored };
        for (blocks, options, name, content) in [
            (BLOCKS, stored, "a.annot.vcf.gz", packed(BLOCKS)),
            (BLOCKS, plain, "a.annot.vcf", TEXT.to_vec()),
            (&[TEXT], stored, "a.annot.vcf", TEXT.to_vec()),
            (&[TEXT], plain, "a.annot.vcf", TEXT.to_vec()),
        ] {
            assert_eq!(downloaded(blocks, b"", options).await, [(name.to_owned(), content)]);
        }
    }

    #[tokio::test]
    async fn the_index_of_a_compressed_result_is_saved_beside_it() {
        let options = DownloadOptions { index: true, ..DownloadOptions::default() };
        for (index, name) in
            [(&b"TBI\x01"[..], "a.annot.vcf.gz.tbi"), (b"CSI\x01", "a.annot.vcf.gz.csi")]
        {
            let saved = downloaded(BLOCKS, index, options).await;
            assert_eq!(saved[1], (name.to_owned(), packed(&[index])));
        }
        assert_eq!(downloaded(&[TEXT], b"", options).await.len(), 1, "plain text has no index");
    }

    /// Storage with a file of an entity tag, which serves ranges and breaks off each response after `step` bytes.
    async fn storage(
        content: &'static [u8],
        step: usize,
        etags: impl Fn(usize) -> &'static str + Send + Sync + 'static,
    ) -> (Api, Arc<Fake>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new((AtomicUsize::new(0), etags));
        let serve = move |headers: HeaderMap| {
            let range = headers.get("range").map(|range| range.to_str().unwrap().to_owned());
            let from = range.map(|range| range[6..range.len() - 1].parse::<usize>().unwrap());
            let rest = &content[from.unwrap_or(0)..];
            let piece = Bytes::from_static(&rest[..rest.len().min(step)]);
            let is_broken = piece.len() < rest.len();
            let end = stream::once(async {
                // So that the bytes before are sent.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(io::Error::other("broken"))
            });
            let end = stream::iter(is_broken.then_some(end)).flatten();
            let body = Body::from_stream(stream::iter([Ok(piece)]).chain(end));
            let etag = (shared.1)(shared.0.fetch_add(1, Ordering::Relaxed));
            let status = if from.is_some() { 206 } else { 200 };
            let response = Response::builder().status(status).header("etag", etag);
            let response = response.header("content-length", rest.len());
            std::future::ready(response.body(body).unwrap())
        };
        let app = axum::Router::new().route("/file", axum::routing::get(serve));
        tokio::spawn(async move { axum::serve(listener, app).await });
        start(Box::new(move |call, _| {
            let link = json!({"url": format!("{origin}/file")}).to_string();
            call.ends_with("/result").then(|| link.into_response())
        }))
        .await
    }

    async fn saved(
        api: &Api,
        folder: &Path,
        downloads: DownloadOptions,
    ) -> Result<Vec<u8>, CliError> {
        let output = OutputPaths::new(folder, &FileName::parse("a.vcf").unwrap());
        let job = api.job(Uuid::nil()).await.unwrap();
        let saved = download(api, &job, &output, downloads, true).await?;
        Ok(std::fs::read(&saved[0]).unwrap())
    }

    #[tokio::test]
    async fn an_interrupted_download_goes_on_where_it_stopped() {
        let content: &[u8] = Vec::leak(packed(&[TEXT; 50]));
        for plain in [false, true] {
            let (api, fake) = storage(content, 100, |_| "\"one\"").await;
            let folder = tempfile::tempdir().unwrap();
            let options = DownloadOptions { plain, ..DownloadOptions::default() };
            let saved = saved(&api, folder.path(), options).await.unwrap();
            assert!(saved == if plain { TEXT.repeat(50) } else { content.to_vec() });
            let links = fake.times("GET /api/v1/jobs/", "/result").len();
            assert_eq!(links, content.len().div_ceil(100), "each link was used once");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "result and log");
        }
    }

    #[tokio::test]
    async fn a_later_command_continues_a_file_of_the_same_version_only() {
        let content: &[u8] = Vec::leak(packed(&[TEXT; 50]));
        for (known, is_continued) in
            [(Some("\"one\""), true), (Some("\"two\""), false), (None, false)]
        {
            let (api, _) = storage(content, content.len(), |_| "\"one\"").await;
            let folder = tempfile::tempdir().unwrap();
            let part = partial_path(&folder.path().join("a.annot.vcf"), Uuid::nil());
            let mut begun = content[..200].to_vec();
            begun[199] ^= 1;
            std::fs::write(&part, &begun).unwrap();
            if let Some(etag) = known {
                std::fs::write(part.with_added_extension("etag"), etag).unwrap();
            }
            let saved = saved(&api, folder.path(), DownloadOptions::default()).await.unwrap();
            assert!(saved[200..] == content[200..] && saved.len() == content.len());
            assert_eq!(saved[199] != content[199], is_continued, "{known:?}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "result and log");
        }
    }

    #[tokio::test]
    async fn a_result_that_changes_during_its_download_is_an_error() {
        let content: &[u8] = Vec::leak(packed(&[TEXT; 50]));
        let (api, _) =
            storage(content, 100, |call| if call < 2 { "\"one\"" } else { "\"two\"" }).await;
        let folder = tempfile::tempdir().unwrap();
        let error = saved(&api, folder.path(), DownloadOptions::default()).await.unwrap_err();
        assert!(matches!(error, CliError::ResultChanged), "{error}");
        assert!(!folder.path().join("a.annot.vcf.gz").exists());
    }

    #[tokio::test]
    async fn two_processes_do_not_write_one_incomplete_file() {
        let content: &[u8] = Vec::leak(packed(&[TEXT; 50]));
        let (api, _) = storage(content, content.len(), |_| "\"one\"").await;
        let folder = tempfile::tempdir().unwrap();
        let part = partial_path(&folder.path().join("a.annot.vcf"), Uuid::nil());
        let other = Incomplete::lock(&part).unwrap();
        let error = saved(&api, folder.path(), DownloadOptions::default()).await.unwrap_err();
        assert!(error.to_string().contains("another process"), "{error}");
        drop(other);
        assert!(saved(&api, folder.path(), DownloadOptions::default()).await.unwrap() == content);
    }

    #[tokio::test]
    async fn a_result_with_a_long_name_is_saved() {
        let content: &[u8] = Vec::leak(packed(&[TEXT]));
        let (api, _) = storage(content, content.len(), |_| "\"one\"").await;
        let folder = tempfile::tempdir().unwrap();
        // 240 bytes: a file of this name exists, and one with a job id behind it cannot.
        let name = FileName::parse(&format!("{}.vcf", "染".repeat(80))).unwrap();
        let output = OutputPaths::new(folder.path(), &name);
        let job = api.job(Uuid::nil()).await.unwrap();
        let saved = download(&api, &job, &output, DownloadOptions::default(), false).await.unwrap();
        assert_eq!(std::fs::read(&saved[0]).unwrap(), content);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("new/folder");
        check_folder(&new).unwrap();
        assert_eq!(std::fs::read_dir(&new).unwrap().count(), 0, "nothing is left behind");
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = check_folder(&file.join("folder")).unwrap_err().to_string();
        assert!(error.contains("nothing was uploaded"), "{error}");
    }
}
