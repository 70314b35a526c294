//! Real VCF text.

use anyhow::{Context, Result};
use std::path::Path;

/// A sample file of the project, by its name in `assets/samples`.
///
/// # Errors
/// Where there is no such file.
pub fn sample(name: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/samples").join(name);
    std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}

/// A VCF text that is at least `bytes` long: the file's header, and its records again and again.
pub fn repeated(vcf: &str, bytes: usize) -> String {
    let records = vcf.find("\n#CHROM").and_then(|at| vcf[at + 1..].find('\n').map(|n| at + n + 2));
    let (header, records) = vcf.split_at(records.unwrap_or(vcf.len()));
    let times = bytes.saturating_sub(header.len()).div_ceil(records.len().max(1));
    format!("{header}{}", records.repeat(times))
}
