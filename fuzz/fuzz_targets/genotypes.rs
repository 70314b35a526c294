//! Annotates the alleles of a phased sample in `csq` mode: the consequences of each haplotype, applied to
//! the old protein, must give the protein of the rebuilt haplotype. Also arbitrary bytes as genotypes.
#![no_main]

use gas_annotate::csq::{CsqAnnotator, CsqModel, CsqOptions, Phase};
use gas_annotate::model::CodonTable;
use gas_fuzz::bases;
use gas_fuzz::gene::Gene;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const UTR5: &str = "GCCACCAAGC";
const CDS: &str =
    "ATGGCTAAACTGGAACGTTGGACCTACGTTCTGCAGCAGCAGGATTTTCACATAGGCTCTCCAAACGAGTGTATGGTCTGA";
const UTR3: &str = "AATCCGTAGGTCTAACCATGGTTAGCC";

/// Genes on both strands.
static GENES: LazyLock<[(Gene, CsqModel); 2]> = LazyLock::new(|| {
    [false, true].map(|reverse| {
        let gene = Gene::standard([UTR5, CDS, UTR3], reverse);
        let model = CsqModel::new(&gene.reference);
        (gene, model)
    })
});

const PHASES: [Phase; 6] =
    [Phase::Alone, Phase::AsIs, Phase::Merge, Phase::Require, Phase::NonReference, Phase::Skip];

/// A change of the coding sequence: the first base (from 0), the number of bases, and the new bases.
type Change = (usize, usize, String);

fuzz_target!(|bytes: &[u8]| {
    // An input that is too short has no genotypes.
    let mut input = Unstructured::new(bytes);
    let _ =
        if input.arbitrary().unwrap_or_default() { any(&mut input) } else { rebuild(&mut input) };
});

/// Arbitrary FORMAT columns and samples, with all options.
fn any(input: &mut Unstructured<'_>) -> Result<()> {
    let (gene, model) = &GENES[usize::from(input.arbitrary::<bool>()?)];
    let options = CsqOptions {
        local: input.ratio(1, 8)?,
        phase: *input.choose(&PHASES)?,
        max_consequences: input.int_in_range(1..=40)?,
        max_residues: input.int_in_range(0..=3)?,
        ..CsqOptions::default()
    };
    let mut annotator = CsqAnnotator::new(&gene.reference, model, options, 2);
    let mut out = Vec::new();
    let mut from = 0;
    for number in 1..=input.int_in_range(1..=8)? {
        from += input.int_in_range(0..=6)?;
        let (pos, reference, alt) =
            gene.record(from, input.int_in_range(0..=4)?, &bases(input, 4)?);
        let other = input.choose(&["", ",<NON_REF>", ",*", ",A", ",<DEL>"])?;
        let format = input.choose(&["GT", "GT:PS", "DP:GT", "DP", "GT:BCSQ"])?;
        let mut line =
            format!("1\t{pos}\t.\t{reference}\t{alt}{other}\t.\t.\tEND=90\t{format}").into_bytes();
        for _ in 0..2 {
            line.push(b'\t');
            for _ in 0..input.int_in_range(1..=6)? {
                line.push(*input.choose(b"0011122//||.:3-")?);
            }
        }
        if annotator.record(number, &line, &mut out).is_err() {
            return Ok(());
        }
    }
    annotator.finish_chunk(&mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.lines().all(|line| line.matches('\t').count() == 10), "{text}");
    Ok(())
}

/// Alleles within the coding sequence, without its first and last codon, that do not overlap.
fn rebuild(input: &mut Unstructured<'_>) -> Result<()> {
    let reverse: bool = input.arbitrary()?;
    let (gene, model) = &GENES[usize::from(reverse)];
    let mut records: Vec<(usize, String)> = Vec::new();
    let mut haplotypes: [Vec<Change>; 2] = Default::default();
    // A base between two alleles, since VCF anchors an indel at the base before it.
    let mut from = 4;
    for _ in 0..input.int_in_range(1..=6)? {
        from += input.int_in_range(0..=9)?;
        let removed = input.int_in_range(0..=4usize)?;
        if from + removed + 5 > CDS.len() {
            break;
        }
        let alt = bases(input, 4)?;
        if alt != CDS[from..from + removed] {
            let genotype = *input.choose(&["1|0", "0|1", "1|1"])?;
            let (pos, reference, shown) = gene.record(UTR5.len() + from, removed, &alt);
            records
                .push((pos, format!("1\t{pos}\t.\t{reference}\t{shown}\t.\t.\t.\tGT\t{genotype}")));
            for (haplotype, allele) in haplotypes.iter_mut().zip(genotype.split('|')) {
                if allele == "1" {
                    haplotype.push((from, removed, alt.clone()));
                }
            }
        }
        from += removed + 2;
    }
    records.sort();
    let mut annotator = CsqAnnotator::new(&gene.reference, model, CsqOptions::default(), 1);
    let mut out = Vec::new();
    for (number, (_, record)) in records.iter().enumerate() {
        annotator.record(number as u64 + 1, record.as_bytes(), &mut out).unwrap();
    }
    annotator.finish_chunk(&mut out);
    let text = String::from_utf8(out).unwrap();
    let old = protein(CDS);
    for (number, changes) in haplotypes.iter().enumerate() {
        let mut sequence = format!("{CDS}{UTR3}");
        for (from, removed, alt) in changes.iter().rev() {
            sequence.replace_range(*from..from + removed, alt);
        }
        let (new, found) = (protein(&sequence), applied(&text, number, &old));
        // Like `bcftools csq`, the engine translates a shifted frame to the end of the old sequence only.
        let is_cut = !found.ends_with('*')
            && new.starts_with(&found)
            && found.len() + 3 > sequence.len() / 3 - UTR3.len() / 3;
        let strand = if reverse { '-' } else { '+' };
        assert!(found == new || is_cut, "haplotype {number}, {strand}: {found} and {new}\n{text}");
    }
    Ok(())
}

/// The residues up to the first stop codon, and the stop codon if there is one.
fn protein(bases: &str) -> String {
    let mut out = Vec::new();
    CodonTable::Standard.translate_to_stop(bases.as_bytes(), &mut out);
    String::from_utf8(out).unwrap()
}

/// The old protein with the changes of a haplotype that the records report.
fn applied(text: &str, haplotype: usize, old: &str) -> String {
    let mut changes: Vec<(usize, &str, &str)> = Vec::new();
    for line in text.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let Some(consequences) = columns[7].strip_prefix("BCSQ=") else { continue };
        let mask = columns[9].split(':').nth(1).unwrap_or("0").parse::<u32>().unwrap();
        for (n, entry) in consequences.split(',').enumerate() {
            let fields: Vec<&str> = entry.split('|').collect();
            let has = mask >> (2 * n + haplotype) & 1 == 1;
            // A reference to another record, or a consequence behind a new stop codon.
            if has && !entry.starts_with(['@', '*']) && fields.len() > 5 {
                let residues = |text| str::trim_start_matches(text, |c: char| c.is_ascii_digit());
                let (before, after) = fields[5].split_once('>').unwrap_or((fields[5], fields[5]));
                let number = &before[..before.len() - residues(before).len()];
                changes.push((
                    number.parse::<usize>().unwrap() - 1,
                    residues(before),
                    residues(after),
                ));
            }
        }
    }
    changes.sort();
    let mut new = old.to_owned();
    for (at, before, after) in changes.into_iter().rev() {
        let end = (at + before.len()).min(new.len());
        assert!(before.starts_with(&new[at..end]), "{before} at {at} of {new}\n{text}");
        new.replace_range(at..end, after);
    }
    new.find('*').map_or(new.clone(), |stop| new[..=stop].to_owned())
}
