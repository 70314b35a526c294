//! The folders that the commands use.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// The folders that the commands use.
pub(crate) struct Paths {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// The cache of this machine: WASM toolchain, Python environment and tools.
    pub(crate) cache: PathBuf,
    /// The data of `./gas up`.
    pub(crate) data: PathBuf,
}

impl Paths {
    /// Finds the folders through the environment that `cargo run` sets.
    pub(crate) fn find() -> Result<Self> {
        // `cargo run` sets it to the folder of this crate.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .context("CARGO_MANIFEST_DIR is not set; start this with ./gas")?;
        let root = Path::new(&manifest).parent().context("the workspace is gone")?.to_owned();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
        let cache = match env::var_os("XDG_CACHE_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cache"),
        };
        let data = root.join(".gas");
        Ok(Self { target: root.join(target), cache: cache.join("gas"), data, root })
    }

    /// The folder of the compiled programs.
    pub(crate) fn binaries(&self, release: bool) -> PathBuf {
        self.target.join(if release { "release" } else { "debug" })
    }
}
