//! Parsing of the header: version, definitions, contigs and samples.

use super::diagnostic::{Code, Column, Diagnostic, Severity, shown};
use super::limits::{InputLimits, LINE_ADVICE};
use std::collections::HashSet;

/// A VCF version: (3, 3) or (4, 0) to (4, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u8, pub u8);

/// The parsed header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the `##fileformat` line.
    pub version: Version,
    /// The sample names, in order.
    pub samples: Vec<String>,
    /// Whether there is a FORMAT column.
    pub has_format: bool,
    /// The contigs, with their lengths if given.
    pub contigs: Vec<(String, Option<u64>)>,
    /// The value of the `##reference` line, which often names the assembly.
    pub reference: Option<String>,
    /// The keys of the INFO definitions.
    pub info_keys: HashSet<String>,
    /// Diagnostics that do not stop the job.
    pub warnings: Vec<Diagnostic>,
}

/// The state of the parser after a line.
#[derive(Debug)]
pub enum HeaderStep {
    /// More header lines follow.
    More(HeaderParser),
    /// The line was the `#CHROM` line, and the header is complete.
    Done(Header),
}

/// Parses a header line by line.
#[derive(Debug, Default)]
pub struct HeaderParser {
    version: Option<Version>,
    contigs: Vec<(String, Option<u64>)>,
    reference: Option<String>,
    info_keys: HashSet<String>,
    seen: HashSet<String>,
    warnings: Vec<Diagnostic>,
    /// Warnings beyond [`MAX_WARNINGS`].
    more_warnings: u64,
    lines: u64,
    bytes: usize,
    limits: InputLimits,
}

/// The warnings that are listed; the others are counted in a last one.
const MAX_WARNINGS: usize = 100;

const FIXED: [&str; 8] = ["CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"];

impl HeaderParser {
    /// Creates a parser that expects the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a parser with other limits than the defaults.
    pub fn with_limits(limits: InputLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Parses the next line, without its line ending.
    ///
    /// # Errors
    /// [`Diagnostic`] if the line is not valid in a VCF header.
    pub fn push(mut self, line: &[u8]) -> Result<HeaderStep, Diagnostic> {
        self.lines += 1;
        self.check_size(line)?;
        let line =
            if self.lines == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
        if self.version.is_none() {
            self.version = Some(self.read_version(line)?);
            return Ok(HeaderStep::More(self));
        }
        if line.starts_with(b"##") {
            self.read_meta(line);
            return Ok(HeaderStep::More(self));
        }
        if line.starts_with(b"#") {
            return self.read_columns(line).map(HeaderStep::Done);
        }
        if line.is_empty() {
            self.warn(Code::BadHeaderLine, "the line is empty".to_owned());
            return Ok(HeaderStep::More(self));
        }
        Err(self.error(Code::NoColumnLine, "records begin before the #CHROM line".to_owned()))
    }

    /// The diagnostic for a file that ends within the header.
    pub fn unfinished(self) -> Diagnostic {
        if self.lines == 0 {
            return Self { lines: 1, ..self }
                .error(Code::NotVcf, "the file is empty; a VCF file is expected".to_owned());
        }
        self.error(Code::NoColumnLine, "the file ends before the #CHROM line".to_owned())
    }

    fn error(&self, code: Code, message: String) -> Diagnostic {
        Diagnostic { line: self.lines, column: None, severity: Severity::Error, code, message }
    }

    fn warn(&mut self, code: Code, message: String) {
        let finding = self.error(code, message);
        self.add_warning(Diagnostic { severity: Severity::Warning, ..finding });
    }

    fn add_warning(&mut self, finding: Diagnostic) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(finding);
        } else {
            self.more_warnings += 1;
        }
    }

    /// Refuses a header that is too large before the line is read any further.
    fn check_size(&mut self, line: &[u8]) -> Result<(), Diagnostic> {
        let limits = self.limits;
        self.bytes = self.bytes.saturating_add(line.len() + 1);
        if line.len() > limits.line_bytes {
            let message =
                format!("the line is longer than {} bytes; {LINE_ADVICE}", limits.line_bytes);
            return Err(self.error(Code::LineTooLong, message));
        }
        let (most, what) = if self.bytes > limits.header_bytes {
            (limits.header_bytes, "bytes")
        } else if self.lines > limits.header_lines as u64 {
            (limits.header_lines, "lines")
        } else {
            return Ok(());
        };
        let message = format!(
            "the header has more than {most} {what}; remove definitions that no record uses"
        );
        Err(self.error(Code::HeaderTooLarge, message))
    }

    fn read_version(&self, line: &[u8]) -> Result<Version, Diagnostic> {
        let Some(text) =
            strip_no_case(line, b"##fileformat=").or(strip_no_case(line, b"##format="))
        else {
            let message = match other_format(line) {
                Some((format, advice)) => {
                    format!("this is a {format} file, not VCF; {advice}")
                }
                None => format!(
                    "{} is not a VCF header; the first line must be like ##fileformat=VCFv4.2",
                    shown(line)
                ),
            };
            return Err(self.error(Code::NotVcf, message));
        };
        let number = strip_no_case(text.trim_ascii(), b"VCF").unwrap_or(text);
        let number = number.strip_prefix(b"v").or(number.strip_prefix(b"V")).unwrap_or(number);
        let version = match number {
            b"3.3" => Version(3, 3),
            [b'4', b'.', minor @ b'0'..=b'5'] => Version(4, minor - b'0'),
            _ => {
                let message =
                    format!("{} is not a supported version; use 3.3 or 4.0 to 4.5", shown(text));
                return Err(self.error(Code::UnknownVersion, message));
            }
        };
        Ok(version)
    }

    fn read_meta(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let Some((key, value)) = text.trim_start_matches('#').split_once('=') else {
            self.warn(Code::BadHeaderLine, format!("{} has no \"=\"", shown(line)));
            return;
        };
        if key == "reference" {
            self.reference = Some(value.to_owned());
        }
        let Some(id) = structured_field(value, "ID") else {
            if matches!(key, "INFO" | "FORMAT" | "FILTER" | "contig") && value.starts_with('<') {
                self.warn(Code::BadHeaderLine, format!("the {key} definition has no ID"));
            }
            return;
        };
        if !self.seen.insert(format!("{key}\t{id}"))
            && matches!(key, "INFO" | "FORMAT" | "FILTER" | "contig")
        {
            self.warn(
                Code::DuplicateHeader,
                format!("{key} {id:?} is defined twice; the first definition is used"),
            );
            return;
        }
        match key {
            "contig" => {
                let length = structured_field(value, "length").and_then(|n| n.parse().ok());
                self.contigs.push((id.to_owned(), length));
            }
            "INFO" => {
                self.info_keys.insert(id.to_owned());
            }
            _ => {}
        }
    }

    fn read_columns(mut self, line: &[u8]) -> Result<Header, Diagnostic> {
        let columns = line.iter().filter(|b| **b == b'\t').count() + 1;
        if columns > self.limits.samples.saturating_add(9) {
            let message = format!(
                "the file has {} samples, the limit is {}; select fewer",
                columns - 9,
                self.limits.samples
            );
            let finding = self.error(Code::TooMany, message);
            return Err(Diagnostic { column: Some(Column::Samples), ..finding });
        }
        let text = String::from_utf8_lossy(&line[1..]).into_owned();
        let names: Vec<&str> = text.split('\t').collect();
        if names.len() < 8 || names[..8] != FIXED {
            let message = format!(
                "the #CHROM line must name {}, separated by tabs; it has {}",
                FIXED.join(", "),
                shown(line)
            );
            return Err(self.error(Code::BadColumnLine, message));
        }
        let samples: Vec<String> = names.iter().skip(9).map(|s| (*s).to_owned()).collect();
        if let Some(twice) = first_duplicate(&samples) {
            let mut finding =
                self.error(Code::DuplicateSample, format!("sample {twice:?} occurs twice"));
            finding.column = Some(Column::Samples);
            finding.severity = Severity::Warning;
            self.add_warning(finding);
        }
        if self.more_warnings > 0 {
            let message = format!("{} more warnings about the header", self.more_warnings);
            let finding = self.error(Code::BadHeaderLine, message);
            self.warnings.push(Diagnostic { severity: Severity::Warning, ..finding });
        }
        Ok(Header {
            version: self.version.unwrap_or(Version(4, 2)),
            samples,
            has_format: names.len() > 8,
            contigs: self.contigs,
            reference: self.reference,
            info_keys: self.info_keys,
            warnings: self.warnings,
        })
    }
}

fn first_duplicate(samples: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    samples.iter().find(|name| !seen.insert(*name))
}

/// The format of a file that is not VCF, by its first bytes, and what to do.
fn other_format(beginning: &[u8]) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it, and compress it with bgzip or gzip if you like";
    const CONVERT: &str = "convert it with bcftools view -O z";
    const READS: &str = "GAS annotates variants, not reads; call variants first";
    let formats: [(&[u8], &str, &str); 11] = [
        (b"PK\x03\x04", "ZIP", UNPACK),
        (b"PK\x05\x06", "ZIP", UNPACK),
        (b"BZh", "bzip2", UNPACK),
        (b"\xfd7zXZ", "xz", UNPACK),
        (b"\x28\xb5\x2f\xfd", "Zstandard", UNPACK),
        (b"7z\xbc\xaf", "7-Zip", UNPACK),
        (b"Rar!", "RAR", UNPACK),
        (b"\x1f\x8b", "doubly compressed", "unpack it once"),
        (b"BCF\x02", "BCF", CONVERT),
        (b"CRAM", "CRAM", READS),
        (b"BAM\x01", "BAM", READS),
    ];
    let found = formats.into_iter().find(|(magic, ..)| beginning.starts_with(magic))?;
    Some((found.1, found.2))
}

fn strip_no_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

/// The value of a key in `<ID=AF,Number=A,Description="a, b">`; in VCF 3.3's unbracketed
/// `AF,1,Float,"…"` the first part is the ID.
fn structured_field<'a>(value: &'a str, key: &str) -> Option<&'a str> {
    let Some(inner) = value.strip_prefix('<') else {
        let first = value.split(',').next()?;
        return (key == "ID" && value.contains(',')).then_some(first);
    };
    let inner = inner.strip_suffix('>').unwrap_or(inner);
    let mut rest = inner;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (field, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (field, next) = quoted.split_once('"').unwrap_or((quoted, ""));
                (field, next.strip_prefix(',').unwrap_or(next))
            }
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if name.trim() == key {
            return Some(field);
        }
        rest = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Result<Header, String> {
        let mut parser = HeaderParser::new();
        for line in lines {
            match parser.push(line.as_bytes()) {
                Ok(HeaderStep::More(next)) => parser = next,
                Ok(HeaderStep::Done(header)) => return Ok(header),
                Err(finding) => return Err(finding.to_string()),
            }
        }
        Err(parser.unfinished().to_string())
    }

    const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

    #[test]
    fn versions_and_definitions_are_parsed() {
        let header = parse(&[
            "##fileformat=VCFv4.3",
            "##contig=<ID=20,length=63025520>",
            "##INFO=<ID=AF,Number=A,Type=Float,Description=\"a, \\\"b\\\"\">",
            "##INFO=<ID=AF,Number=A,Type=Float,Description=\"again\">",
            "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\tS1",
        ])
        .unwrap();
        assert_eq!(header.version, Version(4, 3));
        assert_eq!(header.contigs, [("20".to_owned(), Some(63_025_520))]);
        assert_eq!(header.samples.len(), 2);
        let texts: Vec<String> = header.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "line 4: INFO \"AF\" is defined twice; the first definition is used",
                "line 5, samples: sample \"S1\" occurs twice"
            ]
        );
    }

    /// Parses lines of a header with the default limits, to the end or to the first error.
    fn parse_lines(lines: impl IntoIterator<Item = Vec<u8>>) -> Result<usize, String> {
        let mut parser = HeaderParser::new().push(b"##fileformat=VCFv4.2");
        for line in lines {
            match parser {
                Ok(HeaderStep::More(next)) => parser = next.push(&line),
                _ => break,
            }
        }
        match parser {
            Ok(HeaderStep::Done(header)) => Ok(header.samples.len()),
            Ok(HeaderStep::More(next)) => Err(next.unfinished().to_string()),
            Err(finding) => Err(finding.to_string()),
        }
    }

    #[test]
    fn bytes_and_lines_of_a_header_are_accepted_at_the_limit_and_refused_above() {
        let limits = InputLimits::DEFAULT;
        // With the version line and the line feeds.
        let other_bytes = "##fileformat=VCFv4.2\n".len() + COLUMNS.len() + 1;
        let of_bytes = |bytes: usize| {
            let mut left = bytes - other_bytes;
            let mut lines = Vec::new();
            while left > 0 {
                let length = left.min(1 << 20);
                lines.push([b"##x=".to_vec(), vec![b'a'; length - 5]].concat());
                left -= length;
            }
            lines.push(COLUMNS.into());
            lines
        };
        assert_eq!(parse_lines(of_bytes(limits.header_bytes)), Ok(0));
        let error = parse_lines(of_bytes(limits.header_bytes + 1)).unwrap_err();
        let expected = "line 12: the header has more than 10485760 bytes; remove definitions that no \
                        record uses";
        assert_eq!(error, expected);

        let of_lines = |lines: usize| {
            (2..lines).map(|_| b"##x=".to_vec()).chain([COLUMNS.into()]).collect::<Vec<_>>()
        };
        assert_eq!(parse_lines(of_lines(limits.header_lines)), Ok(0));
        let error = parse_lines(of_lines(limits.header_lines + 1)).unwrap_err();
        assert!(error.starts_with("line 200001: the header has more than 200000 lines"), "{error}");
    }

    #[test]
    fn samples_are_accepted_at_the_limit_and_refused_above() {
        let columns =
            |samples: usize| [format!("{COLUMNS}\tFORMAT{}", "\tS".repeat(samples)).into_bytes()];
        let most = InputLimits::DEFAULT.samples;
        assert_eq!(parse_lines(columns(most)), Ok(most));
        let error = parse_lines(columns(most + 1)).unwrap_err();
        let expected =
            "line 2, samples: the file has 500001 samples, the limit is 500000; select fewer";
        assert_eq!(error, expected);
    }

    #[test]
    fn supported_and_unsupported_versions_are_distinguished() {
        for version in ["VCFv3.3", "VCFv4.0", "VCFv4.5"] {
            assert!(parse(&[&format!("##fileformat={version}"), COLUMNS]).is_ok(), "{version}");
        }
        assert_eq!(
            parse(&["##fileformat=VCFv5.0", COLUMNS]).unwrap_err(),
            "line 1: \"VCFv5.0\" is not a supported version; use 3.3 or 4.0 to 4.5"
        );
        assert!(
            parse(&["hello"]).unwrap_err().starts_with("line 1: \"hello\" is not a VCF header")
        );
        assert_eq!(parse(&[]).unwrap_err(), "line 1: the file is empty; a VCF file is expected");
        assert_eq!(
            parse(&["##fileformat=VCFv4.2", "20\t1\t.\tA\tC\t.\t.\t."]).unwrap_err(),
            "line 2: records begin before the #CHROM line"
        );
    }
}
