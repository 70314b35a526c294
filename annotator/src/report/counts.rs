//! The counts of a run. Each thread has its own, and their sum does not depend on the order.

use super::annotation_gap::AnnotationGap;
use super::genotype_problems::GenotypeProblems;
use super::histograms::Histograms;
use super::long_array;
use super::structural_problems::StructuralProblems;
use crate::consequence::{Impact, SoTerm, SoTerms};
use gas_shared::variant::{Substitution, VariantType, without_shared_ends};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A class of genomic region, as AnnTools' count log names it. A record counts once per class,
/// however many transcripts put it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RegionClass {
    /// Not within 5 kb of a transcript.
    Intergenic,
    /// Coding sequence.
    Cds,
    /// 3' UTR.
    ThreePrimeUtr,
    /// 5' UTR.
    FivePrimeUtr,
    /// Intron of a coding transcript.
    Intronic,
    /// Intron of a non-coding transcript.
    NonCodingIntronic,
    /// Exon of a coding transcript.
    Exonic,
    /// Exon of a non-coding transcript.
    NonCodingExonic,
    /// At most 500 bases upstream of a transcript.
    Promoter,
    /// Upstream, at most 5 kb.
    Upstream,
    /// Downstream, at most 5 kb.
    Downstream,
    /// Splice site or splice region.
    Splice,
}

impl RegionClass {
    /// All classes, in the order of the count log.
    pub const ALL: [Self; 12] = [
        Self::Intergenic,
        Self::Cds,
        Self::ThreePrimeUtr,
        Self::FivePrimeUtr,
        Self::Intronic,
        Self::NonCodingIntronic,
        Self::Exonic,
        Self::NonCodingExonic,
        Self::Promoter,
        Self::Upstream,
        Self::Downstream,
        Self::Splice,
    ];

    /// The name in the count log and in `summary.json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intergenic => "interGenic",
            Self::Cds => "CDS",
            Self::ThreePrimeUtr => "'3 UTR",
            Self::FivePrimeUtr => "'5 UTR",
            Self::Intronic => "Intronic",
            Self::NonCodingIntronic => "Non_coding_intronic",
            Self::Exonic => "Exonic",
            Self::NonCodingExonic => "Non_coding_exonic",
            Self::Promoter => "Putative Promoter Region",
            Self::Upstream => "Upstream 5 kb",
            Self::Downstream => "Downstream 5 kb",
            Self::Splice => "Splice site or region",
        }
    }
}

/// The set of region classes of one record.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegionClasses(u16);

impl RegionClasses {
    /// Adds a class.
    pub const fn insert(&mut self, class: RegionClass) {
        self.0 |= 1 << class as u8;
    }
}

/// Everything that is counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counts {
    /// Records.
    pub records: u64,
    /// Alternative alleles.
    pub alleles: u64,
    /// Records with more than one alternative allele.
    pub multiallelic: u64,
    /// Records with a dbSNP identifier, from the `dbsnp` track or as an `rs` number in the ID
    /// column.
    pub in_dbsnp: u64,
    /// Records by region class.
    pub region_classes: [u64; RegionClass::ALL.len()],
    /// Alleles by variant type.
    pub kinds: [u64; VariantType::ALL.len()],
    /// Alleles by most severe term.
    #[serde(with = "long_array")]
    pub most_severe: [u64; SoTerm::ALL.len()],
    /// Pairs of allele and transcript by term.
    #[serde(with = "long_array")]
    pub terms: [u64; SoTerm::ALL.len()],
    /// Alleles by greatest impact.
    pub impacts: [u64; 4],
    /// SNVs that exchange A and G, or C and T.
    pub transitions: u64,
    /// All other SNVs.
    pub transversions: u64,
    /// REF alleles compared to the reference.
    pub ref_checked: u64,
    /// REF alleles that differ from the reference.
    pub ref_mismatches: u64,
    /// REF alleles that agree with the reference only where one of them has an ambiguity code, such
    /// as `N`. They are not in `ref_checked`.
    pub ref_ambiguous: u64,
    /// REF alleles on the mitochondrion that were compared to the reference, and how many differ.
    pub mitochondrial_checks: (u64, u64),
    /// Indels that are not left-aligned.
    pub not_left_aligned: u64,
    /// Records without annotation by reason.
    pub gaps: [u64; AnnotationGap::ALL.len()],
    /// Records at transcripts that the reference leaves out, annotated or not.
    pub at_left_out_transcripts: u64,
    /// Structural alleles by problem with their span.
    pub structural_problems: StructuralProblems,
    /// Genotypes that are not used as they are.
    pub genotype_problems: GenotypeProblems,
    /// Records whose annotations are cut at the limit, and the first line that has one.
    pub cut: (u64, u64),
    /// Alleles left out of a haplotype because they overlap another of its alleles.
    pub overlapping: u64,
    /// Records with more consequences than FORMAT/BCSQ can refer to.
    pub unnamed: u64,
    /// Records by contig, with the contig's name in the input.
    pub contigs: BTreeMap<Box<[u8]>, u64>,
    /// Records that match an entry of a track, by track number.
    pub tracks: Vec<u64>,
    /// Histograms.
    pub histograms: Histograms,
}

// Not derived: `Default` covers arrays of up to 32 elements, and there are more terms.
impl Default for Counts {
    fn default() -> Self {
        Self {
            records: 0,
            alleles: 0,
            multiallelic: 0,
            in_dbsnp: 0,
            region_classes: [0; RegionClass::ALL.len()],
            kinds: [0; VariantType::ALL.len()],
            most_severe: [0; SoTerm::ALL.len()],
            terms: [0; SoTerm::ALL.len()],
            impacts: [0; 4],
            transitions: 0,
            transversions: 0,
            ref_checked: 0,
            ref_mismatches: 0,
            ref_ambiguous: 0,
            mitochondrial_checks: (0, 0),
            not_left_aligned: 0,
            gaps: [0; AnnotationGap::ALL.len()],
            at_left_out_transcripts: 0,
            structural_problems: StructuralProblems::default(),
            genotype_problems: GenotypeProblems::default(),
            cut: (0, 0),
            overlapping: 0,
            unnamed: 0,
            contigs: BTreeMap::new(),
            tracks: Vec::new(),
            histograms: Histograms::default(),
        }
    }
}

impl Counts {
    /// Counts lines of a variant list that are no variants, as records without annotation.
    pub(crate) fn add_unreadable_lines(&mut self, lines: u64) {
        self.records += lines;
        self.gaps[AnnotationGap::UnreadableLine as usize] += lines;
    }

    /// Counts the region classes of a record.
    pub fn add_region_classes(&mut self, classes: RegionClasses) {
        let mut rest = classes.0;
        while rest != 0 {
            self.region_classes[rest.trailing_zeros() as usize] += 1;
            rest &= rest - 1;
        }
    }

    /// Counts a record by what tracks know about it; `hits` says which tracks it matches.
    pub fn add_colocated(&mut self, in_dbsnp: bool, hits: &[bool]) {
        self.in_dbsnp += u64::from(in_dbsnp);
        self.tracks.resize(hits.len(), 0);
        self.tracks.iter_mut().zip(hits).for_each(|(sum, hit)| *sum += u64::from(*hit));
    }

    /// Counts an allele by its terms in all transcripts.
    pub fn add_terms(&mut self, all: SoTerms) {
        if let Some(term) = all.most_severe() {
            self.most_severe[term as usize] += 1;
        }
        self.impacts[all.iter().map(SoTerm::impact).min().unwrap_or(Impact::Modifier) as usize] +=
            1;
    }

    /// Counts a record without annotation.
    pub fn add_gap(&mut self, gap: AnnotationGap) {
        self.gaps[gap as usize] += 1;
    }

    /// Records without annotation for a reason.
    pub fn gap(&self, gap: AnnotationGap) -> u64 {
        self.gaps[gap as usize]
    }

    /// Counts records whose annotations are cut, of which the first is in a line.
    pub(crate) fn add_cut(&mut self, (records, line): (u64, u64)) {
        let (sum, first) = &mut self.cut;
        if records > 0 && (*sum == 0 || line < *first) {
            *first = line;
        }
        *sum += records;
    }

    /// Counts lines from another start: `before` lines are before the first one.
    pub(crate) fn shift_lines(&mut self, before: u64) {
        self.structural_problems.shift_lines(before);
        self.genotype_problems.shift_lines(before);
        self.cut.1 += before;
    }

    /// Counts an allele by its type.
    pub fn add_kind(&mut self, kind: VariantType, reference: &[u8], alt: &[u8]) {
        self.alleles += 1;
        self.kinds[kind as usize] += 1;
        if kind == VariantType::Snv {
            let (_, before, after) = without_shared_ends(reference, alt);
            match Substitution::of(before[0], after[0]) {
                Substitution::Transition => self.transitions += 1,
                Substitution::Transversion => self.transversions += 1,
            }
        } else if matches!(
            kind,
            VariantType::Insertion | VariantType::Deletion | VariantType::Indel
        ) {
            self.histograms.add_indel(alt.len() as i64 - reference.len() as i64);
        }
    }

    /// Adds records of a contig.
    pub fn add_contig(&mut self, name: &[u8], records: u64) {
        match self.contigs.get_mut(name) {
            Some(count) => *count += records,
            None => {
                self.contigs.insert(name.into(), records);
            }
        }
    }

    /// Counts the records of a contig that has several names in the file under the name with the most
    /// records. `number_of` is the number of the contig; `None` if the reference does not have it.
    pub fn join_spellings(&mut self, number_of: impl Fn(&[u8]) -> Option<u32>) {
        let mut names: BTreeMap<u32, (&Box<[u8]>, u64)> = BTreeMap::new();
        for (name, records) in &self.contigs {
            let Some(number) = number_of(name) else { continue };
            let chosen = names.entry(number).or_insert((name, *records));
            if chosen.1 < *records {
                *chosen = (name, *records);
            }
        }
        let others = self.contigs.keys().filter_map(|name| {
            let chosen = names.get(&number_of(name)?)?.0;
            (chosen != name).then(|| (name.clone(), chosen.clone()))
        });
        for (name, chosen) in others.collect::<Vec<_>>() {
            if let Some(records) = self.contigs.remove(&name) {
                self.add_contig(&chosen, records);
            }
            if let Some(density) = self.histograms.density.remove(&name) {
                self.histograms.add_density(&chosen, &density);
            }
        }
    }

    /// Adds the counts of another thread.
    pub fn merge(&mut self, other: &Self) {
        self.records += other.records;
        self.alleles += other.alleles;
        self.multiallelic += other.multiallelic;
        self.in_dbsnp += other.in_dbsnp;
        self.transitions += other.transitions;
        self.transversions += other.transversions;
        self.ref_checked += other.ref_checked;
        self.ref_mismatches += other.ref_mismatches;
        self.not_left_aligned += other.not_left_aligned;
        self.ref_ambiguous += other.ref_ambiguous;
        self.mitochondrial_checks.0 += other.mitochondrial_checks.0;
        self.mitochondrial_checks.1 += other.mitochondrial_checks.1;
        self.at_left_out_transcripts += other.at_left_out_transcripts;
        self.structural_problems.merge(&other.structural_problems);
        self.genotype_problems.merge(&other.genotype_problems);
        self.add_cut(other.cut);
        self.overlapping += other.overlapping;
        self.unnamed += other.unnamed;
        add_all(&mut self.gaps, &other.gaps);
        add_all(&mut self.region_classes, &other.region_classes);
        add_all(&mut self.kinds, &other.kinds);
        add_all(&mut self.most_severe, &other.most_severe);
        add_all(&mut self.terms, &other.terms);
        add_all(&mut self.impacts, &other.impacts);
        if self.tracks.len() < other.tracks.len() {
            self.tracks.resize(other.tracks.len(), 0);
        }
        add_all(&mut self.tracks, &other.tracks);
        for (name, records) in &other.contigs {
            self.add_contig(name, *records);
        }
        self.histograms.merge(&other.histograms);
    }
}

fn add_all(sums: &mut [u64], more: &[u64]) {
    sums.iter_mut().zip(more).for_each(|(a, b)| *a += b);
}
