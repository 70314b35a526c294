//! What a protein description has to say: it changes the old protein to the new one. Tests and fuzz
//! targets include this file by its path.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_annotate::model::{CodonTable, amino_acid_three};

/// Returns an error with a text unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}

/// Checks the terms, HGVSc and HGVSp of an allele of a gene with one exon against the proteins before
/// and after the change. The allele replaces `removed` bases from `from` (from 0, counted from the first
/// base of the transcript) by `alt`.
pub fn check_allele(
    [utr5, cds, utr3]: [&str; 3],
    (from, removed, alt): (usize, usize, &str),
    [terms, coding, text]: &[String; 3],
) -> Result<(), String> {
    let spliced = format!("{utr5}{cds}{utr3}");
    let edited = format!("{}{alt}{}", &spliced[..from], &spliced[from + removed..]);
    let old = protein(cds);
    // The start codon at the same distance from the bases before it, or from those after it.
    let shared = spliced.bytes().zip(edited.bytes()).take_while(|(a, b)| a == b).count();
    let begin = (edited.len() + utr5.len()).checked_sub(spliced.len());
    let starts = |at: usize| edited[at..].starts_with("ATG");
    let after = begin.filter(|at| starts(*at)).map(|at| protein(&edited[at..]));
    let kept = (shared > utr5.len() || edited.len() == spliced.len()) && starts(utr5.len());
    let before = kept.then(|| protein(&edited[utr5.len()..]));
    let context = format!("{terms} {coding} {text} {edited}");
    check_agreement(terms, text).map_err(|error| format!("{error}: {context}"))?;
    let is_open = terms.contains("stop_lost") || terms.contains("frameshift");
    ensure!(text != "?" || is_open, "p.? for a known protein: {context}");
    if terms.contains("start_lost") {
        ensure!(text == "Met1?" && before.is_none(), "a start that is not lost: {context}");
        return Ok(());
    }
    if text.is_empty() {
        ensure!([before, after].contains(&Some(old)), "no description: {context}");
        return Ok(());
    }
    let Some(new) = before.or(after) else { return Err(format!("no start: {context}")) };
    check_change(text, &old, &new).map_err(|error| format!("{error}: {context}"))?;
    let changes = ["missense", "frameshift", "inframe", "stop_gained", "stop_lost", "altering"];
    let changes = changes.iter().any(|term| terms.contains(term));
    ensure!(old != new || !changes, "a change of nothing: {context}");
    ensure!(old == new || terms != "synonymous", "a change that is called synonymous: {context}");
    ensure!(old == new || changes, "a change that no term shows: {context}");
    let keeps_all = new.starts_with(&old[..old.len() - 1]);
    ensure!(!terms.contains("stop_gained") || !keeps_all, "no stop is gained: {context}");
    Ok(())
}

/// What kind of change a protein description (without `p.`) is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ProteinChange {
    None,
    Unknown,
    StartLost,
    Silent,
    Frameshift,
    Extension,
    Nonsense,
    /// A substitution, deletion, insertion, duplication or both.
    Residues,
}

impl ProteinChange {
    fn of(text: &str) -> Self {
        match text {
            "" => Self::None,
            "?" => Self::Unknown,
            "Met1?" => Self::StartLost,
            _ if text.ends_with('=') => Self::Silent,
            _ if text.contains("fsTer") => Self::Frameshift,
            _ if text.contains("extTer") => Self::Extension,
            _ if text.ends_with("Ter") && !text.contains("ins") => Self::Nonsense,
            _ => Self::Residues,
        }
    }
}

/// Checks that the terms and the protein description of an allele within an exon do not contradict each
/// other.
pub fn check_agreement(terms: &str, text: &str) -> Result<(), String> {
    use ProteinChange::{
        Extension, Frameshift, None, Nonsense, Residues, Silent, StartLost, Unknown,
    };
    let has = |term: &str| terms.split('&').any(|found| found == term);
    let change = ProteinChange::of(text);
    let allowed = |term: &str, changes: &[ProteinChange]| -> Result<(), String> {
        ensure!(!has(term) || changes.contains(&change), "{term} contradicts p.{text}");
        Ok(())
    };
    allowed("start_lost", &[StartLost])?;
    allowed("synonymous", &[Silent])?;
    allowed("missense", &[Residues])?;
    allowed("frameshift", &[Frameshift, Extension, Nonsense, StartLost, Unknown])?;
    allowed("stop_gained", &[Nonsense, Frameshift, Residues])?;
    allowed("stop_lost", &[Extension, Frameshift, Nonsense, Residues, StartLost, Unknown])?;
    allowed("stop_retained", &[None, Silent, Residues])?;
    allowed("start_retained", &[None, Silent, Residues, Frameshift, Nonsense])?;
    for term in ["inframe_insertion", "inframe_deletion", "protein_altering"] {
        allowed(term, &[Residues, Nonsense, Extension, StartLost, Unknown])?;
    }
    let needs = |kind: ProteinChange, any: &[&str]| -> Result<(), String> {
        ensure!(
            change != kind || any.iter().any(|term| has(term)),
            "p.{text} needs one of {any:?}"
        );
        Ok(())
    };
    needs(StartLost, &["start_lost"])?;
    needs(Frameshift, &["frameshift"])?;
    needs(Extension, &["stop_lost"])?;
    needs(Nonsense, &["stop_gained", "stop_lost"])?;
    needs(
        Residues,
        &[
            "missense",
            "inframe_insertion",
            "inframe_deletion",
            "protein_altering",
            "stop_gained",
            "stop_lost",
        ],
    )?;
    let quiet = ["synonymous", "stop_retained", "start_retained", "5_prime_UTR", "3_prime_UTR"];
    needs(Silent, &quiet)?;
    let first_is_stop = text.starts_with("Ter") && change != Silent;
    ensure!(!first_is_stop || !has("stop_gained"), "stop_gained contradicts p.{text}");
    if has("missense") {
        let same_length = !["del", "ins", "dup"].iter().any(|word| text.contains(word))
            || text.contains("delins");
        ensure!(same_length, "missense contradicts p.{text}");
    }
    Ok(())
}

/// The protein up to and including the stop codon.
fn protein(bases: &str) -> Vec<u8> {
    let mut out = Vec::new();
    CodonTable::Standard.translate_to_stop(bases.as_bytes(), &mut out);
    out
}

/// A residue by the three letters at the start of a text, and the rest.
fn residue(text: &str) -> Option<(u8, &str)> {
    let (name, rest) = text.split_at_checked(3)?;
    let one = b"ARNDCQEGHILKMFPSTWYVU*".iter().find(|one| amino_acid_three(**one) == name)?;
    Some((*one, rest))
}

/// A residue and its position (from 0) at the start of a text. Checks that the protein has it.
fn position<'t>(text: &'t str, old: &[u8]) -> (usize, &'t str) {
    let (one, rest) = residue(text).unwrap();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = rest.split_at(digits);
    let number: usize = number.parse().unwrap();
    assert_eq!(old[number - 1], one, "{text}");
    (number - 1, rest)
}

/// Checks that a description changes the protein `old` to `new`.
fn check_change(text: &str, old: &[u8], new: &[u8]) -> Result<(), String> {
    let open = new.last() != Some(&b'*');
    if text == "?" {
        ensure!(open, "the end of the new protein is known");
        return Ok(());
    }
    let (start, mut rest) = position(text, old);
    let mut end = start + 1;
    if let Some(second) = rest.strip_prefix('_') {
        let (last, after) = position(second, old);
        (end, rest) = (last + 1, after);
    }
    let residues = |mut text: &str| {
        let mut out = Vec::new();
        while let Some((one, rest)) = residue(text) {
            out.push(one);
            text = rest;
        }
        assert!(text.is_empty());
        out
    };
    if let Some((first, kind)) = residue(rest).filter(|(_, rest)| !rest.is_empty()) {
        let (number, fixed) = match kind.strip_prefix("fsTer") {
            Some(number) => (number, 1),
            None => (kind.strip_prefix("extTer").unwrap(), 0),
        };
        ensure!(new[..start] == old[..start], "a residue before the first one differs");
        ensure!(new[start] == first, "the new protein has another residue");
        ensure!((fixed == 0) == (old[start] == b'*'), "no extension");
        match number.parse::<usize>() {
            Ok(number) => {
                let length = start + 1 + number - fixed;
                ensure!((new.len(), open) == (length, false), "the new stop codon is elsewhere");
            }
            Err(_) => ensure!(open, "the end of the new protein is known"),
        }
        return Ok(());
    }
    let inserted = match rest {
        "=" => old[start..end].to_vec(),
        "del" => Vec::new(),
        "dup" => old[start..end].repeat(2),
        _ => residues(rest.trim_start_matches("delins").trim_start_matches("ins")),
    };
    let mut changed = old[..start].to_vec();
    if rest.starts_with("ins") {
        ensure!(end == start + 2, "an insertion is not between two residues");
        changed.push(old[start]);
        changed.extend(&inserted);
        changed.push(old[start + 1]);
        ensure!(inserted[0] != old[start + 1], "not shifted to the end");
    } else {
        changed.extend(&inserted);
    }
    if matches!(rest, "del" | "dup") {
        ensure!(old[end] == b'*' || old[start] != old[end], "not shifted to the end");
    }
    changed.extend(&old[end..]);
    let stop = changed.iter().position(|one| *one == b'*').unwrap();
    changed.truncate(stop + 1);
    ensure!(changed == new, "the description gives another protein");
    Ok(())
}
