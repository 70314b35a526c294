//! Which references fit a file, as far as the beginning of the file says.

use super::{ReferenceChoice, ReferenceChoices, ReferenceContig};
use crate::assembly::{Assembly, FileAssembly, plain_name};
use std::collections::{HashMap, HashSet};

/// The most contigs that a text names.
const MAX_NAMED: usize = 5;

/// How a reference fits a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceFit {
    /// The file is of the assembly of the reference.
    Fits,
    /// Nothing says that the file is of another assembly.
    Possible,
    /// The file is of another assembly.
    OtherAssembly,
    /// The reference has none of the file's contigs.
    OtherContigs,
}

impl ReferenceFit {
    /// Whether a file must not be annotated with the reference.
    pub const fn is_rejected(self) -> bool {
        matches!(self, Self::OtherAssembly | Self::OtherContigs)
    }
}

/// The reference that is proposed for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal<'a> {
    /// One that fits, or the only one that there is.
    Reference(&'a ReferenceChoice),
    /// The user must choose: the file does not say which one fits. The first one is proposed.
    Undecided(&'a ReferenceChoice),
    /// No reference fits.
    NoneFits,
    /// It is not known what there is, so the service decides.
    Unknown,
}

impl ReferenceChoices {
    /// The reference to propose for a file. `preferred` is taken if it fits.
    pub fn propose(
        &self,
        file: &FileAssembly,
        preferred: Option<&ReferenceChoice>,
    ) -> Proposal<'_> {
        if self.choices.is_empty() {
            return Proposal::Unknown;
        }
        let first = preferred.map(|preferred| &preferred.id).or(self.default.as_ref());
        let with = |fit: ReferenceFit| {
            let mut found = self.choices.iter().filter(move |choice| choice.fit(file) == fit);
            let any = found.clone().find(|choice| Some(&choice.id) == first);
            any.or_else(|| found.next())
        };
        if let Some(fitting) = with(ReferenceFit::Fits) {
            return Proposal::Reference(fitting);
        }
        match (with(ReferenceFit::Possible), self.choices.as_slice()) {
            (None, _) => Proposal::NoneFits,
            (Some(only), [_]) => Proposal::Reference(only),
            (Some(possible), _) => Proposal::Undecided(possible),
        }
    }
}

impl ReferenceChoice {
    /// How the reference fits a file.
    pub fn fit(&self, file: &FileAssembly) -> ReferenceFit {
        let fit = match (self.known_assembly(), file.detection.assembly()) {
            (Some(own), Some(stated)) if own != stated => return ReferenceFit::OtherAssembly,
            (Some(_), Some(_)) => ReferenceFit::Fits,
            (Some(_), None) => ReferenceFit::Possible,
            // An assembly without an entry in the table of known ones is known by its contigs.
            (None, _) => self.fit_by_lengths(file),
        };
        if !fit.is_rejected() && self.lacks_all_contigs_of(file) {
            return ReferenceFit::OtherContigs;
        }
        fit
    }

    fn fit_by_lengths(&self, file: &FileAssembly) -> ReferenceFit {
        let contigs = ContigsByName::of(self);
        let (mut equal, mut different) = (0_u64, 0_u64);
        for (name, length) in &file.lengths {
            match contigs.find(name) {
                Some(own) if own.length == *length => equal += 1,
                Some(_) => different += 1,
                None => {}
            }
        }
        match (equal, different) {
            (1.., 0) => ReferenceFit::Fits,
            (0, 1..) => ReferenceFit::OtherAssembly,
            _ if file.detection.assembly().is_some() => ReferenceFit::OtherAssembly,
            _ => ReferenceFit::Possible,
        }
    }

    /// Whether the reference certainly has none of the file's contigs.
    fn lacks_all_contigs_of(&self, file: &FileAssembly) -> bool {
        let knows_all = self.contigs.len() as u64 == self.contig_count;
        if !knows_all || file.contigs.is_empty() || file.has_plink_codes() {
            return false;
        }
        let contigs = ContigsByName::of(self);
        !file.contigs.iter().any(|name| contigs.find(name).is_some())
    }

    /// The known assembly of the reference, by its name or the lengths of its contigs.
    fn known_assembly(&self) -> Option<&'static Assembly> {
        let of_length = |contig: &ReferenceContig| {
            Assembly::of_length(&plain_name(&contig.name), contig.length)
        };
        Assembly::named(&self.assembly).or_else(|| self.contigs.iter().find_map(of_length))
    }

    /// The regions that the reference covers if it has only a part of its assembly, such as
    /// `20:1-5,000,000` and `MT`; empty if it has all, or if the assembly is not known.
    pub fn partial_regions(&self) -> Vec<String> {
        let Some(known) = self.known_assembly() else { return Vec::new() };
        let mut is_partial = false;
        let mut missing: HashSet<&str> = known.chromosomes().iter().copied().collect();
        let mut regions = Vec::new();
        for contig in &self.contigs {
            let plain = plain_name(&contig.name);
            missing.remove(plain.as_str());
            match known.length(&plain) {
                Some(length) if contig.length < length => {
                    is_partial = true;
                    regions.push(format!("{}:1-{}", contig.name, grouped(contig.length)));
                }
                _ => regions.push(contig.name.clone()),
            }
        }
        // Sometimes only Y is missing, as in a reference for females.
        if is_partial || missing.len() > 1 { regions } else { Vec::new() }
    }

    /// The name for users, such as `Homo sapiens GRCh38, Ensembl 115`.
    pub fn label(&self) -> String {
        let gene_set = self.gene_set.as_ref().map(|set| format!(", {} {}", set.name, set.release));
        let name = format!("{} {}{}", self.species, self.assembly, gene_set.unwrap_or_default());
        name.trim().to_owned()
    }

    /// Why a file must not be annotated with this reference, as the beginning of a sentence.
    pub fn mismatch(&self, file: &FileAssembly, fit: ReferenceFit) -> Option<String> {
        match fit {
            ReferenceFit::Fits | ReferenceFit::Possible => None,
            ReferenceFit::OtherAssembly => Some(match file.detection.assembly() {
                Some(stated) => {
                    format!("this file is {}; the reference is {}", stated.name, self.assembly)
                }
                None => {
                    format!("the contigs of this file have other lengths than in {}", self.assembly)
                }
            }),
            ReferenceFit::OtherContigs => Some(format!(
                "the reference {} has none of this file's contigs ({}); it has {}",
                self.assembly,
                named(file.contigs.iter()),
                named(self.contigs.iter().map(|contig| &contig.name)),
            )),
        }
    }
}

/// The contigs of a reference by any spelling of their names.
struct ContigsByName<'a>(HashMap<String, &'a ReferenceContig>);

impl<'a> ContigsByName<'a> {
    fn of(reference: &'a ReferenceChoice) -> Self {
        let mut names = HashMap::new();
        for contig in &reference.contigs {
            names.insert(plain_name(&contig.name), contig);
            for alias in contig.aliases.iter().chain([&contig.name]) {
                names.insert(alias.clone(), contig);
            }
        }
        Self(names)
    }

    fn find(&self, name: &str) -> Option<&'a ReferenceContig> {
        self.0.get(name).or_else(|| self.0.get(&plain_name(name))).copied()
    }
}

/// The first names, such as `1, 2, …`.
fn named<'a>(names: impl Iterator<Item = &'a String> + Clone) -> String {
    let first: Vec<&str> = names.clone().take(MAX_NAMED).map(String::as_str).collect();
    let more = if names.count() > MAX_NAMED { ", …" } else { "" };
    first.join(", ") + more
}

/// A number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(String::from_utf8_lossy).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{GeneSet, Sha256, TranscriptCounts};
    use crate::vcf::check_preview;

    fn reference(id: &str, contigs: &[(&str, u64)]) -> ReferenceChoice {
        let id: crate::reference::ReferenceId = id.parse().unwrap();
        let contig = |(name, length): &(&str, u64)| ReferenceContig {
            name: (*name).to_owned(),
            length: *length,
            aliases: vec![],
        };
        ReferenceChoice {
            sha256: Sha256::from_bytes([1; 32]),
            species: "Homo sapiens".to_owned(),
            assembly: id.assembly().to_owned(),
            gene_set: Some(GeneSet { name: "Ensembl".to_owned(), release: "115".to_owned() }),
            genes: 0,
            transcripts: TranscriptCounts::default(),
            contig_count: contigs.len() as u64,
            contigs: contigs.iter().map(contig).collect(),
            attribution: None,
            license: None,
            id,
        }
    }

    fn demo() -> ReferenceChoice {
        reference("homo_sapiens/GRCh37/demo", &[("20", 5_000_000), ("MT", 16_569)])
    }

    fn grch38() -> ReferenceChoice {
        reference("homo_sapiens/GRCh38/small", &[("20", 64_444_167), ("21", 46_709_983)])
    }

    fn yeast() -> ReferenceChoice {
        reference("saccharomyces/R64/x", &[("I", 230_218), ("II", 813_184)])
    }

    fn choices(list: &[ReferenceChoice]) -> ReferenceChoices {
        ReferenceChoices { default: Some(list[0].id.clone()), choices: list.to_vec() }
    }

    fn file(header: &str, records: &str) -> FileAssembly {
        let columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
        let text = format!("##fileformat=VCFv4.2\n{header}{columns}");
        let lines = records.split_whitespace();
        let lines = lines.map(|chrom| format!("{chrom}\t5\t.\tA\tC\t.\t.\t.\n"));
        let text = text + &lines.collect::<String>();
        FileAssembly::of(&check_preview(text.as_bytes(), true).unwrap(), true)
    }

    const OF_37: &str = "##contig=<ID=20,length=63025520>\n";
    const OF_38: &str = "##contig=<ID=chr20,length=64444167>\n";

    #[test]
    fn the_reference_of_the_stated_assembly_is_proposed() {
        let (demo, grch38) = (demo(), grch38());
        let both = choices(&[demo.clone(), grch38.clone()]);
        assert_eq!(both.propose(&file(OF_37, "20"), None), Proposal::Reference(&demo));
        assert_eq!(both.propose(&file(OF_38, "chr20"), None), Proposal::Reference(&grch38));
        let other_genes =
            ReferenceChoice { id: "homo_sapiens/GRCh38/refseq".parse().unwrap(), ..grch38.clone() };
        let three = choices(&[demo, grch38.clone(), other_genes.clone()]);
        let of_38 = file(OF_38, "chr20");
        assert_eq!(three.propose(&of_38, None), Proposal::Reference(&grch38));
        assert_eq!(three.propose(&of_38, Some(&other_genes)), Proposal::Reference(&other_genes));
    }

    #[test]
    fn without_evidence_the_user_decides_unless_there_is_only_one_reference() {
        let (demo, grch38) = (demo(), grch38());
        let silent = file("", "20");
        let both = choices(&[demo.clone(), grch38.clone()]);
        assert_eq!(both.propose(&silent, None), Proposal::Undecided(&demo));
        assert_eq!(both.propose(&silent, Some(&grch38)), Proposal::Undecided(&grch38));
        assert_eq!(
            choices(std::slice::from_ref(&demo)).propose(&silent, None),
            Proposal::Reference(&demo)
        );
        assert_eq!(ReferenceChoices::default().propose(&silent, None), Proposal::Unknown);
        // Only one of them has the contig.
        let of_21 = file("", "21");
        assert_eq!(both.propose(&of_21, None), Proposal::Undecided(&grch38));
    }

    #[test]
    fn other_assemblies_and_other_contigs_are_rejected_with_the_reason() {
        let demo = demo();
        let only = choices(std::slice::from_ref(&demo));
        for (file, fit, reason) in [
            (
                file(OF_38, "chr20"),
                ReferenceFit::OtherAssembly,
                "this file is GRCh38; the reference is GRCh37",
            ),
            (
                file("", "scaffold_1 scaffold_2"),
                ReferenceFit::OtherContigs,
                "the reference GRCh37 has none of this file's contigs (scaffold_1, scaffold_2); it has 20, MT",
            ),
            (
                file("##reference=hg19\n", "1 2 3 4 5 6"),
                ReferenceFit::OtherContigs,
                "the reference GRCh37 has none of this file's contigs (1, 2, 3, 4, 5, …); it has 20, MT",
            ),
        ] {
            assert_eq!(only.propose(&file, None), Proposal::NoneFits);
            assert_eq!(demo.fit(&file), fit);
            assert_eq!(demo.mismatch(&file, fit).as_deref(), Some(reason));
        }
    }

    #[test]
    fn the_lengths_of_the_catalog_decide_for_other_assemblies() {
        let yeast = yeast();
        let both = choices(&[demo(), yeast.clone()]);
        let of_yeast = file("##contig=<ID=chrI,length=230218>\n", "chrI");
        assert_eq!(both.propose(&of_yeast, None), Proposal::Reference(&yeast));
        let other = file("##contig=<ID=chrI,length=230219>\n", "chrI");
        assert_eq!(both.propose(&other, None), Proposal::NoneFits);
        assert_eq!(
            yeast.mismatch(&other, yeast.fit(&other)).unwrap(),
            "the contigs of this file have other lengths than in R64"
        );
        assert_eq!(yeast.fit(&file(OF_38, "chr20")), ReferenceFit::OtherAssembly);
    }

    #[test]
    fn contigs_are_missing_only_if_all_are_known() {
        let mut many = demo();
        many.contig_count = 3;
        assert_eq!(many.fit(&file("", "scaffold_1")), ReferenceFit::Possible);
        assert_eq!(demo().fit(&file("", "23")), ReferenceFit::Possible, "PLINK's X");
        assert_eq!(demo().fit(&file("", "chrM")), ReferenceFit::Possible);
        assert_eq!(demo().fit(&FileAssembly::unknown()), ReferenceFit::Possible);
    }

    #[test]
    fn the_regions_of_a_partial_reference_are_named() {
        assert_eq!(demo().partial_regions(), ["20:1-5,000,000", "MT"]);
        assert_eq!(grch38().partial_regions(), ["20", "21"]);
        assert_eq!(yeast().partial_regions(), Vec::<String>::new());
        assert_eq!(demo().label(), "Homo sapiens GRCh37, Ensembl 115");
    }
}
