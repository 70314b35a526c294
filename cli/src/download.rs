//! Downloads results and run logs.

use crate::api::Api;
use crate::dto::Job;
use crate::error::CliError;
use gas_shared::FileName;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncWriteExt;
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
        let path = |extension| folder.join(format!("{}.{extension}", name.stem()));
        Self { result: path("annot.vcf"), log: path("log") }
    }

    /// Checks that none of the files exists, unless `force` allows replacing them.
    pub fn check(&self, force: bool) -> Result<(), CliError> {
        let compressed = self.compressed_result();
        for path in self.paths().chain([compressed.as_path()]) {
            if !force && path.try_exists().map_err(CliError::io(path))? {
                return Err(CliError::Exists(path.to_owned()));
            }
        }
        Ok(())
    }

    fn compressed_result(&self) -> PathBuf {
        self.result.with_added_extension("gz")
    }

    /// Both paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        [self.result.as_path(), self.log.as_path()].into_iter()
    }
}

/// Downloads the result and the run log of a job, and returns their paths. The folder is created if
/// necessary. A file gets its final name when it is complete.
pub async fn download(
    api: &Api,
    job: &Job,
    output: &OutputPaths,
    force: bool,
) -> Result<[PathBuf; 2], CliError> {
    output.check(force)?;
    let OutputPaths { result, log } = output;
    let compressed = output.compressed_result();
    if let Some(folder) = result.parent() {
        fs::create_dir_all(folder).await.map_err(CliError::io(folder))?;
    }
    let result = save_result(api, job, result, &compressed).await?;
    let text = api.log(job.id).await?;
    let part = partial_path(log, job.id);
    fs::write(&part, text).await.map_err(CliError::io(&part))?;
    fs::rename(&part, log).await.map_err(CliError::io(log))?;
    Ok([result.to_owned(), log.clone()])
}

/// The first bytes of a gzip file (RFC 1952, section 2.3.1), and of BGZF.
const GZIP_START: &[u8] = &[0x1f, 0x8b];

/// Saves the result at the path for its form, which its first bytes tell.
async fn save_result<'a>(
    api: &Api,
    job: &Job,
    plain: &'a Path,
    compressed: &'a Path,
) -> Result<&'a Path, CliError> {
    let mut response = api.result(job.id).await?;
    let part = partial_path(plain, job.id);
    let mut file = fs::File::create(&part).await.map_err(CliError::io(&part))?;
    let mut size = 0;
    let mut start: Vec<u8> = Vec::new();
    while let Some(piece) = response.chunk().await? {
        file.write_all(&piece).await.map_err(CliError::io(&part))?;
        size += piece.len() as u64;
        start.extend(piece.iter().take(GZIP_START.len() - start.len()));
    }
    let path = if start == GZIP_START { compressed } else { plain };
    file.sync_all().await.map_err(CliError::io(&part))?;
    let expected = job.result.as_ref().map(|result| result.size_bytes);
    if expected.is_some_and(|expected| expected != size) {
        let text = format!("the download was interrupted after {size} bytes; try again");
        return Err(CliError::Storage { status: 200, text });
    }
    fs::rename(&part, path).await.map_err(CliError::io(path))?;
    Ok(path)
}

/// The path of an incomplete file. It contains the job id, so that no two jobs share one.
fn partial_path(path: &Path, id: Uuid) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{id}.part"));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_incomplete_file_contains_the_job_id() {
        let part = partial_path(Path::new("out/a.annot.vcf"), Uuid::nil());
        let expected = "out/a.annot.vcf.00000000-0000-0000-0000-000000000000.part";
        assert_eq!(part, Path::new(expected));
    }
}
