//! Checks that records are sorted.

use gas_shared::vcf::{Code, Column, Diagnostic, Severity};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Checks the order of the records of a chunk. The checks of consecutive chunks are combined with
/// [`append`](Self::append).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OrderCheck {
    /// Contig, position and line number of the first record.
    first: Option<(Vec<u8>, u64, u64)>,
    contig: Vec<u8>,
    pos: u64,
    /// The line with the first record of the current contig.
    contig_line: u64,
    /// Contigs before the current one, with the line of their first record.
    finished: HashMap<Vec<u8>, u64>,
    /// Names the first record that is out of order.
    #[serde(skip)]
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
        let contig_line = std::mem::replace(&mut self.contig_line, line);
        let finished = std::mem::replace(&mut self.contig, contig.to_vec());
        if !finished.is_empty() {
            self.finished.entry(finished).or_insert(contig_line);
        }
        self.pos = pos;
        if self.finished.contains_key(contig) && self.warning.is_none() {
            self.warning = Some(comes_again(contig, line));
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

    /// Counts lines from another start: `before` lines are before the first one.
    pub(super) fn shift_lines(&mut self, before: u64) {
        if let Some((_, _, line)) = &mut self.first {
            *line += before;
        }
        self.finished.values_mut().for_each(|line| *line += before);
        self.contig_line += before;
    }

    pub(crate) fn append(&mut self, next: Self) {
        let Some((first, pos, line)) = next.first else { return };
        self.push(&first, pos, line);
        if self.warning.is_none() {
            let later = next.finished.iter().chain([(&next.contig, &next.contig_line)]);
            let again = later
                .filter(|(contig, _)| **contig != first && self.finished.contains_key(*contig))
                .map(|(contig, line)| comes_again(contig, *line));
            self.warning = again.chain(next.warning).min_by_key(|warning| warning.line);
        }
        if !next.finished.is_empty() {
            let contig = std::mem::replace(&mut self.contig, next.contig);
            self.finished.entry(contig).or_insert(self.contig_line);
            self.contig_line = next.contig_line;
            for (contig, line) in next.finished {
                self.finished.entry(contig).or_insert(line);
            }
        }
        self.pos = next.pos;
    }
}

fn comes_again(contig: &[u8], line: u64) -> Diagnostic {
    let contig = String::from_utf8_lossy(contig);
    let message = format!("{contig:?} comes again after another contig; the file is not sorted");
    warning(line, Column::Chrom, message)
}

fn warning(line: u64, column: Column, message: String) -> Diagnostic {
    let (column, severity, code) = (Some(column), Severity::Warning, Code::Unsorted);
    Diagnostic { line, column, severity, code, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(records: &[(u64, &str, u64)]) -> OrderCheck {
        let mut order = OrderCheck::default();
        records.iter().for_each(|(line, contig, pos)| order.push(contig.as_bytes(), *pos, *line));
        order
    }

    #[test]
    fn chunks_are_checked_as_their_records_are() {
        let cases: [&[(u64, &str, u64)]; 6] = [
            &[(1, "a", 5), (2, "a", 5), (3, "b", 1), (4, "b", 2), (5, "c", 1)],
            &[(1, "a", 5), (2, "a", 4), (3, "b", 1)],
            &[(1, "a", 5), (2, "b", 1), (3, "b", 2), (4, "a", 6)],
            &[(1, "a", 5), (2, "b", 1), (3, "b", 2), (4, "c", 6), (5, "a", 7), (6, "d", 1)],
            &[(1, "a", 5), (2, "b", 1), (3, "a", 6), (4, "b", 2)],
            &[(1, "a", 1), (2, "b", 1), (3, "c", 1), (4, "b", 3), (5, "b", 2)],
        ];
        for records in cases {
            let whole = check(records);
            for cut in 0..=records.len() {
                for second in cut..=records.len() {
                    let mut joined = check(&records[..cut]);
                    joined.append(check(&records[cut..second]));
                    joined.append(check(&records[second..]));
                    let found = (&joined.warning, joined.contigs(), joined.last_line());
                    let expected = (&whole.warning, whole.contigs(), whole.last_line());
                    assert_eq!(found, expected, "{records:?} cut at {cut} and {second}");
                }
            }
        }
    }
}
