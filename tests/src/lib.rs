//! Shared parts of the end-to-end tests: an HTTP client that acts like a browser, and sample files.

mod client;
mod samples;

pub use client::{Client, Upload};
pub use samples::{records, repeated, sample};
