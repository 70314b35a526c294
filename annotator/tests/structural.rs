//! Alleles without a sequence: placeholders, which are no variants, and structural variants.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "common/small_reference.rs"]
mod small_reference;

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, Outcome, annotate_file};
use gas_annotate::reference::Reference;
use proptest::prelude::*;
use small_reference::small_reference;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

/// A forward gene (1:301-900, CDS 351-751), a reverse gene (1:1101-1500, CDS 1150-1450), a non-coding
/// gene (1:1601-1700), one that decays (1:1751-1790) and a gene on another contig (2:301-500).
const MODELS: &str = "1\tx\tgene\t301\t900\t.\t+\t.\tID=gene:GF;Name=GF;biotype=protein_coding
1\tx\tmRNA\t301\t900\t.\t+\t.\tID=transcript:TF;Parent=gene:GF;biotype=protein_coding
1\tx\texon\t301\t400\t.\t+\t.\tParent=transcript:TF
1\tx\texon\t501\t600\t.\t+\t.\tParent=transcript:TF
1\tx\texon\t701\t900\t.\t+\t.\tParent=transcript:TF
1\tx\tCDS\t351\t400\t.\t+\t0\tID=CDS:PF;Parent=transcript:TF;protein_id=PF
1\tx\tCDS\t501\t600\t.\t+\t1\tID=CDS:PF;Parent=transcript:TF;protein_id=PF
1\tx\tCDS\t701\t751\t.\t+\t0\tID=CDS:PF;Parent=transcript:TF;protein_id=PF
1\tx\tgene\t1101\t1500\t.\t-\t.\tID=gene:GR;Name=GR;biotype=protein_coding
1\tx\tmRNA\t1101\t1500\t.\t-\t.\tID=transcript:TR;Parent=gene:GR;biotype=protein_coding
1\tx\texon\t1301\t1500\t.\t-\t.\tParent=transcript:TR
1\tx\texon\t1101\t1200\t.\t-\t.\tParent=transcript:TR
1\tx\tCDS\t1301\t1450\t.\t-\t0\tID=CDS:PR;Parent=transcript:TR;protein_id=PR
1\tx\tCDS\t1150\t1200\t.\t-\t0\tID=CDS:PR;Parent=transcript:TR;protein_id=PR
1\tx\tncRNA_gene\t1601\t1700\t.\t+\t.\tID=gene:GN;Name=GN;biotype=lncRNA
1\tx\tlnc_RNA\t1601\t1700\t.\t+\t.\tID=transcript:TN;Parent=gene:GN;biotype=lncRNA
1\tx\texon\t1601\t1640\t.\t+\t.\tParent=transcript:TN
1\tx\texon\t1661\t1700\t.\t+\t.\tParent=transcript:TN
1\tx\tgene\t1751\t1790\t.\t+\t.\tID=gene:GD;Name=GD;biotype=protein_coding
1\tx\tmRNA\t1751\t1790\t.\t+\t.\tID=transcript:TD;Parent=gene:GD;biotype=nonsense_mediated_decay
1\tx\texon\t1751\t1790\t.\t+\t.\tParent=transcript:TD
1\tx\tCDS\t1761\t1781\t.\t+\t0\tID=CDS:PD;Parent=transcript:TD;protein_id=PD
2\tx\tgene\t301\t500\t.\t+\t.\tID=gene:G2;Name=G2;biotype=protein_coding
2\tx\tmRNA\t301\t500\t.\t+\t.\tID=transcript:T2;Parent=gene:G2;biotype=protein_coding
2\tx\texon\t301\t500\t.\t+\t.\tParent=transcript:T2
2\tx\tCDS\t331\t390\t.\t+\t0\tID=CDS:P2;Parent=transcript:T2;protein_id=P2
";

/// 2,000 bases without long repeats, in which some positions have the bases that tests need.
fn sequence() -> String {
    let mut state = 7u32;
    let mut bases: Vec<u8> = (0..2000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"ACGT"[(state >> 30) as usize]
        })
        .collect();
    for (pos, text) in [
        (351, "ATG"),
        (510, "GAAAAAC"),
        (749, "TAA"),
        (950, "TCACACAG"),
        (961, "A"),
        (970, "A"),
        (971, "AC"),
        (979, "CT"),
        (1150, "TTA"),
        (1448, "CAT"),
    ] {
        bases[pos - 1..pos - 1 + text.len()].copy_from_slice(text.as_bytes());
    }
    String::from_utf8(bases).unwrap()
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let fasta = format!(">1\n{}\n>2\n{}\n", sequence(), &sequence()[..600]);
    small_reference(&fasta, &format!("##gff-version 3\n{MODELS}"))
});

const CSQ: Mode = Mode::Full(AnnotationFormat::Csq);

fn modes() -> [Mode; 4] {
    let local = CsqOptions { local: true, ..CsqOptions::default() };
    [CSQ, Mode::Full(AnnotationFormat::Ann), Mode::Csq(CsqOptions::default()), Mode::Csq(local)]
}

/// Annotates records of contig 1, each as POS, REF, ALT and INFO, and returns their INFO columns.
fn annotate(mode: Mode, records: &[(u32, &str, &str, &str)]) -> (Outcome, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.vcf"), folder.path().join("out.vcf"));
    let mut text =
        "##fileformat=VCFv4.4\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n".to_owned();
    for (pos, reference, alt, info) in records {
        text.push_str(&format!("1\t{pos}\t.\t{reference}\t{alt}\t.\t.\t{info}\n"));
    }
    std::fs::write(&input, text).unwrap();
    let options = Options { mode, ..Options::default() };
    let never = AtomicBool::new(false);
    let outcome = annotate_file(&input, &output, &REFERENCE, &options, &never, &|_| {}).unwrap();
    let text = std::fs::read_to_string(output).unwrap();
    let records = text.lines().filter(|line| !line.starts_with('#'));
    (outcome, records.map(|line| line.split('\t').nth(7).unwrap().to_owned()).collect())
}

fn info(mode: Mode, record: (u32, &str, &str, &str)) -> String {
    annotate(mode, &[record]).1.remove(0)
}

/// The CSQ entries of a structural allele, split into fields.
fn entries(pos: u32, alt: &str, fields: &str) -> Vec<Vec<String>> {
    let info = info(CSQ, (pos, "N", alt, fields));
    let text = info.split("CSQ=").nth(1).unwrap_or_else(|| panic!("{info}"));
    text.split(',').map(|entry| entry.split('|').map(str::to_owned).collect()).collect()
}

/// The consequence of a structural allele on a transcript.
fn terms(pos: u32, alt: &str, fields: &str, transcript: &str) -> String {
    let entries = entries(pos, alt, fields);
    let found = entries.into_iter().find(|entry| entry[6] == transcript);
    found.map_or_else(|| "none".to_owned(), |entry| entry[1].clone())
}

/// The genomic description of a structural allele.
fn genomic(pos: u32, alt: &str, fields: &str) -> String {
    entries(pos, alt, fields)[0][24].clone()
}

#[test]
fn a_placeholder_has_no_annotation_in_any_format_and_is_counted_as_no_variant() {
    let base = sequence()[511..512].to_owned();
    let lower = base.to_lowercase();
    for alt in [
        "<NON_REF>",
        "<non_ref>",
        "<*>",
        "*",
        "<*:DEL>",
        "<DEL:*>",
        "<X>",
        "X",
        "<CGA_NOCALL>",
        "<CGA_CNVWIN>",
        ".",
        base.as_str(),
        lower.as_str(),
        "<NON_REF>,*",
    ] {
        for mode in modes() {
            let (outcome, infos) = annotate(mode, &[(512, &base, alt, "END=540;SVLEN=28")]);
            assert_eq!(infos, ["END=540;SVLEN=28;GAS_NOTE=not_a_variant"], "{alt}");
            let counts = &outcome.counts;
            assert_eq!(counts.kinds.iter().rev().skip(1).sum::<u64>(), 0, "{alt}");
            assert_eq!(counts.terms.iter().sum::<u64>(), 0, "{alt}");
            assert_eq!(counts.multiallelic, 0, "{alt}");
            assert_eq!(outcome.warnings, Vec::<String>::new(), "{alt}");
        }
    }
}

#[test]
fn an_allele_beside_placeholders_is_annotated_as_without_them() {
    for (pos, reference, alt) in [(510, "GA", "G"), (510, "G", "GA"), (510, "G", "C")] {
        for other in ["<NON_REF>", "*", "<*>", "X", "<*:DEL>", reference] {
            for mode in modes() {
                let expected = info(mode, (pos, reference, alt, "."));
                let after = format!("{alt},{other}");
                assert_eq!(info(mode, (pos, reference, &after, ".")), expected, "{after}");
                // BCSQ does not name the allele, and CSQ does not number it.
                let before = format!("{other},{alt}");
                assert_eq!(info(mode, (pos, reference, &before, ".")), expected, "{before}");
            }
        }
    }
}

#[test]
fn a_variant_over_a_whole_transcript_ablates_or_amplifies_it() {
    for (alt, coding, non_coding, decaying) in [
        ("<DEL>", "transcript_ablation", "transcript_ablation", "transcript_ablation"),
        ("<DEL:ME:ALU>", "transcript_ablation", "transcript_ablation", "transcript_ablation"),
        ("<CN0>", "transcript_ablation", "transcript_ablation", "transcript_ablation"),
        ("<CN=0>", "transcript_ablation", "transcript_ablation", "transcript_ablation"),
        (
            "<DUP>",
            "transcript_amplification",
            "transcript_amplification",
            "transcript_amplification",
        ),
        (
            "<CN2>",
            "transcript_amplification",
            "transcript_amplification",
            "transcript_amplification",
        ),
        (
            "<CN=5>",
            "transcript_amplification",
            "transcript_amplification",
            "transcript_amplification",
        ),
        (
            "<DUP:TANDEM>",
            "transcript_amplification",
            "transcript_amplification",
            "transcript_amplification",
        ),
        (
            "<INV>",
            "coding_transcript_variant",
            "non_coding_transcript_variant",
            "NMD_transcript_variant",
        ),
        (
            "<CNV>",
            "coding_transcript_variant",
            "non_coding_transcript_variant",
            "NMD_transcript_variant",
        ),
        (
            "<CN1>",
            "coding_transcript_variant",
            "non_coding_transcript_variant",
            "NMD_transcript_variant",
        ),
        (
            "<CNV:TR>",
            "coding_transcript_variant",
            "non_coding_transcript_variant",
            "NMD_transcript_variant",
        ),
    ] {
        for (pos, end, transcript, expected) in [
            (300, 900, "TF", coding),
            (1000, 1600, "TR", coding),
            (1600, 1700, "TN", non_coding),
            (1750, 1790, "TD", decaying),
        ] {
            let fields = format!("END={end};SVTYPE=CNV");
            assert_eq!(terms(pos, alt, &fields, transcript), expected, "{alt} {transcript}");
            let length = format!("SVLEN={}", end - pos);
            assert_eq!(terms(pos, alt, &length, transcript), expected, "{alt} {transcript}");
        }
    }
    // One base less.
    for (pos, end, feature) in [(301, 900, "TF"), (300, 899, "TF"), (1101, 1600, "TR")] {
        for alt in ["<DEL>", "<DUP>"] {
            let found = terms(pos, alt, &format!("END={end}"), feature);
            assert!(!found.contains("ablation") && !found.contains("amplif"), "{alt} {found}");
        }
    }
}

#[test]
fn a_variant_in_a_part_of_a_transcript_has_its_terms() {
    for (pos, alt, fields, transcript, expected) in [
        // Deletions, forward and reverse.
        (299, "<DEL>", "END=350", "TF", "feature_truncation&5_prime_UTR_variant"),
        (509, "<DEL>", "END=518", "TF", "feature_truncation&inframe_deletion"),
        (509, "<DEL>", "SVLEN=-8", "TF", "frameshift_variant&feature_truncation"),
        (420, "<DEL>", "END=450", "TF", "intron_variant"),
        (
            395,
            "<DEL>",
            "END=405",
            "TF",
            "splice_donor_variant&feature_truncation&splice_donor_5th_base_variant&\
             coding_sequence_variant&intron_variant",
        ),
        (
            349,
            "<DEL>",
            "END=355",
            "TF",
            "start_lost&feature_truncation&coding_sequence_variant&5_prime_UTR_variant",
        ),
        (
            748,
            "<DEL>",
            "END=800",
            "TF",
            "stop_lost&feature_truncation&coding_sequence_variant&3_prime_UTR_variant",
        ),
        (1446, "<DEL>", "END=1449", "TR", "start_lost&feature_truncation&inframe_deletion"),
        (
            1140,
            "<CN0>",
            "END=1155",
            "TR",
            "stop_lost&feature_truncation&coding_sequence_variant&3_prime_UTR_variant",
        ),
        (
            1298,
            "<DEL>",
            "END=1305",
            "TR",
            "splice_donor_variant&feature_truncation&coding_sequence_variant",
        ),
        (1630, "<DEL>", "END=1635", "TN", "feature_truncation&non_coding_transcript_exon_variant"),
        (
            1765,
            "<DEL>",
            "END=1768",
            "TD",
            "feature_truncation&inframe_deletion&NMD_transcript_variant",
        ),
        (1000, "<DEL>", "END=1050", "TF", "downstream_gene_variant"),
        (1000, "<DEL>", "END=1050", "TR", "downstream_gene_variant"),
        // Copies leave what they copy as it is.
        (509, "<CN2>", "END=518", "TF", "feature_elongation&coding_sequence_variant"),
        (
            349,
            "<CN2>",
            "END=355",
            "TF",
            "feature_elongation&coding_sequence_variant&5_prime_UTR_variant",
        ),
        (
            450,
            "<DUP:TANDEM>",
            "END=650",
            "TF",
            "feature_elongation&coding_sequence_variant&intron_variant",
        ),
        (800, "<CN2>", "END=1000", "TF", "3_prime_UTR_variant"),
        (401, "<CN2>", "END=450", "TF", "splice_donor_variant&intron_variant"),
        (509, "<CNV>", "END=518", "TF", "coding_sequence_variant"),
        // Insertions; END is not theirs.
        (509, "<INS>", "END=900", "TF", "feature_elongation&coding_sequence_variant"),
        (509, "<INS:ME:ALU>", "SVLEN=300", "TF", "feature_elongation&coding_sequence_variant"),
        (351, "<INS>", ".", "TF", "start_lost&feature_elongation&coding_sequence_variant"),
        (749, "<INS>", ".", "TF", "stop_lost&feature_elongation&coding_sequence_variant"),
        (450, "<INS:ME:L1>", ".", "TF", "intron_variant"),
        (401, "<INS>", ".", "TF", "splice_donor_variant"),
        // Inversions.
        (509, "<INV>", "END=518", "TF", "coding_sequence_variant"),
        (349, "<INV>", "END=360", "TF", "start_lost&coding_sequence_variant&5_prime_UTR_variant"),
        // Tandem repeats whose bases are not known.
        (
            509,
            "<CNV:TR>",
            "SVLEN=9;RN=1;RUL=3;RUC=7",
            "TF",
            "feature_elongation&coding_sequence_variant",
        ),
        (509, "<CNV:TR>", "SVLEN=9;RB=6", "TF", "feature_truncation&coding_sequence_variant"),
        // The ends are unknown or uncertain, so the reading frame is, too.
        (509, "<DEL>", "SVTYPE=DEL", "TF", "feature_truncation&coding_sequence_variant"),
        (509, "<DEL>", "END=400", "TF", "feature_truncation&coding_sequence_variant"),
        (509, "<DEL>", "END=518;CIPOS=-5,5", "TF", "feature_truncation&coding_sequence_variant"),
        (509, "<DEL>", "END=518;IMPRECISE", "TF", "feature_truncation&coding_sequence_variant"),
    ] {
        assert_eq!(terms(pos, alt, fields, transcript), expected, "{pos} {alt} {fields}");
    }
}

#[test]
fn a_coding_sequence_that_begins_and_ends_within_codons_has_no_start_or_stop_to_lose() {
    let models = MODELS
        .replace("CDS\t351\t400\t.\t+\t0", "CDS\t351\t400\t.\t+\t2")
        .replace("CDS\t501\t600\t.\t+\t1", "CDS\t501\t600\t.\t+\t0")
        .replace("CDS\t701\t751\t.\t+\t0", "CDS\t701\t751\t.\t+\t2");
    let fasta = format!(">1\n{}\n>2\n{}\n", sequence(), &sequence()[..600]);
    let reference = small_reference(&fasta, &format!("##gff-version 3\n{models}"));
    for (pos, end, utr) in [(349, 355, 5), (748, 800, 3)] {
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        let record = format!("1\t{pos}\t.\tN\t<DEL>\t.\t.\tEND={end}");
        annotator.record(1, record.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let found = text.split("CSQ=").nth(1).unwrap().split('|').nth(1).unwrap();
        let expected =
            format!("feature_truncation&coding_sequence_variant&{utr}_prime_UTR_variant");
        assert_eq!(found, expected, "{record}");
    }
}

/// SO: stop_lost is a change of the terminator codon, start_lost of the start codon. Models of
/// Ensembl's GFF3 that are cut at an end have neither there, and no attribute says so.
#[test]
fn a_coding_sequence_without_start_and_stop_codon_has_none_to_lose() {
    let expected =
        |utr: u8| format!("feature_truncation&coding_sequence_variant&{utr}_prime_UTR_variant");
    let mut bases = sequence().into_bytes();
    for (pos, codon) in [(351, b"GCC"), (749, b"GCC"), (1150, b"GGC"), (1448, b"GGC")] {
        bases[pos - 1..pos + 2].copy_from_slice(codon);
    }
    let bases = String::from_utf8(bases).unwrap();
    let fasta = format!(">1\n{bases}\n>2\n{}\n", &bases[..600]);
    let reference = small_reference(&fasta, &format!("##gff-version 3\n{MODELS}"));
    for (pos, end, utr) in [(349, 355, 5), (748, 800, 3), (1446, 1452, 5), (1140, 1155, 3)] {
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        let record = format!("1\t{pos}\t.\tN\t<DEL>\t.\t.\tEND={end}");
        annotator.record(1, record.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut entries = text.split("CSQ=").nth(1).unwrap().split(',');
        let found =
            entries.find_map(|entry| entry.split('|').nth(1).filter(|t| t.contains("coding_seq")));
        assert_eq!(found, Some(&expected(utr)[..]), "{record}: {text}");
    }
}

/// The poly-A tail completes the stop codon of many mitochondrial genes, `T` or `TA`. The bases
/// before are those of another codon.
#[test]
fn a_stop_codon_that_the_poly_a_tail_completes_is_its_own_bases() {
    let coding = "ATGGCCGCAGCTCTACTAACCT";
    let fasta = format!(">MT\nGGCATTGCAA{coding}GGCCATTGCAAGTCATTGCA\n");
    let end = 10 + coding.len();
    let models = format!(
        "MT\tx\tmRNA\t11\t{end}\t.\t+\t.\tID=T\nMT\tx\texon\t11\t{end}\t.\t+\t.\tParent=T\n\
         MT\tx\tCDS\t11\t{end}\t.\t+\t0\tID=P;Parent=T\n"
    );
    let reference = small_reference(&fasta, &models);
    let terms = |pos: usize, end: usize| {
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        let record = format!("MT\t{pos}\t.\tN\t<DEL>\t.\t.\tEND={end}");
        annotator.record(1, record.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.split("CSQ=").nth(1).unwrap().split('|').nth(1).unwrap().to_owned()
    };
    assert_eq!(terms(end - 2, end - 1), "frameshift_variant&feature_truncation");
    assert_eq!(terms(end - 1, end), "frameshift_variant&stop_lost&feature_truncation");
}

#[test]
fn a_variant_that_begins_at_the_telomere_begins_at_the_first_base() {
    for (alt, fields, expected) in [
        ("<DEL>", "END=900", "transcript_ablation"),
        ("<DEL>", "SVLEN=900", "transcript_ablation"),
        ("<DUP>", "END=900", "transcript_amplification"),
        ("<DEL>", "END=505", "splice_acceptor_variant&splice_donor_variant&start_lost"),
        ("<INV>", "END=900", "coding_transcript_variant"),
        ("<INS>", ".", "upstream_gene_variant"),
    ] {
        assert!(terms(0, alt, fields, "TF").starts_with(expected), "{alt} {fields}");
    }
    assert_eq!(genomic(0, "<DEL>", "END=900"), "1:g.1_900del");
    for alt in ["N[2:400[", "]2:400]N", ".[2:400["] {
        assert_eq!(terms(0, alt, ".", "T2"), "feature_truncation&3_prime_UTR_variant", "{alt}");
    }
    let csq = info(Mode::Csq(CsqOptions::default()), (0, "N", "<DEL>", "END=550"));
    assert!(csq.contains("coding_sequence&feature_truncation|GF|TF"), "{csq}");
    for mode in modes() {
        let (_, infos) = annotate(mode, &[(0, "N", "A", "."), (0, "NA", "N", ".")]);
        assert_eq!(infos, ["GAS_NOTE=beyond_contig"; 2]);
        // The other telomere, behind 2,000 bases. A reference may have a part of the contig only.
        let (_, infos) = annotate(mode, &[(2001, "N", "]2:400]N", "."), (2001, "N", "<INS>", ".")]);
        assert!(infos.iter().all(|info| !info.contains("beyond_contig")), "{infos:?}");
        let (_, infos) = annotate(mode, &[(2001, "A", "<INS>", "."), (2002, "N", "<INS>", ".")]);
        assert_eq!(infos, ["GAS_NOTE=beyond_contig"; 2]);
    }
    assert_eq!(terms(2001, "]2:400]N", ".", "T2"), "feature_truncation&3_prime_UTR_variant");
}

#[test]
fn a_tandem_repeat_with_known_bases_is_annotated_as_its_sequence() {
    let sequence = sequence();
    let bases = &sequence[509..518];
    let record = |alt: &str, fields: &str| info(CSQ, (509, "N", alt, fields));
    let without_allele = |info: String| -> Vec<String> {
        let entries = info.split("CSQ=").nth(1).unwrap().split(',');
        // Allele, and HGVS_OFFSET, which counts from the place in the record.
        let fields = entries.map(|entry| entry.split('|').skip(1).collect::<Vec<_>>().join("|"));
        fields.collect()
    };
    for (alts, fields, changed) in [
        ("<CNV:TR>", "SVLEN=9;RN=1;RUS=CAG;RUC=7".to_owned(), "CAG".repeat(7)),
        ("<CNV:TR>", "SVLEN=9;RUS=CAG;RUC=7;RB=21;CIRUC=0,0".to_owned(), "CAG".repeat(7)),
        ("<CNV:TR>", format!("END=518;RN=2;RUS={bases},AC;RUC=1,2"), format!("{bases}ACAC")),
        ("<CNV:TR>", "SVLEN=9;RN=1;RUS=CAG;RUC=0".to_owned(), String::new()),
    ] {
        let base = &sequence[508..509];
        let (reference, alt) = (format!("{base}{bases}"), format!("{base}{changed}"));
        let expected = info(CSQ, (509, &reference, &alt, "."));
        let found = record(alts, &fields);
        assert!(found.contains("CSQ=<CNV:TR>|"), "{found}");
        assert_eq!(without_allele(found), without_allele(expected), "{fields}");
    }
    // Equal to the reference.
    let same = record("<CNV:TR>", &format!("SVLEN=9;RUS={bases};RUC=1"));
    assert!(same.ends_with(";GAS_NOTE=not_a_variant"), "{same}");
    for contradiction in [
        "RUS=CAG;RUC=6.5",
        "RUS=CAG;RUC=7;RB=20",
        "RN=1;RUS=CAG,T;RUC=7,1",
        "RN=3;RUS=CAG;RUC=7",
        "RN=3;RB=21",
        "RN=2;RUS=CAG;RUC=7,2",
        "RUS=CAG,T;RUC=7,9",
        "RUS=C;RUC=9.5",
    ] {
        let (outcome, infos) =
            annotate(CSQ, &[(509, "N", "<CNV:TR>", &format!("SVLEN=9;{contradiction}"))]);
        // All possible lengths are greater, or none is known.
        let kind = if contradiction.starts_with("RUS=CAG;") { "feature_elongation&" } else { "" };
        assert!(infos[0].contains(&format!("|{kind}coding_sequence_variant|")), "{infos:?}");
        assert!(outcome.warnings[0].contains("contradict each other"), "{:?}", outcome.warnings);
    }
    for unknown in [
        "RUS=CAN;RUC=7",
        "RUS=CAG;RUC=7;CIRUC=-1,1",
        "RUS=CAG;RUC=99999",
        "RUS=CAG;RUC=7;RUB=9,12",
        "RUL=3;RUC=7",
        "RB=21",
    ] {
        let (outcome, infos) =
            annotate(CSQ, &[(509, "N", "<CNV:TR>", &format!("SVLEN=9;{unknown}"))]);
        assert!(infos[0].contains("|feature_elongation&coding_sequence_variant|"), "{infos:?}");
        let text = "tandem repeats (<CNV:TR>) are not known to the base";
        assert!(outcome.warnings[0].contains(text), "{:?}", outcome.warnings);
    }
}

#[test]
fn a_duplication_has_the_same_consequences_and_descriptions_as_a_symbolic_allele_and_as_bases() {
    let sequence = sequence();
    for format in [AnnotationFormat::Csq, AnnotationFormat::Ann] {
        let entries = |record: (u32, &str, &str, &str)| -> Vec<String> {
            let line = info(Mode::Full(format), record);
            let entries = line.split_once(&format!("{}=", format.key())).unwrap().1.split(',');
            // Not the allele, nor HGVS_OFFSET, which counts from the place in the record.
            let entries = entries.map(|entry| {
                let fields = entry.split('|').enumerate();
                let is_compared = |n: usize| n > 0 && (n != 23 || format == AnnotationFormat::Ann);
                fields
                    .filter(|(n, _)| is_compared(*n))
                    .map(|(_, f)| f)
                    .collect::<Vec<_>>()
                    .join("|")
            });
            entries.collect()
        };
        for start in (295..920).step_by(7).chain((1090..1510).step_by(11)) {
            for length in [1, 2, 3, 8, 60, 111, 250] {
                let copied = &sequence[start - 1..start - 1 + length];
                let end = start + length - 1;
                let (pos, base) = (start - 1, &sequence[start - 2..start - 1]);
                for alt in ["<DUP>", "<DUP:TANDEM>"] {
                    let symbolic = entries((pos as u32, base, alt, &format!("END={end}")));
                    let bases = entries((pos as u32, base, &format!("{base}{copied}"), "."));
                    assert_eq!(symbolic, bases, "{start} {length} {alt}");
                }
            }
        }
    }
    // A copy of an exon, of a part of one, and of a whole transcript.
    let described = |fields: &str| -> String {
        let found = entries(450, "<DUP>", fields).remove(0);
        let bare = |n: usize| found[n].rsplit(':').next().unwrap().to_owned();
        format!("{} {} {}", found[1], bare(10), bare(11))
    };
    let exon = "feature_elongation&coding_sequence_variant&intron_variant";
    assert_eq!(described("END=650"), format!("{exon} c.51-50_150+50dup p.?"));
    // Uncertain ends, copies elsewhere and copies by depth of reads have no known bases.
    for (alt, fields) in [
        ("<DUP>", "END=518;CIEND=-1,1"),
        ("<DUP>", "END=518;IMPRECISE"),
        ("<DUP>", "END=518;SVCLAIM=D"),
        ("<DUP:DISPERSED>", "END=518"),
        ("<CN2>", "END=518"),
    ] {
        let expected = "feature_elongation&coding_sequence_variant";
        assert_eq!(terms(509, alt, fields, "TF"), expected, "{alt} {fields}");
    }
}

#[test]
fn a_variant_between_two_genes_joins_them_if_it_is_read_in_one_direction() {
    // TF (301-900) and TR (1101-1500) are read towards each other.
    let term = |alt: &str, end: u32, transcript| terms(850, alt, &format!("END={end}"), transcript);
    for (alt, expected) in [
        ("<DEL>", "bidirectional_gene_fusion"),
        ("<DUP>", "bidirectional_gene_fusion"),
        ("<INV>", "gene_fusion"),
    ] {
        for transcript in ["TF", "TR"] {
            let found = term(alt, 1250, transcript);
            assert!(found.split('&').any(|term| term == expected), "{alt} {transcript} {found}");
        }
        for (end, why) in [(1050, "between genes"), (880, "within a gene"), (1500, "up to the end")]
        {
            let found = term(alt, end, "TF");
            assert!(!found.contains("fusion"), "{alt} {why} {found}");
        }
        let uncertain = terms(850, alt, "END=1250;IMPRECISE", "TF");
        assert!(!uncertain.contains("fusion"), "{uncertain}");
    }
    // TF and TN (1601-1700) are on the same strand; TR is between them.
    for alt in ["<DEL>", "<DUP>"] {
        let found = term(alt, 1650, "TN");
        assert!(found.split('&').any(|term| term == "gene_fusion"), "{alt} {found}");
        assert!(!term(alt, 1650, "TR").contains("fusion"));
    }
    for alt in ["<CN2>", "<CNV>", "<DUP:DISPERSED>"] {
        assert!(!term(alt, 1650, "TN").contains("fusion"), "{alt}");
    }
    // The same with bases.
    let sequence = sequence();
    let reference = &sequence[849..1650];
    for alt in [&reference[..1], &format!("{reference}{}", &reference[1..])] {
        let line = info(CSQ, (850, reference, alt, "."));
        let entry = line.split(',').find(|entry| entry.contains("|TN|")).unwrap();
        assert!(entry.contains("gene_fusion"), "{entry}");
    }
}

#[test]
fn each_allele_of_a_record_has_its_own_kind_and_span() {
    let by_allele = |pos, alts, fields| -> Vec<(String, String)> {
        let entries = entries(pos, alts, fields);
        let of_gene = entries.into_iter().filter(|entry| entry[6] == "TF");
        of_gene.map(|entry| (entry[0].clone(), entry[1].clone())).collect()
    };
    let pair = |alt: &str, terms: &str| (alt.to_owned(), terms.to_owned());
    assert_eq!(
        by_allele(300, "<CN0>,<CN2>,*", "END=900;SVTYPE=CNV"),
        [pair("<CN0>", "transcript_ablation"), pair("<CN2>", "transcript_amplification")]
    );
    assert_eq!(
        by_allele(509, "<DEL>,<DUP>,<DEL>", "END=520;SVLEN=9,11,8"),
        [
            pair("<DEL>", "feature_truncation&inframe_deletion"),
            pair("<DUP>", "stop_gained&frameshift_variant"),
            pair("<DEL>", "frameshift_variant&feature_truncation"),
        ]
    );
}

#[test]
fn both_ends_of_a_breakend_are_annotated_and_two_genes_are_a_fusion() {
    let found = |pos, alt, fields| -> Vec<String> {
        let entries = entries(pos, alt, fields);
        let inside = entries.iter().filter(|entry| entry[18].is_empty());
        inside.map(|entry| format!("{} {}", entry[6], entry[1])).collect()
    };
    let joined = |term: &str| {
        [
            format!("TF feature_truncation&{term}intron_variant"),
            format!("T2 feature_truncation&{term}3_prime_UTR_variant"),
        ]
    };
    let fusion = joined("gene_fusion&");
    // Both genes are on the forward strand.
    for alt in ["N[2:400[", "]2:400]N", "NACGT[<2>:400["] {
        assert_eq!(found(450, alt, "SVTYPE=BND"), fusion, "{alt}");
    }
    for alt in ["N]2:400]", "[2:400[N"] {
        assert_eq!(found(450, alt, "."), joined("bidirectional_gene_fusion&"), "{alt}");
    }
    // The other gene is on the reverse strand.
    for (alt, term) in [
        ("N[1:1250[", "bidirectional_gene_fusion"),
        ("N]1:1250]", "gene_fusion"),
        ("]1:1250]N", "bidirectional_gene_fusion"),
        ("[1:1250[N", "gene_fusion"),
    ] {
        let expected = format!("feature_truncation&{term}&intron_variant");
        for (transcript, entry) in ["TF", "TR"].into_iter().zip(found(450, alt, ".")) {
            assert_eq!(entry, format!("{transcript} {expected}"), "{alt}");
        }
    }
    assert_eq!(found(450, "<TRA>", "CHR2=2;END=400;CT=3to5"), fusion);
    assert_eq!(found(450, "<BND>", "CHR2=chr2;POS2=400;END=451;STRANDS=-+"), fusion);
    // Without a direction no fusion is claimed, and a warning says so.
    assert_eq!(found(450, "<TRA>", "CHR2=2;END=400"), joined(""));
    let (outcome, _) = annotate(CSQ, &[(450, "N", "<TRA>", "CHR2=2;END=400")]);
    assert!(outcome.warnings[0].contains("which sides they join"), "{:?}", outcome.warnings);
    // Within a gene, and to a place without one.
    let one_gene =
        ["TF feature_truncation&intron_variant", "TF feature_truncation&coding_sequence_variant"];
    assert_eq!(found(450, "N[1:550[", "."), one_gene);
    assert_eq!(found(450, "N[1:1050[", "."), one_gene[..1]);
    assert_eq!(found(450, "N.", "."), one_gene[..1]);
    assert_eq!(found(450, ".N", "."), one_gene[..1]);
    // The break is before POS if the bases come last.
    assert!(found(351, "N[2:1[", ".")[0].contains("start_lost"));
    assert!(!found(351, "]2:1]N", ".")[0].contains("start_lost"));
    // Contig 2 has 600 bases, and a telomere after the last one.
    for (alt, count) in [("N[2:700[", 1), ("N]2:602]", 1), ("N]2:601]", 0), ("N[2:600[", 0)] {
        let (outcome, _) = annotate(CSQ, &[(450, "N", alt, ".")]);
        assert_eq!(outcome.warnings.len(), count, "{alt} {:?}", outcome.warnings);
        let text = "have a mate after the last base of its contig";
        assert!(outcome.warnings.iter().all(|warning| warning.contains(text)), "{alt}");
    }
    for mode in modes() {
        let records = [(450, "N", "N[7:1[", "."), (450, "N", "N[HLA-A*01:01:01:01:22[", ".")];
        let (outcome, _) = annotate(mode, &records);
        let csq = matches!(mode, Mode::Csq(_));
        let expected = if csq {
            "2 structural alleles are neither insertions nor deletions; --mode csq does not annotate \
             them (first in line 3, ALT)"
        } else {
            "2 breakends have a mate on a contig that the reference does not have; only their own end \
             is annotated (first in line 3, ALT)"
        };
        assert_eq!(outcome.warnings, [expected]);
    }
}

#[test]
fn names_of_alleles_and_contigs_do_not_separate_fields() {
    for (alt, shown) in
        [("<CN=0>", "<CN%3D0>"), ("N[gi|12|x=7:5[", "N[gi&12&x%3D7:5["), ("<DEL;x>", "<DEL%3Bx>")]
    {
        for format in [AnnotationFormat::Csq, AnnotationFormat::Ann] {
            for pos in [450, 1990] {
                let line = info(Mode::Full(format), (pos, "N", alt, "END=1995"));
                let (_, text) = line.split_once(&format!("{}=", format.key())).unwrap();
                assert!(text.starts_with(&format!("{shown}|")), "{line}");
                assert!(!text.contains([';', '=']), "{line}");
            }
        }
    }
}

#[test]
fn a_fusion_is_named_in_ann_as_well() {
    let line = info(Mode::Full(AnnotationFormat::Ann), (450, "N", "N[2:400[", "."));
    let expected = "N[2:400[|feature_truncation&gene_fusion&intron_variant|HIGH|GF|";
    assert!(line.contains(expected), "{line}");
    assert!(
        line.contains("|feature_truncation&gene_fusion&3_prime_UTR_variant|HIGH|G2|"),
        "{line}"
    );
}

#[test]
fn genomic_descriptions_follow_the_nomenclature_and_show_uncertainty() {
    for (pos, alt, fields, expected) in [
        (950, "<DEL>", "END=952", "1:g.955_956del"),
        (950, "<DUP>", "END=952", "1:g.955_956dup"),
        (950, "<DUP:TANDEM>", "SVLEN=2;SVCLAIM=J", "1:g.955_956dup"),
        (960, "<DEL>", "END=961", "1:g.961del"),
        (960, "<INV>", "END=970", "1:g.961_970inv"),
        (970, "<INV>", "END=980", "1:g.972_979inv"),
        (950, "<DEL>", "END=952;CIPOS=-2,2;CIEND=-1,1", "1:g.(949_953)_(951_953)del"),
        (950, "<DEL>", "END=952;CIEND=0,30", "1:g.951_(952_982)del"),
        (950, "<DUP>", "END=952;SVCLAIM=D", ""),
        (950, "<DEL>", "END=952;IMPRECISE", ""),
        (950, "<DEL>", "END=99999", ""),
        (950, "<DEL>", "SVTYPE=DEL", ""),
        (950, "<CN2>", "END=952", "1:g.955_956dup"),
        // A duplication has one copy more.
        (950, "<CN3>", "END=952", ""),
        (950, "<CNV>", "END=952", ""),
        (950, "<INVDUP>", "END=952", ""),
        (950, "<DUP:INV>", "END=952", ""),
        (950, "<DUP:DISPERSED>", "END=952", ""),
        (950, "<INS>", "END=952", ""),
        (950, "N[2:5[", ".", ""),
    ] {
        assert_eq!(genomic(pos, alt, fields), expected, "{pos} {alt} {fields}");
    }
}

#[test]
fn a_span_that_is_not_the_one_of_info_is_reported_with_line_and_field() {
    for (alt, fields, expected) in [
        ("<DEL>", "END=0", "have an END that is not after POS"),
        ("<DUP>", "END=450", "have an END that is not after POS"),
        ("<INV>", "SVTYPE=INV", "have neither END nor SVLEN"),
        ("<DEL>", "SVLEN=.", "have neither END nor SVLEN"),
        ("<DEL>", "END=99999999999999", "extend past the end of the contig"),
        ("<DEL>", "SVLEN=-9223372036854775808", "extend past the end of the contig"),
        ("<DEL>", "END=500;SVLEN=-9", "have an END and an SVLEN that contradict"),
        ("<DEL>", "END=500;CIPOS=-10,10", "have uncertain ends"),
        ("<DEL>", "END=500;IMPRECISE", "have uncertain ends"),
        ("<INS>", "IMPRECISE", "have uncertain ends"),
        ("<DEL>", "END=x5", "have an END that is not a number"),
        ("<DEL>", "END=1e3;SVLEN=9", "have an END that is not a number"),
        ("<DEL>", "SVLEN=ten", "have an SVLEN that is not a number"),
        ("<DEL>", "END=500;SVLEN=50.0", "have an SVLEN that is not a number"),
        ("<DEL>,*", "SVLEN=9", "have an SVLEN with another number of values than ALT"),
        ("<DEL>", "SVLEN=9,8", "have an SVLEN with another number of values than ALT"),
    ] {
        for mode in modes() {
            if matches!(mode, Mode::Csq(_)) && !matches!(alt, "<DEL>" | "<INS>" | "<DEL>,*") {
                continue;
            }
            let records = [(440, "N", "<DEL>", "END=441"), (450, "N", alt, fields)];
            let (outcome, _) = annotate(mode, &records);
            let [warning] = &outcome.warnings[..] else { panic!("{:?}", outcome.warnings) };
            assert!(warning.starts_with("1 structural alleles "), "{warning}");
            assert!(warning.contains(expected), "{alt} {fields}: {warning}");
            assert!(warning.contains("(first in line 4, INFO/"), "{warning}");
            // The warning shows a value that cannot be used.
            let key = ["END", "SVLEN"]
                .into_iter()
                .find(|key| expected.contains(&format!("{key} that is not a number")));
            let value = key.and_then(|key| fields.split(';').find(|field| field.starts_with(key)));
            assert!(
                value.is_none_or(|value| warning.contains(&format!("INFO/{value})"))),
                "{warning}"
            );
        }
    }
}

#[test]
fn the_haplotype_mode_reports_insertions_and_deletions_as_bcftools_does() {
    let local = CsqOptions { local: true, ..CsqOptions::default() };
    for (pos, alt, fields, expected) in [
        (340, "<INS:ME:ALU>", ".", "5_prime_utr&feature_elongation"),
        (450, "<INS:ME:ALU>", ".", "intron&feature_elongation"),
        (498, "<INS:ME:ALU>", ".", "splice_region&feature_elongation"),
        (499, "<INS:ME:ALU>", "END=499", "splice_acceptor&feature_elongation"),
        (500, "<INS:ME:ALU>", ".", "splice_region&coding_sequence&feature_elongation"),
        (501, "<INS>", ".", "splice_region&coding_sequence&feature_elongation"),
        (550, "<INS>", "END=550", "coding_sequence&feature_elongation"),
        // As at the other end of the exon.
        (600, "<INS>", ".", "splice_region&coding_sequence&feature_elongation"),
        (601, "<INS>", ".", "splice_donor&feature_elongation"),
        (750, "<INS>", ".", "coding_sequence&feature_elongation"),
        (751, "<INS>", ".", "3_prime_utr&feature_elongation"),
        (310, "<DEL>", "END=320", "5_prime_utr&feature_truncation"),
        (800, "<DEL>", "END=850", "3_prime_utr&feature_truncation"),
        (751, "<DEL>", "END=755", "3_prime_utr&feature_truncation"),
        (420, "<DEL>", "END=450", "intron&feature_truncation"),
        (595, "<DEL>", "END=605", "splice_donor&coding_sequence&feature_truncation"),
        (495, "<DEL>", "END=505", "splice_acceptor&coding_sequence&feature_truncation"),
        (509, "<CN0>", "END=518", "coding_sequence&feature_truncation"),
    ] {
        for options in [CsqOptions::default(), local] {
            let found = info(Mode::Csq(options), (pos, "N", alt, fields));
            let value = found.split("BCSQ=").nth(1).unwrap_or_default();
            let expected = format!("{expected}|GF|TF|protein_coding");
            assert_eq!(value, expected, "{pos} {alt}");
        }
    }
    // A sequence allele beside a symbolic one, and the second of two symbolic ones.
    let both = info(Mode::Csq(local), (512, "A", "<DEL>,C", "END=520"));
    assert!(both.contains("coding_sequence&feature_truncation|GF|TF"), "{both}");
    assert!(both.contains("missense|GF|TF"), "{both}");
    let second = info(Mode::Csq(local), (512, "A", "<DUP>,<DEL>", "END=520"));
    assert!(second.contains("BCSQ=coding_sequence&feature_truncation|GF|TF"), "{second}");
}

#[test]
fn a_thousand_structural_alleles_take_a_moment() {
    let alts: Vec<String> = (1..1000).map(|n| format!("<DEL:{n}>")).collect();
    let lengths: Vec<String> = (1..1000).map(|n| n.to_string()).collect();
    let fields = format!("END=1500;SVLEN={}", lengths.join(","));
    let start = std::time::Instant::now();
    let entries = entries(500, &alts.join(","), &fields);
    assert!(entries.len() > 3000, "{}", entries.len());
    assert!(start.elapsed().as_secs() < 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_structural_allele_makes_the_engine_panic(
        pos in prop_oneof![0u64..3, 290u64..1800, 1990u64..2010, any::<u32>().prop_map(u64::from)],
        alts in prop::collection::vec(prop_oneof![
            "<(DEL|DUP|DUP:TANDEM|INS|INS:ME:ALU|INV|CNV|CNV:TR|CN[0-9]{1,20}|CN=[0-3]|BND|CPX|X)>",
            "N[\\[](1|2|7|<a>|a:b)[:](0|1|400|2000|1073741823|4294967295)[\\[]",
            "[\\]](1|2)[:][0-9]{1,10}[\\]]N",
            Just("N.".to_owned()),
            Just("C".to_owned()),
        ], 1..5),
        numbers in prop::collection::vec(any::<i64>(), 8),
        small in prop::collection::vec(-3i64..2100, 8),
        big in any::<bool>(),
    ) {
        let n = if big { &numbers } else { &small };
        let fields = format!(
            "END={};SVLEN={},{};CIPOS={},{};CIEND={},{};CHR2=2;POS2={};RN=1,{};RUS=CAG,T;RUC=1e300,3;RB={}",
            n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[0], n[1]
        );
        let alts = alts.join(",");
        for mode in modes() {
            let (_, infos) = annotate(mode, &[(pos as u32, "N", &alts, &fields)]);
            prop_assert!(infos[0].starts_with(&fields));
        }
    }
}
