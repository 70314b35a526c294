//! Detects which assembly the header of a VCF file states, and by which evidence.

use super::contig_name::plain_name;
use super::known::{Accession, Assembly};
use crate::vcf::Header;

/// The assembly that a header states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssemblyDetection {
    /// The header says nothing about a known assembly.
    NotStated,
    /// One assembly. What the header says about the contigs decides: others are only named.
    Stated {
        /// The evidence for it.
        evidence: AssemblyEvidence,
        /// Other assemblies that the header names, although the contigs are not theirs.
        also_named: Vec<&'static Assembly>,
    },
    /// Several assemblies, each with evidence of the same kind.
    Conflicting(Vec<AssemblyEvidence>),
}

/// What a header says in favor of an assembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssemblyEvidence {
    /// The assembly.
    pub assembly: &'static Assembly,
    /// The number of contigs that have the length which the assembly has, and no other known one.
    pub lengths: usize,
    /// The number of contigs whose accession has the version of the assembly.
    pub accessions: usize,
    /// Whether `##reference`, `##assembly` or the `assembly` of a `##contig` line names it.
    pub is_named: bool,
}

impl AssemblyDetection {
    /// Detects the assembly of a header.
    pub fn of(header: &Header) -> Self {
        let contigs = header.contigs.iter().map(|(name, length)| (name.as_str(), *length));
        let texts = header.reference.iter().chain(&header.contig_assemblies);
        Self::by(contigs, texts.map(String::as_str))
    }

    /// Detects the assembly by the names of contigs with their lengths, if known, and by texts that may name it.
    pub fn by<'a>(
        contigs: impl Iterator<Item = (&'a str, Option<u64>)>,
        texts: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut found: Vec<AssemblyEvidence> = Vec::new();
        for (name, length) in contigs {
            if let Some(Accession::Chromosome { assembly: Some(assembly), .. }) =
                Accession::parse(&name.to_ascii_uppercase())
            {
                evidence_for(&mut found, assembly).accessions += 1;
            } else if let Some(assembly) =
                length.and_then(|length| Assembly::of_length(&plain_name(name), length))
            {
                evidence_for(&mut found, assembly).lengths += 1;
            }
        }
        for text in texts {
            for assembly in Assembly::all_named(text) {
                evidence_for(&mut found, assembly).is_named = true;
            }
        }
        let (mut strong, named): (Vec<_>, Vec<_>) =
            found.into_iter().partition(AssemblyEvidence::is_of_contigs);
        let also_named = if strong.is_empty() {
            strong = named;
            Vec::new()
        } else {
            named.into_iter().map(|evidence| evidence.assembly).collect()
        };
        match (strong.pop(), strong.is_empty()) {
            (None, _) => Self::NotStated,
            (Some(evidence), true) => Self::Stated { evidence, also_named },
            (Some(last), false) => {
                strong.push(last);
                Self::Conflicting(strong)
            }
        }
    }

    /// The assembly, if the header states one.
    pub const fn assembly(&self) -> Option<&'static Assembly> {
        match self {
            Self::Stated { evidence, .. } => Some(evidence.assembly),
            Self::NotStated | Self::Conflicting(_) => None,
        }
    }

    /// What contradicts the detection, as a sentence's fragment for users.
    pub fn contradiction(&self) -> Option<String> {
        match self {
            Self::Stated { evidence, also_named } if !also_named.is_empty() => {
                let others: Vec<_> = also_named.iter().map(|assembly| assembly.name).collect();
                Some(format!(
                    "the header names {}, but has {}",
                    others.join(" and "),
                    evidence.describe()
                ))
            }
            Self::Conflicting(found) => {
                let parts: Vec<_> = found.iter().map(AssemblyEvidence::describe).collect();
                Some(format!("the file contradicts itself: it has {}", parts.join(" and ")))
            }
            Self::NotStated | Self::Stated { .. } => None,
        }
    }
}

impl AssemblyEvidence {
    /// Whether contigs are evidence. Names in the header are weaker: they are often left over from an
    /// earlier file.
    const fn is_of_contigs(&self) -> bool {
        self.lengths > 0 || self.accessions > 0
    }

    /// The evidence, such as `24 contig lengths of GRCh38`.
    pub fn describe(&self) -> String {
        let name = self.assembly.name;
        match self.of_contigs() {
            Some(contigs) => format!("{contigs} of {name}"),
            None => format!("the name {name}"),
        }
    }

    /// The evidence of contigs, such as `24 contig lengths`; `None` if the assembly is only named.
    pub fn of_contigs(&self) -> Option<String> {
        let counted = |number: usize, one: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            many => Some(format!("{many} {one}s")),
        };
        let counts =
            [counted(self.lengths, "contig length"), counted(self.accessions, "accession")];
        let counts: Vec<_> = counts.into_iter().flatten().collect();
        (!counts.is_empty()).then(|| counts.join(" and "))
    }
}

/// The evidence for an assembly, which is added if it is new.
fn evidence_for<'a>(
    found: &'a mut Vec<AssemblyEvidence>,
    assembly: &'static Assembly,
) -> &'a mut AssemblyEvidence {
    let index = found.iter().position(|known| known.assembly == assembly).unwrap_or(found.len());
    if index == found.len() {
        found.push(AssemblyEvidence { assembly, lengths: 0, accessions: 0, is_named: false });
    }
    &mut found[index]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcf::check_preview;

    fn detect(lines: &str) -> AssemblyDetection {
        let text = format!(
            "##fileformat=VCFv4.2\n{lines}\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        );
        AssemblyDetection::of(&check_preview(text.as_bytes(), true).unwrap().header.unwrap())
    }

    #[test]
    fn lengths_accessions_and_names_are_evidence() {
        for (lines, assembly, evidence) in [
            (
                "##contig=<ID=chr1,length=248956422>\n##contig=<ID=2,length=242193529>",
                "GRCh38",
                "2 contig lengths of GRCh38",
            ),
            ("##contig=<ID=NC_000007.14>", "GRCh38", "1 accession of GRCh38"),
            ("##contig=<ID=CM000682.1>", "GRCh37", "1 accession of GRCh37"),
            ("##reference=file:///data/hs37d5.fa", "GRCh37", "the name GRCh37"),
            ("##contig=<ID=20,assembly=b37>", "GRCh37", "the name GRCh37"),
            ("##contig=<ID=chr7,length=160567428>", "T2T-CHM13", "1 contig length of T2T-CHM13"),
            ("##contig=<ID=1,length=195154279>", "GRCm39", "1 contig length of GRCm39"),
            ("##contig=<ID=NC_000913.3,length=4641652>", "ASM584v2", "1 contig length of ASM584v2"),
            ("##contig=<ID=Chromosome,length=4641652>", "ASM584v2", "1 contig length of ASM584v2"),
        ] {
            let AssemblyDetection::Stated { evidence: found, also_named } = detect(lines) else {
                panic!("{lines}: {:?}", detect(lines))
            };
            assert_eq!((found.assembly.name, found.describe().as_str()), (assembly, evidence));
            assert!(also_named.is_empty(), "{lines}");
        }
    }

    #[test]
    fn nothing_is_detected_without_evidence() {
        for lines in ["##contig=<ID=20>", "##contig=<ID=20,length=1000>", "##reference=my.fa"] {
            assert_eq!(detect(lines), AssemblyDetection::NotStated, "{lines}");
        }
    }

    #[test]
    fn contigs_decide_against_a_name_which_is_still_said() {
        let found = detect("##reference=hg19.fa\n##contig=<ID=chr20,length=64444167>");
        assert_eq!(found.assembly().unwrap().name, "GRCh38");
        assert_eq!(
            found.contradiction().unwrap(),
            "the header names GRCh37, but has 1 contig length of GRCh38"
        );
    }

    #[test]
    fn contigs_of_two_assemblies_and_two_names_conflict() {
        for (lines, expected) in [
            (
                "##contig=<ID=20,length=64444167>\n##contig=<ID=21,length=48129895>",
                "the file contradicts itself: it has 1 contig length of GRCh38 and 1 contig length of \
                 GRCh37",
            ),
            (
                "##reference=hg19ToHg38.over.chain",
                "the file contradicts itself: it has the name GRCh37 and the name GRCh38",
            ),
        ] {
            let found = detect(lines);
            assert_eq!(found.assembly(), None, "{lines}");
            assert_eq!(found.contradiction().as_deref(), Some(expected));
        }
    }
}
