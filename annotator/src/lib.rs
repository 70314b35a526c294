//! The GAS annotation engine.
//!
//! Data flow one way: [`vcf`] cuts the file into chunks of lines, [`annotate`] turns a line into an
//! annotated line with the help of a [`reference`] bundle ([`consequence`], [`hgvs`], [`layout`]),
//! [`pipeline`] spreads chunks over threads and writes them in order, [`report`] tells what was
//! found.

pub mod annotate;
pub mod assembly;
pub mod check;
pub mod consequence;
mod contig_names;
pub mod csq;
pub mod error;
pub mod hgvs;
mod intake;
mod known;
pub mod layout;
pub mod model;
pub mod pipeline;
pub mod reference;
pub mod report;
mod source_file;
pub mod stats;
mod text;
pub mod tracks;
pub mod variant;
pub mod vcf;

pub use error::{Error, InputError};
