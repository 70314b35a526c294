//! Checks a file and reports all problems, not only the first.

use crate::assembly::{
    HeaderFindings, Mitochondrion, check_assembly, check_contigs, check_header, named_assembly,
    nothing_annotated,
};
use crate::error::{Error, InputError};
use crate::pipeline::{NO_RECORDS, OrderCheck, too_many_contigs};
use crate::record_reader::{RecordOptions, RecordReader};
use crate::reference::Reference;
use crate::report::{AnnotationGap, Counts};
use crate::text_input::{LineProblem, TextError, check_text, is_text};
use crate::vcf::{AFTER_ANY_LINE, Chunk, HeaderText, InputFile, read_header, trimmed};
use gas_shared::vcf::{
    AltKind, Diagnostic, InputLimits, Severity, check_record, is_blank, parse_record,
};
use serde::Serialize;
use std::path::Path;

/// A problem of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Line number, from 1; `None` for a problem of the file as a whole.
    pub line: Option<u64>,
    /// The column's name in the `#CHROM` line.
    pub column: Option<&'static str>,
    /// Whether it prevents annotation; otherwise it is a warning.
    pub error: bool,
    /// A stable code for programs.
    pub code: &'static str,
    /// What is wrong and how to fix it.
    pub message: String,
}

/// The result of a check.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckReport {
    /// Whether the file can be annotated.
    pub valid: bool,
    /// Whether the file is a text with one variant per line instead of VCF or BCF.
    pub is_variant_list: bool,
    /// VCF version; empty for a text.
    pub version: String,
    /// Assembly that the header indicates.
    pub assembly: Option<&'static str>,
    /// Number of samples.
    pub samples: u64,
    /// Records, including invalid ones; the variants of a text.
    pub records: u64,
    /// Problems in file order.
    pub findings: Vec<Finding>,
    /// Problems beyond the limit, which are only counted.
    pub more: u64,
}

impl From<Diagnostic> for Finding {
    fn from(found: Diagnostic) -> Self {
        Self {
            line: Some(found.line),
            column: found.column.map(|column| column.name()),
            error: found.severity == Severity::Error,
            code: found.code.as_str(),
            message: found.message,
        }
    }
}

impl From<InputError> for Finding {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Line(found) => found.into(),
            InputError::Record(ref found) => {
                let column = found.column.map(|column| column.name());
                Self {
                    line: None,
                    column,
                    error: found.severity == Severity::Error,
                    code: error.code(),
                    message: error.to_string(),
                }
            }
            other => Self {
                line: None,
                column: None,
                error: true,
                code: other.code(),
                message: other.to_string(),
            },
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.error { "error" } else { "warning" })?;
        if let Some(line) = self.line {
            write!(f, ": line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Options of a check.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// Limits of the input.
    pub limits: InputLimits,
    /// The most problems that are reported.
    pub max_findings: usize,
    /// The percentage of REF alleles that may differ from the reference.
    pub max_mismatch_percent: f64,
}

/// Checks a VCF or BCF file, or a text with one variant per line. With a reference, its REF alleles and contigs are
/// checked too, and whether the lines of a text stand for variants. The report lists the problems of the file.
///
/// # Errors
/// [`Error::File`] if the file cannot be read.
pub fn check_file(
    path: &Path,
    reference: Option<&Reference>,
    options: &CheckOptions,
) -> Result<CheckReport, Error> {
    let is_variant_list = is_text(path, options.limits)?;
    let mut report = CheckReport { is_variant_list, valid: true, ..CheckReport::default() };
    let check = if is_variant_list { check_list } else { run };
    let result = check(path, reference, options, &mut report);
    match result {
        Err(Error::Input(error)) => report.add(error.into(), options.max_findings),
        other => other?,
    }
    Ok(report)
}

impl CheckReport {
    fn add(&mut self, finding: Finding, most: usize) {
        self.valid &= !finding.error;
        if self.findings.len() < most {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

/// Lines without a variant are warnings, since annotation leaves them out.
fn check_list(
    path: &Path,
    reference: Option<&Reference>,
    options: &CheckOptions,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let most = options.max_findings;
    let variants = check_text(path, reference, options.limits, &mut |problem| {
        let LineProblem { line, error: TextError { column, message } } = problem;
        let message = format!("column {column}: {message}");
        let code = AnnotationGap::UnreadableLine.as_str();
        report.add(Finding { line: Some(line), ..warning(code, message) }, most);
    })?;
    report.records = variants;
    if variants == 0 {
        report.add(warning("no_records", NO_RECORDS.to_owned()), most);
    }
    Ok(())
}

fn run(
    path: &Path,
    reference: Option<&Reference>,
    options: &CheckOptions,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let most = options.max_findings;
    let mut input = InputFile::open(path, options.limits)?;
    let text = read_header(&mut input)?;
    let findings = reference.map(|reference| check_header(&text, reference));
    let HeaderText { header, .. } = text;
    let numbers = input.line_numbers();
    report.version = format!("{}.{}", header.version.0, header.version.1);
    report.assembly = named_assembly(&header);
    report.samples = header.samples.len() as u64;
    if let Some(text) = input.warning() {
        report.add(warning("no_end_mark", text.to_owned()), most);
    }
    for warning in &header.warnings {
        report.add(warning.clone().into(), most);
    }
    let findings = match findings {
        Some(Ok(found)) => {
            for text in &found.warnings {
                report.add(warning("assembly", text.clone()), most);
            }
            found
        }
        Some(Err(error)) => {
            report.add(error.into(), most);
            HeaderFindings::default()
        }
        None => HeaderFindings::default(),
    };
    let mut reader = RecordChecker {
        records: reference.map(|reference| {
            let mut records = RecordReader::new(reference, header.samples.len());
            let excluded_contigs = findings.excluded_contigs.clone();
            records.options = RecordOptions {
                limits: options.limits,
                excluded_contigs,
                ..RecordOptions::default()
            };
            records
        }),
        samples: header.samples.len(),
        limits: options.limits,
        order: OrderCheck::default(),
    };
    let mut chunk = Chunk::default();
    while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
        let lines = chunk.bytes.split_inclusive(|b| *b == b'\n').map(trimmed);
        for (number, line) in (chunk.first_line..).zip(lines).filter(|(_, l)| !is_blank(l)) {
            report.records += 1;
            if let Err(error) = reader.read(number, line) {
                report.add(numbers.locate(error).into(), most);
            }
        }
        if reader.order.contigs() > options.limits.contigs {
            return Err(too_many_contigs(&reader.order, options.limits.contigs).into());
        }
    }
    if report.records == 0 {
        report.add(warning("no_records", NO_RECORDS.to_owned()), most);
    }
    if let Some(unsorted) = reader.order.warning.take() {
        let unsorted = numbers.locate(unsorted.into());
        let code = unsorted.code();
        report.add(warning(code, format!("{unsorted}; annotation sorts it")), most);
    }
    if let (Some(records), Some(reference)) = (reader.records, reference) {
        let counts = records.into_counts();
        check_assembly(&counts, &header, reference, options.max_mismatch_percent)?;
        for text in check_contigs(&counts, &header, reference)? {
            report.add(warning("contig_names", text), most);
        }
        match Mitochondrion::of(&counts, &header, &findings, reference) {
            Mitochondrion::Other(_, text) | Mitochondrion::Undecided(text) => {
                report.add(warning("assembly", text), most);
            }
            Mitochondrion::Known => {}
        }
        for finding in against_reference(&counts, &reference.manifest.assembly) {
            report.add(finding, most);
        }
        if let Some(error) = nothing_annotated(&counts, reference) {
            return Err(error.into());
        }
    }
    Ok(())
}

struct RecordChecker<'r> {
    records: Option<RecordReader<'r>>,
    samples: usize,
    limits: InputLimits,
    order: OrderCheck,
}

impl RecordChecker<'_> {
    fn read(&mut self, number: u64, line: &[u8]) -> Result<(), InputError> {
        let record = match &mut self.records {
            None => {
                let record = parse_record(line).map_err(|e| e.at(number))?;
                check_record(&record, self.samples, &self.limits).map_err(|e| e.at(number))?;
                record
            }
            Some(records) => {
                let record = records.read(number, line)?;
                let (gap, _) = records.find_gap(&record);
                let has_variants = record.alt.split(|b| *b == b',').any(|alt| {
                    AltKind::of(alt).is_some_and(|kind| kind.is_variant(record.reference, alt))
                });
                records.count_gap(gap, has_variants);
                for alt in record.alt.split(|b| *b == b',') {
                    if alt.iter().all(u8::is_ascii_alphabetic) {
                        records.count_sequence(record.reference, alt);
                    }
                }
                record
            }
        };
        self.order.push(record.chrom, record.pos, number);
        Ok(())
    }
}

fn warning(code: &'static str, message: String) -> Finding {
    Finding { line: None, column: None, error: false, code, message }
}

fn against_reference(counts: &Counts, assembly: &str) -> Vec<Finding> {
    let mut out = Vec::new();
    for gap in [AnnotationGap::OutsideReference, AnnotationGap::BeyondContig] {
        let records = counts.gap(gap);
        if records > 0 {
            let text = format!("{records} records {} ({assembly})", gap.description());
            out.push(warning(gap.as_str(), text));
        }
    }
    if counts.ref_mismatches > 0 {
        let (wrong, all) = (counts.ref_mismatches, counts.ref_checked);
        let text = format!("{wrong} of {all} REF alleles do not match {assembly}");
        out.push(warning("ref_mismatch", text));
    }
    if counts.not_left_aligned > 0 {
        let indels = counts.not_left_aligned;
        let text = format!("{indels} indels are not left-aligned; use bcftools norm to align them");
        out.push(warning("not_left_aligned", text));
    }
    out
}
