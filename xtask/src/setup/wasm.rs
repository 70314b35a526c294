//! A compiler that can build for `wasm32-unknown-unknown`.
//!
//! If the default toolchain has the target, it is used. Otherwise, on Debian, the packaged Rust is
//! installed and the standard library is built once from its packaged source, into a separate sysroot.
//! rustup never downloads anything: closed networks block it, and on a developer's machine the
//! toolchains belong to the developer.

use super::stamp::{is_stamped, stamp};
use super::system::apt_install;
use crate::paths::Paths;
use crate::step::{has, output, run, step};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target for browsers.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LLD: &str = "/usr/bin/lld-22";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src";
/// The empty crate that has `std` as its dependency. The first load is small with a `std` that is.
const STD_MANIFEST: &str = "\
[package]
name = \"std-seed\"
version = \"0.0.0\"
edition = \"2021\"
[workspace]
[profile.release]
panic = \"abort\"
opt-level = \"z\"
";
/// No features: browsers have no backtraces, and what reads debug information for them takes a quarter of the time.
const STD_ARGUMENTS: [&str; 2] =
    ["-Zbuild-std=std,panic_abort,panic_unwind,proc_macro", "-Zbuild-std-features="];
const HOST_LIBRARIES: &str = "/usr/lib/rustlib/x86_64-unknown-linux-gnu/lib";

/// The compiler to use.
pub(crate) struct WasmToolchain {
    rustc: Option<PathBuf>,
}

impl WasmToolchain {
    /// Finds a toolchain with the target, or builds one.
    pub(crate) fn find(paths: &Paths) -> Result<Self> {
        if has_target("rustc") {
            return Ok(Self { rustc: None });
        }
        let sysroot = paths.cache.join("wasm-toolchain");
        let rustc = sysroot.join("bin/rustc");
        let stamp_file = sysroot.join("gas.stamp");
        let installed = output(Command::new(DEBIAN_RUSTC).arg("-vV")).unwrap_or_default();
        if rustc.exists()
            && !installed.is_empty()
            && is_stamped(&stamp_file, &std_inputs(&installed))
        {
            discard_outdated(paths, &std_inputs(&installed))?;
            return Ok(Self { rustc: Some(rustc) });
        }
        if !has("apt-get") {
            bail!(
                "the WASM target is missing; run `rustup target add {TARGET}` and then this command again"
            );
        }
        if !Path::new(DEBIAN_RUSTC).exists()
            || !Path::new(DEBIAN_SOURCE).join("rust/library").exists()
            || !Path::new(DEBIAN_LLD).exists()
        {
            step("installing Debian's Rust for WebAssembly with apt", || {
                apt_install(&DEBIAN_PACKAGES).with_context(|| {
                    format!(
                        "alternatively, run `rustup target add {TARGET}` if your network allows it"
                    )
                })
            })?;
        }
        let version = output(Command::new(DEBIAN_RUSTC).arg("-vV"))
            .context("rustc is missing after its installation")?;
        step("building Rust's standard library for WebAssembly (once)", || {
            build_sysroot(&sysroot)?;
            stamp(&stamp_file, &std_inputs(&version))
        })?;
        discard_outdated(paths, &std_inputs(&version))?;
        Ok(Self { rustc: Some(rustc) })
    }

    /// Makes cargo use this compiler.
    pub(crate) fn apply(&self, cargo: &mut Command) {
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
    }
}

/// All that the built standard library depends on.
fn std_inputs(rustc_version: &str) -> String {
    format!("{rustc_version}\n{STD_MANIFEST}\n{}", STD_ARGUMENTS.join(" "))
}

/// Deletes what was compiled with another standard library. It does not fit this one, and cargo does not see that: the
/// library is in the cache that all clones share, while each has a target folder of its own.
fn discard_outdated(paths: &Paths, inputs: &str) -> Result<()> {
    let folder = paths.target.join(TARGET);
    let stamp_file = folder.join("std.stamp");
    if !is_stamped(&stamp_file, inputs) {
        remove_folder(&folder)?;
        fs::create_dir_all(&folder)?;
        stamp(&stamp_file, inputs)?;
    }
    Ok(())
}

fn has_target(rustc: &str) -> bool {
    output(Command::new(rustc).args(["--print", "sysroot"])).is_some_and(|sysroot| {
        Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").exists()
    })
}

fn build_sysroot(sysroot: &Path) -> Result<()> {
    remove_folder(sysroot)?;
    let work = sysroot.join("build");
    build_std(&work)?;
    let host = sysroot.join("lib/rustlib/x86_64-unknown-linux-gnu");
    let target = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    for folder in [&sysroot.join("bin"), &host.join("bin"), &target] {
        fs::create_dir_all(folder)?;
    }
    for entry in fs::read_dir(work.join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".rlib") && !name.starts_with("libstd_seed") {
            fs::copy(&path, target.join(name))?;
        }
    }
    symlink(HOST_LIBRARIES, host.join("lib"))?;
    symlink(DEBIAN_SOURCE, sysroot.join("lib/rustlib/src"))?;
    // rustc adds this folder to the PATH of the linker.
    symlink(DEBIAN_LLD, host.join("bin/rust-lld"))?;
    let rustc = sysroot.join("bin/rustc");
    let sysroot_text = sysroot.display();
    fs::write(
        &rustc,
        format!("#!/bin/sh\nexec {DEBIAN_RUSTC} --sysroot '{sysroot_text}' \"$@\"\n"),
    )?;
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755))?;
    Ok(fs::remove_dir_all(&work)?)
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

/// Builds `std` as a dependency of an empty crate. The unstable flag requires that compiler and source
/// have the same version, and those of Debian do.
fn build_std(work: &Path) -> Result<()> {
    fs::create_dir_all(work.join("src"))?;
    fs::write(work.join("src/lib.rs"), "#![no_std]\n")?;
    fs::write(work.join("Cargo.toml"), STD_MANIFEST)?;
    run(Command::new("/usr/bin/cargo")
        .args(["build", "--quiet", "--release", "--target", TARGET, "--target-dir"])
        .arg(work.join("target"))
        .args(STD_ARGUMENTS)
        .current_dir(work)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTUP_TOOLCHAIN")
        // Otherwise the cargo of rustup, which runs this program, would be used.
        .env_remove("CARGO")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", DEBIAN_RUSTC)
        // Link-time optimization requires bitcode.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes -Cdebuginfo=0"))
}
