//! Gene models in the dialects of Ensembl, GENCODE, NCBI, UCSC and Prokka, on small references.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions};
use gas_annotate::model::{CodonTable, Transcript};
use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use std::fmt::Write;

/// 36 codons: `ATG GCT …  TAA`.
const CODING: &str = "ATGGCTAAACTGGAACGTAAACTGGAACGTAAACTGGAACGTAAACTGGAACGTAAACTGGAACGTAAACTG\
                      GAACGTAAACTGGAACGTAAACTGGAACGTAAATAA";

/// Where the coding sequence is, without and with an intron around it; the stop codon is included.
const CDS: [(usize, usize); 3] = [(171, 200), (261, 320), (381, 398)];
const EXONS: [(usize, usize); 3] = [(151, 200), (261, 320), (381, 448)];

/// A contig of 700 bases with the coding sequence at [`CDS`], shifted to the right.
fn contig(name: &str, shift: usize) -> String {
    let mut bases: Vec<u8> = b"ACCTGTCAGG".iter().copied().cycle().take(700).collect();
    let mut coding = CODING.bytes();
    for (start, end) in CDS {
        for base in &mut bases[start + shift - 1..end + shift] {
            *base = coding.next().unwrap();
        }
    }
    format!(">{name} test\n{}\n", String::from_utf8(bases).unwrap())
}

fn build(name: &str, models: &str, sequence: &str) -> Reference {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let out = folder.path().join("reference");
    build_reference(&BuildOptions {
        gff: vec![write(name, models)],
        fasta: vec![write("sequence.fa", sequence)],
        vcf_tracks: Vec::new(),
        bed_tracks: Vec::new(),
        assembly: "test".to_owned(),
        out: out.clone(),
    })
    .unwrap();
    // The mapped files stay readable after the folder is gone.
    Reference::open(&out).unwrap()
}

/// Feature, consequence, cDNA position, exon and protein change of each entry.
fn annotated(reference: &Reference, record: &str) -> Vec<String> {
    let mut annotator = Annotator::new(reference, 0, AnnotationFormat::Csq);
    let mut out = Vec::new();
    annotator.record(1, record.replace(' ', "\t").as_bytes(), &mut out).unwrap();
    let line = String::from_utf8(out).unwrap();
    let entries = line.trim_end().split("CSQ=").nth(1).unwrap().split(',');
    let entries = entries.map(|entry| {
        let f: Vec<&str> = entry.split('|').collect();
        let protein = f[11].split(':').next_back().unwrap_or_default();
        let parts = [f[6], f[1], f[7], f[8], f[12], protein];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    });
    entries.collect()
}

/// The field FLAGS of the first entry.
fn flags(reference: &Reference, record: &str) -> String {
    let mut annotator = Annotator::new(reference, 0, AnnotationFormat::Csq);
    let mut out = Vec::new();
    annotator.record(1, record.replace(' ', "\t").as_bytes(), &mut out).unwrap();
    let line = String::from_utf8(out).unwrap();
    line.split("CSQ=").nth(1).unwrap().split('|').nth(20).unwrap().to_owned()
}

fn transcripts<'r>(reference: &'r Reference, contig: &str) -> &'r [Transcript] {
    &reference.contig(contig.as_bytes()).unwrap().model.transcripts
}

fn left_out(reference: &Reference) -> Vec<(&str, u64)> {
    let counts = &reference.manifest.left_out;
    counts.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}

/// A GTF or GFF3 line.
fn line(contig: &str, kind: &str, (start, end): (usize, usize), rest: &str) -> String {
    format!("{contig}\tx\t{kind}\t{start}\t{end}\t.\t+\t0\t{rest}\n")
}

/// The exons and the CDS without its stop codon, as in GTF, with the same attributes on all lines.
fn gtf_parts(contig: &str, shift: usize, attributes: &str) -> String {
    let mut out = String::new();
    for (kind, regions) in [("exon", EXONS), ("CDS", CDS)] {
        for (start, end) in regions {
            let end = if kind == "CDS" && end == 398 { 395 } else { end };
            out += &line(contig, kind, (start + shift, end + shift), attributes);
        }
    }
    out + &line(contig, "stop_codon", (396 + shift, 398 + shift), attributes)
}

const MISSENSE: &str = "missense_variant protein_coding 1/3 25 p.Ala2Asp";

#[test]
fn a_transcript_with_the_same_identifier_on_x_and_y_is_two_transcripts() {
    let gene = "gene_id \"G1\"; gene_name \"PARG\"; gene_type \"protein_coding\";";
    let transcript = "gene_id \"G1\"; transcript_id \"T1\"; transcript_type \"protein_coding\";";
    let sequence = contig("X", 0) + &contig("Y", 77);
    for with_lines in [true, false] {
        let mut gtf = String::new();
        for (name, shift) in [("X", 0), ("Y", 77)] {
            if with_lines {
                gtf += &line(name, "gene", (151 + shift, 448 + shift), gene);
                gtf += &line(name, "transcript", (151 + shift, 448 + shift), transcript);
            }
            gtf += &gtf_parts(name, shift, transcript);
        }
        let reference = build("models.gtf", &gtf, &sequence);
        let expected = [format!("T1 {MISSENSE}")];
        assert_eq!(annotated(&reference, "X 175 . C A . . ."), expected);
        assert_eq!(annotated(&reference, "Y 252 . C A . . ."), expected);
        assert_eq!((reference.manifest.genes, left_out(&reference)), (2, vec![]));
        let gene = &reference.contig(b"Y").unwrap().model.genes[0];
        assert_eq!((gene.start, gene.end), (228, 525), "the gene of X does not reach to Y");
    }
    // GENCODE's GFF3 has identifiers of their own on Y.
    let mut gff = String::from("##gff-version 3\n");
    for (name, shift, suffix) in [("X", 0, ""), ("Y", 77, "_PAR_Y")] {
        let whole = (151 + shift, 448 + shift);
        gff += &line(name, "gene", whole, &format!("ID=G1{suffix};gene_id=G1{suffix}"));
        let ids = format!("ID=T1{suffix};Parent=G1{suffix};transcript_id=T1{suffix}");
        gff += &line(name, "transcript", whole, &ids);
        gff += &gtf_parts(name, shift, &format!("Parent=T1{suffix}"));
    }
    let reference = build("models.gff3", &gff, &sequence);
    assert_eq!(annotated(&reference, "Y 252 . C A . . ."), [format!("T1_PAR_Y {MISSENSE}")]);
}

#[test]
fn the_stop_codon_counts_once_in_every_dialect() {
    let ucsc = "gene_id \"T1\"; transcript_id \"T1\"; exon_number \"1\";";
    let gtf = gtf_parts("X", 0, ucsc);
    let with_stop = gtf.replace("\tCDS\t381\t395\t", "\tCDS\t381\t398\t");
    let lower_case = gtf.replace("\tCDS\t", "\tcds\t");
    let exons_and_cds = |end: usize| {
        let lines = gtf.lines().filter(|line| !line.contains("stop_codon"));
        let lines: Vec<_> = lines.map(|l| l.replace(ucsc, "Parent=T1")).collect();
        lines.join("\n").replace("\tCDS\t381\t395\t", &format!("\tCDS\t381\t{end}\t")) + "\n"
    };
    let gff = line("X", "mRNA", (151, 448), "ID=T1") + &exons_and_cds(398);
    let augustus = line("X", "mRNA", (151, 448), "ID=T1")
        + &exons_and_cds(395)
        + &line("X", "stop_codon", (396, 398), "Parent=T1");
    for (name, models, why) in [
        ("m.gtf", &gtf, "GTF leaves the stop codon out of the CDS"),
        ("m.gtf", &with_stop, "a GTF that includes it nevertheless"),
        ("m.gtf", &lower_case, "types in lower case"),
        ("m.gff3", &gff, "GFF3 includes it"),
        ("m.gff3", &augustus, "AUGUSTUS can leave it out in GFF3"),
    ] {
        let reference = build(name, models, &contig("chrX", 0));
        assert_eq!(transcripts(&reference, "X")[0].cds.as_ref().unwrap().len, 108, "{why}");
        assert_eq!(annotated(&reference, "X 175 . C A . . ."), [format!("T1 {MISSENSE}")], "{why}");
        let stop = annotated(&reference, "X 396 . T C . . .");
        assert!(stop[0].starts_with("T1 stop_lost protein_coding 3/3 126 p.Ter36Gln"), "{stop:?}");
    }
    // The stop codon is split by an intron: its last base is alone in the third exon.
    let split = line("X", "exon", (151, 200), ucsc)
        + &line("X", "exon", (261, 262), ucsc)
        + &line("X", "CDS", (171, 199), ucsc)
        + &line("X", "stop_codon", (200, 200), ucsc)
        + &line("X", "stop_codon", (261, 262), ucsc);
    let reference = build("m.gtf", &split, &contig("X", 0));
    let cds = transcripts(&reference, "X")[0].cds.as_ref().unwrap();
    assert_eq!((cds.len, cds.segments.len(), cds.has_slippage()), (32, 2, false));
}

#[test]
fn a_stop_codon_that_the_file_leaves_out_without_saying_so_is_found_in_the_sequence() {
    let gtf = gtf_parts("X", 0, "gene_id \"T1\"; transcript_id \"T1\";");
    let without = |kinds: &[&str]| -> String {
        let kept = gtf.lines().filter(|line| !kinds.iter().any(|kind| line.contains(kind)));
        kept.map(|line| format!("{line}\n")).collect()
    };
    let excluded = without(&["stop_codon"]);
    let included = excluded.replace("\tCDS\t381\t395\t", "\tCDS\t381\t398\t");
    let bare = without(&["stop_codon", "exon"]);
    // The exons end where the coding sequence does.
    let cut = excluded.replace("\texon\t381\t448\t", "\texon\t381\t395\t");
    let gff = excluded.replace("gene_id \"T1\"; transcript_id \"T1\";", "Parent=T1");
    let gff = line("X", "mRNA", (151, 448), "ID=T1") + &gff;
    for (name, models, completed) in [
        ("m.gtf", &excluded, true),
        ("m.gtf", &included, false),
        ("m.gtf", &bare, true),
        ("m.gtf", &cut, true),
        ("m.gff3", &gff, true),
    ] {
        for reverse in [false, true] {
            let (sequence, models) = if reverse {
                reversed(&contig("X", 0), models)
            } else {
                (contig("X", 0), models.clone())
            };
            let reference = build(name, &models, &sequence);
            let transcript = &transcripts(&reference, "X")[0];
            let cds = transcript.cds.as_ref().unwrap();
            assert_eq!((cds.len, cds.cdna_end <= transcript.len), (108, true), "{models}");
            let note = "1 coding sequences end before their stop codon, which is added to them";
            assert_eq!(reference.manifest.notes == [note], completed, "{models}");
            if !reverse {
                let stop = annotated(&reference, "X 396 . T C . . .");
                assert!(stop[0].starts_with("T1 stop_lost protein_coding 3/3"), "{stop:?}");
            }
        }
    }
    // Most coding sequences of the file include it: a stop codon that follows another one is chance.
    let other = included.replace("T1", "T2");
    let one_short = format!("{included}{other}{}", excluded.replace("T1", "T3"));
    let reference = build("m.gtf", &one_short, &contig("X", 0));
    let lengths = transcripts(&reference, "X").iter().map(|t| t.cds.as_ref().unwrap().len);
    assert_eq!(lengths.collect::<Vec<_>>(), [108, 108, 105]);
    let kept = |count| {
        [format!(
            "1 coding sequences end before a stop codon, {count} with one and 0 with neither, so that the \
             stop codon is not added to the first"
        )]
    };
    assert_eq!(reference.manifest.notes, kept(2));
    // As many have it as lack it.
    let tie = format!("{included}{}", excluded.replace("T1", "T3"));
    let reference = build("m.gtf", &tie, &contig("X", 0));
    assert_eq!(reference.manifest.notes, kept(1));
}

#[test]
fn a_transcript_with_an_unreadable_line_is_left_out() {
    let models = line("X", "mRNA", (151, 448), "ID=T1")
        + &EXONS.map(|region| line("X", "exon", region, "Parent=T1")).concat()
        + &line("X", "CDS", EXONS[0], "ID=C1;Parent=T1")
        + &line("X", "CDS", EXONS[1], "ID=C1;Parent=T1");
    let whole = build("m.gff3", &models, &contig("X", 0));
    assert_eq!((left_out(&whole).len(), transcripts(&whole, "X").len()), (0, 1));
    let other =
        line("X", "mRNA", (500, 520), "ID=T2") + &line("X", "exon", (500, 520), "Parent=T2");
    for (part, column) in [("exon", 3), ("CDS", 3), ("CDS", 4)] {
        // The first part of its kind, without which the others would be a shorter model.
        let mut lines: Vec<String> = models.lines().map(str::to_owned).collect();
        let first = lines.iter_mut().find(|line| line.contains(part)).unwrap();
        let mut columns: Vec<&str> = first.split('\t').collect();
        columns[column] = "12x";
        *first = columns.join("\t");
        let reference = build("m.gff3", &format!("{}\n{other}", lines.join("\n")), &contig("X", 0));
        assert_eq!(left_out(&reference), [("a line of it cannot be read", 1)], "{part}");
        assert_eq!(transcripts(&reference, "X").len(), 1, "{part}");
    }
}

#[test]
fn a_record_at_a_transcript_that_is_left_out_says_so() {
    let good = line("X", "mRNA", (151, 448), "ID=T1")
        + &EXONS.map(|region| line("X", "exon", region, "Parent=T1")).concat();
    let twice = line("X", "mRNA", (500, 520), "ID=T2") + &line("X", "mRNA", (560, 571), "ID=T2");
    let reference = build("m.gff3", &format!("{good}{twice}"), &contig("X", 0));
    assert_eq!(left_out(&reference), [("defined twice on one contig", 1)]);
    let note = |format, record: &str| {
        let mut annotator = Annotator::new(&reference, 0, format);
        let mut out = Vec::new();
        annotator.record(1, record.replace(' ', "\t").as_bytes(), &mut out).unwrap();
        let line = String::from_utf8(out).unwrap();
        let count = annotator.counts().at_left_out_transcripts;
        assert_eq!(count, u64::from(line.contains("GAS_NOTE=left_out_transcript")), "{line}");
        assert!(line.contains("|downstream_gene_variant|") || !line.contains("T1"), "{line}");
        count == 1
    };
    let model = CsqModel::new(&reference);
    let note_of_haplotypes = |record: &str| {
        let mut annotator = CsqAnnotator::new(&reference, &model, CsqOptions::default(), 0);
        let mut out = Vec::new();
        annotator.record(1, record.replace(' ', "\t").as_bytes(), &mut out).unwrap();
        annotator.finish_chunk(&mut out);
        String::from_utf8(out).unwrap().contains("GAS_NOTE=left_out_transcript")
    };
    for (record, expected) in [
        ("X 499 . N C . . .", false),
        ("X 500 . N C . . .", true),
        ("X 565 . N C . . .", true),
        ("X 572 . N C . . .", false),
        ("X 480 . N <DEL> . . END=505", true),
        ("X 480 . N <DEL> . . END=499", false),
    ] {
        for format in [AnnotationFormat::Csq, AnnotationFormat::Ann] {
            assert_eq!(note(format, record), expected, "{record}");
        }
        assert_eq!(note_of_haplotypes(record), expected, "{record}");
    }
    // At the mate of a breakend, or among copied bases.
    for (record, expected) in [
        ("X 600 . N N[X:510[ . . .", true),
        ("X 600 . N N[X:580[ . . .", false),
        ("X 600 . N N]Y:510] . . .", false),
        ("X 489 . N <DUP> . . END=600", true),
    ] {
        for format in [AnnotationFormat::Csq, AnnotationFormat::Ann] {
            assert_eq!(note(format, record), expected, "{record}");
        }
    }
}

#[test]
fn a_gtf_of_exons_only_has_non_coding_transcripts() {
    let gtf = gtf_parts("X", 0, "gene_id \"T1\"; transcript_id \"T1\";");
    let exons: Vec<_> = gtf.lines().filter(|line| line.contains("\texon\t")).collect();
    let reference = build("m.gtf", &(exons.join("\n") + "\n"), &contig("X", 0));
    let expected = ["T1 non_coding_transcript_exon_variant misc_RNA 1/3 25"];
    assert_eq!(annotated(&reference, "X 175 . C A . . ."), expected);
}

#[test]
fn a_trans_spliced_transcript_is_left_out_and_the_others_are_kept() {
    let good = gtf_parts("X", 0, "gene_id \"G1\"; transcript_id \"T1\";");
    let other = "gene_id \"G2\"; transcript_id \"T2\";";
    let sequence = contig("X", 0) + &contig("Y", 77);
    let exon = |name: &str, from: usize, rest: &str| line(name, "exon", (from, from + 40), rest);
    let two_strands = exon("X", 200, other) + &exon("X", 300, other).replace("\t+\t", "\t-\t");
    let with_line = line("X", "transcript", (200, 340), other) + &exon("X", 200, other);
    let numbered = |n: u32| format!("{other} exon_number \"{n}\";");
    for (name, models, reason, why) in [
        ("m.gtf", two_strands, "exons on both strands", "exons on both strands"),
        ("m.gtf", with_line + &exon("Y", 300, other), "trans-spliced", "its line is on X only"),
        (
            "m.gtf",
            exon("X", 200, &numbered(1)) + &exon("Y", 300, &numbered(2)),
            "trans-spliced",
            "each contig has other exon numbers",
        ),
        (
            "m.gtf",
            exon("X", 200, other) + &exon("X", 300, other) + &exon("Y", 300, other),
            "trans-spliced",
            "each contig has another number of exons",
        ),
        ("m.gtf", exon("X", 200, other).replace("\t+\t", "\t.\t"), "no strand", "no strand"),
        (
            "m.gtf",
            line("X", "transcript", (200, 340), other)
                + &line("X", "transcript", (400, 500), other),
            "defined twice on one contig",
            "two lines with the same identifier",
        ),
    ] {
        let reference = build(name, &format!("{good}{models}"), &sequence);
        assert_eq!(left_out(&reference), [(reason, 1)], "{why}");
        assert_eq!(annotated(&reference, "X 175 . C A . . ."), [format!("T1 {MISSENSE}")], "{why}");
        assert!(reference.manifest.notes[0].starts_with("transcript T2 on X: "), "{why}");
    }
    // NCBI declares it, as in the rps12 genes of plastids.
    let gff = "X\tRefSeq\tgene\t151\t448\t.\t+\t.\tID=gene-rps12;part=1;exception=trans-splicing\n\
               X\tRefSeq\tgene\t500\t600\t.\t+\t.\tID=gene-rps12;part=2;exception=trans-splicing\n\
               X\tRefSeq\tCDS\t171\t200\t.\t+\t0\tID=cds-1;Parent=gene-rps12;exception=trans-splicing\n\
               X\tRefSeq\tCDS\t500\t602\t.\t+\t0\tID=cds-1;Parent=gene-rps12;exception=trans-splicing\n";
    let reference = build("m.gff3", gff, &sequence);
    assert_eq!(left_out(&reference), [("trans-spliced", 1)]);
    assert_eq!(annotated(&reference, "X 175 . C A . . ."), ["intergenic_variant"]);
}

/// The transcript of [`CODING`] with the phases of its parts, as a GFF3.
fn with_phases(contig: &str, id: &str, phases: [&str; 3]) -> String {
    let mut out = line(contig, "mRNA", (151, 448), &format!("ID={id}"));
    for ((start, end), phase) in CDS.into_iter().zip(phases) {
        let cds = line(contig, "CDS", (start, end), &format!("Parent={id}"));
        out += &cds.replace("\t0\t", &format!("\t{phase}\t"));
    }
    for (start, end) in EXONS {
        out += &line(contig, "exon", (start, end), &format!("Parent={id}"));
    }
    out
}

/// NM_020469.2 of ABO has a base that GRCh38 lacks, as NCBI's annotation release 107 says.
#[test]
fn a_refseq_transcript_with_other_lengths_than_the_genome_is_left_out() {
    let sequence = contig("X", 0) + &contig("Y", 0);
    let note = |differences: &str, kind: &str| match kind {
        "gff3" => format!(
            ";Note=isoform 1%3B The RefSeq transcript has {differences} compared to this genomic sequence;\
             exception=annotated by transcript or proteomic data"
        ),
        _ => format!(
            " note \"The RefSeq transcript has {differences} compared to this genomic sequence\"; exception \
             \"annotated by transcript or proteomic data\";"
        ),
    };
    for (differences, is_left_out) in [
        ("1 frameshift", true),
        ("2 substitutions%2C 1 non-frameshifting indel", true),
        ("1 substitution", false),
    ] {
        let gff = with_phases("X", "T1", ["0"; 3])
            .replace("ID=T1", &format!("ID=T1{}", note(differences, "gff3")))
            + &with_phases("Y", "T2", ["0"; 3]);
        let attributes = "gene_id \"G1\"; transcript_id \"T1\";";
        let differences = differences.replace("%2C", ",");
        let gtf = gtf_parts("X", 0, &format!("{attributes}{}", note(&differences, "gtf")))
            + &gtf_parts("Y", 0, "gene_id \"G2\"; transcript_id \"T2\";");
        for (name, models) in [("m.gff3", gff), ("m.gtf", gtf)] {
            let reference = build(name, &models, &sequence);
            let reason = "its sequence and the genome differ by insertions or deletions";
            let expected = if is_left_out { vec![(reason, 1)] } else { vec![] };
            assert_eq!(left_out(&reference), expected, "{differences} {models}");
            let record = annotated(&reference, "X 175 . C A . . .");
            let whole = [format!("T1 {MISSENSE}")];
            assert_eq!(record == whole, !is_left_out, "{differences} {record:?}");
            if !is_left_out {
                // Its bases are those of the genome, not those of RefSeq's sequence.
                assert_eq!(flags(&reference, "X 175 . C A . . ."), "rseq_mrna_nonmatch");
            }
            assert_eq!(flags(&reference, "Y 175 . C A . . ."), "");
            let edited = models.replace("annotated by transcript or proteomic data", "RNA editing");
            let edited = edited.replace(" compared to this genomic sequence", "");
            assert_eq!(
                flags(&build(name, &edited, &sequence), "X 175 . C A . . ."),
                "rseq_mrna_nonmatch"
            );
            assert_eq!(annotated(&reference, "Y 175 . C A . . ."), [format!("T2 {MISSENSE}")]);
        }
    }
}

/// The parts have 30, 60 and 18 bases, so that each begins at the same base of a codon as the first one.
#[test]
fn a_coding_sequence_whose_phases_contradict_its_lengths_is_left_out() {
    let sequence = contig("X", 0) + &contig("Y", 0) + &contig("Z", 0);
    let good = with_phases("X", "T1", ["1", "1", "1"]) + &with_phases("Y", "T2", ["2", ".", "2"]);
    // The protein of the model goes on in another frame behind the first part.
    let models = good + &with_phases("Z", "T3", ["0", "2", "2"]);
    let reference = build("m.gff3", &models, &sequence);
    let reason = "the phases of the CDS contradict the lengths of its parts";
    assert_eq!(left_out(&reference), [(reason, 1)]);
    assert!(transcripts(&reference, "Z").is_empty());
    assert_eq!((transcripts(&reference, "X").len(), transcripts(&reference, "Y").len()), (1, 1));
    let mut out = Vec::new();
    let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
    annotator.record(1, b"Z\t175\t.\tC\tA\t.\t.\t.", &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("GAS_NOTE=left_out_transcript"));
    // Pseudogenes are not translated.
    let pseudogene = models.replace("ID=T3", "ID=T3;pseudo=true");
    assert!(left_out(&build("m.gff3", &pseudogene, &sequence)).is_empty());
    // The phases of a file that has the same ones everywhere mean nothing.
    let dummy = with_phases("X", "T1", ["0", "1", "1"]) + &with_phases("Z", "T3", ["0", "1", "1"]);
    let reference = build("m.gff3", &dummy, &sequence);
    assert!(left_out(&reference).is_empty());
    assert_eq!(annotated(&reference, "X 175 . C A . . ."), [format!("T1 {MISSENSE}")]);
    let notes = &reference.manifest.notes;
    let note = "the phases of 2 coding sequences contradict the lengths of their parts";
    assert!(notes.iter().any(|found| found.starts_with(note)), "{notes:?}");
}

/// The GFF3 of Ensembl does not mark selenocysteines: codon 462 of SELENON is TGA, and the protein goes on.
#[test]
fn a_stop_codon_behind_which_the_coding_sequence_goes_on_has_an_unknown_residue() {
    let sequence = contig("X", 0).replace("ATGGCTAAACTG", "ATGGCTTGACTG");
    let models = with_phases("X", "T1", ["0"; 3]);
    let reference = build("m.gff3", &models, &sequence);
    for (record, expected) in [
        ("X 177 . T A . . .", "T1 missense_variant protein_coding 1/3 27 p.?"),
        ("X 178 . G A . . .", "T1 stop_gained protein_coding 1/3 28 p.?"),
        ("X 175 . C A . . .", "T1 missense_variant protein_coding 1/3 25 p.Ala2Asp"),
        ("X 180 . C A . . .", "T1 missense_variant protein_coding 1/3 30 p.Leu4Met"),
        ("X 179 . A AGCC . . .", "T1 inframe_insertion protein_coding 1/3 29-30 p.?"),
    ] {
        assert_eq!(annotated(&reference, record), [expected], "{record}");
    }
    let notes = &reference.manifest.notes;
    let note = "1 coding sequences go on behind stop codons, whose residues are unknown";
    assert!(
        notes.iter().any(|found| found.starts_with(note) && found.ends_with(": T1")),
        "{notes:?}"
    );
    // The genes of other people can go on where that of the genome ends.
    let segment = models.replace("ID=T1", "ID=T1;biotype=IG_V_gene");
    let reference = build("m.gff3", &segment, &sequence);
    let found = annotated(&reference, "X 177 . T A . . .");
    assert!(found[0].starts_with("T1 stop_lost IG_V_gene 1/3 27 p.Ter3Argext"), "{found:?}");
}

#[test]
fn ribosomal_slippage_keeps_its_overlap_or_gap() {
    // -1 reads base 200 twice, +1 leaves out base 201.
    for (parts, expected) in [([(171, 200), (200, 260)], 91), ([(171, 200), (202, 262)], 91)] {
        let gff_cds = "ID=C1;Parent=T1;exception=ribosomal slippage";
        let mut with_exon = line("X", "mRNA", (151, 448), "ID=T1");
        with_exon += &line("X", "exon", (151, 448), "Parent=T1");
        let gene_only = line("X", "gene", (151, 448), "ID=T1;gene_biotype=protein_coding");
        let attributes = "gene_id \"G1\"; transcript_id \"T1\";";
        let mut gtf = line("X", "exon", (151, 448), attributes);
        gtf += &line("X", "stop_codon", (parts[1].1 - 2, parts[1].1), attributes);
        let cds = |rest: &str, without_stop: usize| {
            let mut out = String::new();
            for (n, (start, end)) in parts.into_iter().enumerate() {
                out += &line("X", "CDS", (start, end - n * without_stop), rest);
            }
            out
        };
        for (name, models, exons) in [
            ("m.gff3", with_exon + &cds(gff_cds, 0), (151, 448)),
            ("m.gff3", gene_only + &cds(gff_cds, 0), (171, parts[1].1)),
            ("m.gtf", gtf + &cds(attributes, 3), (151, 448)),
        ] {
            let reference = build(name, &models, &contig("X", 0));
            let transcript = &transcripts(&reference, "X")[0];
            let cds = transcript.cds.as_ref().unwrap();
            assert!(cds.has_slippage() && cds.len == expected, "{name} {models} {cds:?}");
            assert_eq!(transcript.exons.len(), 1, "slippage is no intron: {models}");
            let exon = transcript.exons[0];
            assert_eq!((exon.start as usize, exon.end as usize), exons, "{models}");
        }
    }
    // Base 200 is in two codons, on both strands.
    let models = line("X", "exon", (151, 448), "Parent=T1")
        + &line("X", "CDS", (171, 200), "ID=C1;Parent=T1")
        + &line("X", "CDS", (200, 260), "ID=C1;Parent=T1");
    let (sequence, forward) = (contig("X", 0), models);
    let (mirrored, reverse) = reversed(&sequence, &forward);
    for (sequence, models, pos) in [(&sequence, forward, 200), (&mirrored, reverse, 0)] {
        let reference = build("m.gff3", &models, sequence);
        let bases = sequence.trim_end().split_once('\n').unwrap().1.as_bytes();
        let pos = if pos == 0 { bases.len() + 1 - 200 } else { pos };
        let base = bases[pos - 1] as char;
        let alt = if base == 'A' { 'C' } else { 'A' };
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        let record = format!("X\t{pos}\t.\t{base}\t{alt}\t.\t.\t.");
        annotator.record(1, record.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let fields: Vec<&str> = text.split("CSQ=").nth(1).unwrap().split('|').collect();
        assert_eq!((fields[13], fields[14]), ("30-31", "10-11"), "{text}");
        let (codons, peptides) = (fields[16], fields[15]);
        assert!(codons.len() == 13 && peptides.len() >= 2, "{text}");
        assert!(fields[11].contains("p."), "{text}");
    }
    let overlap = line("X", "exon", (151, 448), "Parent=T1")
        + &line("X", "CDS", (171, 200), "ID=C1;Parent=T1")
        + &line("X", "CDS", (190, 260), "ID=C1;Parent=T1");
    let reference = build("m.gff3", &overlap, &contig("X", 0));
    assert_eq!(left_out(&reference), [("parts of the CDS overlap", 1)]);
}

#[test]
fn prokka_writes_coding_sequences_only_and_the_sequence_into_the_same_file() {
    let shift_free = contig("contig_1", 0);
    let mut gff = String::from("##gff-version 3\n##sequence-region contig_1 1 700\n");
    gff += "contig_1\tProdigal:002006\tCDS\t171\t200\t.\t+\t0\tID=ABC_1;eC_number=1.1.1.1;Name=dnaA;\
            gene=dnaA;locus_tag=ABC_1;product=replication%2C initiator\n";
    gff += "contig_1\tAragorn:001002\ttRNA\t500\t560\t.\t-\t.\tID=ABC_2;locus_tag=ABC_2\n";
    gff += "##FASTA\n";
    let text = gff + &shift_free;
    let reference = build("prokka.gff", &text, &text);
    let found = transcripts(&reference, "contig_1");
    let cds = found[0].cds.as_ref().unwrap();
    assert_eq!((&*found[0].id, &*found[0].biotype), ("ABC_1", "protein_coding"));
    assert_eq!((cds.table, cds.len), (CodonTable::Bacterial, 30));
    assert_eq!(
        (&*found[1].id, &*found[1].biotype, found[1].cds.is_none()),
        ("ABC_2", "tRNA", true)
    );
    let gene = &reference.contig(b"contig_1").unwrap().model.genes[0];
    assert_eq!((&*gene.id, &*gene.symbol), ("ABC_1", "dnaA"));
    assert!(annotated(&reference, "contig_1 175 . C A . . .")[0].contains(" p.Ala2Asp"));
}

#[test]
fn the_dialects_of_ncbi_are_read() {
    let mut gff = String::from("##gff-version 3\n");
    // A transcript without transcript_id, whose gene is named by `gene`.
    gff += &line(
        "1",
        "gene",
        (151, 448),
        "ID=gene-ABC;gbkey=Gene;gene=ABC;gene_biotype=protein_coding",
    );
    gff += &line("1", "mRNA", (151, 448), "ID=rna-ABC;Parent=gene-ABC;gbkey=mRNA;gene=ABC");
    for region in EXONS {
        gff += &line("1", "exon", region, "ID=exon-ABC-1;Parent=rna-ABC;gbkey=mRNA;gene=ABC");
    }
    for region in CDS {
        let partial = if region.1 == 398 { ";partial=true;end_range=398,." } else { "" };
        gff += &line("1", "CDS", region, &format!("ID=cds-ABC;Parent=rna-ABC;gene=ABC{partial}"));
    }
    // A miRNA in its primary transcript.
    gff += &line("1", "gene", (500, 560), "ID=gene-MIR;gene=MIR");
    gff += &line("1", "primary_transcript", (500, 560), "ID=rna-P;Parent=gene-MIR");
    gff += &line("1", "miRNA", (510, 530), "ID=rna-M;Parent=rna-P");
    gff += &line("1", "exon", (510, 530), "ID=exon-M;Parent=rna-M");
    // A pseudogene with a CDS, which is not translated.
    gff += &line("1", "pseudogene", (600, 640), "ID=gene-PS;gene_biotype=pseudogene;pseudo=true");
    gff += &line("1", "CDS", (600, 640), "ID=cds-PS;Parent=gene-PS;pseudo=true");
    let reference = build("ncbi.gff3", &gff, &contig("1", 0));
    assert_eq!(annotated(&reference, "1 175 . C A . . .")[0], format!("ABC {MISSENSE}"));
    let model = reference.contig(b"1").unwrap().model;
    let symbols: Vec<&str> = model.genes.iter().map(|gene| &*gene.symbol).collect();
    assert_eq!(symbols, ["ABC", "MIR", ""]);
    let of = |id: &str| model.transcripts.iter().find(|t| &*t.id == id).unwrap();
    let flags = of("ABC").flags;
    assert!(flags.cds_end_nf && !flags.cds_start_nf, "the right end is incomplete");
    assert_eq!((&*of("PS").biotype, of("PS").cds.is_none()), ("pseudogene", true));
    assert_eq!(&*of("M").biotype, "miRNA");
}

#[test]
fn genes_of_prokaryotes_are_separate_whatever_the_names_of_their_transcripts() {
    // Two products of one gene (dnaX), and another gene.
    let gff = line("1", "gene", (171, 320), "ID=gene-dnaX;gene=dnaX;gene_biotype=protein_coding")
        + &line("1", "CDS", (171, 320), "ID=cds-A;Parent=gene-dnaX;transl_table=11")
        + &line("1", "CDS", (171, 200), "ID=cds-B;Parent=gene-dnaX;transl_table=11")
        + &line("1", "CDS", (200, 260), "ID=cds-B;Parent=gene-dnaX;transl_table=11");
    let reference = build("m.gff3", &gff, &contig("1", 0));
    let found = transcripts(&reference, "1");
    let lengths: Vec<(&str, i32)> =
        found.iter().map(|t| (&*t.id, t.cds.as_ref().unwrap().len)).collect();
    assert_eq!(lengths, [("A", 150), ("B", 91)]);
    assert_eq!((found[0].gene, found[1].gene, reference.manifest.genes), (0, 0, 1));
    assert_eq!(left_out(&reference), []);

    let mut gtf = String::new();
    for (gene, region) in [("b1", (171, 200)), ("b2", (261, 320))] {
        let rest = format!(
            "gene_id \"{gene}\"; transcript_id \"unassigned_transcript_1\"; \
                            transl_table \"11\"; note \"a; b\"; gene \"{gene}X\";"
        );
        gtf += &line("1", "CDS", region, &rest);
    }
    let reference = build("m.gtf", &gtf, &contig("1", 0));
    let ids: Vec<&str> = transcripts(&reference, "1").iter().map(|t| &*t.id).collect();
    assert_eq!(ids, ["b1", "b2"]);
    let genes = &reference.contig(b"1").unwrap().model.genes;
    assert_eq!(&*genes[0].symbol, "b1X", "a semicolon within quotes ends no attribute");
}

#[test]
fn of_several_coding_sequences_of_a_transcript_the_longest_is_kept() {
    // The example of the GFF3 specification: mRNA00003 has two alternative starts.
    let mut gff =
        line("1", "mRNA", (151, 448), "ID=T1") + &line("1", "exon", (151, 448), "Parent=T1");
    for (id, start) in [("C2", 201), ("C1", 171)] {
        for region in [(start, 300), (301, 398)] {
            gff += &line("1", "CDS", region, &format!("ID={id};Parent=T1;protein_id={id}"));
        }
    }
    let reference = build("m.gff3", &gff, &contig("1", 0));
    let cds = transcripts(&reference, "1")[0].cds.as_ref().unwrap();
    assert_eq!((cds.len, cds.protein_id.as_deref()), (228, Some("C1")));
    let reason = "a further CDS of a transcript, of which the longest is kept";
    assert_eq!(left_out(&reference), [(reason, 1)]);
    // Some files give each part an identifier of its own.
    let mut own = line("1", "mRNA", (151, 448), "ID=T1");
    own.extend(EXONS.map(|region| line("1", "exon", region, "Parent=T1")));
    for (n, region) in CDS.into_iter().enumerate() {
        let _ = write!(own, "{}", line("1", "CDS", region, &format!("ID=part{n};Parent=T1")));
    }
    let reference = build("m.gff3", &own, &contig("1", 0));
    assert_eq!(transcripts(&reference, "1")[0].cds.as_ref().unwrap().len, 108);
}

fn recoded(transcript: &Transcript) -> Vec<(i32, u8)> {
    let codons = transcript.cds.as_ref().unwrap().recoded.iter();
    codons.map(|codon| (codon.number, codon.residue)).collect()
}

#[test]
fn escaped_identifiers_and_recoded_codons_are_read() {
    let mut gff = line("1", "mRNA", (151, 448), "ID=T%2C1;Name=a%3Bb");
    for region in EXONS {
        gff += &line("1", "exon", region, "Parent=T%2C1");
    }
    // The second codon is given in parts.
    let except = "transl_except=(pos:177..179%2Caa:Sec),(pos:join(198..199%2C200)%2Caa:Sec)";
    for region in CDS {
        gff += &line("1", "CDS", region, &format!("ID=C1;Parent=T%2C1;{except}"));
    }
    let reference = build("m.gff3", &gff, &contig("1", 0));
    let transcript = &transcripts(&reference, "1")[0];
    assert_eq!(&*transcript.id, "T,1");
    assert_eq!(recoded(transcript), [(2, b'U'), (9, b'U')]);
    // The same gene on the other strand.
    let reverse =
        gff.replace("\t+\t", "\t-\t").replace("(pos:177..179%2C", "(pos:complement(396..398)%2C");
    let reverse = reverse.replace(",(pos:join(198..199%2C200)%2Caa:Sec)", "");
    let reference = build("m.gff3", &reverse, &contig("1", 0));
    assert_eq!(recoded(&transcripts(&reference, "1")[0]), [(0, b'U')]);
}

#[test]
fn a_translation_exception_without_effect_is_noted_and_its_transcript_is_kept() {
    for (exceptions, expected, recoded_as) in [
        ("(pos:177..179%2Caa:Sec)", "", vec![(2, b'U')]),
        // The residue of TGA, behind which the CDS goes on, is unknown then.
        ("(pos:178..180%2Caa:Sec)", "that is no codon of the CDS", vec![(2, b'X')]),
        ("(pos:10..12%2Caa:Sec)", "that is no codon of the CDS", vec![(2, b'X')]),
        ("(pos:177..179%2Caa:Foo)", "with \"Foo\", which is no amino acid", vec![(2, b'X')]),
        ("(pos:177..179%2Caa:OTHER)", "", vec![(2, b'X')]),
        ("(pos:177..179%2Caa:sec)", "", vec![(2, b'U')]),
        (
            "(pos:180..182%2Caa:Sec)",
            "codon 4 (CTG) is no stop codon that stands for Sec",
            vec![(2, b'X'), (3, b'U')],
        ),
        (
            "(pos:180..182%2Caa:Pyl)",
            "codon 4 (CTG) is no stop codon that stands for Pyl",
            vec![(2, b'X'), (3, b'O')],
        ),
    ] {
        let mut gff = line("1", "mRNA", (151, 448), "ID=T1");
        for region in CDS {
            gff +=
                &line("1", "CDS", region, &format!("ID=C1;Parent=T1;transl_except={exceptions}"));
        }
        // TGA is the third codon.
        let sequence = contig("1", 0);
        let at = sequence.find("ATGGCTAAACTGG").unwrap() + 6;
        let sequence = format!("{}TGA{}", &sequence[..at], &sequence[at + 3..]);
        for reverse in [false, true] {
            let (sequence, gff) = if reverse {
                let mirrored = reversed(&sequence, &gff);
                // Positions of the attribute are not those of columns.
                let position = |text: &str| {
                    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
                    let number = |n: &str| n.parse::<usize>().ok();
                    let mut found = numbers.by_ref().filter_map(number);
                    (found.next().unwrap(), found.next().unwrap())
                };
                let (start, end) = position(exceptions);
                let other = format!("(pos:complement({}..{})", 701 - end, 701 - start);
                let given = format!("(pos:{start}..{end}");
                (mirrored.0, mirrored.1.replace(&given, &other))
            } else {
                (sequence.clone(), gff.clone())
            };
            let reference = build("m.gff3", &gff, &sequence);
            let notes = reference.manifest.notes.join("\n");
            assert_eq!(notes.is_empty(), expected.is_empty(), "{exceptions}: {notes}");
            assert!(notes.contains(expected), "{exceptions}: {notes}");
            assert_eq!((reference.manifest.transcripts, left_out(&reference)), (1, vec![]));
            assert_eq!(recoded(&transcripts(&reference, "1")[0]), recoded_as, "{exceptions}");
        }
    }
}

#[test]
fn a_transcript_that_cannot_be_translated_is_left_out_with_its_reason() {
    let parts = |cds: (usize, usize), rest: &str| {
        line("1", "exon", (151, 200), &format!("Parent=T1{rest}"))
            + &line("1", "exon", (261, 320), "Parent=T1")
            + &line("1", "CDS", cds, &format!("ID=C1;Parent=T1{rest}"))
    };
    for (models, reason) in [
        (parts((171, 200), ";transl_table=27"), "the genetic code is not supported"),
        (parts((171, 210), ""), "the CDS is outside the exons"),
        (parts((171, 300), ""), "the CDS is outside the exons"),
        (line("1", "mRNA", (690, 720), "ID=T1"), "ends beyond the contig's sequence"),
    ] {
        let reference = build("m.gff3", &models, &contig("1", 0));
        assert_eq!(left_out(&reference), [(reason, 1)], "{models}");
        assert_eq!(reference.manifest.transcripts, 0);
    }
    let elsewhere = line("1", "mRNA", (690, 700), "ID=T1") + &line("2", "mRNA", (1, 20), "ID=T2");
    let reference = build("m.gff3", &elsewhere, &contig("1", 0));
    assert_eq!(left_out(&reference), [("no sequence for the contig", 1)]);
    assert_eq!(reference.manifest.transcripts, 1);
}

/// AGA and AGG are stop codons in the mitochondria of vertebrates only (codes 2 and 5 of NCBI's
/// gc.prt), and Ensembl's files of other species name no code.
#[test]
fn a_mitochondrion_is_read_by_the_code_that_its_models_name_or_else_by_that_of_vertebrates_if_it_fits()
 {
    let models = |name: &str, rest: &str| {
        let mut gff = line(name, "mRNA", (151, 448), "ID=T1");
        for region in EXONS {
            gff += &line(name, "exon", region, "Parent=T1");
        }
        for region in CDS {
            gff += &line(name, "CDS", region, &format!("ID=C1;Parent=T1{rest}"));
        }
        gff
    };
    let reason = "the genetic code of the mitochondrion is not that of vertebrates, and is not named (transl_table)";
    for name in ["MT", "chrM", "Mito", "MtDNA", "mitochondrion_genome"] {
        let fitting = contig(name, 0);
        let reference = build("m.gff3", &models(name, ""), &fitting);
        let coding = transcripts(&reference, name)[0].cds.as_ref().unwrap();
        assert_eq!(
            (coding.table, left_out(&reference)),
            (CodonTable::VertebrateMitochondrial, vec![])
        );
        // The third codon becomes AGA.
        let other = fitting.replace("ATGGCTAAACTGG", "ATGGCTAGACTGG");
        let reference = build("m.gff3", &models(name, ""), &other);
        assert_eq!((left_out(&reference), reference.manifest.transcripts), (vec![(reason, 1)], 0));
        assert_eq!(reference.manifest.genes, 0);
        assert_eq!(reference.contig(name.as_bytes()).unwrap().nearest_gene(300), None);
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        let record = format!("{name}\t178\t.\tG\tT\t.\t.\t.");
        annotator.record(1, record.as_bytes(), &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("GAS_NOTE=left_out_transcript"), "{name}");
        let reference = build("m.gff3", &models(name, ";transl_table=5"), &other);
        let entries = annotated(&reference, &format!("{name} 178 . G T . . ."));
        assert_eq!(entries, ["T1 missense_variant protein_coding 1/3 28 p.Ser3Met"], "{name}");
    }
    // A code that is named counts, whatever other models of the contig say.
    let other = contig("MT", 0).replace("ATGGCTAAACTGG", "ATGGCTAGACTGG");
    let named = models("MT", ";transl_table=2").replace("T1", "T2").replace("C1", "C2");
    let reference = build("m.gff3", &(models("MT", "") + &named), &other);
    assert_eq!((left_out(&reference), reference.manifest.genes), (vec![(reason, 1)], 1));
    let kept = transcripts(&reference, "MT").iter().map(|kept| (&*kept.id, kept.gene));
    assert!(kept.eq([("T2", 0)]));
    // One of many models can be in another frame than the ribosome's.
    let shifted = models("MT", "").replace("CDS\t171\t", "CDS\t174\t");
    let rest = (2..6).map(|n| {
        // In this frame there is no AGA.
        shifted
            .replace("CDS\t174\t", "CDS\t175\t")
            .replace("T1", &format!("T{n}"))
            .replace("C1", &format!("C{n}"))
    });
    let reference = build("m.gff3", &(models("MT", "") + &rest.collect::<String>()), &other);
    assert_eq!((left_out(&reference), reference.manifest.transcripts), (vec![], 5));
    for name in ["Pt", "Pltd", "ChrC", "chloroplast"] {
        let reference = build("m.gff3", &models(name, ""), &contig(name, 0));
        let coding = transcripts(&reference, name)[0].cds.as_ref().unwrap();
        assert_eq!(coding.table, CodonTable::Bacterial);
    }
}

/// HGVS describes a mitochondrial reference with `m.`, also that of a mouse or a yeast. NCBI names each genetic code but the standard
/// one, which the mitochondria of plants have.
#[test]
fn a_mitochondrion_is_recognized_by_what_its_files_say_about_it() {
    let name = "NC_005089.1";
    let models = |rest: &str| {
        let mut gff = line(name, "mRNA", (151, 448), "ID=T1");
        for region in EXONS {
            gff += &line(name, "exon", region, "Parent=T1");
        }
        for region in CDS {
            gff += &line(name, "CDS", region, &format!("ID=C1;Parent=T1{rest}"));
        }
        gff
    };
    let region = |genome: &str| line(name, "region", (1, 700), &format!("ID=r;genome={genome}"));
    let ncbi = "##gff-version 3\n#!processor NCBI annotwriter\n";
    let title = "Mus musculus mitochondrion, complete genome";
    let (standard, vertebrate) = (CodonTable::Standard, CodonTable::VertebrateMitochondrial);
    for (text, title, system, table, why) in [
        (
            ncbi.to_owned() + &region("mitochondrion") + &models(";transl_table=2"),
            "test",
            "m",
            vertebrate,
            "NCBI, mouse",
        ),
        (
            ncbi.to_owned() + &region("mitochondrion") + &models(""),
            "test",
            "m",
            standard,
            "NCBI, plant",
        ),
        (
            ncbi.to_owned() + &region("chromosome") + &models(""),
            "test",
            "g",
            standard,
            "NCBI, nucleus",
        ),
        (
            region("mitochondrion:kinetoplast") + &models(";transl_table=4"),
            "test",
            "m",
            CodonTable::MoldMitochondrial,
            "INSDC",
        ),
        (models(""), title, "m", vertebrate, "the title of the sequence"),
        (
            models(";transl_table=5"),
            "test",
            "m",
            CodonTable::InvertebrateMitochondrial,
            "a code of mitochondria only",
        ),
        (
            models(";transl_table=4"),
            "test",
            "g",
            CodonTable::MoldMitochondrial,
            "also the code of mycoplasmas",
        ),
        (models(""), "test", "g", standard, "nothing says what it is"),
    ] {
        let sequence = contig(name, 0).replace("test", title);
        let reference = build("m.gff3", &text, &sequence);
        assert_eq!(left_out(&reference), [], "{why}");
        assert_eq!(transcripts(&reference, name)[0].cds.as_ref().unwrap().table, table, "{why}");
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        let record = format!("{name}\t175\t.\tC\tA\t.\t.\t.");
        annotator.record(1, record.as_bytes(), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains(&format!("|{name}:{system}.175C>A|")), "{why}: {out}");
    }
}

/// NCBI's code 11 has the start codons GTG and TTG, which Ensembl's files of bacteria do not say.
/// E. coli has 14% GTG and 3% TTG.
#[test]
fn a_genome_without_introns_and_with_other_start_codons_is_that_of_a_prokaryote() {
    // Genes of 60 bases, 100 bases apart, on both strands. Two of them are in two parts.
    let genes = |others: usize, apart: isize, tag: &str| {
        let mut sequence = ">1\n".to_owned();
        let mut gff = String::new();
        for n in 0..60 {
            let start = if n < others { "GTG" } else { "ATG" };
            let coding = format!("{start}{}TAA", "GCTAAACTGGAACGTGGC".repeat(3));
            let gene = format!("{coding}{}", "ACCTGTCAGG".repeat(4));
            let from = 100 * n;
            let (bases, region, strand) = if n % 2 == 0 {
                (gene, (from + 1, from + 60), '+')
            } else {
                let mirrored = reversed(&format!(">x\n{gene}\n"), "").0;
                (mirrored.lines().nth(1).unwrap().to_owned(), (from + 41, from + 100), '-')
            };
            sequence += &bases;
            let (first, last) = region;
            let mut parts = vec![region];
            if [20, 21].contains(&n) {
                let next = (first + 30).checked_add_signed(apart).unwrap();
                parts = vec![(first, first + 29), (next, last)];
            }
            let tag = if n < others { tag } else { "" };
            let mut models =
                line("1", "mRNA", region, &format!("ID=T{n};biotype=protein_coding{tag}"));
            for kind in ["exon", "CDS"] {
                for part in &parts {
                    models += &line("1", kind, *part, &format!("Parent=T{n}"));
                }
            }
            gff += &models.replace("\t+\t", &format!("\t{strand}\t"));
        }
        (sequence + "\n", gff)
    };
    for (others, apart, tag, table) in [
        (0, 0, "", CodonTable::Standard),
        (10, 0, "", CodonTable::Bacterial),
        // Programmed frameshifts, such as that of prfB of E. coli.
        (10, 1, "", CodonTable::Bacterial),
        (10, -1, "", CodonTable::Bacterial),
        (10, 10, "", CodonTable::Bacterial),
        (10, 11, "", CodonTable::Standard),
        (10, 0, ";tag=cds_start_NF", CodonTable::Standard),
    ] {
        let (sequence, gff) = genes(others, apart, tag);
        let reference = build("m.gff3", &gff, &sequence);
        let found = transcripts(&reference, "1").iter().map(|t| t.cds.as_ref().unwrap().table);
        assert!(found.eq(std::iter::repeat_n(table, 60)), "{others} {apart} {tag}");
        let is_prokaryotic = table == CodonTable::Bacterial;
        let notes = reference.manifest.notes.join("\n");
        assert_eq!(notes.contains("read by genetic code 11"), is_prokaryotic, "{notes}");
        let of = |record: &str, id: &str| {
            annotated(&reference, record).into_iter().find(|e| e.starts_with(id)).unwrap()
        };
        if is_prokaryotic {
            assert!(of("1 2 . T C . . .", "T0 ").starts_with("T0 start_lost"));
            assert!(of("1 1 . G T . . .", "T0 ").starts_with("T0 start_retained_variant"));
            // On the reverse strand, CAC is GTG.
            assert!(of("1 199 . A G . . .", "T1 ").starts_with("T1 start_lost"));
        }
    }
}

/// NCBI's GTF has an attribute for each codon.
#[test]
fn repeated_attributes_name_codons_that_the_genetic_code_does_not_translate() {
    let of_gtf = "gene_id \"G1\"; transcript_id \"T1\";";
    let except =
        "transl_except \"(pos:177..179,aa:Sec)\"; transl_except \"(pos:180..182,aa:OTHER)\";";
    let models = gtf_parts("1", 0, of_gtf).replace("\tCDS\t", "\tcds\t");
    let models = models
        .replace("\tcds\t171\t200\t.\t+\t0\t", &format!("\tCDS\t171\t200\t.\t+\t0\t{except} "));
    let models = models.replace("\tcds\t", "\tCDS\t");
    let sequence = contig("1", 0).replace("ATGGCTAAACTGG", "ATGGCTTGACTGG");
    let reference = build("m.gtf", &models, &sequence);
    assert_eq!(recoded(&transcripts(&reference, "1")[0]), [(2, b'U'), (3, b'X')]);
}

/// The GFF3 of TAIR10: the protein is no transcript of its own.
#[test]
fn a_protein_that_is_a_parent_of_its_cds_is_no_transcript() {
    let mut gff = line("1", "gene", (151, 448), "ID=AT1;Name=AT1")
        + &line("1", "mRNA", (151, 448), "ID=AT1.1;Parent=AT1;Index=1")
        + &line("1", "protein", (171, 398), "ID=AT1.1-Protein;Derives_from=AT1.1");
    for region in EXONS {
        gff += &line("1", "exon", region, "Parent=AT1.1");
    }
    let only_protein = gff.clone();
    for region in CDS {
        gff += &line("1", "CDS", region, "Parent=AT1.1,AT1.1-Protein;");
    }
    let only_protein =
        only_protein + &CDS.map(|region| line("1", "CDS", region, "Parent=AT1.1-Protein")).concat();
    for models in [gff, only_protein] {
        let reference = build("m.gff3", &models, &contig("1", 0));
        let entries = annotated(&reference, "1 175 . C A . . .");
        assert_eq!(entries, [format!("AT1.1 {MISSENSE}")]);
        assert_eq!((reference.manifest.genes, left_out(&reference)), (1, vec![]));
    }
}

#[test]
fn identifiers_of_wormbase_have_no_prefix() {
    let mut gff = line("1", "gene", (151, 448), "ID=Gene:WBGene1;Name=WBGene1")
        + &line("1", "mRNA", (151, 448), "ID=Transcript:Y74C9A.3.1;Parent=Gene:WBGene1");
    for region in EXONS {
        gff += &line("1", "exon", region, "Parent=Transcript:Y74C9A.3.1");
    }
    for region in CDS {
        gff += &line("1", "CDS", region, "ID=CDS:Y74C9A.3;Parent=Transcript:Y74C9A.3.1");
    }
    let reference = build("m.gff3", &gff, &contig("1", 0));
    let entries = annotated(&reference, "1 175 . C A . . .");
    assert_eq!(entries, [format!("Y74C9A.3.1 {MISSENSE}")]);
    assert_eq!(&*reference.contig(b"1").unwrap().model.genes[0].id, "WBGene1");
}

#[test]
fn parts_of_a_gene_are_those_of_its_transcript() {
    let sequence = contig("1", 0);
    let gene = line("1", "gene", (151, 448), "ID=G1");
    let mrna = |id: &str| line("1", "mRNA", (151, 448), &format!("ID={id};Parent=G1"));
    let parts = |kind: &str, parent: &str| {
        let regions = if kind == "CDS" { CDS } else { EXONS };
        regions.map(|region| line("1", kind, region, &format!("Parent={parent}"))).concat()
    };
    let both = gene.clone() + &mrna("T1") + &parts("exon", "G1,T1") + &parts("CDS", "T1");
    let cds_of_gene = gene.clone() + &mrna("T1") + &parts("exon", "T1") + &parts("CDS", "G1");
    for models in [both, cds_of_gene] {
        let reference = build("m.gff3", &models, &sequence);
        let entries = annotated(&reference, "1 175 . C A . . .");
        assert_eq!(entries, [format!("T1 {MISSENSE}")]);
        assert_eq!(left_out(&reference), []);
    }
    let segment = gene.clone()
        + &line("1", "V_gene_segment", (151, 448), "ID=id-V1;Parent=G1;gbkey=V_segment")
        + &parts("exon", "id-V1")
        + &parts("CDS", "G1");
    let entries = annotated(&build("m.gff3", &segment, &sequence), "1 175 . C A . . .");
    assert_eq!(entries, ["id-V1 missense_variant V_gene_segment 1/3 25 p.Ala2Asp"]);
    // Which of two mRNAs is translated is not known, so that neither is called non-coding.
    let several = gene + &mrna("T1") + &mrna("T2") + &parts("exon", "T1,T2") + &parts("CDS", "G1");
    let reference = build("m.gff3", &several, &sequence);
    assert_eq!(
        left_out(&reference),
        [("the CDS of its gene names none of several mRNAs as its parent", 2)]
    );
    let entries = annotated(&reference, "1 175 . C A . . .");
    assert_eq!(entries, ["G1 missense_variant protein_coding 1/3 5 p.Ala2Asp"]);
}

/// NCBI's curated pseudogenes have neither transcripts nor exons. A variant in one is not between
/// genes (SO: intergenic_variant).
#[test]
fn a_pseudogene_without_parts_is_its_own_transcript_and_another_gene_is_left_out() {
    let pseudogene = "ID=gene-P1;Name=P1;gbkey=Gene;gene_biotype=pseudogene;pseudo=true";
    let gene = "ID=gene-Q1;Name=Q1;gbkey=Gene;gene_biotype=other";
    let element = "ID=id-M1;gbkey=mobile_element";
    let gff = line("X", "pseudogene", (201, 260), pseudogene)
        + &line("X", "gene", (301, 360), gene)
        + &line("X", "mobile_genetic_element", (401, 460), element)
        + &with_phases("Y", "T2", ["0"; 3]);
    let gtf = line(
        "X",
        "gene",
        (201, 260),
        "gene_id \"P1\"; transcript_id \"\"; gene \"P1\"; gene_biotype \"pseudogene\"; pseudo \"true\";",
    ) + &line(
        "X",
        "gene",
        (301, 360),
        "gene_id \"Q1\"; transcript_id \"\"; gene_biotype \"other\";",
    ) + &line("Y", "gene", (151, 448), "gene_id \"G2\"; transcript_id \"\";")
        + &gtf_parts("Y", 0, "gene_id \"G2\"; transcript_id \"T2\";");
    let sequence = contig("X", 0) + &contig("Y", 0);
    let bases = sequence.lines().nth(1).unwrap().to_owned();
    for (name, models) in [("m.gff3", gff), ("m.gtf", gtf)] {
        let reference = build(name, &models, &sequence);
        assert_eq!(left_out(&reference), [("neither exons nor CDS", 1)], "{name}");
        assert_eq!(reference.manifest.transcripts, 2, "{name}");
        let record = |pos: usize| {
            let base = &bases[pos - 1..pos];
            format!("X {pos} . {base} {} . . .", if base == "A" { "C" } else { "A" })
        };
        assert_eq!(
            annotated(&reference, &record(230)),
            ["P1 non_coding_transcript_exon_variant pseudogene 1/1 30"],
            "{name}"
        );
        let mut annotator = Annotator::new(&reference, 0, AnnotationFormat::Csq);
        let mut out = Vec::new();
        annotator.record(1, record(330).replace(' ', "\t").as_bytes(), &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("GAS_NOTE=left_out_transcript"), "{name}");
    }
}

/// HGVS numbers the bases of the transcript's sequence, and of the introns within it.
#[test]
fn bases_of_a_transcript_outside_its_exons_have_no_description() {
    let mut gff = line("1", "mRNA", (101, 500), "ID=T1");
    for region in EXONS {
        gff += &line("1", "exon", region, "Parent=T1");
    }
    for region in CDS {
        gff += &line("1", "CDS", region, "ID=C1;Parent=T1");
    }
    let sequence = contig("1", 0);
    for (sequence, gff, places) in [(sequence.clone(), gff.clone(), [150, 151, 448, 449]), {
        let (sequence, gff) = reversed(&sequence, &gff);
        (sequence, gff, [551, 550, 253, 252])
    }] {
        let reference = build("m.gff3", &gff, &sequence);
        let bases = sequence.lines().nth(1).unwrap();
        let described = places.map(|pos| {
            let base = &bases[pos - 1..pos];
            let alt = if base == "A" { "C" } else { "A" };
            hgvs_c(&reference, &format!("1 {pos} . {base} {alt} . . ."))
        });
        let positions = described
            .map(|text| text.split(|c: char| c.is_ascii_uppercase()).next().unwrap().to_owned());
        assert_eq!(positions, ["", "c.-20", "c.*50", ""]);
    }
}

/// SO: 5_prime_UTR_variant is "a UTR variant of the 5' UTR", and an intron is no part of it.
#[test]
fn a_deletion_of_bases_of_an_intron_beside_the_coding_sequence_is_in_no_untranslated_region() {
    let mut gff = line("1", "mRNA", (151, 448), "ID=T1");
    for region in EXONS {
        gff += &line("1", "exon", region, "Parent=T1");
    }
    gff += &line("1", "CDS", (261, 320), "ID=C1;Parent=T1");
    for (sequence, gff, acceptor, donor) in
        [(contig("1", 0), gff.clone(), "255 . N <DEL> . . END=265", "315 . N <DEL> . . END=325"), {
            let (sequence, gff) = reversed(&contig("1", 0), &gff);
            (sequence, gff, "435 . N <DEL> . . END=445", "375 . N <DEL> . . END=385")
        }]
    {
        let reference = build("m.gff3", &gff, &sequence);
        for (record, site) in [(acceptor, "splice_acceptor"), (donor, "splice_donor")] {
            let entry = annotated(&reference, &format!("1 {record}")).remove(0);
            assert!(entry.contains(site) && entry.contains("coding_sequence_variant"), "{entry}");
            assert!(!entry.contains("UTR"), "{record}: {entry}");
        }
    }
    // With a base of an exon on the other side of the intron it is.
    let reference = build("m.gff3", &gff, &contig("1", 0));
    let entry = annotated(&reference, "1 199 . N <DEL> . . END=265").remove(0);
    assert!(entry.contains("5_prime_UTR_variant"), "{entry}");
}

/// The contig of [`contig`] on the other strand, and the same of lines of features.
fn reversed(sequence: &str, models: &str) -> (String, String) {
    let (name, bases) = sequence.trim_end().split_once('\n').unwrap();
    let complement = |base| match base {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        _ => 'A',
    };
    let bases: String = bases.chars().rev().map(complement).collect();
    let lines = models.lines().map(|line| {
        let mut columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let flip = |text: &str| (bases.len() + 1 - text.parse::<usize>().unwrap()).to_string();
        (columns[3], columns[4]) = (flip(&columns[4]), flip(&columns[3]));
        columns[6] = "-".to_owned();
        columns.join("\t") + "\n"
    });
    let models = lines.collect();
    (format!("{name}\n{bases}\n"), models)
}

/// HGVSc of the first entry, without the transcript.
fn hgvs_c(reference: &Reference, record: &str) -> String {
    let mut annotator = Annotator::new(reference, 0, AnnotationFormat::Csq);
    let mut out = Vec::new();
    annotator.record(1, record.replace(' ', "\t").as_bytes(), &mut out).unwrap();
    let line = String::from_utf8(out).unwrap();
    let entry = line.trim_end().split("CSQ=").nth(1).unwrap();
    entry.split('|').nth(10).unwrap().split(':').next_back().unwrap().to_owned()
}

#[test]
fn exons_follow_from_cds_utr_features_and_the_line_of_the_transcript() {
    let gff_line = line("X", "mRNA", (151, 448), "ID=T1");
    let utr = |kind: &str, region, rest: &str| line("X", kind, region, rest);
    let cds = |rest: &str, end: usize| {
        let regions = CDS.map(|(from, to)| (from, if to == 398 { end } else { to }));
        regions.map(|region| line("X", "CDS", region, rest)).concat()
    };
    let own_ids: String = CDS
        .into_iter()
        .enumerate()
        .map(|(n, region)| line("X", "CDS", region, &format!("ID=T1.CDS.{n};Parent=T1;pacid=1")))
        .collect();
    let five = utr("five_prime_UTR", (151, 170), "ID=T1.five.1;Parent=T1");
    let three = utr("three_prime_UTR", (399, 448), "ID=T1.three.1;Parent=T1");
    let of_gtf = "gene_id \"G1\"; transcript_id \"T1\";";
    let stop = line("X", "stop_codon", (396, 398), of_gtf);
    let gtf_line = line("X", "transcript", (151, 448), of_gtf);
    let (gtf_five, gtf_three) = (utr("5UTR", (151, 170), of_gtf), utr("3UTR", (399, 448), of_gtf));
    for (name, models) in [
        ("m.gff3", gff_line.clone() + &cds("ID=C1;Parent=T1", 398)),
        ("m.gff3", five.clone() + &gff_line + &own_ids + &three),
        ("m.gff3", gff_line.clone() + &own_ids + &three),
        ("m.gff3", gff_line + &own_ids + &five),
        ("m.gtf", gtf_line.clone() + &cds(of_gtf, 395) + &stop),
        ("m.gtf", gtf_line + &cds(of_gtf, 395) + &stop + &gtf_five),
        ("m.gtf", gtf_five + &cds(of_gtf, 395) + &stop + &gtf_three),
    ] {
        let reference = build(name, &models, &contig("X", 0));
        assert_eq!(annotated(&reference, "X 175 . C A . . ."), [format!("T1 {MISSENSE}")]);
        assert_eq!(hgvs_c(&reference, "X 410 . G T . . ."), "c.*12G>T", "{models}");
        assert_eq!(hgvs_c(&reference, "X 160 . G A . . ."), "c.-11G>A", "{models}");
        assert_eq!(left_out(&reference), []);
        let (sequence, models) = reversed(&contig("X", 0), &models);
        let reference = build(name, &models, &sequence);
        assert_eq!(hgvs_c(&reference, "X 291 . C A . . ."), "c.*12G>T", "{models}");
        assert_eq!(hgvs_c(&reference, "X 541 . C T . . ."), "c.-11G>A", "{models}");
    }
    // An intron within the 5' UTR.
    let split = utr("five_prime_UTR", (121, 130), "Parent=T1") + &five;
    let models = line("X", "mRNA", (121, 448), "ID=T1") + &split + &own_ids + &three;
    let reference = build("m.gff3", &models, &contig("X", 0));
    assert_eq!(hgvs_c(&reference, "X 125 . G A . . ."), "c.-26G>A");
    assert_eq!(transcripts(&reference, "X")[0].exons.len(), 4);
    // The line of a gene does not say how far its transcript reaches.
    let models = line("X", "gene", (151, 448), "ID=G1") + &cds("ID=C1;Parent=G1", 398);
    let reference = build("m.gff3", &models, &contig("X", 0));
    let exons = &transcripts(&reference, "X")[0].exons;
    assert_eq!((exons[0].start, exons[2].end), (171, 398));
}

#[test]
fn copies_with_one_identifier_on_a_contig_are_left_out_with_the_reason() {
    let good = gtf_parts("X", 0, "gene_id \"G1\"; transcript_id \"T1\";");
    let attributes = "gene_id \"G2\"; transcript_id \"T2\";";
    let exons = |regions: &[(usize, usize)], numbered: bool| -> String {
        let lines = regions.iter().enumerate().map(|(n, region)| {
            let number =
                if numbered { format!(" exon_number \"{}\";", n + 1) } else { String::new() };
            line("X", "exon", *region, &format!("{attributes}{number}"))
        });
        lines.collect()
    };
    let first = [(20, 30), (40, 55), (70, 90)];
    let other = [(500, 512), (520, 535), (560, 571)];
    let shifted = first.map(|(start, end)| (start + 480, end + 480));
    let gene = |region| line("X", "gene", region, "gene_id \"G2\";");
    let stop = |start| line("X", "stop_codon", (start, start + 2), attributes);
    for (models, why) in [
        (exons(&first, true) + &exons(&other, true), "exon numbers restart"),
        (exons(&first, false) + &exons(&shifted, false), "same lengths and introns"),
        (exons(&other, false) + &exons(&first, false), "the order restarts before a gap"),
        (exons(&first, false) + &stop(80) + &exons(&other, false) + &stop(565), "two stop codons"),
        (
            gene((20, 90)) + &exons(&first, false) + &gene((500, 571)) + &exons(&other, false),
            "two gene lines",
        ),
    ] {
        for models in [format!("{good}{models}"), format!("{models}{good}")] {
            let reference = build("m.gtf", &models, &contig("X", 0));
            assert_eq!(left_out(&reference), [("at several places of one contig", 1)], "{why}");
            let expected = [format!("T1 {MISSENSE}")];
            assert_eq!(annotated(&reference, "X 175 . C A . . ."), expected, "{why}");
            let (sequence, models) = reversed(&contig("X", 0), &models);
            let reference = build("m.gtf", &models, &sequence);
            assert_eq!(left_out(&reference), [("at several places of one contig", 1)], "{why}");
        }
    }
    let descending: Vec<_> = other.into_iter().rev().collect();
    for (models, why) in [
        (exons(&first, true) + &exons(&first, true), "the file is joined with itself"),
        (exons(&[first.as_slice(), &other].concat(), true), "one transcript of six exons"),
        (exons(&descending, true), "descending positions"),
        (exons(&other, true).replace("\"2\"", "\"1\"").replace("\"3\"", "\"1\""), "one number"),
        (gene((500, 571)) + &gene((500, 571)) + &exons(&other, false), "the gene line twice"),
    ] {
        let reference = build("m.gtf", &format!("{good}{models}"), &contig("X", 0));
        assert_eq!((left_out(&reference), reference.manifest.transcripts), (vec![], 2), "{why}");
    }
}

/// A substitution of the base at a position.
fn substitution(sequence: &str, pos: usize) -> String {
    let (header, bases) = sequence.split_once('\n').unwrap();
    let name = header.trim_start_matches('>').split(' ').next().unwrap();
    let base = &bases[pos - 1..pos];
    let other = if base == "A" { "G" } else { "A" };
    format!("{name} {pos} . {base} {other} . . .")
}

/// The polypyrimidine tract is a part of the intron (SO:0002169).
#[test]
fn bases_of_an_exon_are_in_no_polypyrimidine_tract() {
    for length in [14, 15, 16, 17] {
        let models = line("c1", "lnc_RNA", (151, 448), "ID=T1;biotype=lncRNA")
            + &line("c1", "exon", (151, 200), "Parent=T1")
            + &line("c1", "exon", (201 + length, 448), "Parent=T1");
        let forward = (contig("c1", 0), models);
        let reverse = reversed(&forward.0, &forward.1);
        for (is_reverse, (sequence, models)) in [(false, forward), (true, reverse)] {
            let reference = build("m.gff3", &models, &sequence);
            let terms = |pos: usize| {
                let pos = if is_reverse { 701 - pos } else { pos };
                let entries = annotated(&reference, &substitution(&sequence, pos));
                entries[0].split(' ').nth(1).unwrap().to_owned()
            };
            let exon = "splice_region_variant&non_coding_transcript_exon_variant";
            for pos in 198..=200 {
                assert_eq!(terms(pos), exon, "{length} {pos}");
            }
            let tract = "splice_region_variant&splice_polypyrimidine_tract_variant&intron_variant&\
                         non_coding_transcript_variant";
            assert_eq!(terms(210), tract, "{length}");
            // The base before the intron in genomic direction, and another one than both beside the border.
            let (before, bases) =
                (if is_reverse { 500 } else { 200 }, sequence.lines().nth(1).unwrap());
            let beside = &bases[before - 1..=before];
            let new = "ACGT".chars().find(|base| !beside.contains(*base)).unwrap();
            let base = &beside[..1];
            let border = annotated(&reference, &format!("c1 {before} . {base} {base}{new} . . ."));
            assert!(
                !border[0].contains("tract") && border[0].contains("splice"),
                "{length} {border:?}"
            );
        }
    }
}

/// NCBI has the mature miRNA beside its precursor.
#[test]
fn a_mature_mirna_has_its_own_term() {
    let models = line("c1", "gene", (151, 240), "ID=gene-M;gene_biotype=miRNA")
        + &line("c1", "primary_transcript", (151, 240), "ID=rna-P;Parent=gene-M")
        + &line("c1", "exon", (151, 240), "Parent=rna-P")
        + &line("c1", "miRNA", (161, 182), "ID=rna-M;Parent=rna-P")
        + &line("c1", "exon", (161, 182), "Parent=rna-M");
    let sequence = contig("c1", 0);
    let reference = build("m.gff3", &models, &sequence);
    let terms = |record: &str| {
        let entries = annotated(&reference, record);
        let terms = entries.iter().map(|entry| entry.split(' ').nth(1).unwrap().to_owned());
        terms.collect::<Vec<_>>()
    };
    let exon = "non_coding_transcript_exon_variant";
    let mature = "mature_miRNA_variant";
    assert_eq!(terms(&substitution(&sequence, 170)), [exon, mature]);
    assert_eq!(terms(&substitution(&sequence, 190)), [exon, "downstream_gene_variant"]);
    let deletion = terms("c1 164 . N <DEL> . . END=172");
    assert_eq!(deletion, [exon, mature].map(|term| format!("feature_truncation&{term}")));
}

#[test]
fn a_transcript_across_the_origin_is_left_out_with_the_reason() {
    let region = line("c1", "region", (1, 700), "ID=c1:1..700;Is_circular=true");
    let plain = line("c1", "region", (1, 700), "ID=c1:1..700");
    let parts = |kind: &str, regions: [(usize, usize); 2], rest: &str| {
        regions.map(|region| line("c1", kind, region, rest)).concat()
    };
    let gene = line("c1", "gene", (671, 700), "ID=gene-a;Name=repA");
    let cds = "ID=cds-a;Parent=gene-a;transl_table=11";
    let other = line("c1", "gene", (171, 200), "ID=gene-b;Name=b")
        + &line("c1", "CDS", (171, 200), "ID=cds-b;Parent=gene-b");
    let across = gene.clone() + &parts("CDS", [(671, 700), (1, 30)], cds);
    let sorted = gene.clone() + &parts("CDS", [(1, 30), (671, 700)], cds);
    let intron = gene.clone() + &parts("CDS", [(671, 690), (11, 31)], cds);
    let gtf = parts("CDS", [(671, 700), (1, 27)], "gene_id \"a\"; transcript_id \"a\";");
    let rna = line("c1", "gene", (671, 700), "ID=gene-r")
        + &line("c1", "rRNA", (671, 700), "ID=rna-r;Parent=gene-r")
        + &parts("exon", [(671, 700), (1, 30)], "Parent=rna-r");
    for (name, models, why) in [
        ("m.gff3", format!("{region}{other}{across}"), "declared"),
        ("m.gff3", format!("{other}{across}{region}"), "declared at the end"),
        ("m.gff3", format!("{region}{other}{sorted}"), "in the order of positions"),
        ("m.gff3", format!("{region}{other}{sorted}").replace("\t+\t", "\t-\t"), "reverse strand"),
        ("m.gff3", format!("{region}{other}{intron}"), "the origin is in an intron"),
        ("m.gff3", format!("{plain}{other}{across}"), "the order shows it"),
        ("m.gff3", format!("{region}{other}{rna}"), "a non-coding RNA"),
        ("m.gtf", gtf, "GTF"),
    ] {
        let reference = build(name, &models, &contig("c1", 0));
        let reason = "crosses the origin of a circular contig";
        assert_eq!(left_out(&reference), [(reason, 1)], "{why}");
        let kept = u64::from(name == "m.gff3");
        assert_eq!(reference.manifest.transcripts, kept, "{why}");
    }
    // As NCBI writes it. Only records in the transcript have the note.
    let beyond = gene.replace("\t700\t", "\t730\t") + &line("c1", "CDS", (671, 730), cds);
    for models in [format!("{region}{other}{beyond}"), format!("{region}{other}{across}")] {
        let reference = build("m.gff3", &models, &contig("c1", 0));
        assert_eq!(left_out(&reference), [("crosses the origin of a circular contig", 1)]);
        let view = reference.contig(b"c1").unwrap();
        let noted = [1, 30, 31, 400, 670, 671, 700].map(|pos| view.lacks_models(pos, pos));
        assert_eq!(noted, [true, true, false, false, false, true, true]);
    }
    // A part that begins beyond the last base.
    let apart = format!("{region}{gene}{}", parts("CDS", [(671, 700), (705, 730)], cds));
    let reference = build("m.gff3", &apart, &contig("c1", 0));
    assert_eq!(left_out(&reference), [("crosses the origin of a circular contig", 1)]);
    assert_eq!(reference.manifest.left_out_regions["c1"], [(5, 30), (671, 700)]);
    let outside = line("c1", "mRNA", (705, 730), "ID=T1");
    let reference = build("m.gff3", &format!("{plain}{outside}"), &contig("c1", 0));
    assert_eq!(left_out(&reference), [("ends beyond the contig's sequence", 1)]);
    assert!(reference.manifest.left_out_regions.is_empty());
    // A gene of a linear contig that is incomplete at both ends of the contig.
    let models = format!("{plain}{sorted}");
    let reference = build("m.gff3", &models, &contig("c1", 0));
    assert_eq!((left_out(&reference), reference.manifest.transcripts), (vec![], 1));
}

#[test]
fn of_a_polycistronic_transcript_the_longest_coding_sequence_is_kept() {
    let whole =
        line("1", "gene", (151, 448), "ID=G1") + &line("1", "mRNA", (151, 448), "ID=T1;Parent=G1");
    let exon = line("1", "exon", (151, 448), "Parent=T1");
    let cds = |a: &str, b: &str| {
        line("1", "CDS", (171, 200), &format!("{a}Parent=T1"))
            + &line("1", "CDS", (261, 320), &format!("{b}Parent=T1"))
    };
    let reason = "a further CDS of a transcript, of which the longest is kept";
    for models in [
        format!("{whole}{exon}{}", cds("ID=C1;", "ID=C2;")),
        format!("{whole}{exon}{}", cds("protein_id=C1;", "protein_id=C2;")),
        format!("{whole}{}", cds("ID=C1;protein_id=C1;", "ID=C2;protein_id=C2;")),
    ] {
        for models in [models.replace("\t+\t", "\t-\t"), models] {
            let reference = build("m.gff3", &models, &contig("1", 0));
            let found = &transcripts(&reference, "1")[0];
            assert_eq!((found.len, found.cds.as_ref().unwrap().len), (298, 60), "{models}");
            assert_eq!(left_out(&reference), [(reason, 1)]);
        }
    }
    // One coding sequence that leaves out bases of an exon.
    let models = format!("{whole}{exon}{}", cds("ID=C1;", "ID=C1;"));
    let reference = build("m.gff3", &models, &contig("1", 0));
    assert_eq!(left_out(&reference), [("the CDS leaves out bases of an exon", 1)]);
}

#[test]
fn parts_without_their_parent_are_counted_and_spaces_around_equals_are_read() {
    let mut gff = line("X", "gene", (151, 448), "ID=gene:G1")
        + &line("X", "mRNA", (151, 448), "ID=T1;Parent=gene:G1");
    for region in EXONS {
        gff += &line("X", "exon", region, "Parent=T1");
    }
    let cds = CDS.map(|region| line("X", "CDS", region, "ID=C1;Parent=transcript:T1")).concat();
    let reference = build("m.gff3", &format!("{gff}{cds}"), &contig("X", 0));
    assert_eq!(left_out(&reference), [("the parent is not in the file", 1)]);
    assert_eq!(reference.manifest.transcripts, 1);
    let spaced = format!("{gff}{}", cds.replace("transcript:", "")).replace("Parent=", "Parent = ");
    let spaced = spaced.replace("ID=", "ID = ").replace(';', "; ");
    let reference = build("m.gff3", &spaced, &contig("X", 0));
    assert_eq!(annotated(&reference, "X 175 . C A . . ."), [format!("T1 {MISSENSE}")]);
    assert_eq!(left_out(&reference), []);
}

#[test]
fn the_gtf_of_old_ensembl_releases_has_the_biotype_in_the_second_column() {
    let gtf =
        gtf_parts("X", 0, " gene_id \"G\"; transcript_id \"T1\"; gene_biotype \"protein_coding\";");
    let of = |source: &str, rest: &str| {
        let models =
            gtf.replace("\tx\t", &format!("\t{source}\t")).replace("\n", &format!("{rest}\n"));
        let reference = build("m.gtf", &models, &contig("X", 0));
        transcripts(&reference, "X")[0].biotype.to_string()
    };
    assert_eq!(of("nonsense_mediated_decay", ""), "nonsense_mediated_decay");
    assert_eq!(of("ensembl_havana", ""), "protein_coding");
    assert_eq!(of("protein_coding", " transcript_biotype \"retained_intron\";"), "retained_intron");
}
