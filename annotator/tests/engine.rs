//! The engine on the demo reference: the expected effect of single variants, and property tests
//! that no input makes it panic.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use common::REFERENCE;
use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::pipeline::{Options, annotate_file};
use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use gas_annotate::report::write_count_log;
use gas_annotate::{Error, InputError};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

fn annotated(record: &str) -> Result<String, InputError> {
    annotated_as(record, AnnotationFormat::Csq)
}

fn annotated_as(record: &str, format: AnnotationFormat) -> Result<String, InputError> {
    let mut annotator = Annotator::new(&REFERENCE, 0, format);
    let mut out = Vec::new();
    annotator.record(1, record.as_bytes(), &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// Consequence, HGVSc, HGVSp and codons in the entry of a transcript or gene.
fn effect(chrom: &str, pos: u32, reference: &str, alt: &str, feature: &str) -> String {
    let line = annotated(&format!("{chrom}\t{pos}\t.\t{reference}\t{alt}\t.\t.\t.")).unwrap();
    let entries = line.split("CSQ=").nth(1).unwrap().trim_end().split(',');
    let fields = entries.map(|e| e.split('|').collect::<Vec<_>>());
    let found = fields.into_iter().find(|f| f[6] == feature || f[3] == feature);
    found.map_or_else(
        || "none".to_owned(),
        |f| {
            let bare =
                |text: &str| text.split(':').next_back().unwrap_or_default().replace("%3D", "=");
            let parts = [f[1].to_owned(), bare(f[10]), bare(f[11]), f[16].to_owned()];
            parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
        },
    )
}

#[test]
fn each_variant_has_its_expected_effect() {
    // The expected values agree with Ensembl VEP 115.2 on the same models.
    for (chrom, pos, reference, alt, feature, expected, why) in [
        (
            "20",
            76758,
            "T",
            "C",
            "ENST00000382410",
            "synonymous_variant c.171T>C p.Ile57= atT/atC",
            "the third base of isoleucine",
        ),
        (
            "20",
            69211,
            "A",
            "C",
            "ENST00000382410",
            "intron_variant c.58+803A>C",
            "deep in an intron",
        ),
        (
            "20",
            69211,
            "A",
            "C",
            "ENST00000608838",
            "intron_variant&non_coding_transcript_variant n.110+1211A>C",
            "a non-coding isoform is numbered n.",
        ),
        (
            "20",
            123252,
            "A",
            "C",
            "ENSTX000003",
            "5_prime_UTR_variant c.-18A>C",
            "before the start codon",
        ),
        (
            "20",
            65069,
            "T",
            "A",
            "ENST00000382410",
            "upstream_gene_variant",
            "within 5 kb before a forward gene",
        ),
        (
            "20",
            78149,
            "A",
            "T",
            "ENST00000382410",
            "downstream_gene_variant",
            "within 5 kb after a forward gene",
        ),
        (
            "20",
            825474,
            "AGC",
            "A",
            "ENST00000246100",
            "frameshift_variant c.28_29del p.Ala10ProfsTer68 GCc/c",
            "two bases deleted",
        ),
        (
            "20",
            259868,
            "T",
            "TCCCCGATA",
            "ENST00000382369",
            "frameshift_variant c.304_305insTATCGGGG p.Glu102ValfsTer39 gag/gTATCGGGGag",
            "bases inserted into a reverse gene",
        ),
        (
            "20",
            470522,
            "A",
            "AGAG",
            "ENSTX000051",
            "inframe_insertion c.624_625insCTC p.Met208_Tyr209insLeu -/CTC",
            "a codon inserted between two codons",
        ),
        (
            "20",
            3740746,
            "A",
            "G",
            "ENST00000217195",
            "start_lost c.2T>C p.Met1? aTg/aCg",
            "the start codon, reverse strand",
        ),
        (
            "20",
            3018777,
            "T",
            "C",
            "ENST00000216877",
            "stop_lost c.2380T>C p.Ter794GlnextTer22 Taa/Caa",
            "the stop codon, forward strand",
        ),
        (
            "20",
            251917,
            "A",
            "G",
            "ENST00000382369",
            "splice_polypyrimidine_tract_variant&intron_variant c.927-9T>C",
            "nine bases before an exon",
        ),
        (
            "20",
            656108,
            "C",
            "A",
            "ENST00000488788",
            "splice_donor_5th_base_variant&intron_variant c.133+5G>T",
            "the fifth base of an intron",
        ),
        (
            "20",
            2840451,
            "TTGGTATG",
            "T",
            "ENST00000380469",
            "splice_donor_variant&splice_donor_5th_base_variant&coding_sequence_variant&intron_variant c.142_142+6del",
            "across the end of an exon",
        ),
        (
            "20",
            3175998,
            "TC",
            "T",
            "ENST00000380201",
            "frameshift_variant&splice_region_variant c.511del p.Glu171ArgfsTer20 Gag/ag",
            "next to a splice site",
        ),
        (
            "MT",
            3308,
            "T",
            "C",
            "MT-ND1",
            "start_lost c.2T>C p.Met1? aTa/aCa",
            "ATA starts in mitochondria, ACA does not",
        ),
        (
            "MT",
            3436,
            "G",
            "A",
            "MT-ND1",
            "stop_gained c.130G>A p.Gly44Ter Ggg/Agg",
            "AGG is a stop in mitochondria",
        ),
        (
            "chrM",
            5511,
            "T",
            "A",
            "MT-ND2",
            "stop_lost c.1042T>A p.Ter348LysextTer? Taa/Aaa",
            "the poly-A tail completes the stop codon",
        ),
    ] {
        assert_eq!(effect(chrom, pos, reference, alt, feature), expected, "{chrom}:{pos} {why}");
    }
}

#[test]
fn an_entry_of_ann_has_sixteen_fields() {
    for pos in [76758, 65069, 69211, 85570] {
        let line =
            annotated_as(&format!("20\t{pos}\t.\tN\tC\t.\t.\t."), AnnotationFormat::Ann).unwrap();
        let entries = line.split("ANN=").nth(1).unwrap().trim_end();
        for entry in entries.split(',') {
            assert_eq!(entry.split('|').count(), 16, "{entry}");
        }
    }
    let line = annotated_as("20\t76758\t.\tT\tC\t.\t.\t.", AnnotationFormat::Ann).unwrap();
    let expected = "C|synonymous_variant|LOW|DEFB125|ENSG00000178591|transcript|ENST00000382410|\
        protein_coding|2/2|c.171T>C|p.Ile57%3D|171/587|171/471|57/157||";
    assert!(line.contains(expected), "{line}");
}

#[test]
fn tracks_add_known_variants_and_regions() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let bases = "ACGTACGTAC".repeat(20);
    let gff = "1\tx\tgene\t50\t90\t.\t+\t.\tID=g1;Name=G1\n\
               1\tx\tmRNA\t50\t90\t.\t+\t.\tID=t1;Parent=g1\n\
               1\tx\texon\t50\t90\t.\t+\t.\tParent=t1\n";
    let known = "##fileformat=VCFv4.2\n1\t20\trs7\tCACG\tCCG\t.\t.\tAF=0.25;CLNSIG=Benign,other\n\
        1\t100\trs8\tCAC\tC\t.\t.\t.\n1\t140\trs9\tC\tCAC\t.\t.\t.\n";
    let out = folder.path().join("bundle");
    build_reference(&BuildOptions {
        gff: vec![write("m.gff3", gff)],
        fasta: vec![write("s.fa", &format!(">1\n{bases}\n"))],
        vcf_tracks: vec![("dbsnp".to_owned(), write("k.vcf", known))],
        bed_tracks: vec![("segdup".to_owned(), write("r.bed", "chr1\t0\t30\tD 1\n"))],
        assembly: "test".to_owned(),
        out: out.clone(),
    })
    .unwrap();
    let reference = Reference::open(&out).unwrap();
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    let mut text = Vec::new();
    annotator.record(1, b"1\t20\t.\tCA\tC\t.\t.\t.", &mut text).unwrap();
    let line = String::from_utf8(text).unwrap();
    // The track has the same deletion in a longer spelling.
    assert!(line.contains("|rs7|") && line.contains("|0.25|Benign&other;segdup=D_1\n"), "{line}");
    // The track and the file have the same variants at different places in their repeats.
    for (record, identifier) in [
        ("1\t98\t.\tTAC\tT\t.\t.\t.", "rs8"),
        ("1\t98\t.\tTACA\tTA,TACACA\t.\t.\t.", "rs8"),
        ("1\t138\t.\tT\tTAC\t.\t.\t.", "rs9"),
        ("1\t141\t.\tA\tACA\t.\t.\t.", "rs9"),
    ] {
        let mut text = Vec::new();
        annotator.record(2, record.as_bytes(), &mut text).unwrap();
        let line = String::from_utf8(text).unwrap();
        assert_eq!(line.matches(&format!("|{identifier}|")).count(), 1, "{record}: {line}");
    }
    let counts = annotator.into_counts();
    assert_eq!((counts.in_dbsnp, counts.tracks), (5, vec![5, 1]));
    // An insertion is in a region that has the bases on both sides.
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    for (record, is_within) in [
        ("1\t29\t.\tA\tAGG\t.\t.\t.", true),
        ("1\t30\t.\tC\tCGG\t.\t.\t.", false),
        ("1\t30\t.\tC\t<INS>\t.\t.\t.", false),
        ("1\t30\t.\tCA\tC\t.\t.\t.", false),
        ("1\t29\t.\tAC\tA\t.\t.\t.", true),
    ] {
        let mut text = Vec::new();
        annotator.record(3, record.as_bytes(), &mut text).unwrap();
        let line = String::from_utf8(text).unwrap();
        assert_eq!(line.contains(";segdup=D_1"), is_within, "{record}: {line}");
    }
}

#[test]
fn a_bgzipped_sample_can_be_indexed() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/samples/premium.vcf");
    let (_, packed, _folder) = run(&std::fs::read_to_string(sample).unwrap(), "out.vcf.gz", 1);
    let index = gas_annotate::vcf::write_index(&packed).unwrap();
    assert!(index.ends_with("out.vcf.gz.tbi") && std::fs::metadata(index).unwrap().len() > 100);
}

#[test]
fn id_info_and_samples_of_the_input_are_kept() {
    let line = annotated("20\t65069\trs1;mine\tT\tA,C\t5\tPASS\tAC=1").unwrap();
    assert!(line.starts_with("20\t65069\trs1;mine\tT\tA,C\t5\tPASS\tAC=1;CSQ=A|"), "{line}");
    assert!(line.contains(",C|upstream_gene_variant|"), "{line}");
    let line = annotated("20\t65069\t.\tT\t.\t.\t.\t.").unwrap();
    assert_eq!(line, "20\t65069\t.\tT\t.\t.\t.\tGAS_NOTE=not_a_variant\n");
    let line = annotated("unplaced\t5\t.\tT\tA\t.\t.\t.").unwrap();
    assert_eq!(line, "unplaced\t5\t.\tT\tA\t.\t.\tGAS_NOTE=outside_reference\n");
}

/// Annotates a text. Returns the count log and the output, in a folder that the test has to hold.
fn run(text: &str, name: &str, threads: usize) -> (Result<String, Error>, PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.vcf"), folder.path().join(name));
    std::fs::write(&input, text).unwrap();
    let options = Options { threads, ..Options::default() };
    let done =
        annotate_file(&input, &output, &REFERENCE, &options, &AtomicBool::new(false), &|_| {});
    (done.map(|o| write_count_log(&o.counts, &[], &o.warnings)), output, folder)
}

const HEADER: &str = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";

#[test]
fn an_invalid_line_is_named_and_no_output_remains() {
    let (result, output, _folder) =
        run(&format!("{HEADER}20\t12a\t.\tA\tC\t.\t.\t.\n"), "out.vcf", 1);
    assert_eq!(result.unwrap_err().to_string(), "line 3, POS: \"12a\" is not a position");
    assert!(!output.exists());
}

#[test]
fn a_file_of_another_assembly_is_rejected_with_advice() {
    let records: String = (0..40)
        .map(|n| {
            let pos = 1_000_000 + n * 100;
            let base = REFERENCE.contig(b"20").unwrap().bases(pos, pos).unwrap()[0];
            let other = if base == b'A' { 'C' } else { 'A' };
            format!("20\t{pos}\t.\t{other}\tT\t.\t.\t.\n")
        })
        .collect();
    let text = HEADER.replace("#CHROM", "##contig=<ID=20,length=64444167>\n#CHROM") + &records;
    let error = run(&text, "out.vcf", 1).0.unwrap_err().to_string();
    assert!(error.contains("looks like GRCh38; lift it over to GRCh37"), "{error}");
}

#[test]
fn threads_and_compression_do_not_change_the_output() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/samples/premium.vcf");
    let text = std::fs::read_to_string(sample).unwrap();
    let (log, plain, _plain_folder) = run(&text, "one.vcf", 1);
    let (log_two, packed, _packed_folder) = run(&text, "two.vcf.gz", 2);
    assert_eq!(log.unwrap(), log_two.unwrap());
    let mut unpacked = String::new();
    let file = std::fs::File::open(packed).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(file), &mut unpacked)
        .unwrap();
    assert_eq!(std::fs::read_to_string(plain).unwrap(), unpacked);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_allele_makes_the_engine_panic(
        pos in prop_oneof![0u64..20, 60_000u64..80_000, 4_999_900u64..5_000_100, any::<u32>().prop_map(u64::from)],
        reference in "[ACGTN]{1,12}",
        alt in prop_oneof!["[ACGTN]{1,12}", "<(DEL|DUP|INS|INV|CNV)>", Just("*".to_owned()), Just("A[20:5[".to_owned())],
        chrom in prop_oneof![Just("20"), Just("MT")],
        end in any::<i64>(),
    ) {
        let line = annotated(&format!("{chrom}\t{pos}\t.\t{reference}\t{alt}\t.\t.\tEND={end}")).unwrap();
        prop_assert_eq!(line.matches('\t').count(), 7);
        prop_assert!(line.ends_with('\n'));
    }

    #[test]
    fn no_line_makes_the_reader_panic(line in "\\PC{0,60}", tabs in "(20|MT|x)\t[0-9a]{1,6}\t.\t[ACGT.<*>]{0,3}\t[ACGT.,<*>\\[:]{0,5}\t.\t.\t[A-Z=;.]{0,5}") {
        // An error is fine, a panic is not.
        let _ = annotated(&line);
        let _ = annotated(&tabs);
    }
}

/// Annotates a text with an index to `out.vcf.gz` in a folder and returns its warnings.
fn indexed(folder: &Path, text: &str, threads: usize) -> Vec<String> {
    let (input, output) = (folder.join("in.vcf"), folder.join("out.vcf.gz"));
    std::fs::write(&input, text).unwrap();
    let options = Options { threads, index: true, ..Options::default() };
    let never = AtomicBool::new(false);
    annotate_file(&input, &output, &REFERENCE, &options, &never, &|_| {}).unwrap().warnings
}

#[test]
fn the_index_of_a_run_is_the_one_that_the_written_file_gives() {
    let folder = tempfile::tempdir().unwrap();
    let record = |n: u64| {
        let pos = 60_001 + n * 7;
        let end =
            if n.is_multiple_of(50) { format!("END={}", pos + 100_000) } else { ".".to_owned() };
        format!("20\t{pos}\t.\tN\tA\t.\t.\t{end}\n")
    };
    // Several chunks of many blocks, and a contig that the reference does not have.
    let mut text = HEADER.to_owned();
    text.extend((0..40_000).map(record));
    text.push_str("other\t5\t.\tA\tC\t.\t.\t.\n\nother\t0\t.\tA\tC\t.\t.\t.\n");
    let output = folder.path().join("out.vcf.gz");
    for threads in [1, 3] {
        indexed(folder.path(), &text, threads);
        let index = std::fs::read(folder.path().join("out.vcf.gz.tbi")).unwrap();
        let read_back = gas_annotate::vcf::write_index(&output).unwrap();
        assert!(std::fs::read(read_back).unwrap() == index, "{threads} threads");
    }
}

#[test]
fn an_unsorted_file_is_sorted_and_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{HEADER}20\t68355\t.\tA\tG\t.\t.\t.\n20\t68354\t.\tA\tC\t.\t.\t.\n");
    let warnings = indexed(folder.path(), &text, 1);
    assert!(warnings[0].contains("it was sorted"), "{warnings:?}");
    assert!(folder.path().join("out.vcf.gz.tbi").exists());
}

#[test]
fn contigs_that_are_too_long_for_tabix_have_a_csi_index() {
    let folder = tempfile::tempdir().unwrap();
    let stale = folder.path().join("out.vcf.gz.tbi");
    std::fs::write(&stale, "of an earlier run").unwrap();
    let text = format!(
        "##fileformat=VCFv4.2\n##contig=<ID=1,length=800000000>\n{}1\t700000000\t.\tA\tC\t.\t.\t.\n\
         20\t68354\t.\tA\tC\t.\t.\t.\n",
        HEADER.split_once('\n').unwrap().1
    );
    indexed(folder.path(), &text, 1);
    assert!(folder.path().join("out.vcf.gz.csi").exists() && !stale.exists());
}
