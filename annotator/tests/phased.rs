//! `--mode csq` on the demo reference: the consequences of a few records, and the reason for each.
//! For phased samples, `bcftools csq` 1.16 reports the same consequences.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "common/small_reference.rs"]
mod small_reference;

use common::REFERENCE;
use gas_annotate::Error;
use gas_annotate::consequence::SoTerm;
use gas_annotate::csq::{CsqOptions, Phase};
use gas_annotate::pipeline::{Mode, Options, Outcome, annotate_file};
use gas_annotate::reference::Reference;
use gas_annotate::report::{AnnotationGap, RegionClass};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

const GENE: &str = "DEFB125|ENST00000382410|protein_coding";

/// Annotates records given as `position REF ALT genotype…`. Returns the consequences and the masks
/// of each record. A genotype may have its phase set after a colon, and ALT may have INFO after an `@`.
fn annotate(records: &[&str], options: CsqOptions) -> Result<Vec<String>, Error> {
    annotate_with(&REFERENCE, records, options)
}

fn annotate_with(
    reference: &Reference,
    records: &[&str],
    options: CsqOptions,
) -> Result<Vec<String>, Error> {
    run(reference, records, options).map(|(annotated, _)| annotated)
}

/// Annotates records, and returns what [`annotate`] does and the result of the run.
fn run(
    reference: &Reference,
    records: &[&str],
    options: CsqOptions,
) -> Result<(Vec<String>, Outcome), Error> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.vcf"), folder.path().join("out.vcf"));
    let samples = records[0].split(' ').count() - 3;
    let keys = if records[0].contains(':') { "GT:PS" } else { "GT" };
    let mut text = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO".to_owned();
    if samples > 0 {
        text += "\tFORMAT";
        text.extend((0..samples).map(|n| format!("\tS{n}")));
    }
    text += "\n";
    for record in records {
        let columns: Vec<&str> = record.split(' ').collect();
        let (alt, info) = columns[2].split_once('@').unwrap_or((columns[2], "."));
        text += &format!("20\t{}\t.\t{}\t{alt}\t.\t.\t{info}", columns[0], columns[1]);
        if samples > 0 {
            text += &format!("\t{keys}\t{}", columns[3..].join("\t"));
        }
        text += "\n";
    }
    std::fs::write(&input, text).unwrap();
    let options = Options { mode: Mode::Csq(options), ..Options::default() };
    let never = AtomicBool::new(false);
    let outcome = annotate_file(&input, &output, reference, &options, &never, &|_| {})?;
    let annotated = std::fs::read_to_string(output).unwrap();
    let lines = annotated.lines().filter(|line| !line.starts_with('#'));
    let annotated = lines.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let consequences =
            columns[7].strip_prefix("BCSQ=").unwrap_or(columns[7]).replace(GENE, "G");
        let mask = keys.split(':').count();
        let masks = columns.iter().skip(9).filter_map(|sample| sample.split(':').nth(mask));
        [consequences].into_iter().chain(masks.map(str::to_owned)).collect::<Vec<_>>()
    });
    Ok((annotated.map(|parts| parts.join(" ")).collect(), outcome))
}

#[test]
fn a_missing_allele_leaves_the_other_one_on_its_haplotype() {
    for (genotype, mask) in [(".|1", "2"), ("./1", "2"), ("1|.", "1"), ("1/.", "1"), ("1", "1")] {
        let record = format!("68355 A G {genotype}");
        let found = annotate(&[&record], CsqOptions::default()).unwrap();
        assert_eq!(found, [format!("missense|G|+|2N>2S|68355A>G {mask}")], "{genotype}");
    }
    let missing = annotate(&["68355 A G .|. ./. ."], CsqOptions::default()).unwrap();
    assert_eq!(missing, ["GAS_NOTE=no_carrier"]);
}

#[test]
fn alleles_of_one_haplotype_are_interpreted_together() {
    for (name, why, records, expected) in [
        (
            "two_bases_of_a_codon",
            "AAT becomes CGT, which neither base causes alone",
            &["68354 A C 1|0", "68355 A G 1|0"][..],
            &["missense|G|+|2N>2R|68354A>C+68355A>G 1", "@68354 1"][..],
        ),
        (
            "two_bases_of_a_codon_apart",
            "alleles on two haplotypes are two changes",
            &["68354 A C 1|0", "68355 A G 0|1"],
            &["missense|G|+|2N>2H|68354A>C 1", "missense|G|+|2N>2S|68355A>G 2"],
        ),
        (
            "across_an_intron",
            "the bases of a codon may lie in two exons",
            &["68408 G C 0|1", "76646 G C 0|1"],
            &[
                "splice_region|G,missense|G|+|20G>20P|68408G>C+76646G>C 10",
                "splice_region|G,@68408 10",
            ],
        ),
        (
            "stop_undone",
            "the first two bases change CTG to a stop, and the third changes the stop to a tyrosine",
            &["68360 C T 1|0", "68361 T A 1|0", "68362 G C 1|0"],
            &["missense|G|+|4L>4Y|68360C>T+68361T>A+68362G>C 1", "@68360 1", "@68360 1"],
        ),
        (
            "frame_restored",
            "a deletion and an insertion of one base keep the frame of the following codons",
            &["68369 AC A 1|1", "68377 T TA 1|1"],
            &["missense&inframe_altering|G|+|7TFI>7TSL|68369AC>A+68377T>TA 3", "@68369 3"],
        ),
        (
            "frame_restored_too_late",
            "the shifted frame has a stop before the insertion restores the frame",
            &["68359 CC C 1|0", "76700 G GA 1|0"],
            &[
                "stop_gained&frameshift|G|+|3ILMLTFIICGLLTRVTKGSFEPQKCWKNNVGHCRRR>3I*|68359CC>C+76700G>GA 1",
                "@68359 1",
            ],
        ),
        (
            "after_a_stop",
            "consequences after a new stop of the haplotype are marked with a star",
            &["68360 CTG TAG 1|0", "68370 C A 1|0"],
            &["stop_gained|G|+|4L>4*|68360CTG>TAG 1", "*missense|G|+|7T>7N|68370C>A 1"],
        ),
        (
            "samples_share_consequences",
            "one sample has both alleles and one has only the second",
            &["68354 A C 1|0 0|0", "68355 A G 1|0 0|1"],
            &["missense|G|+|2N>2R|68354A>C+68355A>G 1 0", "@68354,missense|G|+|2N>2S|68355A>G 1 8"],
        ),
    ] {
        assert_eq!(annotate(records, CsqOptions::default()).unwrap(), expected, "{name}: {why}");
    }
}

#[test]
fn a_deletion_has_the_same_residues_whatever_bases_its_record_has() {
    let local = CsqOptions { local: true, ..CsqOptions::default() };
    let residues = |record: &str| {
        let found = annotate(&[record], local).unwrap().remove(0);
        found.rsplit('|').nth(1).unwrap().to_owned()
    };
    // One C of ATC CTG, written in four ways.
    for record in ["68358 TC T", "68358 TCC TC", "68359 CC C", "68359 CCTG CTG"] {
        assert!(residues(record).ends_with(">3I*"), "{record}: {}", residues(record));
    }
    // The last base of an exon, with the base before it and with the one after it.
    let contig = REFERENCE.contig(b"20").unwrap();
    let bases = |from, to| std::str::from_utf8(contig.bases(from, to).unwrap()).unwrap();
    let anchored = format!("68407 {} {}", bases(68407, 68408), bases(68407, 68407));
    let at_its_place = format!("68408 {} {}", bases(68408, 68409), bases(68409, 68409));
    assert!(residues(&anchored).contains('>'));
    assert_eq!(residues(&at_its_place), residues(&anchored));
}

#[test]
fn on_the_reverse_strand_the_last_record_reports_the_change() {
    let expected = [
        "@170251 2",
        "missense|DEFB128|ENST00000334391|protein_coding|-|5L>5P|170250C>T+170251A>G 2",
    ];
    let records = ["170250 C T 0|1", "170251 A G 0|1"];
    assert_eq!(annotate(&records, CsqOptions::default()).unwrap(), expected);
}

#[test]
fn unphased_genotypes_follow_the_phase_option() {
    let records = ["68354 A C 0/1", "68355 A G 0/1"];
    let apart = ["missense|G|+|2N>2H|68354A>C 2", "missense|G|+|2N>2S|68355A>G 2"];
    let second = ["missense|G|+|2N>2R|68354A>C+68355A>G 2", "@68354 2"];
    let both = ["missense|G|+|2N>2R|68354A>C+68355A>G 3", "@68354 3"];
    for (phase, expected) in [
        (Phase::Alone, &apart),
        (Phase::AsIs, &second),
        (Phase::Merge, &both),
        (Phase::NonReference, &both),
    ] {
        let options = CsqOptions { phase, ..CsqOptions::default() };
        assert_eq!(annotate(&records, options).unwrap(), expected, "{phase:?}");
    }
    let skip = CsqOptions { phase: Phase::Skip, ..CsqOptions::default() };
    let skipped = "GAS_NOTE=unphased_genotype";
    assert_eq!(annotate(&records, skip).unwrap(), [skipped, skipped]);
    let require = CsqOptions { phase: Phase::Require, ..CsqOptions::default() };
    let error = annotate(&records, require).unwrap_err().to_string();
    assert!(error.starts_with("line 3, samples: a heterozygous genotype is not phased"), "{error}");
}

#[test]
fn without_samples_records_form_one_haplotype_unless_the_mode_is_local() {
    let records = ["68354 A C", "68355 A G"];
    let together = ["missense|G|+|2N>2R|68354A>C+68355A>G", "@68354"];
    assert_eq!(annotate(&records, CsqOptions::default()).unwrap(), together);
    let local = CsqOptions { local: true, ..CsqOptions::default() };
    let alone = ["missense|G|+|2N>2H|68354A>C", "missense|G|+|2N>2S|68355A>G"];
    assert_eq!(annotate(&records, local).unwrap(), alone);
}

#[test]
fn without_samples_further_alleles_are_annotated_on_their_own() {
    let records = ["68354 A C,G", "68355 A G"];
    let expected = ["missense|G|+|2N>2R|68354A>C+68355A>G,missense|G|+|2N>2D|68354A>G", "@68354"];
    assert_eq!(annotate(&records, CsqOptions::default()).unwrap(), expected);
}

#[test]
fn an_allele_in_an_intron_is_reported_beside_one_at_a_splice_site() {
    let contig = REFERENCE.contig(b"20").unwrap();
    let text = std::str::from_utf8(contig.bases(76635, 76645).unwrap()).unwrap();
    // The first base is in the intron, the last one in the splice site.
    let record = format!("76635 {text} T{},{}C", &text[1..], &text[..10]);
    let (found, outcome) = run(&REFERENCE, &[&record], CsqOptions::default()).unwrap();
    // As bcftools does, terms of one transcript are joined, whichever ALT has them.
    let expected = "non_coding|DEFB125||processed_transcript,splice_acceptor&intron|G";
    assert_eq!(found, [expected]);
    let most_severe = |term: SoTerm| outcome.counts.most_severe[term as usize];
    assert_eq!([SoTerm::SpliceAcceptor, SoTerm::Intron].map(most_severe), [2, 0]);
}

#[test]
fn haplotypes_of_any_number_are_interpreted_if_they_are_phased() {
    let (first, second) = ("missense|G|+|2N>2H|68354A>C", "missense|G|+|2N>2S|68355A>G");
    let both = "missense|G|+|2N>2R|68354A>C+68355A>G";
    for (records, expected) in [
        (
            ["68354 A C 0|1|1 1|0", "68355 A G 0|0|1 0|1"],
            [format!("{first},{both} . 1"), format!("@68354,{second} . 8")],
        ),
        (
            ["68354 A C 0/1/1/0 0|0", "68355 A G 0/0/1/0 0|0"],
            [format!("{first} . 0"), second.to_owned()],
        ),
        (
            ["68354 A C 0|1/1 0|0", "68355 A G 1/1/1 0|0"],
            [format!("{first} . 0"), format!("{second} . 0")],
        ),
    ] {
        let (found, outcome) = run(&REFERENCE, &records, CsqOptions::default()).unwrap();
        assert_eq!(found, expected, "{records:?}");
        let expected = "2 genotypes have more than two alleles; INFO/BCSQ includes their haplotypes, but \
                        FORMAT/BCSQ is missing for them (first in line 3, sample S0)";
        assert!(outcome.warnings.iter().any(|text| text == expected), "{:?}", outcome.warnings);
    }
    let require = CsqOptions { phase: Phase::Require, ..CsqOptions::default() };
    let error = annotate(&["68354 A C 0/0/1"], require).unwrap_err().to_string();
    assert!(error.starts_with("line 3, samples: a heterozygous genotype is not phased"), "{error}");
    for (phase, expected) in [
        (Phase::Skip, "GAS_NOTE=unphased_genotype".to_owned()),
        (Phase::AsIs, first.to_owned()),
        (Phase::Merge, format!("{first} .")),
        (Phase::NonReference, format!("{first} .")),
    ] {
        let options = CsqOptions { phase, ..CsqOptions::default() };
        assert_eq!(annotate(&["68354 A C 0/0/1"], options).unwrap(), [expected], "{phase:?}");
    }
}

#[test]
fn alleles_of_different_phase_sets_are_not_combined() {
    let (first, second) = ("missense|G|+|2N>2H|68354A>C", "missense|G|+|2N>2S|68355A>G");
    let both = "missense|G|+|2N>2R|68354A>C+68355A>G";
    for (records, expected, why) in [
        (
            ["68354 A C 1|0:7", "68355 A G 1|0:7"],
            [format!("{both} 1"), "@68354 1".to_owned()],
            "one phase set",
        ),
        (
            ["68354 A C 1|0:.", "68355 A G 1|0:."],
            [format!("{both} 1"), "@68354 1".to_owned()],
            "genotypes without PS are one phase set",
        ),
        (
            ["68354 A C 1|0:7", "68355 A G 1|0:9"],
            [format!("{first} 1"), format!("{second} 1")],
            "how two phase sets belong together is unknown",
        ),
        (
            ["68354 A C 1|1:7", "68355 A G 1|0:9"],
            [format!("{first},{both} 6"), "@68354 1".to_owned()],
            "both haplotypes have a homozygous allele, whatever its phase set",
        ),
        (
            ["68354 A C 1|0:7", "68355 A G 1/1:."],
            [format!("{both} 1"), format!("@68354,{second} 9")],
            "the same behind a heterozygous allele",
        ),
    ] {
        let found = annotate(&records, CsqOptions::default()).unwrap();
        assert_eq!(found, expected, "{records:?}: {why}");
    }
}

#[test]
fn genotypes_that_cannot_be_read_are_noted_and_named() {
    for genotype in ["0/3", "A/T", "1\\1", "1|x"] {
        let record = format!("68354 A C 0|1 {genotype}");
        let (found, outcome) = run(&REFERENCE, &[&record], CsqOptions::default()).unwrap();
        let expected = "GAS_NOTE=invalid_genotype;BCSQ=missense|G|+|2N>2H|68354A>C 2 0";
        assert_eq!(found, [expected], "{genotype}");
        let expected = "1 genotypes are not valid, or name an allele that the record does not have; they \
                        are taken as missing (first in line 3, sample S1)";
        assert!(outcome.warnings.iter().any(|text| text == expected), "{:?}", outcome.warnings);
        let alone = format!("68354 A C {genotype}");
        let found = annotate(&[&alone], CsqOptions::default()).unwrap();
        assert_eq!(found, ["GAS_NOTE=invalid_genotype,no_carrier"], "{genotype}");
    }
}

#[test]
fn structural_alleles_without_annotation_have_a_note() {
    let missense = "BCSQ=missense|G|+|2N>2H|68354A>C";
    for (alt, genotype, expected) in [
        ("<DUP>", "0|1", "GAS_NOTE=unsupported_allele".to_owned()),
        ("<INV>", "0|1", "GAS_NOTE=unsupported_allele".to_owned()),
        ("<CNV>", "0|1", "GAS_NOTE=unsupported_allele".to_owned()),
        ("A[20:70000[", "0|1", "GAS_NOTE=unsupported_allele".to_owned()),
        ("<BND>", "0|1", "GAS_NOTE=unsupported_allele".to_owned()),
        ("<CPX>", "0|1", "GAS_NOTE=unsupported_allele".to_owned()),
        ("C,<DUP>", "1|2", format!("GAS_NOTE=unsupported_allele;{missense} 1")),
        ("<DUP>,C", "1|2", format!("GAS_NOTE=unsupported_allele;{missense} 2")),
    ] {
        let record = format!("68354 A {alt} {genotype}");
        let (found, outcome) = run(&REFERENCE, &[&record], CsqOptions::default()).unwrap();
        assert_eq!(found, [expected], "{alt}");
        let counts = outcome.counts;
        let is_annotated = alt.contains('C') && alt.contains(',');
        assert_eq!(counts.gap(AnnotationGap::UnsupportedAllele) == 0, is_annotated, "{alt}");
        assert_eq!(counts.most_severe[SoTerm::Intergenic as usize], 0, "{alt}");
        let warning = "structural alleles are neither insertions nor deletions";
        assert!(outcome.warnings.iter().any(|text| text.contains(warning)), "{alt}");
    }
}

#[test]
fn only_records_outside_all_transcripts_are_counted_as_intergenic() {
    for (records, terms, classes, gaps) in [
        (&["68354 A C 1|0", "68355 A G 1|0"][..], [2, 0], [2, 0], [0, 0]),
        (&["68354 A C 0|0", "60000 N * 1|0"], [0, 0], [0, 0], [1, 1]),
        (&["65000 A C 1|0"], [0, 1], [0, 1], [0, 0]),
        (&["68354 A C,G 0|1", "68355 A T,*,<NON_REF> 0|1"], [2, 0], [2, 0], [0, 0]),
    ] {
        let contig = REFERENCE.contig(b"20").unwrap();
        let records: Vec<String> = records
            .iter()
            .map(|record| {
                let mut columns: Vec<&str> = record.split(' ').collect();
                let pos = columns[0].parse().unwrap();
                let base = contig.bases(pos, pos).unwrap();
                if columns[1] == "A" {
                    columns[1] = std::str::from_utf8(base).unwrap();
                }
                if columns[1] == columns[2] {
                    columns[2] = "T";
                }
                columns.join(" ")
            })
            .collect();
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        let (_, outcome) = run(&REFERENCE, &records, CsqOptions::default()).unwrap();
        let counts = outcome.counts;
        let found = [SoTerm::Missense, SoTerm::Intergenic].map(|t| counts.most_severe[t as usize]);
        assert_eq!(found, terms, "{records:?}");
        let found = [RegionClass::Cds, RegionClass::Intergenic];
        assert_eq!(found.map(|c| counts.region_classes[c as usize]), classes, "{records:?}");
        let found = [AnnotationGap::NoCarrier, AnnotationGap::NotAVariant];
        assert_eq!(found.map(|gap| counts.gap(gap)), gaps, "{records:?}");
    }
}

#[test]
fn a_substitution_around_an_intact_splice_site_changes_no_site() {
    // Exon 2 of DEFB125 begins at 76646, with the second base of codon 20.
    let contig = REFERENCE.contig(b"20").unwrap();
    let text = |from, to| std::str::from_utf8(contig.bases(from, to).unwrap()).unwrap().to_owned();
    let reference = text(76643, 76646);
    assert_eq!(&reference[1..3], "AG");
    for (alt, expected) in [("TAGC", "splice_region"), ("TACC", "splice_acceptor")] {
        let record = format!("76643 {reference} {alt} 1|0");
        let found = annotate(&[&record], CsqOptions::default()).unwrap();
        let part = format!("missense|G|+|20G>20A|76643{reference}>{alt}");
        assert_eq!(found, [format!("{expected}|G,{part} 5")], "{alt}");
        let local = CsqOptions { local: true, ..CsqOptions::default() };
        let found = annotate(&[&record], local).unwrap();
        assert_eq!(found, [format!("{expected}|G,{part} 5")], "{alt}");
    }
}

#[test]
fn a_deletion_of_a_whole_contig_is_annotated_on_all_its_transcripts() {
    let contig = REFERENCE.contig(b"20").unwrap();
    let length = contig.sequence.len();
    let record = format!("1 N <DEL>@END={length} 0|1");
    let found = annotate(&[&record], CsqOptions::default()).unwrap();
    let coding = contig.model.transcripts.iter().filter(|t| t.cds.is_some()).count();
    assert!(found[0].matches("coding_sequence&").count() >= coding, "{}", found[0].len());
    assert!(!found[0].contains("GAS_NOTE"));
}

#[test]
fn the_output_can_be_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.vcf"), folder.path().join("out.vcf.gz"));
    let text = "##fileformat=VCFv4.2\n##contig=<ID=20>\n\
                ##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n\
                #CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n\
                20\t68354\t.\tA\tC\t.\t.\t.\tGT\t1|0\n20\t68355\t.\tA\tG\t.\t.\t.\tGT\t1|0\n";
    std::fs::write(&input, text).unwrap();
    let options = Options { mode: Mode::Csq(CsqOptions::default()), ..Options::default() };
    let never = AtomicBool::new(false);
    annotate_file(&input, &output, &REFERENCE, &options, &never, &|_| {}).unwrap();
    gas_annotate::vcf::write_index(&output).unwrap();
}

#[test]
fn several_and_unusual_alternatives_are_annotated() {
    for (record, expected, why) in [
        (
            "68354 A C,G 1|2",
            "missense|G|+|2N>2H|68354A>C,missense|G|+|2N>2D|68354A>G 9",
            "each alternative is on its haplotype",
        ),
        (
            "68354 A * 0|1",
            "GAS_NOTE=not_a_variant",
            "an overlapping deletion has no consequences of its own",
        ),
        ("68354 A <INS> 0|1", "coding_sequence&feature_elongation|G 2", "a symbolic insertion"),
        (
            "68354 A <INS>,<NON_REF> 0|2",
            "GAS_NOTE=no_carrier;BCSQ=coding_sequence&feature_elongation|G",
            "no haplotype has the insertion",
        ),
        ("68354 a c 0|1", "missense|G|+|2N>2H|68354a>c 2", "lower case is preserved"),
        ("68354 T C 0|1", "GAS_NOTE=ref_mismatch", "REF does not match the reference"),
    ] {
        let found = annotate(&[record], CsqOptions::default()).unwrap();
        assert_eq!(found, [expected], "{record}: {why}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_haplotype_makes_the_engine_panic(
        start in prop_oneof![68_340i32..68_415, 76_640i32..76_660, 170_210i32..170_270, 1i32..12],
        parts in prop::collection::vec((0i32..12, 1i32..6, "[ACGT]{1,7}", 0u8..4, 0u8..4, 0usize..8), 1..12),
        local in any::<bool>(),
        has_phase_sets in any::<bool>(),
    ) {
        let contig = REFERENCE.contig(b"20").unwrap();
        let mut pos = start;
        let mut records = Vec::new();
        for (step, len, alt, left, right, other) in parts {
            pos += step;
            let bases = contig.bases(pos, pos + len - 1).unwrap();
            let reference = std::str::from_utf8(bases).unwrap();
            let allele = |n: u8| if n == 0 { "0" } else { "1" };
            let set = if has_phase_sets { format!(":{}", left % 3) } else { String::new() };
            let (left, right) = (allele(left), allele(right));
            let other = ["0|1|1", "1/1/0/1", "1|0|1|0|1", "0/9", "x", ".|1", "1", "1|1"][other];
            records.push(format!(
                "{pos} {reference} {alt} {left}|{right}{set} {right}/{left}{set} {other}{set}"
            ));
        }
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        let options = CsqOptions { local, ..CsqOptions::default() };
        prop_assert_eq!(annotate(&records, options).unwrap().len(), records.len());
    }
}

#[test]
fn a_deletion_beyond_the_end_of_the_contig_has_the_consequences_of_its_part_within() {
    let models = "20\tx\tgene\t11\t40\t.\t+\t.\tID=gene:N;Name=N;biotype=lncRNA\n\
                  20\tx\tlnc_RNA\t11\t40\t.\t+\t.\tID=transcript:NT;Parent=gene:N;biotype=lncRNA\n\
                  20\tx\texon\t11\t40\t.\t+\t.\tParent=transcript:NT\n";
    let sequence = "GATCACAGGTCTATCACCCTATTAACCACTCACGGGAGCT";
    let reference = small_reference::small_reference(&format!(">20\n{sequence}\n"), models);
    let annotated = annotate_with(
        &reference,
        &["38 GCTGG G", "38 GCAGG G", "41 GG G"],
        CsqOptions { local: true, ..CsqOptions::default() },
    );
    assert_eq!(
        annotated.unwrap(),
        ["non_coding|N||lncRNA", "GAS_NOTE=beyond_contig", "GAS_NOTE=beyond_contig"]
    );
}
