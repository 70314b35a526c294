//! Checks that records are sorted.

use gas_shared::vcf::{Code, Column, Diagnostic, Severity};
use std::collections::HashSet;

/// Checks the order of the records of a chunk. The checks of consecutive chunks are combined with
/// [`append`](Self::append).
#[derive(Debug, Default)]
pub(crate) struct OrderCheck {
    /// Contig, position and line number of the first record.
    first: Option<(Vec<u8>, u64, u64)>,
    contig: Vec<u8>,
    pos: u64,
    /// The line with the first record of the current contig.
    contig_line: u64,
    /// Contigs before the current one.
    finished: HashSet<Vec<u8>>,
    /// Names the first record that is out of order.
    pub(crate) warning: Option<Diagnostic>,
}

impl OrderCheck {
    #[inline]
    pub(crate) fn push(&mut self, contig: &[u8], pos: u64, line: u64) {
        if self.contig == contig {
            if pos < self.pos && self.warning.is_none() {
                let message = format!("{pos} comes after {}; the file is not sorted", self.pos);
                self.warning = Some(warning(line, Column::Pos, message));
            }
            self.pos = pos;
            return;
        }
        if self.first.is_none() {
            self.first = Some((contig.to_vec(), pos, line));
        }
        self.contig_line = line;
        let finished = std::mem::replace(&mut self.contig, contig.to_vec());
        if !finished.is_empty() {
            self.finished.insert(finished);
        }
        self.pos = pos;
        if self.finished.contains(contig) && self.warning.is_none() {
            let message = format!(
                "{:?} comes again after another contig; the file is not sorted",
                String::from_utf8_lossy(contig)
            );
            self.warning = Some(warning(line, Column::Chrom, message));
        }
    }

    /// The number of contigs so far.
    pub(crate) fn contigs(&self) -> usize {
        self.finished.len() + usize::from(!self.contig.is_empty())
    }

    /// The line where the last contig begins.
    pub(crate) fn last_line(&self) -> u64 {
        self.contig_line
    }

    pub(crate) fn append(&mut self, next: Self) {
        if let Some((contig, pos, line)) = &next.first {
            self.push(contig, *pos, *line);
            self.finished.extend(next.finished);
            self.contig.clone_from(&next.contig);
            self.pos = next.pos;
            self.contig_line = self.contig_line.max(next.contig_line);
        }
        self.warning = self.warning.take().or(next.warning);
    }
}

fn warning(line: u64, column: Column, message: String) -> Diagnostic {
    let (column, severity, code) = (Some(column), Severity::Warning, Code::Unsorted);
    Diagnostic { line, column, severity, code, message }
}
