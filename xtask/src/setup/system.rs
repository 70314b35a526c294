//! System packages. They are installed with apt on Debian-based systems; elsewhere the user must install
//! them.

use crate::step::{has, run, step};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A program that a command needs from the system.
struct Requirement {
    name: &'static str,
    packages: &'static [&'static str],
    is_installed: fn() -> bool,
}

const STACK: [Requirement; 5] = [
    Requirement {
        name: "PostgreSQL",
        packages: &["postgresql"],
        is_installed: || postgres().is_ok(),
    },
    Requirement { name: "bubblewrap", packages: &["bubblewrap"], is_installed: || has("bwrap") },
    Requirement { name: "Node.js", packages: &["nodejs"], is_installed: || has("node") },
    Requirement { name: "npm", packages: &["npm"], is_installed: || has("npm") },
    Requirement {
        name: "Python with venv",
        packages: &["python3", "python3-venv"],
        is_installed: has_venv,
    },
];

const BROWSER: [Requirement; 1] = [Requirement {
    name: "Chromium",
    packages: &["chromium"],
    is_installed: || chromium().is_ok(),
}];

const BARE_ROOTS: [Requirement; 1] = [Requirement {
    name: "debootstrap",
    packages: &["debootstrap"],
    is_installed: || has("debootstrap"),
}];

/// Installs the requirements of the local stack, and with `browser` also those of the browser tests.
pub(crate) fn system_packages(browser: bool) -> Result<()> {
    install(STACK.iter().chain(BROWSER.iter().filter(|_| browser)))
}

/// Installs what makes bare root file systems.
pub(crate) fn debootstrap() -> Result<()> {
    install(BARE_ROOTS.iter())
}

/// Installs a compiler of C for another architecture, by the name of its program and that of Debian for the architecture.
pub(crate) fn cross_compiler(program: &str, architecture: &str) -> Result<()> {
    if has(program) {
        return Ok(());
    }
    if !has("apt-get") {
        bail!("missing on this machine: {program}; install it and run this command again");
    }
    let compiler = format!("gcc-{architecture}-linux-gnu");
    // With the headers of C++, which the compiler of C does not depend on.
    let packages = [compiler.as_str(), &format!("g++-{architecture}-linux-gnu")];
    step(&format!("installing {compiler} with apt"), || apt_install(&packages))
}

fn install(required: impl Iterator<Item = &'static Requirement>) -> Result<()> {
    let missing: Vec<&Requirement> =
        required.filter(|requirement| !(requirement.is_installed)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|requirement| requirement.name).collect();
    let packages: Vec<_> =
        missing.iter().flat_map(|requirement| requirement.packages).copied().collect();
    if !has("apt-get") {
        bail!(
            "missing on this machine: {}; install them and run this command again",
            names.join(", ")
        );
    }
    step(&format!("installing {} with apt", packages.join(" ")), || apt_install(&packages))
}

/// Installs Debian packages as root or with sudo.
pub(super) fn apt_install(packages: &[&str]) -> Result<()> {
    run(apt(&["update", "-qq"])?.env("DEBIAN_FRONTEND", "noninteractive"))?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    let arguments: Vec<_> = install.iter().chain(packages).copied().collect();
    run(apt(&arguments)?.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn apt(arguments: &[&str]) -> Result<Command> {
    let is_root = crate::step::output(Command::new("id").arg("-u")).as_deref() == Some("0");
    let mut command = if is_root {
        Command::new("apt-get")
    } else if has("sudo") {
        let mut sudo = Command::new("sudo");
        sudo.args(["--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        sudo
    } else {
        bail!("apt-get {} needs root or sudo", arguments.join(" "));
    };
    command.args(arguments);
    Ok(command)
}

fn has_venv() -> bool {
    crate::step::output(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some()
}

/// The folder with the server programs of the newest PostgreSQL.
pub(crate) fn postgres() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return Ok(bin);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").is_file())
        .context("the server programs of PostgreSQL (initdb) are missing")
}

/// The path of Chromium or Chrome.
pub(crate) fn chromium() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
        .context("Chromium is missing")
}
