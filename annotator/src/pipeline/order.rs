//! Whether records are sorted.

use std::collections::HashSet;

/// Watches whether records are sorted; chunk results are joined in order.
#[derive(Debug, Default)]
pub(crate) struct Order {
    first: Option<(Vec<u8>, u64, u64)>,
    contig: Vec<u8>,
    pos: u64,
    left: HashSet<Vec<u8>>,
    /// Where the first record out of order is.
    pub(crate) warning: Option<String>,
}

impl Order {
    #[inline]
    pub(crate) fn push(&mut self, contig: &[u8], pos: u64, line: u64) {
        if self.contig == contig {
            if pos < self.pos && self.warning.is_none() {
                self.warning = Some(format!(
                    "line {line}, POS: {pos} comes after {}; the file is not sorted",
                    self.pos
                ));
            }
            self.pos = pos;
            return;
        }
        if self.first.is_none() {
            self.first = Some((contig.to_vec(), pos, line));
        }
        let left = std::mem::replace(&mut self.contig, contig.to_vec());
        if !left.is_empty() {
            self.left.insert(left);
        }
        self.pos = pos;
        if self.left.contains(contig) && self.warning.is_none() {
            self.warning = Some(format!(
                "line {line}, CHROM: {:?} comes again after another contig; the file is not sorted",
                String::from_utf8_lossy(contig)
            ));
        }
    }

    pub(crate) fn append(&mut self, next: Self) {
        if let Some((contig, pos, line)) = &next.first {
            self.push(contig, *pos, *line);
            self.left.extend(next.left);
            self.contig.clone_from(&next.contig);
            self.pos = next.pos;
        }
        self.warning = self.warning.take().or(next.warning);
    }
}
