//! Checks a whole file and tells everything that is wrong with it, not only the first thing.

use crate::assembly::{check_assembly, named_assembly};
use crate::error::{Error, InputError};
use crate::intake::Intake;
use crate::pipeline::Order;
use crate::reference::Reference;
use crate::report::Counts;
use crate::vcf::{ANYWHERE, Chunk, HeaderText, InputFile, Limits, read_header, trimmed};
use gas_shared::vcf::{Diagnostic, Severity, check_record, parse_record};
use serde::Serialize;
use std::path::Path;

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Line number, from 1; `None` where the whole file is meant.
    pub line: Option<u64>,
    /// Column, as the `#CHROM` line names it.
    pub column: Option<&'static str>,
    /// Whether the file cannot be annotated because of it.
    pub error: bool,
    /// A stable spelling for programs.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckReport {
    /// Whether the file can be annotated.
    pub valid: bool,
    /// VCF version.
    pub version: String,
    /// Assembly that the header names.
    pub assembly: Option<&'static str>,
    /// Samples.
    pub samples: u64,
    /// Records, those at fault included.
    pub records: u64,
    /// Findings in order.
    pub findings: Vec<Finding>,
    /// Findings beyond the most that are told.
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

/// How a file is checked.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// Limits on compressed input.
    pub limits: Limits,
    /// Most findings told.
    pub max_findings: usize,
    /// Percentage of REF alleles that may differ from the reference.
    pub max_mismatch_percent: f64,
}

/// Checks a file; with a reference also its REF alleles and contigs.
///
/// # Errors
/// [`Error::File`] where it cannot be read. What is wrong with the file is in the report.
pub fn check_file(
    path: &Path,
    reference: Option<&Reference>,
    options: &CheckOptions,
) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    let result = run(path, reference, options, &mut report);
    match result {
        Err(Error::Input(error)) => report.add(error.into(), options.max_findings),
        other => other?,
    }
    report.valid &= report.records > 0;
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

fn run(
    path: &Path,
    reference: Option<&Reference>,
    options: &CheckOptions,
    report: &mut CheckReport,
) -> Result<(), Error> {
    report.valid = true;
    let most = options.max_findings;
    let mut input = InputFile::open(path, options.limits)?;
    let HeaderText { header, .. } = read_header(&mut input)?;
    report.version = format!("{}.{}", header.version.0, header.version.1);
    report.assembly = named_assembly(&header);
    report.samples = header.samples.len() as u64;
    for warning in &header.warnings {
        report.add(warning.clone().into(), most);
    }
    let mut reader = Reader {
        intake: reference.map(|reference| Intake::new(reference, header.samples.len())),
        samples: header.samples.len(),
        order: Order::default(),
    };
    let mut chunk = Chunk::default();
    while input.next_chunk(&mut chunk, ANYWHERE)? {
        let lines = chunk.bytes.split_inclusive(|b| *b == b'\n').map(trimmed);
        for (number, line) in (chunk.first_line..).zip(lines).filter(|(_, l)| !l.is_empty()) {
            report.records += 1;
            if let Err(error) = reader.read(number, line) {
                report.add(error.into(), most);
            }
        }
    }
    if report.records == 0 {
        let message = "the file has no records after its header".to_owned();
        let code = gas_shared::vcf::Code::NoRecords.as_str();
        report.add(Finding { line: None, column: None, error: true, code, message }, most);
    }
    if let Some(place) = reader.order.warning.take() {
        report
            .add(warning("unsorted", format!("{place}; it is sorted when it is annotated")), most);
    }
    if let (Some(intake), Some(reference)) = (reader.intake, reference) {
        let counts = intake.into_counts();
        check_assembly(&counts, &header, reference, options.max_mismatch_percent)?;
        for finding in against_reference(&counts, &reference.manifest.assembly) {
            report.add(finding, most);
        }
    }
    Ok(())
}

struct Reader<'r> {
    intake: Option<Intake<'r>>,
    samples: usize,
    order: Order,
}

impl Reader<'_> {
    fn read(&mut self, number: u64, line: &[u8]) -> Result<(), InputError> {
        let record = match &mut self.intake {
            None => {
                let record = parse_record(line).map_err(|e| e.at(number))?;
                check_record(&record, self.samples).map_err(|e| e.at(number))?;
                record
            }
            Some(intake) => {
                let record = intake.read(number, line)?;
                if let Some(contig) = intake.contig() {
                    intake.check_reference(&contig, &record);
                }
                for alt in record.alt.split(|b| *b == b',') {
                    if alt.iter().all(u8::is_ascii_alphabetic) {
                        intake.count_sequence(record.reference, alt);
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
    if counts.unknown_contig > 0 {
        let records = counts.unknown_contig;
        let text = format!("{records} records are on contigs that {assembly} does not have");
        out.push(warning("unknown_contig", text));
    }
    if counts.ref_mismatches > 0 {
        let (wrong, all) = (counts.ref_mismatches, counts.ref_checked);
        let text = format!("{wrong} of {all} REF alleles are not what {assembly} has there");
        out.push(warning("ref_mismatch", text));
    }
    if counts.not_left_aligned > 0 {
        let indels = counts.not_left_aligned;
        let text = format!("{indels} indels are not left-aligned; bcftools norm aligns them");
        out.push(warning("not_left_aligned", text));
    }
    out
}
