//! Validation of the first part of a file, before the upload.

use super::diagnostic::{Code, Diagnostic, Severity};
use super::header::{Header, HeaderParser, HeaderStep};
use super::limits::InputLimits;
use super::record::{check_record, parse_record};

/// The findings in the first part of a file.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The header; `None` if it is longer than the checked part.
    pub header: Option<Header>,
    /// The number of records in the checked part.
    pub records: u64,
    /// The size of the header, in bytes of uncompressed text.
    pub header_bytes: u64,
    /// The size of those records, in bytes of uncompressed text.
    pub record_bytes: u64,
}

impl Preview {
    /// Estimates the number of records in a file of `text_bytes` bytes of uncompressed text, from the
    /// mean length of the records in the checked part; `None` if there are none.
    pub fn estimate(&self, text_bytes: u64) -> Option<u64> {
        let bytes = text_bytes.saturating_sub(self.header_bytes);
        // In floating point, since the product of two sizes may exceed 64 bits.
        let each = self.record_bytes as f64 / self.records as f64;
        (self.records > 0).then(|| ((bytes as f64 / each).round() as u64).max(self.records))
    }
}

/// Validates the first bytes of an uncompressed file. `complete` means that they are the entire file;
/// otherwise the last line may be truncated and is ignored.
///
/// # Errors
/// The first [`Diagnostic`] that would stop the job.
pub fn check_preview(bytes: &[u8], complete: bool) -> Result<Preview, Diagnostic> {
    let whole = if complete {
        bytes
    } else {
        &bytes[..bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1)]
    };
    // An operator may have raised the limit of lines, which the engine checks.
    let limits = InputLimits { line_bytes: InputLimits::MAX_LINE_BYTES, ..InputLimits::DEFAULT };
    let mut parser = Some(HeaderParser::with_limits(limits));
    let mut header: Option<Header> = None;
    let mut records = 0;
    let mut header_bytes = 0;
    let mut number = 0;
    for line in whole.split_inclusive(|b| *b == b'\n') {
        number += 1;
        if header.is_none() {
            header_bytes += line.len() as u64;
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(current) = parser.take() {
            match current.push(line)? {
                HeaderStep::More(next) => parser = Some(next),
                HeaderStep::Done(done) => header = Some(done),
            }
        } else if let Some(header) = &header
            && !line.is_empty()
        {
            let record = parse_record(line).map_err(|e| e.at(number))?;
            check_record(&record, header.samples.len(), &limits).map_err(|e| e.at(number))?;
            records += 1;
        }
    }
    let record_bytes = whole.len() as u64 - header_bytes;
    let seen = |header| Preview { header, records, header_bytes, record_bytes };
    match (header, parser) {
        (header, _) if !complete => Ok(seen(header)),
        (Some(header), _) if records > 0 => Ok(seen(Some(header))),
        (Some(_), _) => Err(Diagnostic {
            line: number,
            column: None,
            severity: Severity::Error,
            code: Code::NoRecords,
            message: "the file has no records after its header".to_owned(),
        }),
        (None, parser) => Err(parser.unwrap_or_default().unfinished()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

    #[test]
    fn a_line_truncated_by_the_preview_is_accepted_and_one_truncated_in_the_file_is_not() {
        let text = format!("{HEADER}20\t5\t.\tA\tC\t.\t.\t.\r\n20\t7\t.");
        assert_eq!(check_preview(text.as_bytes(), false).unwrap().records, 1);
        let error = check_preview(text.as_bytes(), true).unwrap_err();
        assert_eq!((error.line, error.code), (4, Code::TooFewColumns));
    }

    #[test]
    fn a_header_longer_than_the_preview_is_accepted() {
        let preview = check_preview(&HEADER.as_bytes()[..30], false).unwrap();
        assert!(preview.header.is_none());
        assert_eq!(check_preview(b"##fileformat=VCFv4.2", false).unwrap().records, 0);
    }

    #[test]
    fn the_number_of_records_is_estimated_from_the_checked_part() {
        let record = "20\t5\t.\tA\tC\t.\t.\t.\n";
        let text = format!("{HEADER}{}", record.repeat(10));
        let preview = check_preview(text.as_bytes(), false).unwrap();
        assert_eq!(preview.header_bytes, HEADER.len() as u64);
        assert_eq!(preview.estimate(text.len() as u64), Some(10));
        let whole = HEADER.len() + record.len() * 1000;
        assert_eq!(preview.estimate(whole as u64), Some(1000));
        assert_eq!(preview.estimate(0), Some(10), "never fewer than were seen");
        assert_eq!(check_preview(HEADER.as_bytes(), false).unwrap().estimate(9999), None);
    }

    #[test]
    fn a_file_without_records_is_rejected() {
        assert_eq!(check_preview(HEADER.as_bytes(), true).unwrap_err().code, Code::NoRecords);
    }
}
