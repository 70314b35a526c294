//! Locates an allele in a transcript: exons, introns, splice sites, cDNA and CDS positions.
//!
//! The rules are those of VEP (Ensembl Variation, `BaseTranscriptVariation`): positions in an
//! intron or outside the CDS are unknown (`None`), not moved to the nearest exon.

use crate::allele::Allele;
use crate::model::{Cds, Exon, Strand, Transcript};

/// Largest `end - start` of a frameshift intron. Such introns represent errors of the genome
/// sequence, so an allele in them is not intronic.
pub(crate) const FRAMESHIFT_INTRON_SPAN: i32 = 12;

/// The parts of a transcript's introns that an allele touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntronOverlap {
    /// The first two bases of an intron.
    pub donor: bool,
    /// The last two bases of an intron.
    pub acceptor: bool,
    /// An intron outside its splice sites.
    pub intronic: bool,
    /// The 3 exon bases next to an intron, or bases 3-8 of the intron from either end.
    pub region: bool,
    /// The fifth base of an intron.
    pub fifth_base: bool,
    /// Bases 3-6 of an intron.
    pub donor_region: bool,
    /// Bases 3-17 from the 3' end of an intron.
    pub polypyrimidine: bool,
    /// An intron too short to be real.
    pub frameshift_intron: bool,
}

/// A range of exon or intron numbers, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// First in reading direction.
    pub first: u32,
    /// Last in reading direction.
    pub last: u32,
    /// Number of exons or introns of the transcript.
    pub total: u32,
}

/// Start and end in transcript coordinates, in reading direction; `None` if outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Position of the first base.
    pub start: Option<i32>,
    /// Position of the last base.
    pub end: Option<i32>,
}

impl Span {
    /// Start and end, if both are known.
    pub const fn both(self) -> Option<(i32, i32)> {
        match (self.start, self.end) {
            (Some(start), Some(end)) => Some((start, end)),
            _ => None,
        }
    }
}

impl Span {
    /// Number of bases, if both ends are known.
    pub fn bases(self) -> Option<usize> {
        self.both().and_then(|(start, end)| usize::try_from(end - start + 1).ok())
    }
}

/// The location of an allele in a transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Introns and splice sites touched.
    pub introns: IntronOverlap,
    /// Exons touched.
    pub exon_numbers: Option<Numbers>,
    /// Introns touched.
    pub intron_numbers: Option<Numbers>,
    /// Position in the spliced sequence.
    pub cdna: Span,
    /// Position in the coding sequence, counting the bases missing at its 5' end.
    pub cds: Span,
    /// Whether any base is in an exon.
    pub in_cdna: bool,
    /// Whether any base is in the CDS.
    pub in_cds: bool,
    /// Whether any base is untranslated at the 5' end, and at the 3' end of a coding transcript.
    pub untranslated: (bool, bool),
}

/// The most important signal of splicing or translation that an allele touches at a placement. A signal
/// that another placement leaves untouched is intact in the resulting sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TouchedSignal {
    None,
    /// The three exon bases next to an intron, or bases 3-8 of an intron.
    SpliceRegion,
    /// The two bases at an end of an intron, or the start or stop codon.
    EssentialSite,
}

/// The features in which a place is. Earlier ones are preferred: bases that are added to an exon or
/// removed from it change the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Features {
    Exons,
    /// Between the last base of an exon and an intron.
    ExonBorder,
    Intron,
    /// Exons and introns.
    Both,
}

/// Exons and introns that a place touches, and parts of the coding transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Region {
    exons: Option<Numbers>,
    introns: Option<Numbers>,
    in_cds: bool,
    untranslated: (bool, bool),
    /// Whether both ends are in exons, which those of an allele that reaches out of the transcript are not.
    ends_in_cdna: bool,
}

impl Location {
    /// Whether the rightmost place of an allele on the forward strand, with the location `at_last`,
    /// describes what the allele changes, and not the leftmost one, which this is. Both touch the
    /// transcript. The place is chosen by the resulting sequence and, if that does not decide, in
    /// reading direction, so that a gene and its mirror image have the same consequences:
    ///
    /// 1. The place that leaves splice sites, start and stop codon intact.
    /// 2. If both places are in the same exon, intron and coding or untranslated region, the consequences
    ///    are the same, and positions are those of the leftmost place, as for VEP.
    /// 3. The place that leaves the whole splice region intact, so that this site is spliced as before.
    /// 4. A place in exons, then one at the border of an exon, then one in an intron.
    /// 5. The place that is nearest to the 3' end, which HGVS describes: of two equal start or stop
    ///    codons, the ribosome reads the first.
    pub(super) fn yields_to(&self, at_last: &Self, transcript: &Transcript) -> bool {
        let (signal, last_signal) =
            (self.touched_signal(transcript), at_last.touched_signal(transcript));
        let is_site = |signal| signal == TouchedSignal::EssentialSite;
        if is_site(signal) != is_site(last_signal) {
            return is_site(signal);
        }
        if self.is_in_region_of(at_last) {
            return false;
        }
        match (signal, self.features()).cmp(&(last_signal, at_last.features())) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => transcript.strand == Strand::Forward,
            std::cmp::Ordering::Greater => true,
        }
    }

    fn touched_signal(&self, transcript: &Transcript) -> TouchedSignal {
        let introns = &self.introns;
        if introns.donor || introns.acceptor || self.touches_start_or_stop(transcript) {
            TouchedSignal::EssentialSite
        } else if introns.region {
            TouchedSignal::SpliceRegion
        } else {
            TouchedSignal::None
        }
    }

    fn features(&self) -> Features {
        match (self.in_cdna, self.cdna.both()) {
            (true, Some(_)) if self.exon_numbers.is_some() => Features::Exons,
            (true, Some(_)) => Features::ExonBorder,
            (true, None) => Features::Both,
            (false, _) => Features::Intron,
        }
    }

    /// Whether another place is in the same exons, introns, and coding or untranslated regions.
    pub(super) fn is_in_region_of(&self, other: &Self) -> bool {
        self.region() == other.region()
    }

    fn region(&self) -> Region {
        let Self { exon_numbers: exons, intron_numbers: introns, in_cds, untranslated, .. } = *self;
        let ends_in_cdna = self.cdna.both().is_some();
        Region { exons, introns, in_cds, untranslated, ends_in_cdna }
    }

    /// Whether this place is in one intron, apart from its splice regions, and another place is in the
    /// same intron, so that it is not preferred.
    pub(super) fn is_in_intron_with(&self, transcript: &Transcript, other: &Allele<'_>) -> bool {
        let Some(numbers) = self.intron_numbers.filter(|n| n.first == n.last) else { return false };
        if self.in_cdna || self.introns.has_splice_site() {
            return false;
        }
        let intron = transcript.intron(numbers.first as usize - 1);
        intron.is_some_and(|(start, end)| start <= other.start && other.end <= end)
    }

    fn touches_start_or_stop(&self, transcript: &Transcript) -> bool {
        let Some(cds) = &transcript.cds else { return false };
        // An allele with one end in an intron is at a splice site, and otherwise reaches out of the transcript.
        let (start, end) = match (self.cdna.start, self.cdna.end) {
            (None, None) => return false,
            (start, end) => (start.unwrap_or(1), end.unwrap_or(transcript.len)),
        };
        let flags = transcript.flags;
        // An insertion, which ends before it starts, is in a codon only between its bases.
        let touches = |from: i32, to: i32| end >= from && start <= to;
        // Incomplete codons have fewer bases, whether or not the poly-A tail completes the last one.
        let first = match i32::from(cds.skip) {
            0 if flags.cds_start_nf => 0,
            0 => 3,
            incomplete => incomplete,
        };
        let last = match (i32::from(cds.start_phase) + cds.len) % 3 {
            0 if flags.cds_end_nf => 0,
            0 => 3,
            incomplete => incomplete,
        };
        (first > 0 && touches(cds.cdna_start, cds.cdna_start + first - 1))
            || (last > 0 && touches(cds.cdna_end - last + 1, cds.cdna_end))
    }
}

impl IntronOverlap {
    /// Whether a splice site, or a region near one, is touched.
    const fn has_splice_site(&self) -> bool {
        self.donor
            || self.acceptor
            || self.region
            || self.fifth_base
            || self.donor_region
            || self.polypyrimidine
    }

    /// Keeps what the allele changes, given what it touches at its other outermost place. Bases are intact
    /// if a place does not touch them and does not separate them from the exon.
    pub(super) const fn keep_changed(&mut self, other: &Self) {
        let (a, b) = (*self, *other);
        let site = (a.donor || a.acceptor, b.donor || b.acceptor);
        self.donor = a.donor && b.donor;
        self.acceptor = a.acceptor && b.acceptor;
        self.region = are_changed((a.region, b.region), site);
        self.donor_region = are_changed((a.donor_region, b.donor_region), (a.donor, b.donor));
        let before_fifth = (a.donor || a.donor_region, b.donor || b.donor_region);
        self.fifth_base = are_changed((a.fifth_base, b.fifth_base), before_fifth);
        let tract = (a.polypyrimidine, b.polypyrimidine);
        self.polypyrimidine = are_changed(tract, (a.acceptor, b.acceptor));
    }
}

/// Whether bases are changed that an allele touches at one of its two outermost places: if it touches
/// them at the other place, too, or bases between them and the exon (`nearer`).
const fn are_changed(touched: (bool, bool), nearer: (bool, bool)) -> bool {
    match touched {
        (true, true) => true,
        (true, false) => nearer.1,
        (false, true) => nearer.0,
        (false, false) => false,
    }
}

/// Locates an allele that overlaps the transcript.
pub fn locate(transcript: &Transcript, allele: &Allele<'_>) -> Location {
    let mut location = Location::default();
    let exons = touched_exons(transcript, allele);
    let total = transcript.exons.len() as u32;
    // VEP does not number the exon of an insertion at the exon's border.
    location.exon_numbers = number(&exons.filter(|_| strictly_inside(transcript, allele)), total);
    location.in_cdna = exons.is_some();
    locate_in_introns(transcript, allele, &mut location);
    locate_cdna(transcript, allele, &mut location);
    if let Some(cds) = &transcript.cds {
        locate_cds(cds, transcript, allele, &mut location);
        location.untranslated = untranslated_parts(transcript, allele, location.in_cdna);
    }
    location
}

/// `within_5_prime_utr` and `within_3_prime_utr`.
fn untranslated_parts(transcript: &Transcript, allele: &Allele<'_>, in_cdna: bool) -> (bool, bool) {
    let Some((first, last)) = transcript.coding_region().filter(|_| in_cdna) else {
        return (false, false);
    };
    // An allele of several bases can have those of an intron beyond the coding sequence, and none
    // of an untranslated region.
    let touches = |from: i32, to: i32| {
        allele.overlaps(from, to)
            && (allele.start >= allele.end
                || transcript.exons.iter().any(|exon| {
                    let (from, to) = (from.max(exon.start), to.min(exon.end));
                    from <= to && allele.overlaps(from, to)
                }))
    };
    // A coding sequence that reaches the end of the transcript has no untranslated region there.
    let before = transcript.start < first
        && (touches(transcript.start, first - 1)
            || (allele.is_insertion() && allele.start == first));
    let after = last < transcript.end
        && (touches(last + 1, transcript.end) || (allele.is_insertion() && allele.end == last));
    match transcript.strand {
        Strand::Forward => (before, after),
        Strand::Reverse => (after, before),
    }
}

/// First and last index of the touched exons. An insertion touches an exon if it is next to one of
/// its bases.
fn touched_exons(transcript: &Transcript, allele: &Allele<'_>) -> Option<(usize, usize)> {
    let exons = &transcript.exons;
    // An insertion ends before it starts.
    let (low, high) = (allele.start.min(allele.end), allele.start.max(allele.end));
    let first = exons.partition_point(|exon: &Exon| match transcript.strand {
        Strand::Forward => exon.end < low,
        Strand::Reverse => exon.start > high,
    });
    let mut last = first;
    while exons.get(last).is_some_and(|e| high >= e.start && low <= e.end) {
        last += 1;
    }
    (last > first).then(|| (first, last - 1))
}

fn strictly_inside(transcript: &Transcript, allele: &Allele<'_>) -> bool {
    !allele.is_insertion() || transcript.exons.iter().any(|e| allele.overlaps(e.start, e.end))
}

fn number(touched: &Option<(usize, usize)>, total: u32) -> Option<Numbers> {
    touched.map(|(first, last)| Numbers { first: first as u32 + 1, last: last as u32 + 1, total })
}

fn locate_in_introns(transcript: &Transcript, allele: &Allele<'_>, location: &mut Location) {
    let exons = &transcript.exons;
    if exons.len() < 2 {
        return;
    }
    // The splice region includes exon bases, so start with the intron after the last exon that ends
    // well before the allele.
    let first = exons.partition_point(|exon| match transcript.strand {
        Strand::Forward => exon.end < allele.start.min(allele.end) - 8,
        Strand::Reverse => exon.start > allele.start.max(allele.end) + 8,
    });
    let mut touched: Option<(usize, usize)> = None;
    for n in first.saturating_sub(1)..exons.len() - 1 {
        let Some((start, end)) = transcript.intron(n) else { break };
        let passed = match transcript.strand {
            Strand::Forward => start - 4 > allele.end.max(allele.start),
            Strand::Reverse => end + 4 < allele.start.min(allele.end),
        };
        if passed {
            break;
        }
        if allele.overlaps(start, end) {
            touched = Some((touched.map_or(n, |t| t.0), n));
        }
        locate_in_intron(transcript.strand, start, end, allele, &mut location.introns);
    }
    location.intron_numbers = number(&touched, exons.len() as u32 - 1);
}

fn locate_in_intron(
    strand: Strand,
    start: i32,
    end: i32,
    allele: &Allele<'_>,
    overlap: &mut IntronOverlap,
) {
    if end - start <= FRAMESHIFT_INTRON_SPAN {
        if allele.overlaps(start, end) {
            overlap.frameshift_intron = true;
        }
        return;
    }
    let touches = |from, to| allele.changes(from, to);
    let insertion = allele.is_insertion();
    let (left, right) = (touches(start, start + 1), touches(end - 1, end));
    let reverse = strand.is_reverse();
    overlap.donor |= if reverse { right } else { left };
    overlap.acceptor |= if reverse { left } else { right };
    let at_inner_border = insertion && (allele.start == start + 2 || allele.end == end - 2);
    overlap.intronic |= touches(start + 2, end - 2) || at_inner_border;
    overlap.region |= touches(start - 3, start - 1)
        || touches(start + 2, start + 7)
        || touches(end - 7, end - 2)
        || touches(end + 1, end + 3)
        || at_inner_border
        || (insertion && (allele.start == start || allele.end == end));
    let (fifth, donor_side, acceptor_side) = if reverse {
        ((end - 4, end - 4), (end - 5, end - 2), (start + 2, start + 16))
    } else {
        ((start + 4, start + 4), (start + 2, start + 5), (end - 16, end - 2))
    };
    overlap.fifth_base |= touches(fifth.0, fifth.1);
    overlap.donor_region |= touches(donor_side.0, donor_side.1);
    // In an intron of up to 17 bases, the tract begins with it. An insertion next to the tract belongs to it, but not one
    // between exon and intron.
    let (low, high) = acceptor_side;
    overlap.polypyrimidine |= touches(low.max(start), high.min(end))
        || (insertion && (allele.start == low && start < low || allele.end == high && high < end));
}

fn locate_cdna(transcript: &Transcript, allele: &Allele<'_>, location: &mut Location) {
    let reverse = transcript.strand.is_reverse();
    if allele.is_insertion() {
        // One adjacent base in an exon is enough to locate the insertion.
        let (before, after) =
            if reverse { (allele.start, allele.end) } else { (allele.end, allele.start) };
        let end = transcript
            .cdna_position(before)
            .or_else(|| transcript.cdna_position(after).map(|p| p - 1));
        location.cdna = Span { start: end.map(|p| p + 1), end };
        location.in_cdna = end.is_some();
        return;
    }
    let (first, last) =
        if reverse { (allele.end, allele.start) } else { (allele.start, allele.end) };
    location.cdna =
        Span { start: transcript.cdna_position(first), end: transcript.cdna_position(last) };
}

fn locate_cds(cds: &Cds, transcript: &Transcript, allele: &Allele<'_>, location: &mut Location) {
    let phase = i32::from(cds.start_phase);
    let shift = phase + 1 - cds.cdna_start;
    let inside = |p: i32| (cds.cdna_start..=cds.cdna_end).contains(&p);
    if allele.is_insertion() {
        let (Some(start), Some(end)) = (location.cdna.start, location.cdna.end) else { return };
        if end >= cds.cdna_start && start <= cds.cdna_end {
            location.cds = Span { start: Some(start + shift), end: Some(end + shift) };
            location.in_cds = true;
        }
        if cds.has_slippage() && location.in_cds {
            let (before, after) = match transcript.strand {
                Strand::Forward => (allele.end, allele.start),
                Strand::Reverse => (allele.start, allele.end),
            };
            // Bases after one that is read twice follow its second reading.
            let end = positions_with_slippage(cds, transcript.strand, before).last();
            let next = || positions_with_slippage(cds, transcript.strand, after).next();
            let end = end.or_else(|| next().map(|p| p - 1));
            location.cds = Span { start: end.map(|p| p + 1), end };
        }
        return;
    }
    let cds_position = |p: Option<i32>| p.filter(|p| inside(*p)).map(|p| p + shift);
    location.cds =
        Span { start: cds_position(location.cdna.start), end: cds_position(location.cdna.end) };
    location.in_cds = cds.segments.iter().any(|s| allele.overlaps(s.start, s.end));
    if cds.has_slippage() {
        locate_cds_with_slippage(cds, transcript.strand, allele, location);
    }
}

/// With ribosomal slippage, CDS positions follow the segments instead of the cDNA.
fn locate_cds_with_slippage(
    cds: &Cds,
    strand: Strand,
    allele: &Allele<'_>,
    location: &mut Location,
) {
    let (first, last) =
        if strand.is_reverse() { (allele.end, allele.start) } else { (allele.start, allele.end) };
    let position = |pos| positions_with_slippage(cds, strand, pos).next();
    location.cds = Span { start: position(first), end: position(last) };
}

/// The CDS positions of a genomic position; two of a base that is read twice.
fn positions_with_slippage(cds: &Cds, strand: Strand, pos: i32) -> impl Iterator<Item = i32> {
    let segments = cds.segments.iter().filter(move |s| s.start <= pos && pos <= s.end);
    let phase = i32::from(cds.start_phase);
    segments.map(move |segment| {
        let into = if strand.is_reverse() { segment.end - pos } else { pos - segment.start };
        phase + segment.cds_start + into
    })
}
