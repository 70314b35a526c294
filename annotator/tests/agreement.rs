//! Consequences and HGVS of random alleles of random genes with introns, compared with the protein of the
//! changed transcript, with each other, and with those of the mirror image.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/gene.rs"]
mod gene;
#[path = "common/protein_change.rs"]
mod protein_change;
#[path = "common/random_genes.rs"]
mod random_genes;
#[path = "common/small_reference.rs"]
mod small_reference;

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gene::Gene;
use protein_change::{check_agreement, check_allele};
use random_genes::{
    Change, Model, described, layout, random_genes, random_numbers, reverse_complement,
};
use std::collections::BTreeMap;

const GENES: usize = 48;

/// A change of a contig in minimal form: the first base (from 0), the number of bases removed, and the
/// new bases.
#[derive(Clone, Debug)]
struct Edit {
    from: usize,
    removed: usize,
    alt: String,
}

impl Edit {
    fn minimal(gene: &str, mut from: usize, removed: usize, alt: &str) -> Self {
        let (mut reference, mut alt) = (&gene[from..from + removed], alt);
        let tail = reference.bytes().rev().zip(alt.bytes().rev()).take_while(|(a, b)| a == b);
        let tail = tail.count();
        (reference, alt) = (&reference[..reference.len() - tail], &alt[..alt.len() - tail]);
        let head = reference.bytes().zip(alt.bytes()).take_while(|(a, b)| a == b).count();
        from += head;
        Self { from, removed: reference.len() - head, alt: alt[head..].to_owned() }
    }

    fn apply(&self, gene: &str) -> String {
        format!("{}{}{}", &gene[..self.from], self.alt, &gene[self.from + self.removed..])
    }

    /// The first and the last place with the same result.
    fn places(&self, gene: &str) -> (usize, usize) {
        let result = self.apply(gene);
        let same = |from: &usize| {
            let alt = result.get(*from..from + self.alt.len());
            let (Some(alt), true) = (alt, from + self.removed <= gene.len()) else { return false };
            Self { from: *from, removed: self.removed, alt: alt.to_owned() }.apply(gene) == result
        };
        if self.removed > 0 && !self.alt.is_empty() {
            return (self.from, self.from);
        }
        let left = (0..=self.from).rev().take_while(same).last().unwrap();
        (left, (self.from..gene.len()).take_while(same).last().unwrap())
    }

    /// The record with this change, with a base before an insertion or deletion.
    fn record(&self, gene: &str) -> Change {
        let Self { from, removed, alt } = self;
        if *removed > 0 && !alt.is_empty() {
            return Change::new(from + 1, &gene[*from..from + removed], alt);
        }
        let before = &gene[from - 1..*from];
        Change::new(*from, &gene[from - 1..from + removed], &format!("{before}{alt}"))
    }
}

/// A random change near a border of an exon or of the coding sequence, or anywhere.
fn random_edit(gene: &str, model: &Model, random: &mut impl FnMut(usize) -> usize) -> Edit {
    loop {
        let part = &model.exons[random(model.exons.len())];
        let coding = model.coding.get(random(model.coding.len().max(1))).unwrap_or(part);
        let border = [*part.start(), *part.end(), *coding.start(), *coding.end()][random(4)];
        let from = if random(2) == 0 {
            border - 7 + random(12)
        } else {
            part.start() - 1 + random(part.end() - part.start())
        };
        let mut bases = |count: usize| -> String {
            (0..count).map(|_| ['A', 'C', 'G', 'T'][random(4)]).collect()
        };
        let (kind, small) = (bases(1), bases(2));
        let number = |text: &str| text.bytes().map(usize::from).sum::<usize>();
        let length = 1 + number(&small) % 9;
        let (removed, alt) = match kind.as_str() {
            "A" => (1 + number(&small) % 4, bases(1 + number(&small) % 4)),
            "C" => (length, String::new()),
            "G" if number(&small) % 2 == 0 => (0, gene[from..from + length].to_owned()),
            "G" => {
                (0, format!("{}{}{}", bases(2), ["TAA", "TGA", "ATG"][number(&small) % 3], small))
            }
            _ => (number(&small) % 7, bases(length)),
        };
        let edit = Edit::minimal(gene, from, removed, &alt);
        if edit.removed > 0 || !edit.alt.is_empty() {
            return edit;
        }
    }
}

/// The exon that has all places of a change, and the number of transcript bases before its first base.
fn exon_of(model: &Model, gene: &str, edit: &Edit) -> Option<(usize, usize)> {
    let (left, right) = edit.places(gene);
    let mut before = 0;
    for exon in model.exons {
        let (start, end) = (exon.start() - 1, *exon.end());
        let inside = if edit.removed == 0 {
            start < left && right < end
        } else {
            start <= left && right + edit.removed <= end
        };
        if inside {
            return Some((start, before));
        }
        before += end - start;
    }
    None
}

/// The contig after the change of an HGVSc description without `c.` or `n.`, for a gene on the forward
/// strand; `None` if the description is not understood.
fn apply_description(gene: &str, model: &Model, text: &str) -> Option<String> {
    let exonic: Vec<usize> = model.exons.iter().flat_map(|exon| exon.clone()).collect();
    let (first, last) = match (model.coding.first(), model.coding.last()) {
        (Some(first), Some(last)) => {
            let index = |pos: &usize| exonic.iter().position(|at| at == pos);
            (index(first.start())?, index(last.end())?)
        }
        _ => (0, exonic.len() - 1),
    };
    let position = |text: &str| -> Option<usize> {
        let (base, offset) = match text[1..].find(['+', '-']) {
            Some(at) => (&text[..=at], text[at + 1..].parse::<i64>().ok()?),
            None => (text, 0),
        };
        let index = match base.strip_prefix('*') {
            Some(number) => last as i64 + number.parse::<i64>().ok()?,
            None if base.starts_with('-') => first as i64 + base.parse::<i64>().ok()?,
            None => first as i64 + base.parse::<i64>().ok()? - 1,
        };
        let exon_base = *exonic.get(usize::try_from(index).ok()?)? as i64;
        usize::try_from(exon_base + offset).ok()
    };
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (positions, change) = text.split_at(split);
    let (start, end) = match positions.split_once('_') {
        Some((start, end)) => (position(start)?, position(end)?),
        None => (position(positions)?, position(positions)?),
    };
    let replaced = &gene[start - 1..end];
    let new = match change.split_once('>') {
        Some((reference, alt)) if replaced == reference => alt.to_owned(),
        Some(_) => return None,
        None => match change {
            "del" => String::new(),
            "dup" => replaced.repeat(2),
            "inv" => reverse_complement(replaced),
            _ => match (change.strip_prefix("delins"), change.strip_prefix("ins")) {
                (Some(alt), _) => alt.to_owned(),
                (_, Some(alt)) if start + 1 == end => {
                    format!("{}{alt}{}", &replaced[..1], &replaced[1..])
                }
                _ => return None,
            },
        },
    };
    Some(format!("{}{new}{}", &gene[..start - 1], &gene[end..]))
}

/// Checks an allele that is not within one exon.
fn check_outside([terms, _, protein]: &[String; 3]) -> Result<(), String> {
    if !protein.is_empty() {
        return check_agreement(terms, protein)
            .map_err(|error| format!("across a border, {error}"));
    }
    let of_protein =
        ["missense", "synonymous", "inframe", "stop_gained", "altering", "_retained", "frameshift"];
    match of_protein.iter().find(|term| terms.contains(**term)) {
        Some(term) => Err(format!("across a border, {term} without a description")),
        None => Ok(()),
    }
}

#[test]
fn terms_and_descriptions_agree_with_each_other_and_with_the_changed_protein() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(GENES, &mut random);
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut checked = 0;
    for (n, gene) in genes.iter().enumerate() {
        let model = layout(n);
        let spliced: String = model.exons.iter().map(|e| &gene[e.start() - 1..*e.end()]).collect();
        let in_transcript = |pos: usize| -> usize {
            model.exons.iter().map(|e| (pos.min(*e.end()) + 1).saturating_sub(*e.start())).sum()
        };
        let (start, end) = match (model.coding.first(), model.coding.last()) {
            (Some(first), Some(last)) => {
                (in_transcript(*first.start()) - 1, in_transcript(*last.end()))
            }
            _ => (0, 0),
        };
        let sequences = [&spliced[..start], &spliced[start..end], &spliced[end..]];
        for _ in 0..1500 {
            let edit = random_edit(gene, model, &mut random);
            let change = edit.record(gene);
            let mirrored = change.mirrored(gene.len());
            let [forward, reverse] = [(format!("c{n}"), &change), (format!("c{n}r"), &mirrored)]
                .map(|(contig, change)| {
                    let [terms, coding, protein] = described(&mut annotator, &contig, change, ".");
                    let protein = protein.replace("%3D", "=").replace("p.", "");
                    [terms.replace("_variant", ""), coding.replace("%3D", "="), protein]
                });
            let mut report = |error: String| {
                let kind: String = error.split(':').next().unwrap().to_owned();
                wrong.entry(kind).or_default().push(format!("c{n} {change:?} {error}"));
            };
            if forward != reverse {
                report(format!("the mirror image differs: {forward:?} {reverse:?}"));
            }
            let text = forward[1].trim_start_matches(['c', 'n', '.']);
            let described = apply_description(gene, model, text);
            if !text.is_empty() && described.as_ref() != Some(&edit.apply(gene)) {
                report(format!("HGVSc describes another change: {forward:?} {described:?}"));
            }
            let Some((exon_start, before)) = exon_of(model, gene, &edit) else {
                if let Err(error) = check_outside(&forward) {
                    report(format!("{error}: {forward:?}"));
                }
                continue;
            };
            if model.coding.is_empty() {
                continue;
            }
            checked += 1;
            let from = before + edit.from - exon_start;
            if let Err(error) = check_allele(sequences, (from, edit.removed, &edit.alt), &forward) {
                report(error);
            }
        }
    }
    assert!(checked > 20_000, "{checked}");
    let first: Vec<String> = wrong
        .iter()
        .map(|(kind, found)| {
            let examples =
                found.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("\n  ");
            format!("{} {kind}\n  {examples}", found.len())
        })
        .collect();
    assert!(wrong.is_empty(), "{}", first.join("\n"));
}

#[test]
fn terms_and_descriptions_of_incomplete_and_mitochondrial_coding_sequences_agree() {
    const CODING: &str = "ATGGCTAAACAGCAGTGGGAATTATTATGCGTTTAA";
    const UTR3: &str = "AAGTAGCTTACATAAC";
    let whole = CODING.len();
    let start_unknown = ";tag=cds_start_NF";
    let end_unknown = ";tag=cds_end_NF";
    let mut genes: Vec<[Gene; 2]> = Vec::new();
    let mut lengths: Vec<usize> = Vec::new();
    let mut add = |name: &str, sequences: [&str; 3], cds: (usize, &str, &str)| {
        lengths.push(sequences.concat().len());
        genes.push([false, true].map(|reverse| Gene::new(name, sequences, reverse, cds, None)));
    };
    for missing in 1..3 {
        add("1", ["", &CODING[missing..], UTR3], (3 - missing, "", start_unknown));
        add("1", ["GCCACC", &CODING[..whole - missing], UTR3], (0, "", ""));
        add("1", ["GCCACC", &CODING[..whole - 3 - missing], ""], (0, "", end_unknown));
        add("MT", ["", &CODING[..whole - missing], ""], (0, "", ""));
    }
    add("1", ["GCCACC", &CODING[3..], UTR3], (0, "", ""));
    add("1", ["GCCACC", &CODING[..whole - 3], UTR3], (0, "", ""));
    add("1", ["GCCACC", &CODING[..whole - 3], ""], (0, "", end_unknown));
    add("MT", ["", CODING, UTR3], (0, "", ""));
    add("1", ["GCCACC", CODING, UTR3], (0, ";transl_table=11", ""));
    let complete = ["GCCACC", CODING, UTR3];
    lengths.push(complete.concat().len());
    genes.push([false, true].map(|reverse| Gene::standard(complete, reverse)));
    let mut random = random_numbers();
    let mut wrong = BTreeMap::new();
    for (n, [forward, reverse]) in genes.iter().enumerate() {
        for _ in 0..1200 {
            let bases = lengths[n];
            let (from, length) = (random(bases), random(5));
            let removed = random((bases - from + 1).min(5));
            let alt: String = (0..length).map(|_| ['A', 'C', 'G', 'T'][random(4)]).collect();
            let (pos, reference, alternative) = forward.record(from, removed, &alt);
            if reference == alternative {
                continue;
            }
            let found = forward.effect(from, removed, &alt);
            let mirrored = reverse.effect(from, removed, &alt);
            let [terms, coding, protein] = &found;
            // Of an allele that reaches out of the transcript, only a part is described.
            let error = check_agreement(terms, protein).err().filter(|_| !coding.is_empty());
            let differs = (found != mirrored).then(|| format!("mirror image: {mirrored:?}"));
            if let Some(error) = error.or(differs) {
                let kind: String = error.chars().take(24).collect();
                let change = format!("gene {n} {pos} {reference}>{alternative}");
                wrong.entry(kind).or_insert_with(|| format!("{error} {found:?} {change}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
