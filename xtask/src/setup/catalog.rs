//! The references that `./gas reference add` has put into the catalog of the workspace.

use crate::paths::Paths;
use anyhow::{Context, Result, bail};
use gas_local::References;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the catalog, unless `GAS_REFERENCE_FOLDER` names another one. It is not in the data folder,
/// which `./gas down --wipe` deletes.
pub(crate) fn catalog_folder(paths: &Paths) -> PathBuf {
    folder_of(paths, "GAS_REFERENCE_FOLDER", ".gas-references")
}

/// The folder in a variable, or one of the workspace.
pub(super) fn folder_of(paths: &Paths, variable: &str, name: &str) -> PathBuf {
    // The script `gas` sets it. Relative paths are relative to the caller's folder.
    let caller = std::env::var_os("GAS_CALLER_DIR").map_or_else(PathBuf::new, PathBuf::from);
    match std::env::var_os(variable) {
        Some(folder) => caller.join(folder),
        None => paths.root.join(name),
    }
}

/// The references of a catalog; `None` if it has none that new jobs may use. Jobs that name none get the
/// reference `default`, or else the first one.
///
/// # Errors
/// If the catalog cannot be read or does not have `default`.
pub(crate) fn references(folder: PathBuf, default: Option<&str>) -> Result<Option<References>> {
    let ids = active_entries(&folder)?;
    let Some(first) = ids.first() else {
        if let Some(id) = default {
            bail!("{} has no reference {id}; add it with ./gas reference add", folder.display());
        }
        return Ok(None);
    };
    let default = default.unwrap_or(first);
    if !ids.iter().any(|id| id == default) {
        bail!("no reference {default} can be used; there are {}", ids.join(", "));
    }
    eprintln!("gas: references: {}; default: {default}", ids.join(", "));
    Ok(Some(References::Catalog { default: default.to_owned(), folder }))
}

/// The ids of the entries of a catalog that new jobs may use, in order.
pub(super) fn active_entries(folder: &Path) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut folders = vec![folder.join("entries")];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read(&path)?;
            let entry: serde_json::Value = serde_json::from_slice(&text)
                .with_context(|| format!("{} is damaged", path.display()))?;
            if let (Some(id), Some("active")) = (entry["id"].as_str(), entry["state"].as_str()) {
                ids.push(id.to_owned());
            }
        }
    }
    ids.sort();
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(folder: &Path, id: &str, state: &str) {
        let path = folder.join("entries").join(format!("{id}.json"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = serde_json::json!({"id": id, "manifest": "1", "state": state}).to_string();
        fs::write(path, text).unwrap();
    }

    /// The default reference; an empty text for the demo.
    fn chosen(folder: &Path, default: Option<&str>) -> Result<String, String> {
        match references(folder.to_owned(), default).map_err(|error| error.to_string())? {
            Some(References::Catalog { default, .. }) => Ok(default),
            _ => Ok(String::new()),
        }
    }

    #[test]
    fn the_demo_is_used_if_the_catalog_has_nothing_else() {
        let name = format!("gas-catalog-test-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let first = "homo_sapiens/GRCh37/ensembl-87";
        let second = "homo_sapiens/GRCh38/ensembl-115";
        assert_eq!(chosen(&folder, None).unwrap(), "");
        assert!(chosen(&folder, Some(first)).unwrap_err().contains("./gas reference add"));
        entry(&folder, second, "retired");
        assert_eq!(chosen(&folder, None).unwrap(), "", "a retired one is not used");
        entry(&folder, second, "active");
        entry(&folder, first, "active");
        assert_eq!(chosen(&folder, None).unwrap(), first);
        assert_eq!(chosen(&folder, Some(second)).unwrap(), second);
        let unknown = chosen(&folder, Some("mus_musculus/GRCm39/x")).unwrap_err();
        assert!(unknown.ends_with(&format!("there are {first}, {second}")), "{unknown}");
        fs::remove_dir_all(folder).unwrap();
    }
}
