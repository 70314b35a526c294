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
    /// The result.
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

    /// Checks that neither file exists, unless `force` allows replacing them.
    pub fn check(&self, force: bool) -> Result<(), CliError> {
        for path in self.paths() {
            if !force && path.try_exists().map_err(CliError::io(path))? {
                return Err(CliError::Exists(path.to_owned()));
            }
        }
        Ok(())
    }

    /// Both paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        [self.result.as_path(), self.log.as_path()].into_iter()
    }
}

/// Downloads the result and the run log of a job. The folder is created if necessary. A file gets its
/// final name when it is complete.
pub async fn download(
    api: &Api,
    job: &Job,
    output: &OutputPaths,
    force: bool,
) -> Result<(), CliError> {
    output.check(force)?;
    let OutputPaths { result, log } = output;
    if let Some(folder) = result.parent() {
        fs::create_dir_all(folder).await.map_err(CliError::io(folder))?;
    }
    save_result(api, job, result).await?;
    let text = api.log(job.id).await?;
    let part = partial_path(log, job.id);
    fs::write(&part, text).await.map_err(CliError::io(&part))?;
    fs::rename(&part, log).await.map_err(CliError::io(log))
}

async fn save_result(api: &Api, job: &Job, path: &Path) -> Result<(), CliError> {
    let mut response = api.result(job.id).await?;
    let part = partial_path(path, job.id);
    let mut file = fs::File::create(&part).await.map_err(CliError::io(&part))?;
    let mut size = 0;
    while let Some(piece) = response.chunk().await? {
        file.write_all(&piece).await.map_err(CliError::io(&part))?;
        size += piece.len() as u64;
    }
    file.sync_all().await.map_err(CliError::io(&part))?;
    let expected = job.result.as_ref().map(|result| result.size_bytes);
    if expected.is_some_and(|expected| expected != size) {
        let text = format!("the download was interrupted after {size} bytes; try again");
        return Err(CliError::Storage { status: 200, text });
    }
    fs::rename(&part, path).await.map_err(CliError::io(path))
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
