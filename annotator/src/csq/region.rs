//! Compares an allele with a region (coding segment, UTR, exon or transcript): which splice sites,
//! start and stop codons it touches, and which bases of the region it replaces.
//!
//! The rules are those of `bcftools csq`, except that a substitution of several bases touches a site
//! only if it changes one of its bases. A deletion or insertion includes the base before it.

use super::allele::{RecordAllele, Window, base};
use super::flags::ConsequenceFlags;
use super::model::{CsqContig, FeatureKind, SPLICE_REGION_EXON, SPLICE_REGION_INTRON, SPLICE_SITE};
use crate::allele::Allele;
use crate::reference::ContigView;

/// Bases outside the transcript in which a deleted start codon may be repeated.
const PAD: i32 = 10;

/// The position of an allele relative to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// REF and ALT are equal.
    NoChange,
    /// No base of the region is replaced.
    Outside,
    /// All replaced bases are in the region.
    Inside,
    /// The allele crosses a border of the region, so the resulting sequence is unknown.
    Crossing,
}

/// The properties of a region that decide which consequences are possible.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checks {
    /// There is a splice site at the left border.
    pub(crate) left: bool,
    /// There is a splice site at the right border.
    pub(crate) right: bool,
    /// The start codon is in the region.
    pub(crate) start: bool,
    /// The stop codon is in the region.
    pub(crate) stop: bool,
    /// The region is coding sequence: an adjacent UTR takes precedence over a splice site, and the
    /// replaced bases are kept.
    pub(crate) coding: bool,
}

/// A transcript and its contig.
#[derive(Clone, Copy)]
pub(crate) struct TranscriptContext<'a> {
    pub(crate) contig: &'a ContigView<'a>,
    pub(crate) model: &'a CsqContig,
    /// Index of the transcript in the models of the contig.
    pub(crate) number: u32,
    pub(crate) reverse: bool,
    /// First and last position of the transcript.
    pub(crate) span: (i32, i32),
}

/// Compares alleles with regions and holds the last result. The memory is reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionComparison {
    /// All consequences found.
    pub(crate) flags: ConsequenceFlags,
    /// Consequences to report at the record, whatever the haplotype does to the protein.
    pub(crate) record_flags: Vec<ConsequenceFlags>,
    /// First position replaced.
    pub(crate) from: i32,
    /// Last position replaced.
    pub(crate) to: i32,
    /// Number of bases replaced.
    pub(crate) removed: i32,
    /// The replaced bases and the new ones, if the region is coding sequence.
    pub(crate) window: Window,
    shared_start: i32,
    shared_end: i32,
}

struct Region {
    start: i32,
    end: i32,
}

impl RegionComparison {
    /// Compares an allele with the region `start..=end`.
    pub(crate) fn compare(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &RecordAllele<'_>,
        (start, end): (i32, i32),
    ) -> Overlap {
        self.begin(allele, ConsequenceFlags::empty());
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

    /// Compares a symbolic insertion or deletion with a region whose sequence does not matter. `class`
    /// is reported with what the allele touches.
    pub(crate) fn compare_symbolic(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &RecordAllele<'_>,
        class: ConsequenceFlags,
        (start, end): (i32, i32),
    ) -> Overlap {
        self.begin(allele, class);
        let region = Region { start, end };
        if allele.alt_len() > allele.ref_len() {
            self.insertion(transcript, checks, allele, &region)
        } else {
            // All deleted bases change, and none of those kept is shown.
            self.substitution(transcript, checks, allele, &region)
        }
    }

    fn begin(&mut self, allele: &RecordAllele<'_>, flags: ConsequenceFlags) {
        self.flags = flags;
        self.record_flags.clear();
        self.window.clear();
        self.shared_start = allele.shared_start;
        self.shared_end = allele.shared_end;
        self.removed = allele.ref_len();
    }

    /// Adds the consequences found to those of the record.
    fn report(&mut self) {
        if !self.flags.is_empty() {
            self.record_flags.push(self.flags);
        }
    }

    /// Reports the UTR of the same transcript that overlaps `from..=to`. Returns whether there is
    /// one.
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

    /// Adds the start or stop codon at a border of the region, and the splice region inside it.
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

    /// Adds the splice donor or acceptor of the intron at a border.
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
        allele: &RecordAllele<'_>,
        region: &Region,
    ) -> Overlap {
        if self.shared_start + self.shared_end == allele.ref_len() {
            return Overlap::NoChange;
        }
        let minimal = allele.minimal();
        (self.from, self.to) = (minimal.start, minimal.end);
        let mut overlap = Overlap::Inside;
        if self.from < region.start {
            self.left_of(transcript, checks, region, &minimal);
            if self.to >= region.start {
                self.shared_start = self.from - allele.pos;
                self.from = region.start;
                overlap = Overlap::Crossing;
            }
        }
        if region.end < self.to {
            self.right_of(transcript, checks, region, &minimal);
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
        if minimal.changes(region.start, region.end.min(region.start + SPLICE_REGION_EXON - 1)) {
            self.touch_border(transcript, checks, true);
        }
        if minimal.changes(region.start.max(region.end - SPLICE_REGION_EXON + 1), region.end) {
            self.touch_border(transcript, checks, false);
        }
        // The codons of the part in the region are known if it has as many bases as before.
        if overlap == Overlap::Crossing
            && let Some(part) = minimal.part_in(region.start, region.end)
            && !part.is_reference()
        {
            (self.from, self.to) = (part.start, part.end);
            self.shared_start = part.start - allele.pos;
            self.shared_end = allele.ref_len() - (part.end - allele.pos + 1);
            overlap = Overlap::Inside;
        }
        if checks.coding {
            let shared = self.shared_start + self.shared_end;
            self.keep(allele, allele.ref_len() - shared, allele.alt_len() - shared);
        }
        self.report();
        overlap
    }

    fn left_of(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        region: &Region,
        minimal: &Allele<'_>,
    ) {
        if !checks.left || self.reports_utr(transcript, checks, self.from, region.start - 1) {
            return;
        }
        let site = region.start - SPLICE_SITE;
        if minimal.changes(region.start - SPLICE_REGION_INTRON, site - 1) {
            self.flags.insert(ConsequenceFlags::SPLICE_REGION);
        }
        if minimal.changes(site, region.start - 1) {
            self.touch_site(transcript, true);
        }
    }

    fn right_of(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        region: &Region,
        minimal: &Allele<'_>,
    ) {
        if !checks.right || self.reports_utr(transcript, checks, region.end + 1, self.to) {
            return;
        }
        let site = region.end + SPLICE_SITE;
        if minimal.changes(site + 1, region.end + SPLICE_REGION_INTRON) {
            self.flags.insert(ConsequenceFlags::SPLICE_REGION);
        }
        if minimal.changes(region.end + 1, site) {
            self.touch_site(transcript, false);
        }
    }

    /// Copies the bases between the shared ends of REF and ALT to the window.
    fn keep(&mut self, allele: &RecordAllele<'_>, removed: i32, added: i32) {
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
        allele: &RecordAllele<'_>,
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
                self.intron_after(transcript, checks, allele, region, 0);
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

    /// Adds the splice consequences in the intron before a region, for an allele that touches bases
    /// up to `last`.
    fn intron_before(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &RecordAllele<'_>,
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

    /// Adds the splice consequences in the intron after a region. The splice site is unchanged if
    /// the window is, from offset `site` on.
    fn intron_after(
        &mut self,
        transcript: &TranscriptContext<'_>,
        checks: Checks,
        allele: &RecordAllele<'_>,
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

    /// Marks a change that leaves the bases of a splice site equal as synonymous.
    fn note_unchanged(&mut self, checks: Checks, from: i32, len: i32) {
        if checks.coding && self.window.same(from as usize, len as usize) {
            self.flags.insert(ConsequenceFlags::SYNONYMOUS);
        }
    }

    fn insert(
        &mut self,
        transcript: &TranscriptContext<'_>,
        allele: &RecordAllele<'_>,
        region: &Region,
    ) {
        if self.from < allele.pos {
            // ALT ends with all of REF; keep one base of REF before the insertion.
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
        allele: &RecordAllele<'_>,
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
            if self.to >= region.start && self.clip_leaves_no_alt(allele, region) {
                self.flags.insert(ConsequenceFlags::CODING_SEQUENCE);
                return Overlap::Crossing;
            }
        }
        if region.end < self.to {
            if checks.right && !self.reports_utr(transcript, checks, region.end + 1, self.to) {
                // bcftools csq compares the far end of the splice region here as well.
                self.intron_after(
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
        if checks.coding && self.delete(transcript, allele, region) {
            return Overlap::Crossing;
        }
        self.report();
        Overlap::Inside
    }

    /// Clips the deletion at the left border. Returns whether no base of ALT is left.
    fn clip_leaves_no_alt(&mut self, allele: &RecordAllele<'_>, region: &Region) -> bool {
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

    /// Keeps the replaced bases. Returns whether the deletion still crosses a border.
    fn delete(
        &mut self,
        transcript: &TranscriptContext<'_>,
        allele: &RecordAllele<'_>,
        region: &Region,
    ) -> bool {
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
            if self.from < allele.pos {
                self.begin_at_record(transcript, allele, region);
            }
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

    /// Moves a deletion before which REF and ALT share no base to the record's position. If the bases that
    /// they share after it are outside the region, the base before it stands for them: a change of the
    /// reading frame needs a base that is kept.
    fn begin_at_record(
        &mut self,
        transcript: &TranscriptContext<'_>,
        allele: &RecordAllele<'_>,
        region: &Region,
    ) {
        if allele.pos + self.removed - 1 <= region.end {
            self.from = allele.pos;
            return;
        }
        let kept = |bases: &'_ [u8]| bases.len().saturating_sub(self.shared_end.max(0) as usize);
        let (removed, added) = (kept(allele.reference), kept(allele.alt));
        let Window { before, after } = &mut self.window;
        for (window, bases) in
            [(before, &allele.reference[..removed]), (after, &allele.alt[..added])]
        {
            window.clear();
            window.push(base(transcript.contig, self.from));
            window.extend_from_slice(bases);
        }
        self.removed = self.window.before.len() as i32;
    }
}

/// Whether a deletion at the start codon leaves it intact because the deleted bases are repeated
/// next to it.
fn keeps_start_codon(
    transcript: &TranscriptContext<'_>,
    allele: &RecordAllele<'_>,
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
    deleted.iter().zip(from..).all(|(deleted, pos)| *deleted == base(transcript.contig, pos))
}
