//! `--mode csq`: a gene and its mirror image, all forms of an allele, and the full mode have the same
//! consequences.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/random_genes.rs"]
mod random_genes;
#[path = "common/small_reference.rs"]
mod small_reference;

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions};
use gas_annotate::model::CodonTable;
use gas_annotate::reference::Reference;
use random_genes::{
    Change, Model, forms, gff3, layout, random_genes, random_numbers, reverse_complement,
};
use std::collections::{BTreeMap, BTreeSet};

/// The values of BCSQ of records, in their order.
type Values = Vec<Vec<String>>;

/// Annotates records without samples as one haplotype.
fn annotate(reference: &Reference, model: &CsqModel, records: &[(&str, &Change)]) -> Values {
    let lines = records.iter().map(|(contig, Change { pos, reference, alt })| {
        format!("{contig}\t{pos}\t.\t{reference}\t{alt}\t.\t.\t.")
    });
    annotate_lines(reference, model, 0, lines)
}

/// Annotates lines with a number of samples.
fn annotate_lines(
    reference: &Reference,
    model: &CsqModel,
    samples: usize,
    lines: impl Iterator<Item = String>,
) -> Values {
    annotate_with(reference, model, CsqOptions::default(), samples, lines)
}

fn annotate_with(
    reference: &Reference,
    model: &CsqModel,
    options: CsqOptions,
    samples: usize,
    lines: impl Iterator<Item = String>,
) -> Values {
    let mut annotator = CsqAnnotator::new(reference, model, options, samples);
    let mut out = Vec::new();
    for (number, line) in (1..).zip(lines) {
        annotator.record(number, line.as_bytes(), &mut out).unwrap();
    }
    annotator.finish_chunk(&mut out);
    let text = String::from_utf8(out).unwrap();
    let values = text.lines().map(|line| {
        let info = line.split('\t').nth(7).unwrap();
        let notes = info.split(';').filter_map(|field| field.strip_prefix("GAS_NOTE="));
        let bcsq = info.split(';').filter_map(|field| field.strip_prefix("BCSQ="));
        let notes = notes.map(|note| format!("note {note}"));
        notes.chain(bcsq.flat_map(|bcsq| bcsq.split(',').map(str::to_owned))).collect()
    });
    values.collect()
}

/// The consequences of values, without references to other records.
fn consequences(values: &Values) -> BTreeSet<String> {
    let values = values.iter().flatten().filter(|value| !value.starts_with('@'));
    values
        .flat_map(|value| value.split('|').next().unwrap().split('&').map(str::to_owned))
        .collect()
}

/// The protein after the changes of values, in front of which no stop codon is.
fn changed_protein(values: &Values, old: &str) -> String {
    let residues = |text| str::trim_start_matches(text, |c: char| c.is_ascii_digit());
    let mut changes: BTreeSet<(usize, String, String)> = BTreeSet::new();
    for value in values.iter().flatten().filter(|value| !value.starts_with(['@', '*'])) {
        let Some(change) = value.split('|').nth(5).filter(|change| !change.is_empty()) else {
            continue;
        };
        let (before, after) = change.split_once('>').unwrap_or((change, change));
        let number = &before[..before.len() - residues(before).len()];
        let number: usize = number.parse().unwrap();
        changes.insert((number - 1, residues(before).to_owned(), residues(after).to_owned()));
    }
    let mut new = old.to_owned();
    for (at, before, after) in changes.into_iter().rev() {
        let end = (at + before.len()).min(new.len());
        if !before.starts_with(&new[at.min(end)..end]) {
            return format!("{before} at {at} of {new}");
        }
        new.replace_range(at..end, &after);
    }
    new.find('*').map_or(new.clone(), |stop| new[..=stop].to_owned())
}

/// Whether two proteins are the same. Like `bcftools csq`, the engine translates a shifted frame up to the end
/// of the old sequence only, whose last codon depends on the place of the allele.
fn are_same(first: &str, second: &str) -> bool {
    let shorter = first.len().min(second.len());
    first == second
        || (!first.contains('*') && !second.contains('*') && first[..shorter] == second[..shorter])
}

/// The protein of a random gene.
fn protein(gene: &str, number: usize) -> String {
    let coding: String =
        layout(number).coding.iter().map(|part| &gene[*part.start() - 1..*part.end()]).collect();
    let mut out = Vec::new();
    CodonTable::Standard.translate_to_stop(coding.as_bytes(), &mut out);
    String::from_utf8(out).unwrap()
}

/// All SNVs, and a deletion, a duplication and an insertion of each length up to 8 at each position.
fn changes_of(gene: &str, random: &mut impl FnMut(usize) -> usize) -> Vec<Change> {
    let mut out = Vec::new();
    for pos in 5..gene.len() - 12 {
        let anchor = &gene[pos - 1..pos];
        out.extend(["A", "C", "G", "T"].map(|alt| Change::new(pos, anchor, alt)));
        for length in 1..=8 {
            let copy = format!("{anchor}{}", &gene[pos..pos + length]);
            let other: String = (0..length).map(|_| ['A', 'C', 'G', 'T'][random(4)]).collect();
            out.extend([
                Change::new(pos, &gene[pos - 1..pos + length], anchor),
                Change::new(pos, anchor, &copy),
                Change::new(pos, anchor, &format!("{anchor}{other}")),
                Change::new(pos, &gene[pos - 1..pos + length], &other),
            ]);
        }
    }
    out.retain(|change| change.reference != change.alt);
    out
}

/// The first differences of each kind.
fn fail_if_different(different: &BTreeMap<String, (usize, String)>) {
    let total: usize = different.values().map(|(count, _)| count).sum();
    let mut most: Vec<_> = different.iter().collect();
    most.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let lines =
        most.iter().take(40).map(|(what, (count, first))| format!("{count} x {what}: {first}\n"));
    assert!(different.is_empty(), "{total} differ:\n{}", lines.collect::<String>());
}

fn add(
    different: &mut BTreeMap<String, (usize, String)>,
    what: String,
    first: impl Fn() -> String,
) {
    different.entry(what).or_insert_with(|| (0, first())).0 += 1;
}

#[test]
fn a_gene_and_its_mirror_image_have_the_same_consequences_and_proteins() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(24, &mut random);
    let model = CsqModel::new(&reference);
    let mut different = BTreeMap::new();
    for (n, gene) in genes.iter().enumerate() {
        let old = protein(gene, n);
        for change in changes_of(gene, &mut random) {
            let forward = annotate(&reference, &model, &[(&format!("c{n}"), &change)]);
            let mirrored = change.mirrored(gene.len());
            let reverse = annotate(&reference, &model, &[(&format!("c{n}r"), &mirrored)]);
            let of = |values: &Values| (consequences(values), changed_protein(values, &old));
            let (a, b) = (of(&forward), of(&reverse));
            if a.0 != b.0 || !are_same(&a.1, &b.1) {
                let terms = if a.0 == b.0 {
                    "protein".to_owned()
                } else {
                    format!("{:?} | {:?}", a.0, b.0)
                };
                add(&mut different, terms, || {
                    format!("{n} {change:?} {forward:?} {} | {mirrored:?} {reverse:?} {}", a.1, b.1)
                });
            }
        }
    }
    fail_if_different(&different);
}

#[test]
fn haplotypes_of_two_alleles_and_their_mirror_images_have_the_same_consequences_and_proteins() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(24, &mut random);
    let model = CsqModel::new(&reference);
    let mut different = BTreeMap::new();
    for (n, gene) in genes.iter().enumerate() {
        let old = protein(gene, n);
        let changes = changes_of(gene, &mut random);
        for _ in 0..4000 {
            let first = &changes[random(changes.len())];
            let near = |change: &&Change| {
                change.pos > first.pos + first.reference.len()
                    && change.pos < first.pos + first.reference.len() + 12
            };
            let near: Vec<&Change> = changes.iter().filter(near).collect();
            if near.is_empty() {
                continue;
            }
            let second = near[random(near.len())];
            let (contig, mirror) = (format!("c{n}"), format!("c{n}r"));
            let forward = annotate(&reference, &model, &[(&contig, first), (&contig, second)]);
            let (last, next) = (first.mirrored(gene.len()), second.mirrored(gene.len()));
            let reverse = annotate(&reference, &model, &[(&mirror, &next), (&mirror, &last)]);
            let of = |values: &Values| (consequences(values), changed_protein(values, &old));
            let (a, b) = (of(&forward), of(&reverse));
            if a.0 != b.0 || !are_same(&a.1, &b.1) {
                let terms = if a.0 == b.0 {
                    "protein".to_owned()
                } else {
                    format!("{:?} | {:?}", a.0, b.0)
                };
                add(&mut different, terms, || {
                    format!(
                        "{n} {first:?} {second:?} {forward:?} {} | {next:?} {last:?} {reverse:?} {}",
                        a.1, b.1
                    )
                });
            }
        }
    }
    fail_if_different(&different);
}

/// The consequences of one allele in the full mode, named as in this mode.
fn full(annotator: &mut Annotator<'_>, contig: &str, change: &Change) -> BTreeSet<String> {
    let mut out = Vec::new();
    let Change { pos, reference, alt } = change;
    let line = format!("{contig}\t{pos}\t.\t{reference}\t{alt}\t.\t.\t.");
    annotator.record(1, line.as_bytes(), &mut out).unwrap();
    let text = std::str::from_utf8(&out).unwrap();
    let fields: Vec<&str> = text.split_once("CSQ=").unwrap().1.split('|').collect();
    let terms = fields[1].split('&').map(|term| match term {
        "5_prime_UTR_variant" => "5_prime_utr",
        "3_prime_UTR_variant" => "3_prime_utr",
        "inframe_insertion" | "inframe_deletion" | "protein_altering_variant" => "inframe",
        "splice_donor_5th_base_variant" | "splice_donor_region_variant" => "splice_region",
        "splice_polypyrimidine_tract_variant" => "intron",
        "upstream_gene_variant" | "downstream_gene_variant" | "intergenic_variant" => "",
        "non_coding_transcript_exon_variant" | "non_coding_transcript_variant" => "non_coding",
        other => other.strip_suffix("_variant").unwrap_or(other),
    });
    comparable(terms.map(str::to_owned).collect())
}

/// Consequences that both modes tell apart.
fn comparable(mut terms: BTreeSet<String>) -> BTreeSet<String> {
    let has = |terms: &BTreeSet<String>, any: &[&str]| any.iter().any(|term| terms.contains(*term));
    terms.remove("");
    if has(&terms, &["non_coding"]) {
        terms.retain(|term| term == "non_coding");
    }
    for (first, second) in [
        (&["splice_donor", "splice_acceptor"][..], &["splice_region"][..]),
        // Without a start codon there is no frame.
        (&["start_lost"], &["frameshift"]),
        (&["stop_lost"], &["inframe"]),
        (&["stop_retained", "start_retained"], &["synonymous"]),
    ] {
        if has(&terms, first) {
            terms.retain(|term| !second.contains(&term.as_str()));
        }
    }
    if terms.len() > 1 {
        terms.remove("intron");
    }
    terms
}

#[test]
fn one_allele_has_the_consequences_of_the_full_mode() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(24, &mut random);
    let model = CsqModel::new(&reference);
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    let mut different = BTreeMap::new();
    for (n, gene) in genes.iter().enumerate() {
        for change in changes_of(gene, &mut random) {
            for (contig, change) in
                [(format!("c{n}"), change.clone()), (format!("c{n}r"), change.mirrored(gene.len()))]
            {
                let values = annotate(&reference, &model, &[(&contig, &change)]);
                let found = consequences(&values).into_iter().map(|term| match term.as_str() {
                    "inframe_insertion" | "inframe_deletion" | "inframe_altering" => {
                        "inframe".to_owned()
                    }
                    "feature_elongation" | "feature_truncation" => {
                        "inframe or frameshift".to_owned()
                    }
                    _ => term,
                });
                let mut found = comparable(found.collect());
                let mut expected = full(&mut annotator, &contig, &change);
                // A deletion before the start codon that could also be in it.
                if !expected.contains("start_retained") && found.remove("start_retained") {
                    found.insert("5_prime_utr".to_owned());
                }
                // A deletion of a splice site and of coding bases beside it.
                if expected.contains("coding_sequence") && !found.contains("coding_sequence") {
                    assert!(contains_site(&found), "{contig} {change:?} {values:?}");
                    expected.remove("coding_sequence");
                    found.retain(|term| term != "frameshift" && term != "inframe");
                }
                // The class of several bases that replace another number of bases.
                if found.remove("inframe or frameshift") {
                    found.remove("inframe");
                    expected.remove("inframe");
                }
                if found != expected {
                    add(&mut different, format!("full {expected:?} | {found:?}"), || {
                        format!("{contig} {change:?} {values:?}")
                    });
                }
            }
        }
    }
    fail_if_different(&different);
}

#[test]
fn every_form_of_an_allele_has_the_same_consequences_and_protein() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(24, &mut random);
    let model = CsqModel::new(&reference);
    let mut different = BTreeMap::new();
    for (n, gene) in genes.iter().enumerate() {
        let old = protein(gene, n);
        let changes = changes_of(gene, &mut random);
        for reverse in [false, true] {
            let (contig, sequence) = if reverse {
                (format!("c{n}r"), reverse_complement(gene))
            } else {
                (format!("c{n}"), gene.clone())
            };
            for _ in 0..150 {
                let change = &changes[random(changes.len())];
                let change = if reverse { change.mirrored(gene.len()) } else { change.clone() };
                let mut first = None;
                for form in forms(&sequence, &change) {
                    let values = annotate(&reference, &model, &[(&contig, &form)]);
                    let found = (consequences(&values), changed_protein(&values, &old));
                    let expected = first.get_or_insert_with(|| found.clone());
                    if found.0 != expected.0 || !are_same(&found.1, &expected.1) {
                        add(&mut different, format!("{expected:?} | {found:?}"), || {
                            format!("{contig} {change:?} as {form:?}: {values:?}")
                        });
                    }
                    // In a record with another allele, which is on its own.
                    let other: String = form.reference.chars().rev().chain(['T']).collect();
                    if other == form.alt {
                        continue;
                    }
                    let alone = Change::new(form.pos, &form.reference, &other);
                    let alone = consequences(&annotate(&reference, &model, &[(&contig, &alone)]));
                    let both =
                        Change::new(form.pos, &form.reference, &format!("{},{other}", form.alt));
                    let both = consequences(&annotate(&reference, &model, &[(&contig, &both)]));
                    let expected: BTreeSet<String> = alone.union(&found.0).cloned().collect();
                    let (both, expected) = (without_region(both), without_region(expected));
                    if both != expected {
                        add(&mut different, format!("{expected:?} | {both:?} together"), || {
                            format!("{contig} {form:?} with {other}")
                        });
                    }
                }
            }
        }
    }
    fail_if_different(&different);
}

fn contains_site(terms: &BTreeSet<String>) -> bool {
    terms.contains("splice_donor") || terms.contains("splice_acceptor")
}

/// Terms of a transcript are joined, and a splice site includes its region.
fn without_region(mut terms: BTreeSet<String>) -> BTreeSet<String> {
    if contains_site(&terms) {
        terms.remove("splice_region");
    }
    terms
}

/// A gene with repeats in its exons and at its splice sites.
const GENE: &str = concat!(
    "ACGTTCAGGCATTACGCATC",
    "TTGACCATCGCATCA",
    "ATGGCTGACAAAAAGTCACTGCTG",
    "GTAAGTCCATTGCATCGCATACGGCATTACATTGCTAACTTTCTTTCTTCAG",
    "GAACGTTGGACCTACGTAGGC",
    "GTGTAAGTATCCGATTACGGCATAACTTAGCATTTGACTTTCCTTTGCAGCAG",
    "TCAGAAGAAGAAGAGTGA",
    "GCACTTAACTAGG",
    "ATCTGACCATTAGCCGATCC",
);

/// The gene on contig `1` and its mirror image on `1r`.
fn gene_and_mirror_image() -> Reference {
    let model = Model {
        id: "T",
        exons: &[21..=59, 112..=132, 186..=216],
        coding: &[36..=59, 112..=132, 186..=203],
    };
    with_mirror_image(GENE, model)
}

/// A gene on contig `1` and its mirror image on `1r`.
fn with_mirror_image(gene: &str, model: Model) -> Reference {
    let models = [model];
    let mirrored = gff3("1r", gene.len(), true, &models);
    let models = gff3("1", gene.len(), false, &models)
        + &mirrored.replace("transcript:", "transcript:r").replace("gene:", "gene:r");
    let fasta = format!(">1\n{gene}\n>1r\n{}\n", reverse_complement(gene));
    small_reference::small_reference(&fasta, &models)
}

/// The consequences of an allele of a gene in all its forms, on both strands, with haplotypes and without,
/// which must be the same.
fn consequences_in_all_forms(reference: &Reference, gene: &str, change: &Change) -> String {
    let model = CsqModel::new(reference);
    let mirrored = change.mirrored(gene.len());
    let mut found = BTreeSet::new();
    for (contig, sequence, change) in
        [("1", gene.to_owned(), change), ("1r", reverse_complement(gene), &mirrored)]
    {
        for Change { pos, reference: bases, alt } in forms(&sequence, change) {
            for local in [false, true] {
                let options = CsqOptions { local, ..CsqOptions::default() };
                let line = format!("{contig}\t{pos}\t.\t{bases}\t{alt}\t.\t.\t.");
                let values = annotate_with(reference, &model, options, 0, [line].into_iter());
                let terms: Vec<String> = consequences(&values).into_iter().collect();
                found.insert(terms.join(" "));
            }
        }
    }
    found.into_iter().collect::<Vec<_>>().join(" or ")
}

#[test]
fn a_deletion_of_a_splice_site_is_named_by_the_coding_bases_that_it_takes() {
    let reference = gene_and_mirror_image();
    for (first, last, inserted, expected) in [
        (59, 64, "", "splice_donor"),
        (58, 63, "", "frameshift splice_donor"),
        (57, 63, "", "inframe_deletion splice_donor"),
        (50, 61, "", "frameshift splice_donor"),
        (57, 63, "T", "frameshift splice_donor"),
        (108, 112, "", "splice_acceptor"),
        (108, 113, "", "frameshift splice_acceptor"),
        (108, 114, "", "inframe_deletion splice_acceptor"),
        // Both ends are in exons, or both in introns.
        (57, 115, "", "frameshift splice_acceptor splice_donor"),
        (108, 136, "", "coding_sequence splice_acceptor splice_donor"),
        // A copy of the acceptor moves to its place.
        (184, 190, "", "frameshift splice_region"),
    ] {
        let before = &GENE[first - 2..first - 1];
        let deleted = &GENE[first - 1..last];
        let change = if inserted.is_empty() {
            Change::new(first - 1, &format!("{before}{deleted}"), before)
        } else {
            Change::new(first, deleted, inserted)
        };
        let found = consequences_in_all_forms(&reference, GENE, &change);
        assert_eq!(found, expected, "{first}_{last}del{inserted}");
    }
    let model = CsqModel::new(&reference);
    let change = Change::new(57, "CTGGTAA", "C");
    let values = annotate(&reference, &model, &[("1", &change)]);
    assert_eq!(values, [["frameshift&splice_donor|GT|T|protein_coding"]]);
}

#[test]
fn an_insertion_at_the_border_of_a_short_intron_changes_its_splice_site() {
    let gene = |intron: &str| {
        [
            "ACGTTCAGGCATTACGCATCTTC",
            "ATGGCTGACAAAAAGTCACTGCTGGAACGTTGGATT",
            intron,
            "CTTCATGGGCCTCTTCGGTGAGCACTTAAC",
            "ATCTGACCATTAGCCGATCC",
        ]
        .concat()
    };
    let two = Model { id: "T", exons: &[21..=59, 62..=91], coding: &[24..=59, 62..=82] };
    let nine = Model { id: "T", exons: &[21..=59, 69..=98], coding: &[24..=59, 69..=89] };
    for (model, intron, border, inserted, expected) in [
        (&two, "AT", 59, "C", "splice_donor splice_region"),
        (&two, "AT", 61, "G", "splice_acceptor splice_region"),
        // The last base of the exon is copied, so that the site is intact.
        (&two, "AT", 59, "T", "frameshift splice_region"),
        (&nine, "ATGCATCAT", 59, "C", "splice_donor"),
        (&nine, "ATGCATCAT", 68, "G", "splice_acceptor"),
        (&nine, "ATGCATCAT", 58, "G", "frameshift splice_region"),
    ] {
        let gene = gene(intron);
        let Model { id, exons, coding } = *model;
        let reference = with_mirror_image(&gene, Model { id, exons, coding });
        let before = &gene[border - 1..border];
        let change = Change::new(border, before, &format!("{before}{inserted}"));
        let found = consequences_in_all_forms(&reference, &gene, &change);
        assert_eq!(found, expected, "{intron} {border}ins{inserted}");
    }
}

#[test]
fn a_place_outside_leaves_a_transcript_intact_only_if_its_end_is_known() {
    const INSIDE: &str = "GAACGTTGGACCTACGTAGGCTCAGAAGCCAAATTCCAGCATGTCCTC";
    let gene = |first: &str, last: &str| {
        format!("ACGTTCAGGCATTC{first}{first}{INSIDE}{last}{last}TTAGCCGATCCAGG")
    };
    let whole = || Model { id: "T", exons: &[21..=80], coding: &[21..=80] };
    for (first, last, expected) in [
        ("GATCCA", "CTGAAC", ["inframe_deletion", "inframe_insertion"]),
        ("ATGGCC", "CTGTAA", ["", ""]),
    ] {
        let gene = gene(first, last);
        let reference = with_mirror_image(&gene, whole());
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        for (from, copy) in [(21, first), (75, last)] {
            let before = &gene[from - 2..from - 1];
            let copied = format!("{before}{copy}");
            for (change, expected) in
                [Change::new(from - 1, &copied, before), Change::new(from - 1, before, &copied)]
                    .iter()
                    .zip(expected)
            {
                let found = consequences_in_all_forms(&reference, &gene, change);
                assert_eq!(found, expected, "{change:?}");
                let found: Vec<String> = full(&mut annotator, "1", change).into_iter().collect();
                assert_eq!(
                    found.join(" "),
                    expected.replace("_deletion", "").replace("_insertion", "")
                );
            }
        }
        // There is no untranslated region.
        let change = Change::new(9, &gene[8..23], &gene[8..9]);
        let found = consequences_in_all_forms(&reference, &gene, &change);
        let lost = if expected[0].is_empty() { " start_lost" } else { "" };
        assert_eq!(found, format!("coding_sequence{lost}"));
    }
}

#[test]
fn only_changed_bases_decide_about_start_codon_splice_sites_and_codons() {
    let reference = gene_and_mirror_image();
    let model = CsqModel::new(&reference);
    for (why, records, expected) in [
        (
            "an insertion behind an intact start codon",
            &[(38, "G", "GGCT")][..],
            "inframe_insertion",
        ),
        ("an insertion between exon and donor", &[(59, "G", "GA")], "frameshift splice_region"),
        ("an insertion before the start codon", &[(35, "A", "ATT,C")], "5_prime_utr"),
        ("a deletion from the UTR on", &[(34, "CAA", "C")], "5_prime_utr start_lost"),
        ("a deletion of a whole codon", &[(41, "TGAC", "T")], "inframe_deletion"),
        ("the last base of an exon", &[(58, "TG", "CC")], "missense splice_region"),
        (
            "a substitution across codons with a change in its second codon",
            &[(41, "TG", "CA"), (43, "A", "T")],
            "missense",
        ),
        (
            "a deletion behind an SNV in its repeat, which the file places to the right",
            &[(48, "A", "C"), (49, "AG", "G")],
            "frameshift",
        ),
    ] {
        let changes: Vec<Change> = records.iter().map(|(p, r, a)| Change::new(*p, r, a)).collect();
        let forward: Vec<(&str, &Change)> = changes.iter().map(|change| ("1", change)).collect();
        let found = annotate(&reference, &model, &forward);
        let terms: Vec<String> = consequences(&found).into_iter().collect();
        assert_eq!(terms.join(" "), expected, "{why}: {found:?}");
        let is_one = found.iter().flatten().filter(|value| value.starts_with('@')).count() + 1;
        assert_eq!(is_one, records.len(), "{why}: {found:?}");
        if changes.iter().any(|change| change.alt.contains(',')) {
            continue;
        }
        let mirrored: Vec<Change> =
            changes.iter().rev().map(|change| change.mirrored(GENE.len())).collect();
        let reverse: Vec<(&str, &Change)> = mirrored.iter().map(|change| ("1r", change)).collect();
        let found = annotate(&reference, &model, &reverse);
        let terms: Vec<String> = consequences(&found).into_iter().collect();
        assert_eq!(terms.join(" "), expected, "{why}, mirrored: {found:?}");
    }
}

#[test]
fn an_insertion_without_a_base_of_its_own_to_show_is_reported_with_the_next_allele() {
    let reference = gene_and_mirror_image();
    let model = CsqModel::new(&reference);
    for (changes, expected) in [
        // TGG ACC TAC becomes TCC CCA TAAC: both codons beside the insertion are changed.
        ([(118, "TGGA", "T"), (123, "C", "CCCA"), (125, "A", "AA")], "MADKKSLLERSP*"),
        // GAA CGT TGG becomes GAA TCT CGT ACA TG: CGT is beside both insertions.
        ([(114, "A", "ATCT"), (117, "T", "TACA"), (119, "GG", "G")], "MADKKSLLESRT*"),
    ] {
        let changes = changes.map(|(pos, reference, alt)| Change::new(pos, reference, alt));
        let mirrored: Vec<Change> =
            changes.iter().rev().map(|change| change.mirrored(GENE.len())).collect();
        for (contig, changes) in [("1", changes.as_slice()), ("1r", mirrored.as_slice())] {
            let records: Vec<(&str, &Change)> = changes.iter().map(|c| (contig, c)).collect();
            let found = annotate(&reference, &model, &records);
            let protein = changed_protein(&found, "MADKKSLLERWTYVGSEEEE*");
            assert_eq!(protein, expected, "{contig} {found:?}");
        }
    }
}

#[test]
fn alleles_in_a_deletion_of_their_haplotype_and_deletions_that_no_sample_has_are_noted() {
    let reference = gene_and_mirror_image();
    let model = CsqModel::new(&reference);
    let line = |(pos, reference, alt, info, genotype): &(usize, &str, &str, &str, &str)| {
        format!("1\t{pos}\t.\t{reference}\t{alt}\t.\t.\t{info}\tGT\t{genotype}")
    };
    let deletion = (39, "G", "<DEL>", "END=50", "1|0");
    let deleted = "coding_sequence&feature_truncation|GT|T|protein_coding";
    for (why, records, expected) in [
        (
            "the base is deleted",
            &[deletion, (43, "A", "T", ".", "1|1")][..],
            &[
                &[deleted][..],
                &["note overlapping_allele", "missense|GT|T|protein_coding|+|3D>3V|43A>T"],
            ][..],
        ),
        (
            "the base is on the other haplotype",
            &[deletion, (43, "A", "T", ".", "0|1")],
            &[&[deleted], &["missense|GT|T|protein_coding|+|3D>3V|43A>T"]],
        ),
        (
            "no sample has the deletion",
            &[(39, "G", "<DEL>", "END=50", "0|0")],
            &[&["note no_carrier", deleted]],
        ),
        (
            "between untranslated region and start codon",
            &[(35, "A", "<INS>", ".", "1|0")],
            &[&["5_prime_utr&feature_elongation|GT|T|protein_coding"]],
        ),
    ] {
        let found = annotate_lines(&reference, &model, 1, records.iter().map(line));
        assert_eq!(found, expected, "{why}");
    }
    let records = [(41, "TGACA", "T"), (43, "A", "T"), (50, "G", "C"), (52, "C", "G")];
    let records = records.map(|(pos, reference, alt)| Change::new(pos, reference, alt));
    let records: Vec<(&str, &Change)> = records.iter().map(|change| ("1", change)).collect();
    let found = annotate(&reference, &model, &records);
    assert_eq!(found[1], ["note overlapping_allele"], "{found:?}");
    assert!(found[2] == ["@41"] && found[3] == ["@41"], "{found:?}");
}

#[test]
fn a_transcript_whose_haplotypes_take_too_much_work_is_left_out_with_a_note() {
    let reference = gene_and_mirror_image();
    let model = CsqModel::new(&reference);
    let annotated = |work: u64| {
        let annotator = CsqAnnotator::new(&reference, &model, CsqOptions::default(), 1);
        let mut annotator = annotator.with_max_work(work);
        let mut out = Vec::new();
        for (number, line) in
            [(1, "1\t43\t.\tA\tT\t.\t.\t.\tGT\t1|0"), (2, "1\t219\t.\tC\tA\t.\t.\t.\tGT\t1|0")]
        {
            annotator.record(number, line.as_bytes(), &mut out).unwrap();
        }
        annotator.finish_chunk(&mut out);
        String::from_utf8(out).unwrap()
    };
    assert!(annotated(100_000).contains("BCSQ=missense"));
    let too_much = annotated(1_000);
    assert!(too_much.contains("GAS_NOTE=too_many_consequences"), "{too_much}");
    assert_eq!(too_much.lines().count(), 2);
}
