//! `GET /downloads/{file}`: the program `gas-cli` of the same release, and its digest. Anyone may download it.

use super::errors::internal;
use super::file_response::error_response;
use crate::error::{ApiError, ErrorCode};
use axum::Router;
use axum::extract::{Path as InPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gas_backend::catalog::checksum;
use gas_shared::program::ProgramDownload;
use std::env::consts::{ARCH, OS};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::Mutex;
use tower_http::services::ServeFile;

/// The program in the folder.
const PROGRAM: &str = "gas-cli";

/// The path of the digest is that of the program with this ending.
const DIGEST_SUFFIX: &str = ".sha256";

/// A type that is not compressed on the way: anyone may ask for it, and compression takes processor time.
pub const PROGRAM_TYPE: &str = "application/x-executable";

/// The folder with the program, which runs on the same machines as this server.
#[derive(Clone, Debug)]
pub struct Downloads {
    program: Option<PathBuf>,
    /// The last description of the program, with the modification time and the size of the file that it describes.
    last: Arc<Mutex<Option<(SystemTime, u64, ProgramDownload)>>>,
}

impl Downloads {
    /// The program in a folder.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { program: folder.map(|folder| folder.join(PROGRAM)), last: Arc::default() }
    }

    /// What users can download. `None` if there is no folder, or no program in it.
    ///
    /// # Errors
    /// If the program cannot be read.
    pub async fn program(&self) -> io::Result<Option<ProgramDownload>> {
        Ok(self.find().await?.map(|(_, program)| program))
    }

    async fn find(&self) -> io::Result<Option<(PathBuf, ProgramDownload)>> {
        let Some(path) = &self.program else { return Ok(None) };
        let metadata = match tokio::fs::metadata(path).await {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let state = (metadata.modified()?, metadata.len());
        let mut last = self.last.lock().await;
        if let Some((modified, size, program)) = &*last
            && (*modified, *size) == state
        {
            return Ok(Some((path.clone(), program.clone())));
        }
        let read = path.clone();
        let checked = tokio::task::spawn_blocking(move || checksum(&read)).await;
        let (bytes, sha256) = checked.map_err(io::Error::other)??;
        let file_name = format!("{PROGRAM}-{ARCH}-{OS}");
        let at = format!("/downloads/{file_name}");
        let program = ProgramDownload { file_name, path: at, bytes, sha256 };
        *last = Some((state.0, state.1, program.clone()));
        Ok(Some((path.clone(), program)))
    }
}

/// The route of downloads.
pub fn routes<S: Clone + Send + Sync + 'static>(downloads: Downloads) -> Router<S> {
    Router::new().route("/downloads/{file}", get(download)).with_state(downloads)
}

async fn download(
    State(downloads): State<Downloads>,
    InPath(name): InPath<String>,
    request: Request,
) -> Response {
    respond(&downloads, &name, request).await.unwrap_or_else(error_response)
}

async fn respond(
    downloads: &Downloads,
    name: &str,
    request: Request,
) -> Result<Response, ApiError> {
    let found = downloads.find().await.map_err(|error| internal(&error))?;
    match found {
        Some((path, program)) if program.file_name == name => {
            let served = ServeFile::new(path).try_call(request).await;
            let mut response = served.map_err(|error| internal(&error))?.into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROGRAM_TYPE));
            Ok(response)
        }
        Some((_, program))
            if name.strip_suffix(DIGEST_SUFFIX) == Some(program.file_name.as_str()) =>
        {
            Ok(format!("{}  {}\n", program.sha256, program.file_name).into_response())
        }
        _ => Err(ApiError::new(ErrorCode::NotFound, "there is no such file to download")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::{HeaderMap, HeaderName, StatusCode};
    use tower::ServiceExt;

    async fn get(
        downloads: &Downloads,
        path: &str,
        header: Option<(HeaderName, &str)>,
    ) -> (StatusCode, HeaderMap, String) {
        let app: Router = crate::server::router::with_common_layers(routes(downloads.clone()));
        let mut request = Request::get(path);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_program_is_served_with_its_digest_under_the_name_of_its_machine() {
        let folder = tempfile::tempdir().unwrap();
        let downloads = Downloads::new(Some(folder.path().to_owned()));
        assert_eq!(downloads.program().await.unwrap(), None);
        let content = "a program ".repeat(100);
        std::fs::write(folder.path().join(PROGRAM), &content).unwrap();
        std::fs::write(folder.path().join("gas-web"), "not for users").unwrap();

        let program = downloads.program().await.unwrap().unwrap();
        assert_eq!(program.path, format!("/downloads/gas-cli-{ARCH}-linux"));
        assert_eq!(program.bytes, 1_000);
        let (status, headers, body) =
            get(&downloads, &program.path, Some((header::ACCEPT_ENCODING, "gzip, br"))).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, content.as_str()));
        assert_eq!(headers[header::CONTENT_TYPE], PROGRAM_TYPE);
        assert!(!headers.contains_key(header::CONTENT_ENCODING), "it is not compressed");
        let (status, _, rest) =
            get(&downloads, &program.path, Some((header::RANGE, "bytes=990-"))).await;
        assert_eq!((status, rest.as_str()), (StatusCode::PARTIAL_CONTENT, "a program "));

        let digest = format!("{}{DIGEST_SUFFIX}", program.path);
        let (_, _, body) = get(&downloads, &digest, None).await;
        assert_eq!(body, format!("{}  {}\n", program.sha256, program.file_name));

        // It was built again.
        std::fs::write(folder.path().join(PROGRAM), "another one").unwrap();
        let (_, _, body) = get(&downloads, &digest, None).await;
        assert!(!body.contains(program.sha256.as_str()), "{body}");

        for other in ["gas-web", "gas-cli", "..%2Fgas-web", "gas-cli-sparc-linux"] {
            let (status, ..) = get(&downloads, &format!("/downloads/{other}"), None).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{other}");
        }
    }

    #[tokio::test]
    async fn without_a_folder_there_is_nothing_to_download() {
        let downloads = Downloads::new(None);
        assert_eq!(downloads.program().await.unwrap(), None);
        let path = format!("/downloads/gas-cli-{ARCH}-{OS}");
        assert_eq!(get(&downloads, &path, None).await.0, StatusCode::NOT_FOUND);
    }
}
