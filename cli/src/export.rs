//! Exports records of a result.

use crate::api::Api;
use crate::error::CliError;
use crate::file_names::{partial_path, short_stem};
use gas_shared::FileName;
use gas_shared::explorer::{ExportFormats, Filter};
use reqwest::Response;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Saves the records that match a filter in a folder, and returns the path of the file.
pub async fn export(
    api: &Api,
    id: Uuid,
    formats: &ExportFormats,
    filter: &Filter,
    folder: &Path,
    force: bool,
) -> Result<PathBuf, CliError> {
    let job = api.job(id).await?;
    // Validated here too, so that the server's response cannot lead out of the folder.
    let name = FileName::parse(&job.file_name)?;
    let part = if filter.is_empty() { "annot" } else { "annot.filtered" };
    let stem = short_stem(name.stem());
    let path = folder.join(format!("{stem}.{part}.{}", formats.ending()));
    save(api, &path, id, force, || api.export(id, formats, filter)).await?;
    Ok(path)
}

/// Saves the response to a request that is only sent if the file may be written. Its folder is created if necessary. The
/// file gets its final name when it is complete.
pub async fn save<R: Future<Output = Result<Response, CliError>>>(
    api: &Api,
    path: &Path,
    id: Uuid,
    force: bool,
    request: impl FnOnce() -> R,
) -> Result<(), CliError> {
    if !force && path.try_exists().map_err(CliError::io(path))? {
        return Err(CliError::Exists(path.to_owned()));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).await.map_err(CliError::io(folder))?;
    }
    let mut response = request().await?;
    let partial = partial_path(path, id);
    let mut file = fs::File::create(&partial).await.map_err(CliError::io(&partial))?;
    // An export that fails on the way closes the connection, which is an error here.
    while let Some(piece) = response.chunk().await? {
        api.bandwidth.pass(piece.len()).await;
        file.write_all(&piece).await.map_err(CliError::io(&partial))?;
    }
    file.sync_all().await.map_err(CliError::io(&partial))?;
    fs::rename(&partial, path).await.map_err(CliError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::start;
    use axum::response::IntoResponse;

    #[tokio::test]
    async fn an_export_is_saved_under_the_name_of_its_formats() {
        let (api, _) = start(Box::new(|call, _| {
            call.ends_with("/export").then(|| b"content".into_response())
        }))
        .await;
        let folder = tempfile::tempdir().unwrap();
        let filtered = Filter { genes: vec!["A".to_owned()], ..Filter::default() };
        for (formats, filter, name) in [
            ("tsv", Filter::default(), "a.annot.tsv"),
            ("vcf_gz_index", Filter::default(), "a.annot.zip"),
            ("tsv,maf", filtered, "a.annot.filtered.zip"),
        ] {
            let formats: ExportFormats = formats.parse().unwrap();
            let save = async |force| {
                export(&api, Uuid::nil(), &formats, &filter, folder.path(), force).await
            };
            let path = save(false).await.unwrap();
            assert_eq!(path, folder.path().join(name));
            assert_eq!(std::fs::read(path).unwrap(), b"content");
            assert!(matches!(save(false).await, Err(CliError::Exists(_))));
            assert!(save(true).await.is_ok());
        }
        // Nothing incomplete is left behind.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
