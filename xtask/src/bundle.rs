//! Builds the WASM bundle: the files that browsers load. Their names contain a hash of their content,
//! so that browsers can cache them without expiry.

use crate::esbuild::esbuild;
use crate::igv;
use crate::paths::Paths;
use crate::setup::{self, WasmToolchain, short_hash};
use crate::step::{run, step};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// The style sheet of the component gallery, which is only in development bundles.
const GALLERY_STYLE: &str = "90-gallery.css";

/// The profile of a build, for the bundle and the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to compile, with the component gallery.
    Dev,
    /// Optimized and compressed, without the component gallery.
    Release,
}

impl Profile {
    const fn cargo(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }

    /// The cargo features for one half of the application, `web` or `server`. Both halves render the
    /// same pages, so either both have the gallery or neither.
    pub(crate) fn features(self, half: &str) -> String {
        match self {
            Self::Dev => format!("gas-app/{half},gas-app/gallery"),
            Self::Release => format!("gas-app/{half}"),
        }
    }
}

/// A finished bundle.
pub(crate) struct Bundle {
    /// The folder that the web server serves.
    pub(crate) public: PathBuf,
    wasm_brotli: Option<u64>,
}

impl Bundle {
    /// Fails if the brotli-compressed WASM module is larger than this, in KiB.
    pub(crate) fn check_limit(&self, limit_kib: u64) -> Result<()> {
        let size = self.wasm_brotli.context("only release bundles are compressed")?;
        if size > limit_kib * 1024 {
            bail!(
                "the WASM module has {} KiB compressed with brotli; the limit is {limit_kib} KiB",
                size.div_ceil(1024)
            );
        }
        Ok(())
    }
}

/// Builds the bundle. A release build also prints the sizes of its files.
pub(crate) fn bundle(paths: &Paths, profile: Profile) -> Result<Bundle> {
    setup::system_packages(false)?;
    let toolchain = WasmToolchain::find(paths)?;
    let wasm = step("compiling the pages to WebAssembly", || compile(paths, profile, &toolchain))?;
    step("assembling the WASM bundle", || assemble(paths, profile, &wasm))
}

fn compile(paths: &Paths, profile: Profile, toolchain: &WasmToolchain) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--package", "gas-app"])
        .args(["--features", &profile.features("web")])
        .args(["--target", setup::WASM_TARGET, "--profile", profile.cargo()])
        .current_dir(&paths.root);
    toolchain.apply(&mut cargo);
    run(&mut cargo)?;
    Ok(paths.target.join(setup::WASM_TARGET).join(profile.cargo()).join("gas-web.wasm"))
}

fn assemble(paths: &Paths, profile: Profile, wasm: &Path) -> Result<Bundle> {
    let release = profile == Profile::Release;
    let work = paths.target.join("bundle").join(profile.cargo());
    let fresh = work.join("public.new");
    let glue = work.join("glue");
    for folder in [&fresh, &glue] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
    }
    Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .keep_debug(!release)
        .remove_name_section(release)
        .remove_producers_section(release)
        .out_name("app")
        .generate(&glue)?;

    let assets = fresh.join("assets");
    fs::create_dir_all(&assets)?;
    let module = write_hashed(&assets, "app", "wasm", &fs::read(glue.join("app_bg.wasm"))?)?;
    let script = write_hashed(&assets, "app", "js", &script(paths, &glue, &module, release)?)?;
    let style = write_hashed(&assets, "gas", "css", &styles(paths, &glue, profile)?)?;
    let genome =
        write_hashed(&assets, "genome", "js", &igv::genome_script(paths, &glue, release)?)?;
    let icon =
        write_hashed(&assets, "icon", "svg", &fs::read(paths.root.join("assets/icons/gas.svg"))?)?;
    copy_samples(&paths.root.join("assets/samples"), &fresh.join("samples"))?;
    let theme =
        write_hashed(&assets, "theme", "js", &fs::read(paths.root.join("assets/js/theme.js"))?)?;
    let page = fs::read_to_string(paths.root.join("app/index.tpl.html"))?;
    let names = [
        ("{WASM}", &module),
        ("{JS}", &script),
        ("{CSS}", &style),
        ("{ICON}", &icon),
        ("{GENOME}", &genome),
        ("{THEME}", &theme),
    ];
    let page = names.iter().fold(page, |page, (mark, name)| page.replace(mark, name));
    fs::write(fresh.join("index.html"), page)?;

    let wasm_brotli = if release { Some(compress(&fresh, &module)?) } else { None };
    let public = work.join("public");
    if public.exists() {
        fs::remove_dir_all(&public)?;
    }
    fs::rename(&fresh, &public)?;
    Ok(Bundle { public, wasm_brotli })
}

/// Bundles the script that starts the module with wasm-bindgen's JavaScript and its snippets.
fn script(paths: &Paths, glue: &Path, module: &str, release: bool) -> Result<Vec<u8>> {
    let start = glue.join("start.js");
    fs::copy(paths.root.join("assets/js/start.js"), &start)?;
    let address = format!("--define:MODULE=\"/{module}\"");
    esbuild(paths, &start, &glue.join("whole.js"), release, &["--bundle", "--format=esm", &address])
}

/// Concatenates all style sheets in the order of their names. A syntax error fails the build, because
/// browsers silently skip the rule that follows it.
fn styles(paths: &Paths, glue: &Path, profile: Profile) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for file in style_files(&paths.root.join("assets/css"), profile)? {
        all.extend(fs::read(file)?);
    }
    let whole = glue.join("all.css");
    fs::write(&whole, all)?;
    let strict = ["--log-override:css-syntax-error=error"];
    esbuild(paths, &whole, &glue.join("gas.css"), profile == Profile::Release, &strict)
}

/// The style sheets of a bundle, sorted by name.
fn style_files(folder: &Path, profile: Profile) -> Result<Vec<PathBuf>> {
    let is_included = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "css")
            && (profile == Profile::Dev || !path.ends_with(GALLERY_STYLE))
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .with_context(|| format!("failed to read {}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(is_included)
        .collect();
    files.sort();
    Ok(files)
}

/// Copies the sample files that the upload page offers. Their names are kept.
fn copy_samples(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("failed to read {}", from.display()))? {
        let path = entry?.path();
        if let (Some(name), true) = (path.file_name(), path.extension().is_some_and(|e| e == "vcf"))
        {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// Writes a file under a name with its hash, and returns its path in the public folder. The server of
/// Dioxus recognizes immutable files by the `-dxh`.
fn write_hashed(assets: &Path, stem: &str, ending: &str, bytes: &[u8]) -> Result<String> {
    let name = format!("{stem}-dxh{}.{ending}", short_hash(bytes));
    fs::write(assets.join(&name), bytes)?;
    Ok(format!("assets/{name}"))
}

/// Compresses each file with brotli, prints the sizes, and returns that of the module.
fn compress(public: &Path, module: &str) -> Result<u64> {
    println!("{:<36} {:>10} {:>10} {:>10}", "file", "raw", "gzip", "brotli");
    let mut module_size = 0;
    let mut files: Vec<_> =
        fs::read_dir(public.join("assets"))?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        let raw = fs::read(&file)?;
        let small = brotli(&raw)?;
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        println!("{name:<36} {:>10} {:>10} {:>10}", raw.len(), gzip_size(&raw)?, small.len());
        if module.ends_with(&name) {
            module_size = small.len() as u64;
        }
        fs::write(public.join("assets").join(format!("{name}.br")), small)?;
    }
    println!("WASM module: {:.1} KiB compressed with brotli", module_size as f64 / 1024.0);
    Ok(module_size)
}

fn brotli(raw: &[u8]) -> Result<Vec<u8>> {
    let mut small = Vec::new();
    // Quality 11 and window 22 by default; WebAssembly compresses best in small blocks.
    let parameters = brotli::enc::BrotliEncoderParams { lgblock: 16, ..Default::default() };
    brotli::BrotliCompress(&mut &raw[..], &mut small, &parameters)?;
    Ok(small)
}

fn gzip_size(raw: &[u8]) -> Result<usize> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(raw)?;
    Ok(encoder.finish()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_development_bundles_contain_the_gallery() {
        assert_eq!(Profile::Dev.features("web"), "gas-app/web,gas-app/gallery");
        assert_eq!(Profile::Release.features("server"), "gas-app/server");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/css");
        let [dev, release] =
            [Profile::Dev, Profile::Release].map(|profile| style_files(&folder, profile).unwrap());
        assert!(dev.is_sorted() && dev.len() > 5, "{dev:?}");
        assert!(dev.last().unwrap().ends_with(GALLERY_STYLE), "{dev:?}");
        assert_eq!(release, dev[..dev.len() - 1]);
    }
}
