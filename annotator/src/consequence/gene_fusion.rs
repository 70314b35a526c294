//! Candidates of gene fusions: breakends that join two genes (`gene_fusion`, SO:0001565).

use crate::reference::{ContigView, Reference};
use crate::structural_variant::Mate;

/// The genes with a transcript at one end of a breakend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartnerGenes {
    None,
    /// The number of the contig, and the index of the gene in its models.
    One(u32, u32),
    Several,
}

impl PartnerGenes {
    /// The genes at the mate of a breakend. A contig that the reference does not have has none.
    pub(crate) fn at(reference: &Reference, mate: &Mate<'_>) -> Self {
        let Some(contig) = reference.contig(mate.contig) else { return Self::None };
        let (start, end) = (mate.start, mate.start - 1);
        let mut found = Self::None;
        for index in contig.transcripts.query(end, start) {
            let transcript = &contig.model.transcripts[index as usize];
            if end < transcript.start || start > transcript.end {
                continue;
            }
            let gene = Self::One(contig.number, transcript.gene);
            match found {
                Self::None => found = gene,
                known if known == gene => {}
                _ => return Self::Several,
            }
        }
        found
    }

    /// Whether one of the genes is not the given one.
    pub(crate) fn has_another(self, contig: &ContigView<'_>, gene: u32) -> bool {
        match self {
            Self::None => false,
            Self::One(..) => self != Self::One(contig.number, gene),
            Self::Several => true,
        }
    }
}
