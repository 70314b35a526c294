//! Diagnostics: what is wrong in a VCF file, where, and whether it stops the job.

use std::fmt;

/// A column of a VCF record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Chromosome or contig name.
    Chrom,
    /// 1-based position.
    Pos,
    /// Identifiers.
    Id,
    /// Reference allele.
    Ref,
    /// Alternate alleles.
    Alt,
    /// Phred-scaled quality.
    Qual,
    /// Failed filters.
    Filter,
    /// Annotations.
    Info,
    /// Genotype keys.
    Format,
    /// Genotypes.
    Samples,
}

impl Column {
    /// The spelling in the `#CHROM` line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chrom => "CHROM",
            Self::Pos => "POS",
            Self::Id => "ID",
            Self::Ref => "REF",
            Self::Alt => "ALT",
            Self::Qual => "QUAL",
            Self::Filter => "FILTER",
            Self::Info => "INFO",
            Self::Format => "FORMAT",
            Self::Samples => "samples",
        }
    }
}

/// Whether a diagnostic stops the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Reported; the job continues.
    Warning,
    /// The file cannot be annotated as it is.
    Error,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The kind of a diagnostic, with a stable spelling for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// The stable spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The first line is not a `##fileformat` line.
    NotVcf = "not_a_vcf",
    /// No `##fileformat` line at the beginning.
    NoVersion = "no_version",
    /// A version other than 3.3 and 4.0 to 4.5.
    UnknownVersion = "unknown_version",
    /// No `#CHROM` line before the first record or the end of the file.
    NoColumnLine = "no_column_line",
    /// The `#CHROM` line does not name the eight fixed columns.
    BadColumnLine = "bad_column_line",
    /// A malformed `##` line.
    BadHeaderLine = "bad_header_line",
    /// A header definition that occurs twice.
    DuplicateHeader = "duplicate_header",
    /// A sample name that occurs twice.
    DuplicateSample = "duplicate_sample",
    /// A second header in the middle of the file.
    HeaderAfterRecords = "header_after_records",
    /// Records that are not sorted.
    Unsorted = "unsorted",
    /// Fewer than eight columns.
    TooFewColumns = "too_few_columns",
    /// The number of sample columns differs from the header.
    SampleCount = "sample_count",
    /// An invalid chromosome name.
    BadChrom = "bad_chrom",
    /// A position that is not a number.
    BadPosition = "bad_position",
    /// A reference allele that is not a sequence of bases.
    BadRef = "bad_ref",
    /// An alternate allele of unknown form.
    BadAlt = "bad_alt",
    /// A quality that is not a number.
    BadQual = "bad_qual",
    /// An empty column.
    EmptyColumn = "empty_column",
    /// An unphased heterozygous genotype, in a run that requires phased ones.
    UnphasedGenotype = "unphased_genotype",
    /// White space in INFO.
    BadInfo = "bad_info",
    /// Control characters, or a line that is not text.
    NotText = "not_text",
    /// A line longer than the limit.
    LineTooLong = "line_too_long",
    /// The header is larger than the limit.
    HeaderTooLarge = "header_too_large",
    /// More values in a column, or more records or contigs in the file, than the limit.
    TooMany = "too_many_values",
    /// The annotations of a record, or of the whole file, are larger than the limit.
    ResultTooLarge = "result_too_large",
}

/// A finding in a VCF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The line number in the file, from 1.
    pub line: u64,
    /// The column, if the finding concerns a single one.
    pub column: Option<Column>,
    /// Whether it stops the job.
    pub severity: Severity,
    /// The kind of finding.
    pub code: Code,
    /// What is wrong and what to do, as a lowercase fragment.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", {}", column.name())?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// Formats bytes for a message: lossy UTF-8, escaped, at most 40 characters.
pub(super) fn shown(bytes: &[u8]) -> String {
    const MAX: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX * 4)]);
    let short: String = text.chars().take(MAX).collect();
    if short.len() < bytes.len() { format!("{short:?}…") } else { format!("{short:?}") }
}
