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
        let Some(header) = &preview.header else { return Self::of_list(preview) };
        let lengths = header.contigs.iter();
        let lengths = lengths.filter_map(|(name, length)| Some((name.clone(), (*length)?)));
        let all_records_seen = is_complete && !preview.is_bcf && preview.records > 0;
        let contigs = match &preview.contigs {
            Some(seen) if all_records_seen => seen.iter().cloned().collect(),
            _ => header.contigs.iter().map(|(name, _)| name.clone()).collect(),
        };
        Self { detection: AssemblyDetection::of(header), lengths: lengths.collect(), contigs }
    }

    /// A list of variants: the accessions of its lines say the assembly. Other names are not known to be
    /// contigs, as those of transcripts and genes are not.
    fn of_list(preview: &Preview) -> Self {
        let names = preview.contigs.iter().flatten().map(|name| (name.as_str(), None));
        let detection = AssemblyDetection::by(names, std::iter::empty());
        Self { detection, ..Self::unknown() }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcf::check_preview;

    #[test]
    fn the_accessions_of_a_list_of_variants_say_the_assembly() {
        for (list, assembly) in [
            ("NC_000001.11:g.12345A>G\nENST00000357654:c.68_69del", Some("GRCh38")),
            ("NC_000001.10:12344:A:G\n", Some("GRCh37")),
            ("chr1:12345 A>G\n1-12345-A-G", None),
            ("NC_000001.10:12344:A:G\nNC_000001.11:12344:A:G", None),
        ] {
            let preview = check_preview(list.as_bytes(), true).unwrap();
            let file = FileAssembly::of(&preview, true);
            assert_eq!(file.detection.assembly().map(|found| found.name), assembly, "{list}");
            assert!(file.contigs.is_empty(), "{list}");
        }
    }
}
