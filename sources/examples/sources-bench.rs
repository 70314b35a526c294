//! Prints the figures of source files on synthetic sites like those of gnomAD:
//! `sources-bench FOLDER VALUES [SITES...]`, where VALUES is `12`, `21` or `12,21`. All of them are made with a fixed seed.
#![allow(clippy::print_stdout, reason = "the figures are its output")]
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[path = "common/allele_counts.rs"]
mod allele_counts;

use allele_counts::{binomial, spread, zipf};
use fastrand::Rng;
use gas_sources::{
    Column, ColumnKind, Contig, Key, Matching, Row, SourceBuilder, SourceDescription, SourceFile,
    StoredRow, Value,
};
use std::fs;
use std::hint::black_box;
use std::path::Path;

/// Samples of each population, as in the genomes of gnomAD 4.
const POPULATIONS: [(&str, i64); 9] = [
    ("nfe", 34_000),
    ("afr", 20_744),
    ("amr", 7_647),
    ("fin", 5_316),
    ("eas", 2_604),
    ("sas", 2_419),
    ("asj", 1_736),
    ("remaining", 1_047),
    ("mid", 158),
];

const FILTERS: [&[u8]; 5] = [b"PASS", b"AS_VQSR", b"AC0", b"AC0;AS_VQSR", b"InbreedingCoeff"];

/// AC, AN, nhomalt, AC of the populations, AN of the populations, the number of the filter.
const VALUES: usize = 3 + 2 * POPULATIONS.len() + 1;

const SITES_OF_CONTIG: u64 = 500_055;

#[derive(Clone, PartialEq)]
struct Site {
    position: u32,
    reference: Vec<u8>,
    alt: Vec<u8>,
    values: [i64; VALUES],
}

/// A source of generated sites, with or without AN of the populations.
struct Profile {
    name: &'static str,
    columns: Vec<usize>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("name a folder");
    let wanted = arguments.next().expect("name the numbers of values");
    let mut sizes: Vec<u64> = arguments.map(|n| n.parse().expect("a number of sites")).collect();
    if sizes.is_empty() {
        sizes = vec![4_000_440, 16_001_760];
    }
    let populations = POPULATIONS.len();
    let profiles = [
        Profile { name: "12 values", columns: (0..3 + populations).chain([VALUES - 1]).collect() },
        Profile { name: "21 values", columns: (0..VALUES).collect() },
    ];
    println!(
        "| sites | values | bytes a site | build CPU s | sparse CPU s | dense CPU s | all rows CPU s | peak PSS MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for sites in sizes {
        let is_wanted = |profile: &&Profile| wanted.split(',').any(|n| profile.name.starts_with(n));
        for profile in profiles.iter().filter(is_wanted) {
            bench(Path::new(&folder), sites, profile);
        }
    }
}

fn bench(folder: &Path, sites: u64, profile: &Profile) {
    let path = folder.join("sites.source");
    // The generator takes longer than the builder; its time is measured alone and subtracted.
    let (_, generating) = timed(|| {
        contigs(sites).for_each(|(n, count)| {
            generate(n, count, |site| {
                black_box(site);
            })
        });
    });
    let (_, building) = timed(|| build(&path, sites, profile));
    let file = SourceFile::open(&path).unwrap();
    let queries = |wanted: u64| queries(sites, wanted);
    let (sparse, dense) = (queries(24_135), queries(399_581));
    let look_up = |queries: &[(usize, Site)]| {
        let (found, seconds) = timed(|| {
            let mut cursor = file.cursor();
            let mut found = 0;
            for (contig, site) in queries {
                let rows = cursor.allele(*contig, site.position, &site.reference, &site.alt);
                for row in rows.unwrap() {
                    black_box(values(&row.unwrap(), profile));
                    found += 1;
                }
            }
            found
        });
        assert_eq!(found, queries.len(), "all sites are found");
        seconds
    };
    let best = |queries: &[(usize, Site)]| {
        (0..5).map(|_| look_up(queries)).min_by(f64::total_cmp).unwrap_or_default()
    };
    let (sparse, dense) = (best(&sparse), best(&dense));
    let (peak, all) = timed(|| verify(&file, &path, sites, profile));
    let size = file.size() as f64 / sites as f64;
    println!(
        "| {sites} | {} | {size:.2} | {:.1} | {sparse:.3} | {dense:.3} | {:.1} | {peak:.1} |",
        profile.name,
        building - generating,
        all - generating,
    );
    fs::remove_file(path).unwrap();
}

/// All contigs with their numbers of sites.
fn contigs(sites: u64) -> impl Iterator<Item = (usize, u64)> {
    let count = sites.div_ceil(SITES_OF_CONTIG);
    (0..count).map(move |n| (n as usize, SITES_OF_CONTIG.min(sites - n * SITES_OF_CONTIG)))
}

fn build(path: &Path, sites: u64, profile: &Profile) {
    let column = |n: &usize| {
        let (name, kind) = match *n {
            0 => ("AC".to_owned(), ColumnKind::Integer),
            1 => ("AN".to_owned(), ColumnKind::Integer),
            2 => ("nhomalt".to_owned(), ColumnKind::Integer),
            n if n == VALUES - 1 => ("FILTER".to_owned(), ColumnKind::Category),
            n => {
                let (number, population) =
                    ((n - 3) / POPULATIONS.len(), (n - 3) % POPULATIONS.len());
                let name = POPULATIONS[population].0;
                (format!("{}_{name}", ["AC", "AN"][number]), ColumnKind::Integer)
            }
        };
        Column { name, description: String::new(), kind, prefix: None }
    };
    let description = SourceDescription {
        name: "synthetic".into(),
        version: "1".into(),
        assembly: "GRCh38".into(),
        license: "CC0".into(),
        attribution: "none".into(),
        matching: Matching::Minimized,
        columns: profile.columns.iter().map(column).collect(),
        quotients: Vec::new(),
    };
    let mut builder = SourceBuilder::create(path, description).unwrap();
    for (number, count) in contigs(sites) {
        builder.contig(Contig { name: (number + 1).to_string(), ..Contig::default() }).unwrap();
        let mut values = Vec::new();
        generate(number, count, |site| {
            let value = |n: &usize| match *n {
                n if n == VALUES - 1 => Value::Text(FILTERS[site.values[n] as usize]),
                n => Value::Integer(site.values[n]),
            };
            values.clear();
            values.extend(profile.columns.iter().map(value));
            let (reference, alt) = (&site.reference[..], &site.alt[..]);
            let key = Key::Allele { position: site.position, reference, alt };
            builder.push(&Row { key, values: &values }).unwrap();
        });
    }
    builder.finish().unwrap();
}

/// Reads all values of a row, as an annotation does.
#[inline]
fn values(row: &StoredRow<'_>, profile: &Profile) -> [i64; VALUES] {
    let mut values = [0; VALUES];
    for (column, value) in profile.columns.iter().zip(0..) {
        values[*column] = match row.value(value).unwrap() {
            Value::Integer(value) => value,
            Value::Text(text) => FILTERS.iter().position(|filter| *filter == text).unwrap() as i64,
            Value::Missing => -1,
        };
    }
    values
}

/// Looks up all sites and compares all values. Returns the largest resident part of the file, in MiB.
fn verify(file: &SourceFile, path: &Path, sites: u64, profile: &Profile) -> f64 {
    let mut cursor = file.cursor();
    let (mut peak, mut count) = (0.0f64, 0u64);
    for (number, sites) in contigs(sites) {
        generate(number, sites, |site| {
            let rows = cursor.allele(number, site.position, &site.reference, &site.alt).unwrap();
            let mut expected = [0; VALUES];
            profile.columns.iter().for_each(|n| expected[*n] = site.values[*n]);
            let mut equal = rows.map(|row| values(&row.unwrap(), profile) == expected);
            assert!(equal.any(|equal| equal), "position {}", site.position);
            count += 1;
            if count % 50_000 == 0 {
                peak = peak.max(pss_mib(path));
            }
        });
    }
    peak
}

/// Sites to look for, ascending.
fn queries(sites: u64, wanted: u64) -> Vec<(usize, Site)> {
    let (mut n, mut taken) = (0u64, 0u64);
    let mut found = Vec::new();
    for (number, count) in contigs(sites) {
        generate(number, count, |site| {
            if n * wanted / sites >= taken {
                found.push((number, site.clone()));
                taken += 1;
            }
            n += 1;
        });
    }
    found.truncate(wanted as usize);
    found
}

/// Generates the sites of a contig: a site each four bases, a tenth of them at the position of another one.
/// Half of the alleles have been seen once, numbers of alleles are near the number of samples.
fn generate(contig: usize, count: u64, mut use_site: impl FnMut(&Site)) {
    let mut rng = Rng::with_seed(20_260_000 + contig as u64);
    let mut site =
        Site { position: 10_000, reference: Vec::new(), alt: Vec::new(), values: [0; VALUES] };
    let mut used: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let (mut reference_base, mut missing_rate) = (0, 0.0);
    for _ in 0..count {
        let again = rng.u32(..10) == 0 && (1..3).contains(&used.len());
        if !again {
            used.clear();
            site.position += 1 + geometric(&mut rng, 0.22) as u32;
            reference_base = rng.usize(..4);
            if rng.u32(..4) == 0 {
                missing_rate = allele_counts::missing_rate(&mut rng);
            }
            for (n, (_, samples)) in POPULATIONS.iter().enumerate() {
                let missing = binomial(&mut rng, *samples, missing_rate);
                site.values[3 + POPULATIONS.len() + n] = 2 * (samples - missing);
            }
        }
        loop {
            allele(&mut rng, reference_base, &mut site);
            if !used.iter().any(|(reference, alt)| *reference == site.reference && *alt == site.alt)
            {
                break;
            }
        }
        used.push((site.reference.clone(), site.alt.clone()));
        counts(&mut rng, &mut site);
        use_site(&site);
    }
}

fn allele(rng: &mut Rng, reference_base: usize, site: &mut Site) {
    let bases = b"ACGT";
    site.reference.clear();
    site.alt.clear();
    match rng.u32(..100) {
        // Transitions are two thirds of all substitutions.
        0..87 => {
            site.reference.push(bases[reference_base]);
            let step = if rng.u32(..3) < 2 { 2 } else { 1 + 2 * rng.usize(..2) };
            site.alt.push(bases[(reference_base + step) % 4]);
        }
        kind => {
            let length = 1 + geometric(rng, 0.35);
            let side = if kind < 95 { &mut site.reference } else { &mut site.alt };
            let long = if rng.u32(..200) == 0 { 40 } else { 0 };
            side.extend((0..length + long).map(|_| bases[rng.usize(..4)]));
        }
    }
}

fn counts(rng: &mut Rng, site: &mut Site) {
    let populations = POPULATIONS.len();
    let numbers: Vec<i64> = site.values[3 + populations..3 + 2 * populations].to_vec();
    let all: i64 = numbers.iter().sum();
    // Zipf-like: about half are singletons; a tenth follows 1/x, as in a population of constant size.
    let exponent = if rng.u32(..10) == 0 { 0.02 } else { 0.85 };
    let count = zipf(rng, all, exponent);
    let filter = match rng.u32(..100) {
        0..84 => 0,
        84..95 => 1,
        95..98 => 2,
        98 => 3,
        _ => 4,
    };
    let count = if matches!(filter, 2 | 3) { 0 } else { count };
    spread(rng, &numbers, count, &mut site.values[3..3 + populations]);
    let count: i64 = site.values[3..3 + populations].iter().sum();
    let frequency = count as f64 / all.max(1) as f64;
    site.values[0] = count;
    site.values[1] = all;
    site.values[2] = binomial(rng, all / 2, frequency * frequency).min(count / 2);
    site.values[VALUES - 1] = filter;
}

/// A number of failures before a success.
fn geometric(rng: &mut Rng, p: f64) -> usize {
    (rng.f64().max(1e-12).ln() / (1.0 - p).ln()) as usize
}

/// Runs a function, and returns the CPU time of this thread in seconds (proc(5), schedstat).
fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let now = || {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or_default() / 1e9
    };
    let before = now();
    let result = run();
    (result, now() - before)
}

/// The resident part of a mapped file, shared pages in proportion (proc(5), smaps).
fn pss_mib(path: &Path) -> f64 {
    let text = fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let name = path.to_string_lossy();
    let mapping = text.lines().skip_while(|line| !line.ends_with(&*name));
    let pss = mapping.take(8).find_map(|line| line.strip_prefix("Pss:"));
    pss.and_then(|pss| pss.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default()
        / 1024.0
}
