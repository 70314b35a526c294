//! The comparison with Ensembl VEP for each pair of allele and transcript.

use crate::compare::Score;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

const CORE: [&str; 11] = [
    "stop_gained",
    "frameshift_variant",
    "stop_lost",
    "start_lost",
    "inframe_insertion",
    "inframe_deletion",
    "missense_variant",
    "synonymous_variant",
    "splice_donor_variant",
    "splice_acceptor_variant",
    "protein_altering_variant",
];

/// Fields that are compared as text, with their targets in percent.
const FIELDS: [(&str, f64); 10] = [
    ("EXON", 99.0),
    ("INTRON", 99.0),
    ("HGVSc", 99.0),
    ("cDNA_position", 99.0),
    ("CDS_position", 99.0),
    ("Protein_position", 99.0),
    ("Amino_acids", 99.0),
    ("Codons", 99.0),
    ("DISTANCE", 99.0),
    ("STRAND", 99.0),
];

type Entry = HashMap<String, String>;

/// Reads the entries by position, alleles and transcript.
fn read(path: &Path) -> anyhow::Result<HashMap<String, Entry>> {
    let text = fs::read_to_string(path)?;
    let mut names: Vec<&str> = Vec::new();
    let mut out = HashMap::new();
    for line in text.lines() {
        if line.starts_with("##INFO=<ID=CSQ") {
            let format = line.split("Format: ").nth(1).and_then(|f| f.split('"').next());
            names = format.unwrap_or_default().split('|').collect();
        }
        let columns: Vec<&str> = line.split('\t').collect();
        let Some(info) = columns.get(7).filter(|_| !line.starts_with('#')) else { continue };
        let csq = info.split(';').find_map(|f| f.strip_prefix("CSQ=")).unwrap_or_default();
        for entry in csq.split(',') {
            let entry: Entry = names
                .iter()
                .map(|n| (*n).to_owned())
                .zip(entry.split('|').map(str::to_owned))
                .collect();
            let get = |name: &str| entry.get(name).map_or("", String::as_str);
            let key =
                [columns[1], columns[3], columns[4], get("Allele"), get("Feature")].join("\t");
            out.insert(key, entry);
        }
    }
    Ok(out)
}

/// Compares two annotated files.
pub(crate) fn compare(
    oracle: &Path,
    ours: &Path,
    skipped: &HashSet<String>,
    show: usize,
) -> anyhow::Result<Score> {
    let (theirs, ours) = (read(oracle)?, read(ours)?);
    let mut score = Score::default();
    score.unpaired += ours.keys().filter(|key| !theirs.contains_key(*key)).count() as u64;
    let mut shown: HashMap<&str, usize> = HashMap::new();
    let mut keys: Vec<&String> = theirs.keys().collect();
    keys.sort_unstable();
    for key in keys {
        let entry = &theirs[key];
        let field = |entry: &'_ Entry, name: &str| entry.get(name).cloned().unwrap_or_default();
        if skipped.contains(&field(entry, "Feature")) {
            continue;
        }
        let Some(found) = ours.get(key) else {
            score.unpaired += 1;
            continue;
        };
        let terms = field(entry, "Consequence");
        for (name, target) in FIELDS {
            let what = || terms.clone();
            score.add(name, target, &field(entry, name), &field(found, name), what);
        }
        // These models have no protein identifiers, and VEP writes ".1" instead.
        let protein =
            |entry: &Entry| field(entry, "HGVSp").rsplit(':').next().unwrap_or_default().to_owned();
        score.add("HGVSp", 99.0, &protein(entry), &protein(found), || terms.clone());
        let found_terms = field(found, "Consequence");
        let (a, b) = (set(&terms), set(&found_terms));
        let joined = |s: &BTreeSet<&str>| s.iter().copied().collect::<Vec<_>>().join("&");
        let what = || {
            let only = |x: &BTreeSet<&str>, y: &BTreeSet<&str>| {
                x.difference(y).copied().collect::<Vec<_>>().join("&")
            };
            format!("VEP {:?}, gas-annotate {:?}", only(&a, &b), only(&b, &a))
        };
        score.add("Consequence", 99.5, &joined(&a), &joined(&b), what);
        let core = |s: &BTreeSet<&str>| {
            s.iter().copied().filter(|t| CORE.contains(t)).collect::<Vec<_>>().join("&")
        };
        score.add("core terms", 99.5, &core(&a), &core(&b), what);
        if a != b {
            let count = shown.entry("terms").or_default();
            *count += 1;
            if *count <= show {
                eprintln!("{key}: VEP {terms}, gas-annotate {found_terms}");
            }
        }
    }
    Ok(score)
}

fn set(terms: &str) -> BTreeSet<&str> {
    terms.split('&').collect()
}
