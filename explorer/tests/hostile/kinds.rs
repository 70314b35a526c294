//! Hostile files: each is below 60 KB and demands as much work or memory as its kind can. The files are
//! generated in a stream, so that the memory of the test stays small.

use super::pack::{Bgzf, bgzf_block, gzip_of};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Result, Write};

/// A kind of hostile file.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// How the text is compressed.
    pub pack: Pack,
    /// What the engine's message contains, which names the place; empty if the file is accepted by
    /// some mode.
    pub place: &'static str,
    /// Writes the text, or with [`Pack::None`] the file.
    pub write: fn(&mut dyn Write) -> Result<()>,
}

/// How the text of a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pack {
    /// One gzip stream.
    Gzip,
    /// BGZF, which has no limit of ratio.
    Bgzf,
    /// The function writes the file itself.
    None,
}

impl Kind {
    /// Writes the file.
    pub fn write_file(&self, mut out: impl Write) -> Result<()> {
        match self.pack {
            Pack::None => (self.write)(&mut out),
            Pack::Gzip => {
                let mut gzip = GzEncoder::new(out, Compression::best());
                (self.write)(&mut gzip)?;
                gzip.finish().map(|_| ())
            }
            Pack::Bgzf => {
                let mut bgzf = Bgzf::new(out);
                (self.write)(&mut bgzf)?;
                bgzf.finish()
            }
        }
    }
}

const VERSION: &str = "##fileformat=VCFv4.2\n";
const COLUMNS: &str = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";

/// The start of a coding exon of 887 bases in five transcripts.
const EXON: u32 = 825_448;

const MB: usize = 1_000_000;

fn text(out: &mut dyn Write, text: &str) -> Result<()> {
    out.write_all(text.as_bytes())
}

fn head(out: &mut dyn Write) -> Result<()> {
    text(out, VERSION)?;
    text(out, COLUMNS)?;
    text(out, "\n")
}

/// A header with samples `0`, `1`, …
fn head_with_samples(out: &mut dyn Write, samples: usize) -> Result<()> {
    text(out, VERSION)?;
    text(out, COLUMNS)?;
    text(out, "\tFORMAT")?;
    for n in 0..samples {
        write!(out, "\t{n}")?;
    }
    text(out, "\n")
}

/// Writes `unit` `times` times.
fn repeat(out: &mut dyn Write, unit: &[u8], times: usize) -> Result<()> {
    let at_once = (1 << 16) / unit.len() + 1;
    let block = unit.repeat(at_once);
    for _ in 0..times / at_once {
        out.write_all(&block)?;
    }
    out.write_all(&block[..times % at_once * unit.len()])
}

/// Header and one record with `unit` `times` times between `before` and `after`.
fn one(out: &mut dyn Write, before: &str, unit: &str, times: usize, after: &str) -> Result<()> {
    head(out)?;
    text(out, before)?;
    repeat(out, unit.as_bytes(), times)?;
    text(out, after)
}

/// The record of [`one`], `records` times.
fn many(
    out: &mut dyn Write,
    records: usize,
    before: &str,
    unit: &str,
    times: usize,
    after: &str,
) -> Result<()> {
    head(out)?;
    let record = format!("{before}{}{after}", unit.repeat(times));
    repeat(out, record.as_bytes(), records)
}

/// A deterministic sequence of numbers (Knuth's MMIX constants).
fn noise() -> impl Iterator<Item = u32> {
    let mut state = 1u64;
    std::iter::from_fn(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((state >> 33) as u32)
    })
}

macro_rules! kinds {
    ($($name:literal, $pack:ident, $place:literal, $write:expr;)*) => {
        /// All kinds.
        pub const KINDS: &[Kind] =
            &[$(Kind { name: $name, pack: Pack::$pack, place: $place, write: $write }),*];
    };
}

kinds! {
    // Long lines and columns. Position 2,967,400 is in the coding sequence of nine transcripts.
    "an ID of 30 MB", Gzip, "line 3: the line is longer",
        |out| one(out, "20\t5\t", "A", 30 * MB, "\tA\tC\t.\t.\t.\n");
    "ten million IDs", Gzip, "line 3: the line is longer", |out| {
        head(out)?;
        text(out, "20\t5\t")?;
        repeat(out, b"A", 20 * MB)?;
        repeat(out, b";B", 10 * MB)?;
        text(out, "\tA\tC\t.\t.\t.\n")
    };
    "half a million IDs in a line", Bgzf, "line 3, ID: ",
        |out| many(out, 30, "20\t5\tA", ";B", 500_000, "\tA\tC\t.\t.\t.\n");
    "1,000 IDs in each record", Bgzf, "",
        |out| many(out, 9_000, "20\t2967400\ta", ";rs1", 999 / 2, "\tN\tC\t.\t.\t.\n");
    "five million INFO keys", Gzip, "line 3: the line is longer",
        |out| one(out, "20\t5\t.\tA\tC\t.\t.\tA", ";B", 5 * MB, "\n");
    "half a million INFO keys in a line", Bgzf, "line 3, INFO: ",
        |out| many(out, 30, "20\t5\t.\tA\tC\t.\t.\tA", ";B", 500_000, "\n");
    "one INFO key repeated", Bgzf, "line 3, INFO: ",
        |out| many(out, 20, "20\t5\t.\tA\tC\t.\t.\tDP=1", ";DP=1", 200_000, "\n");
    "nine million alleles", Gzip, "line 3: the line is longer",
        |out| one(out, "20\t5\t.\tA\tC", ",C", 9 * MB, "\t.\t.\t.\n");
    "half a million alleles in a line", Bgzf, "line 3, ALT: ",
        |out| many(out, 30, "20\t5\t.\tA\tC", ",C", 500_000, "\t.\t.\t.\n");
    "1,000 alleles in each record", Bgzf, "",
        |out| many(out, 9_000, "20\t2967400\t.\tN\tC", ",G", 999, "\t.\t.\t.\n");
    "10,000 alleles in each record", Bgzf, "",
        |out| many(out, 900, "20\t2967400\t.\tN\tC", ",G", 9999, "\t.\t.\t.\n");
    "1,000 insertions into a run of unknown bases", Bgzf, "",
        |out| many(out, 5_000, "20\t30000\t.\tN\tNN", ",NN", 999, "\t.\t.\t.\n");
    "1,000 different insertions in coding sequence", Bgzf, "", |out| {
        head(out)?;
        let alts: Vec<String> = (0..1000u32)
            .map(|n| (0..6).map(|i| ['A', 'C', 'G', 'T'][(n >> (2 * i)) as usize % 4]).collect())
            .collect();
        repeat(out, format!("20\t2967400\t.\tN\t{}\t.\t.\t.\n", alts.join(",")).as_bytes(), 220)
    };
    "1,000 alleles of 1 KB", Bgzf, "", |out| {
        let allele = format!(",{}", "ACGT".repeat(250));
        many(out, 17, "20\t2967400\t.\tN\tC", &allele, 999, "\t.\t.\t.\n")
    };
    "an allele of 20 MB", Gzip, "line 3: the line is longer",
        |out| one(out, "20\t5\t.\tA\t", "C", 20 * MB, "\t.\t.\t.\n");
    "alleles of 1 MB", Bgzf, "",
        |out| many(out, 30, "20\t2967400\t.\tN\t", "C", MB, "\t.\t.\t.\n");
    "REF of 1 MB", Bgzf, "",
        |out| many(out, 30, "20\t2967400\t.\t", "N", MB, "\tN\t.\t.\t.\n");
    "REF of 100 KB that does not match", Bgzf, "",
        |out| many(out, 280, "20\t2967400\t.\t", "A", 100_000, "\tAC\t.\t.\t.\n");
    "REF of 60 MB", Gzip, "line 3: the line is longer",
        |out| one(out, "20\t5\t.\t", "A", 58 * MB, "\tC\t.\t.\t.\n");
    "a line of 60 MB without end", Gzip, "line 3: the line is longer",
        |out| one(out, "", "A", 58 * MB, "");
    "a contig name of 1 MB", Bgzf, "line 3, CHROM: the name has",
        |out| many(out, 30, "", "c", MB, "\t5\t.\tA\tC\t.\t.\t.\n");
    "FORMAT with half a million keys", Bgzf, "line 3, FORMAT: ", |out| {
        head_with_samples(out, 1)?;
        let record = format!("20\t5\t.\tA\tC\t.\t.\t.\tGT{}\t0\n", ":A".repeat(500_000));
        repeat(out, record.as_bytes(), 30)
    };
    "half a million filters", Bgzf, "line 3, FILTER: ",
        |out| many(out, 30, "20\t5\t.\tA\tC\t.\tq", ";q", 500_000, "\t.\n");
    "an INFO value of 1 MB of commas", Bgzf, "",
        |out| many(out, 30, "20\t2967400\t.\tN\tC\t.\t.\tAF=", ",", MB, "\n");
    "INFO with 1,500 frequencies", Bgzf, "", |out| {
        head(out)?;
        let list: Vec<String> = (0..1500).map(|n: u32| n.to_string()).collect();
        let record = format!("20\t2967400\t.\tN\tC\t.\t.\tAF={}\n", list.join(","));
        repeat(out, record.as_bytes(), 60)
    };
    "deep percent escapes", Bgzf, "",
        |out| many(out, 30, "20\t2967400\t.\tN\tC\t.\t.\tX=%", "25", 500_000, "\n");
    // Headers.
    "a header line of 30 MB", Gzip, "line 2: the line is longer", |out| {
        text(out, VERSION)?;
        text(out, "##source=")?;
        repeat(out, b"x", 30 * MB)?;
        text(out, "\n")
    };
    "a million ##contig lines", Bgzf, "line 200001: the header has more than 200000 lines", |out| {
        text(out, VERSION)?;
        repeat(out, b"##contig=<ID=1>\n", MB)?;
        text(out, COLUMNS)
    };
    "10 MB of ##INFO lines", Bgzf, "the header has more than 10485760 bytes", |out| {
        text(out, VERSION)?;
        let line = format!("##INFO=<ID=A,Description=\"{}\">\n", "x".repeat(1000));
        repeat(out, line.as_bytes(), 11_000)?;
        text(out, COLUMNS)
    };
    "199,000 duplicate definitions", Bgzf, "", |out| {
        text(out, VERSION)?;
        repeat(out, b"##INFO=<ID=A>\n", 199_000)?;
        text(out, COLUMNS)?;
        text(out, "\n20\t2967400\t.\tN\tC\t.\t.\t.\n")
    };
    "an annotation format with half a million fields", Bgzf, "", |out| {
        text(out, VERSION)?;
        let fields = "|A".repeat(500_000);
        write!(out, "##INFO=<ID=ANN,Description=\"Format: A{fields}\">\n{COLUMNS}\n")?;
        repeat(out, b"20\t2967400\t.\tN\tC\t.\t.\tANN=||||||||||\n", 10_000)
    };
    "five million samples", Gzip, "line 2: the line is longer", |out| {
        text(out, VERSION)?;
        text(out, COLUMNS)?;
        text(out, "\tFORMAT")?;
        repeat(out, b"\ta", 5 * MB)?;
        text(out, "\n")
    };
    "half a million genotypes", Bgzf, "", |out| {
        text(out, VERSION)?;
        text(out, COLUMNS)?;
        text(out, "\tFORMAT")?;
        repeat(out, b"\ta", 499_000)?;
        text(out, "\n")?;
        let record = format!("20\t825500\t.\tN\tC\t.\t.\t.\tGT{}\n", "\t1".repeat(499_000));
        repeat(out, record.as_bytes(), 20)
    };
    // Compression.
    "a gzip bomb", Gzip, "the gzip file has more than 16777216 bytes of text",
        |out| one(out, "20\t5\t.\tA\tC\t.\t.\t.\n", "20\t5\t.\tA\tC\t.\t.\t.\n", MB, "");
    "a gzip bomb of zeros", Gzip, "the line is longer", |out| repeat(out, &[0], 58 * MB);
    "a gzip bomb in members", None, " bytes", |out| {
        let member = gzip_of(&b"20\t5\t.\tA\tC\t.\t.\t.\n".repeat(60_000));
        out.write_all(&gzip_of(format!("{VERSION}{COLUMNS}\n").as_bytes()))?;
        repeat(out, &member, 18)
    };
    "10 GiB in a gzip file in a gzip file", Gzip, "line 1: this is compressed twice", |out| {
        let member = gzip_of(&vec![b'\n'; 16 << 20]);
        repeat(out, &member, 640)
    };
    "3,000 empty members", None, "line 1: the file is empty",
        |out| repeat(out, &gzip_of(b""), 2900);
    "a truncated gzip file", None, "the compressed file is damaged or truncated", |out| {
        let whole = gzip_of(format!("{VERSION}{COLUMNS}\n{}", "20\t6\t.\tN\tC\t.\t.\t.\n".repeat(100_000)).as_bytes());
        out.write_all(&whole[..whole.len() / 2])
    };
    "a BGZF block with a wrong BSIZE", None, "at byte 0: ", |out| {
        let mut block = bgzf_block(format!("{VERSION}{COLUMNS}\n").as_bytes());
        block[16] -= 9;
        out.write_all(&block)?;
        out.write_all(&gas_shared::vcf::BGZF_END)
    };
    "a BGZF block with a wrong ISIZE", None, "at byte 0: the block does not have the text", |out| {
        let mut block = bgzf_block(format!("{VERSION}{COLUMNS}\n").as_bytes());
        let size = block.len() - 4;
        block[size] += 1;
        out.write_all(&block)?;
        out.write_all(&gas_shared::vcf::BGZF_END)
    };
    "a BGZF block with 58 MB of text", None, "at byte 0: the block states more than 64 KiB", |out| {
        out.write_all(&bgzf_block(&vec![b'\n'; 58 * MB]))?;
        out.write_all(&gas_shared::vcf::BGZF_END)
    };
    "a ZIP file", None, "line 1: this is a ZIP archive", |out| {
        text(out, "PK\u{3}\u{4}")?;
        repeat(out, &[0, 1], 20_000)
    };
    "a BCF file without a header", Bgzf, "the compressed file is damaged or truncated (header of the BCF file",
    |out| text(out, "BCF\u{2}\u{2}\n");
    // Many records.
    "millions of blank lines", Bgzf, "the file has more than 20000000 lines after its header",
        |out| one(out, "20\t5\t.\tA\tC\t.\t.\t.\n", "\n", 35 * MB, "");
    "a million records between genes", Bgzf, "",
        |out| one(out, "", "20\t6\t.\tN\tC\t.\t.\t.\n", MB, "");
    "700,000 records in nine transcripts", Bgzf, "",
        |out| one(out, "", "20\t2967400\t.\tN\tC\t.\t.\t.\n", 700_000, "");
    "200,000 records in descending order", Bgzf, "", |out| {
        head(out)?;
        for n in 0..200_000 {
            writeln!(out, "20\t{}\t.\tN\tC\t.\t.\t.", 4_000_000 - 10 * (n / 10))?;
        }
        Ok(())
    };
    "20,000 contigs", Bgzf, "", |out| {
        head(out)?;
        for n in 0..20_000 {
            writeln!(out, "{n}x\t5\t.\tA\tC\t.\t.\t.")?;
        }
        Ok(())
    };
    "contigs that alternate", Bgzf, "",
        |out| one(out, "", "a\t5\t.\tA\tC\t.\t.\t.\nb\t5\t.\tA\tC\t.\t.\t.\n", 500_000, "");
    "deletions to the end of the chromosome", Bgzf, "bytes, which is far more than files of this",
        |out| one(out, "", "20\t60000\t.\tN\t<DEL>\t.\t.\tEND=63025520\n", 380_000, "");
    "1,000 deletions in a record with a long INFO", Bgzf, "", |out| {
        let info = "A=1;".repeat(4000);
        let alts = vec!["<DEL>"; 1000].join(",");
        head(out)?;
        repeat(out, format!("20\t6\t.\tN\t{alts}\t.\t.\t{info}END=9\n").as_bytes(), 1000)
    };
    "1,000 overlap alleles in each record", Bgzf, "",
        |out| many(out, 10_000, "20\t2967400\t.\tN\t*", ",*", 999, "\t.\t.\t.\n");
    "insertions in a repeat", Bgzf, "",
        |out| many(out, 17_000, "20\t2967400\t.\tN\tN", "A", 900, "\t.\t.\t.\n");
    "different filters", Bgzf, "", |out| {
        head(out)?;
        for n in 0..20_000u32 {
            writeln!(out, "20\t2967400\t.\tN\tC\t.\tq{n}\t.")?;
        }
        Ok(())
    };
    // Haplotypes.
    "overlapping deletions on random haplotypes", Bgzf, "", |out| {
        let samples = 700;
        head_with_samples(out, samples)?;
        let mut noise = noise();
        for n in 0..200 {
            write!(out, "20\t{}\t.\tNN\tN\t.\t.\t.\tGT", EXON + 4 * n)?;
            for _ in 0..samples {
                let bits = noise.next().unwrap_or_default() >> 8;
                write!(out, "\t{}|{}", bits & 1, bits >> 1 & 1)?;
            }
            text(out, "\n")?;
        }
        Ok(())
    };
    "unphased genotypes of 5,000 samples", Bgzf, "", |out| {
        head_with_samples(out, 5000)?;
        let genotypes = "\t0/1".repeat(5000);
        for n in 0..800 {
            writeln!(out, "20\t{}\t.\tN\tC\t.\t.\t.\tGT{genotypes}", EXON + n)?;
        }
        Ok(())
    };
    "alternating haplotypes of 5,000 samples", Bgzf, "", |out| {
        head_with_samples(out, 5000)?;
        for n in 0..500 {
            let genotypes: String = (0..5000u32)
                .map(|s| if s >> (n % 12) & 1 == 0 { "\t0|1" } else { "\t1|0" })
                .collect();
            writeln!(out, "20\t{}\t.\tN\tC\t.\t.\t.\tGT{genotypes}", EXON + n)?;
        }
        Ok(())
    };
    "records without end in one transcript", Bgzf, "",
        |out| one(out, "", "20\t825500\t.\tN\tC\t.\t.\t.\n", 750_000, "");
    "frameshifts in one transcript", Bgzf, "", |out| {
        head(out)?;
        for n in 0..400 {
            for _ in 0..100 {
                writeln!(out, "20\t{}\t.\tNN\tN,NNN\t.\t.\t.", EXON + 2 * n)?;
            }
        }
        Ok(())
    };
    // Broken text.
    "positions that overflow", Bgzf, "line 4, POS: ", |out| {
        head(out)?;
        text(out, "20\t999999999999\t.\tA\tC\t.\t.\t.\n")?;
        repeat(out, b"20\t18446744073709551616\t.\tA\tC\t.\t.\t.\n", 1000)
    };
    "positions beyond the contig", Bgzf, "",
        |out| one(out, "", "20\t4294967295\t.\tA\tC\t.\t.\t.\n", 500_000, "");
    "NUL bytes in INFO", Bgzf, "line 3, INFO: ",
        |out| many(out, 30, "20\t5\t.\tA\tC\t.\t.\tA", "\0", MB, "\n");
    "invalid UTF-8 in all columns", Bgzf, "", |out| {
        head(out)?;
        repeat(out, b"\xff\t5\t\xfe;\xc0\tN\t<\xff>\t.\t\xff\tA=\xf0\x80\n", 500_000)
    };
    "mixed line ends", Bgzf, "", |out| {
        text(out, "##fileformat=VCFv4.2\r\n")?;
        text(out, COLUMNS)?;
        text(out, "\r\n")?;
        repeat(out, b"20\t2967400\t.\tN\tC\t.\t.\t.\r\n20\t2967400\t.\tN\tC\t.\t.\t.\n\r\n", 100_000)
    };
    "empty columns", Bgzf, "", |out| one(out, "", "\t\t\t\t\t\t\t\n", 2 * MB, "");
    "alleles of VCF 3.3 that delete much", Bgzf, "", |out| {
        text(out, "##fileformat=VCFv3.3\n")?;
        text(out, COLUMNS)?;
        text(out, "\n")?;
        repeat(out, b"20\t60001\t.\tN\tD2000000\t.\t.\t.\n", 600_000)
    };
}
