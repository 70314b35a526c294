//! Writes four source files with as many rows for each base as those of the human genome have, for measurements of the
//! engine: `synthetic-sources FASTA VCF FOLDER`. They know most alleles of the VCF file. The seed is fixed.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use fastrand::Rng;
use gas_sources::{
    AlleleBuffer, CanonicalAllele, Column, ColumnKind, Contig, Key, Matching, Quotient, Row,
    SourceBuilder, SourceDescription, Value,
};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

const POPULATIONS: [&str; 9] = ["AFR", "AMI", "AMR", "ASJ", "EAS", "FIN", "MID", "NFE", "SAS"];

const FILTERS: [&[u8]; 4] = [b"PASS", b"AS_VQSR", b"AC0", b"AC0;AS_VQSR"];

const SIGNIFICANCES: [&[u8]; 5] =
    [b"Benign", b"Likely_benign", b"Uncertain_significance", b"Pathogenic", b"Likely_pathogenic"];

/// An allele in canonical form.
type Allele = (u32, Vec<u8>, Vec<u8>);

/// A source whose rows have alleles.
struct Profile {
    file: &'static str,
    description: SourceDescription,
    /// A row for this many bases.
    bases_per_row: u32,
    /// The share of the alleles of the VCF file that it has, in percent.
    known_percent: u32,
    values: fn(&mut Rng, &mut Vec<Value<'static>>),
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fasta, vcf, folder] = arguments.as_slice() else { panic!("name FASTA, VCF and a folder") };
    let genome = read_fasta(&fs::read(fasta).unwrap());
    let alleles = read_vcf(&fs::read(vcf).unwrap(), &genome);
    let folder = Path::new(folder);
    for profile in profiles() {
        write(&profile, &genome, &alleles, &folder.join(profile.file));
    }
    let columns = vec![column("phyloP", ColumnKind::Decimal { decimals: 3 })];
    let scores = description("phyloP", Matching::Position, columns);
    let mut builder = SourceBuilder::create(&folder.join("scores.source"), scores).unwrap();
    let mut rng = Rng::with_seed(5);
    for (name, bases) in &genome {
        builder.contig(contig(name, bases)).unwrap();
        for position in 1..=bases.len() as u32 {
            let score = Value::Integer(rng.i64(-14_000..7_000));
            builder.push(&Row { key: Key::Position(position), values: &[score] }).unwrap();
        }
    }
    builder.finish().unwrap();
}

fn profiles() -> [Profile; 3] {
    let groups =
        || std::iter::once(String::new()).chain(POPULATIONS.map(|name| format!("_{name}")));
    let mut columns = vec![
        column("gnomADg_nhomalt", ColumnKind::Integer),
        column("gnomADg_FILTER", ColumnKind::Category),
    ];
    for group in groups() {
        columns.push(column(&format!("gnomADg{group}_AC"), ColumnKind::Integer));
        columns.push(column(&format!("gnomADg{group}_AN"), ColumnKind::Integer));
    }
    let quotient = |group: String| Quotient {
        name: format!("gnomADg{group}_AF"),
        numerator: format!("gnomADg{group}_AC"),
        denominator: format!("gnomADg{group}_AN"),
    };
    let mut gnomad = description("gnomAD", Matching::Minimized, columns);
    gnomad.quotients = groups().map(quotient).collect();
    let clinvar = vec![
        column("ClinVar", ColumnKind::Integer),
        column("CLIN_SIG", ColumnKind::Category),
        column("ClinVar_CLNDN", ColumnKind::Category),
    ];
    let mut id = column("Existing_variation", ColumnKind::Integer);
    id.prefix = Some("rs".into());
    let dbsnp = vec![id, column("dbSNP_COMMON", ColumnKind::Flag)];
    [
        Profile {
            file: "gnomad.source",
            description: gnomad,
            bases_per_row: 4,
            known_percent: 90,
            values: |rng, values| {
                let frequency = rng.f64().powi(12);
                values.push(Value::Integer((frequency * 1000.0) as i64));
                values
                    .push(Value::Text(FILTERS[if rng.u8(..) < 230 { 0 } else { rng.usize(..4) }]));
                for n in 0..=POPULATIONS.len() {
                    let number = if n == 0 { 152_000 } else { 8000 * n as i64 } - rng.i64(..200);
                    values.push(Value::Integer((frequency * number as f64) as i64));
                    values.push(Value::Integer(number));
                }
            },
        },
        Profile {
            file: "clinvar.source",
            description: description("ClinVar", Matching::Minimized, clinvar),
            bases_per_row: 800,
            known_percent: 1,
            values: |rng, values| {
                values.push(Value::Integer(rng.i64(1..3_000_000)));
                values.push(Value::Text(SIGNIFICANCES[rng.usize(..5)]));
                values.push(Value::Text(b"not_provided"));
            },
        },
        Profile {
            file: "dbsnp.source",
            description: description("dbSNP", Matching::Minimized, dbsnp),
            bases_per_row: 3,
            known_percent: 95,
            values: |rng, values| {
                values.push(Value::Integer(rng.i64(1..2_200_000_000)));
                values.push(if rng.u8(..) < 10 { Value::Integer(1) } else { Value::Missing });
            },
        },
    ]
}

fn column(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.into(), description: "Made up".into(), kind, prefix: None }
}

fn description(name: &str, matching: Matching, columns: Vec<Column>) -> SourceDescription {
    SourceDescription {
        name: name.into(),
        version: "synthetic".into(),
        assembly: "bench".into(),
        license: "CC0 1.0".into(),
        attribution: "none".into(),
        matching,
        columns,
        quotients: Vec::new(),
    }
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
    let mut builder = SourceBuilder::create(path, profile.description.clone()).unwrap();
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
                (profile.values)(&mut rng, &mut values);
                let key = Key::Allele { position: *start, reference, alt };
                builder.push(&Row { key, values: &values }).unwrap();
            }
            let base = bases[position as usize - 1];
            let alt = b"ACGT"[rng.usize(..4)];
            if base != b'N' && base != alt {
                values.clear();
                (profile.values)(&mut rng, &mut values);
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
