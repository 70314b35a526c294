//! Picks one annotation of several by Ensembl VEP's criteria
//! (<https://www.ensembl.org/info/docs/tools/vep/script/vep_other.html#pick>).

use crate::consequence::SoTerms;
use crate::model::Transcript;
use std::cmp::Ordering;
use strum::{Display, EnumString, VariantArray};

/// A criterion of VEP's `--pick_order`. VEP's `appris`, `tsl`, `ccds`, `ensembl` and `refseq` are left out,
/// because gene models in GFF3 and GTF do not have them in a common form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Criterion {
    /// MANE Select transcripts first.
    ManeSelect,
    /// MANE Plus Clinical transcripts first.
    ManePlusClinical,
    /// Canonical transcripts first.
    Canonical,
    /// The biotype `protein_coding` first.
    Biotype,
    /// The most severe consequence first.
    Rank,
    /// The longest coding sequence first; of a transcript without one, the longest transcript.
    Length,
}

impl Criterion {
    /// The criteria in VEP's order.
    pub const DEFAULT_ORDER: &'static [Self] = Self::VARIANTS;

    /// The value of an annotation; lower ones are first.
    fn value(self, transcript: &Transcript, terms: SoTerms) -> i32 {
        match self {
            Self::ManeSelect => i32::from(!transcript.flags.mane_select),
            Self::ManePlusClinical => i32::from(!transcript.flags.mane_plus),
            Self::Canonical => i32::from(!transcript.flags.canonical),
            Self::Biotype => i32::from(&*transcript.biotype != "protein_coding"),
            Self::Rank => terms.most_severe().map_or(i32::MAX, |term| term as i32),
            Self::Length => -transcript.cds.as_ref().map_or(transcript.len, |cds| cds.len),
        }
    }
}

/// An annotation that can be picked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'r> {
    /// The end of the variant that the transcript is at: 0, or 1 for the mate of a breakend.
    pub(crate) end: u8,
    /// The number of the contig.
    pub(crate) contig: u32,
    /// Index of the transcript in the models of the contig.
    pub(crate) index: u32,
    pub(crate) transcript: &'r Transcript,
    pub(crate) terms: SoTerms,
}

impl Candidate<'_> {
    /// Compares by the criteria in their order, then by the order of the gene models.
    fn compare(&self, other: &Self, order: &[Criterion]) -> Ordering {
        let by = |criterion: &Criterion| {
            let value = |c: &Self| criterion.value(c.transcript, c.terms);
            value(self).cmp(&value(other))
        };
        let position = |c: &Self| (c.end, c.index);
        let mut decisions = order.iter().map(by).filter(|decision| decision.is_ne());
        decisions.next().unwrap_or_else(|| position(self).cmp(&position(other)))
    }

    const fn gene(&self) -> (u32, u32) {
        (self.contig, self.transcript.gene)
    }
}

/// The annotations of an allele that are picked. The memory is reused for the next allele.
#[derive(Debug)]
pub(crate) struct Picks<'r> {
    order: Vec<Criterion>,
    picked: Vec<Candidate<'r>>,
}

impl<'r> Picks<'r> {
    pub(crate) const fn new(order: Vec<Criterion>) -> Self {
        Self { order, picked: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.picked.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.picked.is_empty()
    }

    /// Whether a transcript would lose against the one that is picked whatever its consequences are, which
    /// then need not be computed.
    #[inline]
    pub(crate) fn rules_out(&self, transcript: &Transcript) -> bool {
        let [best] = self.picked.as_slice() else { return false };
        let before_rank = self.order.iter().take_while(|c| **c != Criterion::Rank);
        let by = |criterion: &Criterion| {
            let value = |t: &Transcript| criterion.value(t, SoTerms::EMPTY);
            value(transcript).cmp(&value(best.transcript))
        };
        before_rank.map(by).find(|decision| decision.is_ne()) == Some(Ordering::Greater)
    }

    /// Picks the candidate if it is before the one that is picked.
    pub(crate) fn offer(&mut self, candidate: Candidate<'r>) {
        match self.picked.first_mut() {
            Some(best) => {
                if candidate.compare(best, &self.order).is_lt() {
                    *best = candidate;
                }
            }
            None => self.picked.push(candidate),
        }
    }

    /// Adds a candidate; [`keep_one_per_gene`](Self::keep_one_per_gene) picks from them.
    pub(crate) fn add(&mut self, candidate: Candidate<'r>) {
        self.picked.push(candidate);
    }

    /// Picks the first candidate of each gene.
    pub(crate) fn keep_one_per_gene(&mut self) {
        let order = &self.order;
        self.picked
            .sort_unstable_by(|a, b| a.gene().cmp(&b.gene()).then_with(|| a.compare(b, order)));
        self.picked.dedup_by_key(|candidate| candidate.gene());
        self.picked.sort_unstable_by_key(|candidate| (candidate.end, candidate.index));
    }

    /// The picked transcript number `n`.
    pub(crate) fn get(&self, n: usize) -> Option<Candidate<'r>> {
        self.picked.get(n).copied()
    }

    /// Whether a transcript is picked as the only one.
    pub(crate) fn is_pick(&self, end: u8, index: u32) -> bool {
        matches!(self.picked.as_slice(), [pick] if (pick.end, pick.index) == (end, index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Strand, TranscriptFlags};
    use gas_shared::variant::SoTerm;

    fn transcript(gene: u32, biotype: &str, len: i32) -> Transcript {
        Transcript {
            id: "T".into(),
            gene,
            biotype: biotype.into(),
            start: 1,
            end: len,
            strand: Strand::Forward,
            exons: vec![],
            cds: None,
            flags: TranscriptFlags::default(),
            offset: 0,
            len,
        }
    }

    fn candidate(index: u32, transcript: &Transcript, term: SoTerm) -> Candidate<'_> {
        Candidate { end: 0, contig: 0, index, transcript, terms: SoTerms::of(term) }
    }

    fn pick(order: &[Criterion], candidates: &[Candidate<'_>]) -> u32 {
        let mut picks = Picks::new(order.to_vec());
        candidates.iter().for_each(|c| picks.offer(*c));
        picks.get(0).unwrap().index
    }

    #[test]
    fn the_criteria_decide_in_their_order_and_then_the_order_of_the_models() {
        let (plain, short) = (transcript(0, "lncRNA", 900), transcript(0, "protein_coding", 300));
        let mut mane = transcript(0, "protein_coding", 100);
        mane.flags.mane_select = true;
        let all = [
            candidate(0, &plain, SoTerm::SpliceDonor),
            candidate(1, &short, SoTerm::Missense),
            candidate(2, &mane, SoTerm::Downstream),
            candidate(3, &short, SoTerm::Missense),
        ];
        let order = Criterion::DEFAULT_ORDER;
        assert_eq!(pick(order, &all), 2);
        assert_eq!(pick(order, &[all[3], all[0], all[1]]), 1);
        assert_eq!(pick(&[Criterion::Rank], &all), 0);
        assert_eq!(pick(&[Criterion::Length, Criterion::Rank], &all[1..]), 1);
        assert_eq!(pick(&[], &[all[2], all[1]]), 1);
    }

    #[test]
    fn a_transcript_is_ruled_out_only_by_criteria_before_the_consequence() {
        let (coding, other) = (transcript(0, "protein_coding", 10), transcript(0, "lncRNA", 99));
        let picked = |order: &[Criterion]| {
            let mut picks = Picks::new(order.to_vec());
            picks.offer(candidate(0, &coding, SoTerm::Downstream));
            picks.rules_out(&other)
        };
        assert!(picked(Criterion::DEFAULT_ORDER));
        assert!(!picked(&[Criterion::Rank, Criterion::Biotype]));
        assert!(!picked(&[Criterion::Length]));
    }

    #[test]
    fn one_annotation_per_gene_is_kept_in_the_order_of_the_models() {
        let genes = [transcript(1, "lncRNA", 5), transcript(0, "lncRNA", 5)];
        let mut picks = Picks::new(Criterion::DEFAULT_ORDER.to_vec());
        for (index, gene, term) in [
            (0, 0, SoTerm::Intron),
            (1, 1, SoTerm::Intron),
            (2, 0, SoTerm::NonCodingExon),
            (3, 1, SoTerm::Intron),
        ] {
            picks.add(candidate(index, &genes[gene], term));
        }
        picks.keep_one_per_gene();
        let kept: Vec<u32> = (0..).map_while(|n| picks.get(n)).map(|c| c.index).collect();
        assert_eq!(kept, [1, 2]);
    }
}
