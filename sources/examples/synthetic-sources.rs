//! Writes four source files with as many rows for each base as those of the human genome have, for measurements of the
//! engine: `synthetic-sources FASTA VCF FOLDER`. They have the columns of the recipes of gnomAD genomes, ClinVar, dbSNP and CADD, and
//! values that are distributed like theirs. They know the alleles of the VCF file that such a file knows of a sample. The seed is
//! fixed.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "common/allele_counts.rs"]
mod allele_counts;

use allele_counts::{binomial, missing_rate, spread, zipf};
use fastrand::Rng;
use gas_sources::{
    AlleleBuffer, CanonicalAllele, Contig, Key, Recipe, Row, SourceBuilder, SourceDescription,
    Value,
};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Populations of gnomAD genomes 4.1, in the order of the columns, with their numbers of samples.
const POPULATIONS: [(&str, i64); 10] = [
    ("afr", 20_805),
    ("ami", 456),
    ("amr", 7_657),
    ("asj", 1_736),
    ("eas", 2_598),
    ("fin", 5_316),
    ("mid", 147),
    ("nfe", 34_025),
    ("remaining", 1_057),
    ("sas", 2_417),
];

const FILTERS: [&str; 4] = ["PASS", "AS_VQSR", "AC0", "AC0;AS_VQSR"];

const SIGNIFICANCES: [&str; 5] =
    ["Benign", "Likely_benign", "Uncertain_significance", "Pathogenic", "Likely_pathogenic"];

const REVIEWS: [&str; 3] = [
    "criteria_provided,_single_submitter",
    "no_assertion_criteria_provided",
    "criteria_provided,_multiple_submitters,_no_conflicts",
];

const CONDITIONS: [&str; 4] = [
    "not_provided",
    "not_specified",
    "Inborn_genetic_diseases",
    "Hereditary_cancer-predisposing_syndrome|not_provided",
];

/// An allele in canonical form.
type Allele = (u32, Vec<u8>, Vec<u8>);

/// The values of a row.
type Values = Vec<Value<'static>>;

/// Appends the values of a row. The flag says whether the allele is one of the sample.
type Generator = fn(&mut Rng, bool, &mut Values);

/// A source whose rows have alleles.
struct Profile {
    recipe: &'static str,
    /// A row for this many bases.
    bases_per_row: u32,
    /// The share of the alleles of the VCF file that it has, in percent.
    known_percent: u32,
    values: Generator,
}

const PROFILES: [Profile; 3] = [
    Profile { recipe: "gnomad-genomes", bases_per_row: 4, known_percent: 97, values: gnomad },
    Profile { recipe: "clinvar", bases_per_row: 1000, known_percent: 1, values: clinvar },
    Profile { recipe: "dbsnp", bases_per_row: 3, known_percent: 98, values: dbsnp },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fasta, vcf, folder] = arguments.as_slice() else { panic!("name FASTA, VCF and a folder") };
    let genome = read_fasta(&fs::read(fasta).unwrap());
    let alleles = read_vcf(&fs::read(vcf).unwrap(), &genome);
    let path = |recipe: &str| Path::new(folder).join(format!("{recipe}.source"));
    std::thread::scope(|scope| {
        scope.spawn(|| write_cadd(&genome, &path("cadd")));
        for profile in &PROFILES {
            write(profile, &genome, &alleles, &path(profile.recipe));
        }
    });
}

/// A score of each base for each other base.
fn write_cadd(genome: &[(String, Vec<u8>)], path: &Path) {
    let mut builder = SourceBuilder::create(path, description("cadd")).unwrap();
    let mut rng = Rng::with_seed(5);
    for (name, bases) in genome {
        builder.contig(contig(name, bases)).unwrap();
        for (position, base) in (1..).zip(bases).filter(|(_, base)| **base != b'N') {
            for alt in b"ACGT".iter().filter(|alt| *alt != base) {
                // The rank among all, as a share, and a score that falls with it.
                let rank = rng.f64().max(1e-9);
                let score = ((1.0 - rank).max(1e-9) / rank).ln() * 0.55 + rng.f64() * 0.05;
                let values = [-10.0 * rank.log10() * 1e3, score * 1e6];
                let values = values.map(|value| Value::Integer(value as i64));
                let key = Key::Allele { position, reference: &[*base], alt: &[*alt] };
                builder.push(&Row { key, values: &values }).unwrap();
            }
        }
    }
    builder.finish().unwrap();
}

fn text(text: &'static str) -> Value<'static> {
    Value::Text(text.as_bytes())
}

fn gnomad(rng: &mut Rng, is_of_sample: bool, values: &mut Values) {
    let rate = missing_rate(rng);
    let numbers = POPULATIONS.map(|(_, samples)| 2 * (samples - binomial(rng, samples, rate)));
    let all: i64 = numbers.iter().sum();
    // Nine in ten variants of a person are common.
    let count = if is_of_sample && rng.u32(..10) > 0 {
        (all as f64 * (0.05 + 0.95 * rng.f64().powi(2))) as i64
    } else {
        zipf(rng, all, 0.85)
    };
    let mut counts = [0; POPULATIONS.len()];
    spread(rng, &numbers, count, &mut counts);
    let count: i64 = counts.iter().sum();
    let frequency = count as f64 / all as f64;
    let homozygous = binomial(rng, all / 2, frequency * frequency).min(count / 2);
    let filter = if rng.u8(..) < 220 { 0 } else { rng.usize(..FILTERS.len()) };
    values.extend([count, all, homozygous].map(Value::Integer));
    values.push(text(FILTERS[filter]));
    for (count, number) in counts.iter().zip(numbers) {
        values.extend([*count, number].map(Value::Integer));
    }
    let of_males = (count as f64 * (0.47 + 0.06 * rng.f64())) as i64;
    values.extend([of_males, all / 2 - 1700, 0].map(Value::Integer));
    // Founder populations and the remaining samples are left out.
    let groups = [0, 2, 4, 6, 7, 9].into_iter().filter(|n| counts[*n] > 0);
    let share = |n: usize| counts[n] as f64 / numbers[n] as f64;
    let Some(group) = groups.max_by(|a, b| share(*a).total_cmp(&share(*b))) else {
        values.extend([Value::Missing; 4]);
        return;
    };
    let (count, number) = (counts[group], numbers[group]);
    let lowest = ((count as f64 - 1.65 * (count as f64).sqrt()) / number as f64).max(0.0);
    values.push(text(POPULATIONS[group].0));
    values.extend([count, number, (lowest * 1e9) as i64].map(Value::Integer));
}

fn clinvar(rng: &mut Rng, _: bool, values: &mut Values) {
    let id = rng.i64(1..3_000_000);
    values.push(Value::Integer(id));
    values.push(text(SIGNIFICANCES[rng.usize(..SIGNIFICANCES.len())]));
    values.push(text(REVIEWS[rng.usize(..REVIEWS.len())]));
    values.extend([Value::Missing; 2]);
    values.push(text(CONDITIONS[rng.usize(..CONDITIONS.len())]));
    values.extend([Value::Missing; 2]);
    values.extend([Value::Integer(id + 15_000), Value::Missing]);
}

fn dbsnp(rng: &mut Rng, is_of_sample: bool, values: &mut Values) {
    let is_common = is_of_sample && rng.u32(..10) > 0;
    values.push(Value::Integer(rng.i64(1..2_200_000_000)));
    values.push(Value::Integer(is_common.into()));
}

/// The source that a recipe describes, of the assembly that `./gas bench annotate` names.
fn description(recipe: &str) -> SourceDescription {
    let mut description = Recipe::named(recipe).unwrap().description();
    description.assembly = "bench".into();
    description.version = "synthetic".into();
    description
}

fn contig(name: &str, bases: &[u8]) -> Contig {
    Contig { name: name.into(), length: Some(bases.len() as u32), accession: None }
}

fn write(
    profile: &Profile,
    genome: &[(String, Vec<u8>)],
    alleles: &HashMap<String, Vec<Allele>>,
    path: &Path,
) {
    let mut rng = Rng::with_seed(7);
    let mut builder = SourceBuilder::create(path, description(profile.recipe)).unwrap();
    for (name, bases) in genome {
        builder.contig(contig(name, bases)).unwrap();
        let known = alleles.get(name).map_or(&[][..], Vec::as_slice);
        let mut known = known
            .iter()
            .filter(|_| rng.u32(..100) < profile.known_percent)
            .collect::<Vec<_>>()
            .into_iter()
            .peekable();
        let mut values = Vec::new();
        let mut position = 1 + rng.u32(..2 * profile.bases_per_row);
        while position <= bases.len() as u32 {
            while let Some((start, reference, alt)) = known.next_if(|allele| allele.0 <= position) {
                values.clear();
                (profile.values)(&mut rng, true, &mut values);
                let key = Key::Allele { position: *start, reference, alt };
                builder.push(&Row { key, values: &values }).unwrap();
            }
            let base = bases[position as usize - 1];
            let other = b"ACGT"[rng.usize(..4)];
            let alt = if other == base { b"CGTA"[rng.usize(..3)] } else { other };
            if base != b'N' && base != alt {
                values.clear();
                (profile.values)(&mut rng, false, &mut values);
                let key = Key::Allele { position, reference: &[base], alt: &[alt] };
                builder.push(&Row { key, values: &values }).unwrap();
            }
            position += 1 + rng.u32(..2 * profile.bases_per_row - 1);
        }
    }
    builder.finish().unwrap();
}

fn read_fasta(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut contigs: Vec<(String, Vec<u8>)> = Vec::new();
    for line in text.split(|b| *b == b'\n') {
        if let Some(title) = line.strip_prefix(b">") {
            let title = String::from_utf8_lossy(title);
            contigs.push((title.split_whitespace().next().unwrap().to_owned(), Vec::new()));
        } else if let Some((_, bases)) = contigs.last_mut() {
            bases.extend(line.iter().map(u8::to_ascii_uppercase));
        }
    }
    contigs
}

/// The alleles of a file by contig, in canonical form and sorted.
fn read_vcf(text: &[u8], genome: &[(String, Vec<u8>)]) -> HashMap<String, Vec<Allele>> {
    let mut alleles: HashMap<String, Vec<Allele>> = HashMap::new();
    let mut buffer = AlleleBuffer::default();
    for line in text.split(|b| *b == b'\n').filter(|line| !line.is_empty() && line[0] != b'#') {
        let columns: Vec<&[u8]> = line.splitn(6, |b| *b == b'\t').collect();
        let name = String::from_utf8_lossy(columns[0]).into_owned();
        let position: u32 = String::from_utf8_lossy(columns[1]).parse().unwrap();
        let Some((_, bases)) = genome.iter().find(|(known, _)| *known == name) else { continue };
        for alt in
            columns[4].split(|b| *b == b',').filter(|alt| alt.iter().all(u8::is_ascii_alphabetic))
        {
            let canonical =
                CanonicalAllele::new(&bases.as_slice(), position, columns[3], alt, &mut buffer);
            if let Some(CanonicalAllele { position, reference, alt }) = canonical {
                let allele = (position, reference.to_vec(), alt.to_vec());
                alleles.entry(name.clone()).or_default().push(allele);
            }
        }
    }
    alleles.values_mut().for_each(|alleles| alleles.sort());
    alleles
}
