//! Protein descriptions, and what becomes of start and stop codons, on small genes on both strands.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/gene.rs"]
mod gene;
#[path = "common/protein_change.rs"]
mod protein_change;
#[path = "common/small_reference.rs"]
mod small_reference;

use gene::{FLANK, Gene};
use proptest::prelude::*;
use protein_change::check_allele;
use std::sync::LazyLock;

const UTR5: &str = "GCCACCAAGC";
const UTR3: &str = "AATCCGTAGGTCTAACCATGGTTAGCC";

/// `M A K K Q Q Q L E R W T Y V L *`
const CDS: &str = "ATGGCTAAAAAACAGCAGCAGCTGGAACGTTGGACCTACGTTCTGTGA";

static BOTH_STRANDS: LazyLock<[Gene; 2]> =
    LazyLock::new(|| [false, true].map(|reverse| Gene::standard([UTR5, CDS, UTR3], reverse)));

/// Checks alleles given as the first CDS base (from 1), the number of bases removed, and the new
/// bases, on both strands. `None` for a term set that is not compared.
fn check(cases: &[(&str, i32, usize, &str, [&str; 3])], genes: &[Gene], utr5: usize) {
    let mut wrong = String::new();
    for (why, from, removed, alt, expected) in cases {
        for gene in genes {
            let from = (utr5 as i32 + from - 1) as usize;
            let found = gene.effect(from, *removed, alt);
            if found != *expected {
                let strand = if gene.reverse { '-' } else { '+' };
                wrong += &format!("{strand} {why}: {found:?} instead of {expected:?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn substitutions_of_several_codons_are_described_as_ranges() {
    let cases = [
        ("silent", 27, 4, "GAGA", ["synonymous", "c.27_30delinsGAGA", "Glu9_Arg10="]),
        ("one silent codon", 27, 1, "G", ["synonymous", "c.27A>G", "Glu9="]),
        ("missense", 35, 3, "ATG", ["missense", "c.35_37delinsATG", "Thr12_Tyr13delinsAsnAsp"]),
        ("one residue", 27, 2, "GG", ["missense", "c.27_28delinsGG", "Arg10Gly"]),
        ("stop first", 34, 4, "TAGC", ["stop_gained", "c.34_37delinsTAGC", "Thr12Ter"]),
        (
            "stop second",
            35,
            5,
            "ATTAA",
            ["stop_gained", "c.35_39delinsATTAA", "Thr12_Tyr13delinsAsnTer"],
        ),
        ("silent and stop", 36, 4, "TTAA", ["stop_gained", "c.36_39delinsTTAA", "Tyr13Ter"]),
    ];
    check(&cases, &*BOTH_STRANDS, UTR5.len());
}

#[test]
fn residues_are_inserted_and_deleted_by_the_3_prime_rule() {
    let cases = [
        ("repeat", 13, 0, "CAG", ["inframe_insertion", "c.20_22dup", "Gln7dup"]),
        ("two copies", 13, 0, "CAGCAG", ["inframe_insertion", "c.17_22dup", "Gln6_Gln7dup"]),
        ("one copy less", 13, 3, "", ["inframe_deletion", "c.20_22del", "Gln7del"]),
        ("two residues", 7, 6, "", ["inframe_deletion", "c.7_12del", "Lys3_Lys4del"]),
        ("last residue", 43, 3, "", ["inframe_deletion", "c.43_45del", "Leu15del"]),
        ("last two", 40, 6, "", ["inframe_deletion", "c.40_45del", "Val14_Leu15del"]),
        ("last residue twice", 46, 0, "CTG", ["inframe_insertion", "c.43_45dup", "Leu15dup"]),
        (
            "directly before the stop codon",
            46,
            0,
            "GGT",
            ["inframe_insertion", "c.45_46insGGT", "Leu15_Ter16insGly"],
        ),
        (
            "within the stop codon, which moves",
            47,
            0,
            "CAT",
            ["inframe_insertion", "c.46_47insCAT", "Leu15_Ter16insSer"],
        ),
        (
            "between residues",
            37,
            0,
            "GGT",
            ["inframe_insertion", "c.36_37insGGT", "Thr12_Tyr13insGly"],
        ),
        (
            "with a stop codon",
            37,
            0,
            "GGTTAA",
            ["stop_gained&inframe_insertion", "c.36_37insGGTTAA", "Thr12_Tyr13insGlyTer"],
        ),
        (
            "residue of the reference, then a stop codon",
            37,
            0,
            "TATTAA",
            ["stop_gained&inframe_insertion", "c.38_39insTTAATA", "Val14Ter"],
        ),
        (
            "a stop codon before the stop codon",
            46,
            0,
            "GGTTAG",
            ["inframe_insertion", "c.45_46insGGTTAG", "Leu15_Ter16insGly"],
        ),
        (
            "with an immediate stop codon",
            37,
            0,
            "TAAGGT",
            ["stop_gained&inframe_insertion", "c.38_39insAGGTTA", "Tyr13Ter"],
        ),
        (
            "a stop codon within a codon",
            37,
            0,
            "TTTTGA",
            ["stop_gained&inframe_insertion", "c.37_38insTTTGAT", "Thr12_Tyr13insPheTer"],
        ),
        (
            "a stop codon that other residues follow",
            38,
            0,
            "GTTAACC",
            ["stop_gained&frameshift", "c.37_38insGTTAACC", "Tyr13CysfsTer2"],
        ),
        (
            "a stop codon behind the number of the former one, with the last residue",
            44,
            0,
            "AATTTTAAA",
            ["stop_gained&protein_altering", "c.43_44insAATTTTAAA", "Leu15delinsGlnPheTer"],
        ),
        (
            "the same, with the last residue behind it",
            44,
            0,
            "AATTTTAAC",
            ["stop_gained&inframe_insertion", "c.43_44insAATTTTAAC", "Val14_Leu15insGlnPheTer"],
        ),
    ];
    check(&cases, &*BOTH_STRANDS, UTR5.len());
}

#[test]
fn a_stop_codon_of_the_3_prime_utr_does_not_keep_the_deleted_one() {
    // M A K L E *, then T A G A C T T A A.
    let sequences = [UTR5, "ATGGCTAAACTGGAGTGA", "GCACTTAACTAGGTCTGACC"];
    let genes = [false, true].map(|reverse| Gene::standard(sequences, reverse));
    let cases = [
        (
            "at an earlier place, in frame",
            13,
            15,
            "",
            ["stop_lost&3_prime_UTR", "c.13_*9del", "Glu5Ter"],
        ),
        (
            "at the same place, in frame",
            9,
            15,
            "",
            ["stop_lost&3_prime_UTR", "c.9_*5del", "Lys3_Ter6delinsAsnAsnTer"],
        ),
        (
            "at the same place, in another frame",
            13,
            8,
            "",
            ["frameshift&stop_lost&3_prime_UTR", "c.13_*2del", "Glu5ThrfsTer2"],
        ),
        (
            "at the same place, with the coding sequence only",
            11,
            8,
            "",
            ["frameshift&stop_lost", "c.11_18del", "Leu4ArgfsTer3"],
        ),
        (
            "in the new bases",
            13,
            8,
            "TAA",
            ["stop_gained&3_prime_UTR", "c.13_*2delinsTAA", "Glu5Ter"],
        ),
        (
            "of the whole coding sequence",
            1,
            18,
            "",
            ["stop_lost&start_lost&inframe_deletion", "c.1_18del", "Met1?"],
        ),
    ];
    check(&cases, &genes, UTR5.len());
}

#[test]
fn a_changed_stop_codon_is_an_extension() {
    let cases = [
        ("substitution", 46, 1, "C", ["stop_lost", "c.46T>C", "Ter16ArgextTer3"]),
        ("frameshift", 46, 1, "", ["frameshift&stop_lost", "c.46del", "Ter16GluextTer8"]),
        ("unknown end", 47, 0, "C", ["frameshift&stop_lost", "c.46_47insC", "Ter16SerextTer?"]),
        ("deletion", 46, 3, "", ["stop_lost&inframe_deletion", "c.46_48del", "Ter16AsnextTer2"]),
        (
            "with the last residue",
            43,
            6,
            "",
            ["stop_lost&inframe_deletion", "c.43_48del", "Leu15_Ter16delinsAsnProTer"],
        ),
        ("with the 3' UTR", 47, 3, "", ["stop_lost&3_prime_UTR", "c.47_*1del", "Ter16TyrextTer2"]),
        (
            "substitution with the 3' UTR",
            48,
            2,
            "CC",
            ["stop_lost&3_prime_UTR", "c.48_*1delinsCC", "Ter16CysextTer3"],
        ),
        ("silent and lost", 45, 2, "AC", ["stop_lost", "c.45_46inv", "Ter16ArgextTer3"]),
        (
            "missense and lost",
            44,
            3,
            "ACC",
            ["stop_lost", "c.44_46delinsACC", "Leu15_Ter16delinsHisArgAsnProTer"],
        ),
        ("retained", 47, 1, "A", ["stop_retained", "c.47G>A", "Ter16="]),
        (
            "retained with the 3' UTR",
            47,
            3,
            "AAC",
            ["stop_retained&3_prime_UTR", "c.47_*1delinsAAC", "Ter16="],
        ),
        (
            "silent and retained",
            45,
            3,
            "ATA",
            ["stop_retained", "c.45_47delinsATA", "Leu15_Ter16="],
        ),
        (
            "missense and retained",
            44,
            4,
            "CGTA",
            ["missense&stop_retained", "c.44_47delinsCGTA", "Leu15Pro"],
        ),
        (
            "a stop codon inserted before",
            46,
            0,
            "TAA",
            ["stop_retained", "c.46_47insAAT", "Ter16="],
        ),
    ];
    check(&cases, &*BOTH_STRANDS, UTR5.len());
}

#[test]
fn a_stop_codon_that_bases_moving_in_complete_is_not_changed() {
    // TGA and AAT: an A less leaves TGA.
    let cases = [("deletion", 48, 1, "", ["3_prime_UTR", "c.*2del", ""])];
    check(&cases, &*BOTH_STRANDS, UTR5.len());
}

#[test]
fn frameshifts_begin_at_the_first_residue_that_differs() {
    let cases = [
        ("deletion", 31, 1, "", ["frameshift", "c.31del", "Trp11GlyfsTer14"]),
        ("immediate stop", 32, 1, "", ["stop_gained&frameshift", "c.33del", "Trp11Ter"]),
        ("beside the start", 3, 1, "", ["frameshift", "c.4del", "Ala2LeufsTer23"]),
        (
            "insertion with a stop codon",
            38,
            0,
            "GTTAAGCACG",
            ["stop_gained&frameshift", "c.37_38insGTTAAGCACG", "Tyr13CysfsTer2"],
        ),
    ];
    check(&cases, &*BOTH_STRANDS, UTR5.len());
}

#[test]
fn a_changed_start_codon_loses_the_start_unless_one_moves_in() {
    let cases = [
        ("substitution", 1, 1, "G", ["start_lost", "c.1A>G", "Met1?"]),
        ("with codon 2", 2, 4, "ACCA", ["start_lost", "c.2_5delinsACCA", "Met1?"]),
        ("with the 5' UTR", 0, 2, "TG", ["start_lost&5_prime_UTR", "c.-1_1inv", "Met1?"]),
        ("deletion with the 5' UTR", 0, 2, "", ["start_lost&5_prime_UTR", "c.-1_1del", "Met1?"]),
        (
            "around an intact start codon",
            0,
            5,
            "TATGC",
            ["missense&5_prime_UTR", "c.-1_4delinsTATGC", "Ala2Pro"],
        ),
    ];
    check(&cases, &*BOTH_STRANDS, UTR5.len());
    // A base less of `A|ATG` is one less in the 5' UTR.
    for reverse in [false, true] {
        let gene = Gene::standard(["GCCACCA", CDS, UTR3], reverse);
        let [terms, _, protein] = gene.effect(7, 1, "");
        assert!(["5_prime_UTR", "start_retained"].contains(&&*terms), "{terms}");
        assert!(["", "Met1="].contains(&&*protein), "{protein}");
    }
}

#[test]
fn a_stop_codon_in_place_of_the_former_one_is_retained_wherever_the_repeat_begins() {
    // M A S L V *: the copy of CTAGT ends the protein with TAG instead of TAA.
    let sequences = [UTR5, "ATGGCTAGTCTAGTGTAA", UTR3];
    let genes = [false, true].map(|reverse| Gene::standard(sequences, reverse));
    let cases = [("duplication", 15, 0, "CTAGT", ["stop_retained", "c.10_14dup", "Val5_Ter6="])];
    check(&cases, &genes, UTR5.len());
}

#[test]
fn a_deletion_at_the_end_of_a_transcript_is_described_within_it() {
    // The bases after the transcript continue the repeat: GTTT|GTCAGG.
    let genes = [false, true].map(|reverse| Gene::standard([UTR5, CDS, "AAGTTT"], reverse));
    let cases = [("deletion", 51, 4, "", ["3_prime_UTR", "c.*3_*6del", ""])];
    check(&cases, &genes, UTR5.len());
}

#[test]
fn an_incomplete_last_codon_is_unknown_whatever_follows_it() {
    // TA is followed by A or G of the 3' UTR.
    for utr3 in ["ACTTAGGACT", "GCTTAGGACT"] {
        let genes = genes("1", [UTR5, "ATGGCTAAACTGTA", utr3], (0, "", ""), None);
        let cases = [
            (
                "substitution",
                13,
                1,
                "C",
                ["incomplete_terminal_codon&coding_sequence", "c.13T>C", "?"],
            ),
            ("codon before", 11, 1, "C", ["missense", "c.11T>C", "Leu4Pro"]),
        ];
        check(&cases, &genes, UTR5.len());
        for gene in &genes {
            for (at, removed, alt) in
                [(13, 1, ""), (14, 1, ""), (13, 0, "TAA"), (14, 0, "A"), (13, 2, "")]
            {
                let [terms, _, protein] = gene.effect(UTR5.len() + at - 1, removed, alt);
                assert!(["?", ""].contains(&&*protein), "{at} {removed} {alt}: {terms} {protein}");
                for term in ["stop_gained", "stop_lost", "stop_retained", "frameshift", "missense"]
                {
                    assert!(!terms.contains(term), "{at} {removed} {alt}: {terms} {protein}");
                }
            }
        }
    }
}

/// Genes on both strands with `tags` of the transcript and other attributes of the CDS feature.
fn genes(
    contig: &str,
    sequences: [&str; 3],
    cds: (usize, &str, &str),
    sec: Option<usize>,
) -> [Gene; 2] {
    [false, true].map(|reverse| Gene::new(contig, sequences, reverse, cds, sec))
}

#[test]
fn selenocysteine_is_kept_before_and_after_the_change() {
    // M A U L K *
    let cds = "ATGGCCTGACTGAAATAA";
    let marked = genes("1", [UTR5, cds, UTR3], (0, "", ""), Some(6));
    let cases = [
        ("substitution", 7, 1, "G", ["missense", "c.7T>G", "Sec3Gly"]),
        ("stop codon", 8, 1, "A", ["stop_gained", "c.8G>A", "Sec3Ter"]),
        ("other residue behind", 11, 1, "C", ["missense", "c.11T>C", "Leu4Pro"]),
        ("insertion before", 7, 0, "TCC", ["inframe_insertion", "c.5_7dup", "Ala2_Sec3insSer"]),
        (
            "insertion behind",
            10,
            0,
            "GGT",
            ["inframe_insertion", "c.9_10insGGT", "Sec3_Leu4insGly"],
        ),
        (
            "codon before and codon behind",
            6,
            5,
            "GTGAG",
            ["missense", "c.6_10delinsGTGAG", "Leu4Val"],
        ),
        ("deletion", 7, 3, "", ["inframe_deletion", "c.7_9del", "Sec3del"]),
        ("deletion before", 4, 3, "", ["inframe_deletion", "c.4_6del", "Ala2del"]),
        ("shifted frame", 10, 1, "", ["stop_gained&frameshift", "c.10del", "Leu4Ter"]),
    ];
    check(&cases, &marked, UTR5.len());
    // Each dialect that marks the codon.
    let plain = genes("1", [UTR5, cds, UTR3], (0, "", ""), None);
    // The model goes on behind the codon, so that it does not end the protein, but the residue is not named.
    let cases = [
        ("unmarked", 7, 1, "G", ["missense", "c.7T>G", "?"]),
        ("unmarked, to a stop codon", 8, 1, "A", ["stop_gained", "c.8G>A", "?"]),
        ("unmarked, residue behind", 11, 1, "C", ["missense", "c.11T>C", "Leu4Pro"]),
        ("unmarked, shifted frame before", 4, 1, "", ["frameshift", "c.4del", "Ala2ProfsTer3"]),
    ];
    check(&cases, &plain, UTR5.len());
    let at = FLANK.len() + UTR5.len() + 6;
    let len = 2 * FLANK.len() + UTR5.len() + cds.len() + UTR3.len();
    let positions = format!("{}..{}", at + 1, at + 3);
    let reverse_positions = format!("complement({}..{})", len - at - 2, len - at);
    for (reverse, positions) in [(false, positions), (true, reverse_positions)] {
        let attribute = format!(";transl_except=(pos:{positions}%2Caa:Sec)");
        let gene = Gene::new("1", [UTR5, cds, UTR3], reverse, (0, &attribute, ""), None);
        let expected = ["missense", "c.7T>G", "Sec3Gly"];
        check(&[("transl_except", 7, 1, "G", expected)], &[gene], UTR5.len());
    }
}

/// Genes whose CDS feature has a `transl_except` for the codon, or incomplete codon, `from..to` (from 0).
fn genes_with_exception(
    sequences: [&str; 3],
    (from, to): (usize, usize),
    residue: &str,
    tags: &str,
) -> [Gene; 2] {
    let at = FLANK.len() + sequences[0].len();
    let len = 2 * FLANK.len() + sequences.iter().map(|s| s.len()).sum::<usize>();
    [false, true].map(|reverse| {
        let positions = if reverse {
            format!("complement({}..{})", len - at - to + 1, len - at - from)
        } else {
            format!("{}..{}", at + from + 1, at + to)
        };
        let attributes = format!(";transl_except=(pos:{positions}%2Caa:{residue}){tags}");
        Gene::new("1", sequences, reverse, (0, &attributes, ""), None)
    })
}

#[test]
fn codons_that_the_genetic_code_does_not_translate_have_the_residue_of_the_model() {
    let cds = "ATGGCCTAGCTGAAATAA";
    let pyrrolysine = genes_with_exception([UTR5, cds, UTR3], (6, 9), "Pyl", "");
    let cases = [
        ("substitution", 7, 1, "G", ["missense", "c.7T>G", "Pyl3Glu"]),
        ("stop codon", 9, 1, "A", ["stop_gained", "c.9G>A", "Pyl3Ter"]),
        ("deletion", 7, 3, "", ["inframe_deletion", "c.7_9del", "Pyl3del"]),
        ("other residue behind", 11, 1, "C", ["missense", "c.11T>C", "Leu4Pro"]),
    ];
    check(&cases, &pyrrolysine, UTR5.len());
    // A sense codon that is read as another residue, and one that ends the protein.
    let other = genes_with_exception([UTR5, cds, UTR3], (9, 12), "Ser", "");
    let cases = [("substitution", 11, 1, "C", ["missense", "c.11T>C", "Ser4Pro"])];
    check(&cases, &other, UTR5.len());
    let unknown = genes_with_exception([UTR5, cds, UTR3], (9, 12), "OTHER", "");
    let cases = [("substitution", 14, 1, "C", ["missense", "c.14A>C", "Lys5Thr"])];
    check(&cases, &unknown, UTR5.len());
    let stop = genes_with_exception([UTR5, "ATGGCCAAACTG", UTR3], (9, 12), "TERM", "");
    let cases = [
        ("substitution of the stop", 10, 1, "A", ["stop_lost", "c.10C>A", "Ter4MetextTer3"]),
        ("residue before", 8, 1, "C", ["missense", "c.8A>C", "Lys3Thr"]),
    ];
    check(&cases, &stop, UTR5.len());
    // The start codon GCG, as the model says.
    let start = genes_with_exception([UTR5, "GCGGCCAAATAA", UTR3], (0, 3), "Met", "");
    let cases = [
        ("no start codon", 2, 1, "A", ["start_lost", "c.2C>A", "Met1?"]),
        ("codon 2", 5, 1, "G", ["missense", "c.5C>G", "Ala2Gly"]),
    ];
    check(&cases, &start, UTR5.len());
    // The poly-A tail completes TA.
    let poly_a =
        genes_with_exception([UTR5, "ATGGCCAAATA", ""], (9, 11), "TERM", ";transl_table=5");
    let cases = [
        ("stop codon", 11, 1, "G", ["stop_lost", "c.11A>G", "Ter4TrpextTer?"]),
        ("residue before", 8, 1, "C", ["missense", "c.8A>C", "Lys3Thr"]),
    ];
    check(&cases, &poly_a, UTR5.len());
}

#[test]
fn genetic_codes_are_those_of_ncbi() {
    // Ciliates read TAA as glutamine.
    let ciliate = genes("1", [UTR5, "ATGGCCTAAAAATGA", UTR3], (0, ";transl_table=6", ""), None);
    let cases = [
        ("glutamine", 7, 1, "A", ["missense", "c.7T>A", "Gln3Lys"]),
        ("stop codon", 8, 1, "G", ["stop_gained", "c.8A>G", "Gln3Ter"]),
    ];
    check(&cases, &ciliate, UTR5.len());
    // CTG is serine in some yeasts.
    let yeast = genes("1", [UTR5, "ATGCTGAAATAA", UTR3], (0, ";transl_table=12", ""), None);
    let cases = [("serine", 5, 1, "C", ["missense", "c.5T>C", "Ser2Pro"])];
    check(&cases, &yeast, UTR5.len());
}

#[test]
fn start_codons_of_other_codes_are_methionine() {
    // ATT starts in mitochondria: M A * with TAA supplied in full.
    let mitochondrial = genes("MT", [UTR5, "ATTGCCTGAAAATAA", UTR3], (0, "", ""), None);
    let cases = [
        ("another start codon", 3, 1, "C", ["start_retained", "c.3T>C", "Met1="]),
        ("no start codon", 2, 1, "C", ["start_lost", "c.2T>C", "Met1?"]),
        ("TGA is tryptophan", 7, 1, "G", ["missense", "c.7T>G", "Trp3Gly"]),
        ("AAA becomes the stop codon AGA", 11, 1, "G", ["stop_gained", "c.11A>G", "Lys4Ter"]),
    ];
    check(&cases, &mitochondrial, UTR5.len());
    let bacterial = genes("1", [UTR5, "GTGGCCAAATAA", UTR3], (0, ";transl_table=11", ""), None);
    let cases = [
        ("another start codon", 1, 1, "A", ["start_retained", "c.1G>A", "Met1="]),
        ("no start codon", 2, 1, "A", ["start_lost", "c.2T>A", "Met1?"]),
        ("both codons", 3, 2, "AC", ["start_lost", "c.3_4delinsAC", "Met1?"]),
        ("codon 2", 5, 1, "G", ["missense", "c.5C>G", "Ala2Gly"]),
    ];
    check(&cases, &bacterial, UTR5.len());
    // Other start codons are kept only as they are with the standard code.
    let standard = genes("1", [UTR5, "CTGGCCAAATAA", UTR3], (0, "", ""), None);
    let cases = [
        ("ATG", 1, 1, "A", ["start_retained", "c.1C>A", "Met1="]),
        ("TTG", 1, 1, "T", ["start_lost", "c.1C>T", "Met1?"]),
    ];
    check(&cases, &standard, UTR5.len());
}

#[test]
fn incomplete_coding_sequences_lose_no_start_or_stop() {
    // Two bases of a codon, then A K K.
    let start_unknown =
        genes("1", ["", "GAGCTAAAAAATGA", UTR3], (2, "", ";tag=cds_start_NF"), None);
    let cases = [
        ("first whole codon", 4, 1, "A", ["missense", "c.4C>A", "Ala2Asp"]),
        ("incomplete codon", 1, 1, "C", ["coding_sequence", "c.1G>C", "?"]),
        // The first residue is encoded by NGA before and by NAG after the deletion, so that it always differs.
        ("shifted frame", 1, 1, "", ["frameshift", "c.1del", "?"]),
        ("shifted frame behind it", 4, 1, "", ["frameshift", "c.4del", "Ala2ValfsTer12"]),
    ];
    check(&cases, &start_unknown, 0);
    // A codon that starts no translation, without a tag.
    let no_start = genes("1", [UTR5, "GCCGGTAAATGA", UTR3], (0, "", ""), None);
    let cases = [("first codon", 2, 1, "A", ["missense", "c.2C>A", "Ala1Asp"])];
    check(&cases, &no_start, UTR5.len());
    // Nor a codon that could start translation, at the first base of the transcript, as in ENST00000418127.
    for utr5 in ["", UTR5] {
        let near = genes("1", [utr5, "CTGGGTAAATGA", UTR3], (0, "", ""), None);
        let lost = ["start_lost", "c.2T>C", "Met1?"];
        let expected = if utr5.is_empty() { ["missense", "c.2T>C", "Leu1Pro"] } else { lost };
        check(&[("codon like ATG", 2, 1, "C", expected)], &near, utr5.len());
    }
    // An incomplete codon at the end, and no stop codon.
    for tag in ["", ";tag=cds_end_NF"] {
        let partial = genes("1", [UTR5, "ATGGCTAAAGA", ""], (0, "", tag), None);
        let cases = [
            ("last whole codon", 8, 1, "G", ["missense", "c.8A>G", "Lys3Arg"]),
            (
                "incomplete codon",
                10,
                1,
                "C",
                ["incomplete_terminal_codon&coding_sequence", "c.10G>C", "?"],
            ),
            (
                "with a codon before",
                9,
                2,
                "TC",
                ["missense&incomplete_terminal_codon", "c.9_10delinsTC", "Lys3Asn"],
            ),
            ("shifted frame", 5, 1, "", ["frameshift", "c.5del", "Ala2ValfsTer?"]),
        ];
        check(&cases, &partial, UTR5.len());
    }
    let whole = genes("1", [UTR5, "ATGGCTAAAGAC", ""], (0, "", ";tag=cds_end_NF"), None);
    let cases = [
        ("last codon", 11, 1, "G", ["missense", "c.11A>G", "Asp4Gly"]),
        ("deletion of a codon", 7, 3, "", ["inframe_deletion", "c.7_9del", "Lys3del"]),
        ("nothing known behind", 12, 1, "", ["frameshift", "c.12del", "?"]),
    ];
    check(&cases, &whole, UTR5.len());
}

#[test]
fn protein_descriptions_are_predictions_on_request() {
    let [gene, _] = &*BOTH_STRANDS;
    let text = |from: usize, removed, alt| {
        let [_, _, protein] =
            gene.effect_of(&gene.record(UTR5.len() + from - 1, removed, alt), true);
        protein
    };
    assert_eq!(text(35, 3, "ATG"), "(Thr12_Tyr13delinsAsnAsp)");
    assert_eq!(text(1, 1, "G"), "(Met1?)");
    assert_eq!(text(27, 1, "G"), "(Glu9=)");
}

/// Sequences of genes for random alleles: with and without repeats at the ends, and with stop codons
/// in the other frames.
const RANDOM_GENES: [[&str; 3]; 4] = [
    [UTR5, CDS, UTR3],
    ["GCATGATG", "ATGATGGCTGCTTTATTATAA", "TAATGACTAGCTAAC"],
    ["CCAAAA", "ATGAAAAAATTTTTTCCCCCCGGGGGGTAG", "GGGTAGCTTAACTGACC"],
    ["TTGACA", "ATGTGGTATGTTCTGAAGCTTACAGCTTGTATGGAATTCTGA", "CATTGACTTTAGTAAGG"],
];

static RANDOM: LazyLock<Vec<Gene>> = LazyLock::new(|| {
    let both = |sequences| [false, true].map(|reverse| Gene::standard(sequences, reverse));
    RANDOM_GENES.into_iter().flat_map(both).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn a_protein_description_changes_the_old_protein_to_the_new_one(
        number in 0..8usize,
        place in 0.0..1.0f64,
        removed in prop_oneof![0..4usize, 0..12usize],
        alt in prop_oneof!["[ACGT]{0,4}", "[ACGT]{0,12}", "(AAA|TTA|CAG|GCT|ATG|TGA){1,3}"],
    ) {
        let gene = &RANDOM[number];
        let sequences @ [utr5, cds, utr3] = RANDOM_GENES[number / 2];
        let len = utr5.len() + cds.len() + utr3.len();
        let from = (place * (len - 12) as f64) as usize;
        let spliced = sequences.concat();
        if spliced[from..from + removed] == alt {
            return Ok(());
        }
        let effect = gene.effect(from, removed, &alt);
        check_allele(sequences, (from, removed, &alt), &effect).map_err(TestCaseError::fail)?;
        let [terms, ..] = &effect;
        // The image of the allele on the other strand, whose leftmost place is another one.
        let whole_codons = (removed == 0 || alt.is_empty()) && (removed + alt.len()) % 3 == 0;
        if whole_codons && from > utr5.len() && from + removed < utr5.len() + cds.len() {
            let [mirrored, ..] = &RANDOM[number ^ 1].effect(from, removed, &alt);
            // A repeat across the end of the coding sequence has a place in a UTR.
            let reaches_utr = terms.contains("UTR") || mirrored.contains("UTR");
            prop_assert!(
                reaches_utr || terms == mirrored,
                "{} on the other strand: {:?}",
                mirrored,
                effect
            );
        }
    }
}
