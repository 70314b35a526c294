//! `./gas release`: builds what runs in production and packs it, with the same bytes from the same commit.
//!
//! Programs contain no path of the build machine, archives no time or owner. Amazon Linux 2023 has glibc 2.34,
//! so a program that needs a later one is rejected.

use crate::architecture::Architecture;
use crate::bundle::{self, Profile};
use crate::paths::Paths;
use crate::serve::{SERVER_PACKAGES, prepare_servers};
use crate::setup::{self, CARGO_SBOM, cargo_tool};
use crate::step::{output, run, step};
use crate::temporary_stack::with_stack;
use anyhow::{Context, Result, bail};
use clap::Args;
use gas_local::{Ports, References, StackConfig};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs of the archive that instances unpack, and those of operators and users.
const PROGRAMS: [&str; 7] = [
    "gas-web",
    "gas-worker",
    "gas-annotate",
    "gas-index",
    "gas-reference",
    "gas-source",
    "gas-cli",
];

/// The program of the restore function. Lambda starts it by this name.
const RESTORE: &str = "bootstrap";

/// Packages that are not in [`SERVER_PACKAGES`] but in the archive.
const MORE_PACKAGES: [&str; 1] = ["gas-cli"];

/// Packages of [`SERVER_PACKAGES`] that only the local stack needs.
const LOCAL_PACKAGES: [&str; 2] = ["gas-local-glacier", "gas-local-stripe"];

/// Folders of the repository that are in the archive.
const FOLDERS: [&str; 1] = ["deploy"];

/// Files of the repository that are in the archive.
const FILES: [&str; 4] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "CHANGELOG.md"];

/// The latest glibc that programs may need: that of Amazon Linux 2023.
const MAX_GLIBC: (u32, u32) = (2, 34);

/// Options of `release`.
#[derive(Args)]
pub(crate) struct ReleaseOptions {
    /// Build a second time, in another folder, and compare all files.
    #[arg(long)]
    twice: bool,
    /// The processors that run the programs. By default those of this machine; for others, a cross-compiler is installed.
    #[arg(long)]
    architecture: Option<Architecture>,
    /// Start the release on bare Debian root file systems as instances do, with AWS as the local stack emulates it, and
    /// annotate a file. Needs root, and port 8080.
    #[arg(long)]
    boot: bool,
}

/// The files of a release, in a folder.
struct Release {
    folder: PathBuf,
    checksums: String,
}

/// Builds the release of the current commit, and prints where it is and what is in it.
pub(crate) fn release(paths: &Paths, options: &ReleaseOptions) -> Result<()> {
    let git = |arguments: &[&str]| {
        output(Command::new("git").args(arguments).current_dir(&paths.root))
            .with_context(|| format!("git {} failed", arguments.join(" ")))
    };
    if !git(&["status", "--porcelain"])?.is_empty() {
        bail!("commit or remove your changes first: a release is made of a commit");
    }
    let version =
        format!("{}-{}", env!("CARGO_PKG_VERSION"), git(&["rev-parse", "--short=12", "HEAD"])?);
    let own = Architecture::of_this_machine();
    let Some(architecture) = options.architecture.or(own) else {
        bail!("releases are for x86_64 and aarch64; name one with --architecture");
    };
    if options.boot && own != Some(architecture) {
        bail!(
            "--boot starts the programs on this machine, which cannot run those for {}",
            architecture.name()
        );
    }
    architecture.require(&paths.root)?;
    let made = build(paths, &version, architecture)?;
    if options.twice {
        let other = paths.target.join("release-again");
        if other.exists() {
            fs::remove_dir_all(&other)?;
        }
        let root = other.join("checkout");
        fs::create_dir_all(&other)?;
        run(Command::new("git").args(["clone", "--quiet"]).arg(&paths.root).arg(&root))?;
        let cache = paths.cache.clone();
        let data = root.join(".gas");
        let again = Paths { target: other.join("target"), cache, data, root };
        let again = build(&again, &version, architecture)?;
        compare(&made, &again)?;
        fs::remove_dir_all(&other)?;
    }
    println!("{}", made.folder.display());
    print!("{}", made.checksums);
    if options.boot { boot(paths, &made.folder) } else { Ok(()) }
}

/// The port of the web servers on instances.
const WEB_PORT: u16 = 8080;

/// Starts a release on machines of its own with `deploy/boot/boot.py`.
fn boot(paths: &Paths, release: &Path) -> Result<()> {
    setup::debootstrap()?;
    let ports = Ports { web: WEB_PORT, ..Ports::free()? };
    let config = StackConfig { processes: false, ..prepare_servers(paths, ports)? };
    let References::Bundle(reference) = config.references.clone() else {
        bail!("the local stack has a catalog in the place of the demo reference");
    };
    let python = config.programs.python.clone();
    with_stack(config, "boot", |stack| {
        run(Command::new(&python)
            .arg(paths.root.join("deploy/boot/boot.py"))
            .arg(release)
            .arg("--stack")
            .arg(stack.description_path())
            .arg("--reference")
            .arg(&reference)
            .arg("--cache")
            .arg(paths.target.join("boot")))
    })
}

/// Fails if two builds differ.
fn compare(first: &Release, second: &Release) -> Result<()> {
    if first.checksums != second.checksums {
        bail!("two builds of the same commit differ:\n{}\n{}", first.checksums, second.checksums);
    }
    eprintln!("gas: both builds have the same bytes");
    Ok(())
}

fn build(paths: &Paths, version: &str, architecture: Architecture) -> Result<Release> {
    let bundle = bundle::bundle(paths, Profile::Release)?;
    bundle.check_limit()?;
    step("compiling the programs", || compile(paths, architecture))?;
    let built = architecture.folder(&paths.target, "dist");
    for program in PROGRAMS.into_iter().chain([RESTORE]) {
        check_glibc(&built.join(program))?;
    }

    let arch = architecture.name();
    let folder = paths.target.join("releases").join(format!("{version}-{arch}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let top = format!("gas-{version}-{arch}");
    step("packing", || {
        let mut archive = Archive::create(&folder.join(format!("{top}.tar.gz")), &top)?;
        for program in PROGRAMS {
            archive.file(&built.join(program), &format!("bin/{program}"))?;
        }
        archive.tree(&bundle.public, "public")?;
        for name in FOLDERS {
            archive.tree(&paths.root.join(name), name)?;
        }
        for name in FILES {
            archive.file(&paths.root.join(name), name)?;
        }
        archive.finish()?;
        let zip = folder.join(format!("gas-restore-{version}-{arch}.zip"));
        pack_restore_function(&built.join(RESTORE), &zip)
    })?;
    let sbom = folder.join(format!("{top}.cdx.json"));
    step("listing the dependencies", || list_dependencies(paths, &sbom))?;
    let checksums = checksums(&folder)?;
    fs::write(folder.join("SHA256SUMS"), &checksums)?;
    Ok(Release { folder, checksums })
}

/// Compiles the programs of a release for this machine, and returns a folder with them and the emulators that the local stack
/// needs beside them, which are in the folder `emulators`.
pub(crate) fn local_programs(paths: &Paths, emulators: &Path) -> Result<PathBuf> {
    let own = Architecture::of_this_machine();
    let architecture = own.context("releases are for x86_64 and aarch64")?;
    step("compiling the programs of a release", || compile(paths, architecture))?;
    let built = architecture.folder(&paths.target, "dist");
    let folder = paths.target.join("bench/programs");
    let programs = PROGRAMS.into_iter().chain([RESTORE]).map(|name| built.join(name));
    let emulators = LOCAL_PACKAGES.into_iter().map(|name| emulators.join(name));
    link_all(programs.chain(emulators), &folder)?;
    Ok(folder)
}

/// Makes a folder of hard links to files, in the place of an earlier one.
fn link_all(files: impl Iterator<Item = PathBuf>, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for file in files {
        let name = file.file_name().context("a program has no name")?;
        // Not symbolic links, whose files the sandbox of the engine does not see.
        fs::hard_link(&file, folder.join(name))
            .with_context(|| format!("failed to link {}", file.display()))?;
    }
    Ok(())
}

/// Compiles all programs with the profile `dist`.
fn compile(paths: &Paths, architecture: Architecture) -> Result<()> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let home = home.context("neither CARGO_HOME nor HOME is set")?;
    // The target folder may be in the repository: rustc and GCC apply the last one that fits.
    let maps = [(&home, "/cargo"), (&paths.root, "/gas"), (&paths.target, "/target")];
    let rust = maps.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    let c = maps.map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()));
    let packages = SERVER_PACKAGES.iter().filter(|name| !LOCAL_PACKAGES.contains(name));
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--locked", "--profile", "dist"])
        .args(["--features", &Profile::Release.features("server")])
        .args(packages.chain(&MORE_PACKAGES).flat_map(|package| ["--package", package]))
        .env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}"))
        .env("CFLAGS", c.join(" "))
        .env("CXXFLAGS", c.join(" "))
        .env("CARGO_TARGET_DIR", &paths.target)
        .current_dir(&paths.root);
    architecture.select(&mut cargo);
    run(&mut cargo)
}

/// Fails if a program needs a later glibc than [`MAX_GLIBC`].
fn check_glibc(program: &Path) -> Result<()> {
    let versions = output(Command::new("readelf").args(["--wide", "--version-info"]).arg(program))
        .with_context(|| format!("readelf cannot read {}", program.display()))?;
    let needed = needed_glibc(&versions)
        .with_context(|| format!("{} does not state the glibc that it needs", program.display()))?;
    if needed > MAX_GLIBC {
        bail!(
            "{} needs glibc {}.{}, but Amazon Linux 2023 has {}.{}; build it on a system with an older glibc",
            program.display(),
            needed.0,
            needed.1,
            MAX_GLIBC.0,
            MAX_GLIBC.1
        );
    }
    Ok(())
}

/// The latest glibc that a program cannot do without, from the output of `readelf --version-info`. A version that
/// is flagged as weak may be missing.
fn needed_glibc(versions: &str) -> Option<(u32, u32)> {
    let needed = |line: &str| {
        let (_, rest) = line.split_once("Name: GLIBC_")?;
        let (version, rest) = rest.split_once(' ')?;
        if rest.contains("Flags: WEAK") {
            return None;
        }
        let mut numbers = version.split('.').map(|number| number.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    versions.lines().filter_map(needed).max()
}

/// A tar file whose entries have neither times nor owners.
struct Archive {
    entries: tar::Builder<flate2::write::GzEncoder<File>>,
    top: String,
}

impl Archive {
    /// Creates the file. `top` is the folder that all entries are in.
    fn create(path: &Path, top: &str) -> Result<Self> {
        let file = File::create(path)?;
        let compressed = flate2::GzBuilder::new().write(file, flate2::Compression::default());
        Ok(Self { entries: tar::Builder::new(compressed), top: top.to_owned() })
    }

    fn file(&mut self, from: &Path, name: &str) -> Result<()> {
        let bytes = fs::read(from).with_context(|| format!("failed to read {}", from.display()))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(if is_executable(from)? { 0o755 } else { 0o644 });
        self.entries.append_data(&mut header, format!("{}/{name}", self.top), bytes.as_slice())?;
        Ok(())
    }

    /// Adds all files of a folder, sorted by name.
    fn tree(&mut self, folder: &Path, name: &str) -> Result<()> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let own = path.file_name().and_then(|name| name.to_str());
            let own = own.with_context(|| format!("{} is not UTF-8", path.display()))?;
            let name = format!("{name}/{own}");
            match own {
                // What Python leaves beside its scripts.
                "__pycache__" => {}
                _ if path.is_dir() => self.tree(&path, &name)?,
                _ => self.file(&path, &name)?,
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.entries.into_inner()?.finish()?.sync_all()?;
        Ok(())
    }
}

fn is_executable(path: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o100 != 0)
}

/// Packs the restore function as Lambda expects it: a zip file with the executable `bootstrap`.
fn pack_restore_function(program: &Path, to: &Path) -> Result<()> {
    let options = zip::write::SimpleFileOptions::default()
        .unix_permissions(0o755)
        .last_modified_time(zip::DateTime::default());
    let mut zip = zip::ZipWriter::new(File::create(to)?);
    zip.start_file(RESTORE, options)?;
    zip.write_all(&fs::read(program)?)?;
    zip.finish()?.sync_all()?;
    Ok(())
}

/// Writes the packages that the programs are compiled from, as CycloneDX.
fn list_dependencies(paths: &Paths, to: &Path) -> Result<()> {
    let tool = cargo_tool(paths, CARGO_SBOM)?;
    let listed = Command::new(tool)
        .args(["sbom", "--output-format", "cyclone_dx_json_1_6", "--project-directory"])
        .arg(&paths.root)
        .output()?;
    if !listed.status.success() {
        bail!("cargo-sbom failed: {}", String::from_utf8_lossy(&listed.stderr));
    }
    fs::write(to, without_time(&listed.stdout, &paths.root)?)?;
    Ok(())
}

/// Removes from a list of dependencies what differs between two runs.
fn without_time(json: &[u8], root: &Path) -> Result<String> {
    let mut list: serde_json::Value = serde_json::from_slice(json)?;
    if let Some(list) = list.as_object_mut() {
        list.remove("serialNumber");
        if let Some(metadata) =
            list.get_mut("metadata").and_then(|metadata| metadata.as_object_mut())
        {
            metadata.remove("timestamp");
        }
    }
    let text = serde_json::to_string_pretty(&list)?;
    let root = root.to_str().context("the path of the repository is not UTF-8")?;
    Ok(text.replace(root, "/gas"))
}

/// The SHA-256 of all files of a folder, in the form of `sha256sum`.
fn checksums(folder: &Path) -> Result<String> {
    let mut lines = String::new();
    let mut paths =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let digest = Sha256::digest(fs::read(&path)?);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push_str(&format!("{digest}  {name}\n"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_glibc_is_found_by_number_and_weak_versions_do_not_count() {
        let versions = "Version needs section '.gnu.version_r' contains 2 entries:\n\
             \x20 000000: Version: 1  File: libc.so.6  Cnt: 3\n\
             \x20 0x0010:   Name: GLIBC_2.9  Flags: none  Version: 6\n\
             \x20 0x0020:   Name: GLIBC_2.34  Flags: none  Version: 5\n\
             \x20 0x0030:   Name: GLIBC_2.36  Flags: WEAK  Version: 4\n\
             \x20 0x0040:   Name: GCC_3.0  Flags: none  Version: 3\n";
        assert_eq!(needed_glibc(versions), Some((2, 34)));
        assert_eq!(needed_glibc("No version information found in this file.\n"), None);
    }

    #[test]
    fn programs_are_linked_into_one_folder_that_has_nothing_else() {
        let temporary = tempfile::tempdir().unwrap();
        let file = |name: &str| temporary.path().join(name);
        for name in ["web", "emulator"] {
            fs::write(file(name), name).unwrap();
        }
        let folder = file("programs");
        link_all([file("web")].into_iter(), &folder).unwrap();
        link_all([file("emulator")].into_iter(), &folder).unwrap();
        let names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["emulator"]);
        assert_eq!(fs::read_to_string(folder.join("emulator")).unwrap(), "emulator");
        let error = link_all([file("missing")].into_iter(), &folder).unwrap_err().to_string();
        assert!(error.starts_with("failed to link"), "{error}");
    }

    #[test]
    fn archives_of_the_same_files_have_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().join("tree");
        fs::create_dir_all(tree.join("inner")).unwrap();
        fs::write(tree.join("b"), "two").unwrap();
        fs::write(tree.join("inner/a"), "one").unwrap();
        let pack = |name: &str| {
            let path = folder.path().join(name);
            let mut archive = Archive::create(&path, "gas").unwrap();
            archive.tree(&tree, "files").unwrap();
            archive.finish().unwrap();
            fs::read(path).unwrap()
        };
        let first = pack("first");
        File::open(tree.join("b")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(pack("second"), first);

        let entries = flate2::read::GzDecoder::new(first.as_slice());
        let mut names = Vec::new();
        for entry in tar::Archive::new(entries).entries().unwrap() {
            names.push(entry.unwrap().path().unwrap().display().to_string());
        }
        assert_eq!(names, ["gas/files/b", "gas/files/inner/a"]);
    }

    #[test]
    fn checksums_have_the_form_of_sha256sum_and_two_builds_must_have_the_same() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "").unwrap();
        fs::write(folder.path().join("a"), "one").unwrap();
        let release = || Release {
            folder: folder.path().to_owned(),
            checksums: checksums(folder.path()).unwrap(),
        };
        let first = release();
        let (a, b) = first.checksums.split_once('\n').unwrap();
        assert!(a.len() == 64 + 3 && a.ends_with("  a"), "{a}");
        assert_eq!(b, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n");
        compare(&first, &release()).unwrap();
        fs::write(folder.path().join("a"), "two").unwrap();
        let error = compare(&first, &release()).unwrap_err().to_string();
        assert!(error.starts_with("two builds of the same commit differ"), "{error}");
    }

    #[test]
    fn lists_of_dependencies_name_no_time_and_no_folder_of_this_machine() {
        let list = r#"{"serialNumber":"urn:1","metadata":{"timestamp":"now","component":{"bom-ref":"/home/ada/gas/app"}}}"#;
        let text = without_time(list.as_bytes(), Path::new("/home/ada/gas")).unwrap();
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list, serde_json::json!({"metadata": {"component": {"bom-ref": "/gas/app"}}}));
    }
}
