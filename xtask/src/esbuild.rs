//! Runs esbuild, the bundler of JavaScript and style sheets.

use crate::paths::Paths;
use crate::setup;
use crate::step::run;
use anyhow::Result;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Bundles the file `from` into the file `to`, minified for a release, and returns the output.
pub(crate) fn esbuild(
    paths: &Paths,
    from: &Path,
    to: &Path,
    release: bool,
    options: &[&str],
) -> Result<Vec<u8>> {
    let mut esbuild = Command::new(setup::modules(paths)?.join(".bin/esbuild"));
    esbuild.arg(from).arg("--log-level=error").args(options);
    esbuild.arg(format!("--outfile={}", to.display()));
    if release {
        esbuild.arg("--minify");
    }
    run(&mut esbuild)?;
    Ok(fs::read(to)?)
}
