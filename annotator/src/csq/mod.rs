//! The `csq` mode: consequences only, by the rules and in the format of `bcftools csq` (Danecek and
//! McCarthy 2017, Bioinformatics 33:2037). Alleles of one haplotype are interpreted together.
//!
//! [`CsqModel`] holds the gene models in the form this mode needs; [`CsqAnnotator`] compares every
//! record with them. Records in coding sequence stay in the `record_buffer` until no later record
//! can extend their haplotypes (`haplotype_tree`); then `haplotype_path` reports what the
//! haplotypes do to the protein.

mod active_transcripts;
mod allele;
mod annotator;
mod chunk_boundary;
mod classify;
mod coding;
mod coding_change;
mod features;
mod flags;
mod flush_transcript;
mod genotypes;
mod group;
mod haplotype_path;
mod haplotype_tree;
mod header;
mod model;
mod options;
mod process_record;
mod record_buffer;
mod translate;
mod write;

pub use annotator::CsqAnnotator;
pub(crate) use chunk_boundary::{LOOK_BACK, first_chunk_boundary};
pub(crate) use flags::term_named;
pub(crate) use header::{KEY, definitions};
pub use model::CsqModel;
pub use options::{CsqOptions, Phase};
