//! The options of a run: which transcripts, which annotations of an allele, and HGVS.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;
#[path = "common/input_file.rs"]
mod input_file;
#[path = "common/small_reference.rs"]
mod small_reference;

use common::REFERENCE;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::annotation_options::AnnotationOptions;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pick::Criterion;
use gas_annotate::pipeline::{Mode, Options, annotate_file, provenance};
use gas_annotate::reference::Reference;
use gas_annotate::report::{Counts, summarize};
use gas_shared::reference::Sha256;
use gas_shared::{Layout, Selection, Transcripts};
use input_file::file;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use strum::VariantArray;

const CONTIG: usize = 30_000;

/// Gene A has the MANE Select transcript A1, of which A2 lacks the intron; the non-coding gene B lies across
/// its intron, and L is far away.
static GENES: LazyLock<Reference> = LazyLock::new(|| {
    let mut gff = String::new();
    let mut line = |kind: &str, start: usize, end: usize, strand: char, attributes: &str| {
        gff += &format!("1\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n");
    };
    line("gene", 1001, 2000, '+', "ID=gene:GA;Name=A;biotype=protein_coding");
    for (id, tag, exons) in [
        ("A1", "MANE_Select", &[(1001, 1400), (1601, 2000)][..]),
        ("A2", "Ensembl_canonical", &[(1001, 2000)]),
    ] {
        let attributes =
            format!("ID=transcript:{id};Parent=gene:GA;biotype=protein_coding;tag={tag}");
        line("mRNA", 1001, 2000, '+', &attributes);
        let parent = format!("Parent=transcript:{id}");
        for (start, end) in exons {
            line("exon", *start, *end, '+', &parent);
            let cds = format!("ID=CDS:{id};{parent}");
            line("CDS", (*start).max(1101), (*end).min(1900), '+', &cds);
        }
    }
    for (gene, start, end) in [('B', 1301, 1700), ('L', 20_001, 20_500)] {
        line("gene", start, end, '-', &format!("ID=gene:G{gene};Name={gene};biotype=lncRNA"));
        let attributes = format!("ID=transcript:{gene}1;Parent=gene:G{gene};biotype=lncRNA");
        line("lnc_RNA", start, end, '-', &attributes);
        line("exon", start, end, '-', &format!("Parent=transcript:{gene}1"));
    }
    small_reference::small_reference(&format!(">1\n{}\n", "ACGTC".repeat(CONTIG / 5)), &gff)
});

/// The base of the reference at a position, and another one.
fn bases(pos: usize) -> (char, char) {
    let base = "ACGTC".as_bytes()[(pos - 1) % 5].into();
    (base, if base == 'G' { 'T' } else { 'G' })
}

fn vcf(records: &[(usize, &[&str])]) -> String {
    let mut text =
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n".to_owned();
    for (pos, alts) in records {
        let alts = alts.join(",");
        text += &format!("1\t{pos}\t.\t{}\t{alts}\t.\t.\t.\n", bases(*pos).0);
    }
    text
}

fn run(text: &str, options: &Options) -> (Counts, String) {
    let input = file(text);
    let output = input.with_file_name("out.vcf");
    let never = AtomicBool::new(false);
    let outcome = annotate_file(&input, &output, &GENES, options, &never, &|_| {}).unwrap();
    (outcome.counts, std::fs::read_to_string(output).unwrap())
}

fn with(mode: Mode, annotations: AnnotationOptions) -> Options {
    Options { mode, annotations, ..Options::default() }
}

fn selecting(selection: Selection) -> AnnotationOptions {
    AnnotationOptions { selection, ..AnnotationOptions::default() }
}

/// The annotations of each record, as a map from the names in the header to the values.
fn entries(text: &str, key: &str) -> Vec<Vec<BTreeMap<String, String>>> {
    let definition = text.lines().find(|l| l.starts_with(&format!("##INFO=<ID={key},"))).unwrap();
    let names = definition.split(['\'', ':', '"']).find(|part| part.contains('|')).unwrap();
    let names: Vec<&str> = names.split('|').map(str::trim).collect();
    let records = text.lines().filter(|line| !line.starts_with('#'));
    let entries = |line: &str| {
        let info = line.split('\t').nth(7).unwrap();
        let value = info.split(';').find_map(|f| f.strip_prefix(&format!("{key}="))).unwrap();
        let entry = |entry: &str| {
            let values: Vec<&str> = entry.split('|').collect();
            assert_eq!(values.len(), names.len(), "{entry} has the fields of the header");
            let pairs = names.iter().zip(values);
            pairs.map(|(name, value)| ((*name).to_owned(), value.to_owned())).collect()
        };
        value.split(',').map(entry).collect()
    };
    records.map(entries).collect()
}

/// The transcripts and terms of the only record at 1450, where A1 has an intron and A2 a codon.
fn at_intron(annotations: AnnotationOptions) -> Vec<(String, String)> {
    let (_, other) = bases(1450);
    let text = vcf(&[(1450, &[&other.to_string()])]);
    let (_, csq) = run(&text, &with(Mode::Full(AnnotationFormat::Csq), annotations.clone()));
    let (_, ann) = run(&text, &with(Mode::Full(AnnotationFormat::Ann), annotations));
    let shown = |text: &str, key, feature: &str, terms: &str| -> Vec<(String, String)> {
        let [record] = <[_; 1]>::try_from(entries(text, key)).unwrap();
        record.into_iter().map(|e| (e[feature].clone(), e[terms].clone())).collect()
    };
    let found = shown(&csq, "CSQ", "Feature", "Consequence");
    assert_eq!(shown(&ann, "ANN", "Feature_ID", "Annotation"), found);
    found
}

fn names(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(transcript, _)| transcript.as_str()).collect()
}

#[test]
fn each_selection_writes_its_annotations_in_both_layouts() {
    let all = at_intron(selecting(Selection::All));
    assert_eq!(names(&all), ["A1", "A2", "B1"]);
    assert_eq!(names(&at_intron(selecting(Selection::FlagPick))), ["A1", "A2", "B1"]);
    assert_eq!(at_intron(selecting(Selection::Pick)), all[..1]);
    assert_eq!(names(&at_intron(selecting(Selection::PerGene))), ["A1", "B1"]);
    let by_rank =
        AnnotationOptions { pick_order: vec![Criterion::Rank], ..selecting(Selection::Pick) };
    assert_eq!(at_intron(by_rank), all[1..2]);
    let severe = at_intron(selecting(Selection::MostSevere));
    assert_eq!(severe, [(String::new(), all[1].1.clone())], "without the transcript");
}

#[test]
fn each_choice_of_transcripts_has_its_transcripts() {
    let of = |transcripts| {
        let options = AnnotationOptions { transcripts, ..AnnotationOptions::default() };
        let found = at_intron(options);
        names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of(Transcripts::All), ["A1", "A2", "B1"]);
    assert_eq!(of(Transcripts::Coding), ["A1", "A2"]);
    assert_eq!(of(Transcripts::ManeCanonical), ["A1", "A2"]);
}

#[test]
fn an_allele_in_a_gene_without_chosen_transcripts_is_not_called_intergenic() {
    let text = vcf(&[(20_100, &["<DEL>"]), (20_100, &["G"]), (29_000, &["T"])]);
    for selection in Selection::VARIANTS {
        let annotations =
            AnnotationOptions { transcripts: Transcripts::Coding, ..selecting(*selection) };
        let (counts, text) = run(&text, &with(Mode::Full(AnnotationFormat::Csq), annotations));
        let found = entries(&text, "CSQ");
        assert!(found.iter().all(|record| record.len() == 1), "{selection}");
        let terms: Vec<&str> = found.iter().map(|r| r[0]["Consequence"].as_str()).collect();
        let expected = ["sequence_variant", "sequence_variant", "intergenic_variant"];
        assert_eq!(terms, expected, "{selection}");
        let summary = summarize(&counts, "test", 0, &[], &[]);
        assert_eq!(summary.most_severe["intergenic_variant"], 1);
    }
}

#[test]
fn every_allele_of_a_record_has_its_own_pick_and_is_counted_by_what_is_written() {
    let text = vcf(&[(1450, &["A", "G", "T"]), (29_000, &["G"])]);
    for (selection, annotations, most_severe) in [
        (Selection::Pick, 4, "intron_variant"),
        (Selection::PerGene, 7, "non_coding_transcript_exon_variant"),
        (Selection::MostSevere, 4, "missense_variant"),
        (Selection::FlagPick, 10, "missense_variant"),
    ] {
        let options = with(Mode::Full(AnnotationFormat::Csq), selecting(selection));
        let (counts, text) = run(&text, &options);
        let found = entries(&text, "CSQ");
        let written: usize = found.iter().map(Vec::len).sum();
        assert_eq!(written, annotations, "{selection}");
        for allele in ["A", "G", "T"] {
            let of_allele = found[0].iter().filter(|e| e["Allele"] == allele).collect::<Vec<_>>();
            assert!(!of_allele.is_empty(), "{selection}: {allele}");
            if selection == Selection::FlagPick {
                let picked = of_allele.iter().filter(|e| e["PICK"] == "1");
                let picked: Vec<&str> = picked.map(|e| e["Feature"].as_str()).collect();
                assert_eq!(picked, ["A1"], "{allele}");
            } else {
                assert!(!found[0][0].contains_key("PICK"));
            }
        }
        if selection == Selection::FlagPick {
            assert_eq!(found[1][0]["PICK"], "1", "an intergenic allele has one annotation");
        }
        let summary = summarize(&counts, "test", 0, &[], &[]);
        assert!(summary.most_severe.contains_key(most_severe), "{:?}", summary.most_severe);
        assert_eq!(summary.most_severe.values().sum::<u64>(), 4, "alleles");
    }
}

#[test]
fn ann_marks_the_picked_annotation_in_its_last_field() {
    let text = vcf(&[(1450, &["G"]), (29_000, &["G"])]);
    let mode = Mode::Full(AnnotationFormat::Ann);
    let (_, text) = run(&text, &with(mode, selecting(Selection::FlagPick)));
    let marks: Vec<Vec<String>> = entries(&text, "ANN")
        .into_iter()
        .map(|r| r.into_iter().map(|e| e["ERRORS / WARNINGS / INFO"].clone()).collect())
        .collect();
    assert_eq!(marks, [vec!["INFO_PICK", "", ""], vec!["INFO_PICK"]]);
}

#[test]
fn a_breakend_has_one_pick_for_both_of_its_ends() {
    let text = vcf(&[(1450, &["C[1:20100["]), (29_000, &["T[1:1450["])]);
    let picked = |selection| -> Vec<Vec<String>> {
        let (_, text) = run(&text, &with(Mode::Full(AnnotationFormat::Csq), selecting(selection)));
        let records = entries(&text, "CSQ").into_iter();
        records.map(|r| r.into_iter().map(|e| e["Feature"].clone()).collect()).collect()
    };
    assert_eq!(picked(Selection::Pick), [["A1"], ["A1"]]);
    assert_eq!(picked(Selection::MostSevere), [[""], [""]]);
    assert_eq!(picked(Selection::PerGene), [vec!["A1", "B1", "L1"], vec!["", "A1", "B1"]]);
}

#[test]
fn without_hgvs_csq_has_no_such_fields_and_the_others_are_the_same() {
    let text = vcf(&[(1150, &["G"]), (1450, &["<DUP>"]), (1450, &["G"]), (29_000, &["G"])]);
    for mode in [AnnotationFormat::Csq, AnnotationFormat::Ann].map(Mode::Full) {
        for selection in Selection::VARIANTS {
            let of = |hgvs| {
                let options = AnnotationOptions { hgvs, ..selecting(*selection) };
                entries(&run(&text, &with(mode, options)).1, mode.key())
            };
            let (without, mut with) = (of(false), of(true));
            for entry in with.iter_mut().flatten() {
                if mode == Mode::Full(AnnotationFormat::Csq) {
                    entry.retain(|name, _| !name.starts_with("HGVS"));
                } else {
                    entry.insert("HGVS.c".to_owned(), String::new());
                    entry.insert("HGVS.p".to_owned(), String::new());
                }
            }
            assert_eq!(without, with, "{mode:?} {selection}");
        }
    }
}

#[test]
fn haplotypes_are_those_of_the_chosen_transcripts() {
    let text = vcf(&[(1450, &["G"]), (20_100, &["G"])]);
    let of = |transcripts| {
        let annotations = AnnotationOptions { transcripts, ..AnnotationOptions::default() };
        run(&text, &with(Mode::Csq(CsqOptions::default()), annotations)).1
    };
    let (all, coding) = (of(Transcripts::All), of(Transcripts::Coding));
    assert!(all.contains("|A2|") && all.contains("non_coding|L|"), "{all}");
    assert!(coding.contains("|A2|") && !coding.contains("|L|"), "{coding}");
}

#[test]
fn the_header_and_the_summary_state_reference_and_options() {
    let annotations = AnnotationOptions {
        transcripts: Transcripts::ManeCanonical,
        hgvs: false,
        ..selecting(Selection::FlagPick)
    };
    let mut options = with(Mode::Full(AnnotationFormat::Ann), annotations);
    options.reference_id = Some("mus_musculus/test/genes-1".parse().unwrap());
    options.manifest_sha256 = Some(Sha256::from_bytes([0x1f; 32]));
    options.gene_set = Some("Test \"2\"".to_owned());
    let (_, text) = run(&vcf(&[(1450, &["G"])]), &options);
    let line = text.lines().find(|line| line.starts_with("##gas-annotate=")).unwrap();
    let manifest = "1f".repeat(32);
    let digests = format!(
        "SequenceSHA256=\"{}\",ModelsSHA256=\"{}\"",
        GENES.sequence_sha256(),
        GENES.models_sha256()
    );
    assert_eq!(GENES.models_sha256().len(), 64);
    assert_eq!(
        line,
        format!(
            "##gas-annotate=<ID=annotation,Version=\"{}\",Reference=\"mus_musculus/test/genes-1\",\
             ManifestSHA256=\"{manifest}\",Assembly=\"test\",GeneSet=\"Test \\\"2\\\"\",{digests},\
             Transcripts=\"mane-canonical\",Select=\"flag-pick\",\
             PickOrder=\"mane_select,mane_plus_clinical,canonical,biotype,rank,length\",Layout=\"ann\",\
             HGVS=\"no\">",
            env!("CARGO_PKG_VERSION")
        )
    );
    let made_with = provenance(&GENES, &options);
    assert_eq!(made_with.options.layout, Layout::Ann);
    assert_eq!(made_with.options.reference, options.reference_id);
    assert_eq!(made_with.pick_order[0], "mane_select");
    assert_eq!(made_with.manifest_sha256, options.manifest_sha256);
    assert_eq!(made_with.gene_set, options.gene_set);
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let records: Vec<usize> = (1001..29_900).collect();
    let records: Vec<(usize, String)> =
        records.into_iter().map(|pos| (pos, bases(pos).1.to_string())).collect();
    let alts: Vec<[&str; 1]> = records.iter().map(|(_, alt)| [alt.as_str()]).collect();
    let rows: Vec<(usize, &[&str])> =
        records.iter().zip(&alts).map(|((pos, _), alt)| (*pos, &alt[..])).collect();
    let input = file(vcf(&rows));
    for selection in Selection::VARIANTS {
        let bytes = |threads| {
            let mode = Mode::Full(AnnotationFormat::Csq);
            let options = Options { threads, ..with(mode, selecting(*selection)) };
            let output = input.with_file_name(format!("{threads}.vcf.gz"));
            let never = AtomicBool::new(false);
            annotate_file(&input, &output, &GENES, &options, &never, &|_| {}).unwrap();
            std::fs::read(output).unwrap()
        };
        assert!(bytes(1) == bytes(4), "{selection}");
    }
}

#[test]
fn a_reference_without_marked_transcripts_says_what_it_has() {
    let annotations = AnnotationOptions {
        transcripts: Transcripts::ManeCanonical,
        ..AnnotationOptions::default()
    };
    let input = file("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n");
    let output = input.with_file_name("out.vcf");
    let options = with(Mode::Full(AnnotationFormat::Csq), annotations);
    let never = AtomicBool::new(false);
    let error = annotate_file(&input, &output, &REFERENCE, &options, &never, &|_| {});
    let error = error.unwrap_err().to_string();
    assert!(error.contains("has no MANE Select, MANE Plus Clinical or canonical tr"), "{error}");
    assert!(error.contains("with a coding sequence; choose other transcripts"), "{error}");
    assert!(!output.exists());
}
