//! Annotated files and logs, from GAS to this machine.

use crate::api::Api;
use crate::error::CliError;
use crate::wire::Job;
use gas_shared::FileName;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Where the files of a job will be.
#[derive(Debug)]
pub struct Targets {
    /// The annotated file.
    pub result: PathBuf,
    /// The log.
    pub log: PathBuf,
}

impl Targets {
    /// The files in `folder` that belong to an input of this name.
    pub fn new(folder: &Path, name: &FileName) -> Self {
        let target = |ending| folder.join(format!("{}.{ending}", name.stem()));
        Self { result: target("annot.vcf"), log: target("log") }
    }

    /// Checks that nothing is there, or that it may be replaced.
    pub fn check(&self, force: bool) -> Result<(), CliError> {
        for path in self.paths() {
            if !force && path.try_exists().map_err(CliError::io(path))? {
                return Err(CliError::Exists(path.to_owned()));
            }
        }
        Ok(())
    }

    /// Both files.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        [self.result.as_path(), self.log.as_path()].into_iter()
    }
}

/// Downloads the annotated file and the log of a job, into a folder that is made where it is
/// missing. A file appears under its name when it is complete.
pub async fn download(
    api: &Api,
    job: &Job,
    targets: &Targets,
    force: bool,
) -> Result<(), CliError> {
    targets.check(force)?;
    let Targets { result, log } = targets;
    if let Some(folder) = result.parent() {
        fs::create_dir_all(folder).await.map_err(CliError::io(folder))?;
    }
    save_result(api, job, result).await?;
    let text = api.log(job.id).await?;
    let part = part(log, job.id);
    fs::write(&part, text).await.map_err(CliError::io(&part))?;
    fs::rename(&part, log).await.map_err(CliError::io(log))
}

async fn save_result(api: &Api, job: &Job, path: &Path) -> Result<(), CliError> {
    let mut answer = api.result(job.id).await?;
    let part = part(path, job.id);
    let mut file = fs::File::create(&part).await.map_err(CliError::io(&part))?;
    let mut size = 0;
    while let Some(piece) = answer.chunk().await? {
        file.write_all(&piece).await.map_err(CliError::io(&part))?;
        size += piece.len() as u64;
    }
    file.sync_all().await.map_err(CliError::io(&part))?;
    let expected = job.result.as_ref().map(|result| result.size_bytes);
    if expected.is_some_and(|expected| expected != size) {
        let text = format!("the download has {size} bytes and broke off; try again");
        return Err(CliError::Storage { status: 200, text });
    }
    fs::rename(&part, path).await.map_err(CliError::io(path))
}

/// Where a file is while it is incomplete: no two jobs write into one.
fn part(path: &Path, id: Uuid) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{id}.part"));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_files_have_names_of_their_own() {
        let part = part(Path::new("out/a.annot.vcf"), Uuid::nil());
        let expected = "out/a.annot.vcf.00000000-0000-0000-0000-000000000000.part";
        assert_eq!(part, Path::new(expected));
    }
}
