//! What the end-to-end tests share: a client that behaves as a browser does, without one.

mod client;
mod samples;

pub use client::{Client, Upload};
pub use samples::{repeated, sample};
