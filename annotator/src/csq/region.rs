//! What an allele touches of a region (coding segment, UTR, exon or transcript): splice sites,
//! start and stop codons, and which bases of the region it replaces.
//!
//! The rules are those of `bcftools csq`; a deletion or insertion counts with the base before it.

use super::allele::{Allele, Window, base};
use super::flags::ConsequenceFlags;
use super::model::{CsqContig, FeatureKind, SPLICE_REGION_EXON, SPLICE_REGION_INTRON, SPLICE_SITE};
use crate::reference::ContigView;

/// How far beyond the transcript the reference is looked at.
const PAD: i32 = 10;

/// How an allele lies to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// REF and ALT are the same.
    NoChange,
    /// Nothing of the region is replaced.
    Outside,
    /// All that is replaced is in the region.
    Inside,
    /// It crosses the region's border, so that the result cannot be told.
    Crossing,
}

/// What to look for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checks {
    /// RegionComparison sites and regions at the left border.
    pub(crate) left: bool,
    /// RegionComparison sites and regions at the right border.
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
pub(crate) struct TranscriptContext<'a> {
    pub(crate) contig: &'a ContigView<'a>,
    pub(crate) model: &'a CsqContig,
    pub(crate) number: u32,
    pub(crate) reverse: bool,
    /// First and last position of the transcript.
    pub(crate) span: (i32, i32),
}

/// The result of a comparison. Reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionComparison {
    pub(crate) flags: ConsequenceFlags,
    /// ConsequenceFlags to report at the record whatever becomes of the haplotype.
    pub(crate) record_flags: Vec<ConsequenceFlags>,
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

impl RegionComparison {
    /// Compares an allele to the region `start..=end`.
    pub(crate) fn compare(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        (start, end): (i32, i32),
    ) -> Overlap {
        self.flags = ConsequenceFlags::empty();
        self.record_flags.clear();
        self.window.clear();
        self.shared_start = allele.shared_start;
        self.shared_end = allele.shared_end;
        self.removed = allele.ref_len();
        let region = Region { start, end };
        if allele.is_complex() {
            let longer = allele.alt_len() > allele.ref_len();
            self.flags =
                if longer { ConsequenceFlags::ELONGATION } else { ConsequenceFlags::TRUNCATION };
            return self.substitution(transcript, checks, allele, &region);
        }
        match allele.alt_len() - allele.ref_len() {
            0 => self.substitution(transcript, checks, allele, &region),
            1.. => self.insertion(transcript, checks, allele, &region),
            _ => self.deletion(transcript, checks, allele, &region),
        }
    }

    fn report(&mut self) {
        if !self.flags.is_empty() {
            self.record_flags.push(self.flags);
        }
    }

    /// Whether a UTR of the same transcript lies there: then that is what is reported.
    fn reports_utr(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        from: i32,
        to: i32,
    ) -> bool {
        if !checks.coding {
            return false;
        }
        let utr = match transcript.model.utr(transcript.number, from, to) {
            Some(FeatureKind::Utr5) => ConsequenceFlags::UTR5,
            Some(FeatureKind::Utr3) => ConsequenceFlags::UTR3,
            _ => return false,
        };
        self.record_flags.push(utr.union(self.flags));
        true
    }

    /// Start or stop codon at a border of the region, and the splice region inside it.
    fn touch_border(&mut self, transcript: &TranscriptContext<'_>, checks: Checks, left: bool) {
        if if left { checks.left } else { checks.right } {
            self.flags.insert(ConsequenceFlags::SPLICE_REGION);
        }
        if left != transcript.reverse {
            if checks.start {
                self.flags.insert(ConsequenceFlags::START_LOST);
            }
        } else if checks.stop {
            self.flags.insert(ConsequenceFlags::STOP_LOST);
        }
    }

    /// Donor or acceptor of the intron beside a border.
    fn touch_site(&mut self, transcript: &TranscriptContext<'_>, left: bool) {
        let acceptor = left != transcript.reverse;
        self.flags.insert(if acceptor {
            ConsequenceFlags::SPLICE_ACCEPTOR
        } else {
            ConsequenceFlags::SPLICE_DONOR
        });
    }

    fn substitution(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
    ) -> Overlap {
        if self.shared_start + self.shared_end == allele.ref_len() {
            return Overlap::NoChange;
        }
        self.from = allele.pos + self.shared_start;
        self.to = allele.pos + allele.ref_len() - self.shared_end - 1;
        let mut overlap = Overlap::Inside;
        if self.from < region.start {
            self.left_of(transcript, checks, region);
            if self.to >= region.start {
                self.shared_start = self.from - allele.pos;
                self.from = region.start;
                overlap = Overlap::Crossing;
            }
        }
        if region.end < self.to {
            self.right_of(transcript, checks, region);
            if self.from <= region.end {
                self.shared_end = allele.ref_len() - (self.to - allele.pos + 1);
                self.to = region.end;
                overlap = Overlap::Crossing;
            }
        }
        if self.to < region.start || self.from > region.end {
            self.report();
            return Overlap::Outside;
        }
        if self.from < region.start + SPLICE_REGION_EXON {
            self.touch_border(transcript, checks, true);
        }
        if self.to > region.end - SPLICE_REGION_EXON {
            self.touch_border(transcript, checks, false);
        }
        if checks.coding {
            let shared = self.shared_start + self.shared_end;
            self.keep(allele, allele.ref_len() - shared, allele.alt_len() - shared);
        }
        self.report();
        overlap
    }

    fn left_of(&mut self, transcript: &TranscriptContext<'_>, checks: Checks, region: &Region) {
        if !checks.left || self.reports_utr(transcript, checks, self.from, region.start - 1) {
            return;
        }
        if self.to >= region.start - SPLICE_REGION_INTRON && self.from < region.start - SPLICE_SITE
        {
            self.flags.insert(ConsequenceFlags::SPLICE_REGION);
        }
        if self.to >= region.start - SPLICE_SITE {
            self.touch_site(transcript, true);
        }
    }

    fn right_of(&mut self, transcript: &TranscriptContext<'_>, checks: Checks, region: &Region) {
        if !checks.right || self.reports_utr(transcript, checks, region.end + 1, self.to) {
            return;
        }
        if self.from <= region.end + SPLICE_REGION_INTRON && self.to > region.end + SPLICE_SITE {
            self.flags.insert(ConsequenceFlags::SPLICE_REGION);
        }
        if self.from <= region.end + SPLICE_SITE {
            self.touch_site(transcript, false);
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
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
    ) -> Overlap {
        if self.shared_start > 0 || allele.reference.first() != allele.alt.first() {
            self.from = allele.pos + self.shared_start - 1;
        } else {
            self.shared_end -= i32::from(self.shared_end > 0);
            self.from = allele.pos;
        }
        self.to = allele.pos + allele.ref_len() - self.shared_end;
        if self.from >= region.end {
            if !self.reports_utr(transcript, checks, self.from + 1, self.from + 1) && checks.right {
                self.intron_behind(transcript, checks, allele, region, 0);
                self.report();
            }
            return Overlap::Outside;
        }
        if self.to < region.start || (self.to == region.start && !checks.left) {
            if !self.reports_utr(transcript, checks, self.to - 1, self.to - 1) && checks.left {
                self.intron_before(transcript, checks, allele, region, self.to - 1);
                self.report();
            }
            return Overlap::Outside;
        }
        if self.from <= region.start + 2 {
            self.touch_border(transcript, checks, true);
        }
        if self.to > region.end - 2 {
            self.touch_border(transcript, checks, false);
        }
        if checks.coding {
            self.insert(transcript, allele, region);
        }
        self.report();
        Overlap::Inside
    }

    /// The intron before a region, of which bases up to `last` are touched.
    fn intron_before(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
        last: i32,
    ) {
        if checks.coding {
            let from = region.start - SPLICE_REGION_INTRON;
            self.window.fill(
                transcript.contig,
                allele,
                from,
                SPLICE_REGION_INTRON,
                transcript.span,
            );
        }
        if last >= region.start - SPLICE_REGION_INTRON && self.from < region.start - SPLICE_SITE {
            self.flags.insert(ConsequenceFlags::SPLICE_REGION);
            self.note_unchanged(checks, 0, SPLICE_REGION_INTRON);
        }
        if last >= region.start - SPLICE_SITE {
            self.touch_site(transcript, true);
            self.note_unchanged(checks, SPLICE_REGION_INTRON - SPLICE_SITE, SPLICE_SITE);
        }
    }

    /// The intron behind a region. The bases from `site` on tell whether the splice site reads the
    /// same.
    fn intron_behind(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
        site: i32,
    ) {
        if checks.coding {
            let from = region.end + 1;
            self.window.fill(
                transcript.contig,
                allele,
                from,
                SPLICE_REGION_INTRON,
                transcript.span,
            );
        }
        if self.from < region.end + SPLICE_REGION_INTRON && self.to > region.end + SPLICE_SITE {
            self.flags.insert(ConsequenceFlags::SPLICE_REGION);
            self.note_unchanged(checks, 0, SPLICE_REGION_INTRON);
        }
        if self.from < region.end + SPLICE_SITE {
            self.touch_site(transcript, false);
            self.note_unchanged(checks, site, SPLICE_SITE);
        }
    }

    /// A splice site that reads the same after the change is no more than a synonymous change.
    fn note_unchanged(&mut self, checks: Checks, from: i32, len: i32) {
        if checks.coding && self.window.same(from as usize, len as usize) {
            self.flags.insert(ConsequenceFlags::SYNONYMOUS);
        }
    }

    fn insert(&mut self, transcript: &TranscriptContext<'_>, allele: &Allele<'_>, region: &Region) {
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
        self.window.fill(transcript.contig, allele, self.from, len, transcript.span);
        let removed = allele.ref_len() - (self.shared_start + self.shared_end - 1);
        self.window.before.truncate(removed.max(0) as usize);
        self.removed = self.window.before.len() as i32;
    }

    fn deletion(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
    ) -> Overlap {
        if checks.start && keeps_start_codon(transcript, allele, region) {
            self.flags.insert(ConsequenceFlags::START_RETAINED);
            return Overlap::Crossing;
        }
        self.from = allele.pos + self.shared_start - 1;
        self.to = allele.pos + allele.ref_len() - self.shared_end - 1;
        if self.from + 1 < region.start {
            if checks.left && !self.reports_utr(transcript, checks, self.from, region.start - 1) {
                self.intron_before(transcript, checks, allele, region, self.to);
            }
            if self.to >= region.start && self.cannot_be_moved_in(allele, region) {
                self.flags.insert(ConsequenceFlags::CODING_SEQUENCE);
                return Overlap::Crossing;
            }
        }
        if region.end < self.to {
            if checks.right && !self.reports_utr(transcript, checks, region.end + 1, self.to) {
                // csq compares the far end of the splice region here, too.
                self.intron_behind(
                    transcript,
                    checks,
                    allele,
                    region,
                    SPLICE_REGION_INTRON - SPLICE_SITE,
                );
            }
            if self.from < region.end {
                self.shared_end = allele.ref_len() - (self.to - allele.pos + 1);
                self.to = region.end;
            }
        }
        if self.to < region.start || self.from >= region.end {
            self.report();
            return Overlap::Outside;
        }
        if self.from < region.start + 2 {
            self.touch_border(transcript, checks, true);
        }
        if self.to > region.end - 3 {
            self.touch_border(transcript, checks, false);
        }
        if checks.coding && self.delete(allele, region) {
            return Overlap::Crossing;
        }
        self.report();
        Overlap::Inside
    }

    /// Clips the deletion at the left border; whether nothing of ALT is left to stand for it.
    fn cannot_be_moved_in(&mut self, allele: &Allele<'_>, region: &Region) -> bool {
        self.shared_start = self.from - allele.pos + 1;
        self.from = region.start - 1;
        if self.shared_start + self.shared_end == allele.alt_len() {
            if self.shared_end == 0 {
                return true;
            }
            self.shared_end -= 1;
        }
        false
    }

    /// Keeps the bases replaced; `true` where the deletion still crosses a border.
    fn delete(&mut self, allele: &Allele<'_>, region: &Region) -> bool {
        self.shared_start -= i32::from(self.shared_start > 0);
        let (mut removed, mut added) = (allele.ref_len(), allele.alt_len());
        let shared = self.shared_start + self.shared_end;
        if removed > shared && added > shared {
            removed -= shared;
            added -= shared;
        }
        self.keep(allele, removed, added);
        let crosses = |border: i32| self.from + 1 < border && self.to >= border;
        if !crosses(region.start) && !crosses(region.end) {
            return false;
        }
        let last_kept = self.from + self.window.after.len() as i32 - 1;
        if last_kept < self.to {
            let in_frame = (self.to - last_kept) % 3 == 0;
            self.flags.insert(if in_frame {
                ConsequenceFlags::INFRAME_DELETION
            } else {
                ConsequenceFlags::FRAMESHIFT
            });
        }
        true
    }
}

/// Whether a deletion that touches the start codon's region can be moved out of it.
fn keeps_start_codon(
    transcript: &TranscriptContext<'_>,
    allele: &Allele<'_>,
    region: &Region,
) -> bool {
    let (ref_len, alt_len) = (allele.ref_len(), allele.alt_len());
    let deleted = &allele.reference[alt_len as usize..];
    let count = ref_len - alt_len;
    let from = if transcript.reverse {
        if allele.pos + ref_len + 2 <= region.end {
            return false;
        }
        let last = allele.pos + ref_len - 1;
        if last + count > transcript.span.1 + PAD {
            return false;
        }
        last + 1
    } else {
        if allele.pos >= region.start + 3 {
            return false;
        }
        let from = allele.pos + ref_len - 2 * count;
        if from < 1 || PAD + from < region.start {
            return false;
        }
        from
    };
    deleted.iter().zip(from..).all(|(deleted, pos)| *deleted == base_at(transcript, pos))
}

fn base_at(transcript: &TranscriptContext<'_>, pos: i32) -> u8 {
    base(transcript.contig, pos)
}
