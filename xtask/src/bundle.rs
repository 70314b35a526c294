//! Builds the WASM bundle: the files that browsers load. Their names contain a hash of their content,
//! so that browsers can cache them without expiry.

use crate::esbuild::esbuild;
use crate::igv;
use crate::paths::Paths;
use crate::setup::{self, WasmToolchain, short_hash};
use crate::split::{self, Split};
use crate::step::{run, step};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// The limit of the first load, that is the main module and its script, in KiB compressed with brotli.
/// Page modules and igv.js are loaded on demand.
const MAX_FIRST_LOAD_KIB: u64 = 550;

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
    first_load: Option<u64>,
}

impl Bundle {
    /// Fails if the first load is larger than [`MAX_FIRST_LOAD_KIB`].
    pub(crate) fn check_limit(&self) -> Result<()> {
        let size = self.first_load.context("only release bundles are compressed")?;
        if size > MAX_FIRST_LOAD_KIB * 1024 {
            bail!(
                "the first load has {} KiB compressed with brotli; the limit is {MAX_FIRST_LOAD_KIB} KiB \
                 (docs/decisions/0041-page-modules.md)",
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
        .args(["rustc", "--quiet", "--locked", "--package", "gas-app", "--bin", "gas-web"])
        .args(["--features", &profile.features("web")])
        .args(["--target", setup::WASM_TARGET, "--profile", profile.cargo(), "--"])
        .args(split::LINK_ARGUMENTS)
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
    let split = split::split(wasm, &glue, "app.js", release)?;
    Bindgen::new()
        .input_path(&split.main)
        .web(true)?
        .typescript(false)
        .keep_debug(!release)
        .remove_name_section(release)
        .remove_producers_section(release)
        // Page modules import the function table.
        .keep_lld_exports(true)
        .out_name("app")
        .generate(&glue)?;

    let assets = fresh.join("assets");
    fs::create_dir_all(&assets)?;
    let module = write_hashed(&assets, "app", "wasm", &fs::read(glue.join("app_bg.wasm"))?)?;
    let page_modules = publish_page_modules(&split, &assets)?;
    let script = script(paths, &glue, &module, &page_modules, release)?;
    let script = write_hashed(&assets, "app", "js", &script)?;
    let font = publish_font(paths, &assets)?;
    let style = styles(paths, &glue, profile)?.replace("{FONT}", &font);
    let genome =
        write_hashed(&assets, "genome", "js", &igv::genome_script(paths, &glue, release)?)?;
    let icon =
        write_hashed(&assets, "icon", "svg", &fs::read(paths.root.join("assets/icons/gas.svg"))?)?;
    copy_samples(&paths.root.join("assets/samples"), &fresh.join("samples"))?;
    let head = head_script(paths, &glue, release)?;
    for text in [&style, &head] {
        ensure!(!text.contains("</"), "a part of the page ends early: {text}");
    }
    let page = fs::read_to_string(paths.root.join("app/index.tpl.html"))?;
    let names = [
        ("{WASM}", &module),
        ("{JS}", &script),
        ("{STYLE}", &style),
        ("{FONT}", &font),
        ("{ICON}", &icon),
        ("{GENOME}", &genome),
        ("{HEAD}", &head),
    ];
    let page = names.iter().fold(page, |page, (mark, name)| page.replace(mark, name));
    fs::write(fresh.join("index.html"), page)?;

    let first_load = if release {
        Some(print_sizes(&compress(&fresh)?, [&module, &script], &page_modules)?)
    } else {
        None
    };
    let public = work.join("public");
    if public.exists() {
        fs::remove_dir_all(&public)?;
    }
    fs::rename(&fresh, &public)?;
    Ok(Bundle { public, first_load })
}

/// The files of each page module, by its name, as paths in the public folder.
type PageModules = BTreeMap<String, Vec<String>>;

/// Writes the page modules under names with their hashes, and tells the loader these names.
fn publish_page_modules(split: &Split, assets: &Path) -> Result<PageModules> {
    let mut published = BTreeMap::new();
    for (stem, module) in &split.files {
        published.insert(stem.as_str(), write_hashed(assets, stem, "wasm", &fs::read(module)?)?);
    }
    let loader = fs::read_to_string(&split.loader)?;
    fs::write(&split.loader, with_hashes(loader, &published)?)?;
    let files = |stems: &Vec<String>| {
        stems.iter().filter_map(|stem| published.get(stem.as_str()).cloned()).collect::<Vec<_>>()
    };
    Ok(split.needs.iter().map(|(name, stems)| (name.clone(), files(stems))).collect())
}

/// Replaces the addresses of the page modules in their loader. They are relative to the script, which is in
/// the same folder.
fn with_hashes(loader: String, published: &BTreeMap<&str, String>) -> Result<String> {
    published.iter().try_fold(loader, |loader, (stem, path)| {
        let name = path.trim_start_matches("assets/");
        let (from, to) = (format!("\"./{stem}.wasm\""), format!("\"./{name}\""));
        if loader.matches(&from).count() != 1 {
            bail!("the loader of page modules does not contain {from} once");
        }
        Ok(loader.replace(&from, &to))
    })
}

/// Bundles the script that starts the module with wasm-bindgen's JavaScript and its snippets.
fn script(
    paths: &Paths,
    glue: &Path,
    module: &str,
    page_modules: &PageModules,
    release: bool,
) -> Result<Vec<u8>> {
    let start = glue.join("start.js");
    fs::copy(paths.root.join("assets/js/start.js"), &start)?;
    let address = format!("--define:MODULE=\"/{module}\"");
    let page_modules = format!("--define:PAGE_MODULES={}", serde_json::to_string(page_modules)?);
    let options = ["--bundle", "--format=esm", &address, &page_modules];
    esbuild(paths, &start, &glue.join("whole.js"), release, &options)
}

/// The script in the head of the page, which runs before the page is painted.
fn head_script(paths: &Paths, glue: &Path, release: bool) -> Result<String> {
    let mut all = Vec::new();
    for part in ["theme.js", "fields.js"] {
        all.extend(fs::read(paths.root.join("assets/js").join(part))?);
    }
    let whole = glue.join("head.js");
    fs::write(&whole, all)?;
    let script = esbuild(paths, &whole, &glue.join("head.min.js"), release, &[])?;
    String::from_utf8(script).context("the script in the head of the page is not UTF-8")
}

/// Copies the font with its license, and returns the path of the font in the public folder. It has the Latin letters
/// in all weights; others are shown in a font of the system.
fn publish_font(paths: &Paths, assets: &Path) -> Result<String> {
    let package = setup::modules(paths)?.join("@fontsource-variable/inter");
    fs::copy(package.join("LICENSE"), assets.join("inter-license.txt"))?;
    let font = fs::read(package.join("files/inter-latin-wght-normal.woff2"))?;
    write_hashed(assets, "inter", "woff2", &font)
}

/// Concatenates all style sheets in the order of their names. A syntax error fails the build, because
/// browsers silently skip the rule that follows it.
fn styles(paths: &Paths, glue: &Path, profile: Profile) -> Result<String> {
    let mut all = Vec::new();
    for file in style_files(&paths.root.join("assets/css"), profile)? {
        all.extend(fs::read(file)?);
    }
    let whole = glue.join("all.css");
    fs::write(&whole, all)?;
    let strict = ["--log-override:css-syntax-error=error"];
    let styles =
        esbuild(paths, &whole, &glue.join("gas.css"), profile == Profile::Release, &strict)?;
    String::from_utf8(styles).context("the style sheet is not UTF-8")
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

/// Compresses each file with brotli, prints the sizes, and returns those of brotli, by path in the public
/// folder.
fn compress(public: &Path) -> Result<BTreeMap<String, u64>> {
    println!("{:<40} {:>10} {:>10} {:>10}", "file", "raw", "gzip", "brotli");
    let mut sizes = BTreeMap::new();
    let mut files: Vec<_> =
        fs::read_dir(public.join("assets"))?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files {
        // WOFF2 is compressed with brotli already.
        if file.extension().is_some_and(|ending| ending == "woff2") {
            continue;
        }
        let raw = fs::read(&file)?;
        let small = brotli(&raw)?;
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        println!("{name:<40} {:>10} {:>10} {:>10}", raw.len(), gzip_size(&raw)?, small.len());
        sizes.insert(format!("assets/{name}"), small.len() as u64);
        fs::write(public.join("assets").join(format!("{name}.br")), small)?;
    }
    Ok(sizes)
}

/// Prints the compressed size of the first load, which it returns, and of each page module.
fn print_sizes(
    sizes: &BTreeMap<String, u64>,
    first_load: [&String; 2],
    page_modules: &PageModules,
) -> Result<u64> {
    let sum = |files: &[&String]| {
        let sizes = files.iter().map(|file| sizes.get(*file).context("a file has no size"));
        sizes.sum::<Result<u64>>()
    };
    let kib = |bytes: u64| bytes as f64 / 1024.0;
    let first = sum(&first_load)?;
    println!("first load: {:.1} KiB compressed with brotli", kib(first));
    for (name, files) in page_modules {
        let files: Vec<_> = files.iter().collect();
        println!("page module {name}: {:.1} KiB in {} files", kib(sum(&files)?), files.len());
    }
    Ok(first)
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
    fn the_loader_of_page_modules_gets_the_names_with_hashes() {
        let published = BTreeMap::from([("split_a", "assets/split_a-dxh1.wasm".to_owned())]);
        let loader = |text: &str| with_hashes(text.to_owned(), &published);
        let known = loader(r#"fetch(new URL("./split_a.wasm", import.meta.url))"#).unwrap();
        assert_eq!(known, r#"fetch(new URL("./split_a-dxh1.wasm", import.meta.url))"#);
        assert!(loader("").is_err());
    }

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
