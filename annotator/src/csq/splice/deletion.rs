//! Deletions.

use super::{Checks, Place, Region, Splice, Surroundings};
use crate::csq::allele::Allele;
use crate::csq::calls::Calls;
use crate::csq::model::{REGION_INTRON, SITE};

impl Splice {
    pub(super) fn deletion(
        &mut self,
        around: &Surroundings<'_>,
        checks: Checks,
        allele: &Allele<'_>,
        region: &Region,
    ) -> Place {
        if checks.start && super::start::is_kept(around, allele, region) {
            self.calls.add(Calls::START_RETAINED);
            return Place::Across;
        }
        self.from = allele.pos + self.shared_start - 1;
        self.to = allele.pos + allele.ref_len() - self.shared_end - 1;
        if self.from + 1 < region.start {
            if checks.left && !self.reports_utr(around, checks, self.from, region.start - 1) {
                self.intron_before(around, checks, allele, region, self.to);
            }
            if self.to >= region.start && self.cannot_be_moved_in(allele, region) {
                self.calls.add(Calls::CODING_SEQUENCE);
                return Place::Across;
            }
        }
        if region.end < self.to {
            if checks.right && !self.reports_utr(around, checks, region.end + 1, self.to) {
                // csq compares the far end of the splice region here, too.
                self.intron_behind(around, checks, allele, region, REGION_INTRON - SITE);
            }
            if self.from < region.end {
                self.shared_end = allele.ref_len() - (self.to - allele.pos + 1);
                self.to = region.end;
            }
        }
        if self.to < region.start || self.from >= region.end {
            self.report();
            return Place::Outside;
        }
        if self.from < region.start + 2 {
            self.touch_border(around, checks, true);
        }
        if self.to > region.end - 3 {
            self.touch_border(around, checks, false);
        }
        if checks.coding && self.delete(allele, region) {
            return Place::Across;
        }
        self.report();
        Place::Inside
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
            self.calls.add(if in_frame { Calls::INFRAME_DELETION } else { Calls::FRAMESHIFT });
        }
        true
    }
}
