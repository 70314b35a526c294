//! Consequences and HGVS of random alleles of random genes with introns, compared with the protein of the
//! changed transcript, with each other, and with those of the mirror image.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/protein_change.rs"]
mod protein_change;
#[path = "common/random_genes.rs"]
mod random_genes;
#[path = "common/small_reference.rs"]
mod small_reference;

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use protein_change::check_allele;
use random_genes::{Change, Model, described, layout, random_genes, random_numbers};
use std::collections::BTreeMap;

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
        let coding = &model.coding[random(model.coding.len())];
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

#[test]
fn terms_and_descriptions_agree_with_each_other_and_with_the_changed_protein() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(40, &mut random);
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut checked = 0;
    for (n, gene) in genes.iter().enumerate() {
        let model = layout(n);
        if model.coding.is_empty() {
            continue;
        }
        let spliced: String = model.exons.iter().map(|e| &gene[e.start() - 1..*e.end()]).collect();
        let in_transcript = |pos: usize| -> usize {
            model.exons.iter().map(|e| (pos.min(*e.end()) + 1).saturating_sub(*e.start())).sum()
        };
        let (first, last) = (model.coding[0].start(), model.coding[model.coding.len() - 1].end());
        let (start, end) = (in_transcript(*first) - 1, in_transcript(*last));
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
            let Some((exon_start, before)) = exon_of(model, gene, &edit) else { continue };
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
