//! Parsing of the header: version, definitions, contigs and samples.

use super::definition::{Definition, repair_definitions};
use super::diagnostic::{Code, Column, Diagnostic, Severity, shown};
use super::limits::{InputLimits, LINE_ADVICE};
use std::collections::HashSet;

/// A VCF version: (3, 3) or (4, 0) to (4, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u8, pub u8);

/// The parsed header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the `##fileformat` line; 4.2 if there is none.
    pub version: Version,
    /// The sample names, in order.
    pub samples: Vec<String>,
    /// Whether there is a FORMAT column.
    pub has_format: bool,
    /// The contigs, with their lengths if given.
    pub contigs: Vec<(String, Option<u64>)>,
    /// The values of `##reference` and `##assembly` lines, which often name the assembly.
    pub reference: Option<String>,
    /// The different values of `assembly` in the `##contig` lines; only the first ones.
    pub contig_assemblies: Vec<String>,
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
    /// Whether a line other than an empty one has been read.
    begun: bool,
    contigs: Vec<(String, Option<u64>)>,
    reference: Option<String>,
    contig_assemblies: Vec<String>,
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

/// The different values of `assembly` in `##contig` lines that are kept.
const MAX_ASSEMBLIES: usize = 8;

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
        let line = without_byte_order_mark(line);
        if line.trim_ascii().is_empty() {
            self.warn(Code::BadHeaderLine, "the line is empty");
            return Ok(HeaderStep::More(self));
        }
        // Carriage returns within a line are repaired below.
        if line.iter().any(|b| *b < b' ' && !matches!(b, b'\t' | b'\r')) {
            let message = "the line contains a control character; is this a text file?";
            return Err(self.error(Code::NotText, message));
        }
        let first = !std::mem::replace(&mut self.begun, true);
        if let Some(text) = version_text(line).filter(|_| self.version.is_none()) {
            self.version = Some(self.read_version(text)?);
        } else if line.starts_with(b"##") {
            for definition in repair_definitions(line) {
                if let Some(problem) = definition.problem {
                    self.warn(Code::BadHeaderLine, format!("{}: {problem}", shown(line)));
                }
                self.read_meta(&definition.text);
            }
        } else if is_column_line(line) {
            return self.read_columns(line).map(HeaderStep::Done);
        } else {
            return Err(self.not_a_header(line));
        }
        if first && self.version.is_none() {
            self.warn(Code::NoVersion, NO_VERSION);
        }
        Ok(HeaderStep::More(self))
    }

    /// The error for a line that is neither a `##` line nor the `#CHROM` line.
    fn not_a_header(&self, line: &[u8]) -> Diagnostic {
        if line.starts_with(b"\"#") {
            let message = format!(
                "{} is in quotation marks; save the file without them, in R with \
                 write.table(…, quote = FALSE)",
                shown(line)
            );
            return self.error(Code::BadHeaderLine, message);
        }
        if self.version.is_none() {
            let message = format!(
                "{} is not a VCF header; the first line must be like ##fileformat=VCFv4.2",
                shown(line)
            );
            return self.error(Code::NotVcf, message);
        }
        if line.starts_with(b"#") {
            return self.bad_columns(line);
        }
        let message = "records begin before the #CHROM line, which must name the columns and follow \
                       the ## lines";
        self.error(Code::NoColumnLine, message)
    }

    /// The diagnostic for a file that ends within the header.
    pub fn unfinished(self) -> Diagnostic {
        if self.lines == 0 {
            return Self { lines: 1, ..self }
                .error(Code::NotVcf, "the file is empty; a VCF file is expected");
        }
        self.error(Code::NoColumnLine, "the file ends before the #CHROM line")
    }

    fn bad_columns(&self, line: &[u8]) -> Diagnostic {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start_matches('#').trim();
        let separators = [("spaces", ' '), ("commas", ','), ("semicolons", ';')];
        let found = separators.iter().find(|(_, separator)| {
            names_columns(text.split([*separator, '\t']).filter(|name| !name.is_empty()))
        });
        let message = match found {
            Some((what, _)) => format!(
                "the columns of the #CHROM line are separated by {what}; separate all columns of the \
                 file by tabs"
            ),
            None => format!(
                "the #CHROM line must name {}, separated by tabs; it has {}",
                FIXED.join(", "),
                shown(line)
            ),
        };
        self.error(Code::BadColumnLine, message)
    }

    fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        let (column, severity, message) = (None, Severity::Error, message.into());
        Diagnostic { line: self.lines, column, severity, code, message }
    }

    fn warn(&mut self, code: Code, message: impl Into<String>) {
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

    /// Rejects a header that is too large before the line is read any further.
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

    fn read_version(&self, text: &[u8]) -> Result<Version, Diagnostic> {
        let number = strip_no_case(text.trim_ascii(), b"VCF").unwrap_or(text);
        let number = number.strip_prefix(b"v").or(number.strip_prefix(b"V")).unwrap_or(number);
        let version = match number {
            b"3.3" => Version(3, 3),
            [b'4', b'.', minor @ b'0'..=b'5'] => Version(4, minor - b'0'),
            _ => {
                let advice = if text.ends_with(b",") || text.ends_with(b";") {
                    "; save the file as tab-separated text"
                } else {
                    ""
                };
                let message = format!(
                    "{} is not a supported version; use 3.3 or 4.0 to 4.5{advice}",
                    shown(text)
                );
                return Err(self.error(Code::UnknownVersion, message));
            }
        };
        Ok(version)
    }

    fn read_meta(&mut self, line: &[u8]) {
        let Some(definition) = Definition::parse(line) else {
            self.warn(Code::BadHeaderLine, format!("{} has no \"=\"", shown(line)));
            return;
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let key = text(definition.key);
        if matches!(definition.key, b"reference" | b"assembly") {
            let values = self.reference.get_or_insert_default();
            values.push(' ');
            values.push_str(&text(definition.value));
        }
        let Some(id) = definition.id().map(text) else {
            if definition.is_unique() && definition.is_structured() {
                self.warn(Code::BadHeaderLine, format!("the {key} definition has no ID"));
            }
            return;
        };
        if definition.is_unique() && !self.seen.insert(format!("{key}\t{id}")) {
            self.warn(
                Code::DuplicateHeader,
                format!("{key} {id:?} is defined twice; the first definition is used"),
            );
            return;
        }
        match key.as_str() {
            "contig" => {
                let length = definition.field(b"length").and_then(|n| text(n).parse().ok());
                self.contigs.push((id, length));
                self.read_contig_assembly(definition.field(b"assembly"));
            }
            "INFO" => {
                self.info_keys.insert(id);
            }
            _ => {}
        }
    }

    fn read_contig_assembly(&mut self, assembly: Option<&[u8]>) {
        let Some(assembly) = assembly.filter(|_| self.contig_assemblies.len() < MAX_ASSEMBLIES)
        else {
            return;
        };
        let is_new = |known: &String| known.as_bytes() != assembly;
        if self.contig_assemblies.iter().all(is_new) {
            self.contig_assemblies.push(String::from_utf8_lossy(assembly).into_owned());
        }
    }

    /// Checks the columns after INFO.
    fn check_sample_columns(&self, names: &[&str]) -> Result<(), Diagnostic> {
        let Some((format, samples)) = names.split_first() else { return Ok(()) };
        if !format.eq_ignore_ascii_case("FORMAT")
            || samples.iter().any(|name| name.is_empty() || name.contains('\r'))
        {
            let message = "after INFO, the #CHROM line must have FORMAT and a name for each sample";
            let finding = self.error(Code::BadColumnLine, message);
            return Err(Diagnostic { column: Some(Column::Samples), ..finding });
        }
        Ok(())
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
        let mut names: Vec<&str> = text.trim_end_matches('\t').split('\t').collect();
        if !names_columns(names.iter().copied()) {
            return Err(self.bad_columns(line));
        }
        self.check_sample_columns(&names[8..])?;
        if text.ends_with('\t') || names.len() == 9 {
            let message = "FORMAT without samples, or a tab, ends the #CHROM line; it is left out";
            self.warn(Code::BadColumnLine, message);
            if names.len() == 9 {
                names.truncate(8);
            }
        }
        if names.iter().zip(FIXED.iter().chain(&["FORMAT"])).any(|(name, fixed)| name != fixed) {
            let message = "the names of the columns must be in upper case, which is corrected";
            self.warn(Code::BadColumnLine, message);
        }
        if self.version.is_none() && self.lines == 1 {
            self.warn(Code::NoVersion, NO_VERSION);
        }
        let samples: Vec<String> = names.iter().skip(9).map(|s| (*s).to_owned()).collect();
        if let Some(twice) = first_duplicate(&samples) {
            let message = format!(
                "sample {twice:?} occurs twice; rename one, since bcftools and other programs reject such \
                 files"
            );
            let mut finding = self.error(Code::DuplicateSample, message);
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
            contig_assemblies: self.contig_assemblies,
            info_keys: self.info_keys,
            warnings: self.warnings,
        })
    }
}

/// The warning for a file that does not begin with its version.
const NO_VERSION: &str = "the file does not begin with its version; the first line should be \
                          ##fileformat=VCFv4.2, which is assumed";

/// A line without the byte order marks (U+FEFF in UTF-8) that Windows editors put before the first
/// line, and which are within a file if files were joined. VCF forbids them (version 4.4, section 1.2).
#[inline]
pub fn without_byte_order_mark(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(b"\xef\xbb\xbf") {
        line = rest;
    }
    line
}

/// A line without its line ending and byte order marks.
#[inline]
pub fn trimmed(line: &[u8]) -> &[u8] {
    let mut line = line.strip_suffix(b"\n").unwrap_or(line);
    // Text that was converted twice for Windows ends in two carriage returns.
    while let Some(rest) = line.strip_suffix(b"\r") {
        line = rest;
    }
    without_byte_order_mark(line)
}

/// The version in a `##fileformat` line. VCF 3 also has `##format=VCFv3.3`.
pub fn version_text(line: &[u8]) -> Option<&[u8]> {
    let old = || strip_no_case(line, b"##format=").filter(|t| strip_no_case(t, b"VCF").is_some());
    strip_no_case(line, b"##fileformat=").or_else(old)
}

/// Whether a line is the `#CHROM` line, or is meant to be.
fn is_column_line(line: &[u8]) -> bool {
    strip_no_case(line, b"#CHROM").is_some()
}

/// Whether the first names are those of the eight fixed columns, in upper or lower case.
fn names_columns<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    FIXED.iter().all(|name| names.next().is_some_and(|n| n.eq_ignore_ascii_case(name)))
}

fn first_duplicate(samples: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    samples.iter().find(|name| !seen.insert(*name))
}

fn strip_no_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
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
                "line 5, samples: sample \"S1\" occurs twice; rename one, since bcftools and other programs \
                 reject such files"
            ]
        );
    }

    #[test]
    fn a_missing_version_and_lower_case_names_give_warnings() {
        let warnings = |lines: &[&str]| {
            let header = parse(lines).unwrap();
            (header.version, header.warnings.iter().map(|w| (w.line, w.code)).collect::<Vec<_>>())
        };
        let missing = Code::NoVersion;
        assert_eq!(warnings(&[COLUMNS]), (Version(4, 2), vec![(1, missing)]));
        let late = ["##source=x", "##FORMAT=<ID=GT>", "##fileformat=VCFv4.3", COLUMNS];
        assert_eq!(warnings(&late), (Version(4, 3), vec![(1, missing)]));
        let lower = COLUMNS.to_lowercase();
        let lower = ["\u{feff}##fileformat=VCFv4.2", &lower];
        assert_eq!(warnings(&lower), (Version(4, 2), vec![(2, Code::BadColumnLine)]));
        assert_eq!(parse(&lower).unwrap().samples.len(), 0);
    }

    #[test]
    fn damaged_definitions_give_warnings_and_count() {
        let header = parse(&[
            "##fileformat=VCFv4.2",
            "##contig=<assembly=b37,length=5,ID=20>##INFO=<Number=1,ID=A",
            "##INFO=<Number=1,ID=A,Type=String,Description=\"again\">",
            COLUMNS,
        ])
        .unwrap();
        assert_eq!(header.contigs, [("20".to_owned(), Some(5))]);
        assert!(header.info_keys.contains("A"));
        let lines: Vec<(u64, Code)> = header.warnings.iter().map(|w| (w.line, w.code)).collect();
        let bad = Code::BadHeaderLine;
        assert_eq!(lines, [(2, bad), (2, bad), (3, Code::DuplicateHeader)]);
    }

    #[test]
    fn separators_other_than_tabs_and_quoted_lines_are_named() {
        let version = "##fileformat=VCFv4.2";
        for (separator, what) in [("    ", "spaces"), (",", "commas"), (";", "semicolons")] {
            let columns = COLUMNS.replace('\t', separator);
            let error = parse(&[version, &columns]).unwrap_err();
            let expected =
                format!("line 2: the columns of the #CHROM line are separated by {what}");
            assert!(error.starts_with(&expected) && error.contains("tabs"), "{error}");
        }
        let error = parse(&[version, "\"##INFO=<ID=A>\"", COLUMNS]).unwrap_err();
        assert!(error.starts_with("line 2: \"\\\"##INFO") && error.contains("quote"), "{error}");
        let error = parse(&["##fileformat=VCFv4.2,,,", COLUMNS]).unwrap_err();
        assert!(error.ends_with("save the file as tab-separated text"), "{error}");
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
    fn bytes_and_lines_of_a_header_are_accepted_at_the_limit_and_rejected_above() {
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
    fn samples_are_accepted_at_the_limit_and_rejected_above() {
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
            "line 2: records begin before the #CHROM line, which must name the columns and follow the \
             ## lines"
        );
    }

    #[test]
    fn carriage_returns_and_byte_order_marks_are_removed() {
        for line in [&b"a"[..], b"a\n", b"a\r\n", b"a\r\r\n", b"a\r"] {
            assert_eq!(trimmed(line), b"a");
        }
        assert_eq!(trimmed(b"\r\n"), b"");
        assert_eq!(trimmed("\u{feff}\u{feff}a\r\n".as_bytes()), b"a");
    }
}
