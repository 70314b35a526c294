//! The architectures that a release can be for.

use crate::setup;
use crate::step::output;
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An architecture of Linux on AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    /// Intel and AMD processors.
    #[value(name = "x86_64")]
    X86,
    /// Graviton processors.
    #[value(name = "aarch64", alias = "arm64")]
    Arm,
}

impl Architecture {
    /// The architecture of this machine. `None` if releases cannot be for it.
    pub(crate) fn of_this_machine() -> Option<Self> {
        [Self::X86, Self::Arm].into_iter().find(|one| one.name() == std::env::consts::ARCH)
    }

    /// The name that Rust has for it, which is in the names of files of a release.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "aarch64",
        }
    }

    fn target(self) -> String {
        format!("{}-unknown-linux-gnu", self.name())
    }

    /// The compiler and linker of C for it on another machine, as Debian names it.
    fn cross_compiler(self) -> String {
        format!("{}-linux-gnu-gcc", self.name())
    }

    fn is_of_this_machine(self) -> bool {
        Self::of_this_machine() == Some(self)
    }

    /// Installs the cross-compiler, on a machine of another architecture.
    ///
    /// # Errors
    /// If the standard library of Rust for it is not installed, which is the developer's to do.
    pub(crate) fn require(self, root: &Path) -> Result<()> {
        if self.is_of_this_machine() {
            return Ok(());
        }
        let target = self.target();
        let arguments = ["--print", "target-libdir", "--target", &target];
        let library = output(Command::new("rustc").args(arguments).current_dir(root));
        if !library.is_some_and(|folder| Path::new(&folder).is_dir()) {
            bail!(
                "Rust's standard library for {target} is not installed; run `rustup target add {target}`, or make the \
                 release on a machine with {} processors",
                self.name()
            );
        }
        // Debian's packages have a hyphen in the place of the underscore.
        setup::cross_compiler(&self.cross_compiler(), &self.name().replace('_', "-"))
    }

    /// Makes a build of cargo one for this architecture.
    pub(crate) fn select(self, cargo: &mut Command) {
        if self.is_of_this_machine() {
            return;
        }
        let target = self.target();
        // Build scripts find the compiler of C by its name, cargo does not find the linker.
        let variable = target.replace('-', "_").to_uppercase();
        cargo
            .args(["--target", &target])
            .env(format!("CARGO_TARGET_{variable}_LINKER"), self.cross_compiler());
    }

    /// The folder of the compiled programs, below cargo's target folder.
    pub(crate) fn folder(self, target: &Path, profile: &str) -> PathBuf {
        match self.is_of_this_machine() {
            true => target.join(profile),
            false => target.join(self.target()).join(profile),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_for_another_machine_are_in_a_folder_of_their_own() {
        let [own, other] = match Architecture::of_this_machine().unwrap() {
            Architecture::X86 => [Architecture::X86, Architecture::Arm],
            Architecture::Arm => [Architecture::Arm, Architecture::X86],
        };
        let target = Path::new("/target");
        assert_eq!(own.folder(target, "dist"), Path::new("/target/dist"));
        let expected = format!("/target/{}-unknown-linux-gnu/dist", other.name());
        assert_eq!(other.folder(target, "dist"), Path::new(&expected));
    }

    #[test]
    fn only_a_build_for_another_machine_names_its_target_and_linker() {
        for architecture in [Architecture::X86, Architecture::Arm] {
            let mut cargo = Command::new("cargo");
            architecture.select(&mut cargo);
            let expected = if architecture.is_of_this_machine() { (0, 0) } else { (2, 1) };
            assert_eq!((cargo.get_args().count(), cargo.get_envs().count()), expected);
        }
    }
}
