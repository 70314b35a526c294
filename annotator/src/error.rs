//! Everything that can go wrong, by whose fault it is.

use gas_shared::vcf::Diagnostic;
use std::{io, path::PathBuf};

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user's file cannot be annotated as it is.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write the output")]
    Output(#[source] io::Error),
    /// The reference bundle is unusable.
    #[error("reference bundle {path}: {reason}")]
    Bundle {
        /// The bundle's folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Models, sequence or tracks for a bundle are unusable.
    #[error("{path}, line {line}: {reason}")]
    Source {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// Why.
        reason: String,
    },
    /// Records are not in order.
    #[error("{0}")]
    Unsorted(String),
    /// A signal asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// An I/O error with the file it belongs to.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// What is wrong with the user's file.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A line is at fault.
    #[error(transparent)]
    Line(#[from] Diagnostic),
    /// The compressed data end early or are damaged.
    #[error("the compressed file is damaged or cut off ({0}); upload it again")]
    Damaged(String),
    /// The file expands beyond the limit.
    #[error(
        "the file expands to more than {limit} bytes; split it, or ask the operator to raise the limit"
    )]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file expands suspiciously.
    #[error("the file expands more than {ratio} times, which real VCF files do not; it is refused")]
    Bomb {
        /// The ratio allowed.
        ratio: u64,
    },
    /// REF disagrees with the reference too often.
    #[error(
        "{mismatches} of {checked} REF alleles ({percent:.1}%) are not what {assembly} has there; {advice}"
    )]
    WrongAssembly {
        /// REF alleles that differ.
        mismatches: u64,
        /// REF alleles compared.
        checked: u64,
        /// Percentage.
        percent: f64,
        /// The bundle's assembly.
        assembly: String,
        /// What to do.
        advice: String,
    },
}

impl InputError {
    /// A stable spelling for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Line(finding) => finding.code.as_str(),
            Self::Damaged(_) => "damaged",
            Self::TooLarge { .. } => "too_large",
            Self::Bomb { .. } => "bomb",
            Self::WrongAssembly { .. } => "wrong_assembly",
        }
    }
}
