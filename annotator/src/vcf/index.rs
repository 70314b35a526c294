//! The tabix index of a bgzipped file.

use super::output::PartialFile;
use crate::Error;
use noodles_vcf::Index;
use std::path::{Path, PathBuf};

/// Writes `FILE.gz.tbi` for a sorted bgzipped VCF file, or `FILE.gz.csi` if a contig is too long
/// for tabix, and returns the path. The file is read by an independent VCF reader, which also
/// validates what the engine wrote.
///
/// # Errors
/// [`Error::File`] if the file is not valid and sorted, or if the index cannot be written.
pub fn write_index(path: &Path) -> Result<PathBuf, Error> {
    let index = noodles_vcf::fs::index(path).map_err(Error::file(path))?;
    let mut name = path.to_owned().into_os_string();
    name.push(match index {
        Index::Tabix(_) => ".tbi",
        Index::Csi(_) => ".csi",
    });
    let target = PathBuf::from(name);
    let partial = PartialFile::new(&target);
    let written = match &index {
        Index::Tabix(index) => noodles_tabix::fs::write(&target, index),
        Index::Csi(index) => noodles_csi::fs::write(&target, index),
    };
    written.map_err(Error::file(&target))?;
    partial.keep();
    Ok(target)
}
