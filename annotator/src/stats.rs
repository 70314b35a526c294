//! Counts the records, alleles and qualities of a VCF file, and the consequences in its annotations
//! (INFO/CSQ, ANN or BCSQ, written by any annotator).

use crate::assembly::named_assembly;
use crate::colocated::has_rs_id;
use crate::consequence::{SoTerm, SoTerms};
use crate::csq::term_named;
use crate::error::{Error, InputError};
use crate::report::{Counts, summarize};
use crate::text_input::is_text;
use crate::vcf::{AFTER_ANY_LINE, Chunk, HeaderText, InputFile, read_header, trimmed};
use gas_shared::summary::{Density, Summary};
use gas_shared::variant::VariantType;
use gas_shared::vcf::{
    Code, Diagnostic, Header, InputLimits, Record, Severity, check_record, is_blank, parse_record,
};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

/// The annotation format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Annotation {
    /// INFO/CSQ, with the index of its Consequence field.
    Csq(usize),
    /// INFO/ANN.
    Ann,
    /// INFO/BCSQ.
    Bcsq,
}

/// Counts what is in a file.
///
/// # Errors
/// [`Error`] if the file cannot be read or is not a VCF file. A list of variants is not one.
pub fn summarize_file(path: &Path, limits: InputLimits) -> Result<Summary, Error> {
    if is_text(path, limits)? {
        return Err(InputError::Line(Diagnostic {
            line: 1,
            column: None,
            severity: Severity::Error,
            code: Code::NotVcf,
            message: "this is a list of variants; annotate it, and count the annotated file"
                .to_owned(),
        })
        .into());
    }
    let mut input = InputFile::open(path, limits)?;
    let text = read_header(&mut input)?;
    let numbers = input.line_numbers();
    let header = &text.header;
    let mut counter = Counter {
        annotation: annotation(&text),
        lengths: header
            .contigs
            .iter()
            .filter_map(|(name, n)| Some((name.as_bytes(), (*n)?)))
            .collect(),
        density: Density::default(),
        contig: Vec::new(),
        records: 0,
        counts: Counts::default(),
    };
    let mut chunk = Chunk::default();
    while input.next_chunk(&mut chunk, AFTER_ANY_LINE)? {
        let lines = chunk.bytes.split_inclusive(|b| *b == b'\n').map(trimmed);
        for (number, line) in (chunk.first_line..).zip(lines).filter(|(_, l)| !is_blank(l)) {
            let record = parse_record(line).map_err(|e| numbers.locate(e.at(number).into()))?;
            check_record(&record, header.samples.len(), &limits)
                .map_err(|e| numbers.locate(e.at(number).into()))?;
            counter.count(&record);
        }
    }
    counter.finish_contig();
    Ok(summary(&counter.counts, header))
}

fn summary(counts: &Counts, header: &Header) -> Summary {
    let assembly = named_assembly(header).unwrap_or_default();
    let warnings: Vec<String> = header.warnings.iter().map(ToString::to_string).collect();
    summarize(counts, assembly, header.samples.len() as u64, &[], &warnings)
}

fn annotation(text: &HeaderText) -> Option<Annotation> {
    let keys = &text.header.info_keys;
    if keys.contains("CSQ") {
        let line = text.meta.iter().find(|line| line.starts_with(b"##INFO=<ID=CSQ,"))?;
        let format = String::from_utf8_lossy(line);
        let names = format.split("Format: ").nth(1)?.split('"').next()?;
        return names.split('|').position(|name| name == "Consequence").map(Annotation::Csq);
    }
    if keys.contains("ANN") {
        return Some(Annotation::Ann);
    }
    keys.contains("BCSQ").then_some(Annotation::Bcsq)
}

struct Counter<'h> {
    annotation: Option<Annotation>,
    lengths: HashMap<&'h [u8], u64>,
    density: Density,
    contig: Vec<u8>,
    records: u64,
    counts: Counts,
}

impl Counter<'_> {
    fn count(&mut self, record: &Record<'_>) {
        if self.contig != record.chrom {
            self.finish_contig();
            self.contig = record.chrom.to_vec();
            self.density = Density::new(self.lengths.get(record.chrom).copied().unwrap_or(0));
        }
        self.records += 1;
        self.counts.records += 1;
        self.counts.in_dbsnp += u64::from(has_rs_id(record.id));
        self.density.add(record.pos);
        self.counts.histograms.add_qual(record.qual);
        let mut alts = 0;
        for alt in record.alt.split(|b| *b == b',') {
            let kind = VariantType::of(record.reference, alt);
            alts += u32::from(kind != VariantType::Other);
            self.counts.add_kind(kind, record.reference, alt);
        }
        self.counts.multiallelic += u64::from(alts > 1);
        if let Some(annotation) = self.annotation {
            self.count_terms(annotation, record.info);
        }
    }

    fn count_terms(&mut self, annotation: Annotation, info: &[u8]) {
        let (key, column) = match annotation {
            Annotation::Csq(column) => (&b"CSQ="[..], column),
            Annotation::Ann => (&b"ANN="[..], 1),
            Annotation::Bcsq => (&b"BCSQ="[..], 0),
        };
        let Some(value) = info.split(|b| *b == b';').find_map(|field| field.strip_prefix(key))
        else {
            return;
        };
        let mut all = SoTerms::EMPTY;
        for entry in value.split(|b| *b == b',') {
            let names = entry.split(|b| *b == b'|').nth(column).unwrap_or_default();
            let names = String::from_utf8_lossy(names);
            for name in names.trim_start_matches('*').split('&') {
                let term = match annotation {
                    Annotation::Bcsq => term_named(name),
                    _ => SoTerm::ALL.iter().copied().find(|term| term.as_str() == name),
                };
                if let Some(term) = term {
                    all.insert(term);
                    self.counts.terms[term as usize] += 1;
                }
            }
        }
        if !all.is_empty() {
            self.counts.add_terms(all);
        }
    }

    fn finish_contig(&mut self) {
        if self.records > 0 {
            self.counts.add_contig(&self.contig, self.records);
            if self.lengths.contains_key(self.contig.as_slice()) {
                self.counts.histograms.add_density(&self.contig, &self.density);
            }
        }
        self.records = 0;
    }
}

/// Formats a summary as text, one count per line.
pub fn as_text(summary: &Summary) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(out, "{name}\t{value}");
    };
    line("records", &summary.records);
    line("samples", &summary.samples);
    line("alleles", &summary.alleles);
    line("multiallelic", &summary.multiallelic);
    line("with a dbSNP identifier", &summary.in_dbsnp);
    line("transitions", &summary.transitions);
    line("transversions", &summary.transversions);
    if let Some(ratio) = summary.ts_tv {
        line("transitions per transversion", &format!("{ratio:.3}"));
    }
    let groups = [
        ("kind", &summary.kinds),
        ("impact", &summary.impacts),
        ("most severe", &summary.most_severe),
        ("consequence", &summary.consequences),
    ];
    for (group, values) in groups {
        for (name, value) in values {
            line(&format!("{group} {name}"), value);
        }
    }
    for (name, value) in &summary.contigs {
        line(&format!("contig {name}"), value);
    }
    for (length, value) in &summary.indel_lengths {
        line(&format!("indel {length:+}"), value);
    }
    line("quality missing", &summary.qual.missing);
    for bin in summary.qual.bins.iter().filter(|bin| bin.records > 0) {
        let to = bin.to.map_or_else(|| "or more".to_owned(), |to| format!("to below {to}"));
        line(&format!("quality {} {to}", bin.from), &bin.records);
    }
    out
}
