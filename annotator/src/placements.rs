//! The places of an allele in a repeat. An insertion or deletion in a repeat can be written at
//! several places with the same resulting sequence; what is reported must not depend on the one that
//! the file uses.

use crate::allele::Allele;
use crate::model::Strand;
use crate::reference::ContigView;

/// How far an allele is shifted at most, in bases in addition to its length. It bounds the work for
/// an allele; repeats without an interruption are shorter.
const MAX_SHIFT: i32 = 10_000;

/// The outermost places of an allele. They are equal if it cannot be shifted.
#[derive(Clone, Copy, Debug)]
pub struct Placements<'a> {
    /// The leftmost place on the forward strand, as VCF normalizes alleles (Tan et al. 2015,
    /// Bioinformatics 31:2202).
    pub first: Allele<'a>,
    /// The rightmost place on the forward strand.
    pub last: Allele<'a>,
    /// Start of the allele as the record has it.
    given: i32,
}

/// Memory for inserted bases, which are rotated when an insertion is shifted.
#[derive(Clone, Debug, Default)]
pub struct RotatedBases {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl<'a> Placements<'a> {
    /// Shifts an allele as far as possible in both directions.
    #[inline]
    pub fn new(contig: &ContigView<'a>, allele: Allele<'a>, memory: &'a mut RotatedBases) -> Self {
        let (mut first, mut last) = (allele, allele);
        if let Some(moving) = allele.moving_bases() {
            let left = distance(contig, &allele, moving, Strand::Reverse);
            let right = distance(contig, &allele, moving, Strand::Forward);
            first = shifted(contig, &allele, -left, &mut memory.first);
            last = shifted(contig, &allele, right, &mut memory.last);
        }
        Self { first, last, given: allele.start }
    }

    /// The allele at one of its outermost places only.
    pub(crate) const fn only_at(&self, place: Allele<'a>) -> Self {
        Self { first: place, last: place, given: self.given }
    }

    /// The place that is nearest to the 3' end of a strand, which HGVS descriptions use.
    pub const fn most_3_prime(&self, strand: Strand) -> &Allele<'a> {
        match strand {
            Strand::Forward => &self.last,
            Strand::Reverse => &self.first,
        }
    }

    /// The place of a deletion that is nearest to the 3' end of a strand within a region; `None` if there is
    /// none, and for other alleles.
    pub fn deletion_within(
        &self,
        contig: &ContigView<'a>,
        strand: Strand,
        (low, high): (i32, i32),
    ) -> Option<Allele<'a>> {
        if !self.first.alt.is_empty() {
            return None;
        }
        let length = self.first.reference.len() as i32;
        let (leftmost, rightmost) =
            (self.first.start.max(low), self.last.start.min(high - length + 1));
        let start = if strand.is_reverse() { leftmost } else { rightmost };
        let end = start + length - 1;
        let reference = contig.bases(start, end).filter(|_| leftmost <= rightmost)?;
        Some(Allele { start, end, reference, alt: b"" })
    }

    /// By how many genomic positions a place that begins at `start` is to the right of the one that the
    /// record gives; negative on the reverse strand, as in VEP's HGVS_OFFSET.
    pub const fn offset(&self, start: i32) -> i32 {
        start - self.given
    }

    /// Whether the allele with these upper-case bases at `start`, in minimal form, has the same
    /// resulting sequence.
    pub fn contain(&self, start: i32, reference: &[u8], alt: &[u8]) -> bool {
        let first = &self.first;
        if !(first.start..=self.last.start).contains(&start)
            || reference.len() != first.reference.len()
            || alt.len() != first.alt.len()
        {
            return false;
        }
        if !self.are_several() {
            return reference.eq_ignore_ascii_case(first.reference)
                && alt.eq_ignore_ascii_case(first.alt);
        }
        // The replaced bases of all places are those of the reference sequence.
        let rotation = (start - first.start) as usize % alt.len().max(1);
        let (tail, head) = first.alt.split_at(rotation);
        let (begin, end) = alt.split_at(head.len());
        begin.eq_ignore_ascii_case(head) && end.eq_ignore_ascii_case(tail)
    }

    /// The region that is deleted, or copied in tandem, at one of the places, such that it contains all
    /// bases from `start` to `end`.
    pub fn whole(&self, start: i32, end: i32) -> Option<(i32, i32)> {
        let length = self.first.moving_bases()?.len() as i32;
        let (leftmost, rightmost) = self.moving_starts(length);
        let from = leftmost.max(end - length + 1);
        (from <= rightmost.min(start)).then_some((from, from + length - 1))
    }

    /// The first and the last base that the allele copies in tandem, at the place nearest to the 3' end of a
    /// strand; `None` if it copies none.
    #[inline]
    pub fn copied(&self, strand: Strand) -> Option<(i32, i32)> {
        let length = self.first.alt.len() as i32;
        let (leftmost, rightmost) = self.moving_starts(length);
        let copies = self.first.is_insertion() && leftmost <= rightmost;
        let first = if strand.is_reverse() { leftmost } else { rightmost };
        copies.then_some((first, first + length - 1))
    }

    /// Whether the bases that are copied in tandem contain `start..=end` and a base on both sides, at each
    /// place.
    pub fn copies_around(&self, start: i32, end: i32) -> bool {
        let (left, right) = (self.copied(Strand::Reverse), self.copied(Strand::Forward));
        left.zip(right).is_some_and(|((_, last), (first, _))| first < start && end < last)
    }

    /// First and last base that the allele deletes, copies in tandem or replaces at its places; for
    /// another insertion, the last base is before the first.
    pub fn reach(&self) -> (i32, i32) {
        let is_copy = self.copied(Strand::Forward).is_some();
        (self.first.start, if is_copy { self.last.end } else { self.first.end })
    }

    /// The first and the last place at which the bases that are deleted begin, or those that are copied
    /// in tandem. No bases are copied if the last place precedes the first.
    const fn moving_starts(&self, length: i32) -> (i32, i32) {
        let copied = if self.first.is_insertion() { length } else { 0 };
        (self.first.start, self.last.start - copied)
    }

    /// Whether there are several places.
    #[inline]
    pub const fn are_several(&self) -> bool {
        self.first.start != self.last.start
    }
}

/// How many bases an insertion or deletion can be shifted towards the 3' end of a strand.
fn distance(contig: &ContigView<'_>, allele: &Allele<'_>, moving: &[u8], strand: Strand) -> i32 {
    let length = moving.len() as i32;
    let limit = MAX_SHIFT + length;
    let mut distance = 0;
    while distance < limit {
        let rotation = (distance % length) as usize;
        let (next, head) = match strand {
            Strand::Forward => (allele.end.max(allele.start - 1) + 1 + distance, moving[rotation]),
            Strand::Reverse => (allele.start - 1 - distance, moving[moving.len() - 1 - rotation]),
        };
        match contig.bases(next, next) {
            // Two unknown bases are not known to be equal, and assemblies have millions of them in
            // a row.
            Some([base]) if base.eq_ignore_ascii_case(&head) && !is_unknown(head) => distance += 1,
            _ => break,
        }
    }
    distance
}

fn is_unknown(base: u8) -> bool {
    base.eq_ignore_ascii_case(&b'N')
}

/// The allele at a place `by` bases to the right, with its bases rotated accordingly.
fn shifted<'a>(
    contig: &ContigView<'a>,
    allele: &Allele<'a>,
    by: i32,
    memory: &'a mut Vec<u8>,
) -> Allele<'a> {
    if by == 0 {
        return *allele;
    }
    let (start, end) = (allele.start + by, allele.end + by);
    if allele.alt.is_empty() {
        let reference = contig.bases(start, end).unwrap_or(allele.reference);
        return Allele { start, end, reference, alt: allele.alt };
    }
    let rotation = by.rem_euclid(allele.alt.len() as i32) as usize;
    if rotation == 0 {
        return Allele { start, end, ..*allele };
    }
    memory.clear();
    memory.extend_from_slice(&allele.alt[rotation..]);
    memory.extend_from_slice(&allele.alt[..rotation]);
    Allele { start, end, reference: allele.reference, alt: memory }
}
