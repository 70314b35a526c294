//! Builds references from gene models in any dialect and order, and annotates alleles in them. By the first
//! byte, the models are arbitrary text, or lines whose columns are chosen.
#![no_main]

use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions};
use gas_annotate::reference::{BuildOptions, Reference, build_reference};
use gas_fuzz::{annotated, bases};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::fs;

/// A contig with start, stop and splice sites in many places.
const UNIT: &str = "ACCTGTCAGGATGGCTAAAGTAAGTTTCTTTCCAGGAACTGTAACTAGTGACCATGGCC";
const LENGTH: usize = 590;

const KINDS: [&str; 18] = [
    "gene",
    "mRNA",
    "transcript",
    "exon",
    "CDS",
    "CDS",
    "exon",
    "five_prime_UTR",
    "start_codon",
    "stop_codon",
    "ncRNA_gene",
    "lnc_RNA",
    "tRNA",
    "pseudogene",
    "C_gene_segment",
    "UTR",
    "region",
    "stop_codon_redefined_as_selenocysteine",
];

/// Keys and values of GFF3.
const ATTRIBUTES: [&str; 28] = [
    "ID=gene:G1",
    "ID=G1",
    "ID=gene:G2",
    "ID=transcript:T1",
    "ID=transcript:T2",
    "ID=T1",
    "ID=rna-T2",
    "Parent=gene:G1",
    "Parent=G1",
    "Parent=gene:G2",
    "Parent=transcript:T1",
    "Parent=T1",
    "Parent=rna-T2",
    "Parent=transcript:T1,transcript:T2",
    "biotype=protein_coding",
    "gene_biotype=lncRNA",
    "gene=ABC",
    "Name=ABC%3B",
    "locus_tag=L1",
    "protein_id=P1",
    "transl_table=11",
    "tag=cds_start_NF",
    "tag=MANE Select,basic",
    "exception=ribosomal slippage",
    "exception=trans-splicing",
    "part=1",
    "transl_except=(pos:21..23%2Caa:Sec)",
    "ID=cds-P1",
];

/// Keys and values of GTF.
const GTF: [&str; 10] = [
    "gene_id \"G1\"",
    "gene_id \"G2\"",
    "transcript_id \"T1\"",
    "transcript_id \"T2\"",
    "gene_name \"ABC\"",
    "gene_type \"protein_coding\"",
    "transcript_biotype \"lncRNA\"",
    "tag \"cds_end_NF\"",
    "protein_id \"P1\"",
    "transcript_id \"\"",
];

fuzz_target!(|bytes: &[u8]| {
    // An input that is too short has no models.
    let _ = build(&mut Unstructured::new(bytes));
});

fn build(input: &mut Unstructured<'_>) -> Result<()> {
    let sequence = UNIT.repeat(LENGTH / UNIT.len());
    let mut alleles = Vec::new();
    for _ in 0..12 {
        let at = input.int_in_range(0..=LENGTH - 8)?;
        let reference = &sequence[at..at + input.int_in_range(1..=8)?];
        alleles.push((at + 1, reference.to_owned(), bases(input, 6)?));
    }
    let is_text: bool = input.arbitrary()?;
    let models =
        if is_text { input.bytes(input.len())?.to_vec() } else { lines(input)?.into_bytes() };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let out = folder.path().join("reference");
    let built = build_reference(&BuildOptions {
        gff: vec![file("models", &models)],
        fasta: vec![file("genome.fa", format!(">1\n{sequence}\n").as_bytes())],
        vcf_tracks: Vec::new(),
        bed_tracks: Vec::new(),
        assembly: "test".to_owned(),
        out: out.clone(),
    });
    if built.is_err() {
        return Ok(());
    }
    let reference = Reference::open(&out).unwrap();
    let contig = reference.contig(b"1").unwrap();
    for transcript in &contig.model.transcripts {
        assert_eq!(contig.cdna(transcript).len(), transcript.len as usize, "{transcript:?}");
        assert!(transcript.exons.windows(2).all(|pair| pair[0].cdna_start != pair[1].cdna_start));
        if let Some(cds) = &transcript.cds {
            assert_eq!(contig.coding(cds).len(), cds.len as usize, "{transcript:?}");
        }
    }
    let model = CsqModel::new(&reference);
    let mut haplotypes = CsqAnnotator::new(&reference, &model, CsqOptions::default(), 0);
    alleles.sort();
    let mut out = Vec::new();
    for (pos, bases, alt) in alleles {
        let alt = if alt.is_empty() { "<DEL>" } else { &alt };
        let record = format!("1\t{pos}\t.\t{bases}\t{alt}\t.\t.\tEND={}", pos + 40);
        for format in [AnnotationFormat::Csq, AnnotationFormat::Ann] {
            annotated(&reference, format, &record);
        }
        haplotypes.record(1, record.as_bytes(), &mut out).unwrap();
    }
    haplotypes.finish_chunk(&mut out);
    Ok(())
}

fn lines(input: &mut Unstructured<'_>) -> Result<String> {
    let is_gtf: bool = input.arbitrary()?;
    let mut text = String::new();
    for _ in 0..input.int_in_range(1..=14)? {
        let contig = if input.ratio(1, 30)? { "2" } else { "1" };
        let kind = input.choose(&KINDS)?;
        let start = input.int_in_range(0..=LENGTH + 10)?;
        let end = start + input.int_in_range(0..=120)?;
        let (strand, phase) =
            (input.choose(&['+', '-', '.'])?, input.choose(&['0', '1', '2', '.'])?);
        text += &format!("{contig}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t{phase}\t");
        for _ in 0..input.int_in_range(1..=4)? {
            let field = if is_gtf { input.choose(&GTF)? } else { input.choose(&ATTRIBUTES)? };
            text += &format!("{field};");
            if is_gtf {
                text.push(' ');
            }
        }
        text.push('\n');
    }
    Ok(text)
}
