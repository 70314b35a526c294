//! The forms of a variant: padded, right-aligned, multi-allelic, decomposed and others. A caller may
//! write any of them, and all must give the answer of the plain form.
//!
//! Each form is a file of its own, annotated in a run of its own. In the full mode the answers must be
//! equal. `--mode csq` follows `bcftools csq`, whose answer for an indel at a splice site depends on
//! the padding; these records are counted.

use crate::compare::{self, percent};
use crate::fields::{field_names, info};
use crate::{Args, annotate};
use anyhow::Context;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::Mode;
use gas_annotate::reference::ContigView;
use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

/// Position, REF and one ALT.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Variant {
    pos: i32,
    reference: String,
    alt: String,
}

/// A record of a form.
struct Record {
    pos: i32,
    reference: String,
    alts: Vec<Alt>,
}

/// An ALT of a form.
enum Alt {
    /// An allele, and the plain form of the variant that it is.
    Allele(String, Variant),
    /// A placeholder, which has no annotation.
    Placeholder(&'static str),
}

/// Returns the records that are a form of a variant; none if the variant has no such form. The number
/// varies the form from variant to variant.
type Make = fn(&ContigView<'_>, &Variant, usize) -> Vec<Record>;

/// The forms by name.
const FORMS: [(&str, Make); 9] = [
    ("padded left", |contig, variant, n| padded(contig, variant, 1 + n as i32 % 3, 0)),
    ("padded right", |contig, variant, n| padded(contig, variant, 0, 1 + n as i32 % 3)),
    ("padded at both ends", |contig, variant, n| {
        padded(contig, variant, 1 + n as i32 % 2, 1 + n as i32 % 3)
    }),
    ("right-aligned", right_aligned),
    ("multi-allelic", |contig, variant, n| multiallelic(contig, variant, n).into_iter().collect()),
    ("decomposed", decomposed),
    ("with <NON_REF>", |_, variant, n| with_placeholder(variant, "<NON_REF>", n)),
    ("with *", |_, variant, n| with_placeholder(variant, "*", n)),
    ("lower case", |_, variant, _| {
        let lower = variant.alt.to_ascii_lowercase();
        vec![Record {
            pos: variant.pos,
            reference: variant.reference.to_ascii_lowercase(),
            alts: vec![Alt::Allele(lower, variant.clone())],
        }]
    }),
];

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}>{}", self.pos, self.reference, self.alt)
    }
}

impl Variant {
    fn new(pos: i32, reference: impl Into<String>, alt: impl Into<String>) -> Self {
        Self { pos, reference: reference.into(), alt: alt.into() }
    }

    /// Removes the shared suffix, then the shared prefix.
    fn minimized(&self) -> Self {
        let equal = |(x, y): &(u8, u8)| x.eq_ignore_ascii_case(y);
        let (reference, alt) = (&self.reference, &self.alt);
        let tail = reference.bytes().rev().zip(alt.bytes().rev()).take_while(equal).count();
        let (reference, alt) = (&reference[..reference.len() - tail], &alt[..alt.len() - tail]);
        let head = reference.bytes().zip(alt.bytes()).take_while(equal).count();
        let upper = |bases: &str| bases[head..].to_ascii_uppercase();
        Self::new(self.pos + head as i32, upper(reference), upper(alt))
    }
}

/// The bases of a range, if all are known.
fn bases(contig: &ContigView<'_>, start: i32, end: i32) -> Option<String> {
    let known = |bases: &&[u8]| bases.iter().all(|base| b"ACGT".contains(base));
    String::from_utf8(contig.bases(start, end).filter(known)?.to_vec()).ok()
}

fn padded(contig: &ContigView<'_>, variant: &Variant, left: i32, right: i32) -> Vec<Record> {
    let after = variant.pos + variant.reference.len() as i32;
    let before = bases(contig, variant.pos - left, variant.pos - 1);
    let (Some(before), Some(after)) = (before, bases(contig, after, after + right - 1)) else {
        return Vec::new();
    };
    let pad = |allele: &str| format!("{before}{allele}{after}");
    vec![Record {
        pos: variant.pos - left,
        reference: pad(&variant.reference),
        alts: vec![Alt::Allele(pad(&variant.alt), variant.clone())],
    }]
}

/// An insertion or deletion at its last place on the forward strand, if it has more than one.
fn right_aligned(contig: &ContigView<'_>, variant: &Variant, _: usize) -> Vec<Record> {
    let Variant { pos: start, reference, alt } = variant.minimized();
    let (moving, deletes) = match (reference.is_empty(), alt.is_empty()) {
        (true, false) => (alt, false),
        (false, true) => (reference, true),
        _ => return Vec::new(),
    };
    let length = moving.len() as i32;
    let mut moving = moving.into_bytes();
    let mut distance = 0;
    loop {
        let next = start + distance + if deletes { length } else { 0 };
        match bases(contig, next, next) {
            Some(base) if base.as_bytes() == &moving[..1] => moving.rotate_left(1),
            _ => break,
        }
        distance += 1;
    }
    let pos = start + distance - 1;
    let (Some(anchor), Ok(moving)) = (bases(contig, pos, pos), String::from_utf8(moving)) else {
        return Vec::new();
    };
    if distance == 0 {
        return Vec::new();
    }
    let long = format!("{anchor}{moving}");
    let (reference, alt) = if deletes { (long, anchor) } else { (anchor, long) };
    vec![Record { pos, reference, alts: vec![Alt::Allele(alt, variant.clone())] }]
}

/// The variant in a record with a substitution of its first base and an indel of another length. The
/// base after the variant belongs to the record.
fn multiallelic(contig: &ContigView<'_>, variant: &Variant, n: usize) -> Option<Record> {
    let Variant { pos, reference, alt } = variant;
    let last = pos + reference.len() as i32;
    let next = bases(contig, last, last)?;
    let (first, rest) = reference.split_at(1);
    let other = *["A", "C", "G", "T"]
        .iter()
        .cycle()
        .skip(n)
        .take(4)
        .find(|base| **base != first && **base != alt)?;
    let mut alts = vec![
        Alt::Allele(format!("{alt}{next}"), variant.clone()),
        Alt::Allele(format!("{other}{rest}{next}"), Variant::new(*pos, first, other)),
    ];
    alts.push(if format!("{alt}{next}") == *reference {
        let inserted = format!("{next}ACGTA");
        let plain = Variant::new(last, next.clone(), inserted.clone());
        Alt::Allele(format!("{reference}{inserted}"), plain)
    } else {
        let anchor = &reference[reference.len() - 1..];
        let plain = Variant::new(last - 1, format!("{anchor}{next}"), anchor);
        Alt::Allele(reference.clone(), plain)
    });
    alts.rotate_left(n % 3);
    Some(Record { pos: *pos, reference: format!("{reference}{next}"), alts })
}

/// The multi-allelic form as one record per allele, each with the whole REF.
fn decomposed(contig: &ContigView<'_>, variant: &Variant, n: usize) -> Vec<Record> {
    let Some(Record { pos, reference, alts }) = multiallelic(contig, variant, n) else {
        return Vec::new();
    };
    let record = |alt| Record { pos, reference: reference.clone(), alts: vec![alt] };
    alts.into_iter().map(record).collect()
}

fn with_placeholder(variant: &Variant, placeholder: &'static str, n: usize) -> Vec<Record> {
    let Variant { pos, reference, alt } = variant.clone();
    let mut alts = vec![Alt::Allele(alt, variant.clone()), Alt::Placeholder(placeholder)];
    alts.rotate_left(n % 2);
    vec![Record { pos, reference, alts }]
}

/// The file of a form.
#[derive(Default)]
struct Form {
    /// The records, each with its number in the key `N`.
    vcf: String,
    /// The alleles of each record: the allele as it is written and the plain variant.
    alleles: Vec<Vec<(Variant, Variant)>>,
}

impl Form {
    fn write(mut records: Vec<Record>, contig: &ContigView<'_>) -> Self {
        let length = contig.sequence.len();
        let mut form = Self {
            vcf: format!(
                "##fileformat=VCFv4.2\n##contig=<ID={0},length={length}>\n\
                 ##INFO=<ID=N,Number=1,Type=Integer,Description=\"Number of the record\">\n\
                 #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n",
                contig.name
            ),
            alleles: Vec::new(),
        };
        records.sort_by_key(|record| record.pos);
        for (n, Record { pos, reference, alts }) in records.into_iter().enumerate() {
            let text = |alt: &Alt| match alt {
                Alt::Allele(bases, _) => bases.clone(),
                Alt::Placeholder(name) => (*name).to_owned(),
            };
            let column = alts.iter().map(text).collect::<Vec<_>>().join(",");
            let name = contig.name;
            // Writing to a String cannot fail.
            let _ = writeln!(form.vcf, "{name}\t{pos}\t.\t{reference}\t{column}\t.\t.\tN={n}");
            let allele = |alt| match alt {
                Alt::Allele(bases, plain) => {
                    Some((Variant::new(pos, reference.clone(), bases), plain))
                }
                Alt::Placeholder(_) => None,
            };
            form.alleles.push(alts.into_iter().filter_map(allele).collect());
        }
        form
    }
}

/// The percentage of records with the same answer in `--mode csq`. The known differences are fewer.
const BCSQ_TARGET: f64 = 99.0;

/// The fields of an annotation format that are compared.
struct Layout {
    format: AnnotationFormat,
    allele: &'static str,
    transcript: &'static str,
    fields: &'static [&'static str],
}

const LAYOUTS: [Layout; 2] = [
    Layout {
        format: AnnotationFormat::Csq,
        allele: "Allele",
        transcript: "Feature",
        fields: &["Consequence", "HGVSg", "HGVSc", "HGVSp"],
    },
    Layout {
        format: AnnotationFormat::Ann,
        allele: "Allele",
        transcript: "Feature_ID",
        fields: &["Annotation", "HGVS.c", "HGVS.p"],
    },
];

/// The agreement of each form with the plain records, by form and annotation format.
#[derive(Debug)]
pub(crate) struct Score {
    forms: Vec<(&'static str, &'static str, compare::Score)>,
    /// Print up to this many differences per field.
    show: usize,
}

impl Score {
    pub(crate) fn passes(&self) -> bool {
        self.forms.iter().all(|(_, _, score)| score.passes())
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["form", "format", "field", "pairs", "equal", "percent"];
        let [form, format, field, pairs, equal, share] = header;
        writeln!(f, "{form:<20} {format:<6} {field:<13} {pairs:>8} {equal:>8} {share:>9}")?;
        for (form, format, score) in &self.forms {
            for (name, (_, field)) in &score.fields {
                let (pairs, equal) = (field.compared, field.same);
                let share = percent(field);
                writeln!(
                    f,
                    "{form:<20} {format:<6} {name:<13} {pairs:>8} {equal:>8} {share:>8.3}%"
                )?;
                for (what, count) in field.differences.iter().take(self.show) {
                    writeln!(f, "    {count} x {what}")?;
                }
            }
            if score.unpaired > 0 {
                let unpaired = score.unpaired;
                writeln!(f, "{form:<20} {format:<6} {unpaired} pairs have no counterpart")?;
            }
        }
        Ok(())
    }
}

/// Annotates the variants of a file and their forms, and compares them.
pub(crate) fn compare(
    args: &Args,
    contig: &ContigView<'_>,
    reference: &Path,
    variants: &Path,
) -> anyhow::Result<Score> {
    let variants = read_variants(variants)?;
    let forms: Vec<(&'static str, Form)> = FORMS
        .iter()
        .map(|(name, make)| {
            let numbered = variants.iter().enumerate();
            let records = numbered.flat_map(|(n, variant)| make(contig, variant, n)).collect();
            (*name, Form::write(records, contig))
        })
        .collect();
    // The plain form of every allele, also of the unrelated ones of the multi-allelic records.
    let plain: BTreeSet<&Variant> =
        forms.iter().flat_map(|(_, form)| form.alleles.iter().flatten().map(|(_, v)| v)).collect();
    let records = plain.into_iter().map(|variant| Record {
        pos: variant.pos,
        reference: variant.reference.clone(),
        alts: vec![Alt::Allele(variant.alt.clone(), variant.clone())],
    });
    let plain = Form::write(records.collect(), contig);
    let mut scores = Vec::new();
    for layout in &LAYOUTS {
        let text = run(args, reference, &plain, Mode::Full(layout.format))?;
        let found = entries_by_transcript(&text, &plain, layout)?;
        let answers = plain.answers(&found);
        for (name, form) in &forms {
            let text = run(args, reference, form, Mode::Full(layout.format))?;
            let found = entries_by_transcript(&text, form, layout)?;
            let score = form.score(&found, &answers, layout);
            scores.push((*name, layout.format.key(), compare::Score { set: name, ..score }));
        }
    }
    let mode = Mode::Csq(CsqOptions { local: true, ..CsqOptions::default() });
    let text = run(args, reference, &plain, mode)?;
    let found = bcsq(&text, &plain)?;
    let answers = plain.answers(&found);
    for (name, form) in &forms {
        let text = run(args, reference, form, mode)?;
        let found = bcsq(&text, form)?;
        let score = form.score_bcsq(&found, &answers);
        scores.push((*name, mode.key(), compare::Score { set: name, ..score }));
    }
    Ok(Score { forms: scores, show: args.show })
}

/// Reads the records of a VCF file with one allele each.
fn read_variants(path: &Path) -> anyhow::Result<Vec<Variant>> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let columns: Vec<&str> = line.splitn(6, '\t').collect();
            Ok(Variant::new(columns[1].parse()?, columns[3], columns[4]))
        })
        .collect()
}

/// Annotates the file of a form and returns the output.
fn run(args: &Args, reference: &Path, form: &Form, mode: Mode) -> anyhow::Result<String> {
    let (input, output) = (args.work.join("form.vcf"), args.work.join("form.ours.vcf"));
    fs::write(&input, &form.vcf)?;
    annotate(reference, &input, &output, mode)?;
    Ok(fs::read_to_string(output)?)
}

/// The fields of an entry by name.
type Entry<'a> = HashMap<&'a str, &'a str>;

fn value<'a>(entry: &Entry<'a>, name: &str) -> &'a str {
    entry.get(name).copied().unwrap_or_default()
}

/// The entries of an allele by transcript; the key is empty for an allele outside of all transcripts.
type Entries<'a> = HashMap<&'a str, Entry<'a>>;

/// The values of an annotation key by the number of the record.
fn values<'a>(text: &'a str, form: &Form, key: &str) -> anyhow::Result<Vec<Vec<&'a str>>> {
    let mut values = vec![Vec::new(); form.alleles.len()];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let column = line.split('\t').nth(7).unwrap_or_default();
        let number: usize = info(column, "N").context("a record without its number")?.parse()?;
        values[number] = info(column, key).map_or_else(Vec::new, |v| v.split(',').collect());
    }
    Ok(values)
}

/// The entries of each allele of each record. Entries are in the order of the alleles, and an allele
/// has one entry per transcript.
fn entries_by_transcript<'a>(
    text: &'a str,
    form: &Form,
    layout: &Layout,
) -> anyhow::Result<Vec<Vec<Entries<'a>>>> {
    let key = layout.format.key();
    let names = field_names(text, key).context("the output has no definition of its fields")?;
    let of_record = |values: Vec<&'a str>| {
        let mut alleles: Vec<Entries<'a>> = Vec::new();
        let mut last = "";
        for value in values {
            let entry: Entry<'_> = names.iter().copied().zip(value.split('|')).collect();
            let (allele, transcript) = (entry[layout.allele], entry[layout.transcript]);
            if alleles.last().is_none_or(|a| a.contains_key(transcript)) || allele != last {
                alleles.push(Entries::new());
            }
            last = allele;
            if let Some(entries) = alleles.last_mut() {
                entries.insert(transcript, entry);
            }
        }
        alleles
    };
    Ok(values(text, form, key)?.into_iter().map(of_record).collect())
}

/// The consequences of each record in BCSQ, one per term, gene, transcript, biotype and strand.
/// `bcftools csq` joins the terms of several alleles, and where an allele shares bases with REF, amino
/// acids and bases follow the allele as it is written.
fn bcsq(text: &str, form: &Form) -> anyhow::Result<Vec<Vec<BTreeSet<String>>>> {
    let terms = |value: &str| -> Vec<String> {
        let end = value.match_indices('|').nth(4).map_or(value.len(), |(at, _)| at);
        let (terms, rest) = value[..end].split_once('|').unwrap_or((value, ""));
        let fields: Vec<&str> = rest.split('|').collect();
        let of_term = |term: &str| match (term, fields.as_slice()) {
            // Consequences of the gene, which have a transcript only if they are joined with others.
            ("intron" | "non_coding", [gene, _, biotype, ..]) => format!("{term}|{gene}|{biotype}"),
            // The strand stands beside some terms only.
            (_, [gene, transcript, biotype, ..]) => format!("{term}|{gene}|{transcript}|{biotype}"),
            _ => format!("{term}|{rest}"),
        };
        terms.split('&').map(of_term).collect()
    };
    let of_record = |values: Vec<&str>| vec![values.into_iter().flat_map(terms).collect()];
    Ok(values(text, form, "BCSQ")?.into_iter().map(of_record).collect())
}

impl Form {
    /// The answers by variant, where each record has one allele.
    fn answers<'a, T>(&'a self, found: &'a [Vec<T>]) -> HashMap<&'a Variant, &'a T> {
        let records = self.alleles.iter().zip(found);
        records.filter_map(|(alleles, found)| Some((&alleles.first()?.1, found.first()?))).collect()
    }

    /// Compares terms and HGVS per allele and transcript.
    fn score(
        &self,
        found: &[Vec<Entries<'_>>],
        answers: &HashMap<&Variant, &Entries<'_>>,
        layout: &Layout,
    ) -> compare::Score {
        let mut score = compare::Score::default();
        for (alleles, found) in self.alleles.iter().zip(found) {
            if alleles.len() != found.len() {
                score.unpaired += alleles.len() as u64;
                continue;
            }
            for ((written, plain), found) in alleles.iter().zip(found) {
                let Some(expected) = answers.get(plain) else {
                    score.unpaired += 1;
                    continue;
                };
                let only_found = found.keys().filter(|key| !expected.contains_key(*key));
                score.unpaired += only_found.count() as u64;
                for (transcript, expected) in *expected {
                    let Some(found) = found.get(transcript) else {
                        score.unpaired += 1;
                        continue;
                    };
                    let mut add = |name: &'static str| {
                        let (theirs, ours) = (value(expected, name), value(found, name));
                        let what = || format!("{transcript} {written}: {theirs:?} is {ours:?}");
                        score.add(name, 100.0, theirs, ours, what);
                    };
                    layout.fields.iter().for_each(|name| add(name));
                }
            }
        }
        score
    }

    /// Compares the consequences per record, as BCSQ does not name the allele. Records with an allele
    /// at another place than its plain form are not compared.
    fn score_bcsq(
        &self,
        found: &[Vec<BTreeSet<String>>],
        answers: &HashMap<&Variant, &BTreeSet<String>>,
    ) -> compare::Score {
        let mut score = compare::Score::default();
        for (alleles, found) in self.alleles.iter().zip(found) {
            if alleles.iter().any(|(written, plain)| written.minimized() != plain.minimized()) {
                continue;
            }
            let answers = alleles.iter().filter_map(|(_, plain)| answers.get(plain));
            let expected: BTreeSet<&String> = answers.flat_map(|set| set.iter()).collect();
            let found: BTreeSet<&String> = found.iter().flatten().collect();
            let text = |set: &mut dyn Iterator<Item = &&String>| {
                set.map(|value| value.as_str()).collect::<Vec<_>>().join(",")
            };
            let what = || {
                let written = alleles.iter().map(|(v, _)| v.to_string()).collect::<Vec<_>>();
                let lost = text(&mut expected.difference(&found));
                let added = text(&mut found.difference(&expected));
                format!("{}: {lost:?} is {added:?}", written.join(" "))
            };
            let (theirs, ours) = (text(&mut expected.iter()), text(&mut found.iter()));
            score.add("consequences", BCSQ_TARGET, &theirs, &ours, what);
        }
        score
    }
}
