//! Installs what the commands need and what is missing on the machine.

mod catalog;
mod npm;
mod python;
mod reference;
mod sources;
mod stamp;
mod system;
mod tools;
mod wasm;

pub(crate) use catalog::{catalog_folder, references};
pub(crate) use npm::{modules, node};
pub(crate) use python::{client_python, galaxy_python, hgvs_python, linters, python};
pub(crate) use reference::{reference, two_references};
pub(crate) use sources::{source_folder, sources};
pub(crate) use stamp::short_hash;
pub(crate) use system::{chromium, cross_compiler, debootstrap, postgres, system_packages};
pub(crate) use tools::{CARGO_DENY, CARGO_MACHETE, CARGO_NEXTEST, CARGO_SBOM, cargo_tool};
pub(crate) use wasm::{TARGET as WASM_TARGET, WasmToolchain};
