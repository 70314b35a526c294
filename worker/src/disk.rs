//! Disk space: how much a run may write, how much it is expected to need, and whether it may begin.

use std::fmt::Debug;
use std::io;
use std::path::Path;

const MIB: u64 = 1024 * 1024;

/// The largest output as a multiple of the size of a plain input. Exomes without samples reach 13.
const PLAIN_GROWTH: u64 = 30;

/// The largest output as a multiple of the size of a compressed input. Exomes without samples reach
/// 60.
const GZIP_GROWTH: u64 = 100;

/// The output limit of small inputs, in bytes: their growth varies most.
const MIN_OUTPUT_BYTES: u64 = 256 * MIB;

/// The expected text as a multiple of the size of a compressed input. Files of many samples have the
/// most.
const TEXT_OF_GZIP: u64 = 25;

/// The expected annotations as a multiple of the size of a plain input. Files without samples have
/// the most.
const ANNOTATIONS_OF_PLAIN: u64 = 12;

/// The same of a compressed input.
const ANNOTATIONS_OF_GZIP: u64 = 35;

/// The most annotations to expect, in bytes: those of six million records, which a genome has. Larger
/// files have samples instead of more records.
const MAX_ANNOTATIONS: u64 = 4096 * MIB;

/// The least output to expect, in bytes.
const MIN_EXPECTED_BYTES: u64 = 64 * MIB;

/// The expected index of the results explorer is this part of the output.
const INDEX_PART: u64 = 32;

/// What runs leave free, in bytes: for logs, and for runs that need more than expected.
pub(crate) const RESERVE_BYTES: u64 = 256 * MIB;

/// The largest file that a run may write, in bytes.
pub(crate) fn output_limit(input_bytes: u64, gzip: bool) -> u64 {
    let growth = if gzip { GZIP_GROWTH } else { PLAIN_GROWTH };
    input_bytes.saturating_mul(growth).max(MIN_OUTPUT_BYTES)
}

/// The space that a job needs, in bytes: its input, its expected output, and the index.
///
/// It is an estimate from real files, not [`output_limit`]: that would refuse most compressed files on
/// an ordinary disk. A run that needs more may fill the disk, which ends it without counting as a
/// failure of the engine.
pub(crate) fn space_needed(input_bytes: u64, gzip: bool) -> u64 {
    let (text, annotations) =
        if gzip { (TEXT_OF_GZIP, ANNOTATIONS_OF_GZIP) } else { (1, ANNOTATIONS_OF_PLAIN) };
    let annotations = input_bytes.saturating_mul(annotations).min(MAX_ANNOTATIONS);
    let output = input_bytes.saturating_mul(text).saturating_add(annotations);
    let output = output.max(MIN_EXPECTED_BYTES);
    input_bytes.saturating_add(output).saturating_add(output / INDEX_PART)
}

/// The sizes of a file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Space {
    /// All of it.
    pub(crate) total: u64,
    /// What a user without privileges can still write.
    pub(crate) free: u64,
}

/// Whether a run may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// There is enough space.
    Begin,
    /// There is not enough space now.
    Wait,
    /// The file system is too small for the run, even if nothing else were on it.
    Never,
}

/// Decides whether a run that needs `need` bytes may begin while running jobs may still write
/// `reserved` bytes.
pub(crate) fn admit(need: u64, space: Space, reserved: u64) -> Admission {
    let need = need.saturating_add(RESERVE_BYTES);
    if need > space.total {
        Admission::Never
    } else if need.saturating_add(reserved) > space.free {
        Admission::Wait
    } else {
        Admission::Begin
    }
}

/// Measures file systems.
pub(crate) trait Disk: Debug + Send + Sync {
    /// The sizes of the file system that a path is on.
    fn space(&self, path: &Path) -> io::Result<Space>;
}

/// The file systems of this machine.
#[derive(Debug)]
pub(crate) struct FileSystems;

impl Disk for FileSystems {
    fn space(&self, path: &Path) -> io::Result<Space> {
        let found = rustix::fs::statvfs(path)?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Space { total: bytes(found.f_blocks), free: bytes(found.f_bavail) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * MIB;

    #[test]
    fn the_output_limit_grows_with_the_input() {
        assert_eq!(output_limit(150_000, false), MIN_OUTPUT_BYTES);
        assert_eq!(output_limit(1_000_000_000, false), 30_000_000_000);
        assert_eq!(output_limit(1_000_000_000, true), 100_000_000_000);
        assert_eq!(output_limit(u64::MAX, true), u64::MAX);
    }

    #[test]
    fn the_space_needed_is_input_expected_output_and_index() {
        assert_eq!(space_needed(0, false), 66 * MIB);
        assert_eq!(space_needed(64 * MIB, false), (64 + 13 * 64 + 26) * MIB);
        assert_eq!(space_needed(64 * MIB, true), (64 + 60 * 64 + 120) * MIB);
        // Large files have samples, which are not annotated.
        assert_eq!(space_needed(32 * GIB, false), (32 + 36) * GIB + 36 * GIB / 32);
        assert_eq!(space_needed(u64::MAX, true), u64::MAX);
        for (size, gzip) in [(0, false), (5 * GIB, false), (0, true), (5 * GIB, true)] {
            let most = size + output_limit(size, gzip) * 33 / 32;
            assert!(space_needed(size, gzip) <= most, "{size}");
        }
    }

    /// Sizes of real files, their output and its index: sites of the 1000 Genomes Project, the demo
    /// sample of Premium, and 300 phased samples.
    #[test]
    fn real_files_need_no_more_than_expected() {
        for (input, gzip, output, index) in [
            (1_691_391, false, 15_802_549, 261_231),
            (369_749, true, 15_802_549, 261_231),
            (341_223, false, 4_469_406, 65_550),
            (75_275, true, 4_469_406, 65_550),
            (31_756_910, false, 45_868_068, 261_016),
            (1_222_984, true, 45_868_068, 261_016),
        ] {
            assert!(input + output + index <= space_needed(input, gzip), "{input}");
            assert!(output < output_limit(input, gzip) / 2, "{input}");
        }
    }

    #[test]
    fn a_run_begins_exactly_if_its_need_the_reservations_and_the_reserve_are_free() {
        let free = 3 * GIB;
        let space = Space { total: 10 * GIB, free };
        let most = free - RESERVE_BYTES - GIB;
        assert_eq!(admit(most, space, GIB), Admission::Begin);
        assert_eq!(admit(most + 1, space, GIB), Admission::Wait);
        assert_eq!(admit(most + 1, space, GIB - 1), Admission::Begin);
    }

    #[test]
    fn a_run_never_begins_exactly_if_the_empty_disk_is_too_small() {
        let space = Space { total: 10 * GIB, free: 0 };
        let most = 10 * GIB - RESERVE_BYTES;
        assert_eq!(admit(most, space, 0), Admission::Wait);
        assert_eq!(admit(most + 1, space, 0), Admission::Never);
        assert_eq!(admit(u64::MAX, space, u64::MAX), Admission::Never);
    }

    #[test]
    fn the_space_of_a_real_file_system_is_measured() {
        let space = FileSystems.space(Path::new("/")).unwrap();
        assert!(space.total > 0 && space.free <= space.total, "{space:?}");
        assert!(FileSystems.space(Path::new("/no/such/path")).is_err());
    }
}
