//! Random genes with introns, and their mirror images. Tests include this file by its path.
#![allow(clippy::unwrap_used, reason = "tests may panic")]
#![allow(dead_code, reason = "each test uses a part")]

use super::small_reference::small_reference;
use gas_annotate::annotate::Annotator;
use gas_annotate::reference::Reference;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// Where the exons of a transcript and the parts of its coding sequence are.
pub struct Model {
    pub id: &'static str,
    pub exons: &'static [RangeInclusive<usize>],
    pub coding: &'static [RangeInclusive<usize>],
}

pub fn reverse_complement(bases: &str) -> String {
    let complement = |base| match base {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        'T' => 'A',
        'a' => 't',
        'c' => 'g',
        other => other,
    };
    bases.chars().rev().map(complement).collect()
}

/// The GFF3 lines of transcripts on a contig.
pub fn gff3(contig: &str, length: usize, reverse: bool, models: &[Model]) -> String {
    let mut out = String::new();
    for model in models {
        let place = |range: &RangeInclusive<usize>| {
            let (start, end) = (*range.start(), *range.end());
            if reverse { (length + 1 - end, length + 1 - start) } else { (start, end) }
        };
        let whole = *model.exons[0].start()..=*model.exons[model.exons.len() - 1].end();
        let (id, strand) = (model.id, if reverse { '-' } else { '+' });
        let (gene, transcript, biotype) = if model.coding.is_empty() {
            ("ncRNA_gene", "rRNA", "Mt_rRNA")
        } else {
            ("gene", "mRNA", "protein_coding")
        };
        let mut line = |kind: &str, range, phase: &str, attributes: &str| {
            let (start, end) = place(range);
            writeln!(
                out,
                "{contig}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t{phase}\t{attributes}"
            )
            .unwrap();
        };
        line(gene, &whole, ".", &format!("ID=gene:G{id};Name=G{id};biotype={biotype}"));
        let attributes = format!("ID=transcript:{id};Parent=gene:G{id};biotype={biotype}");
        line(transcript, &whole, ".", &attributes);
        for exon in model.exons {
            line("exon", exon, ".", &format!("Parent=transcript:{id}"));
        }
        let mut coded = 0;
        for part in model.coding {
            let phase = ((3 - coded % 3) % 3).to_string();
            line(
                "CDS",
                part,
                &phase,
                &format!("ID=CDS:P{id};Parent=transcript:{id};protein_id=P{id}"),
            );
            coded += part.end() - part.start() + 1;
        }
    }
    out
}

/// A change of the forward contig: position, REF and ALT.
#[derive(Clone, Debug)]
pub struct Change {
    pub pos: usize,
    pub reference: String,
    pub alt: String,
}

impl Change {
    pub fn new(pos: usize, reference: &str, alt: &str) -> Self {
        Self { pos, reference: reference.to_owned(), alt: alt.to_owned() }
    }

    /// The same change on the reverse complement of a contig of some length.
    pub fn mirrored(&self, length: usize) -> Self {
        Self {
            pos: length + 1 - (self.pos + self.reference.len() - 1),
            reference: reverse_complement(&self.reference),
            alt: reverse_complement(&self.alt),
        }
    }
}

/// The layouts of the random genes: introns within the coding sequence, an intron before the start codon
/// and the stop codon at the end of an exon, a stop codon that an intron splits, and a non-coding one.
pub const RANDOM_MODELS: [Model; 4] = [
    Model {
        id: "T",
        exons: &[16..=45, 76..=99, 130..=165],
        coding: &[28..=45, 76..=99, 130..=150],
    },
    Model { id: "T", exons: &[16..=45, 76..=99, 130..=165], coding: &[76..=99] },
    Model {
        id: "T",
        exons: &[16..=45, 76..=99, 130..=165],
        coding: &[27..=45, 76..=99, 130..=131],
    },
    Model { id: "T", exons: &[16..=45, 76..=99, 130..=165], coding: &[] },
];

/// A gene of a layout, whose borders are often within repeats.
pub fn random_gene(model: &Model, random: &mut impl FnMut(usize) -> usize) -> String {
    let coding: Vec<usize> = model.coding.iter().flat_map(|part| part.clone()).collect();
    let mut borders = vec![16, 46, 76, 100, 130, 166];
    borders.extend(coding.first().copied());
    borders.extend(coding.last().map(|last| last + 1));
    loop {
        let mut bases: Vec<u8> = (0..180).map(|_| b"ACGT"[random(4)]).collect();
        for border in &borders {
            let (at, length) = (border - 1, 1 + random(8));
            match random(3) {
                0 => bases.copy_within(at - length..at, at),
                1 => bases.copy_within(at..at + length, at - length),
                _ => {}
            }
        }
        for (at, site) in [(45, "GT"), (73, "AG"), (99, "GT"), (127, "AG")] {
            bases[at..at + site.len()].copy_from_slice(site.as_bytes());
        }
        let stop = ["TAA", "TAG", "TGA"][random(3)];
        for (at, base) in coding.iter().zip(b"ATG") {
            bases[at - 1] = *base;
        }
        for (at, base) in coding.iter().rev().zip(stop.bytes().rev()) {
            bases[at - 1] = base;
        }
        let spliced: Vec<u8> = coding.iter().map(|at| bases[at - 1]).collect();
        let mut codons = spliced[..spliced.len().saturating_sub(3)].chunks(3);
        if codons.all(|codon| !matches!(codon, b"TAA" | b"TAG" | b"TGA")) {
            return String::from_utf8(bases).unwrap();
        }
    }
}

/// A generator of numbers below a bound, the same in each run.
pub fn random_numbers() -> impl FnMut(usize) -> usize {
    let mut state = 20_261_129u64;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    }
}

/// The layout of a random gene.
pub fn layout(number: usize) -> &'static Model {
    &RANDOM_MODELS[number % RANDOM_MODELS.len()]
}

/// Random genes, each on a contig `c<number>` and, mirrored, on `c<number>r`.
pub fn random_genes(
    count: usize,
    random: &mut impl FnMut(usize) -> usize,
) -> (Vec<String>, Reference) {
    let genes: Vec<String> = (0..count).map(|n| random_gene(layout(n), random)).collect();
    let (mut fasta, mut models) = (String::new(), String::new());
    for (n, gene) in genes.iter().enumerate() {
        let mirrored = (format!("c{n}r"), reverse_complement(gene), true);
        for (name, sequence, reverse) in [(format!("c{n}"), gene.clone(), false), mirrored] {
            writeln!(fasta, ">{name}\n{sequence}").unwrap();
            let of = gff3(&name, sequence.len(), reverse, std::slice::from_ref(layout(n)));
            models += &of.replace(":T", &format!(":{name}")).replace(":GT", &format!(":G{name}"));
        }
    }
    (genes, small_reference(&fasta, &models))
}

/// Consequences, HGVSc and HGVSp of a record, without identifiers.
pub fn described(
    annotator: &mut Annotator<'_>,
    contig: &str,
    Change { pos, reference, alt }: &Change,
    info: &str,
) -> [String; 3] {
    let mut out = Vec::new();
    let line = format!("{contig}\t{pos}\t.\t{reference}\t{alt}\t.\t.\t{info}");
    annotator.record(1, line.as_bytes(), &mut out).unwrap();
    let text = std::str::from_utf8(&out).unwrap();
    let fields: Vec<&str> = text.split_once("CSQ=").unwrap().1.split('|').collect();
    let bare = |n: usize| fields[n].rsplit(':').next().unwrap().to_owned();
    [fields[1].to_owned(), bare(10), bare(11)]
}

/// All records of one allele that give the same sequence as a change: at every place in its repeat
/// and padded up to two bases to the left and to the right.
pub fn forms(sequence: &str, change: &Change) -> Vec<Change> {
    let edited = |c: &Change| {
        let (before, rest) = sequence.split_at(c.pos - 1);
        format!("{before}{}{}", c.alt, &rest[c.reference.len()..])
    };
    let wanted = edited(change);
    let (removed, added) = (change.reference.len(), change.alt.len());
    let mut out = Vec::new();
    for pos in 2..sequence.len() - removed - 1 {
        // The bases between the unchanged ones on both sides.
        let (before, after) = (&sequence[..pos - 1], &sequence[pos - 1 + removed..]);
        if !wanted.starts_with(before) || !wanted.ends_with(after) {
            continue;
        }
        let place = Change::new(
            pos,
            &sequence[pos - 1..pos - 1 + removed],
            &wanted[pos - 1..pos - 1 + added],
        );
        assert_eq!(edited(&place), wanted);
        for (left, right) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (0, 2), (2, 2)] {
            if pos <= left || pos - 1 + removed + right > sequence.len() {
                continue;
            }
            let padding = (&sequence[pos - 1 - left..pos - 1], &after[..right]);
            let pad = |bases: &str| format!("{}{bases}{}", padding.0, padding.1);
            let padded = Change::new(pos - left, &pad(&place.reference), &pad(&place.alt));
            if !padded.reference.is_empty() && !padded.alt.is_empty() {
                out.push(padded);
            }
        }
    }
    out
}
