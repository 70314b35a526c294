//! The comparison with Ensembl VEP for each pair of allele and transcript.

use crate::compare::Score;
use gas_annotate::reference::ContigView;
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

/// The columns of a record and one allele.
struct Site<'a> {
    pos: i32,
    reference: &'a str,
    alt: &'a str,
}

impl<'a> Site<'a> {
    /// Reads the key of an entry.
    fn of(key: &'a str) -> Option<Self> {
        let mut columns = key.split('\t');
        let pos = columns.next()?.parse().ok()?;
        Some(Self { pos, reference: columns.next()?, alt: columns.next()? })
    }

    /// Whether the allele is an insertion or deletion that can be written at several places of a
    /// repeat.
    fn has_several_places(&self, contig: &ContigView<'_>) -> bool {
        let (reference, alt) = (self.reference.as_bytes(), self.alt.as_bytes());
        let longer = if reference.len() > alt.len() { reference } else { alt };
        let after = self.pos + reference.len() as i32;
        let base = |pos| contig.bases(pos, pos).unwrap_or_default();
        reference.len().min(alt.len()) == 1
            && reference.len() != alt.len()
            && (longer.ends_with(base(self.pos)) || longer[1..].starts_with(base(after)))
    }
}

/// Names the decision of `annotator/README.md` behind a difference, if there is one.
fn decision(
    name: &str,
    theirs: &str,
    ours: &str,
    terms: &str,
    several_places: bool,
) -> Option<&'static str> {
    // Both texts up to the distance of the new stop codon.
    let before_distance = |text: &str| {
        let end = ["fsTer", "extTer"].iter().find_map(|mark| Some(text.find(mark)? + mark.len()));
        end.map(|end| text[..end].to_owned())
    };
    let intron_beside_stop = || {
        let (_, place) = theirs.split_once(":c.*")?;
        let first: String = place.chars().take_while(char::is_ascii_digit).collect();
        ours.contains(&format!("+{first}")).then_some(())
    };
    // The engine has a term more, beside a shift of the frame.
    let adds_to_shift = |term: &str| {
        let without = set(ours).into_iter().filter(|t| *t != term).collect::<Vec<_>>().join("&");
        ours != theirs && theirs == without && theirs.contains("frameshift_variant")
    };
    match name {
        "Consequence" | "core terms" if adds_to_shift("stop_gained") => {
            Some("stop codon that a shift of the frame makes")
        }
        "Consequence" | "core terms" if adds_to_shift("stop_lost") => {
            Some("extension by a shift of the frame")
        }
        "HGVSc" if intron_beside_stop().is_some() => Some("intron beside the stop codon"),
        "HGVSp" if before_distance(theirs).is_some_and(|t| Some(t) == before_distance(ours)) => {
            Some("distance of a new stop codon in the 3' UTR, reverse strand")
        }
        "Consequence" | "core terms" | "HGVSp"
            if terms.contains("inframe_insertion&stop_retained_variant") =>
        {
            Some("stop codon retained only at its place")
        }
        "HGVSc" | "HGVSp" if several_places && theirs.is_empty() != ours.is_empty() => {
            Some("place of an indel in a repeat")
        }
        "HGVSc" | "HGVSp" => None,
        _ if several_places => Some("place of an indel in a repeat"),
        _ => None,
    }
}

/// Compares two annotated files.
pub(crate) fn compare(
    set_name: &'static str,
    contig: &ContigView<'_>,
    oracle: &Path,
    ours: &Path,
    skipped: &HashSet<String>,
    show: usize,
) -> anyhow::Result<Score> {
    let (theirs, ours) = (read(oracle)?, read(ours)?);
    let mut score = Score { set: set_name, ..Score::default() };
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
        let several_places = Site::of(key).is_some_and(|site| site.has_several_places(contig));
        let mut add = |name, target, theirs: &str, ours: &str, what: &dyn Fn() -> String| {
            let decision = (theirs != ours)
                .then(|| decision(name, theirs, ours, &terms, several_places))
                .flatten();
            match decision {
                Some(decision) => score.add_decided(name, target, decision),
                None => score.add(name, target, theirs, ours, what),
            }
            if theirs != ours && decision.is_none() {
                let count = shown.entry(name).or_default();
                *count += 1;
                if *count <= show {
                    eprintln!("{name} {key}: VEP {theirs}, gas-annotate {ours}");
                }
            }
        };
        for (name, target) in FIELDS {
            add(name, target, &field(entry, name), &field(found, name), &|| terms.clone());
        }
        // These models have no protein identifiers, and VEP writes ".1" instead.
        let protein =
            |entry: &Entry| field(entry, "HGVSp").rsplit(':').next().unwrap_or_default().to_owned();
        add("HGVSp", 99.0, &protein(entry), &protein(found), &|| terms.clone());
        let found_terms = field(found, "Consequence");
        let (a, b) = (set(&terms), set(&found_terms));
        let joined = |s: &BTreeSet<&str>| s.iter().copied().collect::<Vec<_>>().join("&");
        let what = || {
            let only = |x: &BTreeSet<&str>, y: &BTreeSet<&str>| {
                x.difference(y).copied().collect::<Vec<_>>().join("&")
            };
            format!("VEP {:?}, gas-annotate {:?}", only(&a, &b), only(&b, &a))
        };
        add("Consequence", 99.5, &joined(&a), &joined(&b), &what);
        let core = |s: &BTreeSet<&str>| {
            s.iter().copied().filter(|t| CORE.contains(t)).collect::<Vec<_>>().join("&")
        };
        add("core terms", 99.5, &core(&a), &core(&b), &what);
    }
    Ok(score)
}

fn set(terms: &str) -> BTreeSet<&str> {
    terms.split('&').collect()
}
