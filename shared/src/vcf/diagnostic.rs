//! What is wrong, where, and whether it stops the job.

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
    /// Alternative alleles.
    Alt,
    /// Phred-scaled quality.
    Qual,
    /// Filters failed.
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

/// Whether a finding stops the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Reported; the job goes on.
    Warning,
    /// The file cannot be annotated as it is.
    Error,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// The kind of a finding, with a stable spelling for programs.
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
    /// The first line is no `##fileformat` line.
    NotVcf = "not_a_vcf",
    /// A version outside 3.3-4.5.
    UnknownVersion = "unknown_version",
    /// No `#CHROM` line before the first record or the end.
    NoColumnLine = "no_column_line",
    /// The `#CHROM` line does not name the eight fixed columns.
    BadColumnLine = "bad_column_line",
    /// A malformed `##` line.
    BadHeaderLine = "bad_header_line",
    /// The same header definition twice.
    DuplicateHeader = "duplicate_header",
    /// The same sample name twice.
    DuplicateSample = "duplicate_sample",
    /// A second header in the middle of the file.
    HeaderAfterRecords = "header_after_records",
    /// Fewer than eight columns.
    TooFewColumns = "too_few_columns",
    /// Sample columns differ from the header's.
    SampleCount = "sample_count",
    /// A bad chromosome name.
    BadChrom = "bad_chrom",
    /// A position that is no number.
    BadPosition = "bad_position",
    /// A reference allele that is no bases.
    BadRef = "bad_ref",
    /// An alternative allele of no known form.
    BadAlt = "bad_alt",
    /// A quality that is no number.
    BadQual = "bad_qual",
    /// An empty column.
    EmptyColumn = "empty_column",
    /// A heterozygous genotype without phase where phase is asked for.
    UnphasedGenotype = "unphased_genotype",
    /// White space inside INFO.
    BadInfo = "bad_info",
    /// Control characters or a line that is no text.
    NotText = "not_text",
    /// A line longer than the limit.
    LineTooLong = "line_too_long",
    /// No records at all.
    NoRecords = "no_records",
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Line number in the file, from 1.
    pub line: u64,
    /// The column at fault, where there is one.
    pub column: Option<Column>,
    /// Whether it stops the job.
    pub severity: Severity,
    /// Kind.
    pub code: Code,
    /// What is wrong and what to do, a lowercase fragment.
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

/// Bytes as they can be shown in a message: lossy, escaped, at most 40 characters.
pub(super) fn shown(bytes: &[u8]) -> String {
    const MAX: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX * 4)]);
    let short: String = text.chars().take(MAX).collect();
    if short.len() < bytes.len() { format!("{short:?}…") } else { format!("{short:?}") }
}
