//! Generates VCF files: sorted, left-aligned records spread over the reference, a fifth of them in or
//! near coding sequence. The same seed generates the same file.

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

/// Sequence and coding regions of a reference.
pub(super) struct Genome {
    contigs: Vec<(String, Vec<u8>)>,
    /// Index of the contig, first and last position, extended by 20 bases on both sides.
    coding: Vec<(usize, usize, usize)>,
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let context = || format!("failed to read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(context)?);
    let gzip = file.fill_buf().with_context(context)?.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) })
}

/// Copies a file and decompresses it if it is gzipped.
pub(super) fn unpack(from: &Path, to: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    std::io::copy(&mut open(from)?, &mut out)?;
    Ok(out.flush()?)
}

impl Genome {
    /// The number of bases.
    pub(super) fn bases(&self) -> usize {
        self.contigs.iter().map(|(_, bases)| bases.len()).sum()
    }

    /// Reads gene models and sequence, plain or gzipped.
    pub(super) fn read(gff: &Path, fasta: &Path) -> Result<Self> {
        let mut text = Vec::new();
        open(fasta)?.read_to_end(&mut text)?;
        let mut contigs: Vec<(String, Vec<u8>)> = Vec::new();
        for line in text.split(|b| *b == b'\n') {
            if let Some(title) = line.strip_prefix(b">") {
                let title = String::from_utf8_lossy(title);
                let name = title.split_whitespace().next().unwrap_or_default();
                contigs.push((name.to_owned(), Vec::new()));
            } else if let Some((_, bases)) = contigs.last_mut() {
                bases.extend(
                    line.iter().map(u8::to_ascii_uppercase).filter(u8::is_ascii_alphabetic),
                );
            }
        }
        let mut coding = Vec::new();
        for line in open(gff)?.lines() {
            let line = line?;
            let columns: Vec<&str> = line.split('\t').collect();
            let &[name, _, "CDS", start, end, ..] = columns.as_slice() else { continue };
            let Some(contig) = contigs.iter().position(|(known, _)| known == name) else {
                continue;
            };
            let (start, end): (usize, usize) = (start.parse()?, end.parse()?);
            coding.push((contig, start.saturating_sub(20).max(2), end + 20));
        }
        coding.sort_unstable();
        coding.dedup();
        Ok(Self { contigs, coding })
    }
}

/// Marsaglia's xorshift64* generator: sufficient here, and the same on every platform.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }
}

/// Writes a file of this many records.
pub(super) fn simulate(genome: &Genome, records: usize, seed: u64, file: &Path) -> Result<()> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let total: usize = genome.contigs.iter().map(|(_, bases)| bases.len()).sum();
    let mut sites = Vec::with_capacity(records);
    while sites.len() < records {
        let (contig, pos) = if random.below(5) == 0 && !genome.coding.is_empty() {
            let (contig, start, end) = genome.coding[random.below(genome.coding.len())];
            (contig, start + random.below(end + 1 - start))
        } else {
            locate(genome, random.below(total))
        };
        let bases = &genome.contigs[contig].1;
        if pos > 1 && bases.get(pos - 1..pos + 7).is_some_and(|around| !around.contains(&b'N')) {
            sites.push((contig, pos));
        } else if total < 100 {
            anyhow::bail!("the sequence is too short to generate records");
        }
    }
    let mut lines: Vec<(usize, usize, String)> =
        sites.into_iter().map(|site| record(genome, site, &mut random)).collect();
    lines.sort_unstable();
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "##fileformat=VCFv4.2")?;
    for (name, bases) in &genome.contigs {
        writeln!(out, "##contig=<ID={name},length={}>", bases.len())?;
    }
    writeln!(out, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")?;
    for (contig, pos, alleles) in lines {
        writeln!(out, "{}\t{pos}\t.\t{alleles}\t50\tPASS\t.", genome.contigs[contig].0)?;
    }
    Ok(out.flush()?)
}

/// The fields of the samples that [`add_samples`] adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SampleFields {
    /// GT, phased.
    Genotypes,
    /// GT:AD:DP:GQ:PL, as in call sets of genomes at 30-fold coverage.
    All,
}

/// Texts of samples with the same genotype, of which one is chosen at random. Fewer would compress better than a real file.
const SAMPLE_TEXTS: usize = 1024;

/// Copies a file of [`simulate`] and adds samples. Most alleles are rare.
pub(super) fn add_samples(
    from: &Path,
    samples: usize,
    fields: SampleFields,
    seed: u64,
    to: &Path,
) -> Result<()> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let count = if fields == SampleFields::All { SAMPLE_TEXTS } else { 1 };
    let texts: [Vec<String>; 4] = ["0|0", "0|1", "1|0", "1|1"]
        .map(|genotype| (0..count).map(|_| sample_text(genotype, fields, &mut random)).collect());
    let mut out = BufWriter::with_capacity(1 << 20, File::create(to)?);
    for line in open(from)?.lines() {
        let line = line?;
        out.write_all(line.as_bytes())?;
        if line.starts_with("#CHROM") {
            out.write_all(b"\tFORMAT")?;
            (0..samples).try_for_each(|n| write!(out, "\tS{n}"))?;
        } else if line.starts_with("##fileformat") {
            out.write_all(b"\n##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">")?;
            if fields == SampleFields::All {
                out.write_all(OTHER_FIELDS.as_bytes())?;
            }
        } else if !line.starts_with('#') {
            out.write_all(if fields == SampleFields::All { b"\tGT:AD:DP:GQ:PL" } else { b"\tGT" })?;
            // One in 2, 4, 8, ... haplotypes has the allele.
            let rarity = 2 << random.below(11);
            for _ in 0..samples {
                let [left, right] = [0; 2].map(|_| usize::from(random.below(rarity) == 0));
                let texts = &texts[2 * left + right];
                out.write_all(texts[random.below(texts.len())].as_bytes())?;
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// The header lines of the fields besides GT.
const OTHER_FIELDS: &str = "
##FORMAT=<ID=AD,Number=R,Type=Integer,Description=\"Reads of each allele\">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description=\"Reads\">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description=\"Genotype quality\">
##FORMAT=<ID=PL,Number=G,Type=Integer,Description=\"Genotype likelihoods\">";

/// The column of a sample with about 30 reads.
fn sample_text(genotype: &str, fields: SampleFields, random: &mut Random) -> String {
    if fields == SampleFields::Genotypes {
        return format!("\t{genotype}");
    }
    let depth = 18 + random.below(12) + random.below(12);
    let alt = match genotype {
        "0|0" => 0,
        "1|1" => depth,
        _ => depth / 2 - 3 + random.below(7),
    };
    let (quality, far) = ((3 * depth).min(99), 28 * depth + random.below(300));
    let likelihoods = match genotype {
        "0|0" => [0, 3 * depth, far],
        "1|1" => [far, 3 * depth, 0],
        _ => [14 * depth + random.below(200), 0, 14 * depth + random.below(200)],
    };
    let [first, second, third] = likelihoods;
    format!("\t{genotype}:{},{alt}:{depth}:{quality}:{first},{second},{third}", depth - alt)
}

/// Converts an offset into the concatenated contigs to a contig and a position.
fn locate(genome: &Genome, mut offset: usize) -> (usize, usize) {
    for (n, (_, bases)) in genome.contigs.iter().enumerate() {
        if offset < bases.len() {
            return (n, offset + 1);
        }
        offset -= bases.len();
    }
    (0, 1)
}

/// Generates a record at a site: 80 % substitutions, 10 % deletions and 10 % insertions.
fn record(
    genome: &Genome,
    (contig, pos): (usize, usize),
    random: &mut Random,
) -> (usize, usize, String) {
    let bases = &genome.contigs[contig].1;
    let here = bases[pos - 1];
    let any_base = |random: &mut Random| b"ACGT"[random.below(4)];
    match random.below(10) {
        0..8 => {
            let mut alt = any_base(random);
            while alt == here {
                alt = any_base(random);
            }
            (contig, pos, format!("{}\t{}", char::from(here), char::from(alt)))
        }
        8 => {
            let mut removed = bases[pos..pos + 1 + random.below(6)].to_vec();
            let at = left_aligned(bases, pos, &mut removed);
            let anchor = char::from(bases[at - 1]);
            (contig, at, format!("{anchor}{}\t{anchor}", String::from_utf8_lossy(&removed)))
        }
        _ => {
            let mut added: Vec<u8> = (0..1 + random.below(6)).map(|_| any_base(random)).collect();
            let at = left_aligned(bases, pos, &mut added);
            let anchor = char::from(bases[at - 1]);
            (contig, at, format!("{anchor}\t{anchor}{}", String::from_utf8_lossy(&added)))
        }
    }
}

/// Left-aligns inserted or deleted bases that follow a position.
fn left_aligned(bases: &[u8], mut pos: usize, changed: &mut [u8]) -> usize {
    while pos > 1 && changed.last() == Some(&bases[pos - 1]) {
        changed.rotate_right(1);
        pos -= 1;
    }
    pos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indels_are_left_aligned() {
        let mut removed = b"CAG".to_vec();
        assert_eq!(left_aligned(b"TCAGCAGCAG", 7, &mut removed), 1);
        assert_eq!(removed, b"CAG");
        let mut added = b"A".to_vec();
        assert_eq!(left_aligned(b"TCAAAG", 5, &mut added), 2);
    }
}
