//! Synthetic results for benchmarks and tests: VCF annotated with CSQ, reproducible by seed, with the
//! proportions of a mix of human exomes and genomes.

use crate::annotation::TermNumbers;
use crate::format::{
    BlockEntry, Column, ColumnCounts, ColumnKind, ContigStats, Footer, MAX_BLOCK_ROWS, NO_IMPACT,
    NumberStats, Segment, Stats, pack,
};
use gas_shared::explorer::{ColumnSet, SoTerm};
use gas_shared::source::{SourceColumn, SourceColumnKind};
use std::io::{self, Write};

/// The number of genes of the synthetic genome.
const GENES: u64 = 20_000;

/// Contigs, with their share of the records in thousandths.
const CONTIGS: [(&str, u64); 25] = [
    ("chr1", 82),
    ("chr2", 83),
    ("chr3", 68),
    ("chr4", 67),
    ("chr5", 62),
    ("chr6", 60),
    ("chr7", 55),
    ("chr8", 53),
    ("chr9", 43),
    ("chr10", 48),
    ("chr11", 48),
    ("chr12", 47),
    ("chr13", 35),
    ("chr14", 32),
    ("chr15", 29),
    ("chr16", 31),
    ("chr17", 27),
    ("chr18", 28),
    ("chr19", 22),
    ("chr20", 22),
    ("chr21", 14),
    ("chr22", 13),
    ("chrX", 29),
    ("chrY", 1),
    ("chrM", 1),
];

/// What a result has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The number of records.
    pub records: u64,
    /// The number of samples.
    pub samples: usize,
    /// Whether it has columns of sources.
    pub with_sources: bool,
}

/// Writes a result with `records` records, and without samples and sources.
///
/// # Errors
/// If the writer fails.
pub fn write_result(records: u64, seed: u64, out: impl Write) -> io::Result<()> {
    write_content(&Content { records, ..Content::default() }, seed, out)
}

/// Writes a result.
///
/// # Errors
/// If the writer fails.
pub fn write_content(content: &Content, seed: u64, mut out: impl Write) -> io::Result<()> {
    let Content { records, samples, with_sources } = *content;
    write_header(content, &mut out)?;
    let mut random = Random(seed);
    // The records are the same with any samples and sources.
    let mut of_calls = Random(seed ^ 0x5eed);
    let mut of_sources = with_sources.then_some(Random(seed ^ 0xc01));
    let mut line = Vec::new();
    let (mut written, mut due) = (0, 0);
    for (contig, share) in CONTIGS {
        due += share;
        let until = records * due / 1000;
        let mut pos = 10_000;
        while written < until {
            pos += 1 + random.below(2_000);
            line.clear();
            write_record(&mut line, contig, pos, &mut random, of_sources.as_mut())?;
            write_calls(&mut line, samples, &mut of_calls)?;
            out.write_all(&line)?;
            written += 1;
        }
    }
    out.flush()
}

/// The columns of sources, with their types.
const SOURCES: [(&str, SourceColumnKind); 14] = {
    use SourceColumnKind::{Category, Flag, Float, Integer, Text};
    [
        ("population_AC", Integer),
        ("population_AN", Integer),
        ("population_AF", Float),
        ("population_AFR_AF", Float),
        ("population_EAS_AF", Float),
        ("population_NFE_AF", Float),
        ("exomes_AF", Float),
        ("dense_score", Float),
        ("missense_score", Float),
        ("missense_class", Category),
        ("condition", Category),
        ("review", Category),
        ("in_repeat", Flag),
        ("note", Text),
    ]
};

/// The values of an allele in the columns of sources, with the shares of alleles that real sources have: nine of ten
/// alleles are known, one of sixteen is in an exon.
fn source_values(random: &mut Random) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    if random.below(10) > 0 {
        let number = 120_000 + 2 * random.below(16_000);
        let count = 1 + random.below(number) * random.below(1000) * random.below(1000) / 1_000_000;
        let frequency = count as f64 / number as f64;
        write!(out, "|{count}|{number}|{frequency:.8}")?;
        for _ in 0..3 {
            let number = 20_000 + 2 * random.below(4_000);
            let count =
                (frequency * number as f64 * (0.5 + random.below(100) as f64 / 100.0)) as u64;
            write!(out, "|{:.8}", count.min(number) as f64 / number as f64)?;
        }
    } else {
        write!(out, "||||||")?;
    }
    let in_exon = random.below(16) == 0;
    match in_exon {
        true => write!(out, "|{}", frequency(random))?,
        false => write!(out, "|")?,
    }
    write!(out, "|{}", random.below(40_000) as f64 / 1000.0)?;
    match in_exon {
        true => {
            let score = random.below(1000);
            let class = ["likely_benign", "ambiguous", "likely_pathogenic"][(score / 334) as usize];
            write!(out, "|0.{score:03}|{class}")?;
        }
        false => write!(out, "||")?,
    }
    match random.below(50) {
        0 => write!(
            out,
            "|Condition_{}|{}|",
            random.below(2_000),
            ["criteria_provided&single_submitter", "no_assertion_criteria_provided"]
                [random.below(2) as usize]
        )?,
        _ => write!(out, "|||")?,
    }
    write!(out, "{}|", random.below(2))?;
    if in_exon {
        write!(out, "note {}", random.below(1_000_000))?;
    }
    Ok(out)
}

fn write_header(content: &Content, out: &mut impl Write) -> io::Result<()> {
    let samples = content.samples;
    writeln!(out, "##fileformat=VCFv4.2")?;
    for (contig, _) in CONTIGS {
        writeln!(out, "##contig=<ID={contig}>")?;
    }
    writeln!(out, "##FILTER=<ID=q20,Description=\"Quality below 20\">")?;
    writeln!(out, "##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Depth\">")?;
    writeln!(out, "##INFO=<ID=AF,Number=A,Type=Float,Description=\"Allele frequency\">")?;
    writeln!(
        out,
        "##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Consequence annotations. Format: \
         Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE|EXON|INTRON|HGVSc|\
         HGVSp|Existing_variation|CANONICAL|MANE|HGVSg|AF|CLIN_SIG{}\">",
        if content.with_sources {
            SOURCES.map(|(name, _)| format!("|{name}")).concat()
        } else {
            String::new()
        }
    )?;
    for (name, kind) in SOURCES.into_iter().filter(|_| content.with_sources) {
        let column = SourceColumn {
            name: name.to_owned(),
            source: "Synthetic 1".to_owned(),
            kind,
            description: format!("Synthetic {name}"),
        };
        writeln!(out, "{}", column.header_line())?;
    }
    write!(out, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")?;
    if samples > 0 {
        write!(out, "\tFORMAT")?;
    }
    for sample in 0..samples {
        write!(out, "\tS{sample}")?;
    }
    writeln!(out)
}

/// Writes FORMAT and the calls, with the proportions of a cohort of families, and the line end.
fn write_calls(out: &mut Vec<u8>, samples: usize, random: &mut Random) -> io::Result<()> {
    if samples > 0 {
        write!(out, "\tGT:AD:DP:GQ")?;
    }
    for _ in 0..samples {
        let depth = 12 + random.below(40);
        let (genotype, alternative) = match random.below(100) {
            0..=69 => ("0/0", 0),
            70..=87 => ("0/1", depth / 2 + random.below(4)),
            88..=96 => ("1/1", depth),
            97..=98 => ("./.", 0),
            _ => ("0|1", depth / 2),
        };
        let quality = 99 - random.below(100) * random.below(100) / 100;
        write!(out, "\t{genotype}:{},{alternative}:{depth}:{quality}", depth - alternative)?;
    }
    writeln!(out)
}

fn write_record(
    out: &mut Vec<u8>,
    contig: &str,
    pos: u64,
    random: &mut Random,
    of_sources: Option<&mut Random>,
) -> io::Result<()> {
    let (reference, alts) = alleles(random);
    let known = random.below(100) < 85;
    write!(out, "{contig}\t{pos}\t")?;
    match known {
        true => write!(out, "rs{}", random.below(1_500_000_000))?,
        false => write!(out, ".")?,
    }
    let quality = random.below(30_000) as f64 / 100.0;
    let filter = if quality < 20.0 { "q20" } else { "PASS" };
    let depth = random.below(90);
    write!(out, "\t{reference}\t{}\t{quality}\t{filter}\tDP={depth}", alts.join(","))?;
    if known {
        let frequencies: Vec<String> = alts.iter().map(|_| frequency(random)).collect();
        write!(out, ";AF={}", frequencies.join(","))?;
    }
    write_entries(out, &alts, (contig, pos), random, of_sources)
}

fn alleles(random: &mut Random) -> (&'static str, Vec<&'static str>) {
    let bases = ["A", "C", "G", "T"];
    let n = random.below(4) as usize;
    let (reference, other) = (bases[n], bases[(n + 1 + random.below(3) as usize) % 4]);
    match random.below(200) {
        0..=8 => ("AC", vec!["A"]),
        9..=17 => ("A", vec!["ACGT"]),
        18 => ("AC", vec!["GT"]),
        19 => ("ACG", vec!["TT"]),
        20 => ("G", vec!["<DEL>"]),
        21..=23 => ("A", vec!["C", "G"]),
        24 => ("A", vec!["AT", "*"]),
        _ => (reference, vec![other]),
    }
}

/// Most alleles are rare.
fn frequency(random: &mut Random) -> String {
    let common = random.below(1 << 20) as f64 / f64::from(1 << 20);
    format!("{:.6}", common.powi(6))
}

fn write_entries(
    out: &mut Vec<u8>,
    alts: &[&str],
    (contig, pos): (&str, u64),
    random: &mut Random,
    mut of_sources: Option<&mut Random>,
) -> io::Result<()> {
    if random.below(1000) == 0 {
        return Ok(());
    }
    write!(out, ";CSQ=")?;
    // Adjacent records are in the same gene.
    let gene = (pos / 60_000 * 7919 + contig.len() as u64 * 104_729) % GENES;
    let mut separator = "";
    for alt in alts {
        // Every transcript of an allele repeats its values.
        let values = of_sources.as_deref_mut().map(source_values).transpose()?.unwrap_or_default();
        for transcript in 0..1 + random.below(4) {
            let consequence = consequence(random);
            let (term, impact) = (consequence.as_str(), consequence.impact());
            write!(out, "{separator}{alt}|{term}|{}|", impact.as_str())?;
            separator = ",";
            if term == "intergenic_variant" {
                write!(out, "||||||||||||{contig}:g.{pos}||")?;
                out.extend_from_slice(&values);
                break;
            }
            write!(
                out,
                "GENE{gene}|ENSG{gene:011}|Transcript|ENST{:011}|protein_coding|3/9||\
                 ENST{:011}:c.{}A>G|||{}|{}|{contig}:g.{pos}||",
                gene * 8 + transcript,
                gene * 8 + transcript,
                random.below(3000),
                if transcript == 0 { "YES" } else { "" },
                if transcript == 1 { "Select" } else { "" },
            )?;
            out.extend_from_slice(&values);
        }
    }
    Ok(())
}

fn consequence(random: &mut Random) -> SoTerm {
    match random.below(1000) {
        0..=449 => SoTerm::Intron,
        450..=699 => SoTerm::Intergenic,
        700..=799 => SoTerm::Upstream,
        800..=879 => SoTerm::Downstream,
        880..=919 => SoTerm::Missense,
        920..=959 => SoTerm::Synonymous,
        960..=979 => SoTerm::ThreePrimeUtr,
        980..=984 => SoTerm::StopGained,
        985..=989 => SoTerm::Frameshift,
        _ => {
            // The stored index of version 1 was built from VEP's terms.
            let newer = [SoTerm::GeneFusion, SoTerm::BidirectionalGeneFusion];
            let mut terms = SoTerm::ALL.iter().filter(|term| !newer.contains(term));
            let number = random.below((SoTerm::ALL.len() - newer.len()) as u64);
            terms.nth(number as usize).copied().unwrap_or(SoTerm::Sequence)
        }
    }
}

/// The index of a plain VCF text as the builder wrote it before input limits existed: with lines of
/// any length, and with `genes` genes in its dictionary. All records are on one contig and have no
/// features. Results with such indexes are stored, so they must be read safely.
///
/// # Panics
/// If the text has more records than one block.
pub fn unlimited_index(result: &[u8], genes: usize) -> Vec<u8> {
    let lines: Vec<&[u8]> = result.split_inclusive(|b| *b == b'\n').collect();
    let header = lines.iter().take_while(|line| line.starts_with(b"#")).count();
    let header_bytes = lines[..header].iter().map(|line| line.len() as u64).sum();
    let records = &lines[header..];
    let rows = records.len() as u32;
    assert!(rows <= MAX_BLOCK_ROWS, "one block has at most {MAX_BLOCK_ROWS} records");
    let mut out = Vec::new();
    let lengths = Column::U32(records.iter().map(|line| line.len() as u32).collect());
    let columns = ColumnSet::with_mixed_frequency();
    let numeric: Vec<String> =
        columns.numeric().iter().map(|column| column.name.to_string()).collect();
    let counts = ColumnCounts { numeric: numeric.len(), categories: 0, samples: 0, of_rows: None };
    let segments = ColumnKind::all(counts).into_iter().map(|kind| match kind {
        ColumnKind::LineBytes => pack(&lengths, kind, &mut out),
        ColumnKind::Consequence => Segment::Constant(TermNumbers::NONE.into()),
        ColumnKind::Impact => Segment::Constant(NO_IMPACT.into()),
        ColumnKind::Number(_) => Segment::Constant(f32::NAN.to_bits()),
        _ => Segment::Constant(0),
    });
    let segments = segments.collect();
    let stats = Stats {
        contigs: vec![ContigStats { contig: 0, rows, start: 0, end: 0 }],
        consequences: vec![(TermNumbers::NONE, rows)],
        impacts: vec![(NO_IMPACT, rows)],
        classes: vec![(0, rows)],
        filters: vec![(0, rows)],
        numbers: vec![NumberStats { missing: rows, ..NumberStats::default() }; 2],
        ..Stats::default()
    };
    let block = BlockEntry { rows, offset: 0, text_start: header_bytes, segments, stats };
    let footer = Footer {
        rows: rows.into(),
        block_rows: MAX_BLOCK_ROWS,
        sorted: true,
        result_bytes: result.len() as u64,
        text_bytes: result.len() as u64,
        header_bytes,
        numeric,
        contigs: vec!["1".to_owned()],
        filters: vec!["PASS".to_owned()],
        genes: (0..genes).map(|n| format!("GENE{n}")).collect(),
        blocks: if rows == 0 { Vec::new() } else { vec![block] },
        ..Footer::default()
    };
    let end = footer.to_bytes(out.len() as u64);
    out.extend_from_slice(&end);
    out
}

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>), which is good enough for test data.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % limit
    }
}
