//! Everything that only a browser can do, with a twin for the server.
//!
//! Callers use these functions unconditionally. `web` implements them with the browser's interfaces.
//! `server` has the same signatures for the program that renders the pages: its functions do nothing
//! or return a neutral value, because effects, tasks and event handlers do not run there. This folder
//! is the only place that depends on which of the two is compiled.

mod data;
#[cfg(not(feature = "web"))]
mod server;
#[cfg(feature = "web")]
mod web;

pub use data::{Decompressed, GenomeError, UploadResponse};
#[cfg(not(feature = "web"))]
pub use server::*;
#[cfg(feature = "web")]
pub use web::*;
