//! `./gas bench pages`: measures the loading of the pages in a browser, against a stack of optimized
//! programs.

use crate::bundle::Profile;
use crate::paths::Paths;
use crate::serve::prepare;
use crate::setup;
use crate::step::run;
use crate::temporary_stack::with_stack;
use anyhow::Result;
use gas_local::Ports;
use std::process::Command;

/// Starts a stack and measures.
pub(super) fn pages(paths: &Paths) -> Result<()> {
    with_stack(prepare(paths, Profile::Release, Ports::free()?)?, "bench", |stack| {
        run(stack.configure(
            Command::new("node")
                .arg(paths.root.join("tests/browser/support/measure.mjs"))
                .env("GAS_CHROMIUM", setup::chromium()?)
                .env("GAS_NODE_MODULES", setup::modules(paths)?)
                .current_dir(&paths.root),
        ))
    })
}
