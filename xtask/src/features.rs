//! Verifies that all selections of packages share one compilation of third-party libraries.
//!
//! Cargo compiles a library again if two commands resolve different features for it, and then also
//! everything that depends on it. The crate `workspace-hack` turns on the features that the whole
//! workspace resolves; this check finds what is missing there.

use crate::paths::Paths;
use crate::serve::SERVER_PACKAGES;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::{Command, Stdio};

/// The features of the web application that every command of the host's target selects.
const APP_FEATURES: [&str; 2] = ["--features", "gas-app/server"];

/// The libraries that a command compiles: name and version, with each set of features. A library
/// has two sets if procedural macros and build scripts use fewer features than the programs.
type Libraries = BTreeMap<String, BTreeSet<BTreeSet<String>>>;

/// Fails if a command would compile a library with other features than `./gas test`, which selects
/// the whole workspace with its tests.
pub(crate) fn verify(paths: &Paths) -> Result<()> {
    let whole = libraries(paths, &["--workspace"], true)?;
    let mut report = String::new();
    for members in selections(paths)? {
        let arguments: Vec<_> = members.iter().flat_map(|name| ["--package", name]).collect();
        for tests in [false, true] {
            let libraries = libraries(paths, &arguments, tests)?;
            let selection =
                format!("{}{}", members.join(", "), if tests { " (tests)" } else { "" });
            report.push_str(&differences(&selection, &libraries, &whole));
        }
    }
    if !report.is_empty() {
        bail!(
            "these selections of packages compile libraries again; add the missing features to \
             workspace-hack/Cargo.toml (CONTRIBUTING.md says how)\n{report}"
        );
    }
    Ok(())
}

/// The packages that commands select together: those of `./gas up`, and each one alone.
fn selections(paths: &Paths) -> Result<Vec<Vec<String>>> {
    let members = cargo_tree(paths, &["--workspace", "--depth", "0", "--format", "{p}"])?;
    let members = members.lines().filter_map(|line| line.split_once(' '));
    let mut selections: Vec<_> = members.map(|(name, _)| vec![name.to_owned()]).collect();
    selections.push(SERVER_PACKAGES.map(str::to_owned).to_vec());
    Ok(selections)
}

fn libraries(paths: &Paths, packages: &[&str], tests: bool) -> Result<Libraries> {
    let edges = if tests { "normal,build,dev" } else { "normal,build" };
    let mut arguments = vec!["--edges", edges, "--format", "{p} [{f}]"];
    arguments.extend(packages);
    if packages.iter().any(|package| ["--workspace", "gas-app"].contains(package)) {
        arguments.extend(APP_FEATURES);
    }
    Ok(parse(&cargo_tree(paths, &arguments)?))
}

fn cargo_tree(paths: &Paths, arguments: &[&str]) -> Result<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--quiet", "--locked", "--prefix", "none"]).args(arguments);
    let output = cargo.current_dir(&paths.root).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("`cargo tree {}` ended with {}", arguments.join(" "), output.status);
    }
    String::from_utf8(output.stdout).context("cargo tree printed no UTF-8")
}

/// Reads lines such as `syn v2.0.119 (proc-macro) [default,full]`. Our own crates, which show their
/// folder, are left out.
fn parse(tree: &str) -> Libraries {
    let mut libraries = Libraries::new();
    for line in tree.lines() {
        let Some((package, features)) = line.split_once(" [") else { continue };
        let Some((features, _)) = features.split_once(']') else { continue };
        let package = package.trim_end_matches(" (proc-macro)");
        if !package.contains('(') {
            let features = features.split(',').filter(|feature| !feature.is_empty());
            let features = features.map(str::to_owned).collect();
            libraries.entry(package.to_owned()).or_default().insert(features);
        }
    }
    libraries
}

/// One line for each library whose features are not among those of the whole workspace.
fn differences(selection: &str, libraries: &Libraries, whole: &Libraries) -> String {
    let mut report = String::new();
    for (library, sets) in libraries {
        let expected = whole.get(library);
        for features in sets {
            if expected.is_some_and(|expected| expected.contains(features)) {
                continue;
            }
            let all: BTreeSet<_> = expected.into_iter().flatten().flatten().collect();
            let missing: Vec<_> =
                all.iter().filter(|f| !features.contains(**f)).map(|f| f.as_str()).collect();
            let _ = writeln!(report, "  {selection}: {library} lacks [{}]", missing.join(", "));
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_with_fewer_features_is_reported() {
        let whole = parse(
            "gas-cli v0.1.0 (/gas/cli) []\ntokio v1.54.1 [net,rt]\nsyn v2.0.1 (proc-macro) [full]\n\
             serde v1.0.0 [std]\nserde v1.0.0 [] (*)\n",
        );
        assert_eq!(whole.len(), 3, "our own crates are left out: {whole:?}");
        assert_eq!(differences("xtask", &whole, &whole), "");
        let alone = parse("tokio v1.54.1 [rt] (*)\nserde v1.0.0 []\n");
        assert_eq!(differences("xtask", &alone, &whole), "  xtask: tokio v1.54.1 lacks [net]\n");
    }
}
