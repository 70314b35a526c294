//! What a run counts. Every thread counts for itself; the sums are the same in any order.

use super::histograms::Histograms;
use crate::consequence::{Impact, SoTerm, SoTerms};
use gas_shared::variant::{Substitution, VariantType};
use std::collections::BTreeMap;

/// Where a variant lies, in AnnTools' words. A variant counts once per place, whatever the number
/// of isoforms that put it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Place {
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

impl Place {
    /// Every place, in the order of the log.
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

    /// The log's words.
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

/// The places of one variant, as a set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places(u16);

impl Places {
    /// Adds a place.
    pub const fn insert(&mut self, place: Place) {
        self.0 |= 1 << place as u8;
    }

    const fn contains(self, place: Place) -> bool {
        self.0 & (1 << place as u8) != 0
    }
}

/// Everything counted.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Records.
    pub records: u64,
    /// Alternative alleles.
    pub alleles: u64,
    /// Records with more than one alternative.
    pub multiallelic: u64,
    /// Records with an identifier in dbSNP, by the track or by the user's own `rs` id.
    pub in_dbsnp: u64,
    /// Records by place.
    pub places: [u64; Place::ALL.len()],
    /// Alleles by kind.
    pub kinds: [u64; VariantType::ALL.len()],
    /// Alleles by their most severe term.
    pub most_severe: [u64; SoTerm::ALL.len()],
    /// Allele-transcript pairs by term.
    pub terms: [u64; SoTerm::ALL.len()],
    /// Alleles by greatest impact.
    pub impacts: [u64; 4],
    /// SNVs that are A<->G or C<->T.
    pub transitions: u64,
    /// Other SNVs.
    pub transversions: u64,
    /// REF alleles compared to the reference.
    pub ref_checked: u64,
    /// REF alleles that differ.
    pub ref_mismatches: u64,
    /// Alleles that can be moved to the left.
    pub not_left_aligned: u64,
    /// Records on contigs the bundle does not have.
    pub unknown_contig: u64,
    /// Alleles left out of a haplotype, as they overlap another of it.
    pub overlapping: u64,
    /// Records with more consequences than FORMAT/BCSQ can name.
    pub unnamed: u64,
    /// Records by contig, as the user spells it.
    pub contigs: BTreeMap<Box<[u8]>, u64>,
    /// Records that touch a track's entry, by track number.
    pub tracks: Vec<u64>,
    /// Distributions.
    pub histograms: Histograms,
}

// Not derived: arrays have a default up to 32 elements, and there are more terms.
impl Default for Counts {
    fn default() -> Self {
        Self {
            records: 0,
            alleles: 0,
            multiallelic: 0,
            in_dbsnp: 0,
            places: [0; Place::ALL.len()],
            kinds: [0; VariantType::ALL.len()],
            most_severe: [0; SoTerm::ALL.len()],
            terms: [0; SoTerm::ALL.len()],
            impacts: [0; 4],
            transitions: 0,
            transversions: 0,
            ref_checked: 0,
            ref_mismatches: 0,
            not_left_aligned: 0,
            unknown_contig: 0,
            overlapping: 0,
            unnamed: 0,
            contigs: BTreeMap::new(),
            tracks: Vec::new(),
            histograms: Histograms::default(),
        }
    }
}

impl Counts {
    /// Counts a record's places.
    pub fn add_places(&mut self, places: Places) {
        for place in Place::ALL {
            self.places[place as usize] += u64::from(places.contains(place));
        }
    }

    /// Counts an allele by its terms over all transcripts.
    pub fn add_terms(&mut self, all: SoTerms) {
        if let Some(term) = all.most_severe() {
            self.most_severe[term as usize] += 1;
        }
        self.impacts[all.iter().map(SoTerm::impact).min().unwrap_or(Impact::Modifier) as usize] +=
            1;
    }

    /// Counts an allele's kind.
    pub fn add_kind(&mut self, kind: VariantType, reference: &[u8], alt: &[u8]) {
        self.alleles += 1;
        self.kinds[kind as usize] += 1;
        if kind == VariantType::Snv {
            match Substitution::of(reference[0], alt[0]) {
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

    /// Counts a record's contig; runs of the same contig cost one comparison.
    pub fn add_contig(&mut self, name: &[u8], records: u64) {
        match self.contigs.get_mut(name) {
            Some(count) => *count += records,
            None => {
                self.contigs.insert(name.into(), records);
            }
        }
    }

    /// Adds another thread's counts.
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
        self.unknown_contig += other.unknown_contig;
        self.overlapping += other.overlapping;
        self.unnamed += other.unnamed;
        add_all(&mut self.places, &other.places);
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
