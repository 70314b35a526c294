//! What an allele touches of a region (coding segment, UTR, exon or transcript): splice sites,
//! start and stop codons, and which bases of the region it replaces.
//!
//! The rules are those of `bcftools csq`; a deletion or insertion counts with the base before it.

mod deletion;
mod start;

use super::allele::{Allele, Window, base};
use super::calls::Calls;
use super::model::{CsqContig, Kind, REGION_EXON, REGION_INTRON, SITE};
use crate::reference::ContigView;

/// How an allele lies to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// REF and ALT are the same.
    Same,
    /// Nothing of the region is replaced.
    Outside,
    /// All that is replaced is in the region.
    Inside,
    /// It crosses the region's border, so that the result cannot be told.
    Across,
}

/// What to look for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checks {
    /// Splice sites and regions at the left border.
    pub(crate) left: bool,
    /// Splice sites and regions at the right border.
    pub(crate) right: bool,
    /// The start codon is in the region.
    pub(crate) start: bool,
    /// The stop codon is in the region.
    pub(crate) stop: bool,
    /// The region is coding sequence: UTRs beside it are no splice sites, and the bases count.
    pub(crate) coding: bool,
}

/// A transcript and what surrounds it.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) contig: &'a ContigView<'a>,
    pub(crate) model: &'a CsqContig,
    pub(crate) transcript: u32,
    pub(crate) reverse: bool,
    /// First and last position of the transcript.
    pub(crate) span: (i32, i32),
}

/// The result of a comparison. Reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Splice {
    pub(crate) calls: Calls,
    /// Calls to report at the record whatever becomes of the haplotype.
    pub(crate) reported: Vec<Calls>,
    /// First position replaced.
    pub(crate) from: i32,
    /// Last position that matters.
    pub(crate) to: i32,
    /// Number of bases replaced.
    pub(crate) removed: i32,
    /// The replaced bases, and what comes in their place, where the region is coding sequence.
    pub(crate) window: Window,
    shared_start: i32,
    shared_end: i32,
}

struct Region {
    start: i32,
    end: i32,
}

impl Splice {
    /// Compares an allele to the region `start..=end`.
    pub(crate) fn compare(
        &mut self,
        around: &Surroundings<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        (start, end): (i32, i32),
    ) -> Place {
        self.calls = Calls::NONE;
        self.reported.clear();
        self.window.clear();
        self.shared_start = allele.shared_start;
        self.shared_end = allele.shared_end;
        self.removed = allele.ref_len();
        let region = Region { start, end };
        if allele.is_complex() {
            let longer = allele.alt_len() > allele.ref_len();
            self.calls = if longer { Calls::ELONGATION } else { Calls::TRUNCATION };
            return self.substitution(around, checks, allele, &region);
        }
        match allele.alt_len() - allele.ref_len() {
            0 => self.substitution(around, checks, allele, &region),
            1.. => self.insertion(around, checks, allele, &region),
            _ => self.deletion(around, checks, allele, &region),
        }
    }

    fn report(&mut self) {
        if !self.calls.is_empty() {
            self.reported.push(self.calls);
        }
    }

    /// Whether a UTR of the same transcript lies there: then that is what is reported.
    fn reports_utr(
        &mut self,
        around: &Surroundings<'_>,
        checks: Checks,
        from: i32,
        to: i32,
    ) -> bool {
        if !checks.coding {
            return false;
        }
        let utr = match around.model.utr(around.transcript, from, to) {
            Some(Kind::Utr5) => Calls::UTR5,
            Some(Kind::Utr3) => Calls::UTR3,
            _ => return false,
        };
        self.reported.push(utr.and(self.calls));
        true
    }

    /// Start or stop codon at a border of the region, and the splice region inside it.
    fn touch_border(&mut self, around: &Surroundings<'_>, checks: Checks, left: bool) {
        if if left { checks.left } else { checks.right } {
            self.calls.add(Calls::SPLICE_REGION);
        }
        if left != around.reverse {
            if checks.start {
                self.calls.add(Calls::START_LOST);
            }
        } else if checks.stop {
            self.calls.add(Calls::STOP_LOST);
        }
    }

    /// Donor or acceptor of the intron beside a border.
    fn touch_site(&mut self, around: &Surroundings<'_>, left: bool) {
        let acceptor = left != around.reverse;
        self.calls.add(if acceptor { Calls::SPLICE_ACCEPTOR } else { Calls::SPLICE_DONOR });
    }

    fn substitution(
        &mut self,
        around: &Surroundings<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
    ) -> Place {
        if self.shared_start + self.shared_end == allele.ref_len() {
            return Place::Same;
        }
        self.from = allele.pos + self.shared_start;
        self.to = allele.pos + allele.ref_len() - self.shared_end - 1;
        let mut place = Place::Inside;
        if self.from < region.start {
            self.left_of(around, checks, region);
            if self.to >= region.start {
                self.shared_start = self.from - allele.pos;
                self.from = region.start;
                place = Place::Across;
            }
        }
        if region.end < self.to {
            self.right_of(around, checks, region);
            if self.from <= region.end {
                self.shared_end = allele.ref_len() - (self.to - allele.pos + 1);
                self.to = region.end;
                place = Place::Across;
            }
        }
        if self.to < region.start || self.from > region.end {
            self.report();
            return Place::Outside;
        }
        if self.from < region.start + REGION_EXON {
            self.touch_border(around, checks, true);
        }
        if self.to > region.end - REGION_EXON {
            self.touch_border(around, checks, false);
        }
        if checks.coding {
            let shared = self.shared_start + self.shared_end;
            self.keep(allele, allele.ref_len() - shared, allele.alt_len() - shared);
        }
        self.report();
        place
    }

    fn left_of(&mut self, around: &Surroundings<'_>, checks: Checks, region: &Region) {
        if !checks.left || self.reports_utr(around, checks, self.from, region.start - 1) {
            return;
        }
        if self.to >= region.start - REGION_INTRON && self.from < region.start - SITE {
            self.calls.add(Calls::SPLICE_REGION);
        }
        if self.to >= region.start - SITE {
            self.touch_site(around, true);
        }
    }

    fn right_of(&mut self, around: &Surroundings<'_>, checks: Checks, region: &Region) {
        if !checks.right || self.reports_utr(around, checks, region.end + 1, self.to) {
            return;
        }
        if self.from <= region.end + REGION_INTRON && self.to > region.end + SITE {
            self.calls.add(Calls::SPLICE_REGION);
        }
        if self.from <= region.end + SITE {
            self.touch_site(around, false);
        }
    }

    /// Keeps the bases of the alleles that are replaced.
    fn keep(&mut self, allele: &Allele<'_>, removed: i32, added: i32) {
        let part = |bases: &[u8], len: i32| {
            let from = (self.shared_start.max(0) as usize).min(bases.len());
            let to = (from + len.max(0) as usize).min(bases.len());
            (from, to)
        };
        let (before, after) = (part(allele.reference, removed), part(allele.alt, added));
        self.window.clear();
        self.window.before.extend_from_slice(&allele.reference[before.0..before.1]);
        self.window.after.extend_from_slice(&allele.alt[after.0..after.1]);
        self.removed = self.window.before.len() as i32;
    }

    fn insertion(
        &mut self,
        around: &Surroundings<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
    ) -> Place {
        if self.shared_start > 0 || allele.reference.first() != allele.alt.first() {
            self.from = allele.pos + self.shared_start - 1;
        } else {
            self.shared_end -= i32::from(self.shared_end > 0);
            self.from = allele.pos;
        }
        self.to = allele.pos + allele.ref_len() - self.shared_end;
        if self.from >= region.end {
            if !self.reports_utr(around, checks, self.from + 1, self.from + 1) && checks.right {
                self.intron_behind(around, checks, allele, region, 0);
                self.report();
            }
            return Place::Outside;
        }
        if self.to < region.start || (self.to == region.start && !checks.left) {
            if !self.reports_utr(around, checks, self.to - 1, self.to - 1) && checks.left {
                self.intron_before(around, checks, allele, region, self.to - 1);
                self.report();
            }
            return Place::Outside;
        }
        if self.from <= region.start + 2 {
            self.touch_border(around, checks, true);
        }
        if self.to > region.end - 2 {
            self.touch_border(around, checks, false);
        }
        if checks.coding {
            self.insert(around, allele, region);
        }
        self.report();
        Place::Inside
    }

    /// The intron before a region, of which bases up to `last` are touched.
    fn intron_before(
        &mut self,
        around: &Surroundings<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
        last: i32,
    ) {
        if checks.coding {
            let from = region.start - REGION_INTRON;
            self.window.fill(around.contig, allele, from, REGION_INTRON, around.span);
        }
        if last >= region.start - REGION_INTRON && self.from < region.start - SITE {
            self.calls.add(Calls::SPLICE_REGION);
            self.note_unchanged(checks, 0, REGION_INTRON);
        }
        if last >= region.start - SITE {
            self.touch_site(around, true);
            self.note_unchanged(checks, REGION_INTRON - SITE, SITE);
        }
    }

    /// The intron behind a region. The bases from `site` on tell whether the splice site reads the
    /// same.
    fn intron_behind(
        &mut self,
        around: &Surroundings<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
        site: i32,
    ) {
        if checks.coding {
            let from = region.end + 1;
            self.window.fill(around.contig, allele, from, REGION_INTRON, around.span);
        }
        if self.from < region.end + REGION_INTRON && self.to > region.end + SITE {
            self.calls.add(Calls::SPLICE_REGION);
            self.note_unchanged(checks, 0, REGION_INTRON);
        }
        if self.from < region.end + SITE {
            self.touch_site(around, false);
            self.note_unchanged(checks, site, SITE);
        }
    }

    /// A splice site that reads the same after the change is no more than a synonymous change.
    fn note_unchanged(&mut self, checks: Checks, from: i32, len: i32) {
        if checks.coding && self.window.same(from as usize, len as usize) {
            self.calls.add(Calls::SYNONYMOUS);
        }
    }

    fn insert(&mut self, around: &Surroundings<'_>, allele: &Allele<'_>, region: &Region) {
        if self.from < allele.pos {
            // All of REF was found at ALT's end: keep one base of it before the insertion.
            self.shared_start += 1;
            if self.shared_start + self.shared_end == allele.ref_len() {
                self.shared_end -= 1;
            }
            self.from = allele.pos;
        }
        if self.to == region.start {
            self.shared_end -= 1;
        }
        let len = allele.alt_len() - self.shared_end - self.shared_start + 1;
        self.window.fill(around.contig, allele, self.from, len, around.span);
        let removed = allele.ref_len() - (self.shared_start + self.shared_end - 1);
        self.window.before.truncate(removed.max(0) as usize);
        self.removed = self.window.before.len() as i32;
    }
}

fn base_at(around: &Surroundings<'_>, pos: i32) -> u8 {
    base(around.contig, pos)
}
