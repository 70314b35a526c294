//! Alleles and positions: every form of an allele has the same consequences and descriptions, on
//! both strands, and HGVS positions at exon ends, next to start and stop codons and on the
//! mitochondrion.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/random_genes.rs"]
mod random_genes;
#[path = "common/small_reference.rs"]
mod small_reference;

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::reference::Reference;

use proptest::prelude::*;
use random_genes::{
    Change, Model, described, forms, gff3, random_genes, random_numbers, reverse_complement,
};
use small_reference::small_reference;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Contig `1`: a coding transcript of three exons with repeats in its exons, at its splice sites and
/// across them.
const MAIN: &str = concat!(
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

/// Contig `2`: the start codon begins an exon, and the stop codon ends one or is split.
const BORDERS: &str = concat!(
    "ACGTTCAGGCATTACGCATC",
    "GGATCCATTGACCTTAGCAC",
    "GTAAGTCCATGGTACTCTCTTCCTTTGCAG",
    "ATGGCTGACAAAGTCCTGTAA",
    "GTAAGTCCATAGTTCTCTCTTCCTTTGCAG",
    "ATCTGACCATTAGCCGATCC",
    "GGCATTACGCATCGGATTAC",
);

const MITOCHONDRION: &str = "GATCACAGGTCTATCACCCTATTAACCACTCACGGGAGCTCTCCATGCAT";

const MAIN_MODELS: &[Model] = &[Model {
    id: "T",
    exons: &[21..=59, 112..=132, 186..=216],
    coding: &[36..=59, 112..=132, 186..=203],
}];

const BORDER_MODELS: &[Model] = &[
    Model { id: "B", exons: &[21..=40, 71..=91, 122..=141], coding: &[71..=91] },
    Model { id: "S", exons: &[71..=90, 122..=141], coding: &[71..=90, 122..=122] },
];

const RIBOSOMAL: &[Model] = &[Model { id: "R", exons: &[11..=40], coding: &[] }];

/// Contigs `1`, `2` and `MT` and, as `1r` and `2r`, their reverse complements.
static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let mut fasta = format!(">MT\n{MITOCHONDRION}\n");
    let mut models = gff3("MT", MITOCHONDRION.len(), false, RIBOSOMAL);
    for (name, sequence, of) in [("1", MAIN, MAIN_MODELS), ("2", BORDERS, BORDER_MODELS)] {
        write!(fasta, ">{name}\n{sequence}\n>{name}r\n{}\n", reverse_complement(sequence)).unwrap();
        models += &gff3(name, sequence.len(), false, of);
        // The identifiers of transcripts are unique in a reference.
        let mirrored = gff3(&format!("{name}r"), sequence.len(), true, of);
        models += &mirrored.replace("transcript:", "transcript:r").replace("gene:", "gene:r");
    }
    small_reference(&fasta, &models)
});

/// The CSQ entries of a change.
fn entries_of(change: &Change, contig: &str) -> Vec<Vec<String>> {
    entries(contig, change.pos, &change.reference, &change.alt)
}

/// The CSQ entries of a record.
fn entries(contig: &str, pos: usize, reference: &str, alts: &str) -> Vec<Vec<String>> {
    entries_as(AnnotationFormat::Csq, contig, pos, reference, alts)
}

/// The entries of a record in an annotation format.
fn entries_as(
    format: AnnotationFormat,
    contig: &str,
    pos: usize,
    reference: &str,
    alts: &str,
) -> Vec<Vec<String>> {
    let mut annotator = Annotator::new(&REFERENCE, 0, format);
    let mut out = Vec::new();
    let line = format!("{contig}\t{pos}\t.\t{reference}\t{alts}\t.\t.\t.");
    annotator.record(1, line.as_bytes(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let key = format!("{}=", format.key());
    let Some(values) = text.trim_end().split(&key).nth(1) else { return Vec::new() };
    values.split(',').map(|entry| entry.split('|').map(str::to_owned).collect()).collect()
}

/// HGVSc, HGVSp and consequences of the first entry of a transcript of the forward strand or its
/// mirror image.
fn effect(contig: &str, change: &Change, transcript: &str) -> String {
    let entries = entries_of(change, contig);
    let found = entries.iter().find(|f| f[6].trim_start_matches('r') == transcript).unwrap();
    let bare = |text: &str| text.rsplit(':').next().unwrap().replace("%3D", "=");
    let parts = [bare(&found[10]), bare(&found[11]), found[1].clone()];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
}

fn check(contig: &str, transcript: &str, table: &[(usize, &str, &str, &str)]) {
    let sequence = if contig == "1" { MAIN } else { BORDERS };
    for (pos, reference, alt, expected) in table {
        let change = Change::new(*pos, reference, alt);
        let got = effect(contig, &change, transcript);
        assert_eq!(got, *expected, "{contig}:{pos} {reference}>{alt}");
        let mirrored = change.mirrored(sequence.len());
        let got = effect(&format!("{contig}r"), &mirrored, transcript);
        assert_eq!(
            got, *expected,
            "mirror image of {contig}:{pos} {reference}>{alt}: {mirrored:?}"
        );
    }
}

#[test]
fn an_allele_is_described_in_its_minimal_form() {
    check(
        "1",
        "T",
        &[
            (39, "GCT", "GAT", "c.5C>A p.Ala2Asp missense_variant"),
            (39, "GCTG", "GATC", "c.5_7delinsATC p.Ala2_Asp3delinsAspHis missense_variant"),
            (44, "CAAAAAG", "CAAAG", "c.13_14del p.Lys5ValfsTer19 frameshift_variant"),
            (44, "CAA", "CA", "c.14del p.Lys5SerfsTer10 frameshift_variant"),
            (44, "CA", "CAA", "c.14dup p.Ser6ValfsTer19 frameshift_variant"),
            (44, "ca", "c", "c.14del p.Lys5SerfsTer10 frameshift_variant"),
            (41, "TGACAA", "TTGTCAA", "c.7_8delinsTGT p.Asp3CysfsTer22 frameshift_variant"),
            (41, "TGACAA", "TGTCAA", "c.8A>T p.Asp3Val missense_variant"),
            (
                54,
                "CTGCTGG",
                "G",
                "c.19_24del p.Leu7_Leu8del inframe_deletion&splice_region_variant",
            ),
            (117, "T", "TTGGAC", "c.31_35dup p.Tyr13GlyfsTer4 frameshift_variant"),
            (58, "TGGT", "TAGT", "c.24G>A p.Leu8= splice_region_variant&synonymous_variant"),
            (43, "ACAA", "ATCAA", "c.8_9insT p.Lys4GlnfsTer21 frameshift_variant"),
        ],
    );
}

#[test]
fn a_stop_codon_in_a_deleted_intron_is_not_lost() {
    // The intron between the deleted codons begins with GTG TAA.
    let change = Change::new(126, &MAIN[125..191], &MAIN[125..126]);
    for (contig, change) in [("1", change.clone()), ("1r", change.mirrored(MAIN.len()))] {
        let got = effect(contig, &change, "T");
        assert!(got.contains("inframe_deletion") && !got.contains("stop_lost"), "{contig}: {got}");
    }
}

#[test]
fn splice_sites_are_changed_only_if_their_bases_are() {
    check(
        "1",
        "T",
        &[
            (59, "GG", "AG", "c.24G>A p.Leu8= splice_region_variant&synonymous_variant"),
            (59, "GG", "G", "c.24+1del p.Glu9AsnfsTer6 frameshift_variant&splice_region_variant"),
            (
                59,
                "GGTAAG",
                "AGTAAC",
                "c.24_24+5delinsAGTAAC p.Leu8= splice_donor_5th_base_variant&synonymous_variant&intron_variant",
            ),
            (
                109,
                "CAGG",
                "TAGC",
                "c.25-3_25delinsTAGC p.Glu9Gln missense_variant&splice_region_variant&splice_polypyrimidine_tract_variant&intron_variant",
            ),
            (
                109,
                "CAGGA",
                "TAGCCC",
                "c.25-3_26delinsTAGCCC splice_region_variant&splice_polypyrimidine_tract_variant&coding_sequence_variant&intron_variant",
            ),
            (
                109,
                "CAGG",
                "TCGC",
                "c.25-3_25delinsTCGC p.Glu9Gln splice_acceptor_variant&missense_variant&splice_polypyrimidine_tract_variant&intron_variant",
            ),
            (132, "CGT", "C", "c.45+3_45+4del splice_donor_region_variant&intron_variant"),
            (
                178,
                "TGCAGCAG",
                "TGCAG",
                "c.46-3_46-1del splice_region_variant&splice_polypyrimidine_tract_variant&intron_variant",
            ),
            (
                59,
                "GGTAAGT",
                "G",
                "c.24+1_24+6del splice_donor_variant&splice_donor_5th_base_variant&intron_variant",
            ),
            (110, "AG", "A", "c.25del p.Glu9AsnfsTer6 frameshift_variant&splice_region_variant"),
            (110, "AGG", "AG", "c.25del p.Glu9AsnfsTer6 frameshift_variant&splice_region_variant"),
            (
                59,
                "GGTAAGT",
                "GGTAAGTGTAAGT",
                "c.24+1_24+6dup p.Leu8_Glu9insValSer inframe_insertion&splice_region_variant",
            ),
            (106, "C", "CTTCAGGAACGT", "c.25-4_31dup p.Trp11PhefsTer8 frameshift_variant"),
            (
                59,
                "G",
                "GT",
                "c.24_24+1insT p.Glu9Ter stop_gained&frameshift_variant&splice_region_variant",
            ),
            (
                59,
                "G",
                "GC",
                "c.24_24+1insC p.Glu9ArgfsTer16 frameshift_variant&splice_region_variant",
            ),
            (
                111,
                "G",
                "GC",
                "c.25-1_25insC p.Glu9ArgfsTer16 frameshift_variant&splice_region_variant",
            ),
        ],
    );
}

/// A tandem duplication of bases of the forward contig `1`.
fn duplication(first: usize, last: usize) -> Change {
    let anchor = &MAIN[last - 1..last];
    Change::new(last, anchor, &format!("{anchor}{}", &MAIN[first - 1..last]))
}

#[test]
fn of_two_equal_copies_the_one_counts_that_is_read_first_or_has_an_intact_splice_region() {
    let mut wrong = String::new();
    for (first, last, expected) in [
        // The first of two start codons and of two stop codons is read.
        (36, 39, "c.1_4dup p.Ala2AspfsTer3 frameshift_variant"),
        (201, 205, "c.61_*2dup 3_prime_UTR_variant"),
        // Neither donor has its splice region, so that the copies may be added to the exon.
        (60, 61, "c.24+1_24+2dup p.Glu9ValfsTer7 frameshift_variant&splice_region_variant"),
        (60, 64, "c.24+1_24+5dup p.Glu9ValfsTer8 frameshift_variant&splice_region_variant"),
        (58, 62, "c.23_24+3dup p.Glu9ValfsTer8 frameshift_variant&splice_region_variant"),
        // The first donor is as before.
        (60, 68, "c.24+1_24+9dup intron_variant"),
        (58, 68, "c.24_24+10dup intron_variant"),
        // The exon's end and its donor are there twice, or with a splice region only once.
        (50, 68, "c.15_24+9dup p.Glu9ValfsTer22 frameshift_variant"),
        (50, 62, "c.15_24+3dup p.Glu9ValfsTer20 frameshift_variant"),
        // Exon starts.
        (110, 111, "c.25-2_25-1dup p.Glu9ArgfsTer7 frameshift_variant&splice_region_variant"),
        (102, 111, "c.25-10_25-1dup intron_variant"),
        (107, 118, "c.25-5_31dup p.Arg10_Trp11insPheGlnGluArg inframe_insertion"),
    ] {
        let change = duplication(first, last);
        let got = effect("1", &change, "T");
        let mirrored = effect("1r", &change.mirrored(MAIN.len()), "T");
        if got != expected || mirrored != expected {
            wrong += &format!("{got}, mirror image {mirrored}, instead of {expected}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_transcript_that_is_deleted_or_copied_in_whole_is_ablated_or_amplified() {
    let deletion = |first: usize, last: usize| {
        Change::new(first - 1, &MAIN[first - 2..last], &MAIN[first - 2..first - 1])
    };
    for (change, expected) in [
        (duplication(16, 220), "transcript_amplification"),
        (duplication(21, 216), "c.-15_*13dup transcript_amplification"),
        (deletion(16, 220), "transcript_ablation"),
        // One of the copies is complete.
        (duplication(150, 225), "downstream_gene_variant"),
        (duplication(10, 60), "upstream_gene_variant"),
    ] {
        let got = effect("1", &change, "T");
        assert!(got.ends_with(expected), "{got} instead of {expected}");
        assert_eq!(effect("1r", &change.mirrored(MAIN.len()), "T"), got, "mirrored");
    }
    for (alt, expected) in [("<DEL>", "transcript_ablation"), ("<DUP>", "transcript_amplification")]
    {
        let mut annotator = Annotator::new(&REFERENCE, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        let line = format!("1\t15\t.\t{}\t{alt}\t.\t.\tEND=220", &MAIN[14..15]);
        annotator.record(1, line.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(&format!("|{expected}|")), "{text}");
    }
}

#[test]
fn introns_next_to_the_start_and_stop_codon_are_numbered_from_the_nearest_exon_base() {
    check(
        "2",
        "B",
        &[
            (43, "A", "C", "c.-1+3A>C splice_donor_region_variant&intron_variant"),
            (
                68,
                "C",
                "G",
                "c.1-3C>G splice_region_variant&splice_polypyrimidine_tract_variant&intron_variant",
            ),
            (96, "G", "C", "c.21+5G>C splice_donor_5th_base_variant&intron_variant"),
            (
                117,
                "T",
                "C",
                "c.*1-5T>C splice_region_variant&splice_polypyrimidine_tract_variant&intron_variant",
            ),
            (126, "G", "C", "c.*5G>C 3_prime_UTR_variant"),
        ],
    );
    check(
        "2",
        "S",
        &[
            (91, "A", "C", "c.20+1A>C splice_donor_variant"),
            (
                119,
                "C",
                "G",
                "c.21-3C>G splice_region_variant&splice_polypyrimidine_tract_variant&intron_variant",
            ),
        ],
    );
}

#[test]
fn an_allele_before_a_transcript_is_described_if_it_touches_it_at_its_3_prime_place() {
    for (pos, reference, alt, expected) in [
        (20, "C", "CT", "c.-14dup upstream_gene_variant"),
        (21, "T", "TT", "c.-14dup upstream_gene_variant"),
        (20, "C", "CA", "upstream_gene_variant"),
        (216, "G", "GA", "downstream_gene_variant"),
        (216, "G", "GG", "c.*13dup downstream_gene_variant"),
    ] {
        assert_eq!(effect("1", &Change::new(pos, reference, alt), "T"), expected);
    }
}

#[test]
fn an_allele_does_not_depend_on_the_other_alleles_of_its_record() {
    for (contig, of) in [("1", 0), ("1r", 1)] {
        // A deletion, a longer one, an insertion and a substitution of the same homopolymer, each
        // alone and in one record.
        let alts = ["CAAAA", "CAA", "CAAAAAA", "TAAAAA", "CAAAAC", "AAAAAA"];
        let change = |alt: &str| {
            let change = Change::new(44, "CAAAAA", alt);
            if of == 0 { change } else { change.mirrored(MAIN.len()) }
        };
        let changes = alts.map(change);
        let together: Vec<&str> = changes.iter().map(|c| c.alt.as_str()).collect();
        let (pos, reference) = (changes[0].pos, &changes[0].reference);
        let joined = entries(contig, pos, reference, &format!("{},*,<DEL>", together.join(",")));
        assert_eq!(without_allele(&joined[..alts.len()]).len(), alts.len());
        for (n, change) in changes.iter().enumerate() {
            let alone = without_allele(&entries_of(change, contig));
            assert_eq!(without_allele(&joined[n..=n]), alone, "{contig} {change:?}");
        }
    }
}

#[test]
fn csq_shows_alleles_as_vep_does_so_that_they_stay_distinct() {
    let shown = |reference: &str, alts: &str| -> Vec<String> {
        entries("1", 44, reference, alts).into_iter().map(|f| f[0].clone()).collect()
    };
    assert_eq!(shown("CA", "C"), ["-"]);
    assert_eq!(shown("CAA", "CA,C,CAAA,TAA"), ["CA", "C", "CAAA", "TAA"]);
    assert_eq!(shown("CAA", "CA,C,CAAA"), ["A", "-", "AAA"]);
    assert_eq!(shown("ca", "c"), ["-"]);
    assert_eq!(shown("c", "t"), ["T"]);
    // No two alleles of a record become the same text, although their minimal forms can be equal.
    assert_eq!(shown("CAA", "TAA,TA"), ["TAA", "TA"]);
    // An allele that is REF is not a variant.
    assert_eq!(shown("CAA", "CAA,caa"), <[String; 0]>::default());
}

#[test]
fn hgvs_offset_is_the_shift_from_the_place_that_the_record_gives() {
    let offset = |contig: &str, pos: usize, reference: &str, alt: &str| {
        let entry = entries(contig, pos, reference, alt).remove(0);
        (entry[23].clone(), entry[24].clone())
    };
    let text = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(offset("1", 44, "CA", "C"), text("4", "1:g.49del"));
    assert_eq!(offset("1", 46, "AAA", "AA"), text("3", "1:g.49del"));
    assert_eq!(offset("1", 48, "AA", "A"), text("1", "1:g.49del"));
    // HGVS positions of a transcript of the reverse strand are lower, and the genomic ones higher.
    assert_eq!(offset("1r", 187, "CT", "C"), text("", "1r:g.192del"));
    assert_eq!(offset("1r", 190, "TT", "T"), text("-2", "1r:g.192del"));
}

#[test]
fn the_mitochondrion_is_described_with_m_and_noncoding_transcripts_with_n() {
    let entry = &entries("chrM", 20, "T", "C")[0];
    assert_eq!((entry[10].as_str(), entry[24].as_str()), ("R:n.10T>C", "MT:m.20T>C"));
    let entry = &entries("MT", 20, "TA", "T")[0];
    assert_eq!((entry[10].as_str(), entry[24].as_str()), ("R:n.11del", "MT:m.21del"));
    // Next to the other contigs, in any order.
    let mut annotator = Annotator::new(&REFERENCE, 0, AnnotationFormat::Csq);
    let (nuclear, mitochondrial) = ("1\t5\t.\tT\tC\t.\t.\t.", "MT\t5\t.\tA\tG\t.\t.\t.");
    for (line, expected) in
        [(nuclear, "|1:g.5T>C|"), (mitochondrial, "|MT:m.5A>G|"), (nuclear, "|1:g.5T>C|")]
    {
        let mut out = Vec::new();
        annotator.record(1, line.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_tandem_duplication_of_any_length_is_a_dup() {
    // Two exons with an intron of 3,000 bases without short repeats.
    let mut state = 12345u32;
    let filler: String = (0..3400)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ['A', 'C', 'G', 'T'][(state >> 30) as usize]
        })
        .collect();
    let model = [Model { id: "L", exons: &[101..=200, 3201..=3300], coding: &[] }];
    let reverse = gff3("2", filler.len(), true, &model).replace("=transcript:L", "=transcript:rL");
    let models = gff3("1", filler.len(), false, &model) + &reverse.replace("gene:GL", "gene:rGL");
    let mirrored = reverse_complement(&filler);
    let reference = small_reference(&format!(">1\n{filler}\n>2\n{mirrored}\n"), &models);
    for (start, end, expected) in
        [(151, 2550, "n.51_101-651dup"), (301, 2300, "n.100+101_101-901dup")]
    {
        let anchor = &filler[start - 2..start - 1];
        let unit = &filler[start - 1..end];
        let last = &filler[end - 1..end];
        // Before and after the duplicated bases, on both strands.
        let left = Change::new(start - 1, anchor, &format!("{anchor}{unit}"));
        let right = Change::new(end, last, &format!("{last}{unit}"));
        let length = filler.len();
        for (contig, change) in [
            ("1", left.clone()),
            ("1", right.clone()),
            ("2", left.mirrored(length)),
            ("2", right.mirrored(length)),
        ] {
            let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
            let mut out = Vec::new();
            let Change { pos, reference, alt } = change;
            let line = format!("{contig}\t{pos}\t.\t{reference}\t{alt}\t.\t.\t.");
            annotator.record(1, line.as_bytes(), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(
                text.contains(&format!("L:{expected}|")),
                "{contig}:{pos} {}",
                &text[text.len() - 200..]
            );
        }
    }
}

/// The fields of entries that do not depend on the form of an allele: all but Allele and HGVS_OFFSET.
fn without_allele(entries: &[Vec<String>]) -> Vec<Vec<String>> {
    let fields = |f: &Vec<String>| {
        f.iter().enumerate().filter(|(n, _)| !matches!(n, 0 | 23)).map(|(_, f)| f.clone()).collect()
    };
    entries.iter().map(fields).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_form_of_an_allele_has_the_same_consequences_and_descriptions(
        pos in 15usize..220,
        removed in 0usize..9,
        added in prop_oneof![Just(String::new()), "[ACGT]{1,6}"],
        copied in prop_oneof![Just(0usize), 1usize..14],
        other in "[ACGT]{1,3}",
        reverse in any::<bool>(),
        lower in any::<bool>(),
    ) {
        let mirrored = reverse_complement(MAIN);
        let (contig, sequence) = if reverse { ("1r", mirrored.as_str()) } else { ("1", MAIN) };
        // A substitution, an insertion, a deletion, both, or a duplication of the bases before.
        let change = if copied > 0 {
            Change::new(pos, "", &sequence[pos - 1 - copied..pos - 1])
        } else {
            Change::new(pos, &sequence[pos - 1..pos - 1 + removed], &added)
        };
        prop_assume!(change.reference != change.alt);
        let mut first: Option<Vec<Vec<String>>> = None;
        let mut first_of_ann: Option<Vec<Vec<String>>> = None;
        for form in forms(sequence, &change) {
            let Change { pos, reference, alt } = &form;
            let mut ann = entries_as(AnnotationFormat::Ann, contig, *pos, reference, alt);
            // ANN has the allele as the record has it.
            ann.iter_mut().for_each(|entry| assert_eq!(&entry.remove(0), alt));
            let expected = first_of_ann.get_or_insert_with(|| ann.clone());
            prop_assert_eq!(&ann, &*expected, "ANN of {:?} as {:?}", change, form);
            let alone = entries_of(&form, contig);
            let expected = first.get_or_insert_with(|| without_allele(&alone));
            prop_assert_eq!(&without_allele(&alone), &*expected, "{:?} as {:?}", change, form);
            // In a record with another allele.
            let both = entries(contig, *pos, reference, &format!("{alt},{other}"));
            prop_assert_eq!(&without_allele(&both[..alone.len()]), &*expected, "{:?} with {}", form, other);
            if lower {
                let lower = entries(contig, *pos, &reference.to_lowercase(), &alt.to_lowercase());
                prop_assert_eq!(&without_allele(&lower), &*expected, "{:?} in lower case", form);
            }
        }
    }

    #[test]
    fn an_allele_and_its_mirror_image_have_the_same_transcript_description(
        pos in 22usize..205,
        removed in 0usize..9,
        added in prop_oneof![Just(String::new()), "[ACGT]{1,6}"],
    ) {
        let anchored = format!("{}{added}", &MAIN[pos - 1..pos]);
        let change = Change::new(pos, &MAIN[pos - 1..pos + removed], &anchored);
        prop_assume!(change.reference != change.alt);
        let described = |contig: &str, change: &Change| -> Vec<String> {
            let bare = |text: &str| text.rsplit(':').next().unwrap().to_owned();
            entries_of(change, contig).iter().map(|f| bare(&f[10])).collect()
        };
        prop_assert_eq!(described("1", &change), described("1r", &change.mirrored(MAIN.len())));
    }
}

#[test]
fn a_gene_and_its_mirror_image_have_the_same_consequences_and_descriptions() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(32, &mut random);
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    let mut different = Vec::new();
    for (n, gene) in genes.iter().enumerate() {
        for pos in 5..gene.len() - 12 {
            for length in 1..=8 {
                let anchor = &gene[pos - 1..pos];
                let deletion = Change::new(pos, &gene[pos - 1..pos + length], anchor);
                let copy = format!("{anchor}{}", &gene[pos..pos + length]);
                let other: String = (0..length).map(|_| ['A', 'C', 'G', 'T'][random(4)]).collect();
                let insertion = Change::new(pos, anchor, &format!("{anchor}{other}"));
                for change in [deletion, Change::new(pos, anchor, &copy), insertion] {
                    let forward = described(&mut annotator, &format!("c{n}"), &change, ".");
                    let mirrored = change.mirrored(gene.len());
                    let reverse = described(&mut annotator, &format!("c{n}r"), &mirrored, ".");
                    if forward != reverse {
                        different.push(format!("{n} {change:?} {forward:?}, reverse {reverse:?}"));
                    }
                }
            }
        }
    }
    let first = different.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(different.is_empty(), "{} differ:\n{first}", different.len());
}

/// Terms of changed proteins, and those of alleles whose new sequence is not known.
const PROTEIN_TERMS: [&str; 12] = [
    "feature_truncation",
    "coding_sequence_variant",
    "frameshift_variant",
    "inframe_deletion",
    "protein_altering_variant",
    "missense_variant",
    "stop_gained",
    "stop_lost",
    "stop_retained_variant",
    "start_lost",
    "start_retained_variant",
    "synonymous_variant",
];

#[test]
fn a_deletion_has_the_same_consequences_as_a_symbolic_allele_and_as_bases() {
    let mut random = random_numbers();
    let (genes, reference) = random_genes(16, &mut random);
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    let mut different = std::collections::BTreeMap::new();
    for (n, gene) in genes.iter().enumerate() {
        for _ in 0..400 {
            let pos = 3 + random(gene.len() - 10);
            let length = 1 + random((gene.len() - pos - 2).min(90));
            let bases = Change::new(pos, &gene[pos - 1..pos + length], &gene[pos - 1..pos]);
            // A symbolic allele is where the file places it.
            let base = |pos: usize| gene.as_bytes()[pos - 1];
            if base(pos) == base(pos + length) || base(pos + 1) == base(pos + length + 1) {
                continue;
            }
            let mirrored = bases.mirrored(gene.len());
            let sequence = reverse_complement(gene);
            let before = &sequence[mirrored.pos - 2..mirrored.pos - 1];
            let mirrored = Change::new(
                mirrored.pos - 1,
                &format!("{before}{}", &mirrored.reference[..length]),
                before,
            );
            for (contig, bases) in [(format!("c{n}"), bases), (format!("c{n}r"), mirrored)] {
                let anchor = &bases.alt;
                let symbolic = Change::new(bases.pos, anchor, "<DEL>");
                let info = format!("END={}", bases.pos + length);
                let [a, _, protein] = described(&mut annotator, &contig, &bases, ".");
                let [b, ..] = described(&mut annotator, &contig, &symbolic, &info);
                // The bases of a sequence allele tell more about the protein.
                let left_out: &[&str] =
                    if protein.is_empty() { &["feature_truncation"] } else { &PROTEIN_TERMS };
                let compared = |terms: &str| -> Vec<String> {
                    let terms = terms.split('&').filter(|term| !left_out.contains(term));
                    terms.map(str::to_owned).collect()
                };
                let (a, b) = (compared(&a).join("&"), compared(&b).join("&"));
                if a != b {
                    different
                        .entry(format!("{a} | {b}"))
                        .or_insert_with(|| format!("{n} {contig} {bases:?}"));
                }
            }
        }
    }
    let first =
        different.iter().map(|(a, b)| format!("{a} {b}")).take(60).collect::<Vec<_>>().join("\n");
    assert!(different.is_empty(), "{} differ:\n{first}", different.len());
}
