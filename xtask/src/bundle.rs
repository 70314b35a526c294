//! Builds the browser's half: WASM, its JavaScript, styles and icons, under names with a hash of
//! their content, so that browsers may keep them for ever.

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

/// The style sheet of the gallery of components.
const GALLERY_STYLE: &str = "90-gallery.css";

/// How the bundle is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build, and with the gallery of components.
    Dev,
    /// Small.
    Release,
}

impl Profile {
    const fn cargo(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }

    /// What cargo is to compile one half of the application with, `web` or `server`. A page is made by
    /// both, so both have the gallery or neither.
    pub(crate) fn features(self, half: &str) -> String {
        match self {
            Self::Dev => format!("gas-app/{half},gas-app/gallery"),
            Self::Release => format!("gas-app/{half}"),
        }
    }
}

/// A finished bundle.
pub(crate) struct Bundle {
    /// What the web server serves.
    pub(crate) public: PathBuf,
    wasm_brotli: Option<u64>,
}

impl Bundle {
    /// Fails where the WASM module is over so many KiB of brotli.
    pub(crate) fn check_limit(&self, limit_kib: u64) -> Result<()> {
        let size = self.wasm_brotli.context("only release bundles are compressed")?;
        if size > limit_kib * 1024 {
            bail!(
                "the WASM module has {} KiB of brotli; at most {limit_kib} are allowed",
                size.div_ceil(1024)
            );
        }
        Ok(())
    }
}

/// Builds the bundle and prints its sizes.
pub(crate) fn bundle(paths: &Paths, profile: Profile) -> Result<Bundle> {
    setup::system_packages(false)?;
    let toolchain = WasmToolchain::find(paths)?;
    let wasm = step("compiling the pages to WebAssembly", || compile(paths, profile, &toolchain))?;
    step("bundling the browser's half", || assemble(paths, profile, &wasm))
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
    let module = keep(&assets, "app", "wasm", &fs::read(glue.join("app_bg.wasm"))?)?;
    let script = keep(&assets, "app", "js", &script(paths, &glue, &module, release)?)?;
    let style = keep(&assets, "gas", "css", &styles(paths, &glue, profile)?)?;
    let genome = keep(&assets, "genome", "js", &igv::genome_script(paths, &glue, release)?)?;
    let icon = keep(&assets, "icon", "svg", &fs::read(paths.root.join("assets/icons/gas.svg"))?)?;
    copy_samples(&paths.root.join("assets/samples"), &fresh.join("samples"))?;
    let theme = keep(&assets, "theme", "js", &fs::read(paths.root.join("assets/js/theme.js"))?)?;
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

/// What starts the module, with wasm-bindgen's JavaScript and the snippets it imports, as one file.
fn script(paths: &Paths, glue: &Path, module: &str, release: bool) -> Result<Vec<u8>> {
    let start = glue.join("start.js");
    fs::copy(paths.root.join("assets/js/start.js"), &start)?;
    let address = format!("--define:MODULE=\"/{module}\"");
    esbuild(paths, &start, &glue.join("whole.js"), release, &["--bundle", "--format=esm", &address])
}

/// What esbuild makes of a file.
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

/// All style sheets in the order of their names as one. A slip of the pen is an error: browsers
/// would pass over the rule behind it without a word.
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

/// The style sheets of a folder that a bundle has, in their order.
fn style_files(folder: &Path, profile: Profile) -> Result<Vec<PathBuf>> {
    let is_of_bundle = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "css")
            && (profile == Profile::Dev || !path.ends_with(GALLERY_STYLE))
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .with_context(|| format!("failed to read {}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(is_of_bundle)
        .collect();
    files.sort();
    Ok(files)
}

/// The sample files that the upload page offers, under their own names.
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

/// Writes a file under a name with its hash, and answers its path below the public folder. The
/// `-dxh` is how Dioxus' server knows that a file never changes.
fn keep(assets: &Path, stem: &str, ending: &str, bytes: &[u8]) -> Result<String> {
    let name = format!("{stem}-dxh{}.{ending}", short_hash(bytes));
    fs::write(assets.join(&name), bytes)?;
    Ok(format!("assets/{name}"))
}

/// Writes a brotli file beside each file, prints the sizes, and answers the module's.
fn compress(public: &Path, module: &str) -> Result<u64> {
    println!("{:<36} {:>10} {:>10} {:>10}", "file", "raw", "gzip", "brotli");
    let mut of_module = 0;
    let mut files: Vec<_> =
        fs::read_dir(public.join("assets"))?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        let raw = fs::read(&file)?;
        let small = brotli(&raw)?;
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        println!("{name:<36} {:>10} {:>10} {:>10}", raw.len(), gzip_size(&raw)?, small.len());
        if module.ends_with(&name) {
            of_module = small.len() as u64;
        }
        fs::write(public.join("assets").join(format!("{name}.br")), small)?;
    }
    println!("WASM module: {:.1} KiB of brotli", of_module as f64 / 1024.0);
    Ok(of_module)
}

fn brotli(raw: &[u8]) -> Result<Vec<u8>> {
    let mut small = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default(); // quality 11, window 22
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
    fn only_dev_bundles_have_the_gallery() {
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
