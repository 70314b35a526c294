//! Scripts that open the pages of a release in a browser, against a stack of their own.

use crate::bundle::{self, Profile};
use crate::paths::Paths;
use crate::release;
use crate::serve::prepare_servers;
use crate::setup;
use crate::step::run;
use crate::temporary_stack::with_stack;
use anyhow::Result;
use gas_local::{Ports, Programs, StackConfig};
use std::process::Command;

/// The programs that a script runs against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Servers {
    /// Those of `./gas test`, so that nothing has to be compiled for a script alone.
    Tests,
    /// Those of `./gas release`, which are optimized.
    Release,
}

/// Takes the pictures of README.md.
pub(crate) fn take_pictures(paths: &Paths) -> Result<()> {
    let folder = paths.root.join("docs/screenshots");
    run_script(paths, "pictures", "pictures.mjs", Servers::Tests, |script| {
        script.env("GAS_PICTURES", &folder)
    })
}

/// Starts a stack and runs a script of `tests/browser/support`. Pages are those of a release.
pub(crate) fn run_script(
    paths: &Paths,
    stack_name: &str,
    script: &str,
    servers: Servers,
    configure: impl Fn(&mut Command) -> &mut Command,
) -> Result<()> {
    setup::system_packages(true)?;
    let chromium = setup::chromium()?;
    let modules = setup::modules(paths)?;
    let prepared = prepare_servers(paths, Ports::free()?)?;
    let bundle = bundle::bundle(paths, Profile::Release)?;
    // Users see the pages with sources.
    let sources = setup::sources(paths, &prepared)?;
    let binaries = match servers {
        Servers::Tests => prepared.programs.binaries.clone(),
        Servers::Release => release::local_programs(paths, &prepared.programs.binaries)?,
    };
    let programs = Programs { binaries, ..prepared.programs };
    let config = StackConfig { public_dir: bundle.public, programs, sources, ..prepared };
    with_stack(config, stack_name, |stack| {
        let mut command = Command::new("node");
        command
            .arg(paths.root.join("tests/browser/support").join(script))
            .env("GAS_CHROMIUM", &chromium)
            .env("GAS_NODE_MODULES", &modules)
            .current_dir(&paths.root);
        run(stack.configure(configure(&mut command)))
    })
}
