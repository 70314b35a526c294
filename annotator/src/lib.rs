//! The GAS annotation engine.
//!
//! Data flows in one direction: [`vcf`] divides a file into chunks of lines; [`annotate`] annotates
//! a record with the help of a [`reference`] ([`placements`] of an allele in a repeat,
//! [`consequence`], [`hgvs`], [`annotation_format`]),
//! and [`csq`] does the same for haplotypes; [`pipeline`] distributes chunks over threads and
//! writes them in order; [`report`] summarizes the counts; [`shards`] divides a large file over machines. [`text_input`] turns a text with one variant per line
//! into such a file, and [`pick`] chooses the annotations of an allele that are written.

pub mod allele;
pub mod annotate;
pub mod annotation_format;
pub mod annotation_options;
pub mod assembly;
pub mod check;
mod colocated;
pub mod consequence;
mod contig_names;
pub mod csq;
pub mod error;
pub mod hgvs;
mod info;
pub mod model;
pub mod pick;
pub mod pipeline;
pub mod placements;
mod record_reader;
pub mod reference;
pub mod report;
pub mod shards;
mod source_file;
pub mod stats;
pub mod structural_variant;
mod text;
pub mod text_input;
pub mod variant;
pub mod vcf;

pub use colocated::{SourcePath, SourceSet, columns_of_source};
pub use error::{Error, InputError};
