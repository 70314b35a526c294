//! `./gas test`: runs all tests against a separate stack on free ports.

use crate::bundle::{self, Profile};
use crate::deploy;
use crate::paths::Paths;
use crate::serve::{configure, no_pages};
use crate::setup;
use crate::soak::{self, SoakOptions};
use crate::step::{at_once, run, step};
use crate::temporary_stack::with_stack;
use crate::workspace;
use anyhow::{Context, Result};
use gas_local::{ArchiveBackEnd, Ports, STACK_VARIABLE, StackConfig};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The visibility timeout of the job queue, after which the job of a dead worker is redelivered. It is
/// short, so that a test does not wait for a minute.
const JOB_VISIBILITY_SECS: u32 = 8;

/// The size from which on a file is annotated in shards, and the size of a shard, in bytes.
const SHARDS: (u64, u64) = (16 << 20, 2 << 20);

/// The download window of Free users. It is short, so that a test does not wait for three minutes.
const FREE_WINDOW_SECS: u32 = 25;

/// The prefix of the tests that also run against the second stack, which has the other archive.
const LIFE_CYCLE: &str = "life_cycle";

/// The prefix of the tests that run against the second stack only, which has a catalog of two references.
const TWO_REFERENCES: &str = "two_references";

/// The name of the test of all CloudFormation stacks, which runs against the first stack.
const DEPLOY: &str = "deploy";

/// The name of the tests of the Python client, which run against the first stack.
const PYTHON_CLIENT: &str = "python";

/// The name of the tests of the Galaxy tool, which run with the reference of the first stack.
const GALAXY: &str = "galaxy";

/// The name of the tests of the Nextflow module, which run with the reference of the first stack and the Python of
/// the tests of the Galaxy tool.
const NEXTFLOW: &str = "nextflow";

/// Builds the release bundle, starts a stack, and runs all tests. Then it runs the life cycle tests
/// again against a stack with the other archive and several references, with the tests that need these.
/// The filter `soak` selects the short soak. Without pages, no filter may select a test of pages.
pub(crate) fn test(paths: &Paths, filters: &[String], without_pages: bool) -> Result<()> {
    setup::system_packages(true)?;
    let nextest = setup::cargo_tool(paths, setup::CARGO_NEXTEST)?;
    let python = setup::python(paths)?;
    let modules = setup::modules(paths)?;
    let programs = || {
        step("compiling servers and tests", || {
            run(workspace::build(paths).args(["--bins", "--tests", "--example", soak::EXAMPLE]))
        })
    };
    let public = if without_pages {
        programs()?;
        no_pages(paths)?
    } else {
        let (bundle, ()) = at_once(|| bundle::bundle(paths, Profile::Release), programs)?;
        bundle.check_limit()?;
        bundle.public
    };
    let config = configure(paths, public, paths.binaries(false), python, Ports::free()?)?;
    let tools = Tools { nextest, modules };
    let is_selected = |name: &str| filters.is_empty() || filters.iter().any(|f| name.contains(f));
    // A filter may also be the name of a file.
    let of_prefix =
        |prefix: &&str| is_selected(prefix) || filters.iter().any(|f| f.starts_with(prefix));
    let second = [LIFE_CYCLE, TWO_REFERENCES].into_iter().filter(of_prefix);
    let second: Vec<String> = second.map(str::to_owned).collect();
    if filters.is_empty() || !filters.iter().all(|filter| filter.starts_with(TWO_REFERENCES)) {
        let first = |name: &str| is_selected(name) && !name.starts_with(TWO_REFERENCES);
        run_against(paths, &tools, config.clone(), filters, &first)?;
    }
    if !second.is_empty() {
        let config = StackConfig {
            archive: ArchiveBackEnd::S3,
            ports: Ports::free()?,
            references: setup::two_references(paths, &config.programs.binaries)?,
            ..config.clone()
        };
        let named = |name: &str| second.iter().any(|prefix| name.starts_with(prefix.as_str()));
        run_against(paths, &tools, config, &second, &named)?;
    }
    if is_selected(soak::EXAMPLE) {
        let config = StackConfig { ports: Ports::free()?, ..config };
        step("short soak", || soak::run_soak(paths, config, &SoakOptions::SHORT))?;
    }
    Ok(())
}

/// The tools that run the tests.
struct Tools {
    nextest: PathBuf,
    modules: PathBuf,
}

/// Starts a stack and runs the tests against it: those in Rust by `filters`, and the files of browser tests
/// whose names `is_selected` accepts.
fn run_against(
    paths: &Paths,
    tools: &Tools,
    config: StackConfig,
    filters: &[String],
    is_selected: &dyn Fn(&str) -> bool,
) -> Result<()> {
    let archive = config.archive.as_str();
    let engine = paths.root.join("tests/support/annotator.sh").display().to_string();
    let config = StackConfig {
        prefix: "gastest".to_owned(),
        job_visibility_secs: Some(JOB_VISIBILITY_SECS),
        shards: Some(SHARDS),
        free_window_secs: Some(FREE_WINDOW_SECS),
        annotator: Some(format!(
            "{engine} annotate {{input}} --reference {{bundle}} --out {{output}} --log {{log}} --index=if-bgzipped --progress json {{options}}"
        )),
        ..config
    };
    let python = config.programs.python.clone();
    with_stack(config, &format!("test-{archive}"), |stack| {
        let description = stack.description_path();
        let of_engine = |name: &str| {
            if !is_selected(name) {
                return Ok(());
            }
            let folder = format!("clients/{name}/tests");
            run_python_tests(paths, setup::galaxy_python(paths)?, &folder, description)
        };
        let stages: [&dyn Fn() -> Result<()>; 6] = [
            &|| {
                step(&format!("tests in Rust, archive {archive}"), || {
                    run(stack.configure(&mut rust_tests(paths, &tools.nextest, filters)))
                })
            },
            &|| {
                if !is_selected(DEPLOY) {
                    return Ok(());
                }
                deploy::test(paths, &python, stack.environment().clone())
            },
            &|| {
                if !is_selected(PYTHON_CLIENT) {
                    return Ok(());
                }
                let python = setup::client_python(paths)?;
                run_python_tests(paths, python, "clients/python/tests", description)
            },
            &|| of_engine(GALAXY),
            &|| of_engine(NEXTFLOW),
            &|| run_browser_tests(paths, &tools.modules, description, is_selected),
        ];
        run_all(&stages)
    })
}

/// Runs all stages, so that one run shows all that fails, and returns the first error.
fn run_all(stages: &[&dyn Fn() -> Result<()>]) -> Result<()> {
    let results: Vec<_> = stages.iter().map(|stage| stage()).collect();
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        eprintln!("gas: {error:#}");
    }
    results.into_iter().collect()
}

/// Runs the tests of a folder, which find the stack and our programs by environment variables.
fn run_python_tests(paths: &Paths, python: PathBuf, folder: &str, stack: &Path) -> Result<()> {
    step(&format!("tests of {folder}"), || {
        run(Command::new(python)
            .args(["-W", "ignore", "-m", "unittest", "discover", "--quiet", "--start-directory"])
            .arg(paths.root.join(folder))
            .env(STACK_VARIABLE, stack)
            .env("GAS_PROGRAMS", paths.binaries(false)))
    })
}

fn run_browser_tests(
    paths: &Paths,
    modules: &Path,
    stack: &Path,
    is_selected: &dyn Fn(&str) -> bool,
) -> Result<()> {
    let browser: Vec<PathBuf> = browser_tests(paths, is_selected)?;
    if browser.is_empty() {
        return Ok(());
    }
    step("tests in a browser", || {
        run(Command::new("node")
            .args(["--test", "--test-concurrency=1"])
            .args(&browser)
            .env(STACK_VARIABLE, stack)
            .env("GAS_CHROMIUM", setup::chromium()?)
            .env("GAS_NODE_MODULES", modules)
            .current_dir(&paths.root))
    })
}

/// The files of the browser tests, selected by name.
fn browser_tests(paths: &Paths, is_selected: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(paths.root.join("tests/browser"))
        .context("failed to read tests/browser")?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.ends_with(".test.mjs") && is_selected(name)
        })
        .collect();
    files.sort();
    Ok(files)
}

fn rust_tests(paths: &Paths, nextest: &Path, filters: &[String]) -> Command {
    let mut command = Command::new(nextest);
    command
        .args(["nextest", "run"])
        .args(workspace::SELECTION)
        .args(filters)
        .current_dir(&paths.root);
    if !filters.is_empty() {
        // The filter may match only browser tests.
        command.arg("--no-tests=pass");
    }
    command
}
