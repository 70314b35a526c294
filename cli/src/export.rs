//! Exports records of a result.

use crate::api::Api;
use crate::download::partial_path;
use crate::error::CliError;
use gas_shared::FileName;
use gas_shared::explorer::{ExportFormats, Filter};
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Saves the records that match a filter in a folder, and returns the path of the file. The folder is created if
/// necessary. The file gets its final name when it is complete.
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
    let path = folder.join(format!("{}.{part}.{}", name.stem(), formats.ending()));
    if !force && path.try_exists().map_err(CliError::io(&path))? {
        return Err(CliError::Exists(path));
    }
    fs::create_dir_all(folder).await.map_err(CliError::io(folder))?;
    let mut response = api.export(id, formats, filter).await?;
    let partial = partial_path(&path, id);
    let mut file = fs::File::create(&partial).await.map_err(CliError::io(&partial))?;
    // An export that fails on the way closes the connection, which is an error here.
    while let Some(piece) = response.chunk().await? {
        api.bandwidth.pass(piece.len()).await;
        file.write_all(&piece).await.map_err(CliError::io(&partial))?;
    }
    file.sync_all().await.map_err(CliError::io(&partial))?;
    fs::rename(&partial, &path).await.map_err(CliError::io(&path))?;
    Ok(path)
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
