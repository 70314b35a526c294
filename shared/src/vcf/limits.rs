//! The limits of an input file, the same for browser, `gas-cli`, engine and index.
//!
//! They bound the work and the memory that a few kilobytes of a stranger's file can demand. Each is
//! far above what real files have. A file over a limit is rejected with the place and what to do.

/// 1 MiB.
const MIB: usize = 1 << 20;

/// What an input file may have at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLimits {
    /// Bytes of a line without its line feed. The 2,504 samples of the 1000 Genomes Project have 50
    /// to 100 KB in a line. Operators with more samples raise it, up to
    /// [`MAX_LINE_BYTES`](Self::MAX_LINE_BYTES).
    pub line_bytes: usize,
    /// Bytes of the header in all. gnomAD's has 250 KB, and 100,000 `##contig` lines have 5 MB.
    pub header_bytes: usize,
    /// Lines of the header. Assemblies with many scaffolds have 100,000 contigs.
    pub header_lines: usize,
    /// Samples of the `#CHROM` line. 500,000 samples are UK Biobank; their lines need a higher
    /// `line_bytes` as well.
    pub samples: usize,
    /// Bytes of a contig's name. SAM allows 255 in practice; assemblers write up to about 300.
    pub contig_name_bytes: usize,
    /// Different contigs that have records.
    pub contigs: usize,
    /// Identifiers of a record. dbSNP has one, merged files a few dozen.
    pub ids: usize,
    /// Filters of a record. Callers define less than a hundred.
    pub filters: usize,
    /// Alternative alleles of a record. The most polymorphic short tandem repeats of the 1000 Genomes
    /// Project have about a hundred; callers write a few thousand in low-complexity regions.
    /// `bcftools norm -m -any` splits larger records.
    pub alleles: usize,
    /// Fields of INFO. gnomAD 3.1 has about 950 in a record, more than any other public file.
    pub info_fields: usize,
    /// Keys of FORMAT. Callers write up to about thirty.
    pub format_keys: usize,
    /// Lines after the header. A human genome has five million records, the 3,202 high-coverage
    /// genomes of the 1000 Genomes Project six million on the largest chromosome.
    pub records: u64,
    /// Bytes of the text after decompression.
    pub text_bytes: u64,
}

impl InputLimits {
    /// The highest `line_bytes` that an operator can set: half a million samples with 128 bytes each.
    pub const MAX_LINE_BYTES: usize = 64 * MIB;

    /// Text of a gzip file per byte of the file. See [`text_of`](Self::text_of).
    pub const GZIP_RATIO: u64 = 100;

    /// A gzip file may have this much text whatever its size, because the ratio of small files is
    /// accidental.
    pub const GZIP_FLOOR_BYTES: u64 = 16 << 20;

    /// Bytes that annotation may add to a line. A deletion of chromosome 1 has 4 MB of consequences.
    pub const ANNOTATION_BYTES: usize = 16 * MIB;

    /// The defaults.
    pub const DEFAULT: Self = Self {
        line_bytes: MIB,
        header_bytes: 10 * MIB,
        header_lines: 200_000,
        samples: 500_000,
        contig_name_bytes: 1000,
        contigs: 100_000,
        ids: 1000,
        filters: 1000,
        alleles: 10_000,
        info_fields: 5000,
        format_keys: 1000,
        records: 20_000_000,
        text_bytes: 20 << 30,
    };

    /// The most text that a file of `file_bytes` bytes may have after decompression.
    ///
    /// A stream of gzip reaches 1,032:1, so its text is bounded by 100:1. Blocks of BGZF are bounded
    /// by their own format (64 KiB of text each, SAM specification, section 4.1); records of many
    /// samples without the allele reach 500:1 there, so no ratio is applied.
    pub fn text_of(&self, file_bytes: u64, is_bgzf: bool) -> u64 {
        if is_bgzf {
            return self.text_bytes;
        }
        let by_ratio = file_bytes.saturating_mul(Self::GZIP_RATIO).max(Self::GZIP_FLOOR_BYTES);
        by_ratio.min(self.text_bytes)
    }
}

impl Default for InputLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The advice for a line that is too long.
pub const LINE_ADVICE: &str = "remove samples and fields that you do not need, or ask the operator \
                               to raise the limit";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcf::{check_record, parse_record};

    fn problem(line: &str) -> Option<String> {
        let record = parse_record(line.as_bytes()).unwrap();
        let samples = usize::from(record.rest.is_some());
        let checked = check_record(&record, samples, &InputLimits::DEFAULT);
        checked.err().map(|error| error.at(7).to_string())
    }

    #[test]
    fn each_number_of_values_is_accepted_at_its_limit_and_rejected_above() {
        let list = |value: &str, separator: &str, n| vec![value; n].join(separator);
        type Case<'a> = (usize, &'a str, &'a str, &'a dyn Fn(usize) -> String);
        let cases: [Case<'_>; 5] = [
            (1000, "ID", "identifiers", &|n| format!("1\t5\t{}\tA\tC\t.\t.\t.", list("a", ";", n))),
            (10_000, "ALT", "alleles", &|n| format!("1\t5\t.\tA\t{}\t.\t.\t.", list("C", ",", n))),
            (1000, "FILTER", "filters", &|n| format!("1\t5\t.\tA\tC\t.\t{}\t.", list("q", ";", n))),
            (5000, "INFO", "fields", &|n| format!("1\t5\t.\tA\tC\t.\t.\t{}", list("X", ";", n))),
            (1000, "FORMAT", "keys", &|n| {
                format!("1\t5\t.\tA\tC\t.\t.\t.\t{}\t0", list("GT", ":", n))
            }),
        ];
        for (limit, column, what, line) in cases {
            assert_eq!(problem(&line(limit)), None, "{column}");
            let found = problem(&line(limit + 1)).unwrap();
            let expected = format!(
                "line 7, {column}: the column has {} {what}, the limit is {limit}; ",
                limit + 1
            );
            assert!(found.starts_with(&expected), "{found}");
        }
    }

    #[test]
    fn empty_values_count() {
        let found = problem(&format!("1\t5\t{}\tA\tC\t.\t.\t.", ";".repeat(1000))).unwrap();
        assert!(found.starts_with("line 7, ID: the column has 1001 identifiers"), "{found}");
    }

    #[test]
    fn a_contig_name_is_accepted_at_its_limit_and_rejected_above() {
        let line = |n: usize| format!("{}\t5\t.\tA\tC\t.\t.\t.", "c".repeat(n));
        assert_eq!(problem(&line(1000)), None);
        let expected = "line 7, CHROM: the name has 1001 bytes, the limit is 1000; shorten it";
        assert_eq!(problem(&line(1001)).unwrap(), expected);
    }

    #[test]
    fn only_gzip_streams_have_a_ratio() {
        let limits = InputLimits::DEFAULT;
        assert_eq!(limits.text_of(10 << 10, false), 16 << 20);
        assert_eq!(limits.text_of(1 << 20, false), 100 << 20);
        assert_eq!(limits.text_of(1 << 40, false), 20 << 30);
        assert_eq!(limits.text_of(10 << 10, true), 20 << 30);
    }
}
