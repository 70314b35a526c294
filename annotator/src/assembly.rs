//! Detects which assembly a file was called on, from its header, its contig names and its REF alleles.

use crate::contig_names::NameHint;
use crate::error::{InputError, UNKNOWN};
use crate::reference::Reference;
use crate::report::{AnnotationGap, Counts};
use crate::vcf::HeaderText;
use gas_shared::assembly::{Assembly, AssemblyDetection, is_mitochondrial, plain_name};
use gas_shared::vcf::Header;
use std::collections::HashSet;

/// The fewest compared REF alleles that allow a conclusion if the header says nothing else.
const MIN_CHECKED: u64 = 20;

/// The fewest compared REF alleles that allow a conclusion if at least half of them differ. On another
/// assembly, three quarters of SNVs do.
const MIN_CHECKED_OF_HALF: u64 = 10;

/// A length above this is a placeholder, such as the 2,147,483,647 of some tools.
const MAX_LENGTH: u64 = 1 << 30;

/// Lengths of mitochondria: human (rCRS), human in UCSC's hg18 and hg19, mouse.
const MITOCHONDRIA: [u64; 3] = [RCRS, OLD_MITOCHONDRION, 16_299];

const RCRS: u64 = 16_569;
const OLD_MITOCHONDRION: u64 = 16_571;

const RCRS_NAME: &str = "rCRS, NC_012920, of 16,569 bases";
const OLD_NAME: &str = "that of UCSC's hg19, NC_001807, of 16,571 bases";

/// The most contigs that a warning names.
const MAX_NAMED: usize = 5;

/// The assembly that the contigs, or the `##reference` and `##assembly` lines of a header, indicate.
pub fn named_assembly(header: &Header) -> Option<&'static str> {
    AssemblyDetection::of(header).assembly().map(|assembly| assembly.name)
}

/// What the header says about the assembly, where it does not stop the run.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderFindings {
    /// Warnings.
    pub(crate) warnings: Vec<String>,
    /// Contigs whose records must not be annotated, because the reference has another sequence of that
    /// name, as the header spells them.
    pub(crate) excluded_contigs: HashSet<Box<[u8]>>,
}

/// Compares the contigs of a header with the reference, before any record is read.
///
/// # Errors
/// [`InputError::OtherAssembly`] if a contig's accession or length, or the `assembly` of a `##contig`
/// line, is that of another assembly.
pub(crate) fn check_header(
    text: &HeaderText,
    reference: &Reference,
) -> Result<HeaderFindings, InputError> {
    let own = reference.assembly();
    let own_name = &reference.manifest.assembly;
    let other = |found: &str, evidence: String| InputError::OtherAssembly {
        found: found.to_owned(),
        evidence,
        assembly: own_name.clone(),
    };
    let mut findings = HeaderFindings::default();
    let mut confirmed = false;
    let mut unknown_length = None;
    for (name, length) in &text.header.contigs {
        if let Some(NameHint::OtherAssembly { chromosome, assembly: Some(found) }) =
            reference.name_hint(name.as_bytes())
        {
            return Err(other(
                found,
                format!("contig {name} is chromosome {chromosome} of {found}"),
            ));
        }
        let Some(length) = *length else { continue };
        let contig = reference.contig(name.as_bytes());
        let ours = contig.map(|contig| contig.sequence.len() as u64);
        if is_mitochondrial(name) {
            let is_other = |ours: &u64| {
                *ours != length && MITOCHONDRIA.contains(ours) && MITOCHONDRIA.contains(&length)
            };
            if let Some(ours) = ours.filter(is_other) {
                // One warning, however many spellings the header has.
                if findings.excluded_contigs.is_empty() {
                    findings.warnings.push(other_mitochondrion(name, length, ours));
                }
                findings.excluded_contigs.insert(name.as_bytes().into());
            }
            continue;
        }
        let chromosome = plain_name(name);
        if ours == Some(length) {
            confirmed = true;
            continue;
        }
        // The reference may have only a part of the chromosome.
        let expected = own.and_then(|own| own.length(&chromosome));
        match Assembly::of_length(&chromosome, length) {
            Some(found) if own == Some(found) => confirmed = true,
            Some(found) if own.is_some() => {
                let lengths = compared_lengths(name, length, own_name, expected.or(ours));
                return Err(other(found.name, lengths));
            }
            _ if length < MAX_LENGTH && unknown_length.is_none() => {
                let expected = expected.or(ours);
                unknown_length =
                    expected.map(|_| compared_lengths(name, length, own_name, expected));
            }
            _ => {}
        }
    }
    // PLINK writes the last position of the file as the length, and a reference may be a part of an
    // assembly that is not known, so such a length is no reason to stop.
    findings.warnings.extend(
        unknown_length.map(|lengths| format!("the header has other contig lengths: {lengths}")),
    );
    if let Some((text, found)) =
        contig_assembly(&text.header).filter(|(_, found)| own != Some(*found))
        && own.is_some()
    {
        let evidence = format!("its ##contig lines have assembly={text}");
        if !confirmed {
            return Err(other(found.name, evidence));
        }
        findings.warnings.push(format!(
            "the header names {} ({evidence}), but its contigs have the lengths of {own_name}",
            found.name
        ));
    }
    Ok(findings)
}

/// The fewest REF alleles that show that a mitochondrion is rCRS if all agree: by chance, a quarter do.
const MIN_CHECKED_OF_MITOCHONDRION: u64 = 4;

/// What the records say about a mitochondrion whose length the header does not give.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Mitochondrion {
    /// It is that of the reference, or the header has said so.
    Known,
    /// The records do not show which one it is. The text is a warning.
    Undecided(String),
    /// It is another one: these contigs must not be annotated, and the text is a warning.
    Other(HashSet<Box<[u8]>>, String),
}

impl Mitochondrion {
    /// Compares the REF alleles of the human mitochondrion with the reference. UCSC's hg19 has another
    /// one (16,571 bases) under the name `chrM`, whose positions are shifted by up to two bases, so that
    /// most REF alleles differ and a quarter agree by chance.
    pub(crate) fn of(
        counts: &Counts,
        header: &Header,
        findings: &HeaderFindings,
        reference: &Reference,
    ) -> Self {
        let (checked, mismatches) = counts.mitochondrial_checks;
        let has_length =
            |name: &str| header.contigs.iter().any(|(n, length)| n == name && length.is_some());
        let is_in_doubt = |name: &&[u8]| {
            let text = String::from_utf8_lossy(name);
            [Some(RCRS), Some(OLD_MITOCHONDRION)].contains(&length_in(reference, name))
                && is_mitochondrial(&text)
                && !has_length(&text)
                && !findings.excluded_contigs.contains(*name)
        };
        let names: HashSet<Box<[u8]>> =
            counts.contigs.keys().map(|name| &**name).filter(is_in_doubt).map(Into::into).collect();
        let Some(name) = names.iter().min().map(|name| shown_name(name)) else {
            return Self::Known;
        };
        let is_rcrs = length_in(reference, name.as_bytes()) == Some(RCRS);
        let (ours, other) = if is_rcrs { (RCRS_NAME, OLD_NAME) } else { (OLD_NAME, RCRS_NAME) };
        if mismatches > 0 && mismatches * 4 >= checked {
            return Self::Other(
                names,
                format!(
                    "contig {name} is not the mitochondrion of the reference ({ours}): {mismatches} of \
                     {checked} REF alleles differ; its records are not annotated; if it is {other}, lift \
                     the file over"
                ),
            );
        }
        // All names stand for rCRS in GRCh38, and in GRCh37 all but that of UCSC.
        let is_ucsc = name.eq_ignore_ascii_case("chrM");
        let is_grch37 = || reference.assembly().is_some_and(|own| own.name == "GRCh37");
        let may_be_other = if is_rcrs { is_ucsc && is_grch37() } else { !is_ucsc };
        if may_be_other && mismatches == 0 && checked < MIN_CHECKED_OF_MITOCHONDRION {
            return Self::Undecided(format!(
                "the header has no length for contig {name}, which is taken for {ours}; if it is \
                 {other}, disregard its annotations, or lift the file over"
            ));
        }
        Self::Known
    }
}

fn length_in(reference: &Reference, name: &[u8]) -> Option<u64> {
    reference.contig(name).map(|contig| contig.sequence.len() as u64)
}

fn compared_lengths(name: &str, length: u64, assembly: &str, expected: Option<u64>) -> String {
    let expected = expected.map_or_else(
        || format!("{assembly} has no such contig"),
        |expected| format!("in {assembly} it has {expected}"),
    );
    format!("contig {name} has {length} bases, {expected}")
}

fn other_mitochondrion(name: &str, length: u64, ours: u64) -> String {
    let which = if length == OLD_MITOCHONDRION {
        " (NC_001807, of UCSC's hg19; convert the file to rCRS, NC_012920)"
    } else {
        ""
    };
    format!(
        "contig {name} has {length} bases{which}, the mitochondrion of the reference has {ours}; its \
         records are not annotated"
    )
}

/// The first assembly that a `##contig` line names (`assembly=b37`), with its spelling.
fn contig_assembly(header: &Header) -> Option<(&str, &'static Assembly)> {
    header.contig_assemblies.iter().find_map(|text| Some((text.as_str(), Assembly::named(text)?)))
}

/// The assembly that the header names, if it is not that of the reference.
fn other_in_header(header: &Header, reference: &Reference) -> Option<&'static str> {
    let own = reference.assembly()?.name;
    named_assembly(header).filter(|named| *named != own)
}

/// Checks that no more than `max_percent` of the REF alleles differ from the reference. A few alleles
/// are enough if the header names another assembly.
///
/// # Errors
/// [`InputError::WrongAssembly`] otherwise, with advice.
pub fn check_assembly(
    counts: &Counts,
    header: &Header,
    reference: &Reference,
    max_percent: f64,
) -> Result<(), InputError> {
    let (checked, mismatches) = (counts.ref_checked, counts.ref_mismatches);
    let percent = mismatches as f64 * 100.0 / checked.max(1) as f64;
    let other = other_in_header(header, reference);
    let enough = checked >= MIN_CHECKED
        || (checked >= MIN_CHECKED_OF_HALF && 2 * mismatches >= checked)
        || other.is_some();
    if !enough || percent <= max_percent {
        return Ok(());
    }
    let assembly = reference.manifest.assembly.clone();
    let advice = match other {
        Some(other) => format!(
            "the file looks like {other}; lift it over to {assembly}, or choose a {other} reference"
        ),
        None => format!(
            "the file seems to use another assembly than {assembly}; lift it over to {assembly}, or choose another reference"
        ),
    };
    Err(InputError::WrongAssembly { mismatches, checked, percent, assembly, advice, found: other })
}

/// Checks the names of the contigs that records are on, and returns warnings about them.
///
/// # Errors
/// [`InputError::OtherAssembly`] if no variant is on a contig of the reference, and a contig is that of
/// another assembly.
pub(crate) fn check_contigs(
    counts: &Counts,
    header: &Header,
    reference: &Reference,
) -> Result<Vec<String>, InputError> {
    let own_name = &reference.manifest.assembly;
    let mut warnings = Vec::new();
    let mut names: Vec<Option<&[u8]>> = vec![None; reference.manifest.contigs.len()];
    let (mut others, mut codes, mut spellings) = (Vec::new(), Vec::new(), Vec::new());
    for (name, records) in &counts.contigs {
        let shown = shown_name(name);
        let number = reference.contig(name).map(|contig| contig.number);
        match reference.name_hint(name) {
            Some(NameHint::OtherAssembly { chromosome, assembly }) => {
                let found = assembly.unwrap_or(UNKNOWN);
                let evidence = format!("contig {shown} is chromosome {chromosome} of {found}");
                let gaps = [AnnotationGap::OutsideReference, AnnotationGap::NotAVariant];
                let [outside, no_variants] = gaps.map(|gap| counts.gap(gap));
                if outside > 0 && outside + no_variants == counts.records {
                    return Err(InputError::OtherAssembly {
                        found: found.to_owned(),
                        evidence,
                        assembly: own_name.clone(),
                    });
                }
                others.push(format!("{evidence}, not of {own_name}: {records} records"));
            }
            Some(NameHint::OldMitochondrion) => others.push(format!(
                "contig {shown} is the mitochondrion of UCSC's hg19, not rCRS: {records} records"
            )),
            Some(NameHint::Plink(chromosome)) if number.is_some() => {
                codes.push(format!("{shown} as {chromosome}"));
            }
            Some(NameHint::Plink(_)) | None => {}
        }
        if let Some(place) = number.and_then(|number| names.get_mut(number as usize)) {
            match place {
                Some(first) => spellings.push(format!("{} and {shown}", shown_name(first))),
                None => *place = Some(name),
            }
        }
    }
    warnings.extend(listed(&others, "; ").map(|list| format!("{list}; they are not annotated")));
    warnings.extend(
        listed(&codes, ", ").map(|list| format!("contigs are read as PLINK's codes: {list}")),
    );
    warnings
        .extend(listed(&spellings, "; ").map(|list| format!("contigs have several names: {list}")));
    if let Some(other) = other_in_header(header, reference)
        && counts.ref_checked > 0
    {
        warnings.push(format!(
            "the header names {other}, but the REF alleles agree with {own_name}; annotated as {own_name}"
        ));
    }
    Ok(warnings)
}

/// The error for a file whose variants are all outside the reference or differ from it. It lists the
/// contigs of the file and of the reference.
pub(crate) fn nothing_annotated(counts: &Counts, reference: &Reference) -> Option<InputError> {
    let variants = counts.records - counts.gap(AnnotationGap::NotAVariant);
    let gaps =
        [AnnotationGap::OutsideReference, AnnotationGap::BeyondContig, AnnotationGap::RefMismatch];
    let left_out: u64 = gaps.map(|gap| counts.gap(gap)).iter().sum();
    if left_out == 0 || left_out < variants {
        return None;
    }
    let assembly = &reference.manifest.assembly;
    let gap = |gap, what: &str| {
        let records = counts.gap(gap);
        (records > 0).then(|| format!("{records} {what}"))
    };
    let unknown = unknown_contigs(counts, reference);
    let outside = format!("on contigs that {assembly} does not have{unknown}");
    let reasons: Vec<String> = [
        gap(AnnotationGap::OutsideReference, &outside),
        gap(AnnotationGap::BeyondContig, "beyond the end of their contig"),
        gap(AnnotationGap::RefMismatch, "with a REF that it does not have there"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let contigs = reference.manifest.contigs.iter();
    let known: Vec<String> = contigs
        .take(MAX_NAMED + 1)
        .map(|contig| format!("{} with {} bases", contig.name, contig.length))
        .collect();
    let with_variants = if variants < counts.records { " with variants" } else { "" };
    Some(InputError::NothingAnnotated(format!(
        "none of the {variants} records{with_variants} is in the reference: {}; the reference has {}; \
         annotate the file with a reference of its assembly and contigs, or ask the operator to add \
         one",
        reasons.join(", "),
        listed(&known, ", ").unwrap_or_default(),
    )))
}

/// The names of contigs that the reference does not have, for a warning.
pub(crate) fn unknown_contigs(counts: &Counts, reference: &Reference) -> String {
    let unknown = counts.contigs.keys().filter(|name| reference.contig(name).is_none());
    let unknown: Vec<String> = unknown.take(MAX_NAMED + 1).map(|name| shown_name(name)).collect();
    listed(&unknown, ", ").map_or_else(String::new, |list| format!(" ({list})"))
}

/// Joins the first entries; `None` without any.
fn listed(entries: &[String], separator: &str) -> Option<String> {
    let first = entries.get(..MAX_NAMED).unwrap_or(entries);
    let more = if entries.len() > first.len() { format!("{separator}…") } else { String::new() };
    (!first.is_empty()).then(|| first.join(separator) + &more)
}

/// A contig's name, shortened.
fn shown_name(name: &[u8]) -> String {
    const MOST: usize = 40;
    String::from_utf8_lossy(&name[..name.len().min(MOST)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::vcf::{HeaderParser, HeaderStep};

    fn header(line: &str) -> Header {
        let text =
            format!("##fileformat=VCFv4.2\n{line}\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO");
        let mut parser = HeaderParser::new();
        for line in text.lines() {
            match parser.push(line.as_bytes()).unwrap() {
                HeaderStep::More(next) => parser = next,
                HeaderStep::Done(header) => return header,
            }
        }
        unreachable!("the text ends with the column line");
    }

    #[test]
    fn contigs_and_reference_lines_name_the_assembly() {
        for (line, expected) in [
            ("##contig=<ID=chr20,length=64444167>", Some("GRCh38")),
            ("##contig=<ID=20,length=63025520>", Some("GRCh37")),
            ("##contig=<ID=chr7,length=160567428>", Some("T2T-CHM13")),
            ("##contig=<ID=NC_000007.14>", Some("GRCh38")),
            ("##reference=human_b36_both.fasta", Some("NCBI36")),
            ("##reference=genome.fa\n##assembly=GRCh38", Some("GRCh38")),
            ("##assembly=GRCh38\n##reference=hg19.fa", None),
            ("##reference=file:///data/hs37d5.fa", Some("GRCh37")),
            ("##contig=<ID=20>", None),
        ] {
            assert_eq!(named_assembly(&header(line)), expected, "{line}");
        }
    }
}
