//! `manifest.json`: the contents of a reference and what it was built from.

use crate::contig_names::ContigNames;
use gas_shared::assembly::{Accession, Assembly, is_mitochondrial, plain_name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the reference format that is read and written.
pub const FORMAT: u32 = gas_shared::reference::ENGINE_FORMAT;

/// A contig of the sequence file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contig {
    /// Name, as in the FASTA file.
    pub name: String,
    /// Offset of its first base in `sequence.bin`.
    pub offset: u64,
    /// Length in bases.
    pub length: u64,
    /// Whether the title of its sequence or the gene models say that it is a mitochondrion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mitochondrial: bool,
}

impl Contig {
    /// Whether it is a mitochondrion, by its name or by what the files say that it is from.
    pub fn is_mitochondrial(&self) -> bool {
        self.mitochondrial || is_mitochondrial(&self.name)
    }
}

/// A file that the reference was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its role: `gff`, `fasta`, or the name of a track.
    pub role: String,
    /// File name without its folder.
    pub file: String,
    /// SHA-256 of the file as it is on disk.
    pub sha256: String,
}

/// A file of the reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceFile {
    /// File name within the folder of the reference.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: String,
}

/// A track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackEntry {
    /// Name. For tracks that write to INFO, also the INFO key.
    pub name: String,
    /// The kind of track, such as `vcf` or `bed`.
    pub kind: String,
    /// File name within the folder of the reference.
    pub file: String,
    /// Number of records.
    pub records: u64,
}

/// Numbers of transcripts with a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaggedTranscripts {
    /// Canonical.
    pub canonical: u64,
    /// MANE Select.
    pub mane_select: u64,
    /// MANE Plus Clinical.
    pub mane_plus_clinical: u64,
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the reference format.
    pub format: u32,
    /// Assembly, such as `GRCh37`.
    pub assembly: String,
    /// Contigs in the order of the FASTA file.
    pub contigs: Vec<Contig>,
    /// Number of genes.
    pub genes: u64,
    /// Number of transcripts.
    pub transcripts: u64,
    /// Numbers of transcripts with a tag of the gene models.
    #[serde(default)]
    pub tagged: TaggedTranscripts,
    /// Tracks.
    pub tracks: Vec<TrackEntry>,
    /// Files that the reference was built from.
    pub sources: Vec<Source>,
    /// Files of the reference.
    pub files: Vec<ReferenceFile>,
    /// Transcripts that were left out, by reason.
    #[serde(default)]
    pub left_out: BTreeMap<String, u64>,
    /// The regions of the transcripts and coding sequences that were left out, by the name of the contig:
    /// sorted, without overlaps.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out_regions: BTreeMap<String, Vec<(i32, i32)>>,
    /// A line for each model that was left out, with the reason; only the first models of each reason.
    pub notes: Vec<String>,
}

/// The longest plain name of a chromosome to which `chr` is added, such as `chrXVI`.
const MAX_CHROMOSOME_NAME: usize = 5;

impl Manifest {
    /// Other usual names of each contig, in the order of the contigs: with and without `chr`, and accessions
    /// in known assemblies. The engine accepts them all.
    pub fn aliases(&self) -> Vec<Vec<String>> {
        let names = self.contig_names();
        let of_contig = |(number, contig): (usize, &Contig)| {
            let plain = plain_name(&contig.name);
            let plain = match Accession::parse(&plain) {
                Some(Accession::Chromosome { name, .. }) => name.to_owned(),
                Some(Accession::RevisedCambridge) => "MT".to_owned(),
                _ => plain,
            };
            let mut aliases = names
                .assembly()
                .map_or_else(Vec::new, |assembly| assembly.accessions(&plain, contig.length));
            if plain.len() <= MAX_CHROMOSOME_NAME {
                let chr = if plain == "MT" { "chrM".to_owned() } else { format!("chr{plain}") };
                aliases.splice(0..0, [plain, chr]);
            }
            let is_alias = |alias: &String| {
                *alias != contig.name && names.resolve(alias.as_bytes()) == Some(number as u32)
            };
            aliases.retain(is_alias);
            aliases
        };
        self.contigs.iter().enumerate().map(of_contig).collect()
    }

    /// The contigs by any spelling of their names.
    pub(crate) fn contig_names(&self) -> ContigNames {
        contig_names(&self.contigs, &self.assembly)
    }
}

/// The contigs of an assembly by any spelling of their names.
pub(super) fn contig_names(contigs: &[Contig], assembly: &str) -> ContigNames {
    let by_length =
        || contigs.iter().find_map(|c| Assembly::of_length(&plain_name(&c.name), c.length));
    let known = Assembly::named(assembly).or_else(by_length);
    let name = known.map_or(assembly, |known| known.name);
    ContigNames::new(contigs.iter().map(|c| c.name.as_str()), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(assembly: &str, contigs: &[(&str, u64)]) -> Vec<Vec<String>> {
        let contig = |(name, length): &(&str, u64)| Contig {
            name: (*name).to_owned(),
            offset: 0,
            length: *length,
            mitochondrial: false,
        };
        let manifest = Manifest {
            format: FORMAT,
            assembly: assembly.to_owned(),
            contigs: contigs.iter().map(contig).collect(),
            genes: 0,
            transcripts: 0,
            tagged: TaggedTranscripts::default(),
            tracks: vec![],
            sources: vec![],
            files: vec![],
            left_out: BTreeMap::new(),
            left_out_regions: BTreeMap::new(),
            notes: vec![],
        };
        manifest.aliases()
    }

    #[test]
    fn chromosomes_of_known_assemblies_have_accessions_as_aliases() {
        let grch38 = [("chr20", 64_444_167), ("MT", 16_569), ("KI270728.1", 1_872_759)];
        assert_eq!(
            aliases("GRCh38", &grch38),
            [vec!["20", "NC_000020.11", "CM000682.2"], vec!["chrM", "NC_012920.1"], vec![]]
        );
        let refseq = aliases("GRCh37.p13", &[("NC_000023.10", 155_270_560)]);
        assert_eq!(refseq, [vec!["X", "chrX", "CM000685.1"]]);
        let t2t = aliases("T2T-CHM13v2.0", &[("1", 248_387_328)]);
        assert_eq!(t2t, [vec!["chr1", "NC_060925.1"]]);
    }

    #[test]
    fn contigs_of_other_assemblies_have_only_the_names_that_follow_from_their_own() {
        let yeast = [("XVI", 948_066), ("Mito", 85_779)];
        assert_eq!(aliases("R64-1-1", &yeast), [vec!["chrXVI"], vec!["MT", "chrM"]]);
        assert_eq!(aliases("ASM584v2", &[("NC_000913.3", 4_641_652)]), [Vec::<String>::new()]);
    }
}
