//! What the beginning of a file says about its assembly.

use super::contig_name::plain_name;
use super::detection::AssemblyDetection;
use crate::vcf::Preview;

/// The assembly and the contigs of a file, as far as its beginning says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAssembly {
    /// The assembly that the header states.
    pub detection: AssemblyDetection,
    /// The contigs of the header that have a length.
    pub lengths: Vec<(String, u64)>,
    /// The names of contigs: those of the records if all were read, otherwise those of the header.
    pub contigs: Vec<String>,
}

impl FileAssembly {
    /// What the beginning of a file says; nothing without its header. `is_complete` means that it is the
    /// entire file.
    pub fn of(preview: &Preview, is_complete: bool) -> Self {
        let Some(header) = &preview.header else { return Self::unknown() };
        let lengths = header.contigs.iter();
        let lengths = lengths.filter_map(|(name, length)| Some((name.clone(), (*length)?)));
        let all_records_seen = is_complete && !preview.is_bcf && preview.records > 0;
        let contigs = match &preview.contigs {
            Some(seen) if all_records_seen => seen.iter().cloned().collect(),
            _ => header.contigs.iter().map(|(name, _)| name.clone()).collect(),
        };
        Self { detection: AssemblyDetection::of(header), lengths: lengths.collect(), contigs }
    }

    /// A file whose header was not read.
    pub const fn unknown() -> Self {
        Self { detection: AssemblyDetection::NotStated, lengths: Vec::new(), contigs: Vec::new() }
    }

    /// Whether a contig has one of the numbers that PLINK uses for X, Y, the pseudoautosomal region and
    /// the mitochondrion.
    pub(crate) fn has_plink_codes(&self) -> bool {
        self.contigs
            .iter()
            .any(|name| matches!(plain_name(name).as_str(), "23" | "24" | "25" | "26" | "XY"))
    }
}
