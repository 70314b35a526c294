//! System packages: installed by apt on Debian and its kin, asked for elsewhere.

use crate::step::{has, run, step};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What a command needs from the system.
struct Need {
    what: &'static str,
    package: &'static [&'static str],
    is_there: fn() -> bool,
}

const STACK: [Need; 4] = [
    Need { what: "PostgreSQL", package: &["postgresql"], is_there: || postgres().is_ok() },
    Need { what: "Node.js", package: &["nodejs"], is_there: || has("node") },
    Need { what: "npm", package: &["npm"], is_there: || has("npm") },
    Need { what: "Python with venv", package: &["python3", "python3-venv"], is_there: has_venv },
];

const BROWSER: [Need; 1] =
    [Need { what: "Chromium", package: &["chromium"], is_there: || chromium().is_ok() }];

/// Installs what the local stack needs, and with `browser` what its tests need as well.
pub(crate) fn system_packages(browser: bool) -> Result<()> {
    let wanted = STACK.iter().chain(BROWSER.iter().filter(|_| browser));
    let missing: Vec<&Need> = wanted.filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|need| need.what).collect();
    let packages: Vec<_> = missing.iter().flat_map(|need| need.package).copied().collect();
    if !has("apt-get") {
        bail!("missing on this machine: {}; install them and run this again", names.join(", "));
    }
    step(&format!("installing {} by apt", packages.join(" ")), || apt_install(&packages))
}

/// Installs Debian packages, as root or by sudo.
pub(super) fn apt_install(packages: &[&str]) -> Result<()> {
    run(apt(&["update", "-qq"])?.env("DEBIAN_FRONTEND", "noninteractive"))?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    let arguments: Vec<_> = install.iter().chain(packages).copied().collect();
    run(apt(&arguments)?.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn apt(arguments: &[&str]) -> Result<Command> {
    let is_root = crate::step::ask(Command::new("id").arg("-u")).as_deref() == Some("0");
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
    crate::step::ask(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some()
}

/// The folder of PostgreSQL's server programs, newest version first.
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
        .context("PostgreSQL's server programs (initdb) are missing")
}

/// A Chromium or Chrome.
pub(crate) fn chromium() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
        .context("Chromium is missing")
}
