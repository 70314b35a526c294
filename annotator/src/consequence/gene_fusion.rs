//! Candidates of gene fusions: breakends that join two genes.
//!
//! `gene_fusion` (SO:0001565) is written where the two genes are read in the same direction after the
//! junction, so that a fusion transcript is possible, and `bidirectional_gene_fusion` (SO:0002085) where
//! they are read in opposite directions. Reading frames are not compared.

use crate::model::Strand;
use crate::reference::{ContigView, Reference};
use crate::structural_variant::{Junction, Mate};
use gas_shared::variant::SoTerm;

/// The genes at the mate of a breakend, by strand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PartnerGenes {
    forward: GenesOfStrand,
    reverse: GenesOfStrand,
    junction: Option<Junction>,
}

/// The genes of one strand with a transcript at one end of a breakend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum GenesOfStrand {
    #[default]
    None,
    /// The number of the contig, and the index of the gene in its models.
    One(u32, u32),
    Several,
}

impl GenesOfStrand {
    fn add(&mut self, contig: u32, gene: u32) {
        *self = match *self {
            Self::None => Self::One(contig, gene),
            known if known == Self::One(contig, gene) => known,
            _ => Self::Several,
        };
    }

    /// Whether one of the genes is not the given one.
    fn has_another(self, contig: u32, gene: u32) -> bool {
        match self {
            Self::None => false,
            Self::One(..) => self != Self::One(contig, gene),
            Self::Several => true,
        }
    }
}

impl PartnerGenes {
    /// The genes at the mate of a breakend. A contig that the reference does not have has none.
    pub(crate) fn at(reference: &Reference, mate: &Mate<'_>) -> Self {
        let mut found = Self { junction: mate.junction, ..Self::default() };
        let Some(contig) = reference.contig(mate.contig) else { return found };
        let (start, end) = (mate.start, mate.start - 1);
        for index in contig.transcripts.query(end, start) {
            let transcript = &contig.model.transcripts[index as usize];
            if end < transcript.start || start > transcript.end {
                continue;
            }
            match transcript.strand {
                Strand::Forward => found.forward.add(contig.number, transcript.gene),
                Strand::Reverse => found.reverse.add(contig.number, transcript.gene),
            }
        }
        found
    }

    /// The term for a gene at this end of the breakend, if it is joined to another gene in a known
    /// direction. A partner that allows a fusion transcript decides.
    pub(crate) fn fusion(
        &self,
        contig: &ContigView<'_>,
        gene: u32,
        strand: Strand,
    ) -> Option<SoTerm> {
        let junction = self.junction?;
        let fusion = |other: Strand| {
            let term = if junction.is_colinear(strand, other) {
                SoTerm::GeneFusion
            } else {
                SoTerm::BidirectionalGeneFusion
            };
            let partners = if other == Strand::Forward { self.forward } else { self.reverse };
            partners.has_another(contig.number, gene).then_some(term)
        };
        [Strand::Forward, Strand::Reverse].into_iter().filter_map(fusion).min()
    }
}
