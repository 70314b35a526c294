//! Finds files that import each other, directly or through other files.
//!
//! Such files can be neither read nor tested alone: they are one concept in two files, or they share
//! something that belongs into a file of its own. A module and the modules inside it count as one
//! concept and may import each other. Tests are not looked at.

use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The path of a module in its crate: `["vcf", "header"]`. The crate's root is the empty path.
type Module = Vec<String>;

/// The modules of a crate, each with the modules that it imports.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

/// Fails if files of a crate import each other in a circle.
pub(crate) fn verify(crates: &[std::path::PathBuf]) -> Result<()> {
    let mut report = String::new();
    for folder in crates {
        let mut sources = BTreeMap::new();
        read(&folder.join("src"), &[], &mut sources)?;
        for circle in circles(&imports(&sources)) {
            let names: Vec<_> = circle.iter().map(|module| module.join("::")).collect();
            writeln!(report, "{}: {}", folder.display(), names.join(", "))?;
        }
    }
    if !report.is_empty() {
        bail!(
            "these modules import each other; merge two halves of one concept, or move what they share \
             into a module of its own\n{report}"
        );
    }
    Ok(())
}

/// Reads the source files of a folder, except those of tests.
fn read(folder: &Path, module: &[String], sources: &mut BTreeMap<Module, String>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut inner = module.to_vec();
        if path.is_dir() {
            inner.push(stem);
            read(&path, &inner, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&stem) {
            let is_root = stem == "mod" || (module.is_empty() && (stem == "lib" || stem == "main"));
            if !is_root {
                inner.push(stem);
            }
            // A crate with a library and a program has two roots, which import in the same direction.
            sources.entry(inner).or_default().push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

fn is_test(stem: &str) -> bool {
    stem == "tests" || stem.ends_with("_tests")
}

fn imports(sources: &BTreeMap<Module, String>) -> Imports {
    let imported = |module: &Module, text: &str| {
        let targets = paths(module, text).filter_map(|path| containing(sources, path));
        targets
            .filter(|target| !target.starts_with(module) && !module.starts_with(target))
            .collect()
    };
    sources.iter().map(|(module, text)| (module.clone(), imported(module, text))).collect()
}

/// The paths that begin with `crate` or `super` in the code of a module, from the crate's root.
fn paths<'a>(module: &'a [String], text: &'a str) -> impl Iterator<Item = Module> + 'a {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or(line));
    lines
        .flat_map(|line| {
            line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).map(str::to_owned)
        })
        .filter_map(|path| {
            let mut names = path.split("::").filter(|name| !name.is_empty()).peekable();
            let mut base = match names.next()? {
                "crate" => Vec::new(),
                "super" => module.split_last()?.1.to_vec(),
                _ => return None,
            };
            while names.next_if_eq(&"super").is_some() {
                base.pop();
            }
            base.extend(names.map(str::to_owned));
            Some(base)
        })
}

/// The module that contains an item: the longest part of its path that is a file.
fn containing(sources: &BTreeMap<Module, String>, mut path: Module) -> Option<Module> {
    while !path.is_empty() {
        if sources.contains_key(&path) {
            return Some(path);
        }
        path.pop();
    }
    None
}

/// The sets of modules that reach each other.
fn circles(imports: &Imports) -> Vec<BTreeSet<&Module>> {
    let mut reached: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for module in imports.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![module]);
        while let Some(module) = next.pop() {
            next.extend(imports.get(module).into_iter().flatten().filter(|&m| seen.insert(m)));
        }
        reached.insert(module, seen);
    }
    let reaches =
        |from: &Module, to: &Module| reached.get(from).is_some_and(|set| set.contains(to));
    let mut found: Vec<BTreeSet<&Module>> = Vec::new();
    for module in imports.keys().filter(|module| reaches(module, module)) {
        match found
            .iter_mut()
            .find(|circle| circle.iter().any(|m| reaches(module, m) && reaches(m, module)))
        {
            Some(circle) => {
                circle.insert(module);
            }
            None => found.push(BTreeSet::from([module])),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let module = |name: &str| name.split("::").map(str::to_owned).collect();
        let sources = files.iter().map(|(name, text)| (module(name), (*text).to_owned())).collect();
        let name = |circle: &BTreeSet<&Module>| {
            circle.iter().map(|module| module.join("::")).collect::<Vec<_>>().join(" ")
        };
        circles(&imports(&sources)).iter().map(name).collect()
    }

    #[test]
    fn a_circle_through_a_third_file_is_found() {
        let files =
            [("a", "use crate::b::B;"), ("b", "use super::c::{C, D};"), ("c", "crate::a::f()")];
        assert_eq!(circles_of(&files), ["a b c"]);
    }

    #[test]
    fn comments_tests_and_inner_modules_make_no_circle() {
        let files = [
            ("a", "use crate::b::B;\nuse crate::a::x::X;"),
            ("a::x", "use super::A;"),
            ("b", "/// [`A`](crate::a::A)\n#[cfg(test)]\nmod tests {\n use crate::a::A;"),
        ];
        assert_eq!(circles_of(&files), [] as [&str; 0]);
    }
}
