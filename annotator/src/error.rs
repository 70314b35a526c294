//! The errors of the engine. [`InputError`] is what the user can fix; all else is [`Error`].

use gas_shared::exit_code::{NO_TRANSCRIPTS, NO_VARIANTS, NOTHING_ANNOTATED, WRONG_ASSEMBLY};
use gas_shared::vcf::Diagnostic;
use gas_sources::Damaged;
use std::{io, path::PathBuf};

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user's file cannot be annotated.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write the output")]
    Output(#[source] io::Error),
    /// The reference is unusable.
    #[error("reference {path}: {reason}")]
    Reference {
        /// The folder of the reference.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A file that a reference is built from is unusable.
    #[error("{path}, line {line}: {reason}")]
    Source {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// The reason.
        reason: String,
    },
    /// A source file cannot be used.
    #[error("source {path}: {reason}")]
    UnusableSource {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A source file cannot be read further.
    #[error("a source is damaged ({0}); fetch or build it again")]
    DamagedSource(Damaged),
    /// The records are not sorted.
    #[error(transparent)]
    Unsorted(Diagnostic),
    /// The run was cancelled by a signal.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// Converts an I/O error to one that names the file.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// A problem of the user's file.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A line is invalid.
    #[error(transparent)]
    Line(#[from] Diagnostic),
    /// A record of a BCF file is invalid, or has a warning. The `line` of the diagnostic is the number of the record.
    #[error("{}", record_text(.0))]
    Record(Diagnostic),
    /// The compressed data or the BCF file ends early or is damaged.
    #[error("the compressed file is damaged or truncated ({0}); upload it again")]
    Damaged(String),
    /// The file is larger than the limit after decompression.
    #[error(
        "the file is larger than {limit} bytes after decompression; split it, or ask the operator to raise the limit"
    )]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A gzip file has far more text than VCF files of its size.
    #[error(
        "the gzip file has more than {limit} bytes of text, which is too much for its size; compress it with bgzip instead"
    )]
    Bomb {
        /// The limit in bytes.
        limit: u64,
    },
    /// The header or the contigs' names are those of another assembly.
    #[error(
        "the file looks like {found}; lift it over to {assembly}, or choose a reference of its assembly \
         ({evidence}); if only its header is wrong, correct it with bcftools reheader"
    )]
    OtherAssembly {
        /// The assembly of the file.
        found: String,
        /// What shows it.
        evidence: String,
        /// Assembly of the reference.
        assembly: String,
    },
    /// The reference has no transcripts of the kind that the options ask for.
    #[error(
        "the reference ({assembly}) has no {wanted}: it has {transcripts} transcripts, {coding} of them with a \
         coding sequence; choose other transcripts or another reference"
    )]
    NoTranscripts {
        /// The kind of transcripts.
        wanted: &'static str,
        /// Assembly of the reference.
        assembly: String,
        /// The transcripts that it has.
        transcripts: usize,
        /// Those of them that have a coding sequence.
        coding: usize,
    },
    /// No line of a text is a variant.
    #[error("none of the {lines} lines is a variant of the reference; {problem}")]
    NoVariants {
        /// The problem of the first line.
        problem: String,
        /// The lines.
        lines: u64,
    },
    /// A text with variants is too long.
    #[error(
        "line {line}: the list has too many lines or bases; split it, or upload it as a VCF file"
    )]
    LongList {
        /// The line after the last one that is read.
        line: u64,
    },
    /// The file has variants, and none of them is in the reference or agrees with it.
    #[error("{0}")]
    NothingAnnotated(String),
    /// Too many REF alleles differ from the reference.
    #[error(
        "{mismatches} of {checked} REF alleles ({percent:.1}%) do not match {assembly}; {advice}"
    )]
    WrongAssembly {
        /// REF alleles that differ from the reference.
        mismatches: u64,
        /// REF alleles compared to the reference.
        checked: u64,
        /// The differing ones in percent.
        percent: f64,
        /// Assembly of the reference.
        assembly: String,
        /// What to do.
        advice: String,
        /// The assembly that the header of the file names.
        found: Option<&'static str>,
    },
}

/// An assembly whose name is not known, in [`InputError::OtherAssembly`].
pub(crate) const UNKNOWN: &str = "another assembly";

/// The text of a diagnostic about a record of a BCF file, which has no lines.
fn record_text(found: &Diagnostic) -> String {
    let column = found.column.map(|column| format!(", {}", column.name())).unwrap_or_default();
    format!("record {}{column}: {}", found.line, found.message)
}

impl InputError {
    /// The assembly of the file, if it is known and not that of the reference.
    pub fn found_assembly(&self) -> Option<&str> {
        match self {
            Self::OtherAssembly { found, .. } => {
                Some(found).filter(|name| *name != UNKNOWN).map(String::as_str)
            }
            Self::WrongAssembly { found, .. } => *found,
            _ => None,
        }
    }

    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Line(finding) | Self::Record(finding) => finding.code.as_str(),
            Self::Damaged(_) => "damaged",
            Self::TooLarge { .. } => "too_large",
            Self::Bomb { .. } => "bomb",
            Self::NoTranscripts { .. } => NO_TRANSCRIPTS,
            Self::NoVariants { .. } => NO_VARIANTS,
            Self::LongList { .. } => "too_many",
            Self::NothingAnnotated(_) => NOTHING_ANNOTATED,
            Self::WrongAssembly { .. } | Self::OtherAssembly { .. } => WRONG_ASSEMBLY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::job::UNCHARGED_CODES;
    use gas_shared::vcf::{Code, Severity};

    /// Whether the file itself has to be changed; otherwise another reference or other options may do. A new
    /// kind of error has to be decided here, and added to the examples below.
    fn is_fault_of_file(error: &InputError) -> bool {
        match error {
            InputError::Line(_)
            | InputError::Record(_)
            | InputError::Damaged(_)
            | InputError::TooLarge { .. }
            | InputError::Bomb { .. }
            | InputError::LongList { .. } => true,
            InputError::OtherAssembly { .. }
            | InputError::NoTranscripts { .. }
            | InputError::NoVariants { .. }
            | InputError::NothingAnnotated(_)
            | InputError::WrongAssembly { .. } => false,
        }
    }

    #[test]
    fn only_problems_of_the_file_itself_are_charged() {
        let text = || "GRCh38".to_owned();
        let line = || Diagnostic {
            line: 3,
            column: None,
            severity: Severity::Error,
            code: Code::BadPosition,
            message: text(),
        };
        let examples = [
            InputError::Line(line()),
            InputError::Record(line()),
            InputError::Damaged(text()),
            InputError::TooLarge { limit: 1 },
            InputError::Bomb { limit: 1 },
            InputError::LongList { line: 1 },
            InputError::OtherAssembly { found: text(), evidence: text(), assembly: text() },
            InputError::NoTranscripts {
                wanted: "canonical transcripts",
                assembly: text(),
                transcripts: 2,
                coding: 1,
            },
            InputError::NoVariants { problem: text(), lines: 7 },
            InputError::NothingAnnotated(text()),
            InputError::WrongAssembly {
                mismatches: 9,
                checked: 9,
                percent: 100.0,
                assembly: text(),
                advice: text(),
                found: None,
            },
        ];
        for error in examples {
            let is_charged = !UNCHARGED_CODES.contains(&error.code());
            assert_eq!(is_charged, is_fault_of_file(&error), "{error:?}");
        }
    }
}
