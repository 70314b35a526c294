//! Candidates of gene fusions: structural variants that join two genes.
//!
//! `gene_fusion` (SO:0001565) is written where the two genes are read in the same direction after the
//! junction, so that a fusion transcript is possible, and `bidirectional_gene_fusion` (SO:0002085) where
//! they are read in opposite directions. Reading frames are not compared.

use crate::allele::Allele;
use crate::model::{Strand, Transcript};
use crate::placements::Placements;
use crate::reference::{ContigView, Reference};
use crate::structural_variant::{Ends, Junction, StructuralKind, StructuralVariant};
use crate::variant::STRUCTURAL_BASES;
use gas_shared::variant::SoTerm;

/// The junctions of a variant, and the genes at its two breaks.
#[derive(Debug, Default)]
pub(crate) struct Junctions {
    left: Break,
    right: Break,
    /// As seen from the left break.
    joined: [Option<Junction>; 2],
}

/// A break before a base, and the genes with a transcript there.
#[derive(Debug, Default)]
struct Break {
    contig: u32,
    before: i32,
    /// Their indexes in the models of the contig, and their strands.
    genes: Vec<(u32, Strand)>,
}

impl Break {
    fn at(contig: &ContigView<'_>, before: i32) -> Self {
        let mut out = Self { contig: contig.number, before, genes: Vec::new() };
        let end = before.saturating_sub(1);
        for index in contig.transcripts.query(end, before) {
            let transcript = &contig.model.transcripts[index as usize];
            let gene = (transcript.gene, transcript.strand);
            if out.is_within(contig.number, transcript) && !out.genes.contains(&gene) {
                out.genes.push(gene);
            }
        }
        out
    }

    /// Whether the break is between two bases of a transcript.
    const fn is_within(&self, contig: u32, transcript: &Transcript) -> bool {
        self.contig == contig && transcript.start < self.before && self.before <= transcript.end
    }

    fn has(&self, contig: u32, gene: (u32, Strand)) -> bool {
        self.contig == contig && self.genes.contains(&gene)
    }
}

impl Junctions {
    /// The junctions of a structural variant whose first break is on a contig.
    pub(crate) fn of_structural(
        reference: &Reference,
        contig: &ContigView<'_>,
        variant: &StructuralVariant<'_>,
    ) -> Self {
        if let Some(mate) = variant.mate {
            let Some(mate_contig) = reference.contig(mate.contig) else { return Self::default() };
            return Self {
                left: Break::at(contig, variant.start),
                right: Break::at(&mate_contig, mate.start),
                joined: [mate.junction, None],
            };
        }
        let joined = match variant.kind {
            _ if variant.ends == Ends::Unknown => return Self::default(),
            StructuralKind::Deletion => [Some(Junction::DELETION), None],
            StructuralKind::Duplication => [Some(Junction::TANDEM), None],
            StructuralKind::Inversion => Junction::INVERSION.map(Some),
            _ => return Self::default(),
        };
        Self::between(contig, (variant.start, variant.end), joined)
    }

    /// The junctions of a deletion or tandem duplication whose bases are known. Short ones join
    /// genes only where these overlap, and have none.
    #[inline]
    pub(crate) fn of_sequence(contig: &ContigView<'_>, places: &Placements<'_>) -> Self {
        let Allele { start, end, reference, alt } = places.first;
        if reference.len().max(alt.len()) < STRUCTURAL_BASES {
            return Self::default();
        }
        if alt.is_empty() {
            return Self::between(contig, (start, end), [Some(Junction::DELETION), None]);
        }
        let copied = places.copied(Strand::Forward);
        copied.map_or_else(Self::default, |copied| {
            Self::between(contig, copied, [Some(Junction::TANDEM), None])
        })
    }

    fn between(
        contig: &ContigView<'_>,
        (start, end): (i32, i32),
        joined: [Option<Junction>; 2],
    ) -> Self {
        let right = Break::at(contig, end.saturating_add(1));
        Self { left: Break::at(contig, start), right, joined }
    }

    /// The term for a transcript, if one of the breaks is within it and joins it to another gene in a
    /// known direction. Genes at both breaks are shortened or rearranged, not joined. A partner that
    /// allows a fusion transcript decides.
    pub(crate) fn fusion(&self, contig: u32, transcript: &Transcript) -> Option<SoTerm> {
        self.joined[0]?;
        let gene = (transcript.gene, transcript.strand);
        let is_left = self.left.is_within(contig, transcript) && !self.right.has(contig, gene);
        let is_right = self.right.is_within(contig, transcript) && !self.left.has(contig, gene);
        let (own, other) = match (is_left, is_right) {
            (true, false) => (&self.left, &self.right),
            (false, true) => (&self.right, &self.left),
            _ => return None,
        };
        let partners = other.genes.iter().filter(|gene| !own.has(other.contig, **gene));
        let fusions = partners.flat_map(|(_, strand)| {
            self.joined.into_iter().flatten().map(move |junction| {
                let junction = if is_left { junction } else { junction.reversed() };
                if junction.is_colinear(transcript.strand, *strand) {
                    SoTerm::GeneFusion
                } else {
                    SoTerm::BidirectionalGeneFusion
                }
            })
        });
        fusions.min()
    }
}
