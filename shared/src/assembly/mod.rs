//! Genome assemblies: which ones are known, how their contigs are spelled, and which one a file states.
//!
//! The browser detects the assembly of a file before the upload, and the engine checks it against the
//! reference with the same tables.

mod contig_name;
mod detection;
mod file;
mod known;

pub use contig_name::{
    accession_of_plain, canonical_name, is_mitochondrial, plain_name, plain_spelling,
};
pub use detection::{AssemblyDetection, AssemblyEvidence};
pub use file::FileAssembly;
pub use known::{Accession, Assembly};
