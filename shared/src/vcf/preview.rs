//! Validation of the first part of a file, before the upload.

use super::diagnostic::Diagnostic;
use super::header::{Header, HeaderParser, HeaderStep, trimmed};
use super::limits::InputLimits;
use super::other_format::other_format;
use super::record::{check_record, is_blank, parse_record};
use super::variant_list::is_variant_list;
use std::collections::BTreeSet;

/// The first bytes of a BCF file after decompression. The minor version follows.
pub const BCF_MAGIC: &[u8] = b"BCF\x02";

/// How many bytes of a file's text are checked before the upload, if the header is within them.
pub const PREVIEW_BYTES: usize = 256 << 10;

/// How many are checked if it is not: cohorts and assemblies with many contigs have headers of megabytes.
pub const LONG_PREVIEW_BYTES: usize = 4 << 20;

/// The most contigs of records that a preview names.
const MAX_CONTIGS: usize = 200;

/// The findings in the first part of a file.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The header; `None` if it is longer than the checked part.
    pub header: Option<Header>,
    /// Whether the file is BCF, whose records are not checked.
    pub is_bcf: bool,
    /// Whether the file is a variant list (see [`is_variant_list`]), which has no header. Its lines are
    /// records, which only the engine checks, because that needs a reference.
    pub is_variant_list: bool,
    /// The number of records in the checked part.
    pub records: u64,
    /// The contigs of those records; `None` if there are too many. In a variant list, they may be names of
    /// transcripts.
    pub contigs: Option<BTreeSet<String>>,
    /// The size of the header, in bytes of uncompressed text.
    pub header_bytes: u64,
    /// The size of those records, in bytes of uncompressed text.
    pub record_bytes: u64,
}

impl Preview {
    /// Whether the header continues beyond the checked part, so that more has to be read to know it.
    pub const fn has_longer_header(&self) -> bool {
        self.header.is_none() && !self.is_variant_list
    }

    /// Estimates the number of records in a file of `text_bytes` bytes of uncompressed text, from the
    /// mean length of the records in the checked part; `None` if there are none.
    pub fn estimate(&self, text_bytes: u64) -> Option<u64> {
        let bytes = text_bytes.saturating_sub(self.header_bytes);
        // In floating point, since the product of two sizes may exceed 64 bits.
        let each = self.record_bytes as f64 / self.records as f64;
        (self.records > 0).then(|| ((bytes as f64 / each).round() as u64).max(self.records))
    }
}

/// Validates the first bytes of a decompressed file. Of a BCF file, only the header is checked, which
/// is the same text as that of a VCF file. `complete` means that they are the entire file;
/// otherwise the last line may be truncated and is ignored.
///
/// # Errors
/// The first [`Diagnostic`] that would stop the job.
pub fn check_preview(bytes: &[u8], complete: bool) -> Result<Preview, Diagnostic> {
    if is_variant_list(bytes) {
        return Ok(preview_list(bytes));
    }
    if let Some(problem) = other_format(bytes) {
        return Err(problem);
    }
    let is_bcf = bytes.starts_with(BCF_MAGIC);
    let (bytes, complete) = if is_bcf { bcf_header(bytes, complete) } else { (bytes, complete) };
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
    let mut contigs = Some(BTreeSet::new());
    let mut header_bytes = 0;
    for (number, line) in (1..).zip(whole.split_inclusive(|b| *b == b'\n')) {
        if header.is_none() {
            header_bytes += line.len() as u64;
        }
        let line = trimmed(line);
        if let Some(current) = parser.take() {
            match current.push(line)? {
                HeaderStep::More(next) => parser = Some(next),
                HeaderStep::Done(done) => header = Some(done),
            }
        } else if let Some(header) = &header
            && !is_blank(line)
        {
            let record = parse_record(line).map_err(|e| e.at(number))?;
            check_record(&record, header.samples.len(), &limits).map_err(|e| e.at(number))?;
            records += 1;
            note_contig(&mut contigs, record.chrom);
        }
    }
    let record_bytes = whole.len() as u64 - header_bytes;
    let seen = move |header| Preview {
        header,
        is_bcf,
        is_variant_list: false,
        records,
        contigs,
        header_bytes,
        record_bytes,
    };
    match (header, parser) {
        (None, parser) if complete => Err(parser.unwrap_or_default().unfinished()),
        (header, _) => Ok(seen(header)),
    }
}

/// Adds the contig of a record, or gives up if there are too many.
fn note_contig(contigs: &mut Option<BTreeSet<String>>, name: &[u8]) {
    let Some(seen) = contigs else { return };
    let name = String::from_utf8_lossy(name);
    if !seen.contains(&*name) {
        seen.insert(name.into_owned());
        if seen.len() > MAX_CONTIGS {
            *contigs = None;
        }
    }
}

fn preview_list(bytes: &[u8]) -> Preview {
    let is_record = |line: &&[u8]| !is_blank(line) && line.first() != Some(&b'#');
    let mut records = 0;
    let mut contigs = Some(BTreeSet::new());
    for line in bytes.split(|b| *b == b'\n').map(trimmed).filter(is_record) {
        records += 1;
        // `chr1:5 A>C` and `NC_000001.11:g.5A>C`; or columns of VCF.
        let name = line.split(|b| *b == b':' || b.is_ascii_whitespace()).next();
        note_contig(&mut contigs, name.unwrap_or_default());
    }
    Preview {
        header: None,
        is_bcf: false,
        is_variant_list: true,
        records,
        contigs,
        header_bytes: 0,
        record_bytes: bytes.len() as u64,
    }
}

/// The text of the header of a BCF file, and whether it is all of it.
fn bcf_header(bytes: &[u8], complete: bool) -> (&[u8], bool) {
    let start = BCF_MAGIC.len() + 1;
    let Some((length, text)) = bytes.get(start..).and_then(<[u8]>::split_first_chunk) else {
        return (&[], complete);
    };
    let length = u32::from_le_bytes(*length) as usize;
    let all = text.len() >= length;
    let text = &text[..text.len().min(length)];
    let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    (&text[..end], complete || all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcf::Code;

    const HEADER: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

    #[test]
    fn a_variant_list_has_a_record_a_line() {
        let list = check_preview(b"# mine\nchr20:5 A>C\n\nBRCA1:c.5del\n20-7-A-C", true).unwrap();
        assert!(list.is_variant_list && list.header.is_none());
        assert_eq!((list.records, list.estimate(100)), (3, Some(7)));
        let vcf = check_preview(HEADER.as_bytes(), true).unwrap();
        assert!(!vcf.is_variant_list);
    }

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
        assert!(preview.header.is_none() && preview.has_longer_header());
        assert!(!check_preview(HEADER.as_bytes(), false).unwrap().has_longer_header());
        assert!(!check_preview(b"chr1:5 A>C\nchr1:7 A>C\n", false).unwrap().has_longer_header());
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
    fn the_contigs_of_the_records_are_named_unless_there_are_too_many() {
        let names = |number: usize| {
            let records = (0..number).map(|n| format!("c{n}\t5\t.\tA\tC\t.\t.\t.\n"));
            let text = HEADER.to_owned() + &records.collect::<String>();
            check_preview(text.as_bytes(), true).unwrap().contigs.map(|names| names.len())
        };
        assert_eq!([0, 2, MAX_CONTIGS].map(names), [Some(0), Some(2), Some(MAX_CONTIGS)]);
        assert_eq!(names(MAX_CONTIGS + 1), None);
    }

    #[test]
    fn other_formats_are_named_even_without_a_line_feed() {
        for complete in [true, false] {
            let error = check_preview(b"PK\x03\x04aaaaaaa", complete).unwrap_err();
            assert_eq!(error.code, Code::NotVcf);
            assert!(error.message.contains("ZIP"), "{error}");
        }
    }

    #[test]
    fn blank_lines_are_no_records() {
        let text = format!("{HEADER}20\t5\t.\tA\tC\t.\t.\t.\n\n \t\n");
        assert_eq!(check_preview(text.as_bytes(), true).unwrap().records, 1);
    }

    #[test]
    fn the_header_of_a_bcf_file_is_checked() {
        let bcf = |header: &str| {
            let length = (header.len() as u32 + 1).to_le_bytes();
            [b"BCF\x02\x02", &length[..], header.as_bytes(), b"\0\x20\0\0\0"].concat()
        };
        let file = bcf(HEADER);
        for bytes in [&file[..], &file[..file.len() - 5]] {
            let preview = check_preview(bytes, true).unwrap();
            assert_eq!(preview.header.unwrap().version.1, 2);
        }
        assert!(check_preview(&file[..30], false).unwrap().header.is_none());
        let wrong = check_preview(&bcf("##fileformat=VCFv9.9\n"), true).unwrap_err();
        assert_eq!(wrong.code, Code::UnknownVersion);
        assert!(check_preview(b"BCF\x02\x02\0", true).is_err());
    }

    #[test]
    fn a_file_without_records_is_accepted() {
        assert_eq!(check_preview(HEADER.as_bytes(), true).unwrap().records, 0);
    }
}
