//! Namespaces for child processes, made by `bwrap` of the package bubblewrap (bwrap(1)).
//!
//! A confined program has user, mount, network, pid, ipc, uts and cgroup namespaces of its own. It
//! sees the system's programs and libraries, the paths that a run names, and its scratch folder,
//! which is the only place on a disk that it can write to.

use anyhow::{Context, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The user and group inside: nobody and nogroup. Outside they are those of the worker.
const NOBODY: &str = "65534";

/// What every program sees of the system: programs, libraries, and the linker's cache.
const SYSTEM_PATHS: [&str; 8] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    // Debian's links from names of commands to programs.
    "/etc/alternatives",
];

/// The size of `/tmp` and `/dev/shm`, in bytes. They are in memory; large files belong in the
/// scratch folder, which `TMPDIR` names.
const TMPFS_BYTES: u64 = 16 * 1024 * 1024;

/// Settings of the kernel that forbid namespaces, each with the forbidding value.
const FORBIDDING: [(&str, &str); 3] = [
    ("kernel/unprivileged_userns_clone", "0"),
    ("user/max_user_namespaces", "0"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1"),
];

/// A `bwrap` that works on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Bubblewrap {
    /// What programs may read in addition to the system and the paths of a run.
    read_paths: Vec<PathBuf>,
    /// Whether `bwrap` can limit the size of a tmpfs (since version 0.7).
    sizes: bool,
    /// Whether `bwrap` can forbid further user namespaces (since version 0.8).
    disables_userns: bool,
}

impl Bubblewrap {
    /// Runs a program in namespaces.
    ///
    /// # Errors
    ///
    /// If that fails, the error says what forbids it and what an operator can do.
    pub(crate) fn probe(read_paths: Vec<PathBuf>) -> anyhow::Result<Self> {
        for path in &read_paths {
            if !path.is_absolute() || !path.exists() {
                bail!(
                    "GAS_ENGINE_READ_PATHS: {} is not an absolute path that exists",
                    path.display()
                );
            }
        }
        let help = run(Command::new("bwrap").arg("--help"))?;
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        let bubblewrap = Self {
            read_paths,
            sizes: help.contains("--size"),
            disables_userns: help.contains("--disable-userns"),
        };
        let folder = tempfile::tempdir().context("failed to create a folder")?;
        let mut command = Command::new("bwrap");
        command.args(bubblewrap.arguments(folder.path(), &[])).arg("true");
        let output = run(&mut command)?;
        if !output.status.success() {
            bail!(
                "the engine cannot be confined: {}.{} Allow unprivileged user namespaces for this \
                 service (deploy/README.md, \"Confinement of the engine\"), or set \
                 GAS_ENGINE_CONFINEMENT=limits to run the engine with resource limits only",
                String::from_utf8_lossy(&output.stderr).trim(),
                forbidden_by(Path::new("/proc/sys")),
            );
        }
        Ok(bubblewrap)
    }

    /// The arguments of `bwrap` that precede the command line of a program. `folder` is the
    /// scratch folder, `readable` are the paths of this run. All paths are the same inside.
    pub(super) fn arguments(&self, folder: &Path, readable: &[&Path]) -> Vec<OsString> {
        let mut arguments = Arguments::default();
        arguments
            .flags("--unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts")
            .flags("--unshare-cgroup-try --hostname gas-engine")
            .flags("--cap-drop ALL --die-with-parent --new-session")
            .option("--uid", [NOBODY])
            .option("--gid", [NOBODY]);
        if self.disables_userns {
            arguments.flags("--disable-userns");
        }
        for path in SYSTEM_PATHS {
            arguments.option("--ro-bind-try", [path, path]);
        }
        arguments.flags("--proc /proc --dev /dev");
        self.tmpfs("/dev/shm", &mut arguments);
        self.tmpfs("/tmp", &mut arguments);
        let readable = readable.iter().copied().chain(self.read_paths.iter().map(PathBuf::as_path));
        for path in readable {
            arguments.option("--ro-bind", [path, path]);
        }
        arguments
            .option("--bind", [folder, folder])
            // A program could fill these two, which are in memory.
            .flags("--remount-ro /dev --remount-ro /")
            // The kernel's settings belong to root, who may be the worker's user outside.
            .flags("--remount-ro /proc")
            .option("--chdir", [folder])
            .flags("--");
        arguments.0
    }

    /// Mounts a writable folder in memory if its size can be limited.
    fn tmpfs(&self, path: &str, arguments: &mut Arguments) {
        if self.sizes {
            arguments.option("--size", [TMPFS_BYTES.to_string()]).option("--tmpfs", [path]);
        }
    }
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    /// Adds words that are separated by spaces.
    fn flags(&mut self, text: &str) -> &mut Self {
        self.0.extend(text.split(' ').map(OsString::from));
        self
    }

    fn option<T: Into<OsString>, const N: usize>(
        &mut self,
        name: &str,
        values: [T; N],
    ) -> &mut Self {
        self.0.push(name.into());
        self.0.extend(values.map(Into::into));
        self
    }
}

/// Runs `bwrap` to its end.
fn run(command: &mut Command) -> anyhow::Result<Output> {
    command.output().context(
        "failed to run bwrap, which confines the engine; install the package bubblewrap, or set \
         GAS_ENGINE_CONFINEMENT=limits to run the engine with resource limits only",
    )
}

/// A sentence for each kernel setting below `sysctls` that forbids namespaces.
fn forbidden_by(sysctls: &Path) -> String {
    let set = |(name, forbidding): &&(&str, &str)| {
        std::fs::read_to_string(sysctls.join(name)).is_ok_and(|value| value.trim() == *forbidding)
    };
    let sentences: Vec<_> = FORBIDDING
        .iter()
        .filter(set)
        .map(|(name, value)| format!(" The kernel setting {} is {value}.", name.replace('/', ".")))
        .collect();
    if sentences.is_empty() {
        " If this is a container, its runtime may forbid new namespaces or a private /proc \
         (Docker: --security-opt seccomp=unconfined --security-opt systempaths=unconfined)."
            .to_owned()
    } else {
        sentences.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_setting_that_forbids_namespaces_is_named() {
        let sysctls = tempfile::tempdir().unwrap();
        assert!(forbidden_by(sysctls.path()).contains("container"));
        std::fs::create_dir(sysctls.path().join("user")).unwrap();
        let max = sysctls.path().join("user/max_user_namespaces");
        std::fs::write(&max, "96364\n").unwrap();
        assert!(forbidden_by(sysctls.path()).contains("container"));
        std::fs::write(&max, "0\n").unwrap();
        assert_eq!(
            forbidden_by(sysctls.path()),
            " The kernel setting user.max_user_namespaces is 0."
        );
    }

    #[test]
    fn a_path_that_does_not_exist_is_named_at_start() {
        let error = Bubblewrap::probe(vec!["/nowhere/tools".into()]).unwrap_err();
        assert!(error.to_string().contains("/nowhere/tools"), "{error}");
    }

    #[test]
    fn folders_in_memory_are_mounted_only_with_a_limit() {
        let old = Bubblewrap { read_paths: Vec::new(), sizes: false, disables_userns: false };
        let new = Bubblewrap { sizes: true, disables_userns: true, ..old.clone() };
        let has = |bubblewrap: &Bubblewrap, flag: &str| {
            bubblewrap.arguments(Path::new("/w"), &[]).iter().any(|argument| argument == flag)
        };
        for flag in ["--tmpfs", "--disable-userns"] {
            assert!(has(&new, flag) && !has(&old, flag), "{flag}");
        }
    }
}
