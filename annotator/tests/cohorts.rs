//! Phased cohorts in `--mode csq`: what real populations have is within the limit of work on haplotypes,
//! in slices of a few records as well as in whole genes.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may panic and print")]

mod common;

use common::REFERENCE;
use flate2::Compression;
use flate2::write::GzEncoder;
use gas_annotate::Error;
use gas_annotate::csq::CsqOptions;
use gas_annotate::pipeline::{Mode, Options, annotate_file};
use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The coding positions of the gene of the demo reference with the most coding transcripts, which
/// multiplies the work on a haplotype, and of all genes behind it.
fn coding_positions() -> Vec<i32> {
    let model = REFERENCE.contig(b"20").unwrap().model;
    let mut coding = vec![0; model.genes.len()];
    for transcript in model.transcripts.iter().filter(|t| t.cds.is_some()) {
        coding[transcript.gene as usize] += 1;
    }
    let busiest = (0..coding.len()).max_by_key(|gene| coding[*gene]).unwrap();
    let start = model.genes[busiest].start;
    println!("{} has {} coding transcripts", model.genes[busiest].symbol, coding[busiest]);
    let cds = model.transcripts.iter().filter_map(|transcript| transcript.cds.as_ref());
    let segments = cds.flat_map(|cds| &cds.segments).filter(|segment| segment.start >= start);
    let mut positions: Vec<i32> = segments.flat_map(|part| part.start..=part.end).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}

/// How the alleles of a cohort are distributed over its haplotypes.
#[derive(Clone, Copy, Debug)]
enum Spectrum {
    /// As in a population of constant size: an allele that n haplotypes have is n times as rare as one
    /// that a single haplotype has. Alleles are independent of each other, so that there are more
    /// different haplotypes than in real genes.
    Neutral,
    /// Every allele is on half of the haplotypes. No population is like this.
    Even,
}

impl Spectrum {
    /// The number of haplotypes, of `all`, that have an allele.
    fn carriers(self, random: &mut Random, all: usize) -> usize {
        match self {
            // The logarithm of the count is uniform.
            Self::Neutral => ((all as f64).powf(random.fraction()) as usize).clamp(1, all - 1),
            Self::Even => all / 2,
        }
    }
}

/// A VCF file of phased genotypes with an SNV at every `every`th coding position.
fn cohort(spectrum: Spectrum, samples: usize, records: usize, every: usize) -> Vec<u8> {
    let mut text =
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT".to_owned();
    text.extend((0..samples).map(|n| format!("\tS{n}")));
    let contig = REFERENCE.contig(b"20").unwrap();
    let mut random = Random(samples as u64);
    for pos in coding_positions().into_iter().step_by(every).take(records) {
        let base = contig.bases(pos, pos).unwrap()[0];
        let alt = b"ACGT".iter().copied().cycle().skip(random.below(4)).find(|b| *b != base);
        let (base, alt) = (char::from(base), char::from(alt.unwrap()));
        text += &format!("\n20\t{pos}\t.\t{base}\t{alt}\t.\t.\t.\tGT");
        let mut alleles = vec![0u8; 2 * samples];
        let carriers = spectrum.carriers(&mut random, alleles.len());
        for _ in 0..carriers {
            alleles[random.below(2 * samples)] = 1;
        }
        text.extend(alleles.chunks(2).map(|pair| format!("\t{}|{}", pair[0], pair[1])));
    }
    text += "\n";
    text.into_bytes()
}

fn annotate(name: &str, file: &[u8]) -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join(name), folder.path().join("out.vcf"));
    std::fs::write(&input, file).unwrap();
    let options = Options { mode: Mode::Csq(CsqOptions::default()), ..Options::default() };
    annotate_file(&input, &output, &REFERENCE, &options, &AtomicBool::new(false), &|_| {})?;
    Ok(())
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn cohorts_with_the_allele_frequencies_of_a_population_are_annotated() {
    for samples in [100, 700, 2504] {
        for (records, every) in [(5, 1), (20, 1), (20, 30), (100, 3), (1000, 3), (1000, 30)] {
            let plain = cohort(Spectrum::Neutral, samples, records, every);
            for (name, file) in [("in.vcf", &plain), ("in.vcf.gz", &gzip(&plain))] {
                let start = Instant::now();
                let annotated = annotate(name, file);
                let what = format!("{samples} samples, {records} records, {} bytes", file.len());
                println!("{what}: {:.2} s", start.elapsed().as_secs_f64());
                assert!(annotated.is_ok(), "{what}: {annotated:?}");
            }
        }
    }
}

#[test]
fn slices_of_common_alleles_are_annotated() {
    for samples in [100, 700] {
        let plain = cohort(Spectrum::Even, samples, 20, 1);
        let start = Instant::now();
        let annotated = annotate("in.vcf", &plain);
        let what = format!("{samples} samples, {} bytes", plain.len());
        println!("{what}: {:.2} s", start.elapsed().as_secs_f64());
        assert!(annotated.is_ok(), "{what}: {annotated:?}");
    }
}
