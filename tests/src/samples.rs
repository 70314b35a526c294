//! Sample VCF files.

use anyhow::{Context, Result};
use std::path::Path;

/// Reads a sample file of the project, given its name in `assets/samples`.
///
/// # Errors
/// If the file cannot be read.
pub fn sample(name: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/samples").join(name);
    std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}

/// The lines of a VCF file that are records.
pub fn records(vcf: &str) -> Vec<&str> {
    vcf.lines().filter(|line| !line.starts_with('#')).collect()
}

/// A VCF text of at least `bytes` bytes: the file's header followed by its records, repeated.
pub fn repeated(vcf: &str, bytes: usize) -> String {
    let records = vcf.find("\n#CHROM").and_then(|at| vcf[at + 1..].find('\n').map(|n| at + n + 2));
    let (header, records) = vcf.split_at(records.unwrap_or(vcf.len()));
    let times = bytes.saturating_sub(header.len()).div_ceil(records.len().max(1));
    format!("{header}{}", records.repeat(times))
}
