//! Splits the compiled module into the main module and the page modules (app/src/page_modules/on_demand.rs).

use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use walrus::ModuleConfig;
use wasm_split_cli_support::{Options, transform};

/// The arguments of the linker that keep the references between functions, along which the module is
/// split.
pub(crate) const LINK_ARGUMENTS: [&str; 1] = ["-Clink-arg=--emit-relocs"];

/// The script that loads page modules. wasm-bindgen's script imports it.
const LOADER: &str = "page_modules.js";

/// The files of a module that is split.
pub(crate) struct Split {
    /// The main module, which wasm-bindgen has not seen yet.
    pub(crate) main: PathBuf,
    /// The script that loads page modules.
    pub(crate) loader: PathBuf,
    /// The page modules and what several of them share, by file stem.
    pub(crate) files: BTreeMap<String, PathBuf>,
    /// The file stems that each page module needs.
    pub(crate) needs: BTreeMap<String, Vec<String>>,
}

/// Splits the module `wasm` into files in `folder`. `script` is the name of wasm-bindgen's script there.
pub(crate) fn split(wasm: &Path, folder: &Path, script: &str, release: bool) -> Result<Split> {
    let whole = fs::read(wasm).with_context(|| format!("failed to read {}", wasm.display()))?;
    let main = folder.join("main.wasm");
    let (link_name, main_module) = (format!("./{LOADER}"), format!("./{script}"));
    let mut options = Options::new(&whole);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = &link_name;
    options.main_module = &main_module;
    let split =
        transform(options).map_err(|error| anyhow!("failed to split the module: {error:#}"))?;
    let mut files = BTreeMap::new();
    for module in split.split_modules {
        if release {
            compact(&module)?;
        }
        let stem = module.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        files.insert(stem.to_owned(), module);
    }
    let needs = split.prefetch_map.into_iter().collect();
    Ok(Split { main, loader: folder.join(LOADER), files, needs })
}

/// Removes the names of functions, and encodes the code in its shortest form. wasm-bindgen does that for
/// the main module.
fn compact(module: &Path) -> Result<()> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut compact = config
        .parse(&fs::read(module)?)
        .with_context(|| format!("failed to parse {}", module.display()))?;
    Ok(fs::write(module, compact.emit_wasm())?)
}
