//! What the fuzz targets share: references, and the parts of an input and of an annotated record.
#![allow(clippy::unwrap_used, reason = "a fuzz target may panic")]

#[path = "../../annotator/tests/common/mod.rs"]
pub mod demo;
#[path = "../../annotator/tests/common/gene.rs"]
pub mod gene;
#[path = "../../annotator/tests/common/protein_change.rs"]
pub mod protein_change;
#[path = "../../annotator/tests/common/small_reference.rs"]
pub mod small_reference;

use gas_annotate::annotate::Annotator;
use gas_annotate::annotation_format::AnnotationFormat;
use gas_annotate::reference::Reference;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A folder for the files of this process, in the target folder, because a fuzz target never ends.
pub static SCRATCH: LazyLock<PathBuf> = LazyLock::new(|| {
    let scratch = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/scratch");
    let folder = scratch.join(std::process::id().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

/// Up to `most` bases.
pub fn bases(input: &mut Unstructured<'_>, most: usize) -> Result<String> {
    let length = input.int_in_range(0..=most)?;
    (0..length).map(|_| input.choose(&['A', 'C', 'G', 'T']).copied()).collect()
}

/// The first and last positions of exons and coding sequences of a contig.
pub fn exon_borders(reference: &Reference, contig: &[u8]) -> Vec<i32> {
    let transcripts = &reference.contig(contig).unwrap().model.transcripts;
    let borders = transcripts.iter().flat_map(|transcript| {
        let exons = transcript.exons.iter().flat_map(|exon| [exon.start, exon.end]);
        exons.chain(transcript.coding_region().into_iter().flat_map(|(first, last)| [first, last]))
    });
    let mut borders: Vec<i32> = borders.collect();
    borders.sort_unstable();
    borders.dedup();
    borders
}

/// Annotates a record and returns its line.
///
/// # Panics
/// If the record is rejected, or if the line does not have the columns of the record.
pub fn annotated(reference: &Reference, format: AnnotationFormat, record: &str) -> String {
    let mut annotator = Annotator::new(reference, 0, format);
    let mut out = Vec::new();
    if let Err(error) = annotator.record(1, record.as_bytes(), &mut out) {
        panic!("{record}: {error}");
    }
    let line = String::from_utf8(out).unwrap();
    assert_eq!(line.matches('\t').count(), record.matches('\t').count(), "{line}");
    assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "{line}");
    line
}

/// The entries of an annotated record, divided into fields.
pub fn entries(line: &str, format: AnnotationFormat) -> Vec<Vec<String>> {
    let info = line.trim_end().split('\t').nth(7).unwrap_or_default();
    let key = format!("{}=", format.key());
    let value = info.split(';').find_map(|field| field.strip_prefix(&key));
    let entries = value.into_iter().flat_map(|value| value.split(','));
    entries.map(|entry| entry.split('|').map(str::to_owned).collect()).collect()
}
