//! Files to measure with: records spread over the reference, a fifth of them in or near coding
//! sequence, sorted and left-aligned. The same seed makes the same file.

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

/// Sequence and coding regions of a reference.
pub(super) struct Genome {
    contigs: Vec<(String, Vec<u8>)>,
    /// Contig, first and last position, 20 bases around coding sequence included.
    coding: Vec<(usize, usize, usize)>,
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let told = || format!("failed to read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(told)?);
    let gzip = file.fill_buf().with_context(told)?.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) })
}

/// Copies a file, unpacked.
pub(super) fn unpack(from: &Path, to: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    std::io::copy(&mut open(from)?, &mut out)?;
    Ok(out.flush()?)
}

impl Genome {
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

/// Marsaglia's xorshift64*: good enough, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }
}

/// Writes a file of about so many records.
pub(super) fn simulate(genome: &Genome, records: usize, seed: u64, file: &Path) -> Result<()> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let total: usize = genome.contigs.iter().map(|(_, bases)| bases.len()).sum();
    let mut places = Vec::with_capacity(records);
    while places.len() < records {
        let (contig, pos) = if random.below(5) == 0 && !genome.coding.is_empty() {
            let (contig, start, end) = genome.coding[random.below(genome.coding.len())];
            (contig, start + random.below(end + 1 - start))
        } else {
            anywhere(genome, random.below(total))
        };
        let bases = &genome.contigs[contig].1;
        if pos > 1 && bases.get(pos - 1..pos + 7).is_some_and(|around| !around.contains(&b'N')) {
            places.push((contig, pos));
        } else if total < 100 {
            anyhow::bail!("the sequence is too short to make records");
        }
    }
    let mut rows: Vec<(usize, usize, String)> =
        places.into_iter().map(|place| row(genome, place, &mut random)).collect();
    rows.sort_unstable();
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "##fileformat=VCFv4.2")?;
    for (name, bases) in &genome.contigs {
        writeln!(out, "##contig=<ID={name},length={}>", bases.len())?;
    }
    writeln!(out, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")?;
    for (contig, pos, alleles) in rows {
        writeln!(out, "{}\t{pos}\t.\t{alleles}\t50\tPASS\t.", genome.contigs[contig].0)?;
    }
    Ok(out.flush()?)
}

/// Contig and position of a place counted over all contigs.
fn anywhere(genome: &Genome, mut place: usize) -> (usize, usize) {
    for (n, (_, bases)) in genome.contigs.iter().enumerate() {
        if place < bases.len() {
            return (n, place + 1);
        }
        place -= bases.len();
    }
    (0, 1)
}

/// A record at a place: of ten eight change one base, one takes bases out and one puts some in.
fn row(
    genome: &Genome,
    (contig, pos): (usize, usize),
    random: &mut Random,
) -> (usize, usize, String) {
    let bases = &genome.contigs[contig].1;
    let here = bases[pos - 1];
    let other = |random: &mut Random| b"ACGT"[random.below(4)];
    match random.below(10) {
        0..8 => {
            let mut alt = other(random);
            while alt == here {
                alt = other(random);
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
            let mut added: Vec<u8> = (0..1 + random.below(6)).map(|_| other(random)).collect();
            let at = left_aligned(bases, pos, &mut added);
            let anchor = char::from(bases[at - 1]);
            (contig, at, format!("{anchor}\t{anchor}{}", String::from_utf8_lossy(&added)))
        }
    }
}

/// Moves bases put in or taken out behind a position as far left as they read the same.
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
    fn indels_move_left_while_they_read_the_same() {
        let mut removed = b"CAG".to_vec();
        assert_eq!(left_aligned(b"TCAGCAGCAG", 7, &mut removed), 1);
        assert_eq!(removed, b"CAG");
        let mut added = b"A".to_vec();
        assert_eq!(left_aligned(b"TCAAAG", 5, &mut added), 2);
    }
}
